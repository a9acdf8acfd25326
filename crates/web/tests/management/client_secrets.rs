//! Secrets of clients that may do more than the caller: whoever knows or sets one is as mighty as its client.

use http::Method;
use serde_json::{Value, json};
use testkit::{App, RelyingParty};

use crate::api::{Api, call, each, expect, expect_refusal, machine, machine_token};

const MANAGEMENT: &str = "https://id.test/api/v2/";
const KEYS: &str = "read:clients read:client_keys update:clients update:client_keys";

/// A caller that may read and set secrets, beside a client that holds one scope more and one that holds two fewer.
struct Clients {
    all: Api,
    caller: Api,
    mightier: RelyingParty,
    lesser: RelyingParty,
}

impl Clients {
    async fn new() -> Self {
        let all = Api::new().await;
        let caller = all.with_scopes(KEYS).await;
        let mightier = holder(&all.app, "mightier", &format!("{KEYS} read:logs")).await;
        let lesser = holder(&all.app, "lesser", "read:clients update:clients").await;
        machine(&all.app, "without").await;
        Clients { all, caller, mightier, lesser }
    }

    /// The mightier clients, and what the caller would gain with their secrets.
    async fn beyond(&self) -> [(RelyingParty, String); 2] {
        let bootstrap = self.all.app.bootstrap_client();
        let grants = expect(&self.all.get("/client-grants?client_id=bootstrap").await, 200);
        let scopes = grants[0]["scope"].as_array().expect("a list of scopes").iter().filter_map(Value::as_str);
        let lacking: Vec<_> = scopes.filter(|scope| !KEYS.split(' ').any(|own| own == *scope)).collect();
        [(self.mightier.clone(), "read:logs".to_owned()), (bootstrap, lacking.join(","))]
    }
}

async fn holder(app: &App, name: &str, scope: &str) -> RelyingParty {
    let client = machine(app, name).await;
    app.add_client_grant(&client, MANAGEMENT, scope).await;
    client
}

fn shows_secret(client: &Value) -> bool {
    client.get("client_secret").is_some()
}

#[tokio::test]
async fn ad_02_a_secret_of_a_mightier_client_is_not_shown() {
    let clients = Clients::new().await;
    let before = clients.all.app.dump().await;
    for (client, _) in clients.beyond().await {
        let path = format!("/clients/{}", client.client_id);
        assert!(!shows_secret(&expect(&clients.caller.get(&path).await, 200)), "{path}");
        let projected = expect(&clients.caller.get(&format!("{path}?fields=client_secret")).await, 200);
        assert_eq!(projected, json!({}), "{path}");
        assert!(shows_secret(&expect(&clients.all.get(&path).await, 200)), "{path}");
    }
    let list = expect(&clients.caller.get("/clients").await, 200);
    let known: Value = list.as_array().unwrap().iter().filter(|client| shows_secret(client)).cloned().collect();
    let mut known = each(&known, "client_id");
    known.sort_unstable();
    let caller = format!("machine-{}", KEYS.replace([':', ' '], "-"));
    assert_eq!(known, ["lesser", &caller, "without"], "the bootstrap client and the mightier one are not among them");
    assert_eq!(each(&list, "client_id").len(), 5);
    clients.all.app.assert_unchanged_since(&before).await;
}

#[tokio::test]
async fn ad_05_a_secret_of_a_mightier_client_is_neither_set_nor_rotated() {
    let clients = Clients::new().await;
    let app = &clients.all.app;
    for (client, lacking) in clients.beyond().await {
        let before = app.dump().await;
        let path = format!("/clients/{}", client.client_id);
        let message = format!("Insufficient scope, cannot grant what the token does not have: {lacking}");
        let chosen = "n".repeat(40);
        for answer in [
            clients.caller.patch(&path, json!({"client_secret": chosen})).await,
            clients.caller.patch(&path, json!({"client_secret": chosen, "name": "taken over"})).await,
            clients.caller.post(&format!("{path}/rotate-secret"), json!({})).await,
        ] {
            expect_refusal(&answer, 403, Some("insufficient_scope"), &message);
        }
        app.assert_unchanged_since(&before).await;
        machine_token(app, &client, MANAGEMENT).await;
        // The rest of it is the caller's to change, and the secret is not told on that occasion.
        let renamed = expect(&clients.caller.patch(&path, json!({"name": "renamed"})).await, 200);
        assert!(renamed["name"] == "renamed" && !shows_secret(&renamed), "{renamed}");
    }
    assert!(app.events_of("sapi").await.iter().all(|event| event.details["operation"] != "rotate_client_secret"));
}

#[tokio::test]
async fn a_client_that_may_do_no_more_is_the_caller_s_to_administer() {
    let clients = Clients::new().await;
    for id in [clients.lesser.client_id.as_str(), "without"] {
        let path = format!("/clients/{id}");
        let rotated = expect(&clients.caller.post(&format!("{path}/rotate-secret"), json!({})).await, 200);
        assert_eq!(expect(&clients.caller.get(&path).await, 200)["client_secret"], rotated["client_secret"]);
        let changed = expect(&clients.caller.patch(&path, json!({"client_secret": "n".repeat(40)})).await, 200);
        assert_eq!(changed["client_secret"], "n".repeat(40));
    }
}

/// What counts is what the token carries, and not what its client may have been granted since or before.
#[tokio::test]
async fn ad_05_a_token_with_fewer_scopes_than_its_client_is_measured_by_its_own() {
    let clients = Clients::new().await;
    let app = &clients.all.app;
    let fields = [("grant_type", "client_credentials"), ("audience", MANAGEMENT), ("scope", KEYS)];
    let narrow = app.token(&clients.mightier.with_credentials(&fields)).await.text("access_token");
    let before = app.dump().await;
    let path = format!("/clients/{}", clients.mightier.client_id);
    assert!(!shows_secret(&expect(&call(app, Method::GET, &path, Some(&narrow), String::new()).await, 200)));
    let rotate = format!("{path}/rotate-secret");
    expect(&call(app, Method::POST, &rotate, Some(&narrow), "{}".to_owned()).await, 403);
    app.assert_unchanged_since(&before).await;
    let whole = machine_token(app, &clients.mightier, MANAGEMENT).await;
    expect(&call(app, Method::POST, &rotate, Some(&whole), "{}".to_owned()).await, 200);
}
