//! The permissions of roles and of users.

use http::Method;
use model::UserId;
use serde_json::{Value, json};
use testkit::{App, for_each_engine};

use crate::api::{Api, each, expect, expect_refusal, in_path, recorded};

const ORDERS: &str = "https://orders.test/";
const STOCK: &str = "https://stock.test/";
const MANAGEMENT: &str = "https://id.test/api/v2/";

/// A caller, two APIs, the person `auth0|ann` and a role, whose id is given.
async fn world(app: App) -> (Api, String) {
    let connection = app.add_connection("people", &[], |_| {}).await;
    app.add_user(&connection, "auth0|ann", "ann@x.test", None).await;
    app.add_api(ORDERS, &["read", "write"], |api| {
        "Orders".clone_into(&mut api.name);
        api.scopes[0].description = Some("See orders".to_owned());
    })
    .await;
    app.add_api(STOCK, &["read"], |_| {}).await;
    let api = Api::on(app).await;
    let role = expect(&api.post("/roles", json!({ "name": "Clerk" })).await, 200);
    (api, role["id"].as_str().expect("an id").to_owned())
}

fn named(permissions: &[(&str, &str)]) -> Value {
    let one = |(api, name): &(&str, &str)| json!({ "resource_server_identifier": api, "permission_name": name });
    json!({ "permissions": permissions.iter().map(one).collect::<Vec<_>>() })
}

fn of_ann(what: &str) -> String {
    format!("/users/{}/{what}", in_path("auth0|ann"))
}

async fn delete_with(api: &Api, path: &str, body: Value) -> (u16, String) {
    let answer = api.send(Method::DELETE, path, Some(body)).await;
    (answer.status.as_u16(), answer.body)
}

#[tokio::test]
async fn a_role_permits_what_apis_offer() {
    for_each_engine(async |app| {
        let (api, role) = world(app).await;
        let path = format!("/roles/{role}/permissions");
        let given = api.post(&path, named(&[(STOCK, "read"), (ORDERS, "read"), (ORDERS, "read")])).await;
        assert_eq!((given.status.as_u16(), given.body.as_str()), (201, ""));
        let orders = json!({
            "resource_server_identifier": ORDERS, "permission_name": "read", "resource_server_name": "Orders",
            "description": "See orders",
        });
        let stock = json!({
            "resource_server_identifier": STOCK, "permission_name": "read", "resource_server_name": STOCK,
        });
        assert_eq!(expect(&api.get(&path).await, 200), json!([orders, stock]));
        let page = expect(&api.get(&format!("{path}?per_page=1&page=1&include_totals=true")).await, 200);
        assert_eq!(page, json!({ "start": 1, "limit": 1, "total": 2, "permissions": [stock] }));
        assert_eq!(expect(&api.get(&format!("{path}?page=1")).await, 200), json!([]));

        assert_eq!(delete_with(&api, &path, named(&[(ORDERS, "read")])).await, (200, String::new()));
        assert_eq!(delete_with(&api, &path, named(&[(ORDERS, "gone")])).await, (200, String::new()));
        assert_eq!(expect(&api.get(&path).await, 200), json!([stock]));
        let recorded = recorded(&api.app).await;
        let told: Vec<_> = recorded.iter().map(|(operation, _)| operation.as_str()).collect();
        assert_eq!(told, ["add_role_permissions", "create_role", "remove_role_permissions"]);
        assert_eq!(recorded[2].1["permissions"], named(&[(ORDERS, "read")])["permissions"]);
    })
    .await;
}

#[tokio::test]
async fn a_person_is_permitted_the_union_of_what_is_theirs_and_what_roles_bring() {
    for_each_engine(async |app| {
        let (api, role) = world(app).await;
        let brought = named(&[(ORDERS, "read"), (STOCK, "read")]);
        expect(&api.post(&format!("/roles/{role}/permissions"), brought).await, 201);
        expect(&api.post(&of_ann("roles"), json!({ "roles": [role] })).await, 204);
        let own = named(&[(ORDERS, "write"), (ORDERS, "read")]);
        assert_eq!(expect(&api.post(&of_ann("permissions"), own).await, 201), Value::Null);

        let direct = json!({ "source_id": "", "source_name": "", "source_type": "DIRECT" });
        let by_role = json!({ "source_id": role, "source_name": "Clerk", "source_type": "ROLE" });
        let held = expect(&api.get(&of_ann("permissions")).await, 200);
        assert_eq!(each(&held, "permission_name"), ["read", "write", "read"]);
        assert_eq!(each(&held, "resource_server_identifier"), [ORDERS, ORDERS, STOCK]);
        let sources: Vec<_> = held.as_array().unwrap().iter().map(|held| held["sources"].clone()).collect();
        assert_eq!(sources, [json!([direct, by_role]), json!([direct]), json!([by_role])]);

        let query = format!("resource_server_identifier={}", in_path(ORDERS));
        let first = expect(&api.get(&format!("{}?{query}&take=1", of_ann("effective-permissions"))).await, 200);
        assert_eq!(first["permissions"][0]["sources"], json!(["direct", "roles"]));
        let from = first["next"].as_str().unwrap();
        let second =
            expect(&api.get(&format!("{}?{query}&take=1&from={from}", of_ann("effective-permissions"))).await, 200);
        assert_eq!((each(&second["permissions"], "permission_name"), second.get("next")), (vec!["write"], None));

        let taken = named(&[(ORDERS, "read"), (ORDERS, "write")]);
        assert_eq!(delete_with(&api, &of_ann("permissions"), taken).await, (204, String::new()));
        let held = expect(&api.get(&of_ann("permissions")).await, 200);
        assert_eq!(held[0]["sources"], json!([by_role]));
        assert_eq!(each(&held, "resource_server_identifier"), [ORDERS, STOCK]);
    })
    .await;
}

