//! The body of a request: a JSON object whose every property is named here by somebody who wants it.
//!
//! A property is taken once, and what nobody took is refused, so nothing is ever assigned by accident.

use std::borrow::Cow;

use model::JsonObject;
use protocol::client_metadata::{AppType, ClientAlgorithm, ExpirationType, RotationType, TokenEndpointAuthMethod};
use protocol::strict_json;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// A request's body, unread: nothing of it is looked at before the caller is known to be allowed.
pub struct Body(Vec<u8>);

/// The body does not say what it must. No variant carries a value of it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BodyInvalid {
    /// It is not JSON, nests deeper than 128 levels, or has a property twice.
    #[error("the body is not JSON, or a property stands in it twice")]
    NotJson,
    /// There is a NUL character in it, which no database keeps.
    #[error("the body contains a NUL character")]
    NulCharacter,
    /// Nobody wants this property.
    #[error("{path} is unknown")]
    Unknown {
        /// Where it stands.
        path: String,
    },
    /// This property must be there.
    #[error("{path} is missing")]
    Missing {
        /// Where it must stand.
        path: String,
    },
    /// This property is of another type.
    #[error("{path} must be {expected}, but is {found}")]
    WrongType {
        /// Where it stands; empty for the body itself.
        path: String,
        /// The type it must have.
        expected: &'static str,
        /// The type it has.
        found: &'static str,
    },
    /// This property says something that cannot be.
    #[error("{path} {problem}")]
    Wrong {
        /// Where it stands.
        path: String,
        /// What is wrong with it, as the rest of a sentence that begins with its name.
        problem: Cow<'static, str>,
    },
}

impl BodyInvalid {
    pub(crate) fn wrong(path: impl Into<String>, problem: impl Into<Cow<'static, str>>) -> Self {
        BodyInvalid::Wrong { path: path.into(), problem: problem.into() }
    }
}

impl Body {
    /// Takes the bytes as they came.
    pub fn new(bytes: Vec<u8>) -> Self {
        Body(bytes)
    }

    /// The object in the body.
    pub(crate) fn object(&self) -> Result<Fields, BodyInvalid> {
        Ok(Fields { path: String::new(), object: typed(self.value()?, "")? })
    }

    /// The objects of the array in the body.
    pub(super) fn objects(&self) -> Result<Vec<Fields>, BodyInvalid> {
        let items: Vec<Value> = typed(self.value()?, "")?;
        let object = |(index, item)| {
            let path = index_path("", index);
            Ok(Fields { object: typed(item, &path)?, path })
        };
        items.into_iter().enumerate().map(object).collect()
    }

    fn value(&self) -> Result<Value, BodyInvalid> {
        let value = strict_json::value(&self.0).ok_or(BodyInvalid::NotJson)?;
        if has_nul(&value) { Err(BodyInvalid::NulCharacter) } else { Ok(value) }
    }
}

