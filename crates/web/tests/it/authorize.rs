//! The authorization endpoint.

use std::time::Duration;

use http::Method;
use model::ClientId;
use model::client::Client;
use protocol::authorization::ResponseMode;
use protocol::client_metadata::{AppType, GrantType};
use serde_json::json;
use testkit::source::{Lie, LyingServer, Question};
use testkit::{App, AuthorizationUrl, RelyingParty, for_each_engine};

use crate::site::{API, EMAIL, PASSWORD, Site, assert_page, claims};

/// The request is refused on a page of ours: nothing is sent to anybody, by query or by form, and nothing changes.
async fn check_shown(app: &App, url: &AuthorizationUrl, says: &str) {
    let before = app.dump().await;
    let mut browser = app.browser();
    let answer = app.get(&url.path()).await;
    assert_eq!(answer.header("location"), None, "{}", url.path());
    assert_page(browser.authorize(url).await, 400, says);
    let answer = app.post_form("/authorize", &url.pairs()).await;
    assert_eq!((answer.status.as_u16(), answer.header("location")), (400, None), "{}", url.path());
    app.assert_unchanged_since(&before).await;
}

/// The request is refused to the client: at its registered address, with state and issuer, and nothing changes.
pub(crate) async fn check_told(app: &App, url: &AuthorizationUrl, error: &str) {
    let before = app.dump().await;
    let answer = app.browser().authorize(url).await.answer();
    assert_eq!(answer.error(), error, "{}", url.path());
    assert_eq!(answer.field("state"), "st4te", "{}", url.path());
    assert_eq!(answer.field("iss"), app.issuer(), "{}", url.path());
    assert!(!answer.fields.contains_key("code"), "{}", url.path());
    app.assert_unchanged_since(&before).await;
}

/// The request leads to the login page.
async fn check_asks(app: &App, url: &AuthorizationUrl) {
    let page = app.browser().authorize(url).await.page();
    assert!(page.path.starts_with("/u/login?state="), "{} led to {}", url.path(), page.path);
}

const MISMATCH: &str = "The way back is not registered";
const UNKNOWN: &str = "This application is not known here";

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

#[tokio::test]
async fn az_09_no_parameter_may_come_twice() {
    let site = Site::new().await;
    let request = site.client.request();
    for (name, value, says) in [
        ("client_id", "app", UNKNOWN),
        ("client_id", "other", UNKNOWN),
        ("redirect_uri", "https://app.test/cb", MISMATCH),
        ("redirect_uri", "https://evil.test/", MISMATCH),
    ] {
        check_shown(&site.app, &request.clone().and(name, value), says).await;
    }
    for name in ["scope", "code_challenge", "response_type", "nonce", "prompt", "never_heard_of"] {
        let twice = request.clone().and(name, "x").and(name, "x");
        check_told(&site.app, &twice, "invalid_request").await;
    }
    let two_states = site.app.browser().authorize(&request.and("state", "other")).await.answer();
    assert_eq!((two_states.error(), two_states.fields.get("state")), ("invalid_request", None));
}

#[tokio::test]
async fn az_10_a_client_gets_only_the_response_types_of_its_grants() {
    let site = Site::new().await;
    let request = |response_type| site.client.request().with("response_type", response_type);
    check_told(&site.app, &site.client.request().without("response_type"), "invalid_request").await;
    for unknown in ["none", "CODE", "code none", "code code", "code,token"] {
        check_told(&site.app, &request(unknown), "unsupported_response_type").await;
    }
    for not_allowed in ["id_token", "token", "id_token token", "code id_token", "code token", "token id_token code"] {
        check_told(&site.app, &request(not_allowed), "unauthorized_client").await;
    }
    let machine = site.app.add_client("machine", |client| client.grant_types = vec![GrantType::ClientCredentials]);
    check_told(&site.app, &machine.await.request(), "unauthorized_client").await;
}

/// A client that may have ID tokens through the browser.
async fn implicit(site: &Site) -> RelyingParty {
    let client = site.app.add_client("implicit", |client| client.grant_types.push(GrantType::Implicit)).await;
    site.enable(&client).await;
    client
}

