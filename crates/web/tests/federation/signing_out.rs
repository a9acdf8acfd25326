//! Signing out here and at the provider, and being told that somebody signed out there.

use std::time::Duration;

use http::header;
use model::provider::ProviderLogout;
use serde_json::{Value, json};
use testkit::provider::CLIENT_ID;
use testkit::source::{Lie, Question};
use testkit::{Browser, ClientAnswer, for_each_engine, native};

use crate::setting::{ADA, Setting, assert_page};

const BYE: &str = "https://app.test/bye";
const SID: &str = "the-login-there";

/// A browser that is signed in by way of the provider, and an ID token of ours.
async fn signed_in(setting: &Setting) -> (Browser, String) {
    let mut browser = setting.app.browser();
    let answer = setting.sign_in_with(&mut browser, &json!({"sid": SID})).await.answer();
    let tokens = setting.client.exchange(&setting.app, answer.code()).await;
    (browser, tokens.text("id_token"))
}

fn v2(setting: &Setting) -> String {
    format!("/v2/logout?client_id={}&returnTo=https%3A%2F%2Fapp.test%2Fbye", setting.client.client_id)
}

async fn is_signed_in(setting: &Setting, browser: &mut Browser) -> bool {
    let answer = browser.authorize(&setting.client.request().with("prompt", "none")).await.answer();
    answer.fields.contains_key("code")
}

/// Takes the browser back from the provider, and says where it was sent.
async fn come_back(setting: &Setting, browser: &mut Browser, request: &ClientAnswer) -> String {
    assert_eq!(request.field("post_logout_redirect_uri"), format!("{}logout/callback", setting.app.issuer()));
    browser.open(&format!("/logout/callback?state={}", request.field("state"))).await.answer().uri
}

#[tokio::test]
async fn whoever_asks_is_signed_out_at_the_provider_too() {
    let setting = Setting::new().await;
    let (mut browser, id_token) = signed_in(&setting).await;
    assert!(!setting.app.dump().await.contains("eyJ"), "what was kept of the login there is sealed");
    let request = browser.open(&format!("{}&federated", v2(&setting))).await.answer();
    assert_eq!(request.uri, format!("{}logout", setting.peer.issuer()));
    assert_eq!(request.field("client_id"), CLIENT_ID);
    assert_ne!(request.field("id_token_hint"), id_token, "the provider's own, not ours");
    assert_eq!(request.field("id_token_hint").split('.').count(), 3);
    assert!(!is_signed_in(&setting, &mut browser).await, "before anything is known of the provider");
    assert_eq!(come_back(&setting, &mut browser, &request).await, BYE);
}

#[tokio::test]
async fn the_standards_logout_does_so_too() {
    let setting = Setting::new().await;
    let (mut browser, id_token) = signed_in(&setting).await;
    let path = format!("/oidc/logout?federated&state=s1&post_logout_redirect_uri={BYE}&id_token_hint={id_token}");
    let request = browser.open(&path).await.answer();
    let answer = browser.open(&format!("/logout/callback?state={}", request.field("state"))).await.answer();
    assert_eq!((answer.uri.as_str(), answer.field("state")), (BYE, "s1"));

    // Asked on our page, the browser leaves from a page: a form may not lead to where its page does not say.
    let (mut browser, _) = signed_in(&setting).await;
    let page = browser.open("/oidc/logout?federated").await.page();
    let page = browser.submit(&page.form().with("confirm", "yes")).await.page();
    let link = page.links().into_iter().find(|link| link.starts_with(&setting.peer.issuer())).expect("a link");
    assert!(link.contains("/logout?") && page.html.contains("http-equiv=\"refresh\""), "{}", page.html);
    assert!(!is_signed_in(&setting, &mut browser).await);
}

