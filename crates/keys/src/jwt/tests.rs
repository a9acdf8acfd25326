use aws_lc_rs::hmac;
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use openssl::x509::X509;
use serde_json::{Map, Value, json};

use super::*;
use crate::public_jwk;
use crate::signing_key::fixture::{FIRST, SECOND};

fn verifier() -> Verifier {
    let keys = [&*FIRST, &*SECOND];
    Verifier::from_certificates(keys.map(|key| (key.kid.as_str(), key.certificate.as_slice()))).unwrap()
}

fn claims() -> Map<String, Value> {
    json!({"iss": "https://id.example.com/", "sub": "auth0|1", "exp": 1_790_000_000}).as_object().unwrap().clone()
}

fn token() -> String {
    SigningKeyPair::from_pkcs8(&FIRST.kid, &FIRST.private_key).unwrap().sign("JWT", &claims()).unwrap()
}

/// A token with any header, signed by the first key; independent of our own signer.
fn signed(header: &str, payload: &str) -> String {
    use openssl::{hash::MessageDigest, pkey::PKey, sign::Signer};
    let input = unsigned(header, payload);
    let key = PKey::private_key_from_pkcs8(&FIRST.private_key).unwrap();
    let mut signer = Signer::new(MessageDigest::sha256(), &key).unwrap();
    signer.update(input.as_bytes()).unwrap();
    format!("{input}.{}", URL_SAFE_NO_PAD.encode(signer.sign_to_vec().unwrap()))
}

fn unsigned(header: &str, payload: &str) -> String {
    format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(payload))
}

fn header(members: &str) -> String {
    format!("{{\"alg\":\"RS256\",\"typ\":\"JWT\",\"kid\":\"{}\"{members}}}", FIRST.kid)
}

#[track_caller]
fn check(token: &str, expected: Option<TokenRefused>) {
    assert_eq!(verifier().verify(token, &["JWT"]).err(), expected);
}

#[test]
fn what_we_sign_verifies_and_says_who_signed() {
    assert_eq!(verifier().verify(&token(), &["JWT"]), Ok(claims()));
    let header = URL_SAFE_NO_PAD.decode(token().split('.').next().unwrap()).unwrap();
    let header: Value = serde_json::from_slice(&header).unwrap();
    assert_eq!(header, json!({"alg": "RS256", "typ": "JWT", "kid": FIRST.kid}));
}

#[test]
fn what_an_independent_signer_signs_verifies() {
    check(&signed(&header(""), "{}"), None);
}

#[test]
fn jw_01_no_spelling_of_no_algorithm_is_accepted() {
    let signature = token().rsplit_once('.').unwrap().1.to_owned();
    for alg in ["\"none\"", "\"None\"", "\"nOnE\"", "\"NONE\"", "\"\"", "null", "[\"RS256\"]", "0"] {
        let header = header("").replace("\"RS256\"", alg);
        for signature in ["", &signature] {
            check(&format!("{}.{signature}", unsigned(&header, "{}")), Some(TokenRefused::Algorithm));
        }
        check(&signed(&header, "{}"), Some(TokenRefused::Algorithm));
    }
    check(&signed(&header("").replace("\"alg\":\"RS256\",", ""), "{}"), Some(TokenRefused::Algorithm));
    check(&unsigned(&header(""), "{}"), Some(TokenRefused::Malformed));
    check(&format!("{}.", unsigned(&header(""), "{}")), Some(TokenRefused::Signature));
}

#[test]
fn jw_02_the_public_key_is_no_hmac_secret_in_any_encoding() {
    let public_key = X509::from_der(&FIRST.certificate).unwrap().public_key().unwrap();
    let rsa = public_key.rsa().unwrap();
    let jwk = public_jwk(&FIRST.kid, &FIRST.certificate).unwrap();
    let secrets: [Vec<u8>; 9] = [
        public_key.public_key_to_pem().unwrap(),
        public_key.public_key_to_der().unwrap(),
        rsa.public_key_to_pem_pkcs1().unwrap(),
        rsa.public_key_to_der_pkcs1().unwrap(),
        jwk.to_string().into(),
        jwk["n"].as_str().unwrap().into(),
        FIRST.certificate.clone(),
        STANDARD.encode(&FIRST.certificate).into(),
        Vec::new(),
    ];
    for secret in secrets {
        for alg in ["HS256", "RS256"] {
            let input = unsigned(&header("").replace("RS256", alg), "{\"sub\":\"admin\"}");
            let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &secret), input.as_bytes());
            let expected = if alg == "HS256" { TokenRefused::Algorithm } else { TokenRefused::Signature };
            check(&format!("{input}.{}", URL_SAFE_NO_PAD.encode(tag)), Some(expected));
        }
    }
}

