use std::sync::LazyLock;

use aws_lc_rs::hmac;
use josekit::jws::{HS256, JwsHeader, JwsSigner, PS384, RS512};

use super::*;
use crate::signing_key::fixture::{FIRST, SECOND};

fn private(key: &crate::GeneratedKey) -> PKey<openssl::pkey::Private> {
    PKey::private_key_from_pkcs8(&key.private_key).unwrap()
}

fn pem(key: &crate::GeneratedKey) -> String {
    String::from_utf8(private(key).public_key_to_pem().unwrap()).unwrap()
}

fn certificate(key: &crate::GeneratedKey) -> String {
    String::from_utf8(X509::from_der(&key.certificate).unwrap().to_pem().unwrap()).unwrap()
}

fn registered(key: &crate::GeneratedKey, algorithm: ClientAlgorithm) -> ClientKey {
    ClientKey::from_pem(&pem(key), algorithm).unwrap()
}

static FIRST_JWK: LazyLock<Jwk> =
    LazyLock::new(|| josekit::jwk::alg::rsa::RsaKeyPair::from_pem(&*FIRST_PEM).unwrap().to_jwk_private_key());

static FIRST_PEM: LazyLock<String> =
    LazyLock::new(|| String::from_utf8(private(&FIRST).private_key_to_pem_pkcs8().unwrap()).unwrap());

fn signer(algorithm: ClientAlgorithm) -> Box<dyn JwsSigner> {
    match algorithm {
        ClientAlgorithm::Rs256 => Box::new(RS256.signer_from_pem(&*FIRST_PEM).unwrap()),
        ClientAlgorithm::Rs384 => Box::new(RS384.signer_from_pem(&*FIRST_PEM).unwrap()),
        ClientAlgorithm::Ps256 => Box::new(PS256.signer_from_jwk(&FIRST_JWK).unwrap()),
    }
}

fn token(signer: &dyn JwsSigner, kid: Option<&str>, typ: Option<&str>) -> String {
    let mut header = JwsHeader::new();
    if let Some(kid) = kid {
        header.set_key_id(kid);
    }
    if let Some(typ) = typ {
        header.set_token_type(typ);
    }
    josekit::jws::serialize_compact(b"{\"a\":1}", &header, signer).unwrap()
}

#[track_caller]
fn check(keys: &[ClientKey], token: &str, expected: Option<TokenRefused>) {
    assert_eq!(verify_by_client(keys, token, &["JWT"]).err(), expected);
}

#[test]
fn te_04_a_key_verifies_with_the_algorithm_it_was_registered_for_alone() {
    for registered_for in ClientAlgorithm::ALL {
        for signed_with in ClientAlgorithm::ALL {
            let expected = (registered_for != signed_with).then_some(TokenRefused::Algorithm);
            check(&[registered(&FIRST, registered_for)], &token(&*signer(signed_with), None, None), expected);
        }
    }
    let keys = [registered(&FIRST, ClientAlgorithm::Rs256)];
    check(&keys, &token(&RS512.signer_from_pem(&*FIRST_PEM).unwrap(), None, None), Some(TokenRefused::Algorithm));
    check(&keys, &token(&PS384.signer_from_jwk(&FIRST_JWK).unwrap(), None, None), Some(TokenRefused::Algorithm));
}

#[test]
fn te_04_the_public_key_is_no_hmac_secret() {
    for secret in [pem(&FIRST), pem(&FIRST).trim().to_owned(), certificate(&FIRST)] {
        let forged = token(&HS256.signer_from_bytes(secret).unwrap(), None, None);
        check(&[registered(&FIRST, ClientAlgorithm::Rs256)], &forged, Some(TokenRefused::Algorithm));
    }
}

