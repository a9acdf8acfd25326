//! What surrounds every page and every redirect.

use std::sync::Arc;

use axum::body::Body;
use http::Request;
use testkit::{Browser, Page};
use url::form_urlencoded;

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

/// WP-09: a cache that goes by endings meets nothing personal under any, and may keep no personal answer.
#[tokio::test]
async fn wp_09_no_cache_keeps_or_confuses_what_is_personal() {
    let site = Site::new().await;
    let (_, access_token) = site.offline_tokens().await;
    let mut browser = site.app.browser();
    site.log_in(&mut browser, &site.client.request()).await;
    for path in ["/userinfo", "/u/login", "/u/consent", "/authorize", "/v2/logout", "/oidc/logout", "/login/callback"] {
        for ending in ["/x.css", ".css", ";x.css", "%2Fx.css", "/..%2Fx.js", "%00.png", "%3Fx.css"] {
            let request =
                Request::get(format!("{path}{ending}")).header("authorization", format!("Bearer {access_token}"));
            let answer = browser.send(request.body(Body::empty()).unwrap()).await;
            assert_eq!(answer.status, 404, "{path}{ending}");
            assert_eq!(answer.header("cache-control"), Some("no-store"), "{path}{ending}");
        }
    }
    let public =
        ["/.well-known/openid-configuration", "/.well-known/oauth-authorization-server", "/.well-known/jwks.json"];
    for path in site.app.paths().into_iter().filter(|path| !public.contains(path)) {
        let answer = browser.send(Request::get(path.replace(['{', '}'], "")).body(Body::empty()).unwrap()).await;
        assert_eq!(answer.header("cache-control"), Some("no-store"), "{path}");
    }
    let personal = site.app.userinfo(&access_token).await;
    assert_eq!((personal.status.as_u16(), personal.header("cache-control")), (200, Some("no-store")));
    assert_eq!(personal.header("vary"), Some("Origin"), "it differs by who asks, from which page");
    assert_eq!(site.app.get("/nowhere").await.body, "Not Found\n");
    assert_eq!(site.app.post_form("/u/assets/icon.svg", &[]).await.status, 405);
}

/// WP-03: what anybody sends comes back encoded within the one header it belongs to, or not at all.
#[tokio::test]
async fn wp_03_nothing_that_is_sent_makes_a_header_or_a_second_answer() {
    const BREAK: &str = "x\r\nset-cookie: evil=1\r\n\r\n<script>";
    let site = Site::new().await;
    let mut browser = site.app.browser();
    site.log_in(&mut browser, &site.client.request()).await;
    let request = site.client.request();
    for url in [
        request.clone().with("state", BREAK),
        request.clone().with("nonce", BREAK),
        request.clone().with("ui_locales", BREAK),
        request.clone().with("login_hint", BREAK),
        request.clone().with("scope", BREAK),
        request.clone().with("response_mode", BREAK),
        request.clone().with("audience", BREAK),
        request.clone().with("client_id", BREAK),
        request.clone().with("redirect_uri", &format!("https://app.test/cb{BREAK}")),
        request.with("response_mode", "form_post").with("state", BREAK),
    ] {
        check_no_header_is_made(&mut browser, &url.path()).await;
    }
    let encoded: String = form_urlencoded::byte_serialize(BREAK.as_bytes()).collect();
    for path in [
        format!("/v2/logout?returnTo={encoded}"),
        format!("/oidc/logout?state={encoded}&post_logout_redirect_uri={encoded}"),
        format!("/login/callback?state={encoded}&error={encoded}&error_description={encoded}"),
        format!("/u/assets/{encoded}"),
        format!("/downloads/{encoded}"),
        format!("/u/login?state={encoded}"),
        format!("/u/reset-verify?ticket={encoded}"),
    ] {
        check_no_header_is_made(&mut browser, &path).await;
    }
}

async fn check_no_header_is_made(browser: &mut Browser, path: &str) {
    let answer = browser.send(Request::get(path).body(Body::empty()).unwrap()).await;
    assert!(!answer.status.is_server_error(), "{path}: {}", answer.status);
    for (name, value) in &answer.headers {
        let text = value.to_str().unwrap();
        assert!(!text.contains(['\r', '\n', '<']), "{path}: {name}: {text}");
        assert!(name != "set-cookie" || text.contains("landbridge_"), "{path}: {text}");
    }
    assert!(!answer.body.contains("<script>"), "{path}: {}", answer.body);
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
