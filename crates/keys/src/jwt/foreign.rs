//! Verifying tokens that others signed, such as an upstream's ID tokens.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use josekit::jwk::Jwk;
use josekit::jws::RS256;
use josekit::jws::alg::rsassa::RsassaJwsVerifier;
use serde_json::{Map, Value};
use thiserror::Error;

use super::compact::CompactToken;
use super::{TokenRefused, rsa};

/// The members of a JWK that count here.
const MEMBERS: [&str; 7] = ["kty", "use", "key_ops", "alg", "kid", "n", "e"];

/// The document is not an object with an array of `keys` (RFC 7517 5).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("the document is not a JWK set")]
pub struct JwksMalformed;

/// The RS256 keys of another issuer's JWK set.
pub struct ForeignKeys {
    keys: Vec<ForeignKey>,
}

struct ForeignKey {
    kid: Option<String>,
    verifier: RsassaJwsVerifier,
}

impl ForeignKeys {
    /// Reads a JWK set. Keys that are not for us are left out, since sets hold all sorts: of another type or
    /// algorithm, for encryption, of fewer than 2048 or more than 8192 bits, with an exponent that is even, 1 or
    /// beyond 32 bits, or malformed.
    pub fn from_jwks(jwks: &Value) -> Result<Self, JwksMalformed> {
        let keys = jwks.get("keys").and_then(Value::as_array).ok_or(JwksMalformed)?;
        Ok(ForeignKeys { keys: keys.iter().filter_map(usable_key).collect() })
    }

    /// Whether no key of the set is for us.
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// The claims of a token that one of these keys signed. A `typ` may be absent, as ID tokens often lack one;
    /// one that is there must be among `expected_typ`. A `kid` may be absent where the set has a single key (OIDC
    /// Core 10.1). The claims themselves are not judged.
    ///
    /// After [`TokenRefused::UnknownKey`] it makes sense to fetch the set again, which the caller bounds.
    pub fn verify(&self, token: &str, expected_typ: &[&str]) -> Result<Map<String, Value>, TokenRefused> {
        let token = CompactToken::parse(token, &["RS256"])?;
        if token.names_a_type() && !token.is_of_type(expected_typ) {
            return Err(TokenRefused::Type);
        }
        let key = self.key_of(&token).ok_or(TokenRefused::UnknownKey)?;
        token.claims_verified_by(&key.verifier)
    }

    fn key_of(&self, token: &CompactToken<'_>) -> Option<&ForeignKey> {
        match (token.kid(), &self.keys[..]) {
            (Some(kid), keys) => keys.iter().find(|key| key.kid.as_deref() == Some(kid)),
            (None, [only]) if !token.names_a_key() => Some(only),
            (None, _) => None,
        }
    }
}

fn usable_key(jwk: &Value) -> Option<ForeignKey> {
    let members = jwk.as_object()?;
    if !rsa::are_sound(&magnitude(members, "n")?, &magnitude(members, "e")?) {
        return None;
    }
    // A certificate that does not parse is no reason to leave out a key that does.
    let members: Map<String, Value> =
        members.clone().into_iter().filter(|(name, _)| MEMBERS.contains(&&**name)).collect();
    let jwk = Jwk::from_map(members).ok()?;
    // Refuses other values of `kty`, `use`, `key_ops` and `alg`.
    let verifier = RS256.verifier_from_jwk(&jwk).ok()?;
    Some(ForeignKey { kid: jwk.key_id().map(str::to_owned), verifier })
}

/// A number of the key, big-endian, without leading zeros.
fn magnitude(members: &Map<String, Value>, name: &str) -> Option<Vec<u8>> {
    let bytes = URL_SAFE_NO_PAD.decode(members.get(name)?.as_str()?).ok()?;
    Some(bytes.into_iter().skip_while(|byte| *byte == 0).collect())
}

#[cfg(test)]
mod tests;