#[tokio::test]
async fn az_11_a_token_never_travels_in_a_query() {
    let site = Site::new().await;
    let client = implicit(&site).await;
    for mode in ["web_message", "jwt", "QUERY", "form-post"] {
        check_told(&site.app, &client.request().with("response_mode", mode), "invalid_request").await;
    }
    let id_token = client.request().with("response_type", "id_token").without("code_challenge");
    let id_token = id_token.without("code_challenge_method");
    check_told(&site.app, &id_token.clone().with("response_mode", "query"), "invalid_request").await;
    check_told(&site.app, &id_token.clone().without("nonce"), "invalid_request").await;
    for (mode, expected) in [
        (None, ResponseMode::Fragment),
        (Some("fragment"), ResponseMode::Fragment),
        (Some("form_post"), ResponseMode::FormPost),
    ] {
        let url = mode.map_or(id_token.clone(), |mode| id_token.clone().with("response_mode", mode));
        let answer = site.log_in(&mut site.app.browser(), &url).await;
        assert_eq!((answer.mode, answer.uri.as_str()), (expected, client.redirect_uri.as_str()));
        let claims = claims(answer.field("id_token"));
        assert_eq!((claims["nonce"].as_str(), claims["aud"].as_str()), (Some("n0nce"), Some("implicit")));
        assert!(!answer.fields.contains_key("code") && !answer.fields.contains_key("access_token"));
    }
}

#[tokio::test]
async fn az_11_a_form_that_cannot_reach_a_native_application_is_refused_before_the_login() {
    let app = App::new().await;
    let native = |client: &mut Client| {
        client.app_type = AppType::Native;
        client.callbacks = ["com.example.app:/cb", "http://127.0.0.1/cb"].map(Into::into).into();
    };
    let client = app.add_client("native", native).await;
    let connection = app.add_connection("people", &[&client], |_| {}).await;
    app.add_user(&connection, "auth0|ada", EMAIL, Some(testkit::native(PASSWORD))).await;
    let by_form = client.request().with("response_mode", "form_post");
    check_told(&app, &by_form, "invalid_request").await;
    check_asks(&app, &by_form.clone().with("redirect_uri", "http://127.0.0.1:51004/cb")).await;

    let mut browser = app.browser();
    browser.log_in(&client.request(), EMAIL, PASSWORD).await.answer().code();
    let before = app.dump().await;
    let refused = browser.authorize(&by_form).await.answer();
    assert_eq!((refused.uri.as_str(), refused.mode), ("com.example.app:/cb", ResponseMode::Query));
    let words = "response_mode=form_post needs an http or https redirect_uri; leave response_mode out";
    assert_eq!((refused.error(), refused.field("error_description")), ("invalid_request", words));
    app.assert_unchanged_since(&before).await;
}

/// Ory Hydra CVE-2019-8400, GHSA-27gc-wj6x-9w55.
#[tokio::test]
async fn az_12_what_a_client_sends_comes_back_byte_for_byte_and_never_as_html() {
    let site = Site::new().await;
    let nasty = "\"'><script>alert(1)</script>\r\nSet-Cookie: a=b\u{1f980}&state=other#x";
    for mode in ["query", "fragment", "form_post"] {
        let url = site.client.request().with("state", nasty).with("nonce", nasty).with("response_mode", mode);
        let url = url.with("ui_locales", nasty).with("login_hint", nasty).with("error_description", nasty);
        let page = site.app.browser().authorize(&url).await.page();
        assert!(!page.html.contains("<script"), "{}", page.html);
        assert_eq!(page.form().value("username"), nasty);
        let answer = site.log_in(&mut site.app.browser(), &url).await;
        assert_eq!(answer.field("state"), nasty, "{mode}");
        let tokens = site.client.exchange(&site.app, answer.code()).await;
        assert_eq!(claims(&tokens.text("id_token"))["nonce"], nasty);
        let refused = site.app.browser().authorize(&url.with("scope", "\"")).await.answer();
        assert_eq!((refused.error(), refused.field("state")), ("invalid_scope", nasty));
    }
}

#[tokio::test]
async fn az_12_text_is_bounded_and_must_be_text() {
    let site = Site::new().await;
    let longest = "x".repeat(8 * 1024);
    let answer = site.log_in(&mut site.app.browser(), &site.client.request().with("state", &longest)).await;
    assert_eq!(answer.field("state"), longest);
    for name in ["nonce", "login_hint", "ui_locales", "scope"] {
        check_told(&site.app, &site.client.request().with(name, &format!("{longest}x")), "invalid_request").await;
    }
    let before = site.app.dump().await;
    let too_long = site.client.request().with("state", &format!("{longest}x"));
    let answer = site.app.browser().authorize(&too_long).await.answer();
    assert_eq!((answer.error(), answer.fields.get("state")), ("invalid_request", None));
    for garbage in ["%ff", "%00", "%zz", "%"] {
        let path = format!("{}&login_hint={garbage}", site.client.request().path());
        let answer = site.app.get(&path).await;
        assert_eq!((answer.status.as_u16(), answer.header("location")), (400, None), "{garbage}");
    }
    site.app.assert_unchanged_since(&before).await;
}

