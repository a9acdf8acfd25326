//! Auth0's search syntax, over the fields that a list has.

mod value;

use protocol::search::{Expression, Term};
use store::Sort;
use store::search::{Condition, Field};

use super::{Query, QueryInvalid};
use value::test;

/// What a list can be searched by.
pub(super) struct Searched {
    /// The parameter that holds the search.
    pub(super) parameter: &'static str,
    /// The field of a name.
    pub(super) field: fn(&str) -> Option<Field>,
    /// The fields that a value without one is looked for in.
    pub(super) usual: &'static [&'static str],
}

impl Searched {
    /// Reads a search.
    pub(super) fn condition(&self, text: &str) -> Result<Condition, QueryInvalid> {
        let expression = Expression::parse(text).map_err(|invalid| self.invalid(invalid.to_string()))?;
        self.of_expression(&expression)
    }

    fn of_expression(&self, expression: &Expression) -> Result<Condition, QueryInvalid> {
        let each = |parts: &[Expression]| -> Result<_, QueryInvalid> {
            parts.iter().map(|part| self.of_expression(part)).collect()
        };
        Ok(match expression {
            Expression::Term(term) => self.of_term(term)?,
            Expression::Not(inner) => Condition::Not(Box::new(self.of_expression(inner)?)),
            Expression::All(parts) => Condition::All(each(parts)?),
            Expression::Any(parts) => Condition::Any(each(parts)?),
        })
    }

    fn of_term(&self, term: &Term) -> Result<Condition, QueryInvalid> {
        match &term.field {
            Some(name) => self.holds(name, term),
            // A wildcard alone, which finds everybody.
            None if term.condition == protocol::search::Condition::Exists => Ok(Condition::All(Vec::new())),
            None => Ok(Condition::Any(self.usual.iter().map(|name| self.holds(name, term)).collect::<Result<_, _>>()?)),
        }
    }

    fn holds(&self, name: &str, term: &Term) -> Result<Condition, QueryInvalid> {
        let field =
            (self.field)(name).ok_or_else(|| self.invalid(format!("names {name}, which cannot be searched")))?;
        let test = test(field.kind(), &term.condition).map_err(|problem| self.invalid(format!("{problem} {name}")))?;
        Ok(Condition::Holds(field, test))
    }

    fn invalid(&self, problem: String) -> QueryInvalid {
        QueryInvalid::new(self.parameter, problem)
    }
}

/// `sort`: a field, a colon, and `1` or `-1`.
pub(super) fn sort(
    query: &Query,
    fields: &[&str],
    field: fn(&str) -> Option<Field>,
) -> Result<Option<Sort>, QueryInvalid> {
    let Some(text) = query.text("sort")? else { return Ok(None) };
    let read = || {
        let (name, direction) = text.split_once(':')?;
        let is_descending = match direction {
            "1" => false,
            "-1" => true,
            _ => return None,
        };
        Some(Sort { field: fields.contains(&name).then(|| field(name))??, is_descending })
    };
    let invalid =
        || QueryInvalid::new("sort", format!("must be field:1 or field:-1, with one of {}", fields.join(", ")));
    read().map(Some).ok_or_else(invalid)
}
