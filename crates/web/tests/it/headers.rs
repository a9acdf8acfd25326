//! What surrounds every page and every redirect.

use std::sync::Arc;

use testkit::Page;

use crate::site::{Site, claims};

/// One of every page people see.
async fn pages(site: &Site) -> Vec<Page> {
    let mut browser = site.app.browser();
    let login = browser.authorize(&site.client.request()).await.page();
    let refused = browser.submit(&login.form().fill("username", "x").fill("password", "x")).await.page();
    let signup = browser.open(&login.links()[0]).await.page();
    let error = browser.authorize(&site.client.request().with("redirect_uri", "https://evil.test/")).await.page();
    site.log_in(&mut browser, &site.client.request()).await;
    let confirm = browser.open("/oidc/logout").await.page();
    let stays = browser.submit(&confirm.form().with("confirm", "no")).await.page();
    let logged_out = browser.open("/v2/logout").await.page();
    let not_found = browser.open("/nowhere").await.page();
    vec![login, refused, signup, error, confirm, stays, logged_out, not_found]
}

#[tokio::test]
async fn az_26_wp_02_pages_are_never_framed_kept_or_scripted() {
    let site = Site::new().await;
    for page in pages(&site).await {
        let header = |name: &str| page.headers.get(name).map(|value| value.to_str().unwrap()).unwrap_or_default();
        assert_eq!(header("x-frame-options"), "DENY", "{}", page.path);
        let policy = header("content-security-policy");
        for part in [
            "default-src 'none'",
            "frame-ancestors 'none'",
            "base-uri 'none'",
            "object-src 'none'",
            "form-action 'self'",
        ] {
            assert!(policy.contains(part), "{} {policy}", page.path);
        }
        assert!(!policy.contains("script-src") && !policy.contains("unsafe"), "{} {policy}", page.path);
        assert!(!page.html.contains("<script") && !page.html.contains(" style="), "{}", page.path);
        assert_eq!(header("cache-control"), "no-store", "{}", page.path);
        assert_eq!(header("x-content-type-options"), "nosniff", "{}", page.path);
        assert_eq!(header("cross-origin-opener-policy"), "same-origin", "{}", page.path);
        assert!(header("strict-transport-security").starts_with("max-age="), "{}", page.path);
        assert_eq!(header("content-type"), "text/html; charset=utf-8", "{}", page.path);
    }
}

#[tokio::test]
async fn no_page_asks_anybody_else_for_anything() {
    let site = Site::new().await;
    for page in pages(&site).await {
        let addresses = page.html.split(['"', '\'']).map(|text| text.replace("&#x2f;", "/"));
        let addresses = addresses.filter(|text| text.starts_with("http") || text.starts_with("//"));
        // What people may click is asked for by nobody else.
        let links = page.links();
        let asked: Vec<_> = addresses.filter(|address| !links.contains(address)).collect();
        assert_eq!(asked, Vec::<String>::new(), "{}", page.path);
    }
}

#[tokio::test]
async fn a_form_that_posts_itself_runs_its_own_script_once() {
    let site = Site::new().await;
    let url = site.client.request().with("response_mode", "form_post");
    let mut browser = site.app.browser();
    site.log_in(&mut browser, &url).await;
    let mut nonces = Vec::new();
    for _ in 0..2 {
        let request = http::Request::get(url.path()).body(axum::body::Body::empty()).unwrap();
        let answer = browser.send(request).await;
        let policy = answer.header("content-security-policy").unwrap();
        let nonce = policy.split_once("script-src 'nonce-").unwrap().1.split_once('\'').unwrap().0.to_owned();
        assert!(answer.body.contains(&format!("<script nonce=\"{nonce}\">")));
        assert!(policy.contains("form-action 'self' https://app.test"), "{policy}");
        assert_eq!(answer.header("cache-control"), Some("no-store"));
        nonces.push(nonce);
    }
    assert_ne!(nonces[0], nonces[1]);
}

#[tokio::test]
async fn az_27_after_a_form_the_browser_goes_on_with_get_and_tells_nobody_where_it_was() {
    let site = Site::new().await;
    for mode in ["query", "fragment"] {
        let mut browser = site.app.browser();
        let answer = site.log_in(&mut browser, &site.client.request().with("response_mode", mode)).await;
        assert_eq!(answer.status, 303, "{mode}");
    }
    let url = site.client.request().with("response_mode", "form_post");
    let answer = site.log_in(&mut site.app.browser(), &url).await;
    assert_eq!(answer.status, 200, "the client's own form, with fields of its own alone");
    assert!(answer.fields.keys().eq(["code", "iss", "state"]));
    for page in pages(&site).await {
        let policy = page.headers["referrer-policy"].to_str().unwrap();
        // Our own forms need an `Origin`, which browsers withhold under `no-referrer`.
        assert_eq!(policy, "same-origin", "{}", page.path);
    }
}

#[tokio::test]
async fn az_27_the_logout_page_keeps_the_hint_in_its_address_to_itself() {
    let site = Site::new().await;
    let id_token = site.tokens("openid").await.text("id_token");
    let mut browser = site.app.browser();
    site.log_in(&mut browser, &site.client.request()).await;
    let page = browser.open(&format!("/oidc/logout?id_token_hint={id_token}")).await.page();
    assert_eq!(page.headers["referrer-policy"], "same-origin");
    assert_eq!(claims(&id_token)["sub"], "auth0|ada");
}

#[tokio::test]
async fn what_does_not_exist_says_so() {
    let site = Site::new().await;
    let answer = site.app.get("/userinfo/x.css").await;
    assert_eq!((answer.status.as_u16(), answer.header("cache-control")), (404, Some("no-store")));
    assert_eq!(site.app.get("/nowhere").await.body, "Not Found\n");
    assert_eq!(site.app.post_form("/u/assets/icon.svg", &[]).await.status, 405);
}

/// Whoever meets a bug of ours is told nothing of it, and is protected like everybody else.
#[tokio::test]
async fn wp_02_wp_07_the_answer_after_a_panic_has_every_header() {
    let site = Site::new().await;
    let app = site.app.with_metrics(Arc::new(|| panic!("the secret reason")));
    let before = app.dump().await;
    let answer = app.get("/metrics").await;
    assert_eq!((answer.status.as_u16(), answer.body.as_str()), (500, "Internal Server Error\n"));
    for (name, value) in [
        ("x-content-type-options", "nosniff"),
        ("x-frame-options", "DENY"),
        ("cache-control", "no-store"),
        ("referrer-policy", "same-origin"),
        ("cross-origin-opener-policy", "same-origin"),
        ("content-security-policy", "default-src 'none'; frame-ancestors 'none'"),
        ("strict-transport-security", "max-age=31536000"),
    ] {
        assert_eq!(answer.header(name), Some(value), "{name}");
    }
    assert!(answer.header("x-request-id").is_some_and(|id| !id.is_empty()));
    app.assert_unchanged_since(&before).await;
    assert_eq!(app.get("/healthz").await.status, 200, "one call fails, and the process goes on");
    site.log_in(&mut app.browser(), &site.client.request()).await.code();
}
