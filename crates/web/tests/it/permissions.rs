//! What tokens say for APIs that enforce policies.

use model::resource_server::{ResourceServer, TokenDialect};
use protocol::client_metadata::{GrantType, RotationType};
use serde_json::{Value, json};
use testkit::{Answer, App, AuthorizationUrl, for_each_engine};

use crate::site::{API, EMAIL, PASSWORD, Site, claims};

const BOTH: &str = "openid read:notes write:notes offline_access";

fn strict(api: &mut ResourceServer) {
    api.enforce_policies = true;
    api.token_dialect = TokenDialect::AccessTokenAuthz;
}

/// A site whose API enforces policies and tells permissions.
async fn site(app: App) -> Site {
    let site = Site::on(app).await;
    site.app.change_api(API, strict).await;
    site
}

fn asking(site: &Site, scope: &str) -> AuthorizationUrl {
    site.client.request().scope(scope).with("audience", API)
}

async fn tokens(site: &Site, scope: &str) -> Answer {
    let code = site.code_for(&asking(site, scope)).await;
    let tokens = site.client.exchange(&site.app, &code).await;
    assert_eq!(tokens.status, 200, "{}", tokens.body);
    tokens
}

/// Panics unless the answer and its access token allow this and the token tells these permissions.
#[track_caller]
fn check(tokens: &Answer, scope: &str, permissions: &Value) {
    let access = claims(&tokens.text("access_token"));
    assert_eq!((access["scope"].as_str(), tokens.json()["scope"].as_str()), (Some(scope), Some(scope)));
    assert_eq!(access.get("permissions").unwrap_or(&Value::Null), permissions);
}

#[tokio::test]
async fn az_23_people_are_granted_what_they_are_permitted_and_nothing_else() {
    for_each_engine(async |app| {
        let site = site(app).await;
        let nothing = tokens(&site, "openid email read:notes write:notes").await;
        check(&nothing, "openid email", &json!([]));
        let reader = site.app.add_role("reader", API, &["read:notes"]).await;
        site.app.assign_role(&site.ada, &reader).await;
        check(&tokens(&site, BOTH).await, "openid read:notes offline_access", &json!(["read:notes"]));
        site.app.permit(&site.ada, API, &["read:notes", "write:notes"]).await;
        check(&tokens(&site, BOTH).await, BOTH, &json!(["read:notes", "write:notes"]));
        // What was not asked for is told, and not allowed.
        check(&tokens(&site, "openid read:notes").await, "openid read:notes", &json!(["read:notes", "write:notes"]));
    })
    .await;
}

#[tokio::test]
async fn permissions_are_of_one_person_at_one_api() {
    let site = site(App::new().await).await;
    let other = site.app.add_user(&site.connection, "auth0|other", "other@x.io", None).await;
    site.app.add_api("https://other.test/", &["read:notes"], strict).await;
    site.app.permit(&site.ada, "https://other.test/", &["read:notes"]).await;
    site.app.permit(&other, API, &["read:notes"]).await;
    check(&tokens(&site, "openid read:notes").await, "openid", &json!([]));
}

#[tokio::test]
async fn a_role_that_is_taken_away_is_gone_from_the_next_token() {
    for_each_engine(async |app| {
        let site = site(app).await;
        let writer = site.app.add_role("writer", API, &["write:notes"]).await;
        site.app.permit(&site.ada, API, &["read:notes"]).await;
        site.app.assign_role(&site.ada, &writer).await;
        let first = tokens(&site, BOTH).await;
        check(&first, BOTH, &json!(["read:notes", "write:notes"]));
        site.app.take_role(&site.ada, &writer).await;
        let second = site.client.refresh(&site.app, &first.text("refresh_token")).await;
        check(&second, "openid read:notes offline_access", &json!(["read:notes"]));
        let told = site.client.introspect(&site.app, &second.text("access_token")).await.json();
        assert_eq!(told["scope"], "openid read:notes offline_access");
        // Given back, it is there again, as far as it was asked for when the person signed in.
        site.app.assign_role(&site.ada, &writer).await;
        let third = site.client.refresh(&site.app, &second.text("refresh_token")).await;
        check(&third, BOTH, &json!(["read:notes", "write:notes"]));
        assert_eq!(site.app.userinfo(&third.text("access_token")).await.json(), json!({ "sub": "auth0|ada" }));
        let exchanged = site.app.events_of("sertft").await;
        let mut scopes: Vec<_> = exchanged.iter().filter_map(|event| event.scope.as_deref()).collect();
        scopes.sort_unstable();
        assert_eq!(scopes, ["openid read:notes offline_access", BOTH]);
    })
    .await;
}

