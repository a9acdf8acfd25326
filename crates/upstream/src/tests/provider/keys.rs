//! UP-06: keys that change, and answers that must not take the place of good ones; the algorithms we take.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use openssl::bn::{BigNum, BigNumContext};
use openssl::ec::{EcGroup, EcKey};
use openssl::ecdsa::EcdsaSig;
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::{PKey, Private};
use openssl::rsa::{Padding, Rsa};
use openssl::sign::{RsaPssSaltlen, Signer};
use serde_json::{Value, json};
use testkit::source::{Lie, Question};

use super::super::NOW;
use super::{Situation, not_believed};
use crate::sign_in::AssertionRefused::{Signature, UnknownKey};
use crate::sign_in::SignInProblem;
use crate::{Garbage, UnavailableReason};

#[tokio::test]
async fn up_06_a_rotation_is_noticed_by_an_unknown_kid() {
    let situation = Situation::new().await;
    assert!(situation.redeem().await.is_ok());
    situation.peer.rotate();
    situation.peer.knows(&json!({}), NOW);
    let later = NOW.plus_seconds(11);
    assert!(situation.redeem_at(later).await.is_ok());
    assert_eq!(situation.peer.server.asked(Question::Keys).len(), 2);
    assert!(situation.redeem_at(later).await.is_ok());
    assert_eq!(situation.peer.server.asked(Question::Keys).len(), 2);
}

#[tokio::test]
async fn up_06_made_up_kids_do_not_have_the_keys_fetched_again_and_again() {
    let situation = Situation::new().await;
    situation.peer.sign_with_an_unknown_key();
    situation.peer.knows(&json!({}), NOW);
    for second in 0..20 {
        let refused = situation.redeem_at(NOW.plus_seconds(second)).await.err();
        assert_eq!(refused, Some(SignInProblem::NotBelieved(UnknownKey)), "second {second}");
    }
    // The first time, and twice in what followed.
    assert!(situation.peer.server.asked(Question::Keys).len() <= 3, "{}", situation.peer.server.seen().len());
}

#[tokio::test]
async fn up_06_an_answer_that_is_no_key_set_does_not_replace_one() {
    for lie in [
        Lie::json(500, json!({})),
        Lie::json(200, json!({"keys": []})),
        Lie::json(200, json!({"keys": [{"kty": "oct", "kid": "first", "k": "AAAA"}]})),
        Lie::json(200, json!([])),
        Lie::Raw(200, "text/html", "<h1>Maintenance</h1>"),
        Lie::Endless,
        Lie::CutOff,
        Lie::HangUp,
    ] {
        let situation = Situation::new().await;
        assert!(situation.redeem().await.is_ok());
        situation.peer.server.on(Question::Keys, lie.clone());
        let after_an_hour = NOW.plus_seconds(3_700);
        situation.peer.knows(&json!({}), after_an_hour);
        assert!(situation.redeem_at(after_an_hour).await.is_ok(), "{lie:?}");
        assert_eq!(situation.peer.server.asked(Question::Keys).len(), 2, "{lie:?}");
    }
}

#[tokio::test]
async fn up_06_without_any_key_nobody_is_believed() {
    let situation = Situation::new().await;
    let unavailable = |reason| Some(SignInProblem::Unavailable(reason));
    situation.peer.server.on(Question::Keys, Lie::json(200, json!({"keys": []})));
    let garbage = UnavailableReason::Garbage(Garbage::Malformed);
    assert_eq!(situation.redeem().await.err(), unavailable(garbage));
    situation.peer.server.on(Question::Keys, Lie::json(503, json!({})));
    assert_eq!(situation.redeem().await.err(), unavailable(UnavailableReason::Status(503)));
}

/// Whether an unknown key is theirs is not known while they cannot be asked, so that nobody is called a liar.
#[tokio::test]
async fn up_06_a_rotation_during_a_failure_is_a_failure() {
    let situation = Situation::new().await;
    assert!(situation.redeem().await.is_ok());
    situation.peer.rotate();
    let later = NOW.plus_seconds(11);
    situation.peer.knows(&json!({}), later);
    situation.peer.server.on(Question::Keys, Lie::json(502, json!({})));
    let refused = situation.redeem_at(later).await.err();
    assert_eq!(refused, Some(SignInProblem::Unavailable(UnavailableReason::Status(502))));
}

/// A key made for one test, which signs by this algorithm.
struct Key {
    alg: &'static str,
    private: PKey<Private>,
}

impl Key {
    fn rsa(alg: &'static str, bits: u32) -> Self {
        Key { alg, private: PKey::from_rsa(Rsa::generate(bits).expect("a key")).expect("a key") }
    }

