//! What most tests begin with: a broker, an application, and Ada, who can sign in.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use model::UserId;
use model::connection::Connection;
use serde_json::Value;
use testkit::{Answer, App, AuthorizationUrl, Browser, ClientAnswer, RelyingParty, Visit, native};

pub(crate) const EMAIL: &str = "ada@x.io";
pub(crate) const PASSWORD: &str = "correct horse battery";
pub(crate) const DIRECTORY: &str = "Username-Password-Authentication";
/// An API that may be used offline.
pub(crate) const API: &str = "https://api.test/";

pub(crate) struct Site {
    pub(crate) app: App,
    pub(crate) client: RelyingParty,
    pub(crate) connection: Connection,
    pub(crate) ada: UserId,
}

impl Site {
    pub(crate) async fn new() -> Self {
        Site::on(App::new().await).await
    }

    pub(crate) async fn on(app: App) -> Self {
        let client = app.add_client("app", |_| {}).await;
        let connection = app.add_connection(DIRECTORY, &[&client], |_| {}).await;
        let ada = app.add_user(&connection, "auth0|ada", EMAIL, Some(native(PASSWORD))).await;
        app.add_api(API, &["read:notes", "write:notes"], |_| {}).await;
        Site { app, client, connection, ada }
    }

    /// Another application with the same people.
    pub(crate) async fn enable(&self, client: &RelyingParty) {
        let id = client.client_id.clone();
        self.app.change_connection(&self.connection.id, |connection| connection.enabled_clients.push(id)).await;
    }

    pub(crate) async fn log_in(&self, browser: &mut Browser, url: &AuthorizationUrl) -> ClientAnswer {
        browser.log_in(url, EMAIL, PASSWORD).await.answer()
    }

    /// A code for Ada, by a browser of its own.
    pub(crate) async fn code(&self) -> String {
        self.code_for(&self.client.request()).await
    }

    pub(crate) async fn code_for(&self, url: &AuthorizationUrl) -> String {
        self.log_in(&mut self.app.browser(), url).await.code().to_owned()
    }

    /// Tokens for Ada, by a browser of its own.
    pub(crate) async fn tokens(&self, scope: &str) -> Answer {
        let code = self.code_for(&self.client.request().scope(scope)).await;
        let tokens = self.client.exchange(&self.app, &code).await;
        assert_eq!(tokens.status, 200, "{}", tokens.body);
        tokens
    }

    /// A refresh token and the access token issued with it.
    pub(crate) async fn offline_tokens(&self) -> (String, String) {
        let tokens = self.tokens("openid offline_access").await;
        (tokens.text("refresh_token"), tokens.text("access_token"))
    }

    /// What a browser that is signed in gets without a page.
    pub(crate) async fn silently(&self, browser: &mut Browser) -> ClientAnswer {
        browser.authorize(&self.client.request().with("prompt", "none")).await.answer()
    }
}

/// What a JWT of ours says. Its signature is looked at elsewhere.
pub(crate) fn claims(jwt: &str) -> Value {
    let payload = jwt.split('.').nth(1).expect("a JWT has three parts");
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap()
}

/// Panics unless the browser is shown a page with this status and this heading.
#[track_caller]
pub(crate) fn assert_page(visit: Visit, status: u16, says: &str) {
    let page = visit.page();
    assert_eq!(page.status, status, "{}", page.html);
    assert!(page.says(says), "{says:?} is not in {}", page.html);
}
