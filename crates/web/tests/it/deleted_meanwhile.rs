//! People and applications that are deleted at the moment in which a request is about them.

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