#[tokio::test]
async fn a_refresh_token_that_does_not_rotate_brings_what_is_permitted_now() {
    let site = site(App::new().await).await;
    let fixed = |client: &mut model::client::Client| client.refresh_token.rotation_type = RotationType::NonRotating;
    site.app.change_client(&site.client.client_id, fixed).await;
    let reader = site.app.add_role("reader", API, &["read:notes"]).await;
    site.app.assign_role(&site.ada, &reader).await;
    let first = tokens(&site, BOTH).await;
    check(&first, "openid read:notes offline_access", &json!(["read:notes"]));
    site.app.take_role(&site.ada, &reader).await;
    let next = site.client.refresh(&site.app, &first.text("refresh_token")).await;
    check(&next, "openid offline_access", &json!([]));
}

#[tokio::test]
async fn a_code_is_worth_what_is_permitted_when_it_is_exchanged() {
    let site = site(App::new().await).await;
    let reader = site.app.add_role("reader", API, &["read:notes"]).await;
    site.app.assign_role(&site.ada, &reader).await;
    let code = site.code_for(&asking(&site, "openid read:notes")).await;
    site.app.take_role(&site.ada, &reader).await;
    check(&site.client.exchange(&site.app, &code).await, "openid", &json!([]));
}

#[tokio::test]
async fn tokens_that_travel_through_the_browser_allow_no_more() {
    for response_type in ["token", "token id_token", "code token"] {
        let site = site(App::new().await).await;
        site.app.change_client(&site.client.client_id, |client| client.grant_types.push(GrantType::Implicit)).await;
        site.app.permit(&site.ada, API, &["read:notes"]).await;
        let url = asking(&site, BOTH).with("response_type", response_type);
        let url = if response_type.contains("code") {
            url
        } else {
            url.without("code_challenge").without("code_challenge_method")
        };
        let answer = site.log_in(&mut site.app.browser(), &url).await;
        assert_eq!(answer.field("scope"), "openid read:notes", "{response_type}");
        let access = claims(answer.field("access_token"));
        assert_eq!((&access["scope"], &access["permissions"]), (&json!("openid read:notes"), &json!(["read:notes"])));
        if response_type.contains("code") {
            let tokens = site.client.exchange(&site.app, answer.code()).await;
            check(&tokens, "openid read:notes offline_access", &json!(["read:notes"]));
        }
    }
}

#[tokio::test]
async fn a_password_brings_no_more() {
    let site = site(App::new().await).await;
    let realm = "http://auth0.com/oauth/grant-type/password-realm";
    site.app.change_client(&site.client.client_id, |client| client.grant_types.push(GrantType::PasswordRealm)).await;
    site.app.permit(&site.ada, API, &["write:notes"]).await;
    let fields = [
        ("grant_type", realm),
        ("username", EMAIL),
        ("password", PASSWORD),
        ("realm", site.connection.name.as_str()),
        ("audience", API),
        ("scope", BOTH),
    ];
    let tokens = site.app.token(&site.client.with_credentials(&fields)).await;
    check(&tokens, "openid write:notes offline_access", &json!(["write:notes"]));
    let recorded = site.app.events_of("sepft").await;
    let scope = recorded.last().and_then(|event| event.scope.as_deref());
    assert_eq!(scope, Some("openid write:notes offline_access"));
}

#[tokio::test]
async fn each_dialect_tells_permissions_where_it_should() {
    let (authz, plain) = (TokenDialect::Rfc9068ProfileAuthz, TokenDialect::AccessToken);
    let cases = [
        (true, TokenDialect::AccessTokenAuthz, "openid read:notes", json!(["read:notes"])),
        (true, authz, "openid read:notes", json!(["read:notes"])),
        (true, plain, "openid read:notes", Value::Null),
        (true, TokenDialect::Rfc9068Profile, "openid read:notes", Value::Null),
        (false, authz, "openid read:notes write:notes", Value::Null),
        (false, plain, "openid read:notes write:notes", Value::Null),
    ];
    for (enforces, dialect, scope, permissions) in cases {
        let site = Site::new().await;
        let set = |api: &mut ResourceServer| (api.enforce_policies, api.token_dialect) = (enforces, dialect);
        site.app.change_api(API, set).await;
        site.app.permit(&site.ada, API, &["read:notes"]).await;
        check(&tokens(&site, "openid read:notes write:notes").await, scope, &permissions);
    }
}

#[tokio::test]
async fn a_machine_is_permitted_what_it_was_granted() {
    let site = site(App::new().await).await;
    let machine = |client: &mut model::client::Client| client.grant_types = vec![GrantType::ClientCredentials];
    let machine = site.app.add_client("machine", machine).await;
    site.app.add_client_grant(&machine, API, "read:notes write:notes").await;
    let asked = [("grant_type", "client_credentials"), ("audience", API)];
    let all = site.app.token(&machine.with_credentials(&asked)).await;
    check(&all, "read:notes write:notes", &json!(["read:notes", "write:notes"]));
    let part: Vec<_> = asked.into_iter().chain([("scope", "write:notes")]).collect();
    check(&site.app.token(&machine.with_credentials(&part)).await, "write:notes", &json!(["write:notes"]));
    site.app.change_api(API, |api| api.enforce_policies = false).await;
    let plain = site.app.token(&machine.with_credentials(&asked)).await;
    check(&plain, "read:notes write:notes", &Value::Null);
}
