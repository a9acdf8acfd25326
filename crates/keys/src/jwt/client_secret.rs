//! A JWT in place of a client secret, as Apple wants it: ES256, made anew for each use.

use josekit::jws::alg::ecdsa::EcdsaJwsSigner;
use josekit::jws::{self, ES256, JwsHeader};
use serde_json::{Map, Value};

use crate::KeyUnusable;

/// A P-256 key that an upstream provider has given to our client there. There is no `Debug`.
pub struct ClientSecretKey(EcdsaJwsSigner);

impl ClientSecretKey {
    /// Reads a private key in PKCS#8, PEM, which tokens name by `kid`.
    pub fn from_pem(kid: &str, private_key: &str) -> Result<Self, KeyUnusable> {
        let attempt = "read a private key for client secrets";
        let mut signer = ES256.signer_from_pem(private_key.trim()).map_err(KeyUnusable::when(attempt))?;
        signer.set_key_id(kid);
        Ok(ClientSecretKey(signer))
    }

    /// A compact JWT with the header members `alg` and `kid`.
    pub fn sign(&self, claims: &Map<String, Value>) -> Result<String, KeyUnusable> {
        let mut header = JwsHeader::new();
        header.set_algorithm("ES256");
        let payload = serde_json::to_vec(claims).map_err(KeyUnusable::when("write the claims of a client secret"))?;
        jws::serialize_compact(&payload, &header, &self.0).map_err(KeyUnusable::when("sign a client secret"))
    }
}

#[cfg(test)]
mod tests {
    use base64::Engine;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    use openssl::bn::BigNum;
    use openssl::ec::{EcGroup, EcKey};
    use openssl::ecdsa::EcdsaSig;
    use openssl::nid::Nid;
    use openssl::pkey::PKey;
    use serde_json::json;

    use super::*;

    fn pem(curve: Nid) -> (String, EcKey<openssl::pkey::Private>) {
        let key = EcKey::generate(&EcGroup::from_curve_name(curve).unwrap()).unwrap();
        let pem = PKey::from_ec_key(key.clone()).unwrap().private_key_to_pem_pkcs8().unwrap();
        (String::from_utf8(pem).unwrap(), key)
    }

    #[test]
    fn a_client_secret_verifies_with_the_public_key() {
        let (pem, key) = pem(Nid::X9_62_PRIME256V1);
        let claims = json!({"iss": "team", "sub": "client"});
        let signer = ClientSecretKey::from_pem("key", &format!("\n{pem}\n")).unwrap();
        let token = signer.sign(claims.as_object().unwrap()).unwrap();
        let (input, signature) = token.rsplit_once('.').unwrap();
        let (header, payload) = input.split_once('.').unwrap();
        let decoded = |part: &str| URL_SAFE_NO_PAD.decode(part).unwrap();
        let read = |part: &str| serde_json::from_slice::<Value>(&decoded(part)).unwrap();
        assert_eq!(read(header), json!({"alg": "ES256", "kid": "key"}));
        assert_eq!(read(payload), claims);
        let number = |bytes: &[u8]| BigNum::from_slice(bytes).unwrap();
        let (r, s) = (number(&decoded(signature)[..32]), number(&decoded(signature)[32..]));
        let signature = EcdsaSig::from_private_components(r, s).unwrap();
        assert!(signature.verify(&openssl::sha::sha256(input.as_bytes()), &key).unwrap());
    }

    #[test]
    fn other_keys_are_refused_without_being_shown() {
        let (p384, _) = pem(Nid::SECP384R1);
        let rsa = PKey::from_rsa(openssl::rsa::Rsa::generate(2048).unwrap()).unwrap();
        let rsa = String::from_utf8(rsa.private_key_to_pem_pkcs8().unwrap()).unwrap();
        for text in [p384.as_str(), rsa.as_str(), "", "a secret"] {
            let refused = ClientSecretKey::from_pem("key", text).err().expect("not a P-256 key");
            assert_eq!(refused.to_string(), "cannot read a private key for client secrets");
        }
    }
}
