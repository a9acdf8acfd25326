//! The query of a request, read once the caller may ask.

use std::borrow::Cow;

/// The longest value we look at, in bytes.
const LONGEST_VALUE: usize = 2048;
/// How often a parameter may be repeated.
const MOST_VALUES: usize = 100;

/// The parameters of a request's query. Those that nobody reads are passed over.
#[derive(Clone, Debug, Default)]
pub struct Query(Vec<(String, String)>);

/// A parameter does not say what it must.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{name} {problem}")]
pub struct QueryInvalid {
    /// Which.
    pub name: &'static str,
    /// What is wrong with it, as the rest of a sentence that begins with its name.
    pub problem: Cow<'static, str>,
}

impl QueryInvalid {
    pub(super) fn new(name: &'static str, problem: impl Into<Cow<'static, str>>) -> Self {
        QueryInvalid { name, problem: problem.into() }
    }
}

impl Query {
    /// Takes a query apart (`application/x-www-form-urlencoded`).
    pub fn parse(text: &str) -> Self {
        Query(url::form_urlencoded::parse(text.as_bytes()).into_owned().collect())
    }

    /// Whether the parameter is there and not empty.
    pub(super) fn has(&self, name: &'static str) -> bool {
        self.values(name).next().is_some()
    }

    /// A parameter that may be there once. An empty one counts as absent.
    pub fn text(&self, name: &'static str) -> Result<Option<&str>, QueryInvalid> {
        let mut values = self.values(name);
        let first = values.next();
        if values.next().is_some() {
            return Err(QueryInvalid::new(name, "must not be repeated"));
        }
        first.map(|value| checked(name, value)).transpose()
    }

    /// A parameter that may be repeated.
    pub fn repeated(&self, name: &'static str) -> Result<Vec<String>, QueryInvalid> {
        let values: Vec<String> =
            self.values(name).map(|value| checked(name, value).map(str::to_owned)).collect::<Result<_, _>>()?;
        if values.len() > MOST_VALUES {
            return Err(QueryInvalid::new(name, format!("must not be repeated more than {MOST_VALUES} times")));
        }
        Ok(values)
    }

    /// A parameter that may be repeated, or may be a list with commas.
    pub fn words(&self, name: &'static str) -> Result<Vec<String>, QueryInvalid> {
        let values = self.repeated(name)?;
        let words = values.iter().flat_map(|value| value.split(',')).map(str::trim);
        Ok(words.filter(|word| !word.is_empty()).map(str::to_owned).collect())
    }

    /// A parameter that says yes or no.
    pub fn flag(&self, name: &'static str) -> Result<Option<bool>, QueryInvalid> {
        match self.text(name)? {
            None => Ok(None),
            Some("true") => Ok(Some(true)),
            Some("false") => Ok(Some(false)),
            Some(_) => Err(QueryInvalid::new(name, "must be true or false")),
        }
    }

    /// A parameter that is a whole number, not negative.
    pub(super) fn number(&self, name: &'static str) -> Result<Option<u32>, QueryInvalid> {
        let number =
            |text: &str| text.parse().map_err(|_| QueryInvalid::new(name, "must be a whole number and not negative"));
        self.text(name)?.map(number).transpose()
    }

    fn values<'a>(&'a self, name: &'static str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(own, value)| own == name && !value.is_empty()).map(|(_, value)| value.as_str())
    }
}

fn checked<'a>(name: &'static str, value: &'a str) -> Result<&'a str, QueryInvalid> {
    if value.contains('\0') {
        return Err(QueryInvalid::new(name, "must not contain a NUL character"));
    }
    if value.len() > LONGEST_VALUE {
        return Err(QueryInvalid::new(name, format!("must not be longer than {LONGEST_VALUE} bytes")));
    }
    Ok(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(query: &str, expected: Result<Option<&str>, &str>) {
        let read = Query::parse(query);
        assert_eq!(read.text("email").map_err(|invalid| invalid.to_string()), expected.map_err(str::to_owned));
    }

    #[test]
    fn a_parameter_is_read_once() {
        check("email=a%40b.io&x=1", Ok(Some("a@b.io")));
        check("x=1", Ok(None));
        check("email=", Ok(None));
        check("email=a&email=b", Err("email must not be repeated"));
        check("email=a%00", Err("email must not contain a NUL character"));
    }

    #[test]
    fn lists_may_be_repeated_or_have_commas() {
        let query = Query::parse("strategy=auth0&strategy=oidc,%20samlp,");
        assert_eq!(query.words("strategy"), Ok(vec!["auth0".to_owned(), "oidc".to_owned(), "samlp".to_owned()]));
    }

    #[test]
    fn numbers_and_flags_are_spelled_plainly() {
        let query = Query::parse("page=-1&per_page=1e3&take=7&include_totals=TRUE&include_fields=false");
        assert!(query.number("page").is_err());
        assert!(query.number("per_page").is_err());
        assert_eq!(query.number("take"), Ok(Some(7)));
        assert!(query.flag("include_totals").is_err());
        assert_eq!(query.flag("include_fields"), Ok(Some(false)));
    }
}
