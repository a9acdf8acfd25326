use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use openssl::x509::X509;

use super::*;
use crate::GeneratedKey;
use crate::signing_key::fixture::{FIRST, SECOND};

fn published(key: &GeneratedKey, stage: Stage) -> PublishedKey {
    PublishedKey { kid: key.kid.clone(), stage, certificate: key.certificate.clone() }
}

fn current(key: &GeneratedKey) -> PublishedKey {
    published(key, Stage::Current(key.private_key.clone()))
}

fn jwks_of(keys: Vec<PublishedKey>) -> Value {
    serde_json::from_slice(&KeySet::new(keys).unwrap().jwks_json()).unwrap()
}

#[test]
fn the_current_key_is_published_first() {
    let jwks = jwks_of(vec![published(&SECOND, Stage::Next), current(&FIRST)]);
    assert_eq!(jwks["keys"].as_array().unwrap().len(), 2);
    assert_eq!(jwks["keys"][0]["kid"], FIRST.kid);
    assert_eq!(jwks["keys"][1]["kid"], SECOND.kid);
}

#[test]
fn jw_13_a_jwk_has_public_members_only() {
    let jwks = jwks_of(vec![current(&FIRST)]);
    let members: Vec<&String> = jwks["keys"][0].as_object().unwrap().keys().collect();
    assert_eq!(members, ["kty", "use", "alg", "kid", "n", "e", "x5t", "x5c"]);
}

#[test]
fn a_jwk_says_what_its_certificate_says() {
    let jwk = &jwks_of(vec![current(&FIRST)])["keys"][0];
    let certificate = STANDARD.decode(jwk["x5c"][0].as_str().unwrap()).unwrap();
    assert_eq!(certificate, FIRST.certificate);
    let key = X509::from_der(&certificate).unwrap().public_key().unwrap().rsa().unwrap();
    assert_eq!(URL_SAFE_NO_PAD.decode(jwk["n"].as_str().unwrap()).unwrap(), key.n().to_vec());
    assert_eq!(jwk["e"], "AQAB");
    let thumbprint = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA1_FOR_LEGACY_USE_ONLY, &certificate);
    assert_eq!(jwk["x5t"], URL_SAFE_NO_PAD.encode(thumbprint));
    assert_eq!((&jwk["kty"], &jwk["use"], &jwk["alg"]), (&"RSA".into(), &"sig".into(), &"RS256".into()));
}

#[test]
fn jw_10_a_token_outlives_the_turn_of_its_key() {
    let before = KeySet::new(vec![current(&FIRST), published(&SECOND, Stage::Next)]).unwrap();
    let token = before.signer().sign("JWT", &Map::new()).unwrap();
    let after = KeySet::new(vec![published(&FIRST, Stage::Previous), current(&SECOND)]).unwrap();
    assert_eq!(after.signer().kid(), SECOND.kid);
    assert!(after.verifier().verify(&token, &["JWT"]).is_ok());
    let revoked = KeySet::new(vec![current(&SECOND)]).unwrap();
    assert_eq!(revoked.verifier().verify(&token, &["JWT"]), Err(crate::TokenRefused::UnknownKey));
}

#[test]
fn a_set_that_cannot_sign_is_refused() {
    let refused = |keys| KeySet::new(keys).err().expect("a refusal").to_string();
    let foreign_key = published(&FIRST, Stage::Current(SECOND.private_key.clone()));
    let renamed = PublishedKey { kid: FIRST.kid.clone(), ..published(&SECOND, Stage::Next) };
    assert_eq!(refused(vec![]), "0 signing keys are current instead of one");
    assert_eq!(refused(vec![published(&FIRST, Stage::Next)]), "0 signing keys are current instead of one");
    assert_eq!(refused(vec![current(&FIRST), current(&SECOND)]), "2 signing keys are current instead of one");
    assert_eq!(refused(vec![current(&FIRST), renamed]), format!("two signing keys have the id {}", FIRST.kid));
    assert_eq!(
        refused(vec![foreign_key]),
        format!("the private key does not belong to the certificate of {}", FIRST.kid)
    );
}

#[test]
fn damaged_material_is_an_error() {
    let no_key = PublishedKey { stage: Stage::Current(Zeroizing::new(vec![0x30, 0])), ..current(&FIRST) };
    let no_certificate = PublishedKey { certificate: FIRST.certificate[..100].to_vec(), ..current(&FIRST) };
    for key in [no_key, no_certificate] {
        assert!(matches!(KeySet::new(vec![key]), Err(KeySetInvalid::Unusable(_))));
    }
}
