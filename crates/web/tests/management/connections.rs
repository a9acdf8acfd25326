//! `/connections`.

use model::ConnectionId;
use model::connection::Connection;
use model::user::PasswordCredential;
use serde_json::{Value, json};
use testkit::source::LyingServer;
use testkit::{Dump, for_each_engine, native};

use crate::api::{Api, each, expect, expect_refusal};

fn source(issuer: &str) -> Value {
    json!({"strategy": "auth0", "issuer": issuer, "client_id": "broker", "client_secret": "a secret of the source",
        "realm": "Users", "just_in_time": true})
}

/// A connection with a source, as its creation was answered, and its path.
async fn moving(api: &Api, server: &LyingServer) -> (Value, String) {
    let body = json!({"name": "people", "strategy": "auth0", "options": {"source": source(&server.issuer())}});
    let created = expect(&api.post("/connections", body).await, 201);
    let path = format!("/connections/{}", created["id"].as_str().expect("an id"));
    (created, path)
}

/// The sealed secret of the only connection, in the engine's spelling of bytes.
fn sealed(dump: &Dump) -> Option<&str> {
    let columns = dump.rows("connections")[0].split([',', ' ', '"', ')']);
    columns.into_iter().find(|column| column.starts_with("X'") || column.contains("\\x"))
}

#[tokio::test]
async fn a_connection_lives_from_its_creation_to_its_deletion() {
    for_each_engine(async |app| {
        let api = Api::on(app).await;
        for id in ["shop", "blog"] {
            expect(&api.post("/clients", json!({"name": id, "client_id": id})).await, 201);
        }
        let body = json!({"name": "People-1", "strategy": "auth0", "enabled_clients": ["shop"],
            "options": {"disable_signup": true, "passwordPolicy": "excellent"}});
        let created = expect(&api.post("/connections", body.clone()).await, 201);
        let options = json!({"disable_signup": true, "brute_force_protection": true, "passwordPolicy": "excellent"});
        assert_eq!((&created["options"], &created["realms"]), (&options, &json!(["People-1"])));
        assert_eq!(created["enabled_clients"], json!(["shop"]));
        let again = api.post("/connections", body).await;
        expect_refusal(&again, 409, Some("connection_exists"), "The connection already exists.");

        let path = format!("/connections/{}", created["id"].as_str().unwrap());
        assert_eq!(expect(&api.get(&path).await, 200), created);
        let changed = expect(
            &api.patch(&path, json!({"options": {"passwordPolicy": null}, "display_name": "People"})).await,
            200,
        );
        let options = json!({"disable_signup": false, "brute_force_protection": true, "passwordPolicy": "good"});
        assert_eq!((&changed["options"], &changed["display_name"]), (&options, &json!("People")));
        assert_eq!(changed["enabled_clients"], json!(["shop"]));

        let clients = json!([{"client_id": "blog", "status": true}, {"client_id": "shop", "status": false}]);
        expect(&api.patch(&format!("{path}/clients"), clients).await, 204);
        let listed = expect(&api.get(&format!("{path}/clients?take=1000")).await, 200);
        assert_eq!(listed, json!({"clients": [{"client_id": "blog"}]}));
        assert_eq!(expect(&api.get(&format!("{path}/status")).await, 200), json!({"online": true}));
        let found =
            expect(&api.get("/connections?strategy=auth0&name=People-1&include_totals=true&take=50").await, 200);
        assert_eq!(each(&found["connections"], "name"), ["People-1"]);

        expect(&api.delete(&path).await, 204);
        expect(&api.delete(&path).await, 204);
        let gone = api.get(&path).await;
        expect_refusal(&gone, 404, Some("inexistent_connection"), "The connection does not exist.");
    })
    .await;
}