#[tokio::test]
async fn an_auth0_tenant_is_asked_in_its_own_way() {
    let setting = Setting::with(|provider| provider.logout = ProviderLogout::Auth0).await;
    let (mut browser, _) = signed_in(&setting).await;
    assert!(!setting.app.dump().await.rows("session_origins")[0].contains("X'"), "no ID token is needed");
    let request = browser.open(&format!("{}&federated=", v2(&setting))).await.answer();
    assert_eq!(request.uri, format!("{}v2/logout", setting.peer.issuer()));
    let back = request.field("returnTo").strip_prefix("https://id.test").expect("it leads here").to_owned();
    assert_eq!(browser.open(&back).await.answer().uri, BYE);
}

#[tokio::test]
async fn nobody_else_is_sent_there() {
    let setting = Setting::new().await;
    let (mut ada, _) = signed_in(&setting).await;
    let directory = setting.add_directory().await;
    setting.app.add_user(&directory, "auth0|bob", "bob@x.io", Some(native("correct horse battery"))).await;
    assert_eq!(ada.open(&v2(&setting)).await.answer().uri, BYE, "who does not ask");

    let mut bob = setting.app.browser();
    bob.log_in(&setting.client.request(), "bob@x.io", "correct horse battery").await.answer();
    let federated = format!("{}&federated", v2(&setting));
    assert_eq!(bob.open(&federated).await.answer().uri, BYE, "whose session began here");
    assert_eq!(setting.app.browser().open(&federated).await.answer().uri, BYE, "who has none");
}

#[tokio::test]
async fn a_provider_that_is_away_keeps_nobody_signed_in() {
    let setting = Setting::new().await;
    let (mut browser, _) = signed_in(&setting).await;
    setting.app.advance(Duration::from_hours(1));
    setting.peer.server.on(Question::Discovery, Lie::HangUp);
    assert_eq!(browser.open(&format!("{}&federated", v2(&setting))).await.answer().uri, BYE);
    assert!(!is_signed_in(&setting, &mut browser).await);
}

#[tokio::test]
async fn nobody_comes_back_to_an_address_of_their_own() {
    let setting = Setting::new().await;
    let (mut browser, _) = signed_in(&setting).await;
    let request = browser.open(&format!("{}&federated", v2(&setting))).await.answer();
    let state = request.field("state");
    for wrong in ["", "x", BYE, &state[1..], &state.to_lowercase()] {
        let visit = browser.open(&format!("/logout/callback?state={wrong}")).await;
        assert_page(visit, 200, "You are signed out");
    }
    setting.app.advance(Duration::from_secs(3_601));
    assert_page(browser.open(&format!("/logout/callback?state={state}")).await, 200, "You are signed out");
    // The address is open to everybody, and so ends nothing.
    let (mut ada, _) = signed_in(&setting).await;
    ada.open("/logout/callback").await.page();
    assert!(is_signed_in(&setting, &mut ada).await);
}

impl Setting {
    /// Posts a logout token about Ada with these claims changed.
    async fn notify(&self, changes: &Value) -> testkit::Answer {
        self.notify_with(&self.peer.sign("logout+jwt", &self.logout_claims(changes))).await
    }

    async fn notify_with(&self, token: &str) -> testkit::Answer {
        self.app.post_form("/oidc/backchannel-logout/acme", &[("logout_token", token)]).await
    }

    fn logout_claims(&self, changes: &Value) -> Value {
        let now = self.app.now().seconds();
        let mut claims = json!({
            "iss": self.peer.issuer(), "aud": CLIENT_ID, "sub": "ada-1", "iat": now, "exp": now + 120, "jti": "first",
            "events": {"http://schemas.openid.net/event/backchannel-logout": {}},
        });
        for (name, value) in changes.as_object().expect("an object") {
            claims[name] = value.clone();
        }
        claims.as_object_mut().expect("an object").retain(|_, value| !value.is_null());
        claims
    }
}

