//! Proofs that whoever calls holds the key a token is bound to (RFC 9449). Their signature is another matter.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};
use url::Url;

/// The algorithms a proof may be signed with: the one that Auth0 takes.
pub const ALGORITHMS: [&str; 1] = ["ES256"];
/// The header's `typ`.
pub const TYPE: &str = "dpop+jwt";

/// How old a proof may be. It is remembered for as long, so that it serves once.
const LONGEST_AGE_SECONDS: i64 = 300;
/// How far the caller's clock may be ahead of ours.
const LEEWAY_SECONDS: i64 = 60;
const LONGEST_JTI: usize = 256;

/// The call that a proof must have been made for.
#[derive(Clone, Copy, Debug)]
pub struct ProvenCall<'a> {
    /// Its method.
    pub method: &'a str,
    /// Its address, without query and fragment.
    pub url: &'a str,
    /// The access token it is made with, if it is made with one.
    pub access_token: Option<&'a str>,
}

/// A proof whose claims are as they must be. It may still have been used before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proof {
    /// Its id, unique among those of one key.
    pub jti: String,
    /// From when on it is too old, in seconds since the Unix epoch.
    pub expires_at: i64,
}

/// Why a signed proof does not prove anything about this call (RFC 9449 4.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProofRefused {
    /// `htm` is absent or another.
    #[error("htm must be the method of the call")]
    WrongMethod,
    /// `htu` is absent or another.
    #[error("htu must be the address of the call")]
    WrongUrl,
    /// `iat` is absent, no whole number of seconds, too long ago, or ahead.
    #[error("iat must be a moment of the last five minutes")]
    WrongTime,
    /// There is no `jti`, or it is empty or longer than 256 bytes.
    #[error("jti must be a text of 1 to 256 bytes")]
    MissingJti,
    /// `ath` is absent or of another token.
    #[error("ath must be the hash of the access token")]
    WrongToken,
}

/// Checks the claims of a signed proof.
pub fn check(claims: &Map<String, Value>, call: &ProvenCall<'_>, now_seconds: i64) -> Result<Proof, ProofRefused> {
    let text = |name: &str| claims.get(name).and_then(Value::as_str);
    if text("htm") != Some(call.method) {
        return Err(ProofRefused::WrongMethod);
    }
    if !text("htu").is_some_and(|htu| is_same_address(htu, call.url)) {
        return Err(ProofRefused::WrongUrl);
    }
    let acceptable = now_seconds - LONGEST_AGE_SECONDS..=now_seconds + LEEWAY_SECONDS;
    let issued_at = claims.get("iat").and_then(Value::as_i64).filter(|at| acceptable.contains(at));
    let issued_at = issued_at.ok_or(ProofRefused::WrongTime)?;
    if call.access_token.is_some_and(|token| text("ath") != Some(&token_hash(token))) {
        return Err(ProofRefused::WrongToken);
    }
    let jti = text("jti").filter(|jti| (1..=LONGEST_JTI).contains(&jti.len())).ok_or(ProofRefused::MissingJti)?;
    Ok(Proof { jti: jti.to_owned(), expires_at: issued_at + LONGEST_AGE_SECONDS + 1 })
}

/// Query and fragment do not count, nor does how an address is spelled (RFC 9449 4.3).
fn is_same_address(htu: &str, expected: &str) -> bool {
    let bare = |text: &str| {
        let mut url = Url::parse(text).ok()?;
        url.set_query(None);
        url.set_fragment(None);
        Some(url)
    };
    matches!((bare(htu), bare(expected)), (Some(claimed), Some(expected)) if claimed == expected)
}

fn token_hash(token: &str) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(token.as_bytes()))
}

/// Whether a text has the form of a key's thumbprint: SHA-256 as base64url (RFC 7638, RFC 9449 10).
pub fn is_thumbprint(text: &str) -> bool {
    URL_SAFE_NO_PAD.decode(text).is_ok_and(|bytes| bytes.len() == 32)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const NOW: i64 = 1_700_000_000;
    const CALL: ProvenCall<'_> =
        ProvenCall { method: "POST", url: "https://id.example/oauth/token", access_token: None };

    /// Changes a good proof; null takes a claim away.
    fn check_changed(changes: &Value, call: &ProvenCall<'_>) -> Result<Proof, ProofRefused> {
        let mut claims = json!({"jti": "1", "htm": "POST", "htu": CALL.url, "iat": NOW});
        let claims = claims.as_object_mut().expect("an object");
        claims.extend(changes.as_object().expect("an object").clone());
        claims.retain(|_, value| !value.is_null());
        check(claims, call, NOW)
    }

    #[test]
    fn a_proof_is_remembered_for_as_long_as_it_would_be_believed() {
        for changes in [
            json!({}),
            json!({"iat": NOW - 300}),
            json!({"iat": NOW + 60}),
            json!({"htu": "HTTPS://ID.example:443/oauth/token?x#y"}),
            json!({"nonce": "whatever", "ath": "whatever"}),
        ] {
            let proof = check_changed(&changes, &CALL).expect("a good proof");
            assert!(proof.expires_at > NOW, "{changes}");
        }
        assert_eq!(check_changed(&json!({}), &CALL), Ok(Proof { jti: "1".to_owned(), expires_at: NOW + 301 }));
    }

    #[test]
    fn te_15_each_flaw_refuses_a_proof() {
        use ProofRefused::{MissingJti, WrongMethod, WrongTime, WrongUrl};
        for (changes, expected) in [
            (json!({"htm": "GET"}), WrongMethod),
            (json!({"htm": "post"}), WrongMethod),
            (json!({"htm": null}), WrongMethod),
            (json!({"htu": "https://id.example/oauth/par"}), WrongUrl),
            (json!({"htu": "http://id.example/oauth/token"}), WrongUrl),
            (json!({"htu": "https://id.example:8443/oauth/token"}), WrongUrl),
            (json!({"htu": "https://id.example/oauth/token/"}), WrongUrl),
            (json!({"htu": "/oauth/token"}), WrongUrl),
            (json!({"htu": null}), WrongUrl),
            (json!({"iat": NOW - 301}), WrongTime),
            (json!({"iat": NOW + 61}), WrongTime),
            (json!({"iat": "now"}), WrongTime),
            (json!({"iat": 1e300}), WrongTime),
            (json!({"iat": null}), WrongTime),
            (json!({"jti": ""}), MissingJti),
            (json!({"jti": "j".repeat(257)}), MissingJti),
            (json!({"jti": 1}), MissingJti),
            (json!({"jti": null}), MissingJti),
        ] {
            assert_eq!(check_changed(&changes, &CALL), Err(expected), "{changes}");
        }
    }

    /// RFC 9449 7.1.
    #[test]
    fn te_15_a_proof_names_the_token_it_stands_beside() {
        let token = "Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU";
        let call = ProvenCall { access_token: Some(token), ..CALL };
        let hash = "fUHyO2r2Z3DZ53EsNrWBb0xWXoaNy59IiKCAqksmQEo";
        assert!(check_changed(&json!({"ath": hash}), &call).is_ok());
        for ath in [json!(null), json!("x"), json!(token)] {
            assert_eq!(check_changed(&json!({"ath": ath}), &call), Err(ProofRefused::WrongToken));
        }
    }

    #[test]
    fn a_thumbprint_has_one_form() {
        assert!(is_thumbprint("0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"));
        for text in
            ["", "x", "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I=", "0ZcOCORZNYy+DWpqq30jZyJGHTN0d2HglBV3uiguA4I"]
        {
            assert!(!is_thumbprint(text), "{text}");
        }
    }
}