    fn p256() -> Self {
        let group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1).expect("a curve");
        let key = EcKey::generate(&group).expect("a key");
        Key { alg: "ES256", private: PKey::from_ec_key(key).expect("a key") }
    }

    fn ed25519() -> Self {
        Key { alg: "EdDSA", private: PKey::generate_ed25519().expect("a key") }
    }

    fn jwk(&self) -> Value {
        let text = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        if let Ok(rsa) = self.private.rsa() {
            return json!({"kty": "RSA", "kid": "own", "n": text(&rsa.n().to_vec()), "e": text(&rsa.e().to_vec())});
        }
        if let Ok(key) = self.private.ec_key() {
            let (mut x, mut y) = (BigNum::new().expect("a number"), BigNum::new().expect("a number"));
            let mut context = BigNumContext::new().expect("a context");
            key.public_key().affine_coordinates(key.group(), &mut x, &mut y, &mut context).expect("a point");
            let padded = |number: BigNum| text(&number.to_vec_padded(32).expect("32 bytes"));
            return json!({"kty": "EC", "crv": "P-256", "kid": "own", "x": padded(x), "y": padded(y)});
        }
        let x = self.private.raw_public_key().expect("an Ed25519 key");
        json!({"kty": "OKP", "crv": "Ed25519", "kid": "own", "x": text(&x)})
    }

    fn sign(&self, header: &Value, claims: &Value) -> String {
        let encoded = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let input = format!("{}.{}", encoded(header), encoded(claims));
        format!("{input}.{}", URL_SAFE_NO_PAD.encode(self.signature(input.as_bytes())))
    }

    fn signature(&self, input: &[u8]) -> Vec<u8> {
        let digest = match self.alg {
            "EdDSA" => {
                return Signer::new_without_digest(&self.private)
                    .expect("a signer")
                    .sign_oneshot_to_vec(input)
                    .expect("a signature");
            }
            "RS384" => MessageDigest::sha384(),
            "RS512" => MessageDigest::sha512(),
            _ => MessageDigest::sha256(),
        };
        let mut signer = Signer::new(digest, &self.private).expect("a signer");
        if self.alg == "PS256" {
            signer.set_rsa_padding(Padding::PKCS1_PSS).expect("a padding");
            signer.set_rsa_pss_saltlen(RsaPssSaltlen::DIGEST_LENGTH).expect("a salt length");
        }
        let signature = signer.sign_oneshot_to_vec(input).expect("a signature");
        if self.alg != "ES256" {
            return signature;
        }
        let parts = EcdsaSig::from_der(&signature).expect("a signature");
        [parts.r(), parts.s()].map(|number| number.to_vec_padded(32).expect("32 bytes")).concat()
    }
}

async fn told(key: &Key, jwk: Value, header: Value) -> Result<String, SignInProblem> {
    let situation = Situation::new().await;
    situation.peer.server.on(Question::Keys, Lie::json(200, json!({"keys": [{"kty": "XYZ"}, jwk]})));
    let token = key.sign(&header, &situation.peer.claims(&json!({}), NOW));
    situation.peer.server.on(Question::Code, situation.peer.tokens(&token));
    situation.redeem().await.map(|assertion| assertion.subject)
}

#[tokio::test]
async fn every_algorithm_that_is_allowed_verifies() {
    let rsa = |alg| Key::rsa(alg, 2048);
    for key in [rsa("RS256"), rsa("RS384"), rsa("RS512"), rsa("PS256"), Key::p256(), Key::ed25519()] {
        let with_kid = json!({"alg": key.alg, "kid": "own"});
        assert_eq!(told(&key, key.jwk(), with_kid.clone()).await, super::ada(), "{}", key.alg);
        // OpenID Connect Core 10.1: with a single key that fits, none need be named.
        assert_eq!(told(&key, key.jwk(), json!({"alg": key.alg})).await, super::ada(), "{}", key.alg);
        let other_kid = json!({"alg": key.alg, "kid": "other"});
        assert_eq!(told(&key, key.jwk(), other_kid).await, not_believed(UnknownKey), "{}", key.alg);
        let mut for_encryption = key.jwk();
        for_encryption["use"] = json!("enc");
        assert!(told(&key, for_encryption, with_kid).await.is_err(), "{}", key.alg);
    }
}

/// The algorithm is a property of the key: naming another in the header gains nothing.
#[tokio::test]
async fn up_03_a_header_does_not_choose_what_a_key_is_for() {
    let key = Key::rsa("RS256", 2048);
    let mut jwk = key.jwk();
    jwk["alg"] = json!("PS256");
    assert_eq!(told(&key, jwk, json!({"alg": "RS256", "kid": "own"})).await, not_believed(UnknownKey));
    assert_eq!(told(&key, key.jwk(), json!({"alg": "ES256", "kid": "own"})).await, not_believed(UnknownKey));
    assert_eq!(told(&key, key.jwk(), json!({"alg": "RS512", "kid": "own"})).await, not_believed(Signature));
}

#[tokio::test]
async fn up_03_a_key_that_can_be_broken_is_none() {
    let garbage = Err(SignInProblem::Unavailable(UnavailableReason::Garbage(Garbage::Malformed)));
    let short = Key::rsa("RS256", 1024);
    assert_eq!(told(&short, short.jwk(), json!({"alg": "RS256", "kid": "own"})).await, garbage);
    let key = Key::rsa("RS256", 2048);
    for exponent in ["AQ", "AA", "Ag", ""] {
        let mut jwk = key.jwk();
        jwk["e"] = json!(exponent);
        assert_eq!(told(&key, jwk, json!({"alg": "RS256", "kid": "own"})).await, garbage, "{exponent}");
    }
}
