//! UP-03 to UP-06: providers that lie, are slow, or are not there. Nobody is let in, nothing is written, and the person
//! reads what happened.

use http::Method;
use model::UserId;
use model::provider::Provider;
use serde_json::{Value, json};
use testkit::provider::CLIENT_ID;
use testkit::source::{Lie, Question};

use crate::setting::{ADA, Setting, assert_page};

/// What becomes of a sign-in at which the provider says this.
async fn check(changes: Value, reason: &str) {
    let setting = Setting::new().await;
    let mut browser = setting.app.browser();
    let request = setting.leave(&mut browser, &setting.client.request()).await;
    let before = setting.app.dump().await;
    let back = setting.peer.sign_in(&request, &changes, setting.app.now());
    assert_page(browser.open(&back).await, 400, "cannot be trusted");
    before.assert_changed_only(&setting.app.dump().await, &["provider_sign_ins"]);
    setting.assert_failed_because(reason).await;
    assert!(browser.cookie("session").is_none(), "{changes}");
}

#[tokio::test]
async fn up_03_a_token_that_does_not_hold_lets_nobody_in() {
    let now = Setting::new().await.app.now().seconds();
    check(json!({"iss": "https://evil.example/"}), "wrong_issuer").await;
    check(json!({"aud": "another client"}), "wrong_audience").await;
    check(json!({"aud": [CLIENT_ID, "other"]}), "wrong_authorized_party").await;
    check(json!({"azp": "other"}), "wrong_authorized_party").await;
    check(json!({"exp": now - 60}), "expired").await;
    check(json!({"exp": null}), "expired").await;
    check(json!({"iat": now + 3_600}), "issued_in_the_future").await;
    check(json!({"nbf": now + 3_600}), "not_yet_valid").await;
    check(json!({"nonce": "another"}), "wrong_nonce").await;
    check(json!({"nonce": null}), "wrong_nonce").await;
    check(json!({"at_hash": "AAAAAAAAAAAAAAAAAAAAAA"}), "wrong_at_hash").await;
    check(json!({"c_hash": "AAAAAAAAAAAAAAAAAAAAAA"}), "wrong_c_hash").await;
    check(json!({"sub": ""}), "no_subject").await;
    check(json!({"sub": null}), "no_subject").await;
}

#[tokio::test]
async fn up_03_a_token_of_an_unknown_key_lets_nobody_in() {
    let setting = Setting::new().await;
    setting.peer.sign_with_an_unknown_key();
    let mut browser = setting.app.browser();
    assert_page(setting.sign_in_with(&mut browser, &json!({})).await, 400, "cannot be trusted");
    setting.assert_failed_because("unknown_key").await;
}

#[tokio::test]
async fn up_04_userinfo_about_somebody_else_lets_nobody_in() {
    let setting = Setting::new().await;
    setting.peer.server.on(Question::UserInfo, Lie::json(200, json!({"sub": "eve", "email": "eve@acme.example"})));
    let visit = setting.sign_in_with(&mut setting.app.browser(), &json!({"email": null})).await;
    assert_page(visit, 400, "cannot be trusted");
    setting.assert_failed_because("userinfo_of_another_subject").await;
    assert!(setting.app.find_user(&UserId::new("oidc|acme|ada-1")).await.is_none());
}

#[tokio::test]
async fn up_03_a_profile_is_not_changed_by_what_is_not_believed() {
    let setting = Setting::new().await;
    setting.ada().await;
    let ada = UserId::new("oidc|acme|ada-1");
    let before = setting.app.find_user(&ada).await;
    let lie = json!({"name": "Eve", "aud": "another client"});
    assert_page(setting.sign_in_with(&mut setting.app.browser(), &lie).await, 400, "cannot be trusted");
    assert_eq!(setting.app.find_user(&ada).await, before);
}

/// UP-15: whoever always asks for a step up takes nothing less.
#[tokio::test]
async fn up_15_a_step_up_that_was_not_made_lets_nobody_in() {
    let demand = |provider: &mut Provider| {
        provider.required_claims.insert("acr".to_owned(), vec!["phr".to_owned()]);
    };
    for changes in [json!({}), json!({"acr": "pwd"})] {
        let setting = Setting::with(demand).await;
        assert_page(setting.sign_in_with(&mut setting.app.browser(), &changes).await, 400, "cannot be trusted");
        setting.assert_failed_because("required_claim").await;
        assert!(setting.app.find_user(&UserId::new(ADA)).await.is_none());
    }
    assert_eq!(Setting::with(demand).await.person(&json!({"acr": "phr"})).await["sub"], ADA);
}

