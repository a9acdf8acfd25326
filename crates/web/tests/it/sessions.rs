//! Browsers that are signed in, and what binds a sign-in to one of them.

use std::time::Duration;

use axum::body::Body;
use http::{HeaderValue, Request, header};
use serde_json::json;
use testkit::{App, Browser, Form, Options, native};

use crate::site::{EMAIL, PASSWORD, Site, assert_page, claims};

/// The login form, as this browser was given it.
async fn form(site: &Site, browser: &mut Browser) -> Form {
    let form = browser.authorize(&site.client.request()).await.page().form();
    form.fill("username", EMAIL).fill("password", PASSWORD)
}

const FOREIGN: &str = "This form came from elsewhere";
const OTHER_BROWSER: &str = "Please allow cookies";

/// CVE-2026-7507, Zitadel CVE-2024-28197.
#[tokio::test]
async fn se_01_a_planted_session_is_worth_nothing_after_the_login() {
    let site = Site::new().await;
    site.app.add_user(&site.connection, "auth0|eve", "eve@x.io", Some(native(PASSWORD))).await;
    let mut attacker = site.app.browser();
    attacker.log_in(&site.client.request(), "eve@x.io", PASSWORD).await.answer().code();
    let guess = "A".repeat(43);
    for planted in [attacker.cookie("session").unwrap().to_owned(), guess] {
        let mut victim = site.app.browser();
        victim.set_cookie("session", &planted);
        site.log_in(&mut victim, &site.client.request().with("prompt", "login")).await.code();
        assert_ne!(victim.cookie("session"), Some(planted.as_str()));
        attacker.set_cookie("session", &planted);
        assert_eq!(site.silently(&mut attacker).await.error(), "login_required");
    }
}

#[tokio::test]
async fn se_01_a_sign_in_belongs_to_the_browser_that_began_it() {
    let site = Site::new().await;
    let mut attacker = site.app.browser();
    let form = form(&site, &mut attacker).await;
    let page = format!("/u/login?state={}", form.value("state"));
    let mut other = site.app.browser();
    self::form(&site, &mut other).await;
    let before = site.app.dump().await;
    for mut victim in [site.app.browser(), other] {
        assert_page(victim.open(&page).await, 400, OTHER_BROWSER);
        assert_page(victim.open(&page.replace("login", "signup")).await, 400, OTHER_BROWSER);
        assert_page(victim.submit(&form).await, 403, FOREIGN);
        assert_eq!(victim.cookie("session"), None);
    }
    site.app.assert_unchanged_since(&before).await;
    attacker.submit(&form).await.answer().code();
}

#[tokio::test]
async fn se_01_a_sign_in_does_not_wait_for_ever() {
    let site = Site::new().await;
    let mut browser = site.app.browser();
    let form = form(&site, &mut browser).await;
    site.app.advance(Duration::from_hours(1));
    let before = site.app.dump().await;
    let expired = "This page has expired";
    assert_page(browser.submit(&form).await, 400, expired);
    assert_page(browser.open(&format!("/u/login?state={}", form.value("state"))).await, 400, expired);
    for state in ["", "x", &"A".repeat(43)] {
        assert_page(browser.open(&format!("/u/login?state={state}")).await, 400, expired);
    }
    site.app.assert_unchanged_since(&before).await;
}

/// Casdoor CVE-2023-34927.
#[tokio::test]
async fn se_02_a_form_from_elsewhere_signs_nobody_in() {
    let site = Site::new().await;
    let mut browser = site.app.browser();
    let form = form(&site, &mut browser).await;
    let mut other = site.app.browser();
    let others_token = self::form(&site, &mut other).await.value("csrf").to_owned();
    let before = site.app.dump().await;
    let own = site.app.origin();
    for (origin, sec_fetch_site) in [
        ("https://evil.test", "cross-site"),
        (own.as_str(), "cross-site"),
        ("https://evil.id.test", "same-site"),
        ("null", "cross-site"),
    ] {
        assert_page(browser.submit_from(&form, origin.to_owned(), sec_fetch_site).await, 403, FOREIGN);
    }
    for token in ["", "x", &others_token, &form.value("csrf").to_uppercase()] {
        assert_page(browser.submit(&form.clone().fill("csrf", token)).await, 403, FOREIGN);
    }
    for origin in ["https://evil.test", "https://id.test.evil.test", "https://id.test:8443", "http://id.test", "null"] {
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(&form.fields).finish();
        let request = Request::post("/u/login").header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        let request = request.header(header::ORIGIN, origin).body(Body::from(body)).unwrap();
        assert_eq!(browser.send(request).await.status, 403, "{origin}");
    }
    assert_eq!(browser.cookie("session"), None);
    site.app.assert_unchanged_since(&before).await;
    browser.submit(&form).await.answer().code();
}