/// What anybody may have stored at each request, by sending it.
const LONGEST: [(&str, usize); 11] = [
    ("state", 8192),
    ("id_token_hint", 8192),
    ("scope", 4096),
    ("audience", 2400),
    ("nonce", 1024),
    ("login_hint", 1024),
    ("ui_locales", 512),
    ("connection", 128),
    ("organization", 128),
    ("prompt", 64),
    ("screen_hint", 64),
];

#[tokio::test]
async fn az_12_nothing_overlong_is_stored() {
    for_each_engine(async |app| {
        let site = Site::on(app).await;
        let asked = |name: &str, length: usize| site.client.request().with(name, &"x".repeat(length));
        let before = site.app.dump().await;
        for (name, longest) in LONGEST {
            let answer = site.app.browser().authorize(&asked(name, longest + 1)).await.answer();
            let told = (answer.error(), answer.field("error_description"));
            assert_eq!(told, ("invalid_request", &*format!("the value of {name} is too long")));
            assert_eq!(answer.fields.contains_key("state"), name != "state", "{name}");
        }
        let two = asked("nonce", 1025).with("state", &"x".repeat(8193));
        let answer = site.app.browser().authorize(&two).await.answer();
        assert_eq!((answer.error(), answer.fields.get("state")), ("invalid_request", None));
        site.app.assert_unchanged_since(&before).await;

        for name in ["state", "scope", "nonce", "login_hint", "ui_locales"] {
            let (_, longest) = LONGEST.iter().find(|(limited, _)| *limited == name).unwrap();
            check_asks(&site.app, &asked(name, *longest)).await;
        }
        let stored = site.app.dump().await;
        assert_eq!(stored.rows("pending_authorizations").len(), 5);
    })
    .await;
}

#[tokio::test]
async fn az_13_every_answer_names_the_issuer() {
    let site = Site::new().await;
    let discovery = site.app.get("/.well-known/openid-configuration").await.json();
    assert_eq!(discovery["authorization_response_iss_parameter_supported"], true);
    let issuer = discovery["issuer"].as_str().unwrap();
    for mode in ["query", "fragment", "form_post"] {
        let url = site.client.request().with("response_mode", mode);
        let mut browser = site.app.browser();
        let refused = browser.authorize(&url.clone().with("prompt", "none")).await.answer();
        let signed_in = site.log_in(&mut browser, &url).await;
        let silent = browser.authorize(&url.with("prompt", "none")).await.answer();
        for answer in [refused, signed_in, silent] {
            assert_eq!(answer.field("iss"), issuer, "{answer:?}");
        }
    }
}

#[tokio::test]
async fn az_14_without_a_page_nobody_signs_in() {
    let site = Site::new().await;
    let silent = site.client.request().with("prompt", "none");
    check_told(&site.app, &silent, "login_required").await;

    let mut browser = site.app.browser();
    site.log_in(&mut browser, &site.client.request()).await;
    site.app.advance(Duration::from_secs(10));
    let before = site.app.dump().await;
    for max_age in ["0", "9"] {
        let refused = browser.authorize(&silent.clone().with("max_age", max_age)).await.answer();
        assert_eq!((refused.error(), refused.field("error_description")), ("login_required", "Login required"));
    }
    site.app.assert_unchanged_since(&before).await;
    assert_eq!(site.app.events_of("fsa").await.len(), 2, "a browser that was never here is not recorded");
    let together = browser.authorize(&silent.clone().with("prompt", "none login")).await.answer();
    assert_eq!(together.error(), "invalid_request");
    browser.authorize(&silent.with("max_age", "10")).await.answer().code();
    assert_eq!(site.app.events_of("ssa").await.len(), 1);
}

/// Anybody can make up a cookie, without end.
#[tokio::test]
async fn rl_11_a_cookie_that_we_never_gave_leaves_no_event() {
    let site = Site::new().await;
    let silent = site.client.request().with("prompt", "none");
    let mut browser = site.app.browser();
    for made_up in ["x", &"A".repeat(43)] {
        browser.set_cookie("session", made_up);
        assert_eq!(browser.authorize(&silent).await.answer().error(), "login_required");
    }
    assert_eq!(site.app.events_of("fsa").await, []);
    site.log_in(&mut browser, &site.client.request()).await;
    site.app.advance(Duration::from_hours(24 * 30));
    assert_eq!(browser.authorize(&silent).await.answer().error(), "login_required");
    assert_eq!(site.app.events_of("fsa").await.len(), 1, "whose session is over is recorded");
}

