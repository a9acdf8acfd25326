//! What a client assertion must say (RFC 7523 3). Its signature is another matter.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value};

/// The `client_assertion_type` of assertions that are JWTs (RFC 7523 2.2).
pub const JWT_BEARER: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
/// The header's `typ`, where there is one.
pub const TYPES: [&str; 2] = ["JWT", "client-authentication+jwt"];

/// How far `exp` may lie ahead. An assertion is remembered until then, so that it serves once.
const LONGEST_SECONDS: i64 = 300;
/// How far the client's clock may be ahead of ours.
const LEEWAY_SECONDS: i64 = 30;
const LONGEST_JTI: usize = 256;

/// An assertion whose claims are as they must be. It may still have been used before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assertion {
    /// Its id, unique among those of one client.
    pub jti: String,
    /// When it ends, in seconds since the Unix epoch.
    pub expires_at: i64,
}

/// Why a signed assertion does not authenticate its client.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AssertionRefused {
    /// `iss` or `sub` is absent, or not the client's id.
    #[error("iss and sub must both be the client_id")]
    WrongClient,
    /// `aud` is neither the issuer nor the token endpoint, or names others besides.
    #[error("aud must be the issuer or the token endpoint, and nothing else")]
    WrongAudience,
    /// There is no `exp`, or it is not a whole number of seconds.
    #[error("exp is missing or not a number of seconds")]
    MissingExpiry,
    /// `exp` has passed.
    #[error("the assertion has expired")]
    Expired,
    /// `exp` lies further ahead than five minutes.
    #[error("exp must not be more than five minutes away")]
    TooLong,
    /// `iat` or `nbf` lies ahead, or is not a whole number of seconds.
    #[error("iat and nbf must not lie in the future")]
    NotYetValid,
    /// There is no `jti`, or it is empty or longer than 256 bytes.
    #[error("jti must be a text of 1 to 256 bytes")]
    MissingJti,
    /// An assertion with this `jti` came before.
    #[error("an assertion with this jti was used before")]
    Used,
}

/// Checks the claims of a signed assertion. `audiences` are the names we answer to.
pub fn check(
    claims: &Map<String, Value>,
    client_id: &str,
    audiences: &[&str],
    now_seconds: i64,
) -> Result<Assertion, AssertionRefused> {
    let is_client = |name: &str| claims.get(name).and_then(Value::as_str) == Some(client_id);
    if !is_client("iss") || !is_client("sub") {
        return Err(AssertionRefused::WrongClient);
    }
    if !sole_audience(claims).is_some_and(|audience| audiences.contains(&audience)) {
        return Err(AssertionRefused::WrongAudience);
    }
    let expires_at = claims.get("exp").and_then(Value::as_i64).ok_or(AssertionRefused::MissingExpiry)?;
    if expires_at <= now_seconds {
        return Err(AssertionRefused::Expired);
    }
    let latest = now_seconds.saturating_add(LEEWAY_SECONDS);
    if expires_at > latest.saturating_add(LONGEST_SECONDS) {
        return Err(AssertionRefused::TooLong);
    }
    if !["iat", "nbf"].into_iter().all(|name| is_past(claims.get(name), latest)) {
        return Err(AssertionRefused::NotYetValid);
    }
    let jti = claims.get("jti").and_then(Value::as_str).filter(|jti| (1..=LONGEST_JTI).contains(&jti.len()));
    let jti = jti.ok_or(AssertionRefused::MissingJti)?.to_owned();
    Ok(Assertion { jti, expires_at })
}

/// The one audience. Whoever else is named could present the assertion here in the client's place.
fn sole_audience(claims: &Map<String, Value>) -> Option<&str> {
    match claims.get("aud")? {
        Value::String(only) => Some(only),
        Value::Array(several) => match several.as_slice() {
            [Value::String(only)] => Some(only),
            _ => None,
        },
        _ => None,
    }
}

fn is_past(claim: Option<&Value>, latest: i64) -> bool {
    claim.is_none_or(|claim| claim.as_i64().is_some_and(|seconds| seconds <= latest))
}

