//! Signed JWTs (RFC 7519) in compact form: RS256 for our own tokens and those of upstream providers, ES256 for what
//! stands in place of a client secret there; for tokens of clients, the algorithm that their key is registered for;
//! ES256 for proofs of possession.
//!
//! The algorithm is a property of the key: a token that names another is refused before any key is looked up.
//! Keys are found by `kid` in a map made beforehand; whatever else a header says about keys (`jwk`, `jku`,
//! `x5u`, `x5c`) is ignored, except that a proof of possession brings its own key; nothing is ever fetched.

mod client_key;
mod client_secret;
mod compact;
mod foreign;
mod proof;
mod rsa;
mod signer;
mod verifier;

use thiserror::Error;

pub use client_key::{ClientKey, ClientKeyUnfit, verify_by_client};
pub use client_secret::ClientSecretKey;
pub use compact::MAX_TOKEN_BYTES;
pub use foreign::{ForeignKeys, JwksMalformed};
pub use proof::{SignedProof, verify_proof};
pub use signer::SigningKeyPair;
pub use verifier::Verifier;

/// Why a token is not believed. No variant carries any part of the token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum TokenRefused {
    /// It is longer than [`MAX_TOKEN_BYTES`]; nothing of it was read.
    #[error("the token is too long")]
    TooLong,
    /// It is not three parts of base64url with JSON objects in the first two, or a member stands there twice.
    #[error("the token is malformed")]
    Malformed,
    /// Its `alg` is not the one expected.
    #[error("the token's algorithm is not allowed")]
    Algorithm,
    /// Its header has a `crit` (RFC 7515 4.1.11); we know no extension that may be critical.
    #[error("the token has a critical header that is not understood")]
    Critical,
    /// Its `typ` is not one of those expected here.
    #[error("the token is of another type")]
    Type,
    /// No key has its `kid`, or it has none where one is needed.
    #[error("the token's key is unknown")]
    UnknownKey,
    /// The signature is not by that key over these bytes.
    #[error("the token's signature does not match")]
    Signature,
}

#[cfg(test)]
mod tests;
