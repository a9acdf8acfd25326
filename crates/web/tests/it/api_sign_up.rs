//! `POST /dbconnections/signup`.

use axum::body::Body;
use http::{Request, header};
use serde_json::{Value, json};
use testkit::{Answer, for_each_engine};

use crate::site::{EMAIL, Site};

const PATH: &str = "/dbconnections/signup";
const STRONG: &str = "Tr1cky enough";

fn wanted(site: &Site) -> Value {
    let client_id = site.client.client_id.as_str();
    json!({ "client_id": client_id, "connection": site.connection.name, "email": "Bob@X.io", "password": STRONG })
}

fn with(mut object: Value, name: &str, value: Value) -> Value {
    object[name] = value;
    object
}

async fn sign_up(site: &Site, body: &Value) -> Answer {
    let request = Request::post(PATH).header(header::CONTENT_TYPE, "application/json");
    site.app.call(request.body(Body::from(body.to_string())).unwrap()).await
}

/// The sign-up is refused in this dialect, and nobody was created.
async fn check_refused(site: &Site, body: &Value, status: u16, code: &str) -> Value {
    let before = site.app.dump().await;
    let answer = sign_up(site, body).await;
    let refused = answer.json();
    assert_eq!((answer.status.as_u16(), refused["code"].as_str()), (status, Some(code)), "{body}");
    assert_eq!(refused["statusCode"], status, "{refused}");
    site.app.assert_unchanged_since(&before).await;
    refused
}

#[tokio::test]
async fn whoever_signs_up_can_sign_in() {
    let site = Site::new().await;
    let answer = sign_up(&site, &with(wanted(&site), "user_metadata", json!({ "colour": "blue" }))).await;
    assert_eq!(answer.status.as_u16(), 200, "{}", answer.body);
    let user = answer.json();
    assert_eq!(user["_id"].as_str().unwrap().len(), 24, "{user}");
    assert_eq!(user["email"], "bob@x.io");
    assert_eq!(user["email_verified"], false);
    assert_eq!(user["user_metadata"], json!({ "colour": "blue" }));
    assert!(user.get("password").is_none());
    let visit = site.app.browser().log_in(&site.client.request(), "bob@x.io", STRONG).await;
    visit.answer().code();
    assert_eq!(site.app.events_of("ss").await.len(), 1);
}

#[tokio::test]
async fn a_form_does_as_well() {
    let site = Site::new().await;
    let client_id = site.client.client_id.as_str();
    let connection = site.connection.name.as_str();
    let fields = [("client_id", client_id), ("connection", connection), ("email", "c@x.io"), ("password", STRONG)];
    let answer = site.app.post_form(PATH, &fields).await;
    assert_eq!((answer.status.as_u16(), answer.json()["email"].as_str()), (200, Some("c@x.io")));
}

/// Parsers disagree on which of two counts.
#[tokio::test]
async fn a_repeated_field_is_refused_in_a_form_and_in_json() {
    let site = Site::new().await;
    let (client_id, connection) = (site.client.client_id.as_str(), site.connection.name.as_str());
    let (shared, two) = ([("client_id", client_id), ("connection", connection)], ["c@x.io", "d@x.io"]);
    for (path, password) in [(PATH, Some(("password", STRONG))), ("/dbconnections/change_password", None)] {
        let before = site.app.dump().await;
        let fields: Vec<_> = shared.into_iter().chain(password).chain(two.map(|email| ("email", email))).collect();
        let members: Vec<_> = fields.iter().map(|(name, value)| format!("\"{name}\":\"{value}\"")).collect();
        let request = Request::post(path).header(header::CONTENT_TYPE, "application/json");
        let json = request.body(Body::from(format!("{{{}}}", members.join(",")))).unwrap();
        for answer in [site.app.post_form(path, &fields).await, site.app.call(json).await] {
            assert_eq!((answer.status.as_u16(), &answer.json()["code"]), (400, &json!("invalid_request")), "{path}");
        }
        site.app.assert_unchanged_since(&before).await;
    }
}

#[tokio::test]
async fn pw_11_only_an_administrator_sets_the_rest() {
    let site = Site::new().await;
    let mut body = wanted(&site);
    for (name, value) in [
        ("email_verified", json!(true)),
        ("phone_verified", json!(true)),
        ("blocked", json!(false)),
        ("user_id", json!("chosen")),
        ("app_metadata", json!({ "roles": ["admin"] })),
    ] {
        body = with(body, name, value);
    }
    let user = sign_up(&site, &body).await.json();
    let id = model::UserId::new(format!("auth0|{}", user["_id"].as_str().unwrap()));
    let stored = site.app.find_user(&id).await.expect("the user who was created");
    assert!(!stored.profile.email_verified && !stored.profile.phone_verified && stored.blocked.is_none());
    assert!(stored.app_metadata.is_empty() && id.as_str() != "auth0|chosen");
}

