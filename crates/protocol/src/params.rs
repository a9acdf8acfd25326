//! The parameters of a request: from a query, a form, or a JSON object where Auth0 accepts one.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};

/// The largest query or body that is read, in bytes.
pub const MAX_BYTES: usize = 64 * 1024;
/// The most parameters one request may have.
pub const MAX_PARAMETERS: usize = 100;
/// The longest value a parameter may have, in bytes.
pub const MAX_VALUE_BYTES: usize = 8 * 1024;

/// Why parameters could not be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ParamsRefused {
    /// More than [`MAX_BYTES`] or [`MAX_PARAMETERS`].
    #[error("the request has too many parameters or is too long")]
    TooLarge,
    /// Not UTF-8, not a legal percent-encoding, or with a NUL character, which no field may hold.
    #[error("the request holds characters that are not valid UTF-8 text")]
    NotText,
    /// Not a JSON object of plain values.
    #[error("the body must be a JSON object whose values are strings, numbers or booleans")]
    NotAnObject,
}

/// Parameters by name. An empty value counts as absent (RFC 6749 3.1).
///
/// What is wrong with a single parameter does not hide the others: at `/authorize` the client and its redirect URI
/// decide where a complaint about the rest may be sent, so repeated and overlong names are kept for the caller to
/// ask about.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Params {
    pairs: Vec<(String, String)>,
    repeated: Vec<String>,
    overlong: Vec<String>,
}

impl Params {
    /// Reads `application/x-www-form-urlencoded` text, as in a query or a form.
    pub fn from_form(bytes: &[u8]) -> Result<Self, ParamsRefused> {
        if bytes.len() > MAX_BYTES {
            return Err(ParamsRefused::TooLarge);
        }
        let text = std::str::from_utf8(bytes).map_err(|_| ParamsRefused::NotText)?;
        let mut params = Params::default();
        for pair in text.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            params.add(decode(name)?.into_owned(), decode(value)?.into_owned())?;
        }
        Ok(params)
    }

    /// Reads a JSON object. Members whose values are objects, arrays or null are passed over, as unknown ones are.
    pub fn from_json(bytes: &[u8]) -> Result<Self, ParamsRefused> {
        if bytes.len() > MAX_BYTES {
            return Err(ParamsRefused::TooLarge);
        }
        let Members(members) = serde_json::from_slice(bytes).map_err(|_| ParamsRefused::NotAnObject)?;
        let mut params = Params::default();
        for (name, value) in members {
            let text = match value {
                serde_json::Value::String(text) => text,
                serde_json::Value::Number(number) => number.to_string(),
                serde_json::Value::Bool(flag) => flag.to_string(),
                serde_json::Value::Null | serde_json::Value::Array(_) | serde_json::Value::Object(_) => continue,
            };
            params.add(name, text)?;
        }
        Ok(params)
    }

    /// Takes names and values that were read elsewhere, within the same bounds.
    pub fn from_pairs(pairs: impl IntoIterator<Item = (String, String)>) -> Result<Self, ParamsRefused> {
        let mut params = Params::default();
        let mut length = 0;
        for (name, value) in pairs {
            length += name.len() + value.len();
            if length > MAX_BYTES {
                return Err(ParamsRefused::TooLarge);
            }
            params.add(name, value)?;
        }
        Ok(params)
    }

    fn add(&mut self, name: String, value: String) -> Result<(), ParamsRefused> {
        if name.contains('\0') || value.contains('\0') {
            return Err(ParamsRefused::NotText);
        }
        if self.pairs.len() + self.repeated.len() >= MAX_PARAMETERS {
            return Err(ParamsRefused::TooLarge);
        }
        if value.len() > MAX_VALUE_BYTES {
            self.overlong.push(name.clone());
        }
        if self.pairs.iter().any(|(known, _)| *known == name) {
            self.repeated.push(name);
        } else {
            self.pairs.push((name, value));
        }
        Ok(())
    }

    /// The value of a parameter, where it has one that is not empty. Of a repeated one, the first.
    pub fn get(&self, name: &str) -> Option<&str> {
        let value = self.pairs.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
        value.filter(|value| !value.is_empty())
    }

    /// Whether the parameter was sent, be it empty.
    pub fn has(&self, name: &str) -> bool {
        self.pairs.iter().any(|(known, _)| known == name)
    }

    /// The first parameter that was sent more than once (RFC 6749 3.1 forbids it).
    pub fn first_repeated(&self) -> Option<&str> {
        self.repeated.first().map(String::as_str)
    }

    /// Whether this parameter was sent more than once.
    pub fn is_repeated(&self, name: &str) -> bool {
        self.repeated.iter().any(|known| known == name)
    }

    /// The first parameter with a value longer than [`MAX_VALUE_BYTES`].
    pub fn first_overlong(&self) -> Option<&str> {
        self.overlong.first().map(String::as_str)
    }

    /// Names and values in the order of the request.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.pairs.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }
}

