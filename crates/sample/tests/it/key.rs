//! Signing ID tokens, independently of the code that verifies them.

use std::sync::LazyLock;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use openssl::hash::MessageDigest;
use openssl::pkey::{PKey, Private};
use openssl::rsa::Rsa;
use openssl::sha::sha256;
use openssl::sign::Signer;
use serde_json::{Value, json};

/// Two RSA keys, so that one can take the other's place.
pub(crate) static KEYS: LazyLock<[Key; 2]> = LazyLock::new(|| ["first", "second"].map(Key::generate));

pub(crate) struct Key {
    id: &'static str,
    key: PKey<Private>,
}

impl Key {
    fn generate(id: &'static str) -> Self {
        let rsa = Rsa::generate(2048).expect("openssl makes keys");
        Key { id, key: PKey::from_rsa(rsa).expect("an RSA key is a key") }
    }

    pub(crate) fn id(&self) -> &'static str {
        self.id
    }

    pub(crate) fn jwk(&self) -> Value {
        let rsa = self.key.rsa().expect("made from RSA");
        let [n, e] = [rsa.n(), rsa.e()].map(|number| base64url(&number.to_vec()));
        json!({"kty": "RSA", "use": "sig", "alg": "RS256", "kid": self.id, "n": n, "e": e})
    }

    /// A JWT of this key under `kid`, which is the key's own unless a test pretends otherwise.
    pub(crate) fn sign(&self, kid: &str, claims: &Value) -> String {
        let header = json!({"alg": "RS256", "typ": "JWT", "kid": kid});
        let [header, claims] = [&header, claims].map(|part| base64url(part.to_string().as_bytes()));
        let input = format!("{header}.{claims}");
        let mut signer = Signer::new(MessageDigest::sha256(), &self.key).expect("RSA signs with SHA-256");
        let signature = signer.sign_oneshot_to_vec(input.as_bytes()).expect("RSA signs");
        format!("{input}.{}", base64url(&signature))
    }
}

/// `S256` of RFC 7636 4.2.
pub(crate) fn code_challenge(verifier: &str) -> String {
    base64url(&sha256(verifier.as_bytes()))
}

/// `at_hash` of OpenID Connect Core 3.1.3.6.
pub(crate) fn access_token_hash(access_token: &str) -> String {
    base64url(&sha256(access_token.as_bytes())[..16])
}

fn base64url(bytes: &[u8]) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(bytes)
}
