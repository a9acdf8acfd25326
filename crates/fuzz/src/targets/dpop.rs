//! Proofs of possession: a compact JWT, or the claims of one in JSON.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use keys::verify_proof;
use protocol::dpop::{self, ProvenCall, is_thumbprint};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};
use url::Url;

use super::fixtures::{NOW, claims_or_jwt};

const CALL: ProvenCall<'_> = ProvenCall {
    method: "GET",
    url: "https://id.example/userinfo",
    access_token: Some("Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU"),
};

pub(crate) fn check(input: &[u8]) {
    claims_or_jwt(input, check_claims, check_text);
}

fn check_claims(claims: &Map<String, Value>) {
    let Ok(proof) = dpop::check(claims, &CALL, NOW) else { return };
    assert_eq!(claims["htm"], CALL.method);
    let htu = claims["htu"].as_str().and_then(|htu| Url::parse(htu).ok()).expect("an address");
    let host = htu.host_str().map(|host| (htu.scheme(), host, htu.port(), htu.path()));
    assert_eq!(host, Some(("https", "id.example", None, "/userinfo")), "{htu}");
    let issued_at = claims["iat"].as_i64().expect("a number of seconds");
    assert!((NOW - 300..=NOW + 60).contains(&issued_at) && proof.expires_at > NOW);
    // RFC 9449 4.3, for the token above.
    assert_eq!(claims["ath"], "fUHyO2r2Z3DZ53EsNrWBb0xWXoaNy59IiKCAqksmQEo");
    assert!((1..=256).contains(&proof.jti.len()) && claims["jti"] == proof.jti);
}

/// What is accepted has a key of its own kind and is known by that key's thumbprint (RFC 7638).
fn check_text(text: &str) {
    let Ok(proof) = verify_proof(text) else { return };
    let header = text.split('.').next().unwrap_or_default();
    let header = URL_SAFE_NO_PAD.decode(header).expect("base64url");
    let header: Value = serde_json::from_slice(&header).expect("JSON");
    assert_eq!(header["alg"], "ES256");
    let jwk = &header["jwk"];
    assert!(jwk.get("d").is_none(), "a private key is accepted");
    let member = |name: &str| jwk[name].as_str().expect("text").to_owned();
    let canonical = format!(
        r#"{{"crv":"{}","kty":"{}","x":"{}","y":"{}"}}"#,
        member("crv"),
        member("kty"),
        member("x"),
        member("y")
    );
    assert_eq!(proof.jkt, URL_SAFE_NO_PAD.encode(Sha256::digest(canonical)));
    assert!(is_thumbprint(&proof.jkt));
    check_claims(&proof.claims);
}
