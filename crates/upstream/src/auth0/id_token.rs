//! Reads the ID token that came with a proof (OIDC Core 3.1.3.7).
//!
//! Its signature is not checked. The token comes straight from the token endpoint, over TLS that names the issuer
//! or from this very machine, which OIDC Core 3.1.3.7 rule 6 accepts in its place: who could forge the token here
//! could as well answer "right" to every password. Never use this for a token that came by way of a browser.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use model::{JsonObject, Timestamp};
use protocol::strict_json;
use secrecy::{ExposeSecret, SecretString};

use crate::answer::Garbage;
use crate::oidc::id_token::{CLOCK_TOLERANCE, check_audience, check_issuer, moment};

/// The claims of a token that `issuer` made for `client_id` and that has not expired.
pub(super) fn claims(
    id_token: &SecretString,
    issuer: &str,
    client_id: &str,
    now: Timestamp,
) -> Result<JsonObject, Garbage> {
    let claims = payload(id_token.expose_secret()).ok_or(Garbage::Malformed)?;
    check_issuer(&claims, issuer).map_err(|_| Garbage::WrongIssuer)?;
    check_audience(&claims, client_id).map_err(|_| Garbage::WrongAudience)?;
    let expires_at = moment(&claims, "exp").ok_or(Garbage::Malformed)?;
    if expires_at.saturating_add(CLOCK_TOLERANCE) <= now.seconds() {
        return Err(Garbage::Expired);
    }
    Ok(claims)
}

/// The payload of a JWS in compact form (RFC 7515 7.1). An encrypted token has five parts and is not one.
fn payload(token: &str) -> Option<JsonObject> {
    let mut parts = token.split('.');
    let (_header, payload, _signature) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() {
        return None;
    }
    strict_json::object(&URL_SAFE_NO_PAD.decode(payload).ok()?)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const NOW: Timestamp = Timestamp::from_millis(1_000_000);

    fn check(changes: &Value, expected: Result<(), Garbage>) {
        let mut content = json!({"iss": "https://old/", "aud": "me", "exp": 1_001, "sub": "auth0|a"});
        for (name, value) in changes.as_object().expect("an object") {
            content[name] = value.clone();
        }
        let token = format!("e30.{}.c2ln", URL_SAFE_NO_PAD.encode(content.to_string()));
        let outcome = claims(&token.into(), "https://old/", "me", NOW);
        assert_eq!(outcome.map(|_| ()), expected, "{changes}");
    }

    #[test]
    fn a_token_for_us_is_read() {
        check(&json!({}), Ok(()));
        check(&json!({"aud": ["me"]}), Ok(()));
        check(&json!({"aud": ["me", "other"], "azp": "me"}), Ok(()));
        check(&json!({"exp": 941}), Ok(()));
    }

    #[test]
    fn a_token_of_or_for_somebody_else_is_not() {
        check(&json!({"iss": "https://old"}), Err(Garbage::WrongIssuer));
        check(&json!({"iss": null}), Err(Garbage::WrongIssuer));
        check(&json!({"aud": "other"}), Err(Garbage::WrongAudience));
        check(&json!({"aud": ["other"]}), Err(Garbage::WrongAudience));
        check(&json!({"aud": ["me", "other"]}), Err(Garbage::WrongAudience));
        check(&json!({"aud": ["me"], "azp": "other"}), Err(Garbage::WrongAudience));
        check(&json!({"aud": "me", "azp": "other"}), Err(Garbage::WrongAudience));
        check(&json!({"aud": null}), Err(Garbage::WrongAudience));
    }

    #[test]
    fn an_old_token_is_not() {
        check(&json!({"exp": 940}), Err(Garbage::Expired));
        check(&json!({"exp": -1}), Err(Garbage::Expired));
        check(&json!({"exp": "tomorrow"}), Err(Garbage::Malformed));
        check(&json!({"exp": null}), Err(Garbage::Malformed));
    }

    #[test]
    fn jw_06_a_member_that_stands_twice_is_not_chosen_from() {
        let content = r#"{"iss":"https://old/","aud":"me","exp":1001,"sub":"auth0|a","sub":"auth0|b"}"#;
        let token = format!("e30.{}.c2ln", URL_SAFE_NO_PAD.encode(content));
        assert_eq!(claims(&token.into(), "https://old/", "me", NOW), Err(Garbage::Malformed));
    }

    #[test]
    fn what_is_no_signed_token_is_malformed() {
        for token in ["", "a.b", "a.!.c", "e30.W10.c2ln", "e30.e30.c2ln.x.y"] {
            assert_eq!(claims(&token.to_owned().into(), "https://old/", "me", NOW), Err(Garbage::Malformed), "{token}");
        }
    }
}