/// The cookies an answer sets, name and attributes, without their values.
fn cookies(answer: &testkit::Answer) -> Vec<(String, String)> {
    let lines = answer.headers.get_all(header::SET_COOKIE).iter().map(|line| line.to_str().unwrap());
    let parts = lines.map(|line| line.split_once('=').unwrap());
    parts.map(|(name, rest)| (name.to_owned(), rest.split_once("; ").unwrap().1.to_owned())).collect()
}

/// What the login page and a login set.
async fn cookies_of_a_login(site: &Site) -> Vec<(String, String)> {
    let mut browser = site.app.browser();
    let request = Request::get(site.client.request().path()).body(Body::empty()).unwrap();
    let mut found = cookies(&browser.send(request).await);
    let form = form(site, &mut browser).await;
    let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(&form.fields).finish();
    let request = Request::post("/u/login").header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
    found.extend(cookies(&browser.send(request.body(Body::from(body)).unwrap()).await));
    found
}

#[tokio::test]
async fn se_04_cookies_are_bound_to_the_host_and_kept_from_scripts_and_other_sites() {
    let site = Site::new().await;
    let found = cookies_of_a_login(&site).await;
    let expected = [
        ("__Host-landbridge_browser", "Path=/; HttpOnly; SameSite=Lax; Secure"),
        ("__Host-landbridge_session", "Path=/; HttpOnly; SameSite=Lax; Secure; Max-Age=34560000"),
    ];
    assert_eq!(found, expected.map(|(name, attributes)| (name.to_owned(), attributes.to_owned())));

    let issuer = "http://localhost:3000/".to_owned();
    let site = Site::on(App::with(Options { issuer, ..Options::default() }).await).await;
    let names: Vec<_> = cookies_of_a_login(&site).await.into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["landbridge_browser_3000", "landbridge_session_3000"]);
}

#[tokio::test]
async fn se_04_cookies_hold_256_bits_of_which_only_digests_are_stored() {
    let site = Site::new().await;
    let mut browser = site.app.browser();
    site.log_in(&mut browser, &site.client.request()).await;
    let dump = site.app.dump().await;
    for purpose in ["session", "browser"] {
        let value = browser.cookie(purpose).unwrap();
        assert_eq!(value.len(), 43);
        assert!(!dump.contains(value), "{purpose}");
    }
}

/// Authentik CVE-2026-25748.
#[tokio::test]
async fn se_05_a_garbled_session_cookie_is_none() {
    let site = Site::new().await;
    let mut browser = site.app.browser();
    site.log_in(&mut browser, &site.client.request()).await;
    let value = browser.cookie("session").unwrap().to_owned();
    let name = "__Host-landbridge_session";
    let before = site.app.dump().await;
    let lines: Vec<Vec<u8>> = vec![
        format!("{name}={}", &value[1..]).into(),
        format!("{name}={value}A").into(),
        format!("{name}={value}=").into(),
        format!("{name}=\"{value}\"").into(),
        format!("{name}={}", value.to_lowercase()).into(),
        format!("{name}=").into(),
        name.into(),
        format!("landbridge_session={value}").into(),
        format!("{}={value}", name.to_lowercase()).into(),
        format!("{name}={value}; {name}={value}").into(),
        format!("{name}={}", "A".repeat(43)).into(),
        format!("{name}={value}; x={}", "x".repeat(20_000)).into(),
        [name.as_bytes(), b"=\xff\xfe", value.as_bytes()].concat(),
    ];
    for line in lines {
        let url = site.client.request();
        let request = |url: String| Request::get(url).header(header::COOKIE, HeaderValue::from_bytes(&line).unwrap());
        let silent =
            site.app.call(request(url.clone().with("prompt", "none").path()).body(Body::empty()).unwrap()).await;
        assert!(silent.header("location").unwrap().contains("error=login_required"), "{}", line.escape_ascii());
        let asked = site.app.call(request(url.path()).body(Body::empty()).unwrap()).await;
        assert_eq!(asked.status, 302, "{}", line.escape_ascii());
        assert!(asked.header("location").unwrap().starts_with("/u/login"), "{}", line.escape_ascii());
    }
    before.assert_changed_only(&site.app.dump().await, &["pending_authorizations"]);
    site.silently(&mut browser).await.code();
}

