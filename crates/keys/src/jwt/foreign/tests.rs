use openssl::bn::BigNum;
use openssl::rsa::Rsa;
use serde_json::json;

use super::*;
use crate::signing_key::fixture::{FIRST, SECOND};
use crate::{GeneratedKey, SigningKeyPair, public_jwk};

fn jwk(key: &GeneratedKey) -> Value {
    public_jwk(&key.kid, &key.certificate).unwrap()
}

fn keys(jwks: &[Value]) -> ForeignKeys {
    ForeignKeys::from_jwks(&json!({ "keys": jwks })).unwrap()
}

fn with(mut jwk: Value, name: &str, value: Value) -> Value {
    jwk[name] = value;
    jwk
}

fn without(mut jwk: Value, names: &[&str]) -> Value {
    for name in names {
        jwk.as_object_mut().unwrap().remove(*name);
    }
    jwk
}

fn token() -> String {
    SigningKeyPair::from_pkcs8(&FIRST.kid, &FIRST.private_key).unwrap().sign("JWT", &Map::new()).unwrap()
}

/// A token without `kid` or `typ`, as some issuers sign.
fn bare_token() -> String {
    let signer = RS256.signer_from_der(&*FIRST.private_key).unwrap();
    josekit::jws::serialize_compact(b"{}", &josekit::jws::JwsHeader::new(), &signer).unwrap()
}

#[track_caller]
fn check(jwks: &[Value], token: &str, expected: Option<TokenRefused>) {
    assert_eq!(keys(jwks).verify(token, &["JWT"]).err(), expected);
}

#[test]
fn a_token_is_verified_by_the_key_it_names() {
    check(&[jwk(&SECOND), jwk(&FIRST)], &token(), None);
    check(&[jwk(&SECOND)], &token(), Some(TokenRefused::UnknownKey));
    let renamed = with(jwk(&SECOND), "kid", FIRST.kid.as_str().into());
    check(&[renamed], &token(), Some(TokenRefused::Signature));
}

#[test]
fn a_kid_may_be_absent_only_where_one_key_stands() {
    check(&[jwk(&FIRST)], &bare_token(), None);
    check(&[jwk(&SECOND)], &bare_token(), Some(TokenRefused::Signature));
    check(&[jwk(&FIRST), jwk(&SECOND)], &bare_token(), Some(TokenRefused::UnknownKey));
    check(&[], &bare_token(), Some(TokenRefused::UnknownKey));
}

#[test]
fn a_type_may_be_absent_and_may_not_be_another() {
    assert!(keys(&[jwk(&FIRST)]).verify(&bare_token(), &["JWT"]).is_ok());
    assert_eq!(keys(&[jwk(&FIRST)]).verify(&token(), &["logout+jwt"]), Err(TokenRefused::Type));
}

#[test]
fn members_that_are_not_ours_to_judge_do_no_harm() {
    check(&[with(jwk(&FIRST), "x5c", json!(["not base64"]))], &token(), None);
    check(&[without(jwk(&FIRST), &["use", "alg", "x5t", "x5c"])], &token(), None);
}

#[test]
fn jw_09_unfit_keys_are_left_out() {
    for (name, value) in [
        ("use", json!("enc")),
        ("alg", json!("RS512")),
        ("alg", json!("HS256")),
        ("kty", json!("EC")),
        ("kty", json!("oct")),
        ("key_ops", json!(["encrypt"])),
        ("e", json!("AQ")),
        ("e", json!("AAE")),
        ("e", json!("Ag")),
        ("e", json!("")),
        ("e", json!("AAAA")),
        ("e", json!("AQAAAAE")),
        ("e", json!(65537)),
        ("n", json!("")),
        ("n", json!("not base64!")),
        ("n", json!(null)),
        ("kid", json!(7)),
    ] {
        assert!(keys(&[with(jwk(&FIRST), name, value.clone())]).is_empty(), "{name}: {value}");
    }
    assert!(keys(&[without(jwk(&FIRST), &["n"])]).is_empty());
    assert!(keys(&[json!(null), json!([]), json!("key"), json!({})]).is_empty());
}

#[test]
fn jw_09_short_and_endless_moduli_are_left_out() {
    let of_bits = |bits: u32| {
        let mut modulus = BigNum::new().unwrap();
        modulus.rand(i32::try_from(bits).unwrap(), openssl::bn::MsbOption::ONE, true).unwrap();
        with(jwk(&FIRST), "n", URL_SAFE_NO_PAD.encode(modulus.to_vec()).into())
    };
    for (bits, unfit) in [(512, true), (1024, true), (2047, true), (2048, false), (8192, false), (8193, true)] {
        assert_eq!(keys(&[of_bits(bits)]).is_empty(), unfit, "{bits} bits");
    }
    let padded = [vec![0; 256], Rsa::generate(1024).unwrap().n().to_vec()].concat();
    assert!(keys(&[with(jwk(&FIRST), "n", URL_SAFE_NO_PAD.encode(padded).into())]).is_empty());
}

/// ruby-jwt CVE-2026-45363: a set may hold a secret, even an empty one, and it is no key of ours.
#[test]
fn jw_03_no_secret_of_a_set_makes_an_hmac_good() {
    for secret in ["", "c2VjcmV0"] {
        for kid in [json!(null), json!("shared")] {
            let shared = json!({"kty": "oct", "k": secret, "alg": "HS256", "use": "sig", "kid": kid});
            assert!(keys(std::slice::from_ref(&shared)).is_empty());
            let input = format!("{}.e30", URL_SAFE_NO_PAD.encode("{\"alg\":\"HS256\",\"kid\":\"shared\"}"));
            let secret = URL_SAFE_NO_PAD.decode(secret).unwrap();
            let key = aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA256, &secret);
            let tag = URL_SAFE_NO_PAD.encode(aws_lc_rs::hmac::sign(&key, input.as_bytes()));
            check(&[shared, jwk(&FIRST)], &format!("{input}.{tag}"), Some(TokenRefused::Algorithm));
        }
    }
}

#[test]
fn what_is_not_a_key_set_is_an_error() {
    for document in [json!(null), json!([]), json!({}), json!({"keys": {}}), json!({"keys": "x"}), json!("keys")] {
        assert!(ForeignKeys::from_jwks(&document).is_err(), "{document}");
    }
}