#[tokio::test]
async fn a_taken_address_is_refused_in_auth0s_words() {
    for_each_engine(async |app| {
        let site = Site::on(app).await;
        let refused = check_refused(&site, &with(wanted(&site), "email", json!(EMAIL)), 400, "invalid_signup").await;
        assert_eq!(refused["description"], "Invalid sign up");
        assert_eq!(refused["name"], "BadRequestError");
    })
    .await;
}

#[tokio::test]
async fn pw_10_a_weak_password_is_told_rule_by_rule() {
    let site = Site::new().await;
    let weak = |password: &str| with(wanted(&site), "password", json!(password));
    let refused = check_refused(&site, &weak("short"), 400, "invalid_password").await;
    assert_eq!(
        (&refused["name"], &refused["message"]),
        (&json!("PasswordStrengthError"), &json!("Password is too weak"))
    );
    assert_eq!(refused["description"]["verified"], false);
    assert_eq!(refused["description"]["rules"][0]["code"], "lengthAtLeast");
    assert!(refused["policy"].as_str().unwrap().starts_with("* At least 8 characters"));
    check_refused(&site, &weak("Password1!"), 400, "password_dictionary_error").await;
    let named = with(with(wanted(&site), "email", json!("roberto@x.io")), "password", json!("My-roberto-1"));
    check_refused(&site, &named, 400, "password_no_user_info_error").await;
    check_refused(&site, &weak(&"x".repeat(1001)), 400, "invalid_password").await;
}

#[tokio::test]
async fn pw_11_a_closed_connection_takes_nobody() {
    let site = Site::new().await;
    site.app.change_connection(&site.connection.id, |connection| connection.disable_signup = true).await;
    check_refused(&site, &wanted(&site), 400, "public_signup_disabled").await;
}

/// Whoever has the name is looked up by it, be it typed as an address.
#[tokio::test]
async fn lk_15_nobody_takes_an_address_as_their_user_name() {
    let site = Site::new().await;
    for username in ["somebody@else.io", "Somebody@Else.io", "\u{ff53}omebody\u{ff20}else.io"] {
        check_refused(&site, &with(wanted(&site), "username", json!(username)), 400, "invalid_request").await;
    }
    let user = sign_up(&site, &with(wanted(&site), "username", json!("@bob"))).await;
    assert_eq!(user.status.as_u16(), 200, "{}", user.body);
}

/// WP-04: of two names that look alike, one is refused or both are one.
#[tokio::test]
async fn wp_04_no_name_passes_for_another_one() {
    for_each_engine(async |app| {
        let site = Site::on(app).await;
        let first = with(with(wanted(&site), "username", json!("j\u{fc}rgen")), "email", json!("j@x.io"));
        assert_eq!(sign_up(&site, &first).await.status, 200);
        for username in ["ju\u{308}rgen", "J\u{dc}RGEN", "\u{ff4a}\u{fc}rgen"] {
            check_refused(&site, &with(wanted(&site), "username", json!(username)), 400, "invalid_signup").await;
        }
        for unseen in ["\u{200b}", "\u{200d}", "\u{202e}", "\u{2067}", "\u{feff}", "\u{ad}", "\u{1b}", "\u{e0061}"] {
            let username = format!("j\u{fc}r{unseen}gen");
            check_refused(&site, &with(wanted(&site), "username", json!(username)), 400, "invalid_request").await;
            let email = format!("a{unseen}da@x.io");
            check_refused(&site, &with(wanted(&site), "email", json!(email)), 400, "invalid_request").await;
        }
    })
    .await;
}

#[tokio::test]
async fn what_does_not_fit_is_refused() {
    let site = Site::new().await;
    check_refused(&site, &with(wanted(&site), "client_id", json!("nobody")), 400, "invalid_client").await;
    check_refused(&site, &with(wanted(&site), "connection", json!("nowhere")), 400, "unauthorized").await;
    for (name, value) in [
        ("email", json!("a@b@evil")),
        ("email", json!(null)),
        ("password", json!(7)),
        ("picture", json!("javascript:alert(1)")),
        ("username", json!("two words")),
        ("username", json!(EMAIL)),
        ("user_metadata", json!({ "nested": {} })),
        ("user_metadata", json!({ "long": "x".repeat(501) })),
    ] {
        check_refused(&site, &with(wanted(&site), name, value), 400, "invalid_request").await;
    }
    site.app.change_connection(&site.connection.id, |connection| connection.enabled_clients.clear()).await;
    check_refused(&site, &wanted(&site), 400, "unauthorized").await;
}