#[tokio::test]
async fn az_15_a_session_does_not_satisfy_who_asks_for_a_new_proof() {
    let site = Site::new().await;
    let mut browser = site.app.browser();
    site.log_in(&mut browser, &site.client.request()).await;
    site.app.advance(Duration::from_secs(2));
    let before = browser.clone();
    for (name, value) in [("prompt", "login"), ("prompt", "select_account"), ("max_age", "0"), ("max_age", "1")] {
        let url = site.client.request().with(name, value);
        // However often it asks, the cookie alone never brings a code.
        for _ in 0..2 {
            assert_page(browser.authorize(&url).await, 200, "Welcome");
        }
        let answer = site.log_in(&mut browser, &url).await;
        let tokens = site.client.exchange(&site.app, answer.code()).await;
        assert_eq!(claims(&tokens.text("id_token"))["auth_time"], site.app.now().seconds(), "{name}={value}");
        site.app.advance(Duration::from_secs(2));
    }
    let mut old = before;
    assert_eq!(site.silently(&mut old).await.error(), "login_required");
}

#[tokio::test]
async fn az_16_somebody_else_is_not_signed_in_silently() {
    let site = Site::new().await;
    site.app.add_user(&site.connection, "auth0|eve", "eve@x.io", Some(testkit::native(PASSWORD))).await;
    let silent = site.client.request().with("prompt", "none");
    let mut eves = site.app.browser();
    let code = eves.log_in(&site.client.request(), "eve@x.io", PASSWORD).await.answer();
    let eves_token = site.client.exchange(&site.app, code.code()).await.text("id_token");
    let mut browser = site.app.browser();
    let code = site.log_in(&mut browser, &site.client.request()).await;
    let adas_token = site.client.exchange(&site.app, code.code()).await.text("id_token");

    let before = site.app.dump().await;
    let forged = format!("{}x", adas_token.trim_end_matches('x'));
    for (name, value) in [
        ("login_hint", "eve@x.io"),
        ("id_token_hint", &eves_token),
        ("id_token_hint", "garbage"),
        ("id_token_hint", &forged),
    ] {
        let answer = browser.authorize(&silent.clone().with(name, value)).await.answer();
        assert_eq!(answer.error(), "login_required", "{name}={value}");
        let page = browser.clone().authorize(&silent.clone().without("prompt").with(name, value)).await.page();
        assert!(page.path.starts_with("/u/login"), "{name}={value}");
    }
    before.assert_changed_only(&site.app.dump().await, &["pending_authorizations"]);
    site.app.advance(Duration::from_hours(11));
    for (name, value) in [("login_hint", "ADA@x.io"), ("id_token_hint", &adas_token)] {
        browser.authorize(&silent.clone().with(name, value)).await.answer().code();
    }
}

#[tokio::test]
async fn az_17_who_has_no_key_sends_no_request_object() {
    let site = Site::new().await;
    let unsigned = "eyJhbGciOiJub25lIn0.eyJyZWRpcmVjdF91cmkiOiJodHRwczovL2V2aWwudGVzdC8ifQ.";
    check_told(&site.app, &site.client.request().with("request", unsigned), "request_not_supported").await;
}

/// CVE-2020-10770; CVE-2026-4366, where a redirection was followed.
#[tokio::test]
async fn az_18_a_request_uri_is_a_name_of_ours_and_never_fetched() {
    let site = Site::new().await;
    let server = LyingServer::start().await;
    let elsewhere = Lie::json(302, json!({})).with_header("Location", "http://169.254.169.254/latest/");
    for lie in [Lie::Endless, elsewhere] {
        server.on(Question::Other, lie);
        let localhost = format!("http://localhost:{}/request.jwt", server.port());
        for uri in [
            format!("{}request.jwt", server.issuer()).as_str(),
            &localhost,
            // A callback of the client is no address of its requests.
            &site.client.redirect_uri,
            "http://169.254.169.254/latest/",
            "http://[::1]:5432/",
            "file:///etc/passwd",
            "gopher://127.0.0.1:6379/_x",
            "urn:example:x",
        ] {
            check_told(&site.app, &site.client.request().with("request_uri", uri), "invalid_request_uri").await;
            let answer = site.client.push(&site.app, &site.client.request().with("request_uri", uri)).await;
            assert_eq!(answer.refusal(), (400, "invalid_request_uri".to_owned()), "{uri}");
        }
    }
    assert!(server.seen().is_empty());
    for unknown in ["urn:ietf:params:oauth:request_uri:never-was", "urn:ietf:params:oauth:request_uri:"] {
        let url = site.client.request().with("request_uri", unknown);
        check_shown(&site.app, &url, "This page has expired").await;
    }
}

