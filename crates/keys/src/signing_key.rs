//! Making a key that signs tokens.

use openssl::asn1::{Asn1Integer, Asn1Time};
use openssl::bn::BigNum;
use openssl::error::ErrorStack;
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::{PKey, Private};
use openssl::rsa::Rsa;
use openssl::x509::extension::{BasicConstraints, KeyUsage};
use openssl::x509::{X509, X509Name};
use zeroize::Zeroizing;

use crate::{Entropy, KeyUnusable};

const RSA_BITS: u32 = 2048;
const KID_ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
const KID_LENGTH: usize = 21;
/// The longest common name X.509 allows.
const COMMON_NAME_LENGTH: usize = 64;
const DAY: i64 = 86_400;
const VALIDITY_DAYS: i64 = 5000;

/// A new RSA key of 2048 bits, for RS256, with the self-signed certificate that publishes it.
pub struct GeneratedKey {
    /// The id for token headers: 21 random characters of base64url's alphabet.
    pub kid: String,
    /// The private key in PKCS#8 (RFC 5958), DER. To be sealed before it is stored.
    pub private_key: Zeroizing<Vec<u8>>,
    /// The certificate, DER. Valid from a day ago, for clients whose clock is slow, and for some 13 years: what
    /// ends a key is its rotation.
    pub certificate: Vec<u8>,
}

impl GeneratedKey {
    /// Makes a key; takes some 0.3 s, so never call it on a thread that answers requests.
    ///
    /// The key itself comes from OpenSSL's own generator; `entropy` gives the kid and the serial number. `now` is in
    /// seconds since 1970, `common_name` is the issuer's host and is cut to 64 characters.
    pub fn generate(entropy: &dyn Entropy, now: i64, common_name: &str) -> Result<Self, KeyUnusable> {
        Self::try_generate(entropy, now, common_name).map_err(KeyUnusable::when("generate a signing key"))
    }

    fn try_generate(entropy: &dyn Entropy, now: i64, common_name: &str) -> Result<Self, ErrorStack> {
        let key = PKey::from_rsa(Rsa::generate(RSA_BITS)?)?;
        Ok(GeneratedKey {
            kid: kid(entropy.array()),
            private_key: Zeroizing::new(key.private_key_to_pkcs8()?),
            certificate: self_signed(&key, entropy.array(), now, common_name)?.to_der()?,
        })
    }
}

fn kid(random: [u8; KID_LENGTH]) -> String {
    random.iter().map(|byte| char::from(KID_ALPHABET[usize::from(byte % 64)])).collect()
}

fn self_signed(key: &PKey<Private>, random: [u8; 16], now: i64, common_name: &str) -> Result<X509, ErrorStack> {
    let name = name(common_name)?;
    let mut certificate = X509::builder()?;
    certificate.set_version(2)?;
    certificate.set_serial_number(&*serial_number(random)?)?;
    certificate.set_subject_name(&name)?;
    certificate.set_issuer_name(&name)?;
    certificate.set_not_before(&*Asn1Time::from_unix(now - DAY)?)?;
    certificate.set_not_after(&*Asn1Time::from_unix(now + VALIDITY_DAYS * DAY)?)?;
    certificate.set_pubkey(key)?;
    certificate.append_extension(BasicConstraints::new().critical().ca().build()?)?;
    certificate.append_extension(KeyUsage::new().critical().digital_signature().key_cert_sign().build()?)?;
    certificate.sign(key, MessageDigest::sha256())?;
    Ok(certificate.build())
}

fn name(common_name: &str) -> Result<X509Name, ErrorStack> {
    let common_name: String = common_name.chars().take(COMMON_NAME_LENGTH).collect();
    let mut name = X509Name::builder()?;
    name.append_entry_by_nid(Nid::COMMONNAME, &common_name)?;
    Ok(name.build())
}

/// RFC 5280 4.1.2.2 asks for a positive number, so the sign bit is cleared; the next is set, so it is never zero.
fn serial_number(mut random: [u8; 16]) -> Result<Asn1Integer, ErrorStack> {
    random[0] = random[0] & 0x7f | 0x40;
    BigNum::from_slice(&random)?.to_asn1_integer()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entropy::Counting;

    const NOW: i64 = 1_790_000_000;

    #[test]
    fn the_certificate_signs_itself_and_holds_the_key() {
        let generated = GeneratedKey::generate(&Counting(200.into()), NOW, "id.example.com").unwrap();
        let certificate = X509::from_der(&generated.certificate).unwrap();
        let private = PKey::private_key_from_pkcs8(&generated.private_key).unwrap();
        let public = certificate.public_key().unwrap();
        assert!(certificate.verify(&public).unwrap());
        assert!(private.public_eq(&public));
        assert_eq!(public.bits(), 2048);
        assert_eq!(format!("{:?}", certificate.subject_name()), format!("{:?}", certificate.issuer_name()));
        assert!(certificate.not_before() < Asn1Time::from_unix(NOW).unwrap());
        assert!(certificate.not_after() > Asn1Time::from_unix(NOW + 10 * 365 * DAY).unwrap());
        assert_eq!(generated.kid.len(), 21);
    }

    #[test]
    fn a_long_host_name_still_gets_a_certificate() {
        assert!(name(&"long-name.".repeat(25)).is_ok());
        assert!(name("\u{1f511}").is_ok());
    }

    #[test]
    fn kids_and_serial_numbers_are_well_formed_at_the_extremes() {
        for random in [[0; 21], [255; 21]] {
            assert!(kid(random).bytes().all(|byte| KID_ALPHABET.contains(&byte)));
        }
        for random in [[0; 16], [255; 16]] {
            let number = serial_number(random).unwrap().to_bn().unwrap();
            assert!(!number.is_negative() && number.num_bits() == 127);
        }
    }
}

/// Two keys shared by all tests, since making one takes its time.
#[cfg(test)]
pub(crate) mod fixture {
    use std::sync::LazyLock;

    use super::GeneratedKey;
    use crate::entropy::Counting;

    pub(crate) static FIRST: LazyLock<GeneratedKey> = LazyLock::new(|| generated(0));
    pub(crate) static SECOND: LazyLock<GeneratedKey> = LazyLock::new(|| generated(100));

    fn generated(seed: u8) -> GeneratedKey {
        GeneratedKey::generate(&Counting(seed.into()), 1_790_000_000, "id.example.com").unwrap()
    }
}
