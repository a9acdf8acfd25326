//! Claims that are asked for one by one (OpenID Connect Core 5.5).

use model::user::User;
use serde_json::{Value, json};
use testkit::{App, AuthorizationUrl, ClientKeyPair, RelyingParty, for_each_engine};

use crate::authorize::check_told;
use crate::site::{API, EMAIL, PASSWORD, Site, claims};

/// Ada has a name, a picture and a telephone.
async fn place(app: App) -> Site {
    let site = Site::on(app).await;
    let describe = |user: &mut User| {
        user.profile.given_name = Some("Ada".to_owned());
        user.profile.picture = Some("https://cdn.test/ada.png".to_owned());
        user.profile.phone_number = Some("+4412345678".to_owned());
    };
    site.app.change_user(&site.ada, describe).await;
    site
}

fn asking(client: &RelyingParty, request: &Value) -> AuthorizationUrl {
    client.request().scope("openid offline_access").with("claims", &request.to_string())
}

/// What is told about the person, without what an ID token says besides.
fn about_person(told: &Value) -> Value {
    let names = [
        "sub",
        "name",
        "nickname",
        "given_name",
        "family_name",
        "picture",
        "updated_at",
        "email",
        "email_verified",
        "phone_number",
        "phone_number_verified",
    ];
    let told = told.as_object().unwrap().clone();
    told.into_iter().filter(|(name, _)| names.contains(&name.as_str())).collect::<serde_json::Map<_, _>>().into()
}

fn everything() -> Value {
    json!({
        "userinfo": {"given_name": {"essential": true}, "phone_number": null, "unknown": null, "family_name": null},
        "id_token": {"email": {"essential": true}, "picture": {"value": "another"}, "auth_time": null},
    })
}

#[tokio::test]
async fn each_claim_is_told_where_it_was_asked_for_and_again_after_a_refresh() {
    for_each_engine(async |app| {
        let site = place(app).await;
        let code = site.code_for(&asking(&site.client, &everything())).await;
        let mut tokens = site.client.exchange(&site.app, &code).await;
        let in_id_token = json!({"sub": "auth0|ada", "email": EMAIL, "picture": "https://cdn.test/ada.png"});
        let by_userinfo = json!({"sub": "auth0|ada", "given_name": "Ada", "phone_number": "+4412345678"});
        for _ in 0..2 {
            assert_eq!(about_person(&claims(&tokens.text("id_token"))), in_id_token);
            assert_eq!(site.app.userinfo(&tokens.text("access_token")).await.json(), by_userinfo);
            tokens = site.client.refresh(&site.app, &tokens.text("refresh_token")).await;
        }
        let plain = site.tokens("openid").await;
        assert_eq!(site.app.userinfo(&plain.text("access_token")).await.json(), json!({"sub": "auth0|ada"}));
    })
    .await;
}

#[tokio::test]
async fn an_api_s_token_and_one_through_the_browser_tell_the_same() {
    let site = place(App::new().await).await;
    site.app
        .change_client(&site.client.client_id, |client| {
            client.grant_types.push(protocol::client_metadata::GrantType::Implicit);
        })
        .await;
    let url = asking(&site.client, &everything()).with("audience", API).with("response_type", "id_token token");
    let answer = site.log_in(&mut site.app.browser(), &url).await;
    assert_eq!(claims(answer.field("id_token"))["email"], EMAIL);
    assert_eq!(site.app.userinfo(answer.field("access_token")).await.json()["given_name"], "Ada");
}

#[tokio::test]
async fn claims_travel_ahead_and_signed_as_well() {
    for_each_engine(async |app| {
        let site = place(app).await;
        let ahead = site.client.push(&site.app, &asking(&site.client, &everything())).await;
        let code = site.code_for(&site.client.request_by_name(&ahead.text("request_uri"))).await;
        let tokens = site.client.exchange(&site.app, &code).await;
        assert_eq!(claims(&tokens.text("id_token"))["email"], EMAIL);

        let key = ClientKeyPair::register(&site.app, &site.client, "RS256").await;
        let signs = json!({"signed_request_object": {"required": true, "credentials": [{"id": key.id}]}});
        assert_eq!(site.app.manage(http::Method::PATCH, "clients/app", &signs).await.status, 200);
        let mut object: Value = site.client.request().scope("openid").pairs().into_iter().collect();
        for (name, value) in [
            ("iss", json!("app")),
            ("aud", json!(site.app.issuer())),
            ("exp", json!(site.app.now().seconds() + 60)),
            ("claims", everything()),
        ] {
            object[name] = value;
        }
        let url = site.client.request_by_name("x").without("request_uri").with("request", &key.sign(&object));
        let tokens = site.client.exchange(&site.app, &site.code_for(&url).await).await;
        assert_eq!(site.app.userinfo(&tokens.text("access_token")).await.json()["given_name"], "Ada");
    })
    .await;
}