/// Recursion is bounded by the parser, which gives up at 128 levels.
fn has_nul(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains('\0'),
        Value::Array(items) => items.iter().any(has_nul),
        Value::Object(object) => object.iter().any(|(name, value)| name.contains('\0') || has_nul(value)),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

/// An object that is being read.
#[derive(Clone)]
pub(crate) struct Fields {
    path: String,
    object: JsonObject,
}

impl Fields {
    /// Whether the property is there, be it `null`.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.object.contains_key(name)
    }

    /// Whether there are no other properties than these.
    pub(super) fn has_only(&self, names: &[&str]) -> bool {
        self.object.keys().all(|name| names.contains(&name.as_str()))
    }

    /// Where a property stands, for messages.
    pub(super) fn path_of(&self, name: &str) -> String {
        if self.path.is_empty() { name.to_owned() } else { format!("{}.{name}", self.path) }
    }

    /// The object as it stands, with what nobody took yet.
    pub(super) fn as_object(&self) -> &JsonObject {
        &self.object
    }

    /// Takes properties of which nothing is wanted.
    pub(super) fn ignore(&mut self, names: &[&str]) {
        self.object.retain(|name, _| !names.contains(&name.as_str()));
    }

    /// Whether the property is a text without a character in it; it is taken then.
    pub(super) fn is_empty_text(&mut self, name: &str) -> bool {
        let is_empty = self.object.get(name).is_some_and(|value| value == "");
        is_empty && self.object.remove(name).is_some()
    }

    /// Words that are a list, or one text with white space between them.
    pub(super) fn take_words(&mut self, name: &str) -> Result<Option<Vec<String>>, BodyInvalid> {
        match self.object.get(name) {
            Some(Value::String(text)) => {
                let words = text.split_whitespace().map(str::to_owned).collect();
                self.object.remove(name);
                Ok(Some(words))
            }
            _ => self.take(name),
        }
    }

    /// A complaint about a property.
    pub(super) fn wrong(&self, name: &str, problem: impl Into<Cow<'static, str>>) -> BodyInvalid {
        BodyInvalid::wrong(self.path_of(name), problem)
    }

    /// A property that may be absent.
    pub(crate) fn take<T: Property>(&mut self, name: &str) -> Result<Option<T>, BodyInvalid> {
        let Some(value) = self.object.remove(name) else { return Ok(None) };
        typed(value, &self.path_of(name)).map(Some)
    }

    /// A property that must be there.
    pub(crate) fn require<T: Property>(&mut self, name: &str) -> Result<T, BodyInvalid> {
        self.take(name)?.ok_or_else(|| BodyInvalid::Missing { path: self.path_of(name) })
    }

    /// Puts a property, if it is there, where it belongs.
    pub(super) fn set<T: Property>(&mut self, name: &str, place: &mut T) -> Result<(), BodyInvalid> {
        if let Some(value) = self.take(name)? {
            *place = value;
        }
        Ok(())
    }

    /// Puts a property, if it is there, where it belongs; `null` clears the place.
    pub(super) fn set_or_clear<T: Property>(&mut self, name: &str, place: &mut Option<T>) -> Result<(), BodyInvalid> {
        if self.take_null(name) {
            *place = None;
        } else if let Some(value) = self.take(name)? {
            *place = Some(value);
        }
        Ok(())
    }

    /// Merges a property, if it is there, into metadata; `null` empties it.
    pub(crate) fn merge(&mut self, name: &str, held: &mut JsonObject) -> Result<(), BodyInvalid> {
        if self.take_null(name) {
            held.clear();
        } else if let Some(change) = self.take(name)? {
            merge(held, change);
        }
        Ok(())
    }

    /// Whether the property is `null`; it is taken then.
    pub(super) fn take_null(&mut self, name: &str) -> bool {
        let is_null = self.object.get(name).is_some_and(Value::is_null);
        is_null && self.object.remove(name).is_some()
    }

    /// A property that is an object of its own.
    pub(super) fn nested(&mut self, name: &str) -> Result<Option<Fields>, BodyInvalid> {
        let path = self.path_of(name);
        Ok(self.take(name)?.map(|object| Fields { path, object }))
    }

    /// A property that is a list of objects.
    pub(super) fn nested_list(&mut self, name: &str) -> Result<Option<Vec<Fields>>, BodyInvalid> {
        let Some(items) = self.take::<Vec<Value>>(name)? else { return Ok(None) };
        let own = self.path_of(name);
        let object = |(index, item)| {
            let path = index_path(&own, index);
            Ok(Fields { object: typed(item, &path)?, path })
        };
        items.into_iter().enumerate().map(object).collect::<Result<_, _>>().map(Some)
    }

    /// Properties that tools send back as they were shown, and that cannot say anything else here.
    pub(super) fn repeat(&mut self, names: &[&str], only: impl Into<Value>) -> Result<(), BodyInvalid> {
        let only = only.into();
        for name in names {
            if self.object.remove(*name).is_some_and(|value| value != only) {
                return Err(self.wrong(name, format!("can only be {only} in this version")));
            }
        }
        Ok(())
    }

    /// Refuses what nobody took.
    pub(super) fn finish(self) -> Result<(), BodyInvalid> {
        match self.object.keys().next() {
            Some(name) => Err(BodyInvalid::Unknown { path: self.path_of(name) }),
            None => Ok(()),
        }
    }
}

