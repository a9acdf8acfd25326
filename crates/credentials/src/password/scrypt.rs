//! scrypt (RFC 7914) in PHC form: `$scrypt$ln=14,r=8,p=1$` salt `$` key, where `ln` is the logarithm of N.

use ::scrypt::Params;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use super::Unreadable::{self, Malformed};
use super::{Cost, Format, phc};

pub(super) const FORMAT: Format =
    Format { name: "scrypt", prefixes: &["$scrypt$"], significant_bytes: None, cost, verify };

const IMPOSSIBLE: Unreadable = Malformed("its parameters are outside what scrypt allows");

struct Parsed {
    params: Params,
    salt: Vec<u8>,
    key: Vec<u8>,
}

/// What scrypt calls N, as its logarithm, r and p.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ScryptParameters {
    /// The logarithm of N to the base 2.
    pub log_n: u32,
    /// The size of a block.
    pub r: u32,
    /// The parallelisation.
    pub p: u32,
}

/// The text that such a hash is kept as. Whether it is one, [`super::check_import`] says.
pub fn scrypt_text(parameters: ScryptParameters, salt: &[u8], key: &[u8]) -> String {
    let ScryptParameters { log_n, r, p } = parameters;
    format!("$scrypt$ln={log_n},r={r},p={p}${}${}", phc::encode(salt), phc::encode(key))
}

fn parse(text: &str) -> Result<Parsed, Unreadable> {
    let fields: Vec<&str> = text.strip_prefix("$scrypt$").unwrap_or_default().splitn(4, '$').collect();
    let [params, salt, key] = fields[..] else {
        return Err(Malformed("it does not have the fields of a PHC string"));
    };
    Ok(Parsed {
        params: parse_params(params)?,
        salt: phc::bytes(salt, 0..=2048, "the salt is not at most 2048 bytes of base64")?,
        key: phc::bytes(key, 12..=512, "the key is not 12 to 512 bytes of base64")?,
    })
}

fn parse_params(text: &str) -> Result<Params, Unreadable> {
    let otherwise = "its parameters are not ln, r and p";
    let [Some(log_n), Some(r), Some(p)] = phc::parameters(text, ["ln", "r", "p"], otherwise)? else {
        return Err(Malformed(otherwise));
    };
    let (log_n, r, p) = (phc::number(log_n)?, phc::number(r)?, phc::number(p)?);
    // RFC 7914 6 wants r * p below 2^30; the crate multiplies them in 32 bits before it compares.
    if log_n == 0 || u64::from(r) * u64::from(p) >= 1 << 30 {
        return Err(IMPOSSIBLE);
    }
    let log_n = u8::try_from(log_n).map_err(|_| IMPOSSIBLE)?;
    Params::new(log_n, r, p).map_err(|_| IMPOSSIBLE)
}

/// A block of 128 * r bytes is kept for each step of N and each of p; N * r * p of 4000 take a millisecond.
fn cost(text: &str) -> Result<Cost, Unreadable> {
    let params = parse(text)?.params;
    let (r, p) = (u64::from(params.r()), u64::from(params.p()));
    let n_times_r = params.n().saturating_mul(r);
    Ok(Cost {
        memory_kib: n_times_r.saturating_add(r * p).div_ceil(8),
        milliseconds: n_times_r.saturating_mul(p) / 4000,
    })
}

fn verify(text: &str, input: &[u8]) -> Result<bool, Unreadable> {
    let Parsed { params, salt, key } = parse(text)?;
    let mut computed = Zeroizing::new(vec![0; key.len()]);
    ::scrypt::scrypt(input, &salt, &params, &mut computed).map_err(|_| IMPOSSIBLE)?;
    Ok(computed.ct_eq(&key).into())
}