#[tokio::test]
async fn ad_03_what_is_not_there_refuses_the_whole_call() {
    for_each_engine(async |app| {
        let (api, role) = world(app).await;
        let before = api.app.dump().await;
        let good = (ORDERS, "read");
        for path in [format!("/roles/{role}/permissions"), of_ann("permissions")] {
            let unknown = api.post(&path, named(&[good, (ORDERS, "delete")])).await;
            let message = format!("Payload validation error: permissions names delete, which {ORDERS} does not offer");
            expect_refusal(&unknown, 400, Some("invalid_body"), &message);
            let unknown = api.post(&path, named(&[good, ("https://nothing.test/", "read")])).await;
            let message = "The resource server does not exist.";
            expect_refusal(&unknown, 404, Some("inexistent_resource_server"), message);
        }
        for method in [Method::GET, Method::POST, Method::DELETE] {
            let path = "/roles/rol_nothing/permissions";
            let answer = api.send(method.clone(), path, Some(named(&[good]))).await;
            expect_refusal(&answer, 404, Some("inexistent_role"), "The role does not exist.");
            let answer = api.send(method, "/users/nobody/permissions", Some(named(&[good]))).await;
            expect_refusal(&answer, 404, Some("inexistent_user"), "The user does not exist.");
        }
        let missing = "Query validation error: resource_server_identifier is missing";
        let answer = api.get(&of_ann("effective-permissions")).await;
        expect_refusal(&answer, 400, Some("invalid_query_string"), missing);
        api.app.assert_unchanged_since(&before).await;
    })
    .await;
}

#[tokio::test]
async fn ad_05_nobody_is_permitted_anything_at_the_management_api() {
    let (api, role) = world(App::new().await).await;
    let before = api.app.dump().await;
    for path in [format!("/roles/{role}/permissions"), of_ann("permissions")] {
        let answer = api.post(&path, named(&[(ORDERS, "read"), (MANAGEMENT, "read:users")])).await;
        let message = "permissions must not be for the Management API, which people cannot call";
        expect_refusal(&answer, 400, Some("invalid_body"), &format!("Payload validation error: {message}"));
    }
    api.app.assert_unchanged_since(&before).await;
}

#[tokio::test]
async fn ad_04_permissions_are_named_in_one_way_and_in_bounds() {
    let (api, role) = world(App::new().await).await;
    let many: Vec<String> = (0..1001).map(|number| format!("p{number:04}")).collect();
    let scopes: Vec<&str> = many.iter().map(String::as_str).collect();
    api.app.add_api("https://large.test/", &scopes, |_| {}).await;
    let all: Vec<_> = many.iter().map(|name| ("https://large.test/", name.as_str())).collect();
    let path = format!("/roles/{role}/permissions");
    expect(&api.post(&path, named(&all[..1000])).await, 201);
    let before = api.app.dump().await;
    let cases = [
        (json!({}), "Missing required property: permissions"),
        (json!({ "permissions": [] }), "permissions must not be empty"),
        (named(&all), "permissions must not have more than 1000 entries"),
        (named(&all[1000..]), "permissions would make more than 1000"),
        (
            json!({ "permissions": [{ "permission_name": "read" }] }),
            "Missing required property: permissions[0].resource_server_identifier",
        ),
        (
            json!({ "permissions": [{ "permission_name": "read", "resource_server_identifier": ORDERS, "x": 1 }] }),
            "Additional properties not allowed: permissions[0].x",
        ),
    ];
    for (body, message) in cases {
        let message = format!("Payload validation error: {message}");
        expect_refusal(&api.post(&path, body).await, 400, Some("invalid_body"), &message);
    }
    api.app.assert_unchanged_since(&before).await;
}

#[tokio::test]
async fn what_an_api_withdraws_is_permitted_no_more_even_if_it_comes_back() {
    for_each_engine(async |app| {
        let (api, role) = world(app).await;
        let path = format!("/roles/{role}/permissions");
        let both = named(&[(ORDERS, "read"), (ORDERS, "write"), (STOCK, "read")]);
        expect(&api.post(&path, both.clone()).await, 201);
        expect(&api.post(&of_ann("permissions"), both).await, 201);
        let orders = format!("/resource-servers/{}", in_path(ORDERS));
        expect(&api.patch(&orders, json!({ "scopes": [{ "value": "write" }] })).await, 200);
        expect(&api.patch(&orders, json!({ "scopes": [{ "value": "read" }, { "value": "write" }] })).await, 200);
        for path in [&path, &of_ann("permissions")] {
            let held = expect(&api.get(path).await, 200);
            assert_eq!(each(&held, "permission_name"), ["write", "read"], "{path}");
            assert_eq!(each(&held, "resource_server_identifier"), [ORDERS, STOCK], "{path}");
        }
        expect(&api.delete(&orders).await, 204);
        for path in [&path, &of_ann("permissions")] {
            assert_eq!(each(&expect(&api.get(path).await, 200), "resource_server_identifier"), [STOCK], "{path}");
        }
        api.app.delete_user(&UserId::new("auth0|ann")).await;
        expect(&api.delete(&format!("/roles/{role}")).await, 200);
        let dump = api.app.dump().await;
        for table in ["roles", "role_permissions", "user_roles", "user_permissions"] {
            assert!(dump.rows(table).is_empty(), "{table}");
        }
    })
    .await;
}
