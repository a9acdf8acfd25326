//! A client, its keys, and what they really signed. The private halves are gone.

use std::sync::LazyLock;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use keys::{ClientKey, ForeignKeys, Verifier};
use protocol::client_metadata::ClientAlgorithm;
use protocol::strict_json;
use serde_json::{Map, Value};

pub(super) const CLIENT: &str = "app";
pub(super) const ISSUER: &str = "https://id.example/";
pub(super) const NOW: i64 = 1_800_000_000;

/// By which the key below is named.
const KID: &str = "the-key";
const CERTIFICATE: &str = include_str!("../../fixtures/certificate.pem");
pub(super) const JWKS: &str = include_str!("../../fixtures/jwks.json");

/// What that key signed, and somebody accepts.
pub(super) const SIGNED: [&str; 4] = [
    include_str!("../../corpus/jwt/signed-access-token"),
    include_str!("../../corpus/jwt/signed-id-token-without-type"),
    include_str!("../../corpus/jwt/signed-client-assertion"),
    include_str!("../../corpus/jwt/signed-with-an-application-type"),
];

/// The key as our own.
pub(super) static OWN: LazyLock<Verifier> = LazyLock::new(|| {
    let base64: String = CERTIFICATE.lines().filter(|line| !line.starts_with("-----")).collect();
    let certificate = STANDARD.decode(base64).expect("base64");
    Verifier::from_certificates([(KID, certificate.as_slice())]).expect("a certificate")
});

/// The key as another issuer's.
pub(super) static FOREIGN: LazyLock<ForeignKeys> = LazyLock::new(|| {
    let jwks: Value = serde_json::from_str(JWKS).expect("JSON");
    ForeignKeys::from_jwks(&jwks).expect("a JWK set")
});

/// The key as a client's.
pub(super) static CLIENTS: LazyLock<[ClientKey; 1]> =
    LazyLock::new(|| [ClientKey::from_pem(CERTIFICATE, ClientAlgorithm::Rs256).expect("a certificate")]);

/// Hands on claims in JSON, or else a compact JWT.
pub(super) fn claims_or_jwt(input: &[u8], claims: impl FnOnce(&Map<String, Value>), jwt: impl FnOnce(&str)) {
    if let Some(object) = strict_json::object(input) {
        claims(&object);
    } else if let Ok(text) = std::str::from_utf8(input) {
        jwt(text);
    }
}

/// The first line, and what is below it.
pub(super) fn first_line(input: &[u8]) -> (&[u8], &[u8]) {
    let end = input.iter().position(|byte| *byte == b'\n').unwrap_or(input.len());
    (&input[..end], input.get(end + 1..).unwrap_or_default())
}
