//! What most tests begin with: a broker, an application, and a provider at which Ada signs in.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use model::connection::Connection;
use model::provider::Provider;
use serde_json::{Value, json};
use testkit::provider::LyingProvider;
use testkit::{App, AuthorizationUrl, Browser, ClientAnswer, RelyingParty, Visit};

/// Her id here.
pub(crate) const ADA: &str = "oidc|acme|ada-1";

pub(crate) struct Setting {
    pub(crate) app: App,
    pub(crate) client: RelyingParty,
    pub(crate) peer: LyingProvider,
    pub(crate) acme: Connection,
}

impl Setting {
    pub(crate) async fn new() -> Self {
        Setting::with(|_| {}).await
    }

    /// With a provider of which the connection knows something else.
    pub(crate) async fn with(change: impl FnOnce(&mut Provider)) -> Self {
        Setting::on(Box::pin(App::new()).await, change).await
    }

    pub(crate) async fn on(app: App, change: impl FnOnce(&mut Provider)) -> Self {
        let client = app.add_client("app", |_| {}).await;
        let peer = LyingProvider::start().await;
        let mut provider = peer.provider();
        change(&mut provider);
        let acme = app.add_provider("acme", "oidc", &[&client], provider).await;
        Setting { app, client, peer, acme }
    }

    /// A database connection beside the provider.
    pub(crate) async fn add_directory(&self) -> Connection {
        self.app.add_connection("Username-Password-Authentication", &[&self.client], |_| {}).await
    }

    /// The request that a browser is sent to the provider with.
    pub(crate) async fn leave(&self, browser: &mut Browser, url: &AuthorizationUrl) -> ClientAnswer {
        browser.authorize(url).await.answer()
    }

    /// Sends a browser to the provider, which says this, and back.
    pub(crate) async fn sign_in_with(&self, browser: &mut Browser, changes: &Value) -> Visit {
        let request = self.leave(browser, &self.client.request()).await;
        browser.open(&self.peer.sign_in(&request, changes, self.app.now())).await
    }

    /// Signs Ada in, by a browser of its own, and gives the claims of her ID token.
    pub(crate) async fn ada(&self) -> Value {
        self.person(&json!({})).await
    }

    /// Signs somebody in, by a browser of its own, and gives the claims of their ID token.
    pub(crate) async fn person(&self, changes: &Value) -> Value {
        let answer = self.sign_in_with(&mut self.app.browser(), changes).await.answer();
        self.claims(&answer).await
    }

    /// The claims of the ID token that a code is good for.
    pub(crate) async fn claims(&self, answer: &ClientAnswer) -> Value {
        let tokens = self.client.exchange(&self.app, answer.code()).await;
        assert_eq!(tokens.status, 200, "{}", tokens.body);
        let id_token = tokens.text("id_token");
        let payload = id_token.split('.').nth(1).expect("a JWT has three parts");
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).expect("base64url")).expect("JSON")
    }

    /// Panics unless there is exactly one failure with this reason.
    pub(crate) async fn assert_failed_because(&self, reason: &str) {
        let events = self.app.events_of("f").await;
        let reasons: Vec<_> = events.iter().filter_map(|event| event.details["reason"].as_str()).collect();
        assert_eq!(reasons, [reason]);
    }
}

/// Panics unless the browser is shown a page with this status that says this.
#[track_caller]
pub(crate) fn assert_page(visit: Visit, status: u16, says: &str) {
    let page = visit.page();
    assert_eq!(page.status, status, "{}", page.html);
    assert!(page.says(says), "{says:?} is not in {}", page.html);
}
