//! Secrets at rest that must be read back: signing keys, upstream secrets, the answer kept for a repeat.
//!
//! A sealed value is an 8-byte key id, a 12-byte nonce, and AES-256-GCM ciphertext with its tag. Purpose and
//! record id are associated data, so a value moved to another row or column does not open. Each (purpose,
//! record) has a key of its own, derived from the master key: random 96-bit nonces are then safe for any number
//! of records, where under one key they would run out after some 2^32.

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::{constant_time, hkdf, hmac};
use thiserror::Error;
use zeroize::Zeroizing;

use crate::{Entropy, MasterKey};

const KEY_ID_LEN: usize = 8;

/// Seals, opens, and makes keyed digests, under keys derived from one [`MasterKey`].
pub struct Sealer {
    key_id: [u8; KEY_ID_LEN],
    record_keys: hmac::Key,
    digests: hmac::Key,
}

/// Why a sealed value does not open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum SealBroken {
    /// It was sealed under another master key.
    #[error("sealed under another master key")]
    OtherKey,
    /// It was altered, cut, or belongs to another record or purpose.
    #[error("altered since it was sealed, or not sealed for this record")]
    Damaged,
}

impl Sealer {
    /// Derives its keys; the master key is not kept.
    pub fn new(master: &MasterKey) -> Self {
        let root = hkdf::Salt::new(hkdf::HKDF_SHA256, b"landbridge sealer").extract(master.bytes());
        Sealer {
            key_id: key_id(&derived(&root, b"key id")),
            record_keys: derived(&root, b"record keys"),
            digests: derived(&root, b"digests"),
        }
    }

    /// Seals `plaintext` for one record. Sealing the same value twice gives two different texts.
    pub fn seal(&self, entropy: &dyn Entropy, purpose: &'static str, record_id: &str, plaintext: &[u8]) -> Vec<u8> {
        let context = context(purpose, record_id);
        let nonce = entropy.array::<NONCE_LEN>();
        // Room for the tag, so that growing leaves no copy of the plaintext behind.
        let mut text = Vec::with_capacity(plaintext.len() + AES_256_GCM.tag_len());
        text.extend_from_slice(plaintext);
        self.record_key(&context)
            .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::from(&context), &mut text)
            .expect("what we seal is far smaller than AES-GCM's limit");
        [&self.key_id, nonce.as_slice(), &text].concat()
    }

    /// Opens what was sealed for this purpose and record.
    pub fn open(
        &self,
        purpose: &'static str,
        record_id: &str,
        sealed: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, SealBroken> {
        let (key_id, rest) = sealed.split_first_chunk::<KEY_ID_LEN>().ok_or(SealBroken::Damaged)?;
        let (nonce, ciphertext) = rest.split_first_chunk::<NONCE_LEN>().ok_or(SealBroken::Damaged)?;
        if *key_id != self.key_id {
            return Err(SealBroken::OtherKey);
        }
        let context = context(purpose, record_id);
        let mut text = Zeroizing::new(ciphertext.to_vec());
        let length = self
            .record_key(&context)
            .open_in_place(Nonce::assume_unique_for_key(*nonce), Aad::from(&context), &mut text)
            .map_err(|_| SealBroken::Damaged)?
            .len();
        text.truncate(length);
        Ok(text)
    }

    /// HMAC-SHA256 under a derived key: for secrets that are compared and never read back, and that may be too
    /// weak for a bare digest. Compare with [`secrets_match`].
    pub fn keyed_digest(&self, purpose: &'static str, secret: &[u8]) -> [u8; 32] {
        let mut mac = hmac::Context::with_key(&self.digests);
        mac.update(&length_of(purpose));
        mac.update(purpose.as_bytes());
        mac.update(secret);
        mac.sign().as_ref().try_into().expect("HMAC-SHA256 gives 32 bytes")
    }

    fn record_key(&self, context: &[u8]) -> LessSafeKey {
        let key = hmac::sign(&self.record_keys, context);
        LessSafeKey::new(UnboundKey::new(&AES_256_GCM, key.as_ref()).expect("HMAC-SHA256 gives an AES-256 key"))
    }
}

fn key_id(key: &hmac::Key) -> [u8; KEY_ID_LEN] {
    let tag = hmac::sign(key, b"");
    *tag.as_ref().first_chunk().expect("HMAC-SHA256 gives 32 bytes")
}

