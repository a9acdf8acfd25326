//! A tenant in which the examples of the document are real.

use model::ClientId;
use serde_json::{Value, json};
use testkit::{ClientKeyPair, RelyingParty};

use crate::api::{Api, expect, in_path};
use crate::jobs;

const ANN: &str = "auth0|5f2b8c4e9d1a7f3b6c0e2d41";
const PASSWORD: &str = "Tr1cky enough";
const SHOP_SECRET: &str = "the-secret-of-the-shop-that-nobody-guesses";
/// The access token of the examples.
pub(super) const ACCESS_TOKEN: &str = "mF_9.B5f-4.1JqM";
const SHOP_CALLBACK: &str = "https://shop.example/callback";

/// A tenant of its own, and what the ids in the examples are called there.
pub(super) struct World {
    pub(super) api: Api,
    ids: Vec<(&'static str, String)>,
}

impl World {
    pub(super) async fn new() -> Self {
        let mut world = World { api: Api::new().await, ids: Vec::new() };
        world.applications().await;
        world.people().await;
        world.keys().await;
        world
    }

    async fn applications(&mut self) {
        let flags = json!({ "flags": { "enable_dynamic_client_registration": true } });
        expect(&self.api.patch("/tenants/settings", flags).await, 200);
        for id in ["machine", "reports"] {
            let secret = format!("the-secret-of-the-{id}-that-nobody-guesses");
            let client = json!({ "client_id": id, "client_secret": secret, "name": id, "app_type": "non_interactive" });
            self.create("/clients", client).await;
        }
        let api = json!({ "identifier": "https://api.example/", "scopes": [{ "value": "read:orders" }] });
        self.create("/resource-servers", api).await;
        let shop = json!({ "client_id": "shop", "client_secret": SHOP_SECRET, "name": "Shop",
            "app_type": "regular_web", "grant_types": [
                "authorization_code", "refresh_token", "http://auth0.com/oauth/grant-type/password-realm",
            ], "callbacks": [SHOP_CALLBACK], "allowed_logout_urls": ["https://shop.example/"] });
        self.create("/clients", shop).await;
        let credential = json!({ "credential_type": "public_key", "pem": ClientKeyPair::pem() });
        let credential = self.create("/clients/machine/credentials", credential).await;
        self.name("cred_8mF2cQx7LtYb4VnW1zKpRd", &credential["id"]);
        let api = expect(&self.api.get("/resource-servers?identifiers=https%3A%2F%2Fapi.example%2F").await, 200);
        self.name("4f2a9c1be07d35a86b1c9e44", &api[0]["id"]);
        let grant = json!({ "client_id": "machine", "audience": "https://api.example/", "scope": [] });
        let grant = self.create("/client-grants", grant).await;
        self.name("cgr_kT5b2yB6hRk9sQ1z", &grant["id"]);
    }

    /// Ann, who is signed in at the shop.
    async fn people(&mut self) {
        let connection = json!({
            "name": "Username-Password-Authentication", "strategy": "auth0", "enabled_clients": ["shop"],
        });
        let connection = self.create("/connections", connection).await;
        self.name("con_0aZ3bY6cX9dW2eV5", &connection["id"]);
        let ann = json!({
            "connection": "Username-Password-Authentication", "user_id": ANN.trim_start_matches("auth0|"),
            "email": "ann@example.com", "email_verified": true, "password": PASSWORD,
        });
        self.create("/users", ann).await;
        self.roles().await;
        self.tokens().await;
        let sessions = expect(&self.api.get(&format!("/users/{}/sessions", in_path(ANN))).await, 200);
        self.name("Vb3kQz9mXc7LpT2rYw8HfJ4sNd6gKa1E", &sessions["sessions"][0]["id"]);
        let held = expect(&self.api.get(&format!("/users/{}/refresh-tokens", in_path(ANN))).await, 200);
        self.name("Qm7tYx2LpVb9KzWc4RdN8fHs", &held["tokens"][0]["id"]);
        self.closed_account().await;
        let job = jobs::enqueue(&self.api).await;
        self.name("job_4Tz8mWq1XcV6bNs3", &job.as_str().into());
        let logs = expect(&self.api.get("/logs?per_page=1").await, 200);
        self.name("90020260131120000000000000000000000000000000000000000001", &logs[0]["log_id"]);
    }

    /// What Ann may do, by a role and for herself.
    async fn roles(&mut self) {
        let role =
            expect(&self.api.post("/roles", json!({ "name": "Clerk", "description": "Reads orders" })).await, 200);
        self.name("rol_3WqZ8nKc1Lx7TbVm", &role["id"]);
        let id = role["id"].as_str().expect("an id");
        let permissions = json!({ "permissions": [
            { "resource_server_identifier": "https://api.example/", "permission_name": "read:orders" },
        ] });
        self.create(&format!("/roles/{id}/permissions"), permissions.clone()).await;
        self.create(&format!("/users/{}/permissions", in_path(ANN)), permissions).await;
        expect(&self.api.post(&format!("/users/{}/roles", in_path(ANN)), json!({ "roles": [id] })).await, 204);
    }

    /// Somebody whose account is closed to the address that calls come from here.
    async fn closed_account(&self) {
        let eve = json!({
            "connection": "Username-Password-Authentication", "email": "eve@example.com", "password": PASSWORD,
        });
        self.create("/users", eve).await;
        for _ in 0..10 {
            self.api.app.browser().log_in(&shop().request(), "eve@example.com", "wrong").await;
        }
    }

    /// A code that was not exchanged, and tokens for one that was.
    async fn tokens(&mut self) {
        let (app, shop) = (self.api.app.clone(), shop());
        let request = shop.request().scope("openid profile email offline_access");
        let mut browser = app.browser();
        let answer = browser.log_in(&request, "ann@example.com", PASSWORD).await.answer();
        let tokens = shop.exchange(&app, answer.code()).await.json();
        self.name(ACCESS_TOKEN, &tokens["access_token"]);
        self.name("tGzv3JOkF0XG5Qx2TlKWIA", &tokens["refresh_token"]);
        let answer = browser.authorize(&request).await.answer();
        self.name("SplxlOBeZQQYbYS6WxSbIA", &answer.code().into());
    }

    async fn keys(&mut self) {
        self.create("/keys/signing/rotate", json!({})).await;
        let keys = expect(&self.api.get("/keys/signing").await, 200);
        let previous = keys.as_array().expect("a list").iter().find(|key| key["previous"] == true);
        self.name("previous", &previous.expect("a key that was rotated out")["kid"]);
    }

    async fn create(&self, path: &str, body: Value) -> Value {
        expect(&self.api.post(path, body).await, 201)
    }

    fn name(&mut self, example: &'static str, real: &Value) {
        self.ids.push((example, real.as_str().expect("an id").to_owned()));
    }

    /// A text of an example, with the ids that are real here.
    pub(super) fn real(&self, text: &str) -> String {
        self.ids.iter().fold(text.to_owned(), |text, (example, real)| text.replace(example, real))
    }

    /// The same for everything in a body.
    pub(super) fn real_value(&self, value: &Value) -> Value {
        serde_json::from_str(&self.real(&value.to_string())).expect("ids need no escapes")
    }
}

/// The application that people sign in at.
fn shop() -> RelyingParty {
    RelyingParty {
        client_id: ClientId::new("shop"),
        secret: Some(SHOP_SECRET.to_owned()),
        redirect_uri: SHOP_CALLBACK.to_owned(),
    }
}
