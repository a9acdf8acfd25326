//! The certificate of a signing key in the forms that operators pass on to other systems.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use openssl::error::ErrorStack;
use openssl::hash::MessageDigest;
use openssl::x509::X509;

use crate::KeyUnusable;

const SEQUENCE: u8 = 0x30;
const SET: u8 = 0x31;
/// `[0]`, constructed.
const CONTEXT_0: u8 = 0xA0;
/// INTEGER 1.
const VERSION_1: [u8; 3] = [0x02, 0x01, 0x01];
/// 1.2.840.113549.1.7.2
const SIGNED_DATA: [u8; 11] = [0x06, 0x09, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x07, 0x02];
/// 1.2.840.113549.1.7.1
const DATA: [u8; 11] = [0x06, 0x09, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x07, 0x01];
/// Characters of a line in PEM (RFC 7468 2).
const PEM_LINE: usize = 64;

/// One certificate, spelled in every way that somebody asks for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CertificateFaces {
    /// PEM (RFC 7468 5).
    pub pem: String,
    /// A PKCS #7 bundle that holds the certificate and no signature (RFC 2315 9.1), in PEM (RFC 7468 8).
    pub pkcs7: String,
    /// SHA-1 in upper-case hexadecimal. It is a name and protects nothing.
    pub thumbprint: String,
    /// The same with a colon between the bytes.
    pub fingerprint: String,
}

impl CertificateFaces {
    /// Reads a certificate in DER.
    pub fn of(certificate: &[u8]) -> Result<Self, KeyUnusable> {
        let digest = sha1(certificate).map_err(KeyUnusable::when("read a certificate"))?;
        Ok(CertificateFaces {
            pem: pem("CERTIFICATE", certificate),
            pkcs7: pem("PKCS7", &bundle(certificate)),
            thumbprint: digest.concat(),
            fingerprint: digest.join(":"),
        })
    }
}

fn sha1(certificate: &[u8]) -> Result<Vec<String>, ErrorStack> {
    let digest = X509::from_der(certificate)?.digest(MessageDigest::sha1())?;
    Ok(digest.iter().map(|byte| format!("{byte:02X}")).collect())
}

fn pem(label: &str, der: &[u8]) -> String {
    let encoded = STANDARD.encode(der);
    let lines: Vec<_> = (0..encoded.len())
        .step_by(PEM_LINE)
        .map(|start| &encoded[start..encoded.len().min(start + PEM_LINE)])
        .collect();
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", lines.join("\n"))
}

/// `SignedData` that nobody signed is the usual envelope for certificates; the library makes it only with a private key.
fn bundle(certificate: &[u8]) -> Vec<u8> {
    let nothing = element(SET, &[]);
    let content = element(SEQUENCE, &DATA);
    let certificates = element(CONTEXT_0, certificate);
    let signed = element(SEQUENCE, &[&VERSION_1[..], &nothing, &content, &certificates, &nothing].concat());
    element(SEQUENCE, &[&SIGNED_DATA[..], &element(CONTEXT_0, &signed)].concat())
}

/// Tag, length and content in DER (X.690 8.1).
fn element(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = content.len().to_be_bytes();
    let significant = &length[length.iter().take_while(|byte| **byte == 0).count()..];
    let mut encoded = vec![tag];
    match significant {
        [] => encoded.push(0),
        [short] if *short < 0x80 => encoded.push(*short),
        long => {
            encoded.push(0x80 | u8::try_from(long.len()).expect("a length has at most eight bytes"));
            encoded.extend(long);
        }
    }
    encoded.extend(content);
    encoded
}

#[cfg(test)]
mod tests {
    use openssl::pkcs7::Pkcs7;

    use super::*;
    use crate::signing_key::fixture::FIRST;

    #[test]
    fn other_software_reads_every_form() {
        let certificate = &FIRST.certificate;
        let faces = CertificateFaces::of(certificate).unwrap();
        assert_eq!(X509::from_pem(faces.pem.as_bytes()).unwrap().to_der().unwrap(), *certificate);
        assert_eq!(faces.pem.as_bytes(), X509::from_der(certificate).unwrap().to_pem().unwrap());
        let bundle = Pkcs7::from_pem(faces.pkcs7.as_bytes()).unwrap();
        let held: Vec<_> =
            bundle.signed().unwrap().certificates().unwrap().iter().map(|held| held.to_der().unwrap()).collect();
        assert_eq!(held, [&certificate[..]]);
        assert_eq!(faces.fingerprint.len(), 20 * 3 - 1);
        assert_eq!(faces.fingerprint.replace(':', ""), faces.thumbprint);
    }

    #[test]
    fn what_is_no_certificate_has_no_faces() {
        assert!(CertificateFaces::of(b"no certificate").is_err());
    }
}
