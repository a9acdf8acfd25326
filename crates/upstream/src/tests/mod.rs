//! Questions to a server that lies, over a real connection.

mod directory;
mod guard;
mod password;
mod provider;
mod telemetry;

use model::connection::{Source, SourceKind};
use model::{Timestamp, UserId};
use secrecy::SecretString;
use serde_json::{Value, json};
use testkit::source::{Lie, LyingServer, Question, source_at};

use crate::{DirectoryAnswer, HttpSettings, PasswordAttempt, SourceAnswer, Upstreams};

const NOW: Timestamp = Timestamp::from_millis(1_800_000_000_000);
const ADA: &str = "auth0|5f7c8ec7c33c6c004bbafe82";

/// A source that answers the truth about Ada, and our way of asking it.
struct Situation {
    server: LyingServer,
    upstreams: Upstreams,
    source: Source,
}

impl Situation {
    /// With a source that lets us read profiles.
    async fn new() -> Self {
        let server = LyingServer::start().await;
        let source = source_at(&server.issuer());
        server
            .on(Question::Password, tokens(&server, &json!({})))
            .on(Question::ManagementToken, Lie::json(200, json!({"access_token": "mgmt", "expires_in": 86_400})))
            .on(Question::User, Lie::json(200, ada()))
            .on(Question::UsersByEmail, Lie::json(200, json!([ada()])));
        Situation { server, upstreams: upstreams(), source }
    }

    async fn without_profiles() -> Self {
        let mut situation = Situation::new().await;
        let SourceKind::Auth0 { read_profiles, .. } = &mut situation.source.kind;
        *read_profiles = false;
        situation
    }

    async fn check_password(&self) -> SourceAnswer {
        self.check_password_at(NOW).await
    }

    async fn check_password_at(&self, now: Timestamp) -> SourceAnswer {
        self.check_password_of("ada@x.io", None, now).await
    }

    async fn check_password_of(&self, username: &str, expected: Option<&UserId>, now: Timestamp) -> SourceAnswer {
        let password = SecretString::from("correct horse");
        let end_user_ip = Some("198.51.100.7".parse().expect("an address"));
        let attempt = PasswordAttempt { username, password: &password, end_user_ip, expected };
        self.upstreams.check_password(&self.source, &secret(), &attempt, now).await
    }

    async fn find(&self, email: &str) -> DirectoryAnswer {
        self.upstreams.find_by_email(&self.source, &secret(), email, NOW).await
    }
}

fn upstreams() -> Upstreams {
    let allow_private_networks = vec!["127.0.0.0/8".parse().expect("a network")];
    Upstreams::new(&HttpSettings { allow_private_networks, allow_http: false }).expect("an HTTP client")
}

fn secret() -> SecretString {
    SecretString::from("our secret")
}

/// A successful answer of the token endpoint, whose ID token has these claims changed; `null` takes one away.
fn tokens(server: &LyingServer, changes: &Value) -> Lie {
    let mut claims = json!({
        "sub": ADA, "email": "ada@x.io", "email_verified": true, "nickname": "ada", "name": "Ada of the token",
    });
    for (name, value) in changes.as_object().expect("an object") {
        claims[name] = value.clone();
    }
    server.tokens(&claims, NOW)
}

/// Ada, as the Management API describes her.
fn ada() -> Value {
    testkit::source::ada(ADA)
}

/// The verified profile's id and name, or the answer that is not one.
fn verified(answer: SourceAnswer) -> Result<(String, Option<String>), SourceAnswer> {
    match answer {
        SourceAnswer::Verified(profile) => Ok((profile.user_id.as_str().to_owned(), profile.profile.name)),
        other => Err(other),
    }
}
