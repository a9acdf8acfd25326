//! A JWS in compact form (RFC 7515 7.1), taken apart and not believed yet.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use model::JsonObject;
use protocol::strict_json;
use serde::Deserialize;
use serde_json::Value;

use crate::sign_in::AssertionRefused;

/// Longer than any honest token; browsers do not carry them, so some are large.
const LONGEST: usize = 64 * 1024;

/// The parts of a token.
pub(super) struct Jws<'a> {
    pub(super) header: Header,
    pub(super) claims: JsonObject,
    pub(super) signing_input: &'a str,
    pub(super) signature: Vec<u8>,
}

/// What counts of a header. Keys it carries or points to are ignored.
#[derive(Deserialize)]
pub(super) struct Header {
    pub(super) alg: String,
    pub(super) kid: Option<String>,
    pub(super) typ: Option<String>,
    crit: Option<Value>,
}

impl<'a> Jws<'a> {
    pub(super) fn parse(token: &'a str) -> Result<Self, AssertionRefused> {
        Self::take_apart(token).ok_or(AssertionRefused::Malformed)
    }

    fn take_apart(token: &'a str) -> Option<Self> {
        if token.len() > LONGEST {
            return None;
        }
        let (signing_input, signature) = token.rsplit_once('.')?;
        let (header, payload) = signing_input.split_once('.')?;
        let decoded = |part: &str| URL_SAFE_NO_PAD.decode(part).ok();
        let header = Value::Object(strict_json::object(&decoded(header)?)?);
        let header: Header = serde_json::from_value(header).ok()?;
        // We know no extension that may be critical (RFC 7515 4.1.11).
        if header.crit.is_some() {
            return None;
        }
        let claims = strict_json::object(&decoded(payload)?)?;
        Some(Jws { header, claims, signing_input, signature: decoded(signature)? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(token: &str, is_one: bool) {
        assert_eq!(Jws::parse(token).is_ok(), is_one, "{token}");
    }

    #[test]
    fn a_token_is_three_parts_of_which_two_are_objects() {
        let header = URL_SAFE_NO_PAD.encode(r#"{"alg":"RS256"}"#);
        let critical = URL_SAFE_NO_PAD.encode(r#"{"alg":"RS256","crit":["b64"]}"#);
        check(&format!("{header}.e30.c2ln"), true);
        check(&format!("{header}.e30."), true);
        check(&format!("{header}.W10.c2ln"), false);
        check(&format!("{critical}.e30.c2ln"), false);
        check(&format!("{header}.e30.c2ln.x"), false);
        check(&format!("{header}.e30.c2ln.x.y"), false);
        check(&format!("{header}.e30.!"), false);
        check("e30.e30.c2ln", false);
        check("a.b", false);
        check("", false);
        check(&"a".repeat(LONGEST + 1), false);
    }

    #[test]
    fn jw_06_a_member_that_stands_twice_is_not_chosen_from() {
        let part = |text: &str| URL_SAFE_NO_PAD.encode(text);
        let (header, claims) = (r#"{"alg":"RS256"}"#, r#"{"sub":"ada"}"#);
        check(&format!("{}.{}.c2ln", part(header), part(claims)), true);
        for header in [r#"{"alg":"RS256","alg":"RS256"}"#, r#"{"alg":"RS256","kid":"a","k\u0069d":"b"}"#] {
            check(&format!("{}.{}.c2ln", part(header), part(claims)), false);
        }
        for claims in [r#"{"sub":"ada","sub":"eve"}"#, r#"{"sub":"ada","events":{"x":{},"x":{}}}"#] {
            check(&format!("{}.{}.c2ln", part(header), part(claims)), false);
        }
    }
}
