//! What a JWT's payload must say before anything in it is believed (RFC 7519 4.1). The signature is another matter.

use serde_json::{Map, Value};

/// The last instant a `NumericDate` may name, the end of the year 9999. What lies beyond is an overflow waiting to
/// happen, not a date.
const LAST_INSTANT: i64 = 253_402_300_799;

/// What a verifier expects.
#[derive(Clone, Copy, Debug)]
pub struct Expectations<'a> {
    /// The exact `iss`.
    pub issuer: &'a str,
    /// Must be `aud`, or among it.
    pub audience: &'a str,
    /// How far the issuer's clock may be ahead of ours, in seconds.
    pub leeway_seconds: i64,
}

/// Why a payload is not believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PayloadRefused {
    /// `iss` is absent or another.
    #[error("the token was not issued by the expected issuer")]
    WrongIssuer,
    /// `aud` is absent, malformed or without the expected audience.
    #[error("the token is meant for somebody else")]
    WrongAudience,
    /// There is no `exp`.
    #[error("the token does not say when it expires")]
    MissingExpiry,
    /// `exp`, `nbf` or `iat` is not a whole number of seconds between 1970 and 9999.
    #[error("{0} is not a date")]
    NotADate(&'static str),
    /// `nbf` lies in the future.
    #[error("the token is not valid yet")]
    NotYetValid,
    /// `iat` lies in the future.
    #[error("the token was issued in the future")]
    IssuedInTheFuture,
    /// `exp` has passed.
    #[error("the token has expired")]
    Expired,
}

/// Checks `iss`, `aud`, `nbf`, `iat` and `exp`; `now_seconds` is the time since the Unix epoch.
///
/// Expiry is judged last, so that [`PayloadRefused::Expired`] says that all else is well: an expired ID token may
/// still serve as a hint (OpenID Connect RP-Initiated Logout 2).
pub fn check(
    payload: &Map<String, Value>,
    expected: &Expectations<'_>,
    now_seconds: i64,
) -> Result<(), PayloadRefused> {
    if payload.get("iss").and_then(Value::as_str) != Some(expected.issuer) {
        return Err(PayloadRefused::WrongIssuer);
    }
    if !is_meant_for(payload.get("aud"), expected.audience) {
        return Err(PayloadRefused::WrongAudience);
    }
    let latest = now_seconds.saturating_add(expected.leeway_seconds);
    let expires_at = date(payload, "exp")?.ok_or(PayloadRefused::MissingExpiry)?;
    if date(payload, "nbf")?.is_some_and(|not_before| not_before > latest) {
        return Err(PayloadRefused::NotYetValid);
    }
    if date(payload, "iat")?.is_some_and(|issued_at| issued_at > latest) {
        return Err(PayloadRefused::IssuedInTheFuture);
    }
    if expires_at <= now_seconds { Err(PayloadRefused::Expired) } else { Ok(()) }
}

/// RFC 7519 4.1.3: one string, or several. An array that holds anything else is malformed as a whole.
fn is_meant_for(claim: Option<&Value>, audience: &str) -> bool {
    match claim {
        Some(Value::String(only)) => only == audience,
        Some(Value::Array(several)) => {
            several.iter().all(Value::is_string) && several.iter().any(|one| one == audience)
        }
        _ => false,
    }
}

fn date(payload: &Map<String, Value>, name: &'static str) -> Result<Option<i64>, PayloadRefused> {
    let Some(value) = payload.get(name) else { return Ok(None) };
    let seconds = value.as_i64().filter(|seconds| (0..=LAST_INSTANT).contains(seconds));
    seconds.map(Some).ok_or(PayloadRefused::NotADate(name))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const NOW: i64 = 1_700_000_000;
    const EXPECTED: Expectations<'_> =
        Expectations { issuer: "https://id.example/", audience: "https://api.example/", leeway_seconds: 60 };

    /// Changes a good payload; null takes a claim away.
    fn check_change(changes: &Value, expected: Result<(), PayloadRefused>) {
        let mut payload = json!({"iss": EXPECTED.issuer, "aud": EXPECTED.audience, "exp": NOW + 1, "iat": NOW});
        let payload = payload.as_object_mut().expect("an object");
        for (name, value) in changes.as_object().expect("an object") {
            match value {
                Value::Null => payload.remove(name),
                value => payload.insert(name.clone(), value.clone()),
            };
        }
        assert_eq!(check(payload, &EXPECTED, NOW), expected, "{changes}");
    }

    #[test]
    fn what_is_expected_is_believed() {
        for changes in [
            json!({}),
            json!({"iat": null}),
            json!({"iat": NOW + 60, "nbf": NOW + 60}),
            json!({"aud": ["https://other.example/", EXPECTED.audience]}),
            json!({"exp": LAST_INSTANT}),
        ] {
            check_change(&changes, Ok(()));
        }
    }

    #[test]
    fn another_issuer_or_audience_is_refused() {
        for iss in [json!(null), json!("https://id.example"), json!("HTTPS://id.example/"), json!([EXPECTED.issuer])] {
            check_change(&json!({"iss": iss}), Err(PayloadRefused::WrongIssuer));
        }
        for aud in [json!(null), json!("https://api.example"), json!([]), json!([EXPECTED.audience, 7]), json!({})] {
            check_change(&json!({"aud": aud}), Err(PayloadRefused::WrongAudience));
        }
    }

    #[test]
    fn instants_are_kept() {
        check_change(&json!({"exp": null}), Err(PayloadRefused::MissingExpiry));
        check_change(&json!({"exp": NOW}), Err(PayloadRefused::Expired));
        check_change(&json!({"nbf": NOW + 61}), Err(PayloadRefused::NotYetValid));
        check_change(&json!({"iat": NOW + 61}), Err(PayloadRefused::IssuedInTheFuture));
    }

    #[test]
    fn expired_means_that_all_else_is_well() {
        check_change(&json!({"exp": NOW, "iss": "x"}), Err(PayloadRefused::WrongIssuer));
        check_change(&json!({"exp": NOW, "aud": "x"}), Err(PayloadRefused::WrongAudience));
        check_change(&json!({"exp": NOW, "nbf": NOW + 61}), Err(PayloadRefused::NotYetValid));
        check_change(&json!({"exp": NOW, "iat": "x"}), Err(PayloadRefused::NotADate("iat")));
    }

    #[test]
    fn jw_06_what_is_no_date_is_refused() {
        let values = [
            json!("1700000001"),
            json!(1_700_000_001.5),
            json!(1e300),
            json!(-1),
            json!(i64::MAX),
            json!(u64::MAX),
            json!(true),
            json!([NOW + 1]),
        ];
        for name in ["exp", "nbf", "iat"] {
            for value in &values {
                check_change(&json!({name: value}), Err(PayloadRefused::NotADate(name)));
            }
        }
    }

    #[test]
    fn extreme_clocks_do_not_overflow() {
        let payload = json!({"iss": EXPECTED.issuer, "aud": EXPECTED.audience, "exp": LAST_INSTANT});
        let payload = payload.as_object().expect("an object");
        assert_eq!(check(payload, &EXPECTED, i64::MAX), Err(PayloadRefused::Expired));
        assert_eq!(check(payload, &EXPECTED, i64::MIN), Ok(()));
    }
}
