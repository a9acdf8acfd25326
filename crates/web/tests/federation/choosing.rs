//! Where somebody signs in.

use serde_json::json;
use testkit::provider::LyingProvider;
use testkit::{Page, native};

use crate::setting::{Setting, assert_page};

async fn login_page(setting: &Setting) -> Page {
    setting.app.browser().authorize(&setting.client.request()).await.page()
}

#[tokio::test]
async fn a_login_page_has_a_button_for_each_connection_that_may_have_one() {
    let setting = Setting::new().await;
    setting.add_directory().await;
    let (clients, provider) = ([&setting.client], setting.peer.provider());
    let google = setting.app.add_provider("google-oauth2", "google-oauth2", &clients, provider).await;
    let hidden = setting.app.add_provider("hidden", "okta", &[&setting.client], setting.peer.provider()).await;
    setting.app.change_connection(&hidden.id, |own| own.show_as_button = Some(false)).await;
    setting.app.add_provider("elsewhere", "okta", &[], setting.peer.provider()).await;
    let page = login_page(&setting).await;
    assert!(page.says("Continue with acme") && page.says("Continue with Google"), "{}", page.html);
    let buttons: Vec<_> = page.links().into_iter().filter(|link| link.contains("/u/login/connection")).collect();
    assert_eq!(buttons.len(), 2, "{buttons:?}");
    assert!(page.html.contains("type=\"password\""));

    setting.app.change_connection(&google.id, |own| own.display_name = Some("The Office".into())).await;
    assert!(login_page(&setting).await.says("Continue with The Office"));
}

#[tokio::test]
async fn a_button_leads_to_the_provider_and_back_to_the_application() {
    let setting = Setting::new().await;
    setting.add_directory().await;
    let mut browser = setting.app.browser();
    let page = browser.authorize(&setting.client.request()).await.page();
    let button = page.links().into_iter().find(|link| link.contains("connection=acme")).expect("a button");
    let request = browser.open(&button.replace("&amp;", "&")).await.answer();
    let answer = browser.open(&setting.peer.sign_in(&request, &json!({}), setting.app.now())).await.answer();
    assert_eq!(setting.claims(&answer).await["sub"], "oidc|acme|ada-1");
}

#[tokio::test]
async fn a_request_may_name_its_connection() {
    let setting = Setting::new().await;
    setting.add_directory().await;
    let url = setting.client.request().with("connection", "acme");
    let request = setting.leave(&mut setting.app.browser(), &url).await;
    assert_eq!(request.uri, format!("{}authorize", setting.peer.issuer()));
    let url = setting.client.request().with("connection", "Username-Password-Authentication");
    let page = setting.app.browser().authorize(&url).await.page();
    assert!(page.html.contains("type=\"password\"") && !page.says("Continue with acme"), "{}", page.html);
}

/// UP-09
#[tokio::test]
async fn up_09_a_connection_of_others_is_not_named() {
    let setting = Setting::new().await;
    setting.add_directory().await;
    setting.app.add_provider("elsewhere", "okta", &[], setting.peer.provider()).await;
    let url = setting.client.request().with("connection", "elsewhere");
    let refused = setting.app.browser().authorize(&url).await.answer();
    let said = (refused.error(), refused.field("error_description"));
    assert_eq!(said, ("invalid_request", "the connection was not found"));
    let mut browser = setting.app.browser();
    let page = browser.authorize(&setting.client.request()).await.page();
    let form = page.form();
    let state = form.value("state");
    let visit = browser.open(&format!("/u/login/connection?state={state}&connection=elsewhere")).await;
    assert_page(visit, 400, "This way to sign in is closed");
    assert!(setting.peer.server.seen().is_empty());
    setting.assert_failed_because("not_enabled").await;
}

