//! Verifying tokens that we signed.

use std::collections::HashMap;

use josekit::jws::RS256;
use josekit::jws::alg::rsassa::RsassaJwsVerifier;
use openssl::x509::X509;
use serde_json::{Map, Value};

use super::TokenRefused;
use super::compact::CompactToken;
use crate::KeyUnusable;

/// The public parts of our published keys, by `kid`.
pub struct Verifier {
    keys: HashMap<String, RsassaJwsVerifier>,
}

impl Verifier {
    /// Reads pairs of `kid` and certificate, DER.
    pub fn from_certificates<'a>(
        certificates: impl IntoIterator<Item = (&'a str, &'a [u8])>,
    ) -> Result<Self, KeyUnusable> {
        let keys: Result<_, _> = certificates
            .into_iter()
            .map(|(kid, certificate)| Ok((kid.to_owned(), verifying_key(certificate)?)))
            .collect();
        Ok(Verifier { keys: keys? })
    }

    /// The claims of a token that one of our keys signed, if its `typ` is among `expected_typ` (such as `JWT` or
    /// `at+jwt`, RFC 9068 2.1). The claims themselves are not judged: expiry, issuer and audience are the caller's
    /// to check.
    pub fn verify(&self, token: &str, expected_typ: &[&str]) -> Result<Map<String, Value>, TokenRefused> {
        let token = CompactToken::parse(token, &["RS256"])?;
        if !token.is_of_type(expected_typ) {
            return Err(TokenRefused::Type);
        }
        let key = token.kid().and_then(|kid| self.keys.get(kid)).ok_or(TokenRefused::UnknownKey)?;
        token.claims_verified_by(key)
    }

    /// Whether a token is well-formed and names a key that is not here.
    pub fn misses_key_of(&self, token: &str) -> bool {
        let token = CompactToken::parse(token, &["RS256"]);
        token.is_ok_and(|token| token.kid().is_some_and(|kid| !self.keys.contains_key(kid)))
    }
}

fn verifying_key(certificate: &[u8]) -> Result<RsassaJwsVerifier, KeyUnusable> {
    let public_key = X509::from_der(certificate).and_then(|parsed| parsed.public_key()?.public_key_to_der());
    let public_key = public_key.map_err(KeyUnusable::when("read a certificate"))?;
    RS256.verifier_from_der(public_key).map_err(KeyUnusable::when("verify with a certificate's key"))
}