/// ruby-jwt CVE-2026-45363: a secret that was not set verified what anybody signs with nothing. There is no secret here
/// that an HMAC could be compared with, set or not.
#[test]
fn jw_03_no_secret_makes_an_hmac_good() {
    for secret in ["", "\0", "null", "nil", "None", "undefined", "secret", &"\0".repeat(32), &FIRST.kid] {
        for (alg, hash) in [("HS256", hmac::HMAC_SHA256), ("HS384", hmac::HMAC_SHA384), ("HS512", hmac::HMAC_SHA512)] {
            let named = header("").replace("RS256", alg);
            let nameless = format!("{{\"alg\":\"{alg}\",\"typ\":\"JWT\"}}");
            for header in [named, nameless] {
                let input = unsigned(&header, "{\"sub\":\"admin\"}");
                let tag = hmac::sign(&hmac::Key::new(hash, secret.as_bytes()), input.as_bytes());
                check(&format!("{input}.{}", URL_SAFE_NO_PAD.encode(tag)), Some(TokenRefused::Algorithm));
                check(&format!("{input}."), Some(TokenRefused::Algorithm));
            }
        }
    }
}

#[test]
fn other_algorithms_of_the_same_key_are_refused() {
    for alg in ["RS384", "RS512", "PS256", "rs256", "ES256", "EdDSA"] {
        check(&signed(&header("").replace("RS256", alg), "{}"), Some(TokenRefused::Algorithm));
    }
}

#[test]
fn an_edited_token_is_refused() {
    let token = token();
    let [head, _, signature]: [&str; 3] = token.split('.').collect::<Vec<_>>().try_into().unwrap();
    let payload = URL_SAFE_NO_PAD.encode("{\"sub\":\"auth0|2\"}");
    check(&format!("{head}.{payload}.{signature}"), Some(TokenRefused::Signature));
    let other_key = unsigned(&header("").replace(&FIRST.kid, &SECOND.kid), "{}");
    check(&format!("{other_key}.{signature}"), Some(TokenRefused::Signature));
    let cut = URL_SAFE_NO_PAD.encode(&URL_SAFE_NO_PAD.decode(signature).unwrap()[..255]);
    check(&format!("{head}.{}.{cut}", token.split('.').nth(1).unwrap()), Some(TokenRefused::Signature));
}

#[test]
fn no_byte_of_a_signature_is_free() {
    let token = token();
    let (input, signature) = token.rsplit_once('.').unwrap();
    let signature = URL_SAFE_NO_PAD.decode(signature).unwrap();
    for at in 0..signature.len() {
        let mut altered = signature.clone();
        altered[at] ^= 1;
        check(&format!("{input}.{}", URL_SAFE_NO_PAD.encode(altered)), Some(TokenRefused::Signature));
    }
}

#[test]
fn only_the_canonical_spelling_is_a_token() {
    let token = token();
    for spelling in [
        String::new(),
        ".".to_owned(),
        "..".to_owned(),
        format!("{token}."),
        format!("{token}.{token}"),
        format!("{token}="),
        format!(" {token}"),
        format!("{token}\n"),
        token.replacen('.', "\u{e9}.", 1),
        token.replace('.', ""),
    ] {
        check(&spelling, Some(TokenRefused::Malformed));
    }
}

#[test]
fn jw_04_keys_in_the_header_are_ignored() {
    let jwk = public_jwk("attacker", &SECOND.certificate).unwrap();
    let brought = format!(
        ",\"jwk\":{jwk},\"jku\":\"http://127.0.0.1:1/\",\"x5u\":\"http://127.0.0.1:1/\",\"x5c\":[\"{}\"]",
        STANDARD.encode(&SECOND.certificate)
    );
    check(&signed(&header(&brought), "{}"), None);
    let unknown = header(&brought).replace(&FIRST.kid, "attacker");
    check(&signed(&unknown, "{}"), Some(TokenRefused::UnknownKey));
    let claimed = header(&brought).replace(&FIRST.kid, &SECOND.kid);
    check(&signed(&claimed, "{}"), Some(TokenRefused::Signature));
}

