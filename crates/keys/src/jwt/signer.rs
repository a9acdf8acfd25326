//! Signing our own tokens.

use josekit::jws::alg::rsassa::RsassaJwsSigner;
use josekit::jws::{self, JwsHeader, RS256};
use serde_json::{Map, Value};

use crate::KeyUnusable;

/// An RSA key that signs with RS256, parsed once. There is no `Debug`.
pub struct SigningKeyPair {
    kid: String,
    signer: RsassaJwsSigner,
}

impl SigningKeyPair {
    /// Reads a private key in PKCS#8, DER, of 2048 bits or more.
    pub fn from_pkcs8(kid: &str, private_key: &[u8]) -> Result<Self, KeyUnusable> {
        let mut signer = RS256.signer_from_der(private_key).map_err(KeyUnusable::when("read a private signing key"))?;
        signer.set_key_id(kid);
        Ok(SigningKeyPair { kid: kid.to_owned(), signer })
    }

    /// The id its tokens name.
    pub fn kid(&self) -> &str {
        &self.kid
    }

    /// A compact JWT with the header members `alg`, `typ` and `kid`. Takes some 0.7 ms of one core.
    pub fn sign(&self, typ: &str, claims: &Map<String, Value>) -> Result<String, KeyUnusable> {
        let mut header = JwsHeader::new();
        header.set_algorithm("RS256");
        header.set_token_type(typ);
        let payload = serde_json::to_vec(claims).map_err(KeyUnusable::when("write the claims of a token"))?;
        jws::serialize_compact(&payload, &header, &self.signer).map_err(KeyUnusable::when("sign a token"))
    }
}
