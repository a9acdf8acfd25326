//! The way there and back.

use std::time::Duration;

use axum::body::Body;
use http::Request;
use model::UserId;
use serde_json::json;
use testkit::provider::{CLIENT_ID, CLIENT_SECRET, LyingProvider};
use testkit::source::Question;
use testkit::{App, Browser, Options, for_each_engine};

use crate::setting::{Setting, assert_page};

#[tokio::test]
async fn somebody_signs_in_at_the_provider_and_the_application_sees_us_alone() {
    for_each_engine(async |app| {
        let setting = Setting::on(app, |_| {}).await;
        let mut browser = setting.app.browser();
        let request = setting.leave(&mut browser, &setting.client.request()).await;
        assert_eq!(request.uri, format!("{}authorize", setting.peer.issuer()));
        assert_eq!(request.field("client_id"), CLIENT_ID);
        assert_eq!(request.field("redirect_uri"), format!("{}login/callback", setting.app.issuer()));
        assert_eq!(request.field("code_challenge_method"), "S256");

        let back = setting.peer.sign_in(&request, &json!({}), setting.app.now());
        let answer = browser.open(&back).await.answer();
        assert_eq!((answer.uri.as_str(), answer.field("state")), (setting.client.redirect_uri.as_str(), "st4te"));
        let claims = setting.claims(&answer).await;
        assert_eq!(claims["sub"], "oidc|acme|ada-1");
        assert_eq!((&claims["iss"], &claims["nonce"]), (&json!(setting.app.issuer()), &json!("n0nce")));
        assert_eq!((&claims["email"], &claims["name"]), (&json!("ada@acme.example"), &json!("Ada Lovelace")));

        let [exchange] = &setting.peer.server.asked(Question::Code)[..] else { panic!("one exchange") };
        assert_eq!(exchange.form["client_secret"], CLIENT_SECRET);
        let challenge = protocol::pkce::challenge_of(&exchange.form["code_verifier"]);
        assert_eq!(request.field("code_challenge"), challenge);
        let events = setting.app.events_of("s").await;
        assert_eq!((events.len(), events[0].connection.as_deref()), (1, Some("acme")));
        let dump = setting.app.dump().await;
        for secret in [CLIENT_SECRET, &exchange.form["code_verifier"]] {
            assert!(!dump.contains(secret), "{secret}");
        }
        assert!(dump.rows("provider_sign_ins").is_empty());
    })
    .await;
}

#[tokio::test]
async fn a_session_that_began_at_the_provider_is_one_like_any_other() {
    let setting = Setting::new().await;
    let mut browser = setting.app.browser();
    setting.sign_in_with(&mut browser, &json!({})).await.answer();
    let again = setting.leave(&mut browser, &setting.client.request().with("prompt", "none")).await;
    assert_eq!(setting.claims(&again).await["sub"], "oidc|acme|ada-1");
    assert_eq!(setting.peer.server.asked(Question::Code).len(), 1);
    let other = setting.app.add_client("other", |_| {}).await;
    let elsewhere = browser.authorize(&other.request().with("prompt", "none")).await.answer();
    assert_eq!(elsewhere.error(), "login_required", "it is for other people");
}

/// UP-01: a `state` that was never given out, is garbled, used up, or too old.
#[tokio::test]
async fn up_01_nobody_comes_back_with_a_state_of_their_own() {
    let setting = Setting::new().await;
    let mut browser = setting.app.browser();
    let request = setting.leave(&mut browser, &setting.client.request()).await;
    let back = setting.peer.sign_in(&request, &json!({}), setting.app.now());
    let before = setting.app.dump().await;
    let state = request.field("state");
    let made_up = "x".repeat(43);
    for wrong in ["", "x", &made_up, &state.to_uppercase(), &format!("{state}A")] {
        let path = format!("/login/callback?code=a+code&state={wrong}");
        assert_page(browser.open(&path).await, 400, "This page has expired");
    }
    assert_page(browser.open("/login/callback?code=a+code").await, 400, "This page has expired");
    setting.app.assert_unchanged_since(&before).await;
    assert!(setting.peer.server.asked(Question::Code).is_empty(), "no code is shown to anybody");

    setting.app.advance(Duration::from_secs(3_601));
    assert_page(browser.open(&back).await, 400, "This page has expired");
    assert!(setting.app.find_user(&UserId::new("oidc|acme|ada-1")).await.is_none());
}