#[tokio::test]
async fn the_clients_of_a_connection_come_in_pages() {
    let api = Api::new().await;
    let ids = ["a", "b", "c"];
    for id in ids {
        expect(&api.post("/clients", json!({"name": id, "client_id": id})).await, 201);
    }
    let body = json!({"name": "people", "strategy": "auth0", "enabled_clients": ids});
    let id = expect(&api.post("/connections", body).await, 201)["id"].as_str().unwrap().to_owned();
    let first = expect(&api.get(&format!("/connections/{id}/clients?take=2")).await, 200);
    assert_eq!(each(&first["clients"], "client_id"), ["a", "b"]);
    let next = first["next"].as_str().unwrap();
    let last = expect(&api.get(&format!("/connections/{id}/clients?take=2&from={next}")).await, 200);
    assert_eq!(last, json!({"clients": [{"client_id": "c"}]}));
}

#[tokio::test]
async fn deleting_a_connection_deletes_its_users() {
    let api = Api::new().await;
    let people = api.app.add_connection("people", &[], |_| {}).await;
    let others = api.app.add_connection("others", &[], |_| {}).await;
    for number in 0..201 {
        let credential = (number == 0).then(|| native("a long enough password"));
        api.app.add_user(&people, &format!("auth0|{number}"), &format!("{number}@x.test"), credential).await;
    }
    let kept = api.app.add_user(&others, "auth0|kept", "kept@x.test", None).await;
    let one = api.app.add_user(&others, "auth0|one", "one@x.test", None).await;
    expect(&api.delete("/connections/con_others/users?email=ONE@x.test").await, 204);
    expect(&api.delete("/connections/con_others/users?email=0@x.test").await, 204);
    assert!(api.app.find_user(&one).await.is_none());
    expect(&api.delete("/connections/con_people").await, 204);
    let dump = api.app.dump().await;
    assert_eq!((dump.rows("users").len(), dump.rows("identities").len(), dump.rows("passwords").len()), (1, 1, 0));
    assert!(api.app.find_user(&kept).await.is_some());
    let events = api.app.events_of("sapi").await;
    let event = events.iter().find(|event| event.details["operation"] == "delete_connection").expect("it was recorded");
    assert_eq!(event.details["users_deleted"], 201);
}

#[tokio::test]
async fn a_source_is_shown_without_its_secret_and_keeps_it() {
    let api = Api::new().await;
    let server = LyingServer::start().await;
    let (created, path) = moving(&api, &server).await;
    let shown = json!({"strategy": "auth0", "name": "people", "issuer": server.issuer(), "client_id": "broker",
        "realm": "Users", "read_profiles": false, "enabled": true, "just_in_time": true, "timeout_ms": 5000,
        "max_concurrency": 32, "breaker_failures": 5, "breaker_open_ms": 10000});
    assert_eq!(created["options"]["source"], shown);
    let before = api.app.dump().await;
    assert!(!before.contains("a secret of the source"));

    // Repeated as it was shown, it keeps its secret.
    let mut changed = shown.clone();
    changed["timeout_ms"] = 100.into();
    expect(&api.patch(&path, json!({"options": {"source": changed}})).await, 200);
    assert!(sealed(&before).is_some());
    assert_eq!(sealed(&api.app.dump().await), sealed(&before));
}

/// By whatever way a connection is shown, to whoever may do everything.
#[tokio::test]
async fn mg_17_the_secret_at_a_source_is_sealed_and_shown_to_nobody() {
    for_each_engine(async |app| {
        let api = Api::on(app).await;
        let server = LyingServer::start().await;
        let (created, path) = moving(&api, &server).await;
        let client = json!({"enabled_clients": ["bootstrap"]});
        let mut shown = vec![created, expect(&api.patch(&path, client).await, 200)];
        for question in
            ["", "?fields=options", "?fields=client_secret,options.source.client_secret", "?include_fields=true"]
        {
            shown.push(expect(&api.get(&format!("{path}{question}")).await, 200));
        }
        for list in ["/connections", "/connections?include_totals=true&fields=options", "/logs", "/clients/bootstrap"] {
            shown.push(expect(&api.get(list).await, 200));
        }
        for answer in shown {
            let text = answer.to_string();
            assert!(!text.contains("a secret of the source") && !text.contains("sealed"), "{text}");
        }
        let events = serde_json::to_string(&api.app.events().await).unwrap();
        assert!(!events.contains("a secret of the source"), "{events}");
        let dump = api.app.dump().await;
        assert!(sealed(&dump).is_some() && !dump.contains("a secret of the source"));
    })
    .await;
}