/// The members of a JSON object in their order, a repeated one as often as it stands there: parsers disagree on which
/// of two counts, so nothing here may choose.
struct Members(Vec<(String, serde_json::Value)>);

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(MembersVisitor)
    }
}

struct MembersVisitor;

impl<'de> Visitor<'de> for MembersVisitor {
    type Value = Members;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Members, A::Error> {
        let mut members = Vec::new();
        while let Some(member) = object.next_entry()? {
            members.push(member);
        }
        Ok(Members(members))
    }
}

/// Undoes form encoding exactly once. The url crate replaces what is not UTF-8; here it is refused.
fn decode(text: &str) -> Result<Cow<'_, str>, ParamsRefused> {
    if !text.contains(['%', '+']) {
        return Ok(Cow::Borrowed(text));
    }
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => hex_digit(rest.next())? << 4 | hex_digit(rest.next())?,
            other => other,
        });
    }
    String::from_utf8(bytes).map(Cow::Owned).map_err(|_| ParamsRefused::NotText)
}

fn hex_digit(byte: Option<u8>) -> Result<u8, ParamsRefused> {
    let digit = byte.and_then(|byte| char::from(byte).to_digit(16)).ok_or(ParamsRefused::NotText)?;
    Ok(u8::try_from(digit).expect("a hex digit is below sixteen"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn form_values_are_decoded_once() {
        let params = Params::from_form(b"a=x%2By+z&empty=&b=%2541").expect("well formed");
        assert_eq!(params.get("a"), Some("x+y z"));
        assert_eq!(params.get("b"), Some("%41"));
        assert_eq!(params.get("empty"), None);
        assert!(params.has("empty"));
    }

    #[test]
    fn a_repeated_parameter_is_remembered() {
        let form = Params::from_form(b"state=1&scope=a&state=2").expect("well formed");
        let json = Params::from_json(br#"{"state":"1","scope":"a","state":"2"}"#).expect("an object");
        for params in [form, json] {
            assert_eq!(params.first_repeated(), Some("state"));
            assert!(!params.is_repeated("scope"));
        }
    }

    #[test]
    fn what_is_not_text_is_refused() {
        for bytes in [&b"a=%ff"[..], b"a=\xff", b"a=%0", b"a=%zz", b"a=%00"] {
            assert_eq!(Params::from_form(bytes), Err(ParamsRefused::NotText), "{bytes:?}");
        }
        assert_eq!(Params::from_json(b"{\"a\":\"\\u0000\"}"), Err(ParamsRefused::NotText));
    }

    #[test]
    fn sizes_are_bounded() {
        assert_eq!(Params::from_form(&vec![b'a'; MAX_BYTES + 1]), Err(ParamsRefused::TooLarge));
        let many: Vec<_> = (0..=MAX_PARAMETERS).map(|index| format!("p{index}=1")).collect();
        let many = many.join("&");
        assert_eq!(Params::from_form(many.as_bytes()), Err(ParamsRefused::TooLarge));
        let long = format!("state={}", "x".repeat(MAX_VALUE_BYTES + 1));
        assert_eq!(Params::from_form(long.as_bytes()).expect("readable").first_overlong(), Some("state"));
    }

    #[test]
    fn json_means_the_same_as_a_form() {
        let json = Params::from_json(br#"{"grant_type":"x","n":5,"deep":{"a":1}}"#).expect("an object");
        assert_eq!(json.get("grant_type"), Some("x"));
        assert_eq!(json.get("n"), Some("5"));
        assert!(!json.has("deep"));
        assert_eq!(Params::from_json(b"[1]"), Err(ParamsRefused::NotAnObject));
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = Params::from_form(&bytes);
            let _ = Params::from_json(&bytes);
        }

        #[test]
        fn any_text_survives_encoding(value in "[^\0]{1,40}") {
            let form: String = url::form_urlencoded::Serializer::new(String::new()).append_pair("v", &value).finish();
            let params = Params::from_form(form.as_bytes()).expect("encoded by a library");
            prop_assert_eq!(params.get("v"), Some(value.as_str()));
        }
    }
}