fn index_path(path: &str, index: usize) -> String {
    format!("{path}[{index}]")
}

/// Merges metadata as Auth0 does: property by property at the first level, where `null` removes one and everything
/// nested is replaced whole. Nothing to merge empties it.
fn merge(held: &mut JsonObject, change: JsonObject) {
    if change.is_empty() {
        return held.clear();
    }
    for (name, value) in change {
        if value.is_null() {
            held.remove(&name);
        } else {
            held.insert(name, value);
        }
    }
}

/// A type that a property can have.
pub(crate) trait Property: Sized {
    /// The type in words that follow `must be`.
    const EXPECTED: &'static str;

    /// Reads the value; `None` where it is of another type.
    fn read(value: Value) -> Option<Self>;
}

fn typed<T: Property>(value: Value, path: &str) -> Result<T, BodyInvalid> {
    let found = type_of(&value);
    T::read(value).ok_or_else(|| BodyInvalid::WrongType { path: path.to_owned(), expected: T::EXPECTED, found })
}

fn type_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(number) if number.is_f64() => "a number",
        Value::Number(_) => "an integer",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}

macro_rules! properties {
    ($($type:ty, $expected:literal, $read:expr;)*) => {$(
        impl Property for $type {
            const EXPECTED: &'static str = $expected;

            fn read(value: Value) -> Option<Self> {
                let read: fn(Value) -> Option<Self> = $read;
                read(value)
            }
        }
    )*};
}

fn word<T: DeserializeOwned>(value: Value) -> Option<T> {
    serde_json::from_value(value).ok()
}