/// Auth0's tools send all the options they know of, and know of no source.
#[tokio::test]
async fn options_that_do_not_mention_the_source_leave_it_alone() {
    for_each_engine(async |app| {
        let api = Api::on(app).await;
        let server = LyingServer::start().await;
        let (created, path) = moving(&api, &server).await;
        let before = api.app.dump().await;
        let tools = json!({"disable_signup": true, "passwordPolicy": "fair", "import_mode": false});
        for options in [tools, json!({})] {
            let changed = expect(&api.patch(&path, json!({ "options": &options })).await, 200);
            assert_eq!(changed["options"]["source"], created["options"]["source"]);
            assert_eq!(changed["options"]["disable_signup"], options.get("disable_signup").is_some(), "replaced whole");
        }
        assert_eq!(expect(&api.get(&path).await, 200)["options"], created["options"]);
        assert!(sealed(&before).is_some());
        assert_eq!(sealed(&api.app.dump().await), sealed(&before));
    })
    .await;
}

#[tokio::test]
async fn a_source_is_removed_by_name_once_it_holds_nobody_s_password() {
    for_each_engine(async |app| {
        let api = Api::on(app).await;
        let server = LyingServer::start().await;
        let (created, path) = moving(&api, &server).await;
        let connection = Connection::new(ConnectionId::new(created["id"].as_str().unwrap()), "people", api.app.now());
        let held = || Some(PasswordCredential::Source { source: "people".to_owned() });
        let ann = api.app.add_user(&connection, "auth0|ann", "ann@x.test", held()).await;
        let bob = api.app.add_user(&connection, "auth0|bob", "bob@x.test", held()).await;
        api.app.add_user(&connection, "auth0|eve", "eve@x.test", Some(native("a long enough password"))).await;
        let remove = json!({"options": {"source": null}});
        for (people, user) in [(2, &ann), (1, &bob)] {
            let before = api.app.dump().await;
            let message = format!(
                "The source people still holds the passwords of {people} people, who could not sign in without it. \
                 With enabled set to false it is not asked and nothing is lost."
            );
            expect_refusal(&api.patch(&path, remove.clone()).await, 409, Some("source_in_use"), &message);
            api.app.assert_unchanged_since(&before).await;
            api.app.change_password(user, &native("a long enough password")).await;
        }
        for _ in 0..2 {
            let without = expect(&api.patch(&path, remove.clone()).await, 200);
            assert_eq!(without["options"].get("source"), None);
            assert_eq!(sealed(&api.app.dump().await), None, "its secret is gone with it");
        }
    })
    .await;
}

#[tokio::test]
async fn a_source_s_secret_is_not_sent_to_another_server() {
    let api = Api::new().await;
    let server = LyingServer::start().await;
    let (_, path) = moving(&api, &server).await;
    let before = api.app.dump().await;
    let thief = LyingServer::start().await;
    for (property, value) in [("issuer", thief.issuer()), ("client_id", "other".to_owned())] {
        let mut moved = source(&server.issuer());
        moved.as_object_mut().unwrap().remove("client_secret");
        moved[property] = value.into();
        let refused = api.patch(&path, json!({"options": {"source": moved}})).await;
        let message = "Payload validation error: options.source.client_secret must be given together with a new issuer or client_id";
        expect_refusal(&refused, 400, Some("invalid_body"), message);
    }
    api.app.assert_unchanged_since(&before).await;
}

