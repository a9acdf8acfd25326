//! Where an answer may go.

use http::Method;
use model::ClientId;
use model::client::Client;
use protocol::client_metadata::AppType;
use serde_json::json;
use testkit::{App, AuthorizationUrl, RelyingParty};

use super::{MISMATCH, UNKNOWN, check_asks, check_shown};
use crate::site::Site;

#[tokio::test]
async fn az_01_az_02_a_redirect_uri_is_compared_byte_for_byte() {
    let site = Site::new().await;
    assert_eq!(site.client.redirect_uri, "https://app.test/cb");
    let others = [
        "https://app.test/cb/",
        "https://app.test/CB",
        "https://app.test/c",
        "https://app.test/cbx",
        "https://app.test/cb?x=1",
        "https://app.test/cb#f",
        "https://app.test:443/cb",
        "http://app.test/cb",
        "HTTPS://app.test/cb",
        "https://APP.test/cb",
        "https://app.test./cb",
        "https://\u{430}pp.test/cb",
        "https://app.test@evil.test/cb",
        "https://good@app.test/cb",
        "https://a@b@app.test/cb",
        "https://evil.test\\@app.test/cb",
        "https://app.test/cb\n",
        "https://app.test/\tcb",
        " https://app.test/cb",
        "https://app.test%2f%2fevil.test/cb",
        "//app.test/cb",
        "/cb",
    ];
    check_mismatches(&site, &others).await;
    check_asks(&site.app, &site.client.request()).await;
}

/// None of these is a way back, by whatever way the answer would travel.
async fn check_mismatches(site: &Site, uris: &[&str]) {
    for uri in uris {
        for mode in ["query", "fragment", "form_post", "web_message"] {
            let url = site.client.request().with("redirect_uri", uri).with("response_mode", mode);
            check_shown(&site.app, &url, MISMATCH).await;
        }
    }
}

/// CVE-2026-3872: a path was compared after it had been normalised.
#[tokio::test]
async fn az_03_no_path_is_normalised_before_it_is_compared() {
    let site = Site::new().await;
    let tricks = [
        "https://app.test/cb/../x",
        "https://app.test/cb/..;/x",
        "https://app.test/cb%2e%2e/x",
        "https://app.test/cb/%2e%2e/x",
        "https://app.test/cb/%252e%252e/x",
        "https://app.test/cb%2f..%2fx",
        "https://app.test/x/../cb",
        "https://app.test/./cb",
        "https://app.test//cb",
        "https://app.test/cb/.",
        "https://app.test/cb;x",
        "https://app.test/cb/..;/cb",
        "https://app.test/%63b",
        "https://app.test/%2563b",
        "https://app.test/cb%00",
        "https://app.test\\cb",
    ];
    check_mismatches(&site, &tricks).await;
    // What is registered is compared as it was registered, were it as odd.
    let odd = "https://odd.test/a/../%63b";
    let client = site.app.add_client("odd", |client| client.callbacks = vec![odd.to_owned()]).await;
    site.enable(&client).await;
    check_asks(&site.app, &client.request()).await;
    for same_to_a_parser in ["https://odd.test/cb", "https://odd.test/%63b", "https://odd.test/a/../cb"] {
        check_shown(&site.app, &client.request().with("redirect_uri", same_to_a_parser), MISMATCH).await;
    }
}

/// Schemes that run or read something where the browser stands, in spellings that a browser forgives.
const DANGEROUS: [&str; 12] = [
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)",
    " javascript:alert(1)",
    "\tjavascript:alert(1)",
    "java\nscript:alert(1)",
    "javascript://app.test/%0aalert(1)",
    "data:text/html,x",
    "DATA:text/html;base64,eA==",
    "vbscript:msgbox(1)",
    "VBScript:msgbox(1)",
    "file:///etc/passwd",
    " file:///etc/passwd",
];

/// CVE-2026-9086; CVE-2024-21637 (Authentik), where the page of `form_post` posted to such an address.
#[tokio::test]
async fn az_06_no_answer_goes_to_a_scheme_that_runs_or_reads_something() {
    let site = Site::new().await;
    check_mismatches(&site, &DANGEROUS).await;
}

#[tokio::test]
async fn az_06_no_client_is_registered_with_a_scheme_that_runs_or_reads_something() {
    let site = Site::new().await;
    let before = site.app.dump().await;
    for uri in DANGEROUS {
        for app_type in ["regular_web", "spa", "native"] {
            for field in ["callbacks", "allowed_logout_urls"] {
                let body = json!({"name": "x", "app_type": app_type, field: ["https://app.test/cb", uri]});
                let created = site.app.manage(Method::POST, "clients", &body).await;
                let changed = site.app.manage(Method::PATCH, "clients/app", &json!({field: [uri]})).await;
                for answer in [created, changed] {
                    assert_eq!(answer.status, 400, "{field} {uri:?}");
                    assert_eq!(answer.json()["errorCode"], "invalid_body", "{field} {uri:?}");
                }
            }
        }
    }
    site.app.assert_unchanged_since(&before).await;
}

/// ory/fosite CVE-2020-15233.
#[tokio::test]
async fn az_05_only_a_native_application_may_choose_a_port_and_only_of_a_loopback_address() {
    let app = App::new().await;
    let on_loopback = |client: &mut Client| {
        client.callbacks =
            ["http://127.0.0.1/cb", "http://[::1]:1234/cb", "http://localhost:8000/cb"].map(Into::into).into();
    };
    let native = app.add_client("native", |client| {
        client.app_type = AppType::Native;
        on_loopback(client);
    });
    let (native, web) = (native.await, app.add_client("web", on_loopback).await);
    app.add_connection("people", &[&native, &web], |_| {}).await;
    for uri in ["http://127.0.0.1:51004/cb", "http://[::1]:51004/cb"] {
        check_asks(&app, &native.request().with("redirect_uri", uri)).await;
        check_shown(&app, &web.request().with("redirect_uri", uri), MISMATCH).await;
    }
    for uri in ["http://localhost:51004/cb", "http://127.0.0.1:51004/other", "https://127.0.0.1:51004/cb"] {
        check_shown(&app, &native.request().with("redirect_uri", uri), MISMATCH).await;
        check_shown(&app, &web.request().with("redirect_uri", uri), MISMATCH).await;
    }
}

#[tokio::test]
async fn az_07_without_a_client_there_is_nobody_to_tell() {
    let site = Site::new().await;
    let deleted = site.app.add_client("deleted", |_| {}).await;
    site.app.delete_client(&deleted.client_id).await;
    let unknown = RelyingParty { client_id: ClientId::new("never was"), ..site.client.clone() };
    for url in [deleted.request(), unknown.request(), site.client.request().without("client_id")] {
        check_shown(&site.app, &url, UNKNOWN).await;
    }
    let seen = async |url: AuthorizationUrl| site.app.browser().authorize(&url).await.page().text();
    assert_eq!(seen(deleted.request()).await, seen(unknown.request()).await);
}

#[tokio::test]
async fn az_08_a_redirect_uri_may_be_left_out_only_where_there_is_one() {
    let app = App::new().await;
    let one = app.add_client("one", |_| {}).await;
    let two = app.add_client("two", |client| client.callbacks.push("https://two.test/other".into())).await;
    let none = app.add_client("none", |client| client.callbacks.clear()).await;
    app.add_connection("people", &[&one, &two, &none], |_| {}).await;
    check_asks(&app, &one.request().without("redirect_uri")).await;
    check_shown(&app, &two.request().without("redirect_uri"), MISMATCH).await;
    check_shown(&app, &none.request().without("redirect_uri"), MISMATCH).await;
}
