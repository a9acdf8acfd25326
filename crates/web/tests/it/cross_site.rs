//! What a page of another site can have a browser do that is signed in here: nothing.

use axum::body::Body;
use http::{Method, Request, header};
use serde_json::json;
use testkit::{Browser, Form};
use url::form_urlencoded::Serializer;

use crate::links::reset_link;
use crate::site::{EMAIL, PASSWORD, Site, assert_page};

const ELSEWHERE: [(&str, &str); 3] =
    [("https://evil.test", "cross-site"), ("https://evil.id.test", "same-site"), ("null", "cross-site")];

/// The form that the person would send has no effect from elsewhere, not even with the secret it holds.
async fn check(site: &Site, browser: &Browser, form: &Form) {
    let before = site.app.dump().await;
    let guesses = ["", "x", &"A".repeat(43)].map(|guess| form.clone().fill("csrf", guess));
    for (origin, fetch_site) in ELSEWHERE {
        for form in guesses.iter().chain([form]) {
            let visit = browser.clone().submit_from(form, origin.to_owned(), fetch_site).await;
            assert_page(visit, 403, "This form came from elsewhere");
        }
    }
    for form in &guesses {
        assert_page(browser.clone().submit(form).await, 403, "This form came from elsewhere");
    }
    let fields = Serializer::new(String::new()).extend_pairs(form.pairs()).finish();
    let link = format!("{}?{fields}", form.action);
    let got = Request::get(&link).header("sec-fetch-site", "cross-site").body(Body::empty()).unwrap();
    let got = browser.clone().send(got).await;
    assert!(!got.header("location").is_some_and(|location| location.contains("code=")), "{link}");
    let as_json = json!(form.fields.iter().cloned().collect::<std::collections::BTreeMap<_, _>>()).to_string();
    for (media_type, body) in [("text/plain", &fields), ("text/plain", &as_json), ("application/json", &as_json)] {
        let request = Request::post(&form.action).header(header::CONTENT_TYPE, media_type);
        let request = request.header(header::ORIGIN, "https://evil.test").body(Body::from(body.clone())).unwrap();
        let status = browser.clone().send(request).await.status.as_u16();
        assert!([400, 403, 415].contains(&status), "{} {media_type} {status}", form.action);
    }
    site.app.assert_unchanged_since(&before).await;
}

#[tokio::test]
async fn se_03_nobody_consents_or_signs_out_by_a_page_elsewhere() {
    let site = Site::new().await;
    let stranger = site.app.add_client("stranger", |client| client.is_first_party = false).await;
    site.enable(&stranger).await;
    let mut browser = site.app.browser();
    let consent = browser.log_in(&stranger.request(), EMAIL, PASSWORD).await.page().form().with("action", "allow");
    let logout = browser.open("/oidc/logout").await.page().form().with("confirm", "yes");
    for form in [&consent, &logout] {
        check(&site, &browser, form).await;
    }
    browser.submit(&consent).await.answer().code();
    assert_page(browser.submit(&logout).await, 200, "signed out");
}

#[tokio::test]
async fn se_03_nobody_changes_a_password_or_signs_up_by_a_page_elsewhere() {
    let site = Site::new().await;
    let mut browser = site.app.browser();
    let login = browser.authorize(&site.client.request()).await.page();
    let to_signup = login.links().into_iter().find(|link| link.starts_with("/u/signup")).expect("a link");
    let signup =
        browser.open(&to_signup).await.page().form().fill("email", "bob@x.io").fill("password", "Tr1cky enough");
    let reset = browser.open(&reset_link(&site).await).await.page().form().fill("password", "Quite another 7");
    for form in [&signup, &reset] {
        check(&site, &browser, form).await;
    }
    assert_page(browser.submit(&reset).await, 200, "Your password is changed");
    browser.submit(&signup).await.answer().code();
}

/// What programs call knows no cookie, and reads no body that a page may send without being asked who it is.
#[tokio::test]
async fn se_03_no_page_elsewhere_administers_or_registers_anything() {
    let site = Site::new().await;
    let on = json!({"flags": {"enable_dynamic_client_registration": true}});
    assert_eq!(site.app.manage(Method::PATCH, "tenants/settings", &on).await.status, 200);
    let mut browser = site.app.browser();
    site.log_in(&mut browser, &site.client.request()).await;
    let token = site.app.management_token().await;
    let client = json!({"name": "evil", "redirect_uris": ["https://evil.test/cb"]}).to_string();
    let person = json!({
        "connection": site.connection.name, "client_id": "app", "email": "eve@x.io", "password": "Tr1cky enough",
    });
    let person = person.to_string();
    let calls = [
        (Method::POST, "/api/v2/clients", &client, 401),
        (Method::PATCH, "/api/v2/clients/app", &client, 401),
        (Method::DELETE, "/api/v2/users/auth0%7Cada", &client, 401),
        (Method::DELETE, "/api/v2/users/auth0%7Cada/sessions", &client, 401),
        (Method::POST, "/api/v2/users/auth0%7Cada/revoke-access", &client, 401),
        (Method::POST, "/oidc/register", &client, 415),
        (Method::POST, "/dbconnections/signup", &person, 415),
        (Method::POST, "/dbconnections/change_password", &person, 415),
    ];
    let before = site.app.dump().await;
    for media_type in ["text/plain", "text/plain; x=application/json", "multipart/form-data; boundary=x"] {
        for (method, path, body, expected) in &calls {
            let request = Request::builder().method(method).uri(*path).header(header::CONTENT_TYPE, media_type);
            let request = request.header(header::ORIGIN, "https://evil.test").header("sec-fetch-site", "cross-site");
            let answer = browser.send(request.body(Body::from((*body).clone())).unwrap()).await;
            assert_eq!(answer.status.as_u16(), *expected, "{method} {path} {media_type}");
        }
        // With a token, even.
        for (method, path) in [(Method::POST, "clients"), (Method::PATCH, "clients/app"), (Method::POST, "users")] {
            let request = Request::builder().method(&method).uri(format!("/api/v2/{path}"));
            let request = request.header(header::CONTENT_TYPE, media_type);
            let request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
            let answer = site.app.call(request.body(Body::from(client.clone())).unwrap()).await;
            assert_eq!(answer.status, 415, "{method} {path} {media_type}");
        }
    }
    for path in ["/api/v2/clients?name=evil", "/api/v2/users/auth0%7Cada", "/oidc/register"] {
        let status = browser.send(Request::get(path).body(Body::empty()).unwrap()).await.status.as_u16();
        assert!([401, 404, 405].contains(&status), "{path} {status}");
    }
    site.app.assert_unchanged_since(&before).await;
}
