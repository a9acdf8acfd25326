//! Signing keys, JWTs, opaque tokens, and the sealing of what must be read back.
//!
//! No type here that holds a secret can be printed, and all of them wipe it when dropped. Cryptography comes
//! from `josekit` (signatures), `openssl` (making keys and certificates) and `aws-lc-rs` (everything else);
//! none of their types appear in a public signature, so that each can be replaced here alone. Randomness comes
//! in through [`Entropy`], except inside the making of an RSA key.
//!
//! Verifying a token here means its signature, its algorithm and its type. What its claims say is judged
//! elsewhere. Nothing here reads a clock or fetches anything.
//!
//! Start at [`KeySet`] for tokens we sign, [`ForeignKeys`] and [`ClientKey`] for tokens others sign, [`OpaqueToken`] for codes and
//! cookies, [`RefreshSecret`] for refresh tokens, and [`Sealer`] for secrets at rest.

#![warn(missing_docs)]

mod certificate;
mod entropy;
mod jwk;
mod jwt;
mod keyset;
mod master_key;
mod opaque;
mod refresh_secret;
mod seal;
mod signing_key;

use thiserror::Error;

pub use certificate::CertificateFaces;
pub use entropy::{Entropy, SystemEntropy};
pub use jwk::public_jwk;
pub use jwt::{
    ClientKey, ClientKeyUnfit, ClientSecretKey, ForeignKeys, JwksMalformed, MAX_TOKEN_BYTES, SignedProof,
    SigningKeyPair, TokenRefused, Verifier, verify_by_client, verify_proof,
};
pub use keyset::{KeySet, KeySetInvalid, PublishedKey, Stage};
pub use master_key::{MasterKey, MasterKeyInvalid};
pub use opaque::{OpaqueToken, TokenKind};
pub use refresh_secret::RefreshSecret;
pub use seal::{SealBroken, Sealer, secrets_match};
pub use signing_key::GeneratedKey;

/// A key or certificate could not be made, read or used. The cause names no part of it.
#[derive(Debug, Error)]
#[error("cannot {attempt}")]
pub struct KeyUnusable {
    attempt: &'static str,
    #[source]
    cause: Box<dyn std::error::Error + Send + Sync>,
}

impl KeyUnusable {
    /// For `map_err`: says what was attempted.
    fn when<E>(attempt: &'static str) -> impl FnOnce(E) -> Self
    where
        E: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        move |cause| KeyUnusable { attempt, cause: cause.into() }
    }
}
