//! Verifying tokens that a client signed with a key it registered (RFC 7523 3).

use josekit::jwk::Jwk;
use josekit::jws::{JwsVerifier, PS256, RS256, RS384};
use openssl::pkey::{PKey, Public};
use openssl::rsa::Rsa;
use openssl::x509::X509;
use protocol::client_metadata::ClientAlgorithm;
use serde_json::{Map, Value, json};
use thiserror::Error;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::compact::CompactToken;
use super::{TokenRefused, rsa};

/// The longest PEM that is looked at.
const MAX_PEM_BYTES: usize = 16 * 1024;

/// The text is not a PEM of an RSA public key, or of a certificate with one, of 2048 to 8192 bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("not an RSA public key of 2048 to 8192 bits in PEM")]
pub struct ClientKeyUnfit;

/// A public key of a client, good for the one algorithm it was registered for.
#[derive(Debug)]
pub struct ClientKey {
    kid: String,
    pem: String,
    algorithm: ClientAlgorithm,
    verifier: Box<dyn JwsVerifier>,
}

impl ClientKey {
    /// Reads a public key or a certificate.
    pub fn from_pem(pem: &str, algorithm: ClientAlgorithm) -> Result<Self, ClientKeyUnfit> {
        let key = public_key(pem).filter(rsa::is_sound).ok_or(ClientKeyUnfit)?;
        let (n, e) = (URL_SAFE_NO_PAD.encode(key.n().to_vec()), URL_SAFE_NO_PAD.encode(key.e().to_vec()));
        let verifier = verifier(&n, &e, algorithm).ok_or(ClientKeyUnfit)?;
        let pem = key.public_key_to_pem().ok().and_then(|pem| String::from_utf8(pem).ok()).ok_or(ClientKeyUnfit)?;
        Ok(ClientKey { kid: rsa::thumbprint(&n, &e), pem, algorithm, verifier })
    }

    /// The key's name in token headers: its thumbprint (RFC 7638).
    pub fn kid(&self) -> &str {
        &self.kid
    }

    /// The key alone, whatever else stood in the text it was read from.
    pub fn pem(&self) -> &str {
        &self.pem
    }

    fn verify(&self, token: &CompactToken<'_>) -> Result<Map<String, Value>, TokenRefused> {
        if token.algorithm() != self.algorithm.as_str() {
            return Err(TokenRefused::Algorithm);
        }
        token.claims_verified_by(&*self.verifier)
    }
}

/// The claims of a token that one of these keys signed. A `kid` that is there must name one of them; without one,
/// each is tried, so the caller bounds how many there are. A `typ` may be absent, and otherwise must be among
/// `expected_typ`. The claims themselves are not judged.
pub fn verify_by_client(
    keys: &[ClientKey],
    token: &str,
    expected_typ: &[&str],
) -> Result<Map<String, Value>, TokenRefused> {
    let token = CompactToken::parse(token, &ClientAlgorithm::ALL.map(ClientAlgorithm::as_str))?;
    if token.names_a_type() && !token.is_of_type(expected_typ) {
        return Err(TokenRefused::Type);
    }
    let named = |key: &&ClientKey| !token.names_a_key() || token.kid() == Some(key.kid());
    let mut refused = TokenRefused::UnknownKey;
    for key in keys.iter().filter(named) {
        match key.verify(&token) {
            Ok(claims) => return Ok(claims),
            Err(why) => refused = why,
        }
    }
    Err(refused)
}

/// OpenSSL looks for a block of the right kind and passes over others; what is kept is the public key alone.
fn public_key(pem: &str) -> Option<Rsa<Public>> {
    if pem.len() > MAX_PEM_BYTES {
        return None;
    }
    let key = if pem.contains("-----BEGIN CERTIFICATE-----") {
        X509::from_pem(pem.as_bytes()).and_then(|certificate| certificate.public_key())
    } else {
        PKey::public_key_from_pem(pem.as_bytes())
    };
    key.and_then(|key| key.rsa()).ok()
}

fn verifier(n: &str, e: &str, algorithm: ClientAlgorithm) -> Option<Box<dyn JwsVerifier>> {
    let Value::Object(members) = json!({ "kty": "RSA", "n": n, "e": e }) else { return None };
    let jwk = Jwk::from_map(members).ok()?;
    Some(match algorithm {
        ClientAlgorithm::Rs256 => Box::new(RS256.verifier_from_jwk(&jwk).ok()?),
        ClientAlgorithm::Rs384 => Box::new(RS384.verifier_from_jwk(&jwk).ok()?),
        ClientAlgorithm::Ps256 => Box::new(PS256.verifier_from_jwk(&jwk).ok()?),
    })
}

#[cfg(test)]
mod tests;
