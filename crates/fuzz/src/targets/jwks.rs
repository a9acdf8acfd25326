//! The keys of another issuer.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use keys::ForeignKeys;
use serde_json::Value;

use super::fixtures::{JWKS, SIGNED};

/// A token is accepted only where the set holds the very key that signed it.
pub(crate) fn check(input: &[u8]) {
    let Ok(jwks) = serde_json::from_slice::<Value>(input) else { return };
    let Ok(keys) = ForeignKeys::from_jwks(&jwks) else {
        assert!(!jwks["keys"].is_array());
        return;
    };
    let members = jwks["keys"].as_array().expect("a set has an array of keys");
    assert!(!members.is_empty() || keys.is_empty());
    let signer = &serde_json::from_str::<Value>(JWKS).expect("JSON")["keys"][0];
    for token in SIGNED {
        if keys.verify(token, &["JWT"]).is_ok() {
            assert!(members.iter().any(|member| is_same_key(member, signer)), "accepted without its key");
        }
    }
}

fn is_same_key(member: &Value, signer: &Value) -> bool {
    member["kty"] == "RSA" && ["n", "e"].iter().all(|name| number(&member[name]) == number(&signer[name]))
}

fn number(value: &Value) -> Option<Vec<u8>> {
    let bytes = URL_SAFE_NO_PAD.decode(value.as_str()?).ok()?;
    Some(bytes.into_iter().skip_while(|byte| *byte == 0).collect())
}
