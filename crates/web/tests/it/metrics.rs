//! What is counted about calls, and under how few names.

use std::collections::BTreeSet;

use axum::body::Body;
use http::{Method, Request};
use metrics_exporter_prometheus::PrometheusBuilder;
use testkit::App;

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
