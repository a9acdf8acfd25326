use super::cursor::{Cursor, Written};
use super::{Condition, DEEPEST, Expression, FEWEST_LITERALS, Limit, MOST_TERMS, MOST_WILDCARDS, SearchInvalid, Term};

/// Auth0's name for "has a value".
const EXISTS: &str = "_exists_";

pub(super) fn parse(text: &str) -> Result<Expression, SearchInvalid> {
    let mut parser = Parser { cursor: Cursor::new(text), terms: 0, depth: 0 };
    parser.cursor.skip_space();
    if parser.cursor.peek().is_none() {
        return Err(SearchInvalid::Empty);
    }
    let expression = parser.any(None)?;
    match parser.cursor.peek() {
        None => Ok(expression),
        Some(left) => Err(SearchInvalid::Unexpected(left)),
    }
}

struct Parser<'a> {
    cursor: Cursor<'a>,
    terms: usize,
    depth: usize,
}

impl Parser<'_> {
    /// Alternatives. `field` is that of the group around them, for those that name none.
    fn any(&mut self, field: Option<&str>) -> Result<Expression, SearchInvalid> {
        let mut parts = vec![self.all(field)?];
        loop {
            self.cursor.skip_space();
            let is_spelled_out = self.cursor.take_keyword("OR") || self.cursor.take("||");
            if !is_spelled_out && matches!(self.cursor.peek(), None | Some(')')) {
                return Ok(one_or(parts, Expression::Any));
            }
            parts.push(self.all(field)?);
        }
    }

    fn all(&mut self, field: Option<&str>) -> Result<Expression, SearchInvalid> {
        let mut parts = vec![self.negatable(field)?];
        loop {
            self.cursor.skip_space();
            if !self.cursor.take_keyword("AND") && !self.cursor.take("&&") {
                return Ok(one_or(parts, Expression::All));
            }
            parts.push(self.negatable(field)?);
        }
    }

    fn negatable(&mut self, field: Option<&str>) -> Result<Expression, SearchInvalid> {
        self.cursor.skip_space();
        if self.cursor.take_keyword("NOT") || self.cursor.take("!") || self.cursor.take("-") {
            return self.deeper(|parser| Ok(Expression::Not(Box::new(parser.negatable(field)?))));
        }
        if self.cursor.take("(") {
            return self.group(field);
        }
        match self.cursor.take_field() {
            Some(name) => self.named(&name),
            None => self.term(field),
        }
    }

    /// What stands behind a field's colon.
    fn named(&mut self, name: &str) -> Result<Expression, SearchInvalid> {
        self.cursor.skip_space();
        if name == EXISTS {
            let written = self.value()?;
            let Condition::Is(field) = written else { return Err(SearchInvalid::Unexpected('*')) };
            return self.counted(Some(field), Condition::Exists);
        }
        if self.cursor.take("(") { self.group(Some(name)) } else { self.term(Some(name)) }
    }

    fn group(&mut self, field: Option<&str>) -> Result<Expression, SearchInvalid> {
        self.deeper(|parser| {
            let inner = parser.any(field)?;
            if parser.cursor.take(")") { Ok(inner) } else { Err(SearchInvalid::NotClosed('(')) }
        })
    }

    fn deeper(
        &mut self,
        parse: impl FnOnce(&mut Self) -> Result<Expression, SearchInvalid>,
    ) -> Result<Expression, SearchInvalid> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(SearchInvalid::TooDeep);
        }
        let parsed = parse(self)?;
        self.depth -= 1;
        Ok(parsed)
    }

    fn term(&mut self, field: Option<&str>) -> Result<Expression, SearchInvalid> {
        let condition = self.value()?;
        self.counted(field.map(str::to_owned), condition)
    }

    fn counted(&mut self, field: Option<String>, condition: Condition) -> Result<Expression, SearchInvalid> {
        self.terms += 1;
        if self.terms > MOST_TERMS {
            return Err(SearchInvalid::TooManyTerms);
        }
        Ok(Expression::Term(Term { field, condition }))
    }

    fn value(&mut self) -> Result<Condition, SearchInvalid> {
        if self.cursor.take("\"") {
            return match self.cursor.quoted()? {
                value if value.is_empty() => Err(SearchInvalid::EndsEarly),
                value => Ok(Condition::Is(value)),
            };
        }
        match self.cursor.peek() {
            Some(open @ ('[' | '{')) => {
                self.cursor.bump();
                self.range(open)
            }
            _ => condition_of(&self.cursor.word()?),
        }
    }

    /// A range whose opening bracket is behind the cursor.
    fn range(&mut self, open: char) -> Result<Condition, SearchInvalid> {
        let from = self.limit(open, open == '[')?;
        self.cursor.skip_space();
        if !self.cursor.take_keyword("TO") {
            return Err(SearchInvalid::NotARange);
        }
        let to = self.limit(open, false)?;
        self.cursor.skip_space();
        let is_included = match self.cursor.bump() {
            Some(']') => true,
            Some('}') => false,
            Some(_) => return Err(SearchInvalid::NotARange),
            None => return Err(SearchInvalid::NotClosed(open)),
        };
        let to = to.map(|limit| Limit { is_included, ..limit });
        if from.is_none() && to.is_none() { Err(SearchInvalid::OpenRange) } else { Ok(Condition::Between(from, to)) }
    }

    fn limit(&mut self, open: char, is_included: bool) -> Result<Option<Limit>, SearchInvalid> {
        self.cursor.skip_space();
        if self.cursor.take("\"") {
            return Ok(Some(Limit { value: self.cursor.quoted()?, is_included }));
        }
        match self.cursor.peek() {
            None => return Err(SearchInvalid::NotClosed(open)),
            Some(']' | '}') => return Err(SearchInvalid::NotARange),
            Some(_) => {}
        }
        match condition_of(&self.cursor.word()?)? {
            Condition::Is(value) => Ok(Some(Limit { value, is_included })),
            Condition::Exists => Ok(None),
            Condition::Like(_) | Condition::Between(..) => Err(SearchInvalid::NotARange),
        }
    }
}

/// The only part, or what `several` makes of them.
fn one_or(mut parts: Vec<Expression>, several: fn(Vec<Expression>) -> Expression) -> Expression {
    match parts.pop() {
        Some(only) if parts.is_empty() => only,
        last => {
            parts.extend(last);
            several(parts)
        }
    }
}

fn condition_of(word: &[Written]) -> Result<Condition, SearchInvalid> {
    let is_wildcard = |written: &Written| *written == ('*', false);
    if word.iter().all(is_wildcard) {
        return Ok(Condition::Exists);
    }
    let literal = |part: &[Written]| part.iter().map(|(character, _)| *character).collect::<String>();
    let mut literals: Vec<String> = word.split(is_wildcard).map(literal).collect();
    let wildcards = literals.len() - 1;
    if wildcards == 0 {
        return Ok(Condition::Is(literals.remove(0)));
    }
    if wildcards > MOST_WILDCARDS {
        return Err(SearchInvalid::TooManyWildcards);
    }
    let is_at_the_end_alone = wildcards == 1 && literals[1].is_empty();
    if !is_at_the_end_alone && literals.iter().map(|part| part.chars().count()).sum::<usize>() < FEWEST_LITERALS {
        return Err(SearchInvalid::TooFewLiterals);
    }
    Ok(Condition::Like(literals))
}
