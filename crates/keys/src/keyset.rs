//! The keys we sign and verify our own tokens with, and what `/.well-known/jwks.json` says of them.

use std::collections::HashSet;

use bytes::Bytes;
use serde_json::{Map, Value, json};
use thiserror::Error;
use zeroize::Zeroizing;

use crate::{KeyUnusable, SigningKeyPair, Verifier, public_jwk};

/// Where a published key stands in its life. A revoked key is not published and has no stage.
pub enum Stage {
    /// Signing, with this private key in PKCS#8, DER.
    Current(Zeroizing<Vec<u8>>),
    /// Published so that clients have it before its first signature.
    Next,
    /// No longer signing; tokens it signed are still good.
    Previous,
}

/// A key of which the public part is known to clients.
pub struct PublishedKey {
    /// The id in token headers.
    pub kid: String,
    /// Where it stands.
    pub stage: Stage,
    /// Its self-signed certificate, DER.
    pub certificate: Vec<u8>,
}

/// Why keys do not make a set that can sign.
#[derive(Debug, Error)]
pub enum KeySetInvalid {
    /// Not exactly one key is current.
    #[error("{0} signing keys are current instead of one")]
    Current(usize),
    /// Two keys have this id.
    #[error("two signing keys have the id {0}")]
    RepeatedKid(String),
    /// The current private key is not the one its certificate publishes.
    #[error("the private key does not belong to the certificate of {0}")]
    Mismatch(String),
    /// A key or certificate cannot be read.
    #[error(transparent)]
    Unusable(#[from] KeyUnusable),
}

/// One current key and the others that are published, ready for use. Replaced as a whole when keys rotate.
pub struct KeySet {
    signer: SigningKeyPair,
    verifier: Verifier,
    jwks: Bytes,
    kids: Vec<String>,
}

impl KeySet {
    /// Parses every key once.
    pub fn new(mut keys: Vec<PublishedKey>) -> Result<Self, KeySetInvalid> {
        // Some clients take the first key whatever the header says.
        keys.sort_by_key(|key| match key.stage {
            Stage::Current(_) => 0,
            Stage::Next => 1,
            Stage::Previous => 2,
        });
        refuse_repeated_kids(&keys)?;
        let signer = current_signer(&keys)?;
        let verifier =
            Verifier::from_certificates(keys.iter().map(|key| (key.kid.as_str(), key.certificate.as_slice())))?;
        refuse_mismatch(&signer, &verifier)?;
        let jwks = jwks(&keys)?;
        Ok(KeySet { signer, verifier, jwks, kids: keys.into_iter().map(|key| key.kid).collect() })
    }

    /// The key that signs.
    pub fn signer(&self) -> &SigningKeyPair {
        &self.signer
    }

    /// Verifies tokens signed by any published key.
    pub fn verifier(&self) -> &Verifier {
        &self.verifier
    }

    /// The ids of the published keys, that of the current key first, then the next and the previous ones.
    pub fn kids(&self) -> &[String] {
        &self.kids
    }

    /// The JWK set (RFC 7517 5) as it is sent, the current key first.
    pub fn jwks_json(&self) -> Bytes {
        self.jwks.clone()
    }
}

fn refuse_repeated_kids(keys: &[PublishedKey]) -> Result<(), KeySetInvalid> {
    let mut seen = HashSet::new();
    match keys.iter().find(|key| !seen.insert(&key.kid)) {
        Some(key) => Err(KeySetInvalid::RepeatedKid(key.kid.clone())),
        None => Ok(()),
    }
}

fn current_signer(keys: &[PublishedKey]) -> Result<SigningKeyPair, KeySetInvalid> {
    let mut current = keys.iter().filter_map(|key| match &key.stage {
        Stage::Current(private_key) => Some((&key.kid, private_key)),
        Stage::Next | Stage::Previous => None,
    });
    match (current.next(), current.count()) {
        (Some((kid, private_key)), 0) => Ok(SigningKeyPair::from_pkcs8(kid, private_key)?),
        (None, _) => Err(KeySetInvalid::Current(0)),
        (Some(_), others) => Err(KeySetInvalid::Current(others + 1)),
    }
}

/// A set whose private key does not fit would sign tokens nobody can verify.
fn refuse_mismatch(signer: &SigningKeyPair, verifier: &Verifier) -> Result<(), KeySetInvalid> {
    let probe = signer.sign("JWT", &Map::new())?;
    match verifier.verify(&probe, &["JWT"]) {
        Ok(_) => Ok(()),
        Err(_) => Err(KeySetInvalid::Mismatch(signer.kid().to_owned())),
    }
}

fn jwks(keys: &[PublishedKey]) -> Result<Bytes, KeyUnusable> {
    let keys: Result<Vec<Value>, _> = keys.iter().map(|key| public_jwk(&key.kid, &key.certificate)).collect();
    Ok(json!({ "keys": keys? }).to_string().into())
}

#[cfg(test)]
mod tests;