#[tokio::test]
async fn ad_04_what_a_connection_cannot_be_is_refused() {
    let api = Api::new().await;
    let server = LyingServer::start().await;
    let body = json!({"name": "taken", "strategy": "auth0", "options": {"source": source(&server.issuer())}});
    expect(&api.post("/connections", body).await, 201);
    let before = api.app.dump().await;
    let with_source = |property: &str, value: Value| {
        let mut source = source(&server.issuer());
        source[property] = value;
        json!({"name": "people", "strategy": "auth0", "options": {"source": source}})
    };
    let cases = [
        (json!({"name": "people"}), "Missing required property: strategy"),
        (
            json!({"name": "people", "strategy": "samlp"}),
            "strategy must be auth0 or one of oidc, auth0-oidc, okta, waad, google-apps, google-oauth2, github, \
             windowslive, apple",
        ),
        (
            json!({"name": "two words", "strategy": "auth0"}),
            "name must have at most 128 letters and digits, with single hyphens between them",
        ),
        (
            json!({"name": "people", "strategy": "auth0", "enabled_clients": ["nobody"]}),
            "enabled_clients names a client that does not exist: nobody",
        ),
        (
            json!({"name": "people", "strategy": "auth0", "options": {"customScripts": {}}}),
            "Additional properties not allowed: options.customScripts",
        ),
        (
            json!({"name": "people", "strategy": "auth0", "options": {"import_mode": true}}),
            "options.import_mode can only be false in this version",
        ),
        (
            with_source("strategy", json!("ldap")),
            "options.source.strategy must be auth0: this version knows no other source",
        ),
        (
            with_source("issuer", json!("http://old.example/")),
            "options.source.issuer is refused: the issuer must be an https URL",
        ),
        (
            with_source("issuer", json!("https://10.0.0.1/")),
            "options.source.issuer is refused: the issuer's host is in a private network that this deployment does not allow",
        ),
        (with_source("issuer", json!("https://id.test/")), "options.source.issuer must not be this server itself"),
        (with_source("domain", json!("old.example")), "options.source.domain must not stand beside issuer"),
        (
            with_source("client_secret", json!("")),
            "options.source.client_secret must have between 1 and 1024 characters",
        ),
        (with_source("timeout_ms", json!(99)), "options.source.timeout_ms must be between 100 and 30000"),
        (with_source("max_concurrency", json!(1001)), "options.source.max_concurrency must be between 1 and 1000"),
        (with_source("name", json!("taken")), "options.source.name is the name of another connection's source"),
        (with_source("password", json!("x")), "Additional properties not allowed: options.source.password"),
    ];
    for (body, message) in cases {
        let message = format!("Payload validation error: {message}");
        expect_refusal(&api.post("/connections", body).await, 400, Some("invalid_body"), &message);
    }
    api.app.assert_unchanged_since(&before).await;
}

#[tokio::test]
async fn a_connection_keeps_its_name_and_its_source_s_name() {
    let api = Api::new().await;
    let server = LyingServer::start().await;
    let (_, path) = moving(&api, &server).await;
    let before = api.app.dump().await;
    let mut renamed = source(&server.issuer());
    renamed["name"] = "other".into();
    let cases = [
        (json!({"name": "x"}), "Additional properties not allowed: name"),
        (json!({"strategy": "auth0"}), "Additional properties not allowed: strategy"),
        (
            json!({"options": {"source": renamed}}),
            "options.source.name cannot change, because people's passwords refer to the source by it",
        ),
    ];
    for (change, message) in cases {
        let message = format!("Payload validation error: {message}");
        expect_refusal(&api.patch(&path, change).await, 400, Some("invalid_body"), &message);
    }
    let clients = json!([{"client_id": "bootstrap", "status": true}, {"client_id": "nobody", "status": true}]);
    let refused = api.patch(&format!("{path}/clients"), clients).await;
    let message = "Payload validation error: client_id names a client that does not exist: nobody";
    expect_refusal(&refused, 400, Some("invalid_body"), message);
    api.app.assert_unchanged_since(&before).await;
}