async fn granted(site: &Site, client: &RelyingParty, url: AuthorizationUrl) -> serde_json::Value {
    let code = site.code_for(&url).await;
    let tokens = client.exchange(&site.app, &code).await.json();
    let is_jwt = url.pairs().iter().any(|(name, _)| *name == "audience");
    if is_jwt {
        let claims = claims(tokens["access_token"].as_str().unwrap());
        assert_eq!(claims["scope"], tokens["scope"], "the token and the answer agree");
    }
    assert_eq!(
        tokens["scope"].as_str().unwrap_or_default().contains("offline_access"),
        tokens["refresh_token"].is_string()
    );
    tokens["scope"].clone()
}

/// OpenID Connect Core 11: a client asks for more than it may have, and is told by the scope that it has less.
#[tokio::test]
async fn rt_14_offline_access_that_is_not_allowed_brings_neither_a_refresh_token_nor_an_error() {
    for_each_engine(async |app| {
        let site = Site::on(app).await;
        let online = "https://online.test/";
        site.app.add_api(online, &["read:notes"], |api| api.allow_offline_access = false).await;
        let brief = site.app.add_client("brief", |client| client.grant_types = vec![GrantType::AuthorizationCode]);
        let brief = brief.await;
        site.enable(&brief).await;
        let asked = "openid read:notes offline_access";
        for (client, audience, scope) in [
            (&site.client, online, "openid read:notes"),
            (&brief, API, "openid read:notes"),
            (&brief, online, "openid read:notes"),
        ] {
            let url = client.request().scope(asked).with("audience", audience);
            let tokens = client.exchange(&site.app, &site.code_for(&url).await).await;
            assert_eq!((tokens.status.as_u16(), tokens.text("scope").as_str()), (200, scope), "{audience}");
            assert_eq!(tokens.json().get("refresh_token"), None, "{audience}");
            assert!(site.app.dump().await.rows("refresh_tokens").is_empty(), "{audience}");
        }
    })
    .await;
}

/// CVE-2026-16102.
#[tokio::test]
async fn az_23_people_grant_only_what_client_and_api_have() {
    let site = Site::new().await;
    let management = format!("{}api/v2/", site.app.issuer());
    let request = || site.client.request();
    let scope = granted(&site, &site.client, request().scope("openid admin read:notes read:users")).await;
    assert_eq!(scope, "openid");
    let url = request().scope("openid read:notes delete:notes read:users offline_access").with("audience", API);
    assert_eq!(granted(&site, &site.client, url).await, "openid read:notes offline_access");
    let url = request().scope("openid read:users create:clients").with("audience", &management);
    assert_eq!(granted(&site, &site.client, url).await, "openid");

    site.app.add_api("https://online.test/", &["read:notes"], |api| api.allow_offline_access = false).await;
    let url = request().scope("openid read:notes offline_access").with("audience", "https://online.test/");
    assert_eq!(granted(&site, &site.client, url).await, "openid read:notes");
    let brief = site.app.add_client("brief", |client| client.grant_types = vec![GrantType::AuthorizationCode]).await;
    site.enable(&brief).await;
    assert_eq!(granted(&site, &brief, brief.request().scope("openid offline_access")).await, "openid");
}

#[tokio::test]
async fn az_24_no_token_is_issued_for_an_api_that_does_not_exist() {
    let site = Site::new().await;
    for audience in ["https://api.test", "https://API.test/", "https://other.test/api/v2/", "id of https://api.test/"] {
        let url = site.client.request().with("audience", audience);
        check_told(&site.app, &url, "access_denied").await;
        let answer = site.app.browser().authorize(&url).await.answer();
        assert_eq!(answer.field("error_description"), format!("Service not found: {audience}"));
    }
    let mut browser = site.app.browser();
    let url = site.client.request().with("audience", &format!("{}userinfo", site.app.issuer()));
    browser.log_in(&url, EMAIL, PASSWORD).await.answer().code();
}

#[tokio::test]
async fn a_request_may_come_by_form() {
    let site = Site::new().await;
    let answer = site.app.post_form("/authorize", &site.client.request().pairs()).await;
    assert_eq!(answer.status, 303);
    assert!(answer.header("location").unwrap().starts_with("/u/login?state="));
}

#[tokio::test]
async fn a_connection_must_be_one_of_the_client_s() {
    let site = Site::new().await;
    site.app.add_connection("strangers", &[], |_| {}).await;
    for name in ["strangers", "nowhere"] {
        check_told(&site.app, &site.client.request().with("connection", name), "invalid_request").await;
    }
    check_asks(&site.app, &site.client.request().with("connection", &site.connection.name)).await;
}