/// UP-12: what a provider gives us for its APIs is kept nowhere.
#[tokio::test]
async fn up_12_tokens_of_a_provider_are_not_kept() {
    let setting = Setting::new().await;
    let mut browser = setting.app.browser();
    let request = setting.leave(&mut browser, &setting.client.request()).await;
    let claims = setting.peer.claims(&json!({"nonce": request.field("nonce")}), setting.app.now());
    let id_token = setting.peer.sign("JWT", &claims);
    let (access_token, refresh_token) = ("their-access-token-7", "their-refresh-token-7");
    let tokens = json!({"id_token": id_token, "access_token": access_token, "refresh_token": refresh_token});
    setting.peer.server.on(Question::Code, Lie::json(200, tokens));
    let answer = browser.open(&setting.peer.answer(&request, &[("code", "a code")])).await.answer();
    let ours = setting.client.exchange(&setting.app, answer.code()).await;
    let user = setting.app.manage(Method::GET, &format!("users/{}", ADA.replace('|', "%7C")), &Value::Null).await;
    let dump = setting.app.dump().await;
    let events = format!("{:?}", setting.app.events().await);
    for secret in [access_token, refresh_token, id_token.as_str()] {
        let is_told = ours.body.contains(secret) || user.body.contains(secret) || events.contains(secret);
        assert!(!dump.contains(secret) && !is_told, "{secret}");
    }
    assert!(user.body.contains("Ada Lovelace"), "{}", user.body);
}

/// What becomes of a sign-in at which the token endpoint does this.
async fn check_failure(lie: Lie, status: u16, says: &str, reason: &str) {
    let setting = Setting::new().await;
    let mut browser = setting.app.browser();
    let request = setting.leave(&mut browser, &setting.client.request()).await;
    let before = setting.app.dump().await;
    setting.peer.server.on(Question::Code, lie.clone());
    let visit = browser.open(&setting.peer.answer(&request, &[("code", "a code")])).await;
    let page = visit.clone().page();
    assert_page(visit, status, says);
    before.assert_changed_only(&setting.app.dump().await, &["provider_sign_ins"]);
    setting.assert_failed_because(reason).await;
    let waits = page.headers.contains_key("retry-after");
    assert_eq!(waits, matches!(status, 429 | 503), "{lie:?}");
}

#[tokio::test]
async fn up_06_a_provider_that_fails_is_told_apart_from_one_that_lies() {
    check_failure(Lie::json(500, json!({})), 503, "acme cannot be reached", "status").await;
    check_failure(Lie::HangUp, 503, "acme cannot be reached", "unreachable").await;
    check_failure(Lie::Endless, 503, "acme cannot be reached", "too_large").await;
    check_failure(Lie::Raw(200, "text/html", "<b>hi</b>"), 503, "acme cannot be reached", "not_json").await;
    let pause = Lie::json(429, json!({})).with_header("Retry-After", "20");
    check_failure(pause, 429, "acme asks for a pause", "throttled").await;
    check_failure(Lie::error(400, "invalid_grant", ""), 400, "That took too long", "code_refused").await;
    check_failure(Lie::error(401, "invalid_client", ""), 502, "is not set up correctly", "our_credentials").await;
}

#[tokio::test]
async fn a_provider_that_is_down_keeps_nobody_from_other_ways() {
    let setting = Setting::new().await;
    setting.add_directory().await;
    setting.peer.server.on(Question::Discovery, Lie::HangUp);
    let mut browser = setting.app.browser();
    let url = setting.client.request();
    let page = browser.authorize(&url).await.page();
    let button = page.links().into_iter().find(|link| link.contains("connection=acme")).expect("a button");
    let page = browser.open(&button.replace("&amp;", "&")).await.page();
    assert_eq!(page.status, 503);
    assert!(page.says("acme cannot be reached"), "{}", page.html);
    let links: Vec<_> = page.links().iter().map(|link| link.replace("&amp;", "&")).collect();
    let [again, others, _back] = &links[..] else { panic!("{links:?}") };
    assert!(again.starts_with("/u/login/connection?"), "{again}");
    setting.assert_failed_because("unreachable").await;

    let login = browser.open(others).await.page();
    assert!(login.html.contains("type=\"password\""), "{}", login.html);
    // And once it is back, the same button works.
    let honest = setting.peer.metadata(&json!({}));
    setting.peer.server.on(Question::Discovery, Lie::json(200, honest));
    setting.app.advance(std::time::Duration::from_secs(30));
    browser.open(again).await.answer();
}

#[tokio::test]
async fn up_06_keys_that_were_rotated_are_found() {
    let setting = Setting::new().await;
    setting.ada().await;
    setting.peer.rotate();
    setting.app.advance(std::time::Duration::from_secs(11));
    assert_eq!(setting.ada().await["sub"], "oidc|acme|ada-1");
    assert_eq!(setting.peer.server.asked(Question::Keys).len(), 2);
}