/// GHSA-rg35-5v25-mqvp, oauth2-proxy CVE-2026-34454.
#[tokio::test]
async fn se_06_two_people_at_one_browser_never_meet() {
    let site = Site::new().await;
    site.app.add_user(&site.connection, "auth0|eve", "eve@x.io", Some(native(PASSWORD))).await;
    let mut browser = site.app.browser();
    let adas_form = form(&site, &mut browser).await;
    site.log_in(&mut browser, &site.client.request()).await;
    let adas_cookie = browser.cookie("session").unwrap().to_owned();
    browser.lose_cookie("session");
    assert_page(browser.open("/v2/logout").await, 200, "You are signed out");

    let eves = browser.log_in(&site.client.request(), "eve@x.io", PASSWORD).await.answer();
    let eves_cookie = browser.cookie("session").unwrap().to_owned();
    assert_ne!(eves_cookie, adas_cookie);
    let tokens = site.client.exchange(&site.app, eves.code()).await;
    assert_eq!(claims(&tokens.text("id_token"))["sub"], "auth0|eve");
    let again = site.silently(&mut browser).await;
    let tokens = site.client.exchange(&site.app, again.code()).await;
    assert_eq!(claims(&tokens.text("id_token"))["sub"], "auth0|eve");

    // A page that was left open signs in whoever types a password into it, and ends the session before.
    let answer = browser.submit(&adas_form).await.answer();
    let tokens = site.client.exchange(&site.app, answer.code()).await;
    assert_eq!(claims(&tokens.text("id_token"))["sub"], "auth0|ada");
    browser.set_cookie("session", &eves_cookie);
    assert_eq!(site.silently(&mut browser).await.error(), "login_required");
}

#[tokio::test]
async fn one_sign_in_is_enough_for_every_client() {
    let site = Site::new().await;
    let other = site.app.add_client("other", |_| {}).await;
    site.enable(&other).await;
    let mut browser = site.app.browser();
    let first = site.log_in(&mut browser, &site.client.request()).await;
    let second = browser.authorize(&other.request()).await.answer();
    assert_eq!((second.uri.as_str(), second.status.as_u16()), ("https://other.test/cb", 302));
    let first = claims(&site.client.exchange(&site.app, first.code()).await.text("id_token"));
    let second = claims(&other.exchange(&site.app, second.code()).await.text("id_token"));
    for name in ["sub", "sid", "auth_time"] {
        assert_eq!(first[name], second[name], "{name}");
    }
    assert_eq!((first["aud"].as_str(), second["aud"].as_str()), (Some("app"), Some("other")));
}

#[tokio::test]
async fn a_sign_in_is_none_at_a_client_for_other_people() {
    let site = Site::new().await;
    let other = site.app.add_client("other", |_| {}).await;
    site.app.add_connection("others", &[&other], |_| {}).await;
    let mut browser = signed_in(&site).await;
    let before = site.app.dump().await;
    let silent = browser.authorize(&other.request().with("prompt", "none")).await.answer();
    assert_eq!(silent.error(), "login_required");
    site.app.assert_unchanged_since(&before).await;
    assert_page(browser.authorize(&other.request()).await, 200, "Welcome");
    site.silently(&mut browser).await.code();
}

const HOUR: Duration = Duration::from_hours(1);

fn all_but_a_moment_of(hours: u64) -> Duration {
    Duration::from_millis(hours * 3_600_000 - 1)
}

async fn signed_in(site: &Site) -> Browser {
    let mut browser = site.app.browser();
    site.log_in(&mut browser, &site.client.request()).await;
    browser
}

/// The session is over: no code without a page, and asking changes nothing.
async fn check_over(site: &Site, browser: &mut Browser) {
    let before = site.app.dump().await;
    assert_eq!(site.silently(browser).await.error(), "login_required");
    site.app.assert_unchanged_since(&before).await;
}

/// GHSA-64w3-5q9m-68xf.
#[tokio::test]
async fn se_07_a_session_ends_when_it_lies_idle_and_in_any_case() {
    let site = Site::new().await;
    let (mut idle, mut busy) = (signed_in(&site).await, signed_in(&site).await);
    site.app.advance(all_but_a_moment_of(72));
    site.silently(&mut busy).await.code();
    site.app.advance(Duration::from_millis(1));
    check_over(&site, &mut idle).await;
    site.app.advance(60 * HOUR);
    site.silently(&mut busy).await.code();
    site.app.advance(all_but_a_moment_of(36));
    site.silently(&mut busy).await.code();
    site.app.advance(Duration::from_millis(1));
    check_over(&site, &mut busy).await;
}

#[tokio::test]
async fn se_07_a_shortened_lifetime_holds_for_sessions_that_are_open() {
    let site = Site::new().await;
    let mut browser = signed_in(&site).await;
    site.app.advance(3 * HOUR);
    site.app.change_tenant(|tenant| tenant.idle_session_lifetime = 3.0).await;
    check_over(&site, &mut browser).await;
    site.app.change_tenant(|tenant| tenant.idle_session_lifetime = 4.0).await;
    site.silently(&mut browser).await.code();
    site.app.change_tenant(|tenant| tenant.session_lifetime = 3.0).await;
    check_over(&site, &mut browser).await;
}

