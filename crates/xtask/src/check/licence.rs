//! SPDX licence expressions, as far as package manifests use them.

/// Whether an expression such as `MIT OR (Apache-2.0 AND ISC)` can be met with allowed licences alone. The slash of
/// older manifests means OR. `id WITH exception` is allowed if that pair of words is; anything unreadable is not.
pub(super) fn is_allowed(expression: &str, allowed: &[String]) -> bool {
    let spaced = expression.replace('/', " OR ").replace('(', " ( ").replace(')', " ) ");
    let mut parser = Parser { words: spaced.split_whitespace().collect(), at: 0, allowed };
    let is_met = parser.any();
    is_met && parser.at == parser.words.len()
}

struct Parser<'a> {
    words: Vec<&'a str>,
    at: usize,
    allowed: &'a [String],
}

impl Parser<'_> {
    fn any(&mut self) -> bool {
        let mut is_met = self.all();
        while self.take("OR") {
            is_met |= self.all();
        }
        is_met
    }

    fn all(&mut self) -> bool {
        let mut is_met = self.one();
        while self.take("AND") {
            is_met &= self.one();
        }
        is_met
    }

    fn one(&mut self) -> bool {
        if self.take("(") {
            let is_met = self.any();
            return self.take(")") && is_met;
        }
        let mut licence = self.next();
        if self.take("WITH") {
            licence = format!("{licence} WITH {}", self.next());
        }
        self.allowed.contains(&licence)
    }

    fn take(&mut self, word: &str) -> bool {
        let is_next = self.words.get(self.at) == Some(&word);
        self.at += usize::from(is_next);
        is_next
    }

    fn next(&mut self) -> String {
        let word = self.words.get(self.at).copied().unwrap_or_default();
        self.at += 1;
        word.to_owned()
    }
}

#[cfg(test)]
mod tests {
    #[track_caller]
    fn check(expression: &str, expected: bool) {
        let allowed = ["MIT", "ISC", "Apache-2.0 WITH LLVM-exception"].map(str::to_owned);
        assert_eq!(super::is_allowed(expression, &allowed), expected, "{expression}");
    }

    #[test]
    fn an_expression_is_met_by_allowed_licences_alone() {
        check("MIT", true);
        check("GPL-3.0", false);
        check("GPL-3.0 OR MIT", true);
        check("GPL-3.0/MIT", true);
        check("GPL-3.0 AND MIT", false);
        check("ISC AND MIT", true);
        check("GPL-3.0 OR ISC AND MIT", true);
        check("(GPL-3.0 OR ISC) AND MIT", true);
        check("(GPL-3.0 OR ISC) AND GPL-2.0", false);
        check("MIT AND (ISC OR (GPL-3.0))", true);
        check("Apache-2.0 WITH LLVM-exception", true);
        check("Apache-2.0", false);
        check("MIT WITH Classpath-exception-2.0", false);
    }

    #[test]
    fn what_cannot_be_read_is_not_allowed() {
        for expression in ["", "MIT MIT", "(MIT", "MIT)", "MIT OR", "MIT AND", "OR MIT", "()", "MIT WITH"] {
            check(expression, false);
        }
    }
}