#[tokio::test]
async fn az_22_a_third_party_is_told_what_the_person_was_asked_about() {
    for_each_engine(async |app| {
        let site = place(app).await;
        let stranger = site.app.add_client("stranger", |client| client.is_first_party = false).await;
        site.enable(&stranger).await;
        let mut browser = site.app.browser();
        let url = asking(&stranger, &everything()).scope("openid email");
        let page = browser.log_in(&url, EMAIL, PASSWORD).await.page();
        let answer = browser.submit(&page.form().with("action", "allow")).await.answer();
        let tokens = stranger.exchange(&site.app, answer.code()).await;
        let expected = json!({"sub": "auth0|ada", "email": EMAIL, "email_verified": true});
        assert_eq!(about_person(&claims(&tokens.text("id_token"))), expected);
        assert_eq!(site.app.userinfo(&tokens.text("access_token")).await.json(), expected);
    })
    .await;
}

#[tokio::test]
async fn az_16_an_answer_is_about_the_person_that_was_named_or_about_nobody() {
    for_each_engine(async |app| {
        let site = place(app).await;
        let mut browser = site.app.browser();
        site.log_in(&mut browser, &site.client.request()).await.code();
        let named = |subject: &str| asking(&site.client, &json!({"id_token": {"sub": {"value": subject}}}));
        browser.authorize(&named("auth0|ada")).await.answer().code();
        browser.authorize(&named("auth0|ada").with("prompt", "none")).await.answer().code();
        let before = site.app.dump().await;
        let silent = browser.authorize(&named("auth0|bob").with("prompt", "none")).await.answer();
        assert_eq!(silent.error(), "login_required");
        site.app.assert_unchanged_since(&before).await;

        let families = before.rows("token_families").len();
        let answer = browser.log_in(&named("auth0|bob"), EMAIL, PASSWORD).await.answer();
        assert_eq!((answer.error(), answer.field("state")), ("login_required", "st4te"));
        assert!(!answer.fields.contains_key("code"));
        assert_eq!(site.app.dump().await.rows("token_families").len(), families);
    })
    .await;
}

#[tokio::test]
async fn az_16_a_third_party_s_person_is_not_asked_for_somebody_elses_consent() {
    let site = place(App::new().await).await;
    let stranger = site.app.add_client("stranger", |client| client.is_first_party = false).await;
    site.enable(&stranger).await;
    let url = asking(&stranger, &json!({"userinfo": {"sub": {"value": "auth0|bob"}}}));
    let answer = site.log_in(&mut site.app.browser(), &url).await;
    assert_eq!(answer.error(), "login_required");
    assert!(site.app.dump().await.rows("grants").is_empty());
}

#[tokio::test]
async fn az_12_what_is_malformed_overlong_or_cannot_be_met_is_refused() {
    let site = Site::new().await;
    let ask = |claims: &str| site.client.request().with("claims", claims);
    for malformed in ["email", "[]", "null", r#"{"userinfo":["email"]}"#, r#"{"id_token":{"email":true}}"#] {
        check_told(&site.app, &ask(malformed), "invalid_request").await;
    }
    let overlong = json!({"userinfo": {"x".repeat(5000): null}}).to_string();
    check_told(&site.app, &ask(&overlong), "invalid_request").await;
    let deep = "[".repeat(4000);
    check_told(&site.app, &ask(&deep), "invalid_request").await;
    let twice = ask("{}").and("claims", "{}");
    check_told(&site.app, &twice, "invalid_request").await;
    let acr = json!({"id_token": {"acr": {"essential": true, "values": ["urn:mace:incommon:iap:silver"]}}});
    check_told(&site.app, &ask(&acr.to_string()), "unmet_authentication_requirements").await;
    let voluntary = json!({"id_token": {"acr": {"values": ["urn:mace:incommon:iap:silver"]}}}).to_string();
    assert!(site.app.browser().authorize(&ask(&voluntary)).await.page().path.starts_with("/u/login?state="));
}

#[tokio::test]
async fn discovery_says_so() {
    let app = App::new().await;
    assert_eq!(app.get("/.well-known/openid-configuration").await.json()["claims_parameter_supported"], true);
}
