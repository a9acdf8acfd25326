//! What the cryptography of an operation takes by itself, on this machine and now.

use std::fs;
use std::time::Duration;

use argon2::{Algorithm, Argon2, Block, Params, Version};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256, UnparsedPublicKey};

/// As long as what is signed in a token.
const MESSAGE: [u8; 600] = [b'x'; 600];

/// The time of one operation each.
pub(super) struct Floor {
    /// RS256 with 2048 bits.
    pub(super) signature: Duration,
    pub(super) verification: Duration,
    /// argon2id with 19 MiB, twice over, in memory that was used before.
    pub(super) hash: Duration,
}

impl Floor {
    pub(super) fn measure() -> Self {
        let (key, random) = (KeyPair::generate(KeySize::Rsa2048).unwrap(), SystemRandom::new());
        let mut signature = vec![0; key.public_modulus_len()];
        let signing = time_of(500, || key.sign(&RSA_PKCS1_SHA256, &random, &MESSAGE, &mut signature).unwrap());
        let public = UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, key.public_key());
        let verification = time_of(5_000, || public.verify(&MESSAGE, &signature).unwrap());
        Floor { signature: signing, verification, hash: hash() }
    }
}

fn hash() -> Duration {
    let params = Params::new(19 * 1024, 2, 1, None).unwrap();
    let (mut memory, mut out) = (vec![Block::default(); params.block_count()], [0; 32]);
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    let mut hash = || argon2.hash_password_into_with_memory(b"password", b"sixteen bytes of", &mut out, &mut memory);
    hash().unwrap();
    time_of(20, || hash().unwrap())
}

/// The processor time of each.
fn time_of(times: u32, mut once: impl FnMut()) -> Duration {
    let before = cpu();
    (0..times).for_each(|_| once());
    cpu().saturating_sub(before) / times
}

/// The processor time of this thread.
fn cpu() -> Duration {
    let times = fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    Duration::from_nanos(times.split(' ').next().unwrap().parse().unwrap())
}