/// UP-01, UP-10: what was used is used up, whatever came of it.
#[tokio::test]
async fn up_10_nobody_comes_back_twice() {
    let setting = Setting::new().await;
    let mut browser = setting.app.browser();
    let request = setting.leave(&mut browser, &setting.client.request()).await;
    let back = setting.peer.sign_in(&request, &json!({}), setting.app.now());
    browser.open(&back).await.answer();
    let before = setting.app.dump().await;
    assert_page(browser.open(&back).await, 400, "This page has expired");
    setting.app.assert_unchanged_since(&before).await;
    assert_eq!(setting.peer.server.asked(Question::Code).len(), 1);

    let request = setting.leave(&mut setting.app.browser(), &setting.client.request()).await;
    let refusal = setting.peer.answer(&request, &[("error", "access_denied")]);
    let mut other = setting.app.browser();
    let second = setting.leave(&mut other, &setting.client.request()).await;
    assert_ne!(second.field("state"), request.field("state"));
    assert!(refusal.contains(request.field("state")));
}

/// UP-01, UP-10: neither the state alone nor the other's cookies are enough.
#[tokio::test]
async fn up_01_another_browser_is_not_let_in() {
    let setting = Setting::new().await;
    let (mut eve, mut ada) = (setting.app.browser(), setting.app.browser());
    let request = setting.leave(&mut eve, &setting.client.request()).await;
    let back = setting.peer.sign_in(&request, &json!({"sub": "eve"}), setting.app.now());
    let before = setting.app.dump().await;
    assert_page(ada.open(&back).await, 400, "Please allow cookies");
    setting.leave(&mut ada, &setting.client.request()).await;
    let with_own_cookie = setting.app.dump().await;
    assert_page(ada.open(&back).await, 400, "Please allow cookies");
    setting.app.assert_unchanged_since(&with_own_cookie).await;
    assert!(ada.cookie("session").is_none());
    before.assert_changed_only(&with_own_cookie, &["pending_authorizations", "provider_sign_ins"]);
    assert!(setting.peer.server.asked(Question::Code).is_empty());
    // The one it belongs to still may.
    eve.open(&back).await.answer();
}

/// UP-02: an answer is for the connection it was asked of.
#[tokio::test]
async fn up_02_an_answer_of_another_provider_is_not_redeemed() {
    let setting = Setting::new().await;
    let mut browser = setting.app.browser();
    let request = setting.leave(&mut browser, &setting.client.request()).await;
    let other = "https://evil.example/";
    let back = setting.peer.answer(&request, &[("code", "a code"), ("iss", other)]);
    assert_page(browser.open(&back).await, 400, "cannot be trusted");
    assert!(setting.peer.server.asked(Question::Code).is_empty());
    setting.assert_failed_because("wrong_response_issuer").await;
}

/// The state says which connection a browser is back from, whatever else the answer says.
#[tokio::test]
async fn up_02_a_state_serves_its_own_connection_alone() {
    let setting = Setting::new().await;
    let other = LyingProvider::start().await;
    setting.app.add_provider("other", "oidc", &[&setting.client], other.provider()).await;
    let leave = async |browser: &mut Browser, name: &str| {
        setting.leave(browser, &setting.client.request().with("connection", name)).await
    };
    let mut browser = setting.app.browser();
    let of_acme = leave(&mut browser, "acme").await;
    let of_other = leave(&mut browser, "other").await;
    assert_ne!(of_acme.field("state"), of_other.field("state"));
    // Acme signs somebody in, and its answer is brought under the state of the other.
    setting.peer.sign_in(&of_acme, &json!({}), setting.app.now());
    let acme = setting.peer.issuer();
    let before = setting.app.dump().await;
    let back = other.answer(&of_other, &[("code", "a code"), ("iss", &acme)]);
    assert_page(browser.open(&back).await, 400, "cannot be trusted");
    before.assert_changed_only(&setting.app.dump().await, &["provider_sign_ins"]);
    setting.assert_failed_because("wrong_response_issuer").await;
    assert!(setting.peer.server.asked(Question::Code).is_empty() && other.server.asked(Question::Code).is_empty());
    assert!(browser.cookie("session").is_none());

    // Where nothing names the provider, the code goes to that of the state alone, which knows nothing of it.
    let of_other = leave(&mut browser, "other").await;
    browser.open(&other.answer(&of_other, &[("code", "a code")])).await.page();
    assert!(setting.peer.server.asked(Question::Code).is_empty());
    assert_eq!(other.server.asked(Question::Code).len(), 1);
    assert!(browser.cookie("session").is_none());
}

