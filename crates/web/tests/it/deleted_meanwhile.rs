//! People and applications that are deleted at the moment in which a request is about them.

use http::Method;
use serde_json::json;
use testkit::{App, Browser, Page, Visit, for_each_engine};

use crate::site::{EMAIL, PASSWORD, Site, assert_page};

const ADA: &str = "DELETE FROM users WHERE user_id = 'auth0|ada'";
const THE_APP: &str = "DELETE FROM clients WHERE client_id = 'app'";

async fn assert_empty(app: &App, tables: &[&str]) {
    let dump = app.dump().await;
    for table in tables {
        assert!(dump.rows(table).is_empty(), "{table}");
    }
}

#[tokio::test]
async fn no_sign_in_begins_at_an_application_that_is_gone() {
    for_each_engine(async |app| {
        let site = Site::on(app).await;
        let (mut browser, url) = (site.app.browser(), site.client.request());
        let visit = site.app.while_deleting(THE_APP, browser.authorize(&url)).await;
        assert_page(visit, 400, "This application is not known here");
        assert_empty(&site.app, &["pending_authorizations"]).await;
    })
    .await;
}

#[tokio::test]
async fn nobody_who_is_gone_is_given_a_code() {
    for_each_engine(async |app| {
        let site = Site::on(app).await;
        let mut browser = site.app.browser();
        site.log_in(&mut browser, &site.client.request()).await.code();
        let answer = site.app.while_deleting(ADA, site.silently(&mut browser)).await;
        assert_eq!(answer.error(), "login_required");
        assert_empty(&site.app, &["sessions", "token_families", "authorization_codes"]).await;
    })
    .await;
}

#[tokio::test]
async fn no_application_that_is_gone_is_given_a_code() {
    for_each_engine(async |app| {
        let site = Site::on(app).await;
        let mut browser = site.app.browser();
        site.log_in(&mut browser, &site.client.request()).await.code();
        let silent = site.client.request().with("prompt", "none");
        match site.app.while_deleting(THE_APP, browser.authorize(&silent)).await {
            Visit::Left(answer) => assert_eq!(answer.error(), "login_required"),
            // SQLite deletes it before the request.
            page @ Visit::Page(_) => assert_page(page, 400, "This application is not known here"),
        }
        assert_empty(&site.app, &["session_clients", "token_families", "authorization_codes"]).await;
    })
    .await;
}

/// Ada, who is asked what she allows an application of somebody else.
async fn asked(site: &Site) -> (Browser, Page) {
    site.app.change_client(&site.client.client_id, |client| client.is_first_party = false).await;
    let mut browser = site.app.browser();
    let page = browser.log_in(&site.client.request(), EMAIL, PASSWORD).await.page();
    assert!(page.path.starts_with("/u/consent?state="), "{}", page.path);
    (browser, page)
}

#[tokio::test]
async fn az_21_nothing_is_allowed_by_somebody_who_is_gone_or_to_nobody() {
    for_each_engine(async |app| {
        let site = Site::on(app).await;
        let (mut browser, page) = asked(&site).await;
        let allow = page.form().with("action", "allow");
        let visit = site.app.while_deleting(ADA, browser.submit(&allow)).await.page();
        assert!(visit.path.starts_with("/u/login?state="), "{}", visit.path);
        assert_empty(&site.app, &["grants", "token_families"]).await;
    })
    .await;
    for_each_engine(async |app| {
        let site = Site::on(app).await;
        let (mut browser, page) = asked(&site).await;
        let allow = page.form().with("action", "allow");
        let visit = site.app.while_deleting(THE_APP, browser.submit(&allow)).await;
        assert_page(visit, 400, "This page has expired");
        assert_empty(&site.app, &["grants", "token_families"]).await;
    })
    .await;
}

const NO_NEW_CODE: &str = "LOCK TABLE authorization_codes IN SHARE MODE";
const NO_NEW_TOKEN: &str = "LOCK TABLE access_tokens IN SHARE MODE";
const THE_FIRST_TOKEN: &str = "SELECT 1 FROM refresh_tokens WHERE generation = 0 FOR UPDATE";

/// Whoever deletes the person or the client in the middle of the exchange of what is brought here is not refused, and
/// nothing is left of it.
async fn check_exchange(lock: &'static str, bring: impl AsyncFn(&Site) -> Vec<(String, String)>) {
    for deleted in ["users/auth0%7Cada", "clients/app"] {
        for_each_engine(async |app| {
            let site = Site::on(app).await;
            let fields = bring(&site).await;
            let fields: Vec<_> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
            let nothing = json!({});
            let deletion = site.app.manage(Method::DELETE, deleted, &nothing);
            let (answer, deletion) = site.app.amid(lock, site.app.token(&fields), deletion).await;
            assert_eq!(deletion.status, 204, "{deleted}: {}", deletion.body);
            assert_eq!(answer.status, 200, "{deleted}: {}", answer.body);
            assert_empty(&site.app, &["token_families", "authorization_codes", "refresh_tokens", "access_tokens"])
                .await;
        })
        .await;
    }
}