/// Who an assertion says it is from, before anything in it is believed: `client_id` may be absent beside it
/// (RFC 7521 4.2).
pub(super) fn claimed_client(assertion: &str) -> Option<String> {
    let payload = assertion.split('.').nth(1)?;
    let claims: Map<String, Value> = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).ok()?).ok()?;
    claims.get("sub").and_then(Value::as_str).filter(|sub| !sub.is_empty()).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const NOW: i64 = 1_700_000_000;
    const AUDIENCES: [&str; 2] = ["https://id.example/", "https://id.example/oauth/token"];

    /// Changes a good assertion; null takes a claim away.
    #[track_caller]
    fn check_change(changes: &Value, expected: Option<AssertionRefused>) {
        let mut claims = json!({"iss": "app", "sub": "app", "aud": AUDIENCES[0], "exp": NOW + 120, "jti": "1"});
        let claims = claims.as_object_mut().expect("an object");
        for (name, value) in changes.as_object().expect("an object") {
            match value {
                Value::Null => claims.remove(name),
                value => claims.insert(name.clone(), value.clone()),
            };
        }
        assert_eq!(check(claims, "app", &AUDIENCES, NOW).err(), expected, "{changes}");
    }

    #[test]
    fn what_sdks_send_is_accepted() {
        for changes in [
            json!({}),
            json!({"aud": AUDIENCES[1]}),
            json!({"aud": [AUDIENCES[1]]}),
            json!({"iat": NOW, "nbf": NOW - 60}),
            json!({"iat": NOW + 30, "exp": NOW + 330}),
            json!({"exp": NOW + 1}),
            json!({"jti": "j".repeat(256)}),
        ] {
            check_change(&changes, None);
        }
    }

    #[test]
    fn te_04_each_claim_that_is_not_as_it_must_be_is_refused() {
        use AssertionRefused::{Expired, MissingExpiry, MissingJti, NotYetValid, TooLong, WrongAudience, WrongClient};
        for (changes, expected) in [
            (json!({"iss": "other"}), WrongClient),
            (json!({"sub": "other"}), WrongClient),
            (json!({"iss": "other", "sub": "other"}), WrongClient),
            (json!({"iss": null}), WrongClient),
            (json!({"sub": ["app"]}), WrongClient),
            (json!({"aud": null}), WrongAudience),
            (json!({"aud": "https://id.example"}), WrongAudience),
            (json!({"aud": "https://other.example/oauth/token"}), WrongAudience),
            (json!({"aud": "https://id.example/oauth/token/"}), WrongAudience),
            (json!({"aud": [AUDIENCES[0], "https://other.example/"]}), WrongAudience),
            (json!({"aud": AUDIENCES}), WrongAudience),
            (json!({"aud": []}), WrongAudience),
            (json!({"exp": null}), MissingExpiry),
            (json!({"exp": "soon"}), MissingExpiry),
            (json!({"exp": 1e300}), MissingExpiry),
            (json!({"exp": NOW}), Expired),
            (json!({"exp": NOW + 331}), TooLong),
            (json!({"exp": NOW + 31_536_000}), TooLong),
            (json!({"exp": i64::MAX}), TooLong),
            (json!({"iat": NOW + 31}), NotYetValid),
            (json!({"iat": "now"}), NotYetValid),
            (json!({"nbf": NOW + 31}), NotYetValid),
            (json!({"jti": null}), MissingJti),
            (json!({"jti": ""}), MissingJti),
            (json!({"jti": 1}), MissingJti),
            (json!({"jti": "j".repeat(257)}), MissingJti),
        ] {
            check_change(&changes, Some(expected));
        }
    }

    #[test]
    fn whoever_an_assertion_names_is_only_claimed() {
        let of = |payload: &str| claimed_client(&format!("e30.{}.x", URL_SAFE_NO_PAD.encode(payload)));
        assert_eq!(of(r#"{"sub":"app"}"#).as_deref(), Some("app"));
        for payload in ["", "[]", "{}", r#"{"sub":""}"#, r#"{"sub":7}"#] {
            assert_eq!(of(payload), None, "{payload}");
        }
        assert_eq!(claimed_client("app"), None);
    }
}
