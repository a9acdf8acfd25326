//! Verifying proofs of possession, which bring the key they are signed with (RFC 9449 4.3).

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use josekit::jwk::Jwk;
use josekit::jws::ES256;
use protocol::dpop;
use serde_json::{Map, Value, json};

use super::TokenRefused;
use super::compact::CompactToken;

/// A proof whose signature is by the key it brings. The key is nobody's yet: it counts where a token is bound to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedProof {
    /// The thumbprint of the key (RFC 7638).
    pub jkt: String,
    /// What the proof says.
    pub claims: Map<String, Value>,
}

/// Reads a proof that a P-256 key signed. A private key in its header is refused with it.
pub fn verify_proof(text: &str) -> Result<SignedProof, TokenRefused> {
    let token = CompactToken::parse(text, &dpop::ALGORITHMS)?;
    if !token.is_of_type(&[dpop::TYPE]) {
        return Err(TokenRefused::Type);
    }
    let (x, y) = token.embedded_key().and_then(point).ok_or(TokenRefused::UnknownKey)?;
    let Value::Object(members) = json!({ "kty": "EC", "crv": "P-256", "x": x, "y": y }) else {
        unreachable!("an object was written")
    };
    let verifier = Jwk::from_map(members).ok().and_then(|jwk| ES256.verifier_from_jwk(&jwk).ok());
    let claims = token.claims_verified_by(&verifier.ok_or(TokenRefused::UnknownKey)?)?;
    Ok(SignedProof { jkt: thumbprint(&x, &y), claims })
}

/// The coordinates of a public P-256 key, in the one spelling they have.
fn point(jwk: &Map<String, Value>) -> Option<(String, String)> {
    let is = |name: &str, expected: &str| jwk.get(name).and_then(Value::as_str) == Some(expected);
    if !is("kty", "EC") || !is("crv", "P-256") || jwk.contains_key("d") {
        return None;
    }
    Some((coordinate(jwk.get("x")?)?, coordinate(jwk.get("y")?)?))
}

fn coordinate(value: &Value) -> Option<String> {
    let text = value.as_str()?;
    let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
    (bytes.len() == 32).then(|| text.to_owned())
}

fn thumbprint(x: &str, y: &str) -> String {
    let canonical = format!(r#"{{"crv":"P-256","kty":"EC","x":"{x}","y":"{y}"}}"#);
    URL_SAFE_NO_PAD.encode(digest(&SHA256, canonical.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 9449 4.1 and, for the thumbprint, 6.1.
    const OF_THE_RFC: &str = "eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVTMjU2IiwiandrIjp7Imt0eSI6IkVDIiwieCI6Imw4dEZyaHgtMzR0V\
                              jNoUklDUkRZOXpDa0RscEJoRjQyVVFVZldWQVdCRnMiLCJ5IjoiOVZFNGpmX09rX282NHpiVFRsY3VOSmFqSG10Nn\
                              Y5VERWclUwQ2R2R1JEQSIsImNydiI6IlAtMjU2In19.eyJqdGkiOiItQndDM0VTYzZhY2MybFRjIiwiaHRtIjoiUE\
                              9TVCIsImh0dSI6Imh0dHBzOi8vc2VydmVyLmV4YW1wbGUuY29tL3Rva2VuIiwiaWF0IjoxNTYyMjYyNjE2fQ.2-GxA\
                              6T8lP4vfrg8v-FdWP0A0zdrj8igiMLvqRMUvwnQg4PtFLbdLXiOSsX0x7NVY-FNyJK70nfbV37xRZT3Lg";

    fn with_header(header: &Value) -> String {
        let (_, rest) = OF_THE_RFC.split_once('.').unwrap();
        format!("{}.{rest}", URL_SAFE_NO_PAD.encode(header.to_string()))
    }

    fn header() -> Value {
        let (header, _) = OF_THE_RFC.split_once('.').unwrap();
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(header).unwrap()).unwrap()
    }

    #[test]
    fn the_proof_of_the_rfc_is_read() {
        let proof = verify_proof(OF_THE_RFC).unwrap();
        assert_eq!(proof.jkt, "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I");
        assert_eq!(proof.claims["jti"], "-BwC3ESc6acc2lTc");
    }

    #[test]
    fn te_15_no_other_header_is_a_proof() {
        use TokenRefused::{Algorithm, Critical, Signature, Type, UnknownKey};
        let jwk = |name: &str, value: Value| {
            let mut jwk = header()["jwk"].clone();
            jwk[name] = value;
            json!({ "jwk": jwk })
        };
        for (changes, expected) in [
            (json!({"typ": "JWT"}), Type),
            (json!({"alg": "none"}), Algorithm),
            (json!({"alg": "HS256"}), Algorithm),
            (json!({"alg": "RS256"}), Algorithm),
            (json!({"crit": ["b64"]}), Critical),
            (json!({"jwk": null}), UnknownKey),
            (json!({"jwk": "x"}), UnknownKey),
            (jwk("d", json!("870MB6gfuTJ4HtUnUvYMyJpr5eUZNP4Bk43bVdj3eAE")), UnknownKey),
            (jwk("kty", json!("oct")), UnknownKey),
            (jwk("crv", json!("P-384")), UnknownKey),
            (jwk("x", json!("AAAA")), UnknownKey),
            (jwk("y", json!("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")), UnknownKey),
            (json!({"kid": "x"}), Signature),
        ] {
            let mut header = header();
            for (name, value) in changes.as_object().unwrap() {
                header[name] = value.clone();
            }
            assert_eq!(verify_proof(&with_header(&header)), Err(expected), "{changes}");
        }
    }

    #[test]
    fn jw_09_a_signature_of_nothing_is_none() {
        let (input, _) = OF_THE_RFC.rsplit_once('.').unwrap();
        for signature in [vec![0; 64], vec![0; 63], Vec::new()] {
            let proof = format!("{input}.{}", URL_SAFE_NO_PAD.encode(signature));
            assert_eq!(verify_proof(&proof), Err(TokenRefused::Signature));
        }
    }
}
