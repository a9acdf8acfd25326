//! The machine client, which gets tokens of the Management API by its secret.

use super::installation::BOOTSTRAP_ID;
use super::{Answer, BOOTSTRAP_SECRET, Broker, http};

pub(crate) struct Machine {
    http: reqwest::Client,
    /// Where it finds the issuer.
    base: String,
    audience: String,
}

impl Machine {
    pub(crate) fn at(node: &Broker) -> Self {
        Machine::through(http(), &node.url(""), node.issuer())
    }

    pub(crate) fn through(http: reqwest::Client, base: &str, issuer: &str) -> Self {
        Machine { http, base: base.to_owned(), audience: format!("{issuer}api/v2/") }
    }

    /// Gets a token.
    pub(crate) async fn token(&self) -> String {
        let form = [
            ("grant_type", "client_credentials"),
            ("client_id", BOOTSTRAP_ID),
            ("client_secret", BOOTSTRAP_SECRET),
            ("audience", &self.audience),
        ];
        let request = self.http.post(format!("{}oauth/token", self.base)).form(&form);
        let answer = Answer::of(request).await.expect(200).json();
        answer["access_token"].as_str().expect("an access token").to_owned()
    }
}