#[tokio::test]
async fn an_address_leads_to_the_provider_of_its_domain() {
    let setting = Setting::with(|provider| provider.domain_aliases = vec!["acme.example".into()]).await;
    let directory = setting.add_directory().await;
    setting.app.add_user(&directory, "auth0|bob", "bob@x.io", Some(native("correct horse battery"))).await;
    let mut browser = setting.app.browser();
    let form = browser.authorize(&setting.client.request()).await.page().form();
    // Whatever is typed beside it; no password is looked at.
    for password in ["", "anything"] {
        let filled = form.clone().fill("username", " Ada@ACME.example").fill("password", password);
        let page = browser.submit(&filled).await.page();
        assert_eq!(page.status, 200);
        assert!(page.html.contains("http-equiv=\"refresh\""), "a form may not lead to where its page does not say");
        let link = page.links().into_iter().find(|link| link.contains("/u/login/connection")).expect("a link");
        let request = browser.open(&link.replace("&amp;", "&")).await.answer();
        assert_eq!(request.field("login_hint"), "Ada@ACME.example");
    }
    assert!(setting.app.events_of("fp").await.is_empty() && setting.app.events_of("fu").await.is_empty());
    // Others have a password here.
    let filled = form.fill("username", "bob@x.io").fill("password", "correct horse battery");
    browser.submit(&filled).await.answer();
}

#[tokio::test]
async fn an_address_that_the_application_knows_leads_there_without_a_page() {
    let setting = Setting::with(|provider| provider.domain_aliases = vec!["acme.example".into()]).await;
    setting.add_directory().await;
    let hinted = |address| setting.client.request().with("login_hint", address);
    let request = setting.leave(&mut setting.app.browser(), &hinted("ada@acme.example")).await;
    assert_eq!(request.field("login_hint"), "ada@acme.example");
    for address in ["ada@other.example", "ada@acme.example.evil.example", "acme.example", "ada@"] {
        let page = setting.app.browser().authorize(&hinted(address)).await.page();
        assert!(page.status == 200 && page.html.contains("type=\"password\""), "{address}: {}", page.html);
    }
    let silent = hinted("ada@acme.example").with("prompt", "none");
    assert_eq!(setting.app.browser().authorize(&silent).await.answer().error(), "login_required");
}

#[tokio::test]
async fn where_there_are_no_passwords_an_address_alone_is_asked_for() {
    let setting = Setting::with(|provider| provider.domain_aliases = vec!["acme.example".into()]).await;
    let other = LyingProvider::start().await;
    let other = setting.app.add_provider("other", "okta", &[&setting.client], other.provider()).await;
    setting.app.change_connection(&other.id, |own| own.show_as_button = Some(false)).await;
    let mut browser = setting.app.browser();
    let page = browser.authorize(&setting.client.request()).await.page();
    assert!(!page.html.contains("type=\"password\""), "{}", page.html);
    let refused = browser.submit(&page.form().fill("username", "eve@evil.example")).await;
    assert_page(refused, 400, "We do not know where to send you");
    let onward = browser.submit(&page.form().fill("username", "ada@acme.example")).await.page();
    assert!(onward.html.contains("http-equiv=\"refresh\""), "{}", onward.html);
}

#[tokio::test]
async fn without_any_way_to_sign_in_that_is_what_the_page_says() {
    let setting = Setting::new().await;
    setting.app.change_connection(&setting.acme.id, |own| own.enabled_clients.clear()).await;
    let visit = setting.app.browser().authorize(&setting.client.request()).await;
    assert_page(visit, 400, "There is no way to sign in yet");
}

#[tokio::test]
async fn people_of_the_database_do_not_notice() {
    let setting = Setting::new().await;
    let directory = setting.add_directory().await;
    setting.app.add_user(&directory, "auth0|bob", "bob@x.io", Some(native("correct horse battery"))).await;
    setting.peer.server.on(testkit::source::Question::Discovery, testkit::source::Lie::HangUp);
    let mut browser = setting.app.browser();
    let answer = browser.log_in(&setting.client.request(), "bob@x.io", "correct horse battery").await.answer();
    assert_eq!(setting.claims(&answer).await["sub"], "auth0|bob");
    assert!(setting.peer.server.seen().is_empty());
}
