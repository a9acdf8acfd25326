//! PBKDF2 with HMAC (RFC 8018 5.2) in PHC form: `$pbkdf2-sha512$i=100000,l=64$` salt `$` key.
//!
//! The digest has any of the names that OpenSSL gives it, case included, as Auth0 takes them. Iterations are 100,000
//! where `i` is left out. The key's length is what it is; `l`, where it is there, has to agree.

use subtle::ConstantTimeEq;

use super::Unreadable::{self, Malformed, Unsupported};
use super::{Cost, Digest, Format, phc};

pub(super) const FORMAT: Format =
    Format { name: "pbkdf2", prefixes: &["$pbkdf2-"], significant_bytes: None, cost, verify };

const DEFAULT_ITERATIONS: u32 = 100_000;

struct Parsed {
    digest: Digest,
    iterations: u32,
    salt: Vec<u8>,
    key: Vec<u8>,
}

fn parse(text: &str) -> Result<Parsed, Unreadable> {
    let fields: Vec<&str> = text.strip_prefix("$pbkdf2-").unwrap_or_default().splitn(5, '$').collect();
    let (name, params, salt, key) = match fields[..] {
        [name, params, salt, key] => (name, Some(params), salt, key),
        [name, salt, key] => (name, None, salt, key),
        _ => return Err(Malformed("it does not have the fields of a PHC string")),
    };
    let digest = digest(name)?;
    let key = phc::bytes(key, 12..=512, "the key is not 12 to 512 bytes of base64")?;
    let iterations = params.map_or(Ok(DEFAULT_ITERATIONS), |params| iterations(params, key.len()))?;
    let salt = phc::bytes(salt, 1..=1024, "the salt is not 1 to 1024 bytes of base64")?;
    Ok(Parsed { digest, iterations, salt, key })
}

fn digest(name: &str) -> Result<Digest, Unreadable> {
    Ok(match name {
        "md4" | "RSA-MD4" | "md4WithRSAEncryption" => Digest::Md4,
        "md5" | "RSA-MD5" | "md5WithRSAEncryption" | "ssl3-md5" => Digest::Md5,
        "ripemd160" | "ripemd" | "rmd160" | "RSA-RIPEMD160" | "ripemd160WithRSA" => Digest::Ripemd160,
        "sha1" | "RSA-SHA1" | "RSA-SHA1-2" | "sha1WithRSAEncryption" | "ssl3-sha1" => Digest::Sha1,
        "sha224" | "RSA-SHA224" | "sha224WithRSAEncryption" => Digest::Sha224,
        "sha256" | "RSA-SHA256" | "sha256WithRSAEncryption" => Digest::Sha256,
        "sha384" | "RSA-SHA384" | "sha384WithRSAEncryption" => Digest::Sha384,
        "sha512" | "RSA-SHA512" | "sha512WithRSAEncryption" => Digest::Sha512,
        "whirlpool" => Digest::Whirlpool,
        "mdc2" | "RSA-MDC2" | "mdc2WithRSA" => Digest::Mdc2,
        _ => {
            return Err(Unsupported(
                "its digest is none of md4, md5, mdc2, ripemd160, sha1, sha224, sha256, sha384, sha512 and whirlpool, nor \
                 another of OpenSSL's names for these",
            ));
        }
    })
}

fn iterations(params: &str, key_length: usize) -> Result<u32, Unreadable> {
    let [iterations, length] = phc::parameters(params, ["i", "l"], "its parameters are not i and l")?;
    if let Some(length) = length
        && phc::number(length)? as usize != key_length
    {
        return Err(Malformed("the key does not have the length that l says"));
    }
    match iterations.map(phc::number) {
        None => Ok(DEFAULT_ITERATIONS),
        Some(Ok(0)) => Err(Malformed("there are no iterations")),
        Some(iterations) => iterations,
    }
}

/// How many iterations of one block a core without instructions for the digest computes in a millisecond.
fn iterations_per_millisecond(digest: Digest) -> u64 {
    match digest {
        Digest::Md4 => 5000,
        Digest::Md5 => 3500,
        Digest::Mdc2 => 250,
        Digest::Ripemd160 => 2000,
        Digest::Sha1 => 2500,
        Digest::Sha224 | Digest::Sha256 => 1400,
        Digest::Sha384 | Digest::Sha512 => 1200,
        Digest::Whirlpool => 350,
    }
}

/// A key longer than the digest is made of several blocks, each with all iterations.
fn cost(text: &str) -> Result<Cost, Unreadable> {
    let Parsed { digest, iterations, key, .. } = parse(text)?;
    let blocks = key.len().div_ceil(digest.length()) as u64;
    let milliseconds = u64::from(iterations) * blocks / iterations_per_millisecond(digest);
    Ok(Cost { memory_kib: 1, milliseconds })
}

fn verify(text: &str, input: &[u8]) -> Result<bool, Unreadable> {
    let Parsed { digest, iterations, salt, key } = parse(text)?;
    Ok(digest.pbkdf2(input, &salt, iterations, key.len()).ct_eq(&key).into())
}