#[tokio::test]
async fn a_provider_can_end_what_began_there() {
    let setting = Setting::new().await;
    let (mut here, mut elsewhere) = (signed_in(&setting).await.0, setting.app.browser());
    setting.sign_in_with(&mut elsewhere, &json!({"sid": "another"})).await.answer();
    let other = setting.sign_in_with(&mut setting.app.browser(), &json!({"sub": "bob-2", "sid": "bobs"})).await;
    other.answer();

    let answer = setting.notify(&json!({"sid": SID, "jti": "1"})).await;
    assert_eq!((answer.status.as_u16(), answer.header("cache-control")), (200, Some("no-store")), "{}", answer.body);
    assert!(!is_signed_in(&setting, &mut here).await, "the login it names");
    assert!(is_signed_in(&setting, &mut elsewhere).await, "and no other");
    assert_eq!(setting.notify(&json!({"jti": "2"})).await.status, 200);
    assert!(!is_signed_in(&setting, &mut elsewhere).await, "all of hers");
    let ended = setting.app.events_of("slo").await;
    assert!(ended.len() == 2 && ended.iter().all(|event| event.user_id.as_ref().is_some_and(|id| id.as_str() == ADA)));
}

/// UP-13
#[tokio::test]
async fn up_13_a_logout_token_that_does_not_hold_ends_nothing() {
    let setting = Setting::new().await;
    let (mut browser, _) = signed_in(&setting).await;
    let before = setting.app.dump().await;
    let own = setting.peer.sign("JWT", &setting.peer.claims(&json!({"jti": "x"}), setting.app.now()));
    let [_, claims, _] = own.split('.').collect::<Vec<_>>()[..] else { panic!("a JWT has three parts") };
    let mut tokens = vec![
        String::from("nonsense"),
        format!("eyJhbGciOiJub25lIn0.{claims}."),
        // An ID token is none.
        own.clone(),
    ];
    for changes in [
        json!({"events": null}),
        json!({"events": {}}),
        json!({"events": {"http://schemas.openid.net/event/backchannel-logout": true}}),
        json!({"nonce": "n"}),
        json!({"iss": "https://evil.example/"}),
        json!({"aud": "another client"}),
        json!({"exp": setting.app.now().seconds() - 61}),
        json!({"iat": setting.app.now().seconds() + 3_600}),
        json!({"sub": null}),
        json!({"jti": null}),
    ] {
        tokens.push(setting.peer.sign("logout+jwt", &setting.logout_claims(&changes)));
    }
    for token in tokens {
        let refused = setting.notify_with(&token).await;
        assert_eq!((refused.status.as_u16(), refused.text("error").as_str()), (400, "invalid_request"), "{token}");
        assert_eq!(refused.header(header::CACHE_CONTROL.as_str()), Some("no-store"));
    }
    let good = setting.peer.sign("logout+jwt", &setting.logout_claims(&json!({})));
    for path in ["/oidc/backchannel-logout/nobody", "/oidc/backchannel-logout/Username-Password-Authentication"] {
        assert_eq!(setting.app.post_form(path, &[("logout_token", &good)]).await.status, 400, "{path}");
    }
    setting.peer.sign_with_an_unknown_key();
    assert_eq!(setting.notify(&json!({})).await.status, 400);
    setting.app.assert_unchanged_since(&before).await;
    assert!(is_signed_in(&setting, &mut browser).await);
}

/// No database keeps such a name.
#[tokio::test]
async fn a_login_with_a_name_that_nothing_can_have_is_a_login_without_one() {
    for_each_engine(async |app| {
        let setting = Box::pin(Setting::on(app, |_| {})).await;
        assert_eq!(setting.person(&json!({"sid": "a\0b"})).await["sub"], ADA);
    })
    .await;
}

#[tokio::test]
async fn up_13_a_name_that_nothing_can_have_is_nobodys() {
    for_each_engine(async |app| {
        let path = "/oidc/backchannel-logout/a%00";
        let refused = app.post_form(path, &[("logout_token", "x")]).await;
        assert_eq!((refused.status.as_u16(), refused.text("error").as_str()), (400, "invalid_request"));
    })
    .await;
}

/// UP-13: heard once, whoever repeats it.
#[tokio::test]
async fn up_13_a_logout_token_is_not_heard_twice() {
    let setting = Setting::new().await;
    assert_eq!(setting.notify(&json!({})).await.status, 200);
    let (mut browser, _) = signed_in(&setting).await;
    assert_eq!(setting.notify(&json!({})).await.status, 400);
    assert!(is_signed_in(&setting, &mut browser).await);
}
