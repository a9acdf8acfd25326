//! Addresses with a wildcard, from their registration to the answers that are sent by them.

use axum::body::Body;
use http::{Method, Request, header};
use protocol::authorization::ResponseMode;
use protocol::subdomain_wildcards::SubdomainWildcards;
use serde_json::{Value, json};
use testkit::{Answer, App, Options, for_each_engine_with};

use crate::site::{Site, assert_page};

const MISMATCH: &str = "The way back is not registered";

fn wild() -> Options {
    Options { subdomain_wildcards: SubdomainWildcards::On, ..Options::default() }
}

async fn change(site: &Site, change: Value) -> Answer {
    site.app.manage(Method::PATCH, &format!("clients/{}", site.client.client_id), &change).await
}

#[tokio::test]
async fn az_04_only_a_wildcard_below_a_domain_of_somebodys_own_can_be_registered() {
    for_each_engine_with(wild(), async |app| {
        let site = Site::on(app).await;
        let before = site.app.dump().await;
        for (field, address, message) in [
            (
                "callbacks",
                "https://app.test*",
                "may have only one wildcard, in place of the whole first part of its host",
            ),
            ("callbacks", "https://*.com/cb", "must not have a wildcard where anybody can register a name"),
            ("allowed_logout_urls", "https://*.co.uk/", "must not have a wildcard where anybody can register a name"),
            ("allowed_logout_urls", "com.example.app://*.app.test/", "may have a wildcard only with http or https"),
            ("web_origins", "https://*.github.io", "must not have a wildcard where anybody can register a name"),
            (
                "allowed_origins",
                "https://*.*.app.test",
                "may have only one wildcard, in place of the whole first part of its host",
            ),
        ] {
            let refused = change(&site, json!({ field: [address] })).await;
            assert_eq!(refused.status, 400, "{}", refused.body);
            let expected = format!("Payload validation error: {field}[0] {message}");
            assert_eq!(refused.json()["message"], expected, "{address}");
        }
        site.app.assert_unchanged_since(&before).await;
    })
    .await;
}

#[tokio::test]
async fn az_02_az_04_a_code_goes_to_a_subdomain_and_nowhere_else() {
    for_each_engine_with(wild(), async |app| {
        let site = Site::on(app).await;
        assert_eq!(change(&site, json!({"callbacks": ["https://*.app.test/cb"]})).await.status, 200);
        let before = site.app.dump().await;
        for other in [
            "https://*.app.test/cb",
            "https://app.test/cb",
            "https://a.b.app.test/cb",
            "https://a.app.test/cb/",
            "https://evil.test/.app.test/cb",
            "https://evil.test\\.app.test/cb",
            "https://u@a.app.test/cb",
            "https://A.app.test/cb",
            "https://a.app.test./cb",
            "https://%61.app.test/cb",
            "https://\u{430}.app.test/cb",
        ] {
            let request = site.client.request().with("redirect_uri", other);
            assert_page(site.app.browser().authorize(&request).await, 400, MISMATCH);
        }
        // Without its own, a request would be answered at no address at all.
        let silent = site.client.request().without("redirect_uri");
        assert_page(site.app.browser().authorize(&silent).await, 400, MISMATCH);
        site.app.assert_unchanged_since(&before).await;

        let uri = "https://pr-7.app.test/cb";
        let request = site.client.request().with("redirect_uri", uri);
        let answer = site.log_in(&mut site.app.browser(), &request).await;
        assert_eq!((answer.uri.as_str(), answer.mode), (uri, ResponseMode::Query));
        let elsewhere = site.client.code_fields(answer.code());
        assert_eq!(site.app.token(&elsewhere).await.refusal().1, "invalid_grant", "the code was sent to {uri}");
    })
    .await;
}

#[tokio::test]
async fn se_08_a_logout_returns_to_a_subdomain_and_not_to_the_wildcard() {
    for_each_engine_with(wild(), async |app| {
        let site = Site::on(app).await;
        let urls = json!({"allowed_logout_urls": ["https://*.app.test/bye"]});
        assert_eq!(change(&site, urls).await.status, 200);
        let answer = site.app.browser().open("/v2/logout?client_id=app&returnTo=https://a.app.test/bye").await.answer();
        assert_eq!(answer.uri, "https://a.app.test/bye");
        for other in ["https://a.b.app.test/bye", "https://*.app.test/bye"] {
            let path = format!("/v2/logout?client_id=app&returnTo={other}");
            assert_page(site.app.browser().open(&path).await, 400, MISMATCH);
        }
        let page = site.app.browser().open("/v2/logout?client_id=app").await.page();
        assert!(!page.html.contains("*.app.test"), "{}", page.html);
    })
    .await;
}

async fn allowed_origin(app: &App, origin: &str) -> bool {
    let request = Request::options("/oauth/token")
        .header(header::ORIGIN, origin)
        .header(header::ACCESS_CONTROL_REQUEST_METHOD, "POST");
    let answer = app.call(request.body(Body::empty()).unwrap()).await;
    answer.header("access-control-allow-origin") == Some(origin)
}

#[tokio::test]
async fn wp_01_pages_of_a_subdomain_may_call() {
    for_each_engine_with(wild(), async |app| {
        let site = Site::on(app).await;
        let origins = json!({"allowed_origins": ["https://*.pages.test"], "callbacks": ["https://*.app.test/cb"]});
        assert_eq!(change(&site, origins).await.status, 200);
        for (origin, expected) in [
            ("https://a.pages.test", true),
            // Under the origin of its callback.
            ("https://a.app.test", true),
            ("https://a.b.pages.test", false),
            ("https://pages.test", false),
            ("http://a.pages.test", false),
            ("https://a.pages.test:8443", false),
            ("https://*.pages.test", false),
            ("https://a.pages.test.evil.test", false),
        ] {
            assert_eq!(allowed_origin(&site.app, origin).await, expected, "{origin}");
        }
    })
    .await;
}

#[tokio::test]
async fn az_28_a_message_names_the_subdomain_and_not_the_wildcard() {
    for_each_engine_with(wild(), async |app| {
        let site = Site::on(app).await;
        let addresses = json!({"web_origins": ["https://*.app.test"], "callbacks": ["https://*.app.test/cb"]});
        assert_eq!(change(&site, addresses).await.status, 200);
        let request = site.client.request().with("redirect_uri", "https://a.app.test/cb");
        let silent = request.with("prompt", "none").with("response_mode", "web_message");
        let page = site.app.browser().authorize(&silent).await.page();
        let policy = page.headers["content-security-policy"].to_str().unwrap();
        assert!(policy.ends_with("frame-ancestors https://a.app.test"), "{policy}");
        assert!(page.html.contains("\"https://a.app.test\""), "{}", page.html);
    })
    .await;
}
