//! What is counted about calls, and under how few names.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::ConnectInfo;
use http::{Method, Request};
use metrics_exporter_prometheus::PrometheusBuilder;
use testkit::{Answer, App, for_each_engine};

use crate::site::{EMAIL, PASSWORD, Site};

/// The values that a label has in what is exported.
fn values<'a>(exported: &'a str, label: &str) -> BTreeSet<&'a str> {
    let begins = format!("{label}=\"");
    exported.split(&begins).skip(1).filter_map(|rest| rest.split('"').next()).collect()
}

/// Each value of a label is kept for as long as the process lives, and methods and paths are whatever a peer sends.
#[tokio::test]
async fn rl_11_peers_do_not_make_labels_of_their_own() {
    let recorder = PrometheusBuilder::new().build_recorder();
    let metrics = recorder.handle();
    let _guard = metrics::set_default_local_recorder(&recorder);
    let app = App::new().await;
    for number in 0..20 {
        let made_up = format!("BREW{number}");
        for (method, path) in [
            (made_up.as_str(), "/userinfo".to_owned()),
            (&made_up, "/api/v2/users".to_owned()),
            (&made_up, format!("/nowhere/{number}")),
            ("get", "/healthz".to_owned()),
            ("PROPFIND", "/healthz".to_owned()),
            ("GET", format!("/nowhere/{number}")),
            ("GET", format!("/nowhere-{number}?x={number}")),
            ("GET", format!("/u/assets/nowhere-{number}")),
            ("GET", format!("/api/v2/users/nowhere-{number}")),
            ("GET", format!("/api/v2/nowhere/{number}")),
            ("POST", format!("/oauth/token?nowhere={number}")),
        ] {
            let method = Method::from_bytes(method.as_bytes()).unwrap();
            let answer = app.call(Request::builder().method(method).uri(path).body(Body::empty()).unwrap()).await;
            assert!(answer.status.is_client_error(), "{}", answer.status);
        }
    }
    let exported = metrics.render();
    assert_eq!(values(&exported, "method"), ["GET", "POST", "other"].into());
    let routes = ["/api/v2/users", "/api/v2/users/{id}", "/healthz", "/oauth/token", "/u/assets/{name}", "/userinfo"];
    assert_eq!(values(&exported, "route"), routes.into_iter().chain(["unmatched"]).collect());
    assert!(!exported.contains("nowhere"), "{exported}");
    let unknown = "landbridge_http_requests_total{method=\"other\",route=\"/userinfo\",status=\"405\"} 20";
    assert!(exported.contains(unknown), "{exported}");
}

/// DL-10 (CVE-2025-67717 and CVE-2024-32967 of Zitadel, CVE-2024-52307 of Authentik)
#[tokio::test]
async fn dl_10_strangers_learn_nothing_of_what_runs_here() {
    for_each_engine(async |app| {
        let site = Site::on(app.with_metrics_for("127.0.0.0/8", Arc::new(|| "landbridge_users 1".to_owned()))).await;
        let app = &site.app;
        let from_itself = Request::get("/metrics").extension(ConnectInfo(SocketAddr::from(([127, 0, 0, 1], 9))));
        assert_eq!(app.call(from_itself.body(Body::empty()).unwrap()).await.body, "landbridge_users 1");
        for (name, value) in [("x-forwarded-for", "127.0.0.1"), ("forwarded", "for=127.0.0.1"), ("x-real-ip", "::1")] {
            let disguised = Request::get("/metrics").header(name, value).body(Body::empty()).unwrap();
            assert_eq!(app.call(disguised).await.status, 404, "{name}");
        }
        for (path, status) in [
            ("/healthz", 200),
            ("/readyz", 200),
            ("/metrics", 404),
            ("/health", 404),
            ("/status", 404),
            ("/version", 404),
            ("/info", 404),
            ("/debug", 404),
            ("/debug/pprof/", 404),
            ("/debug/vars", 404),
            ("/actuator/env", 404),
            ("/config", 404),
            ("/.env", 404),
            ("/.git/config", 404),
            ("/landbridge.toml", 404),
            ("/server-status", 404),
        ] {
            let answer = app.get(path).await;
            assert_eq!(answer.status, status, "{path}");
            check_tells_nothing(&answer);
            assert!(answer.body.len() < 100, "{path}: {}", answer.body);
        }
        let code = site.code().await;
        app.refuse_events(true).await;
        let mut browser = app.browser();
        let form = browser.authorize(&site.client.request()).await.page().form();
        let failed = browser.submit(&form.fill("username", EMAIL).fill("password", PASSWORD)).await.page();
        assert!(failed.status == 500 && !failed.html.contains("event"), "{}", failed.html);
        let failed = site.client.exchange(app, &code).await;
        assert_eq!(failed.status, 500);
        check_tells_nothing(&failed);
        assert!(!failed.body.contains("event"), "{}", failed.body);
    })
    .await;
}

fn check_tells_nothing(answer: &Answer) {
    assert!(answer.header("server").is_none() && answer.header("x-powered-by").is_none());
    let body = answer.body.to_lowercase();
    for telling in ["sqlite", "postgres", "sqlx", "axum", "panicked", ".rs", "/tmp", env!("CARGO_PKG_VERSION"), "users"]
    {
        assert!(!body.contains(telling), "{telling}: {body}");
    }
}
