//! A provider's keys (RFC 7517), and what they have signed.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use openidconnect::JsonWebKeyAlgorithm;
use openidconnect::core::{CoreJsonWebKey, CoreJsonWebKeyType, CoreJsonWebKeyUse, CoreJwsSigningAlgorithm};
use openidconnect::{AccessToken, AccessTokenHash, AuthorizationCode, AuthorizationCodeHash, JsonWebKey};
use serde_json::Value;

use super::jws::Jws;
use crate::answer::Garbage;
use crate::sign_in::AssertionRefused;

/// More than any provider has; each one costs time to try.
const MOST_KEYS: usize = 100;

/// Shorter RSA keys can be broken (RFC 7518 3.3); the library takes none of more than 4096.
const SMALLEST_MODULUS: usize = 2048 / 8;

/// The algorithms a provider may sign with. `none` has no signature, and of the HMACs the public key might be taken
/// for the secret.
const ALGORITHMS: [(&str, CoreJwsSigningAlgorithm); 6] = [
    ("RS256", CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256),
    ("RS384", CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha384),
    ("RS512", CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha512),
    ("PS256", CoreJwsSigningAlgorithm::RsaSsaPssSha256),
    ("ES256", CoreJwsSigningAlgorithm::EcdsaP256Sha256),
    ("EdDSA", CoreJwsSigningAlgorithm::EdDsa),
];

/// The keys of a provider that can verify something.
#[derive(Debug)]
pub(crate) struct KeyRing(Vec<CoreJsonWebKey>);

/// The key that has signed a token, and how.
pub(super) struct Signer<'a> {
    key: &'a CoreJsonWebKey,
    algorithm: &'static CoreJwsSigningAlgorithm,
}

impl KeyRing {
    /// Reads a JWK set. Keys that are not for us are left out, since sets hold all sorts; a set in which nothing is
    /// left is garbage, so that it never takes the place of one that works.
    pub(crate) fn of(jwks: &Value) -> Result<Self, Garbage> {
        let keys = jwks.get("keys").and_then(Value::as_array).ok_or(Garbage::Malformed)?;
        let usable: Vec<_> = keys.iter().take(MOST_KEYS).filter_map(usable_key).collect();
        if usable.is_empty() { Err(Garbage::Malformed) } else { Ok(KeyRing(usable)) }
    }

    /// The key that has signed this token. A `kid` may be absent where only one key fits (OpenID Connect Core 10.1).
    ///
    /// After [`AssertionRefused::UnknownKey`] it makes sense to fetch the keys again.
    pub(super) fn signer_of(&self, token: &Jws<'_>) -> Result<Signer<'_>, AssertionRefused> {
        let algorithm = ALGORITHMS.iter().find(|(name, _)| *name == token.header.alg);
        let (_, algorithm) = algorithm.ok_or(AssertionRefused::Algorithm)?;
        let fitting = || self.0.iter().filter(|key| fits(key, algorithm));
        let key = match &token.header.kid {
            Some(kid) => fitting().find(|key| key.key_id().is_some_and(|own| own.as_str() == kid)),
            None => fitting().next().filter(|_| fitting().count() == 1),
        };
        let key = key.ok_or(AssertionRefused::UnknownKey)?;
        key.verify_signature(algorithm, token.signing_input.as_bytes(), &token.signature)
            .map_err(|_| AssertionRefused::Signature)?;
        Ok(Signer { key, algorithm })
    }
}

impl Signer<'_> {
    /// Whether `at_hash` is of this access token (OpenID Connect Core 3.1.3.6).
    pub(super) fn is_hash_of_access_token(&self, hash: &str, access_token: &str) -> bool {
        let access_token = AccessToken::new(access_token.to_owned());
        let expected = AccessTokenHash::from_token(&access_token, self.algorithm, self.key);
        expected.is_ok_and(|expected| expected.as_str() == hash)
    }

    /// Whether `c_hash` is of this code (OpenID Connect Core 3.3.2.11).
    pub(super) fn is_hash_of_code(&self, hash: &str, code: &str) -> bool {
        let code = AuthorizationCode::new(code.to_owned());
        let expected = AuthorizationCodeHash::from_code(&code, self.algorithm, self.key);
        expected.is_ok_and(|expected| expected.as_str() == hash)
    }
}

/// Whether a key may be asked about this algorithm: its type does it, and it does not say that it is for another.
fn fits(key: &CoreJsonWebKey, algorithm: &CoreJwsSigningAlgorithm) -> bool {
    let is_of_its_type = match key.key_type() {
        CoreJsonWebKeyType::RSA => is_rsa(algorithm),
        CoreJsonWebKeyType::EllipticCurve => *algorithm == CoreJwsSigningAlgorithm::EcdsaP256Sha256,
        CoreJsonWebKeyType::OctetKeyPair => *algorithm == CoreJwsSigningAlgorithm::EdDsa,
        _ => false,
    };
    let is_for_it = match key.signing_alg() {
        JsonWebKeyAlgorithm::Unspecified => true,
        JsonWebKeyAlgorithm::Algorithm(own) => own == algorithm,
        JsonWebKeyAlgorithm::Unsupported => false,
    };
    is_of_its_type && is_for_it
}

fn is_rsa(algorithm: &CoreJwsSigningAlgorithm) -> bool {
    !matches!(algorithm, CoreJwsSigningAlgorithm::EcdsaP256Sha256 | CoreJwsSigningAlgorithm::EdDsa)
}

fn usable_key(jwk: &Value) -> Option<CoreJsonWebKey> {
    let key: CoreJsonWebKey = serde_json::from_value(jwk.clone()).ok()?;
    let is_for_signing = key.key_use().is_none_or(|own| *own == CoreJsonWebKeyUse::Signature);
    let is_sound = match key.key_type() {
        CoreJsonWebKeyType::RSA => is_sound_rsa(jwk),
        CoreJsonWebKeyType::EllipticCurve | CoreJsonWebKeyType::OctetKeyPair => true,
        _ => false,
    };
    (is_for_signing && is_sound).then_some(key)
}

/// Long enough, and with an exponent that is odd and not 1: with 1 a signature is its own message.
fn is_sound_rsa(jwk: &Value) -> bool {
    let number = |name: &str| {
        let bytes = URL_SAFE_NO_PAD.decode(jwk.get(name)?.as_str()?).ok()?;
        Some(bytes.into_iter().skip_while(|byte| *byte == 0).collect::<Vec<_>>())
    };
    let is_long = number("n").is_some_and(|modulus| modulus.len() >= SMALLEST_MODULUS);
    let is_odd =
        number("e").is_some_and(|exponent| exponent.last().is_some_and(|byte| byte % 2 == 1) && exponent != [1]);
    is_long && is_odd
}