#[test]
fn jw_05_a_kid_is_only_ever_a_name() {
    let long = "k".repeat(10 * 1024);
    for kid in ["../../etc/passwd", "' OR 1=1 --", "\\u0000", "", "unknown", &long] {
        check(&signed(&header("").replace(&FIRST.kid, kid), "{}"), Some(TokenRefused::UnknownKey));
    }
    let quoted = format!("\"{}\"", FIRST.kid);
    for kid in ["null", "0", "{}", &format!("[{quoted}]")] {
        check(&signed(&header("").replace(&quoted, kid), "{}"), Some(TokenRefused::UnknownKey));
    }
    check(&signed("{\"alg\":\"RS256\",\"typ\":\"JWT\"}", "{}"), Some(TokenRefused::UnknownKey));
}

#[test]
fn jw_06_no_critical_extension_is_understood() {
    for crit in ["[\"exp\"]", "[\"b64\"],\"b64\":false", "[]", "null", "\"exp\"", "[\"unknown\"],\"unknown\":1"] {
        check(&signed(&header(&format!(",\"crit\":{crit}")), "{}"), Some(TokenRefused::Critical));
    }
}

#[test]
fn jw_06_ambiguous_or_endless_json_is_refused() {
    let repeated = header(&format!(",\"kid\":\"{}\"", SECOND.kid));
    check(&signed(&repeated, "{}"), Some(TokenRefused::Malformed));
    check(&signed(&header(",\"alg\":\"none\""), "{}"), Some(TokenRefused::Malformed));
    let deep = format!("{}{}", "[".repeat(1000), "]".repeat(1000));
    check(&signed(&header(&format!(",\"x\":{deep}")), "{}"), Some(TokenRefused::Malformed));
    for payload in
        ["", "null", "[]", "\"text\"", "{\"sub\":\"a\",\"sub\":\"b\"}", "{\"exp\":1e400}", &format!("{{\"x\":{deep}}}")]
    {
        check(&signed(&header(""), payload), Some(TokenRefused::Malformed));
    }
    for header in ["", "null", "[]", "{\"alg\":\"RS256\""] {
        check(&signed(header, "{}"), Some(TokenRefused::Malformed));
    }
}

#[test]
fn jw_07_a_token_of_another_type_is_refused() {
    let access = SigningKeyPair::from_pkcs8(&FIRST.kid, &FIRST.private_key).unwrap().sign("at+jwt", &claims()).unwrap();
    check(&access, Some(TokenRefused::Type));
    assert_eq!(verifier().verify(&token(), &["at+jwt"]), Err(TokenRefused::Type));
    assert_eq!(verifier().verify(&token(), &[]), Err(TokenRefused::Type));
    assert!(verifier().verify(&access, &["JWT", "at+jwt"]).is_ok());
    for (typ, expected) in [
        ("\"jwt\"", None),
        ("\"application/jwt\"", None),
        ("\"Application/JWT\"", None),
        ("\"application/\"", Some(TokenRefused::Type)),
        ("\"\"", Some(TokenRefused::Type)),
        ("[\"JWT\"]", Some(TokenRefused::Type)),
        ("null", Some(TokenRefused::Type)),
    ] {
        check(&signed(&header("").replace("\"JWT\"", typ), "{}"), expected);
    }
    check(&signed(&header("").replace("\"typ\":\"JWT\",", ""), "{}"), Some(TokenRefused::Type));
}

#[test]
fn jw_16_a_huge_token_is_not_read() {
    let payload = format!("{{\"x\":\"{}\"}}", "x".repeat(16 * 1024));
    check(&signed(&header(""), &payload), Some(TokenRefused::TooLong));
    check(&"x".repeat(1 << 20), Some(TokenRefused::TooLong));
    check(&".".repeat(1 << 20), Some(TokenRefused::TooLong));
}

#[test]
fn jw_16_an_encrypted_token_is_not_accepted() {
    let encrypted = "{\"alg\":\"PBES2-HS256+A128KW\",\"enc\":\"A128GCM\",\"p2c\":2147483647,\"p2s\":\"AAAA\"}";
    for (header, expected) in [(encrypted, TokenRefused::Algorithm), (&header(""), TokenRefused::Malformed)] {
        check(&format!("{}.AAAA.AAAA.AAAA.AAAA", URL_SAFE_NO_PAD.encode(header)), Some(expected));
    }
}
