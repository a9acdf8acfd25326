//! A compact JWS (RFC 7515 7.1), taken apart and not yet believed.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use josekit::jws::JwsVerifier;
use protocol::strict_json;
use serde_json::{Map, Value};

use super::TokenRefused;

/// The longest token that is looked at.
pub const MAX_TOKEN_BYTES: usize = 16 * 1024;

/// A token of an algorithm that is accepted here, without critical extensions.
pub(super) struct CompactToken<'a> {
    algorithm: String,
    header: Map<String, Value>,
    signing_input: &'a str,
    payload: Vec<u8>,
    signature: Vec<u8>,
}

impl<'a> CompactToken<'a> {
    pub(super) fn parse(token: &'a str, algorithms: &[&str]) -> Result<Self, TokenRefused> {
        if token.len() > MAX_TOKEN_BYTES {
            return Err(TokenRefused::TooLong);
        }
        let (signing_input, signature) = token.rsplit_once('.').ok_or(TokenRefused::Malformed)?;
        let (header, payload) = signing_input.split_once('.').ok_or(TokenRefused::Malformed)?;
        let header = strict_json::object(&decode(header)?).ok_or(TokenRefused::Malformed)?;
        let algorithm = accepted_algorithm(&header, algorithms)?.to_owned();
        if header.contains_key("crit") {
            return Err(TokenRefused::Critical);
        }
        Ok(CompactToken { algorithm, header, signing_input, payload: decode(payload)?, signature: decode(signature)? })
    }

    /// The header's `alg`, one of those accepted.
    pub(super) fn algorithm(&self) -> &str {
        &self.algorithm
    }

    /// The header's `kid`. Anything but text is as good as none.
    pub(super) fn kid(&self) -> Option<&str> {
        self.header.get("kid").and_then(Value::as_str)
    }

    /// Whether the header has a `kid`, of whatever kind.
    pub(super) fn names_a_key(&self) -> bool {
        self.header.contains_key("kid")
    }

    /// The header's `jwk`, which proves nothing by itself.
    pub(super) fn embedded_key(&self) -> Option<&Map<String, Value>> {
        self.header.get("jwk").and_then(Value::as_object)
    }

    /// Whether the header has a `typ`.
    pub(super) fn names_a_type(&self) -> bool {
        self.header.contains_key("typ")
    }

    /// Whether `typ` is one of `expected`: a media type, compared without case and without `application/`
    /// (RFC 7515 4.1.9).
    pub(super) fn is_of_type(&self, expected: &[&str]) -> bool {
        let typ = self.header.get("typ").and_then(Value::as_str).map(short_type);
        typ.is_some_and(|typ| expected.iter().any(|one| short_type(one).eq_ignore_ascii_case(typ)))
    }

    /// The claims, once the signature has been verified with `key`.
    pub(super) fn claims_verified_by(&self, key: &dyn JwsVerifier) -> Result<Map<String, Value>, TokenRefused> {
        key.verify(self.signing_input.as_bytes(), &self.signature).map_err(|_| TokenRefused::Signature)?;
        strict_json::object(&self.payload).ok_or(TokenRefused::Malformed)
    }
}

fn decode(part: &str) -> Result<Vec<u8>, TokenRefused> {
    URL_SAFE_NO_PAD.decode(part).map_err(|_| TokenRefused::Malformed)
}

fn accepted_algorithm<'h>(header: &'h Map<String, Value>, accepted: &[&str]) -> Result<&'h str, TokenRefused> {
    let named = header.get("alg").and_then(Value::as_str);
    named.filter(|alg| accepted.contains(alg)).ok_or(TokenRefused::Algorithm)
}

fn short_type(typ: &str) -> &str {
    const PREFIX: &str = "application/";
    match typ.split_at_checked(PREFIX.len()) {
        Some((prefix, rest)) if prefix.eq_ignore_ascii_case(PREFIX) => rest,
        _ => typ,
    }
}
