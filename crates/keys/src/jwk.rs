//! Our public keys as JWKs (RFC 7517), in the shape Auth0 gives them.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use openssl::error::ErrorStack;
use openssl::hash::MessageDigest;
use openssl::x509::X509;
use serde_json::{Value, json};

use crate::KeyUnusable;

/// The JWK of a certificate's RSA key: `kty`, `use`, `alg`, `kid`, `n`, `e`, `x5t`, `x5c`, and nothing private.
pub fn public_jwk(kid: &str, certificate: &[u8]) -> Result<Value, KeyUnusable> {
    try_public_jwk(kid, certificate).map_err(KeyUnusable::when("publish a certificate"))
}

fn try_public_jwk(kid: &str, certificate: &[u8]) -> Result<Value, ErrorStack> {
    let parsed = X509::from_der(certificate)?;
    let key = parsed.public_key()?.rsa()?;
    Ok(json!({
        "kty": "RSA",
        "use": "sig",
        "alg": "RS256",
        "kid": kid,
        "n": URL_SAFE_NO_PAD.encode(key.n().to_vec()),
        "e": URL_SAFE_NO_PAD.encode(key.e().to_vec()),
        // RFC 7517 4.8 asks for SHA-1 here; it is a name and protects nothing.
        "x5t": URL_SAFE_NO_PAD.encode(parsed.digest(MessageDigest::sha1())?),
        // RFC 7517 4.7: standard base64, unlike the other members.
        "x5c": [STANDARD.encode(certificate)],
    }))
}
