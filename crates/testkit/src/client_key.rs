//! The key of an application that signs what it sends.

use std::sync::LazyLock;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::Method;
use keys::{GeneratedKey, SigningKeyPair};
use serde_json::{Value, json};

use crate::{App, RelyingParty, SeededEntropy};

/// Shared by all tests because making one takes its time.
static KEYS: LazyLock<[GeneratedKey; 2]> = LazyLock::new(|| {
    ["registered", "another"].map(|seed| {
        let entropy = SeededEntropy::new(seed);
        GeneratedKey::generate(&entropy, 1_700_000_000, "application.test").expect("a key")
    })
});

/// A registered key, and one that only calls itself so.
pub struct ClientKeyPair {
    /// The id of the credential.
    pub id: String,
    registered: SigningKeyPair,
    another: SigningKeyPair,
}

impl ClientKeyPair {
    /// The public half, as an application would hand it over.
    pub fn pem() -> String {
        let certificate = STANDARD.encode(&KEYS[0].certificate);
        format!("-----BEGIN CERTIFICATE-----\n{certificate}\n-----END CERTIFICATE-----\n")
    }

    /// Registers it for a client, for this algorithm.
    pub async fn register(app: &App, client: &RelyingParty, alg: &str) -> Self {
        let body = json!({ "credential_type": "public_key", "pem": Self::pem(), "alg": alg });
        let path = format!("clients/{}/credentials", client.client_id);
        let answer = app.manage(Method::POST, &path, &body).await;
        assert_eq!(answer.status, 201, "{}", answer.body);
        let kid = answer.text("kid");
        let pair = |index: usize| SigningKeyPair::from_pkcs8(&kid, &KEYS[index].private_key).expect("a key pair");
        ClientKeyPair { id: answer.text("id"), registered: pair(0), another: pair(1) }
    }

    /// A signed token with these claims.
    pub fn sign(&self, claims: &Value) -> String {
        sign(&self.registered, claims)
    }

    /// The same, signed by somebody else.
    pub fn forge(&self, claims: &Value) -> String {
        sign(&self.another, claims)
    }
}

fn sign(pair: &SigningKeyPair, claims: &Value) -> String {
    pair.sign("JWT", claims.as_object().expect("claims are an object")).expect("a signature")
}
