//! The key of an application that proves it holds one (RFC 9449).

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::App;

/// A key of its own for each, since nothing else tells two apart.
pub struct DpopKey(EcdsaKeyPair);

impl Default for DpopKey {
    fn default() -> Self {
        DpopKey(EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).expect("a P-256 key"))
    }
}

impl DpopKey {
    fn jwk(&self) -> Value {
        let point = self.0.public_key().as_ref();
        let number = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        json!({ "crv": "P-256", "kty": "EC", "x": number(&point[1..33]), "y": number(&point[33..]) })
    }

    /// The thumbprint (RFC 7638): the members in the order of their names, as `serde_json` writes them.
    pub fn thumbprint(&self) -> String {
        URL_SAFE_NO_PAD.encode(Sha256::digest(self.jwk().to_string()))
    }

    /// A proof for a call of the token endpoint, with this `jti`.
    pub fn proof(&self, app: &App, jti: &str) -> String {
        self.sign(&proof_claims(app, "POST", "oauth/token", jti))
    }

    /// A proof for a call of userinfo with this access token.
    pub fn userinfo_proof(&self, app: &App, jti: &str, access_token: &str) -> String {
        let mut claims = proof_claims(app, "GET", "userinfo", jti);
        claims["ath"] = URL_SAFE_NO_PAD.encode(Sha256::digest(access_token)).into();
        self.sign(&claims)
    }

    /// A proof with these claims.
    pub fn sign(&self, claims: &Value) -> String {
        let header = json!({ "typ": "dpop+jwt", "alg": "ES256", "jwk": self.jwk() });
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let input = format!("{}.{}", part(&header), part(claims));
        let signature = self.0.sign(&SystemRandom::new(), input.as_bytes()).expect("a signature");
        format!("{input}.{}", URL_SAFE_NO_PAD.encode(signature))
    }
}

/// What a good proof for a call says.
pub fn proof_claims(app: &App, method: &str, path: &str, jti: &str) -> Value {
    let url = format!("{}{path}", app.issuer());
    json!({ "jti": jti, "htm": method, "htu": url, "iat": app.now().seconds() })
}