fn owned(fields: Vec<(&str, &str)>) -> Vec<(String, String)> {
    fields.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

#[tokio::test]
async fn a_code_is_exchanged_while_its_person_or_its_client_goes() {
    check_exchange(NO_NEW_TOKEN, async |site| {
        let code = site.code().await;
        owned(site.client.code_fields(&code))
    })
    .await;
}

#[tokio::test]
async fn a_refresh_token_is_exchanged_while_its_person_or_its_client_goes() {
    check_exchange(THE_FIRST_TOKEN, async |site| {
        let first = site.offline_tokens().await.0;
        let second = site.client.refresh(&site.app, &first).await.text("refresh_token");
        owned(site.client.refresh_fields(&second))
    })
    .await;
}

#[tokio::test]
async fn a_browser_is_answered_while_its_person_goes() {
    for_each_engine(async |app| {
        let site = Site::on(app).await;
        let mut browser = site.app.browser();
        site.log_in(&mut browser, &site.client.request()).await.code();
        let nothing = json!({});
        let deletion = site.app.manage(Method::DELETE, "users/auth0%7Cada", &nothing);
        let (answer, deletion) = site.app.amid(NO_NEW_CODE, site.silently(&mut browser), deletion).await;
        assert_eq!(deletion.status, 204, "{}", deletion.body);
        assert!(!answer.code().is_empty(), "{answer:?}");
        assert_empty(&site.app, &["sessions", "token_families", "authorization_codes"]).await;
    })
    .await;
}

#[tokio::test]
async fn nobody_signs_up_in_a_connection_that_is_gone() {
    const THE_CONNECTION: &str = "DELETE FROM connections WHERE name = 'empty'";
    let account = [("client_id", "app"), ("connection", "empty"), ("email", "bob@x.io"), ("password", "Tr1cky enough")];
    for_each_engine(async |app| {
        let site = Site::on(app).await;
        site.app.add_connection("empty", &[&site.client], |_| {}).await;
        let url = site.client.request().with("screen_hint", "signup").with("connection", "empty");
        let mut browser = site.app.browser();
        let form = browser.authorize(&url).await.page().form();
        let form = form.fill("email", "bob@x.io").fill("password", "Tr1cky enough");
        let visit = site.app.while_deleting(THE_CONNECTION, browser.submit(&form)).await;
        assert_page(visit, 403, "Sign-up is closed");
        assert_eq!(site.app.dump().await.rows("users").len(), 1, "Ada");
    })
    .await;
    for_each_engine(async |app| {
        let site = Site::on(app).await;
        site.app.add_connection("empty", &[&site.client], |_| {}).await;
        let signup = site.app.post_form("/dbconnections/signup", &account);
        let answer = site.app.while_deleting(THE_CONNECTION, signup).await;
        assert_eq!(answer.status, 400, "{}", answer.body);
        assert_eq!(site.app.dump().await.rows("users").len(), 1, "Ada");
    })
    .await;
}

/// Whoever is faster than the deletion is deleted with the others, and nobody is left who belongs to no connection.
#[tokio::test]
async fn whoever_signs_up_while_the_connection_goes_goes_with_it() {
    for_each_engine(async |app| {
        let site = Site::on(app).await;
        let empty = site.app.add_connection("empty", &[&site.client], |_| {}).await;
        let url = site.client.request().with("screen_hint", "signup").with("connection", "empty");
        let mut browser = site.app.browser();
        let form = browser.authorize(&url).await.page().form();
        let form = form.fill("email", "bob@x.io").fill("password", "Tr1cky enough");
        let (path, nothing) = (format!("connections/{}", empty.id), json!({}));
        let deletion = site.app.manage(Method::DELETE, &path, &nothing);
        let lock = "LOCK TABLE passwords IN SHARE MODE";
        let (_, deletion) = site.app.amid(lock, browser.submit(&form), deletion).await;
        assert_eq!(deletion.status, 204, "{}", deletion.body);
        let left = site.app.dump().await;
        for table in ["connections", "users", "identities", "passwords"] {
            assert_eq!(left.rows(table).len(), 1, "{table}: Ada's alone");
        }
    })
    .await;
}