fn derived(root: &hkdf::Prk, label: &[u8]) -> hmac::Key {
    hmac::Key::from(root.expand(&[label], hmac::HMAC_SHA256).expect("one digest's length is within HKDF's bound"))
}

/// The purpose's length comes first, so that no two pairs give the same bytes.
fn context(purpose: &str, record_id: &str) -> Vec<u8> {
    [&length_of(purpose), purpose.as_bytes(), record_id.as_bytes()].concat()
}

fn length_of(purpose: &str) -> [u8; 2] {
    u16::try_from(purpose.len()).expect("a purpose is a short word of ours").to_be_bytes()
}

/// Whether two secrets, or digests of secrets, are equal. The time taken depends on their lengths alone.
pub fn secrets_match(held: &[u8], presented: &[u8]) -> bool {
    constant_time::verify_slices_are_equal(held, presented).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entropy::Counting;

    const SECRET: &[u8] = b"a secret that must be read back";

    fn sealer(seed: u8) -> Sealer {
        Sealer::new(&MasterKey::from_random([seed; 32]))
    }

    fn sealed() -> Vec<u8> {
        sealer(1).seal(&Counting(0.into()), "signing key", "kid-1", SECRET)
    }

    #[track_caller]
    fn check(key: u8, purpose: &'static str, record_id: &str, sealed: &[u8], expected: Result<&[u8], SealBroken>) {
        let opened = sealer(key).open(purpose, record_id, sealed);
        assert_eq!(opened.as_deref().map(Vec::as_slice).map_err(|broken| *broken), expected);
    }

    #[test]
    fn what_was_sealed_opens() {
        check(1, "signing key", "kid-1", &sealed(), Ok(SECRET));
        let empty = sealer(1).seal(&Counting(0.into()), "p", "", b"");
        check(1, "p", "", &empty, Ok(b""));
    }

    #[test]
    fn dl_01_a_value_moved_to_another_record_does_not_open() {
        check(1, "signing key", "kid-2", &sealed(), Err(SealBroken::Damaged));
        check(1, "upstream secret", "kid-1", &sealed(), Err(SealBroken::Damaged));
        check(1, "signing ke", "ykid-1", &sealed(), Err(SealBroken::Damaged));
    }

    #[test]
    fn dl_02_another_master_key_is_told_from_damage() {
        check(2, "signing key", "kid-1", &sealed(), Err(SealBroken::OtherKey));
    }

    #[test]
    fn no_byte_can_be_altered_or_cut() {
        let sealed = sealed();
        for at in 0..sealed.len() {
            let mut altered = sealed.clone();
            altered[at] ^= 1;
            let expected = if at < KEY_ID_LEN { SealBroken::OtherKey } else { SealBroken::Damaged };
            check(1, "signing key", "kid-1", &altered, Err(expected));
            check(1, "signing key", "kid-1", &sealed[..at], Err(SealBroken::Damaged));
        }
    }

    #[test]
    fn dl_01_nothing_of_the_plaintext_shows_and_no_two_seals_are_alike() {
        let entropy = Counting(0.into());
        let (first, second) = (sealer(1).seal(&entropy, "p", "r", SECRET), sealer(1).seal(&entropy, "p", "r", SECRET));
        assert!(!first.windows(8).any(|window| SECRET.windows(8).any(|piece| piece == window)));
        assert_ne!(first[KEY_ID_LEN + NONCE_LEN..], second[KEY_ID_LEN + NONCE_LEN..]);
    }

    #[test]
    fn a_digest_depends_on_key_purpose_and_secret() {
        let digest = sealer(1).keyed_digest("client secret", b"s3cret");
        assert!(secrets_match(&digest, &sealer(1).keyed_digest("client secret", b"s3cret")));
        for other in [
            sealer(2).keyed_digest("client secret", b"s3cret"),
            sealer(1).keyed_digest("client secre", b"ts3cret"),
            sealer(1).keyed_digest("client secret", b"s3cres"),
        ] {
            assert!(!secrets_match(&digest, &other));
        }
    }

    #[test]
    fn secrets_of_different_lengths_do_not_match() {
        assert!(secrets_match(b"", b""));
        assert!(!secrets_match(b"secret", b"secre"));
        assert!(!secrets_match(b"secret", b""));
    }
}