/// Devise CVE-2026-40295, Zitadel CVE-2026-29192.
#[tokio::test]
async fn se_12_nothing_but_the_request_says_where_a_sign_in_leads() {
    let site = Site::new().await;
    for elsewhere in ["//evil.test", "/\\evil.test", "https:evil.test", "https://evil.test/\r\n"] {
        let mut browser = site.app.browser();
        let mut url = site.client.request();
        for name in ["returnTo", "return_to", "redirect", "next", "continue", "post_login_redirect_uri"] {
            url = url.with(name, elsewhere);
        }
        let page = browser.authorize(&url).await.page();
        assert!(!page.html.contains("evil.test"), "{}", page.html);
        let form = page.form().fill("username", EMAIL).fill("password", PASSWORD);
        let form = form.with("returnTo", elsewhere).with("redirect_uri", elsewhere);
        assert_eq!(browser.submit(&form).await.answer().uri, site.client.redirect_uri);
    }
}

/// Zitadel GHSA-93m4-mfpg-c3xf, CVE-2025-64101; oauth2-proxy CVE-2026-40575.
#[tokio::test]
async fn se_13_jw_12_headers_of_a_stranger_change_no_address() {
    let site = Site::new().await;
    let poison = [
        ("host", "evil.test"),
        ("x-forwarded-host", "evil.test"),
        ("x-forwarded-proto", "http"),
        ("x-forwarded-port", "81"),
        ("x-forwarded-for", "198.51.100.66"),
        ("forwarded", "for=198.51.100.66;host=evil.test;proto=http"),
        ("x-original-url", "/api/v2/users"),
        ("x-rewrite-url", "/api/v2/users"),
        ("x-http-method-override", "DELETE"),
    ];
    let poisoned =
        |browser: Browser| poison.iter().fold(browser, |browser, (name, value)| browser.sending(name, value));
    let plain = site.app.get("/.well-known/openid-configuration").await;
    let mut browser = poisoned(site.app.browser());
    let request = Request::get("/.well-known/openid-configuration").body(Body::empty()).unwrap();
    assert_eq!(browser.send(request).await.body, plain.body);
    let page = browser.authorize(&site.client.request()).await.page();
    assert!(!page.html.contains("evil") && !format!("{:?}", page.headers).contains("evil"), "{page:?}");
    let answer = site.log_in(&mut browser, &site.client.request()).await;
    assert_eq!(answer.field("iss"), site.app.issuer());
    let tokens = site.client.exchange(&site.app, answer.code()).await;
    assert_eq!(claims(&tokens.text("id_token"))["iss"], site.app.issuer());
    assert_eq!(site.app.events_of("s").await[0].ip.as_deref(), Some("203.0.113.7"));
    assert_eq!(site.app.find_user(&site.ada).await.unwrap().last_ip.as_deref(), Some("203.0.113.7"));
}

#[tokio::test]
async fn se_13_a_proxy_that_is_trusted_says_where_people_are() {
    let trusted_proxies = vec!["10.0.0.0/8"];
    let site = Site::on(App::with(Options { trusted_proxies, ..Options::default() }).await).await;
    let mut browser = site.app.browser().at("10.1.2.3").sending("x-forwarded-for", "192.0.2.1, 198.51.100.66");
    site.log_in(&mut browser, &site.client.request()).await;
    assert_eq!(site.app.events_of("s").await[0].ip.as_deref(), Some("198.51.100.66"));
}

/// Zitadel CVE-2024-46999, CVE-2024-47000.
#[tokio::test]
async fn se_15_a_session_ends_with_its_user() {
    let site = Site::new().await;
    let mut browser = signed_in(&site).await;
    site.app.change_user(&site.ada, |user| user.blocked = Some(true)).await;
    check_over(&site, &mut browser).await;
    site.app.change_user(&site.ada, |user| user.blocked = None).await;
    site.silently(&mut browser).await.code();
    let blocked = site.app.manage(http::Method::PATCH, "users/auth0%7Cada", &json!({"blocked": true})).await;
    assert_eq!(blocked.status, 200, "{}", blocked.body);
    check_over(&site, &mut browser).await;
    site.app.manage(http::Method::PATCH, "users/auth0%7Cada", &json!({"blocked": false})).await;
    check_over(&site, &mut browser).await;

    let mut browser = signed_in(&site).await;
    site.app.delete_user(&site.ada).await;
    check_over(&site, &mut browser).await;
}