/// ruby-jwt CVE-2026-45363.
#[test]
fn jw_03_no_secret_makes_an_hmac_good() {
    let claims = URL_SAFE_NO_PAD.encode("{\"a\":1}");
    for secret in ["", "\0", "null", "secret"] {
        for (alg, hash) in [("HS256", hmac::HMAC_SHA256), ("HS512", hmac::HMAC_SHA512)] {
            let header = URL_SAFE_NO_PAD.encode(format!("{{\"alg\":\"{alg}\"}}"));
            let input = format!("{header}.{claims}");
            let tag = hmac::sign(&hmac::Key::new(hash, secret.as_bytes()), input.as_bytes());
            for keys in [vec![registered(&FIRST, ClientAlgorithm::Rs256)], Vec::new()] {
                check(&keys, &format!("{input}.{}", URL_SAFE_NO_PAD.encode(tag)), Some(TokenRefused::Algorithm));
            }
        }
    }
}

#[test]
fn te_03_what_nobody_signed_is_refused() {
    let keys = [registered(&FIRST, ClientAlgorithm::Rs256)];
    let signed = token(&*signer(ClientAlgorithm::Rs256), None, None);
    let (input, _) = signed.rsplit_once('.').unwrap();
    check(&keys, &format!("{input}."), Some(TokenRefused::Signature));
    let payload = input.split_once('.').unwrap().1;
    let unsigned = URL_SAFE_NO_PAD.encode("{\"alg\":\"none\"}");
    check(&keys, &format!("{unsigned}.{payload}."), Some(TokenRefused::Algorithm));
    check(&keys, "secret", Some(TokenRefused::Malformed));
    check(&[], &signed, Some(TokenRefused::UnknownKey));
}

#[test]
fn a_kid_that_is_there_decides_and_otherwise_each_key_is_tried() {
    let keys = || [registered(&SECOND, ClientAlgorithm::Rs256), registered(&FIRST, ClientAlgorithm::Rs256)];
    let signer = signer(ClientAlgorithm::Rs256);
    let [second, first] = keys();
    check(&keys(), &token(&*signer, None, Some("JWT")), None);
    check(&keys(), &token(&*signer, Some(first.kid()), None), None);
    check(&keys(), &token(&*signer, Some(second.kid()), None), Some(TokenRefused::Signature));
    check(&keys(), &token(&*signer, Some("another"), None), Some(TokenRefused::UnknownKey));
    check(&keys(), &token(&*signer, None, Some("at+jwt")), Some(TokenRefused::Type));
    check(&[second], &token(&*signer, None, None), Some(TokenRefused::Signature));
}

#[test]
fn what_is_kept_of_a_text_is_the_public_key() {
    let plain = registered(&FIRST, ClientAlgorithm::Rs256);
    let with_private = format!("{}{}", &*FIRST_PEM, pem(&FIRST));
    for text in [certificate(&FIRST), with_private, format!("a key:\n{}", pem(&FIRST))] {
        let key = ClientKey::from_pem(&text, ClientAlgorithm::Rs256).unwrap();
        assert_eq!((key.kid(), key.pem()), (plain.kid(), plain.pem()));
    }
    assert_eq!((plain.pem(), plain.kid().len()), (pem(&FIRST).as_str(), 43));
    assert_ne!(plain.kid(), registered(&SECOND, ClientAlgorithm::Rs256).kid());
}

#[test]
fn texts_without_a_fit_public_key_are_refused() {
    let short = Rsa::generate(1024).unwrap().public_key_to_pem().unwrap();
    let group = openssl::ec::EcGroup::from_curve_name(openssl::nid::Nid::X9_62_PRIME256V1).unwrap();
    let elliptic = openssl::ec::EcKey::generate(&group).unwrap();
    let elliptic = PKey::from_ec_key(elliptic).unwrap().public_key_to_pem().unwrap();
    let texts = [
        String::new(),
        "key".to_owned(),
        FIRST_PEM.clone(),
        pem(&FIRST).replace("PUBLIC", "CERTIFICATE"),
        String::from_utf8(short).unwrap(),
        String::from_utf8(elliptic).unwrap(),
        format!("{}{}", " ".repeat(MAX_PEM_BYTES), pem(&FIRST)),
    ];
    for text in texts {
        assert!(ClientKey::from_pem(&text, ClientAlgorithm::Ps256).is_err(), "{text}");
    }
}
