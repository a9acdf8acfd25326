use super::TextTest;
use crate::db::{Args, EngineKind};

/// Compares texts.
pub(super) struct Texts<'a> {
    pub(super) engine: EngineKind,
    pub(super) args: &'a mut Args,
}

impl Texts<'_> {
    pub(super) fn test(&mut self, expression: &str, wanted: &TextTest) -> String {
        match wanted {
            TextTest::Is(text) => format!("{expression} = {}", self.bind(text)),
            TextTest::Like(literals) => self.like(expression, literals),
            TextTest::Between(from, to) => self.between(expression, from.as_ref(), to.as_ref()),
        }
    }

    /// A text that only has a beginning is a range, for which an index serves.
    fn like(&mut self, expression: &str, literals: &[String]) -> String {
        if let [beginning, end] = literals
            && end.is_empty()
            && let Some(behind) = first_behind(beginning)
        {
            let (from, to) = (self.bind(beginning), self.bind(&behind));
            return format!("({expression} >= {from} AND {expression} < {to})");
        }
        match self.engine {
            EngineKind::Sqlite => format!("{expression} GLOB {}", self.bind(&glob(literals))),
            EngineKind::Postgres => format!("{expression} LIKE {}", self.bind(&like_pattern(literals))),
        }
    }

    fn between(&mut self, expression: &str, from: Option<&(String, bool)>, to: Option<&(String, bool)>) -> String {
        let mut parts = Vec::new();
        for (limit, inner, outer) in [(from, ">=", ">"), (to, "<=", "<")] {
            if let Some((limit, is_included)) = limit {
                let operator = if *is_included { inner } else { outer };
                parts.push(format!("{expression} {operator} {}", self.bind(limit)));
            }
        }
        parts.join(" AND ")
    }

    fn bind(&mut self, text: &str) -> String {
        self.args.push(text);
        format!("${}", self.args.len())
    }
}

/// The first text that does not begin so any more, where there is one.
fn first_behind(beginning: &str) -> Option<String> {
    let mut characters: Vec<char> = beginning.chars().collect();
    let last = characters.pop()?;
    characters.push((last..=char::MAX).nth(1)?);
    Some(characters.into_iter().collect())
}

/// A pattern of SQLite's, in which a set of one character is that character.
pub(super) fn glob(literals: &[String]) -> String {
    let escape = |c: char| if "*?[".contains(c) { format!("[{c}]") } else { c.to_string() };
    joined(literals, escape, "*")
}

fn like_pattern(literals: &[String]) -> String {
    let escape = |c: char| if "%_\\".contains(c) { format!("\\{c}") } else { c.to_string() };
    joined(literals, escape, "%")
}

/// The literals, each character as it is written in the pattern, with the wildcard between them.
pub(super) fn joined(literals: &[String], escape: impl Fn(char) -> String, wildcard: &str) -> String {
    let escaped: Vec<String> = literals.iter().map(|literal| literal.chars().map(&escape).collect()).collect();
    escaped.join(wildcard)
}

#[cfg(test)]
mod tests {
    use super::{first_behind, glob, like_pattern};

    #[test]
    fn what_means_something_in_a_pattern_is_escaped() {
        let literals = ["a*?[]", "50%_\\"].map(str::to_owned);
        assert_eq!(glob(&literals), r"a[*][?][[]]*50%_\");
        assert_eq!(like_pattern(&literals), r"a*?[]%50\%\_\\");
    }

    #[test]
    fn the_first_text_behind_a_beginning_differs_in_its_last_character() {
        assert_eq!(first_behind("ann").as_deref(), Some("ano"));
        assert_eq!(first_behind("a\u{d7ff}").as_deref(), Some("a\u{e000}"));
        assert_eq!(first_behind("\u{10ffff}"), None);
        assert_eq!(first_behind(""), None);
    }
}
