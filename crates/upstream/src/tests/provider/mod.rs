//! Signing in at a provider that lies, over a real connection.

mod documents;
mod github;
mod keys;
mod logout;
mod profile;
mod requests;
mod tokens;

use model::provider::Provider;
use model::{ConnectionId, Timestamp};
use secrecy::SecretString;
use serde_json::Value;
use testkit::provider::{CLIENT_SECRET, LyingProvider, NONCE};

use super::{NOW, upstreams};
use crate::Upstreams;
use crate::sign_in::{Assertion, AssertionRefused, Registration, Returned, SignInProblem, SignInRequest};

const REDIRECT_URI: &str = "https://id.example/login/callback";

/// A provider that tells the truth about Ada, and our registration there.
struct Situation {
    peer: LyingProvider,
    upstreams: Upstreams,
    provider: Provider,
    connection_id: ConnectionId,
    secret: SecretString,
    verifier: SecretString,
}

impl Situation {
    async fn new() -> Self {
        let peer = LyingProvider::start().await;
        peer.knows(&serde_json::json!({}), NOW);
        let provider = peer.provider();
        Situation {
            peer,
            upstreams: upstreams(),
            provider,
            connection_id: ConnectionId::new("con_acme"),
            secret: CLIENT_SECRET.into(),
            verifier: "a code verifier".into(),
        }
    }

    fn registration(&self) -> Registration<'_> {
        Registration {
            connection_id: &self.connection_id,
            connection: "acme",
            provider: &self.provider,
            secret: Some(&self.secret),
            redirect_uri: REDIRECT_URI,
        }
    }

    fn returned(&self) -> Returned<'_> {
        Returned {
            code: "a code",
            issuer: None,
            code_verifier: &self.verifier,
            nonce: NONCE,
            requested_at: NOW,
            asked_anew: false,
            max_age: None,
            posted_user: None,
        }
    }

    async fn redeem(&self) -> Result<Assertion, SignInProblem> {
        self.redeem_at(NOW).await
    }

    async fn redeem_at(&self, now: Timestamp) -> Result<Assertion, SignInProblem> {
        self.upstreams.redeem(&self.registration(), &self.returned(), now).await
    }

    async fn authorization_url(&self, now: Timestamp) -> Result<String, SignInProblem> {
        let request =
            SignInRequest { state: "a state", nonce: NONCE, code_challenge: "a challenge", ..SignInRequest::default() };
        self.upstreams.authorization_url(&self.registration(), &request, now).await.map(String::from)
    }

    /// What becomes of a token answer with an ID token of which these claims are changed.
    async fn told(&self, changes: &Value) -> Result<String, SignInProblem> {
        self.peer.knows(changes, NOW);
        self.redeem().await.map(|assertion| assertion.subject)
    }
}

fn not_believed(why: AssertionRefused) -> Result<String, SignInProblem> {
    Err(SignInProblem::NotBelieved(why))
}

#[expect(clippy::unnecessary_wraps, reason = "what a comparison expects stands beside `not_believed`")]
fn ada() -> Result<String, SignInProblem> {
    Ok("ada-1".to_owned())
}
