//! What a client presents in place of its secret: a compact JWT, or the claims of one in JSON.

use keys::verify_by_client;
use protocol::client_authentication::assertion::{self, JWT_BEARER, TYPES};
use protocol::client_authentication::{BodyFields, Proof, present};
use serde_json::{Map, Value};

use super::fixtures::{CLIENT, CLIENTS, ISSUER, NOW, SIGNED, claims_or_jwt};

const AUDIENCES: [&str; 2] = [ISSUER, "https://id.example/oauth/token"];

pub(crate) fn check(input: &[u8]) {
    claims_or_jwt(input, check_claims, check_text);
}

fn check_claims(claims: &Map<String, Value>) {
    let Ok(accepted) = assertion::check(claims, CLIENT, &AUDIENCES, NOW) else { return };
    let said = |name: &str| claims.get(name).cloned().unwrap_or_default();
    assert_eq!((said("iss"), said("sub")), (CLIENT.into(), CLIENT.into()));
    let audience = match said("aud") {
        Value::Array(mut only) if only.len() == 1 => only.remove(0),
        other => other,
    };
    assert!(AUDIENCES.iter().any(|known| audience == *known), "for {audience}");
    assert!((NOW + 1..=NOW + 330).contains(&accepted.expires_at), "until {}", accepted.expires_at);
    assert_eq!(said("exp"), accepted.expires_at);
    for begin in ["iat", "nbf"].map(said).iter().filter(|begin| !begin.is_null()) {
        assert!(begin.as_i64().is_some_and(|begin| begin <= NOW + 30), "from {begin}");
    }
    assert!((1..=256).contains(&accepted.jti.len()) && said("jti") == accepted.jti);
}

fn check_text(text: &str) {
    let body =
        BodyFields { client_assertion_type: Some(JWT_BEARER), client_assertion: Some(text), ..BodyFields::default() };
    if let Ok(presented) = present(None, body) {
        assert!(!presented.client_id.is_empty() && matches!(presented.proof, Proof::Assertion(_)));
    }
    let named = BodyFields { client_id: Some(CLIENT), ..body };
    assert!(present(None, named).is_ok_and(|presented| presented.client_id == CLIENT) || text.is_empty());
    if let Ok(claims) = verify_by_client(&*CLIENTS, text, &TYPES) {
        assert!(SIGNED.contains(&text));
        check_claims(&claims);
    }
}