properties! {
    String, "a string", |value| if let Value::String(text) = value { Some(text) } else { None };
    bool, "a boolean", |value| value.as_bool();
    u64, "a whole number that is not negative", |value| value.as_u64();
    u32, "a whole number that is not negative", |value| value.as_u64().and_then(|number| number.try_into().ok());
    f64, "a number", |value| value.as_f64();
    JsonObject, "an object", |value| if let Value::Object(object) = value { Some(object) } else { None };
    Vec<Value>, "an array", |value| if let Value::Array(items) = value { Some(items) } else { None };
    Vec<String>, "an array of strings", word;
    AppType, "one of native, spa, regular_web, non_interactive", word;
    TokenEndpointAuthMethod, "one of none, client_secret_post, client_secret_basic", |value| {
        // Whoever signs says so with `client_authentication_methods`.
        word(value).filter(|method| *method != TokenEndpointAuthMethod::PrivateKeyJwt)
    };
    ClientAlgorithm, "one of RS256, RS384, PS256", word;
    RotationType, "one of rotating, non-rotating", word;
    ExpirationType, "one of expiring, non-expiring", word;
    model::resource_server::TokenDialect, "one of access_token, access_token_authz, rfc9068_profile, rfc9068_profile_authz", word;
    model::connection::PasswordPolicy, "one of none, low, fair, good, excellent", word;
    model::provider::RootAttributes, "one of on_each_login, on_first_login, never_on_login", word;
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn fields(text: &str) -> Fields {
        Body::new(text.as_bytes().to_vec()).object().unwrap_or_else(|invalid| panic!("{text}: {invalid}"))
    }

    #[track_caller]
    fn check(text: &str, expected: &BodyInvalid) {
        assert_eq!(Body::new(text.as_bytes().to_vec()).object().err().as_ref(), Some(expected), "{text}");
    }

    #[test]
    fn only_one_json_object_without_nul_is_read() {
        for text in ["", "{", "{}{}", "nul", "{\"a\":NaN}"] {
            check(text, &BodyInvalid::NotJson);
        }
        check(&"[".repeat(100_000), &BodyInvalid::NotJson);
        check("{\"a\\u0000\":1}", &BodyInvalid::NulCharacter);
        check("{\"a\":[{\"b\":\"\\u0000\"}]}", &BodyInvalid::NulCharacter);
        check("[]", &BodyInvalid::WrongType { path: String::new(), expected: "an object", found: "an array" });
    }

    #[test]
    fn ad_04_what_nobody_took_is_refused_by_its_path() {
        let mut body = fields(r#"{"name":"x","refresh_token":{"leeway":0,"__proto__":1}}"#);
        assert_eq!(body.require::<String>("name").as_deref(), Ok("x"));
        let mut nested = body.nested("refresh_token").unwrap().unwrap();
        assert_eq!(nested.take::<u64>("leeway"), Ok(Some(0)));
        assert_eq!(nested.finish(), Err(BodyInvalid::Unknown { path: "refresh_token.__proto__".to_owned() }));
        assert_eq!(body.finish(), Ok(()));
    }

    #[test]
    fn a_wrong_type_says_where_and_what() {
        let mut body = fields(r#"{"name":5,"lifetime":-1,"types":["a",1]}"#);
        let message = |invalid: BodyInvalid| invalid.to_string();
        assert_eq!(
            body.take::<String>("name").map_err(message),
            Err("name must be a string, but is an integer".to_owned())
        );
        assert_eq!(
            body.take::<u64>("lifetime").map_err(message),
            Err("lifetime must be a whole number that is not negative, but is an integer".to_owned())
        );
        assert!(body.take::<Vec<String>>("types").is_err());
        assert_eq!(body.require::<bool>("on"), Err(BodyInvalid::Missing { path: "on".to_owned() }));
    }

    #[test]
    fn null_clears_what_may_be_cleared_and_nothing_else() {
        let mut body = fields(r#"{"a":null,"b":"new","c":null}"#);
        let mut places = [Some("old".to_owned()), Some("old".to_owned()), Some("old".to_owned())];
        for (name, place) in ["a", "b", "d"].iter().zip(&mut places) {
            body.set_or_clear(name, place).unwrap();
        }
        assert_eq!(places, [None, Some("new".to_owned()), Some("old".to_owned())]);
        assert!(body.take::<String>("c").is_err());
    }

    #[track_caller]
    fn check_merge(change: &Value, expected: &Value) {
        let Value::Object(mut held) = json!({"a": 1, "b": {"x": 1, "y": 2}, "c": [1]}) else { unreachable!() };
        fields(&json!({"metadata": change}).to_string()).merge("metadata", &mut held).unwrap();
        assert_eq!(Value::Object(held), *expected, "{change}");
    }

    #[test]
    fn metadata_merges_at_the_first_level() {
        check_merge(&json!({"a": 2}), &json!({"a": 2, "b": {"x": 1, "y": 2}, "c": [1]}));
        check_merge(&json!({"b": {"x": null}, "c": []}), &json!({"a": 1, "b": {"x": null}, "c": []}));
        check_merge(&json!({"a": null, "d": null}), &json!({"b": {"x": 1, "y": 2}, "c": [1]}));
        check_merge(&json!({}), &json!({}));
        check_merge(&Value::Null, &json!({}));
    }

    #[test]
    fn what_cannot_be_otherwise_may_be_repeated_but_not_changed() {
        assert_eq!(fields(r#"{"global":false}"#).repeat(&["global", "sso"], false), Ok(()));
        let refused = fields(r#"{"global":true}"#).repeat(&["global"], false);
        assert_eq!(refused, Err(BodyInvalid::wrong("global", "can only be false in this version")));
    }
}
