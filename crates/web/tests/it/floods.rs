//! More than can be answered, in number and in size.

use axum::body::Body;
use http::{Request, header};
use serde_json::{Map, Value, json};
use testkit::{Options, for_each_engine};

use crate::site::{EMAIL, PASSWORD, Site, assert_page};

/// RL-07: a node whose places for hashing are all taken says so at once, counts nothing against anybody, and does
/// everything that needs no hash.
#[tokio::test]
async fn rl_07_where_no_more_can_be_hashed_everything_else_goes_on() {
    for_each_engine(async |app| {
        let site = Site::on(app).await;
        let mut browser = site.app.browser();
        site.log_in(&mut browser, &site.client.request()).await;
        let (refresh_token, access_token) = site.offline_tokens().await;
        let options = Options { hashing_places: (0, 0), ..site.app.options() };
        let full = site.app.another_node_with(options).await;

        let mut visitor = full.browser();
        let form = visitor.authorize(&site.client.request()).await.page().form();
        let before = full.dump().await;
        let filled = form.fill("username", EMAIL).fill("password", PASSWORD);
        for _ in 0..20 {
            assert_page(visitor.submit(&filled).await, 503, "Very busy right now");
        }
        full.assert_unchanged_since(&before).await;

        assert_eq!(full.get("/.well-known/jwks.json").await.status, 200);
        assert_eq!(full.userinfo(&access_token).await.status, 200);
        assert_eq!(site.client.refresh(&full, &refresh_token).await.status, 200);
        let silent = browser.on(&full).authorize(&site.client.request().with("prompt", "none")).await;
        silent.answer().code();
        site.log_in(&mut site.app.browser(), &site.client.request()).await.code();
    })
    .await;
}

/// RL-09: whatever is too large, too deep or too many is refused without being read on, and changes nothing.
#[tokio::test]
async fn rl_09_no_form_or_object_is_read_beyond_its_bounds() {
    let site = Site::new().await;
    let before = site.app.dump().await;
    let large = format!("grant_type={}", "a".repeat(64 * 1024));
    let names = (0..10_000).map(|number| format!("a{number}=b")).collect::<Vec<_>>().join("&");
    let object: Map<_, _> = (0..10_000).map(|number| (format!("a{number}"), json!("b"))).collect();
    let (form, json) = ("application/x-www-form-urlencoded", "application/json");
    let deep = format!("{{\"a\":{}{}}}", "[".repeat(1000), "]".repeat(1000));
    for path in ["/oauth/token", "/oauth/par", "/oauth/revoke", "/oauth/introspect", "/dbconnections/signup"] {
        for (media_type, body) in [
            (form, large.clone()),
            (form, names.clone()),
            (json, json!({"grant_type": "a".repeat(64 * 1024)}).to_string()),
            (json, Value::from(object.clone()).to_string()),
            (json, deep.clone()),
        ] {
            let request = Request::post(path).header(header::CONTENT_TYPE, media_type);
            let answer = site.app.call(request.body(Body::from(body.clone())).unwrap()).await;
            let status = answer.status.as_u16();
            assert!([400, 413].contains(&status), "{path} {media_type} {}: {}", &body[..20], answer.status);
        }
    }
    for path in ["/u/login", "/u/signup", "/u/reset-password/request", "/u/consent", "/oidc/logout", "/authorize"] {
        for body in [&large, &names] {
            let request = Request::post(path).header(header::CONTENT_TYPE, form);
            let answer = site.app.call(request.body(Body::from(body.clone())).unwrap()).await;
            assert!(answer.status.is_client_error(), "{path}: {}", answer.status);
        }
    }
    site.app.assert_unchanged_since(&before).await;
}