/// Browsers keep our cookies from a form that another site posts, and send them along where it leads.
#[tokio::test]
async fn a_posted_answer_is_carried_to_where_the_cookies_are() {
    let setting = Setting::with(|provider| provider.form_post = true).await;
    let mut browser = setting.app.browser();
    let request = setting.leave(&mut browser, &setting.client.request()).await;
    assert_eq!(request.field("response_mode"), "form_post");
    let changes = json!({"name": null, "nickname": null, "email": null});
    setting.peer.sign_in(&request, &changes, setting.app.now());
    setting.peer.server.on(Question::UserInfo, testkit::source::Lie::json(200, json!({"sub": "ada-1"})));
    let user = r#"{"name":{"firstName":"Ada","lastName":"King"}}"#;
    let fields =
        [("code", "a code"), ("state", request.field("state")), ("user", user), ("evil", "https://evil.example/")];
    let posted = setting.app.post_form("/login/callback", &fields).await;
    assert_eq!(posted.status, 303);
    let location = posted.header("location").expect("it leads on").to_owned();
    assert!(location.starts_with("/login/callback?") && !location.contains("evil"), "{location}");
    let answer = browser.open(&location).await.answer();
    assert_eq!(setting.claims(&answer).await["name"], "Ada King");
}

/// A browser cuts the ties at the first answer that asks for it, a redirect included.
#[tokio::test]
async fn a_pop_up_keeps_its_opener_on_the_way() {
    let setting = Setting::new().await;
    let mut browser = setting.app.browser();
    let get = |path: &str| Request::get(path).body(Body::empty()).expect("a path");
    let begun = browser.send(get(&setting.client.request().path())).await;
    let leaving = browser.send(get(begun.header("location").expect("it leads on"))).await;
    assert!(leaving.header("location").expect("it leads on").starts_with(&setting.peer.issuer()));
    let posted = setting.app.post_form("/login/callback", &[("state", "s"), ("code", "c")]).await;
    for answer in [leaving, posted] {
        assert_eq!(answer.header("cross-origin-opener-policy"), None, "{}", answer.status);
    }
}

#[tokio::test]
async fn what_the_client_asks_of_a_login_is_asked_of_the_provider() {
    let setting = Setting::new().await;
    let ask = async |name: &str, value: &str| {
        let url = setting.client.request().with(name, value);
        setting.leave(&mut setting.app.browser(), &url).await
    };
    assert_eq!(ask("prompt", "login").await.field("prompt"), "login");
    assert_eq!(ask("prompt", "select_account").await.field("prompt"), "select_account");
    assert_eq!(ask("max_age", "600").await.field("max_age"), "600");
    assert_eq!(ask("login_hint", "ada@acme.example").await.field("login_hint"), "ada@acme.example");
    assert_eq!(ask("connection_scope", "calendar").await.field("scope"), "openid profile email calendar");
    assert!(!ask("audience", "").await.fields.contains_key("prompt"));
}

/// AZ-15: an old login at the provider is no new proof.
#[tokio::test]
async fn az_15_a_new_proof_is_demanded_of_the_provider_too() {
    let setting = Setting::new().await;
    let now = setting.app.now();
    let old = json!({"auth_time": now.seconds() - 7_200});
    for parameter in [("prompt", "login"), ("max_age", "60")] {
        let mut browser = setting.app.browser();
        setting.sign_in_with(&mut browser, &old).await.answer();
        let url = setting.client.request().with(parameter.0, parameter.1);
        let request = setting.leave(&mut browser, &url).await;
        assert_page(browser.open(&setting.peer.sign_in(&request, &old, now)).await, 400, "cannot be trusted");
        let request = setting.leave(&mut browser, &url).await;
        let new = json!({"auth_time": now.seconds()});
        let answer = browser.open(&setting.peer.sign_in(&request, &new, now)).await.answer();
        assert_eq!(setting.claims(&answer).await["auth_time"], now.seconds(), "{parameter:?}");
    }
}

#[tokio::test]
async fn applications_are_told_when_the_person_proved_who_they_are() {
    let setting = Setting::new().await;
    let now = setting.app.now().seconds();
    assert_eq!(setting.ada().await["auth_time"], now);
    assert_eq!(setting.person(&json!({"auth_time": now - 5_000})).await["auth_time"], now - 5_000);
    assert_eq!(setting.person(&json!({"auth_time": now + 50})).await["auth_time"], now, "their clock is ahead");
}

#[tokio::test]
async fn a_node_that_has_not_sent_the_browser_away_takes_it_back() {
    let setting = Setting::new().await;
    let other = setting.app.another_node().await;
    let mut browser = setting.app.browser();
    let request = setting.leave(&mut browser, &setting.client.request()).await;
    let back = setting.peer.sign_in(&request, &json!({}), setting.app.now());
    let answer = browser.on(&other).open(&back).await.answer();
    assert_eq!(setting.claims(&answer).await["sub"], "oidc|acme|ada-1");
}

#[tokio::test]
async fn over_https_only_our_own_address_is_given_out() {
    let issuer = "https://id.example/".to_owned();
    let setting = Setting::on(App::with(Options { issuer, ..Options::default() }).await, |_| {}).await;
    let request = setting.leave(&mut setting.app.browser(), &setting.client.request()).await;
    assert_eq!(request.field("redirect_uri"), "https://id.example/login/callback");
}
