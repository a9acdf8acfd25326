//! A request in one signed object (RFC 9101): what the object must say before its parameters count. Its signature is
//! another matter.

use serde_json::{Map, Value};

use crate::params::{Params, ParamsRefused};
use crate::payload::{self, Expectations, PayloadRefused};

/// The header's `typ`, where there is one (RFC 9101 10.8).
pub const TYPES: [&str; 2] = ["oauth-authz-req+jwt", "JWT"];

/// How far the client's clock may be ahead of ours.
const LEEWAY_SECONDS: i64 = 30;
/// What is said of the object itself and is no parameter of the request.
const OF_THE_OBJECT: [&str; 6] = ["iss", "aud", "exp", "nbf", "iat", "jti"];
/// What would be a request within the request (RFC 9101 4), and what would make the object good for authenticating the
/// client (RFC 9101 10.8).
const FORBIDDEN: [&str; 3] = ["request", "request_uri", "sub"];

/// Why a signed object is no request.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RequestObjectRefused {
    /// It is not from this client, not for this server, or not for this moment.
    #[error(transparent)]
    Payload(#[from] PayloadRefused),
    /// Its `client_id` is absent or another.
    #[error("client_id must be the client's own")]
    WrongClient,
    /// It says what no request object may.
    #[error("{0} must not stand in it")]
    Forbidden(&'static str),
    /// It has more parameters than any request may have, or longer ones.
    #[error(transparent)]
    Params(#[from] ParamsRefused),
    /// A parameter stands beside it with another value.
    #[error("a parameter beside it has another value than in it")]
    Disagrees,
}

/// The parameters of a signed object, which alone count (RFC 9101 6.3). Those beside it must not say anything else.
pub fn read(
    claims: &Map<String, Value>,
    beside: &Params,
    client_id: &str,
    issuer: &str,
    now_seconds: i64,
) -> Result<Params, RequestObjectRefused> {
    let expected = Expectations { issuer: client_id, audience: issuer, leeway_seconds: LEEWAY_SECONDS };
    payload::check(claims, &expected, now_seconds)?;
    if claims.get("client_id").and_then(Value::as_str) != Some(client_id) {
        return Err(RequestObjectRefused::WrongClient);
    }
    if let Some(name) = FORBIDDEN.into_iter().find(|name| claims.contains_key(*name)) {
        return Err(RequestObjectRefused::Forbidden(name));
    }
    let parameters = claims.iter().filter(|(name, _)| !OF_THE_OBJECT.contains(&name.as_str()));
    let pairs = parameters.filter_map(|(name, value)| Some((name.clone(), text_of(value)?)));
    let inside = Params::from_pairs(pairs)?;
    if beside.iter().any(|(name, value)| inside.has(name) && inside.get(name).unwrap_or_default() != value) {
        return Err(RequestObjectRefused::Disagrees);
    }
    Ok(inside)
}

/// A value as it would stand in a query: JSON where the parameter is JSON (OpenID Connect Core 6.1).
fn text_of(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const NOW: i64 = 1_700_000_000;
    const ISSUER: &str = "https://id.example/";

    /// Changes a good object; null takes a claim away.
    fn read_changed(changes: &Value, beside: &str) -> Result<Params, RequestObjectRefused> {
        let mut claims = json!({"iss": "app", "aud": ISSUER, "exp": NOW + 60, "iat": NOW, "jti": "1",
            "client_id": "app", "scope": "openid", "max_age": 300, "claims": {"id_token": {"email": null}}});
        let claims = claims.as_object_mut().expect("an object");
        claims.extend(changes.as_object().expect("an object").clone());
        claims.retain(|_, value| !value.is_null());
        let beside = Params::from_form(beside.as_bytes()).expect("a readable query");
        read(claims, &beside, "app", ISSUER, NOW)
    }

    #[test]
    fn parameters_are_read_and_the_rest_is_not_among_them() {
        let read = read_changed(&json!({}), "client_id=app&request=x&unknown=1").expect("a good object");
        let mut pairs: Vec<_> = read.iter().collect();
        pairs.sort_unstable();
        let expected = [
            ("claims", r#"{"id_token":{"email":null}}"#),
            ("client_id", "app"),
            ("max_age", "300"),
            ("scope", "openid"),
        ];
        assert_eq!(pairs, expected);
    }

    #[test]
    fn az_17_each_flaw_refuses_the_whole_request() {
        use RequestObjectRefused::{Disagrees, Forbidden, Payload, WrongClient};
        for (changes, expected) in [
            (json!({"iss": "other"}), Payload(PayloadRefused::WrongIssuer)),
            (json!({"iss": null}), Payload(PayloadRefused::WrongIssuer)),
            (json!({"aud": "https://other.example/"}), Payload(PayloadRefused::WrongAudience)),
            (json!({"exp": null}), Payload(PayloadRefused::MissingExpiry)),
            (json!({"exp": NOW}), Payload(PayloadRefused::Expired)),
            (json!({"iat": NOW + 31}), Payload(PayloadRefused::IssuedInTheFuture)),
            (json!({"nbf": NOW + 31}), Payload(PayloadRefused::NotYetValid)),
            (json!({"client_id": "other"}), WrongClient),
            (json!({"client_id": null}), WrongClient),
            (json!({"request": "x"}), Forbidden("request")),
            (json!({"request_uri": "x"}), Forbidden("request_uri")),
            (json!({"sub": "app"}), Forbidden("sub")),
            (json!({"state": "a\0b"}), RequestObjectRefused::Params(ParamsRefused::NotText)),
        ] {
            assert_eq!(read_changed(&changes, "client_id=app").err(), Some(expected), "{changes}");
        }
        for beside in ["scope=openid+email", "scope=", "max_age=301"] {
            assert_eq!(read_changed(&json!({}), beside).err(), Some(Disagrees), "{beside}");
        }
        assert!(read_changed(&json!({}), "scope=openid&max_age=300").is_ok());
    }
}
