//! Limits: how often an address, an account and a client may ask, and what a call too many hears.

use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::time::Duration;

use axum::body::Body;
use axum::extract::ConnectInfo;
use flows::limits::{LimitSettings, RateLimit};
use http::{Method, Request, header};
use protocol::client_metadata::{AppType, GrantType};
use serde_json::json;
use testkit::{Answer, App, Options, RelyingParty};

use crate::site::{API, DIRECTORY, EMAIL, PASSWORD, Site};

const TOO_MANY: &str = "Too many tries from here";
/// What a call too many is told.
const STANDING: [&str; 4] = ["retry-after", "x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset"];
const MINUTE: Duration = Duration::from_mins(1);

fn calls(calls: u32) -> RateLimit {
    RateLimit::per_minute(NonZeroU32::new(calls).unwrap())
}

async fn site(change: impl FnOnce(&mut LimitSettings)) -> Site {
    let mut options = Options::default();
    change(&mut options.limits);
    Site::on(App::with(options).await).await
}

/// The status of a sign-in from an address. A redirect is somebody let in.
async fn try_from(site: &Site, address: &str, username: &str, password: &str) -> u16 {
    let mut browser = site.app.browser().at(address);
    match browser.log_in(&site.client.request(), username, password).await {
        testkit::Visit::Page(page) => page.status.as_u16(),
        testkit::Visit::Left(answer) => answer.status.as_u16(),
    }
}

/// Somebody with their own application for passwords.
async fn password_client(site: &Site) -> RelyingParty {
    let client = site.app.add_client("passwords", |client| client.grant_types = vec![GrantType::PasswordRealm]).await;
    site.enable(&client).await;
    client
}

async fn exchange_password(site: &Site, client: &RelyingParty, username: &str, password: &str) -> Answer {
    let fields = [
        ("grant_type", GrantType::PasswordRealm.as_str()),
        ("realm", DIRECTORY),
        ("username", username),
        ("password", password),
    ];
    site.app.token(&client.with_credentials(&fields)).await
}

/// A call that says who the client is, and gets no further.
async fn ask_for_nothing(site: &Site, client: &RelyingParty) -> Answer {
    site.app.token(&client.with_credentials(&[("grant_type", "client_credentials"), ("audience", "none")])).await
}

#[track_caller]
fn assert_limited(answer: &Answer, limit: &str) {
    assert_eq!(answer.refusal(), (429, "too_many_requests".to_owned()));
    assert_eq!(answer.header("x-ratelimit-limit"), Some(limit));
    assert_eq!(answer.header("x-ratelimit-remaining"), Some("0"));
    let wait: i64 = answer.header("retry-after").expect("it says when").parse().unwrap();
    let reset: i64 = answer.header("x-ratelimit-reset").expect("it says when").parse().unwrap();
    assert!((1..=60).contains(&wait));
    assert_eq!(reset, 1_800_000_000 + wait, "seconds since 1970");
}

#[tokio::test]
async fn rl_01_all_names_and_addresses_of_an_account_share_a_limit() {
    let site = site(|limits| limits.passwords_per_account = calls(3)).await;
    for (address, name) in [("198.51.100.1", EMAIL), ("198.51.100.2", "ADA@X.IO"), ("2001:db8::1", " Ada@x.io ")] {
        assert_eq!(try_from(&site, address, name, "wrong").await, 400, "{name}");
    }
    let before = site.app.dump().await;
    let events = site.app.events().await.len();
    let page = site.app.browser().at("198.51.100.4").log_in(&site.client.request(), EMAIL, PASSWORD).await.page();
    assert_eq!(page.status, 429);
    assert!(page.says(TOO_MANY), "{}", page.html);
    assert_eq!(STANDING.map(|name| page.headers[name].to_str().unwrap()), ["20", "3", "0", "1800000020"]);
    before.assert_changed_only(&site.app.dump().await, &["pending_authorizations"]);
    assert_eq!(site.app.events().await.len(), events, "a call too many leaves no event");

    site.app.advance(MINUTE / 3);
    assert_eq!(try_from(&site, "198.51.100.4", EMAIL, PASSWORD).await, 303);
}

#[tokio::test]
async fn rl_01_a_name_that_nobody_has_is_limited_alike() {
    let site = site(|limits| limits.passwords_per_account = calls(1)).await;
    assert_eq!(try_from(&site, "198.51.100.1", "nobody@x.io", "wrong").await, 400);
    assert_eq!(try_from(&site, "198.51.100.2", "NOBODY@x.io", "wrong").await, 429);
}

#[tokio::test]
async fn rl_02_an_address_is_limited_whichever_accounts_it_tries() {
    let site = site(|limits| limits.passwords_per_address = calls(3)).await;
    for (address, name) in [("2001:db8::1", "a@x.io"), ("2001:db8::2", "b@x.io"), ("2001:db8::2:1", "c@x.io")] {
        assert_eq!(try_from(&site, address, name, "wrong").await, 400);
    }
    assert_eq!(try_from(&site, "2001:db8::3", EMAIL, PASSWORD).await, 429, "one /64");
    assert_eq!(try_from(&site, "2001:db8:0:1::3", EMAIL, PASSWORD).await, 303, "somebody elsewhere");
}

#[tokio::test]
async fn rl_02_signing_up_takes_from_the_same_limit() {
    let site = site(|limits| limits.passwords_per_address = calls(1)).await;
    assert_eq!(try_from(&site, "198.51.100.1", EMAIL, "wrong").await, 400);
    let mut browser = site.app.browser().at("198.51.100.1");
    let url = site.client.request().with("screen_hint", "signup");
    let form = browser.authorize(&url).await.page().form().fill("email", "new@x.io").fill("password", "Quite-new-1");
    let before = site.app.dump().await;
    let page = browser.submit(&form).await.page();
    assert_eq!(page.status, 429);
    assert!(page.says(TOO_MANY), "{}", page.html);
    assert_eq!(STANDING.map(|name| page.headers[name].to_str().unwrap()), ["60", "1", "0", "1800000060"]);
    site.app.assert_unchanged_since(&before).await;
}

#[tokio::test]
async fn rl_03_strangers_do_not_shut_out_the_owner_at_the_usual_place() {
    let site = site(|limits| limits.passwords_per_account = calls(2)).await;
    assert_eq!(try_from(&site, "203.0.113.50", EMAIL, PASSWORD).await, 303);
    for address in ["198.51.100.1", "198.51.100.2", "198.51.100.3"] {
        try_from(&site, address, EMAIL, "wrong").await;
    }
    assert_eq!(try_from(&site, "198.51.100.4", EMAIL, PASSWORD).await, 429);
    assert_eq!(try_from(&site, "203.0.113.50", EMAIL, PASSWORD).await, 303);
}

#[tokio::test]
async fn rl_04_the_password_grant_takes_from_the_same_limit() {
    let site = site(|limits| limits.passwords_per_account = calls(2)).await;
    let client = password_client(&site).await;
    assert_eq!(exchange_password(&site, &client, EMAIL, "wrong").await.status, 400);
    assert_eq!(try_from(&site, "198.51.100.1", EMAIL, "wrong").await, 400);
    let before = site.app.dump().await;
    let events = site.app.events().await.len();
    assert_limited(&exchange_password(&site, &client, EMAIL, PASSWORD).await, "2");
    site.app.assert_unchanged_since(&before).await;
    assert_eq!(site.app.events().await.len(), events);
}

#[tokio::test]
async fn rl_05_an_address_that_anybody_can_claim_is_no_address() {
    let mut options = Options { trusted_proxies: vec!["10.0.0.0/8"], ..Options::default() };
    options.limits.passwords_per_address = calls(1);
    let site = Site::on(App::with(options).await).await;
    let try_through = async |proxy: &str, claimed: &str| {
        let mut browser = site.app.browser().at(proxy).sending("x-forwarded-for", claimed);
        browser.log_in(&site.client.request(), "nobody@x.io", "wrong").await.page().status.as_u16()
    };
    assert_eq!(try_through("203.0.113.9", "198.51.100.1").await, 400);
    assert_eq!(try_through("203.0.113.9", "198.51.100.2").await, 429, "a claim changes nothing");
    assert_eq!(try_through("10.0.0.1", "198.51.100.3").await, 400);
    assert_eq!(try_through("10.0.0.1", "198.51.100.4").await, 400, "a proxy's word does");
    assert_eq!(try_through("10.0.0.2", "198.51.100.4").await, 429);
}

#[tokio::test]
async fn rl_11_an_address_leaves_no_more_requests_than_its_limit() {
    let site = site(|limits| limits.authorizations_per_address = calls(2)).await;
    let url = site.client.request();
    let mut browser = site.app.browser().at("198.51.100.1");
    for left in ["1", "0"] {
        let answer = browser.send(Request::get(url.path()).body(Body::empty()).unwrap()).await;
        assert_eq!((answer.status.as_u16(), answer.header("x-ratelimit-remaining")), (302, Some(left)));
    }
    let before = site.app.dump().await;
    let page = browser.authorize(&url).await.page();
    assert_eq!(page.status, 429);
    assert!(page.says("Too many requests"), "{}", page.html);
    assert_eq!(STANDING.map(|name| page.headers[name].to_str().unwrap()), ["30", "2", "0", "1800000030"]);
    assert_eq!(browser.authorize(&url.clone().with("prompt", "none")).await.page().status, 429);
    site.app.assert_unchanged_since(&before).await;

    let mut elsewhere = site.app.browser().at("198.51.100.2");
    assert_eq!(elsewhere.authorize(&url).await.page().status, 200, "the page of somebody elsewhere");
    assert_ne!(ask_for_nothing(&site, &site.client).await.status, 429, "the token endpoint has a limit of its own");
    site.app.advance(MINUTE / 2);
    assert_eq!(browser.authorize(&url).await.page().status, 200);
}

/// No try is in flight that was not taken from the bucket first, so the bound on what is in flight is none.
#[tokio::test(flavor = "multi_thread")]
async fn rl_06_of_tries_at_once_no_more_are_evaluated_than_the_limit() {
    let site = site(|limits| limits.passwords_per_account = calls(20)).await;
    site.app.change_connection(&site.connection.id, |connection| connection.brute_force_protection = false).await;
    let client = password_client(&site).await;
    let tries = (0..100).map(|_| {
        let (app, client) = (site.app.clone(), client.clone());
        tokio::spawn(async move {
            let fields = [
                ("grant_type", GrantType::PasswordRealm.as_str()),
                ("realm", DIRECTORY),
                ("username", EMAIL),
                ("password", "wrong"),
            ];
            app.token(&client.with_credentials(&fields)).await.status.as_u16()
        })
    });
    let mut statuses = Vec::new();
    for one in tries.collect::<Vec<_>>() {
        statuses.push(one.await.unwrap());
    }
    let of = |status| statuses.iter().filter(|found| **found == status).count();
    assert_eq!((of(400), of(429)), (20, 80), "{statuses:?}");
    assert_eq!(site.app.events_of("fp").await.len(), 20);
}

/// Where a Redis should be and is not, the process counts by itself.
#[tokio::test]
async fn rl_10_without_redis_people_come_in_and_limits_hold() {
    let mut options = Options { redis_url: Some("redis://127.0.0.1:1/".to_owned()), ..Options::default() };
    options.limits.passwords_per_account = calls(2);
    let site = Site::on(App::with(options).await).await;
    let ready = site.app.get("/readyz").await;
    assert_eq!((ready.status.as_u16(), ready.body.as_str()), (200, "ready, without Redis\n"));
    assert_eq!(try_from(&site, "198.51.100.1", EMAIL, PASSWORD).await, 303);
    assert_eq!(try_from(&site, "198.51.100.2", EMAIL, "wrong").await, 400);
    assert_eq!(try_from(&site, "198.51.100.3", EMAIL, "wrong").await, 429);
}

#[tokio::test]
async fn every_answer_tells_how_an_address_stands() {
    let site = site(|limits| limits.calls_per_address = calls(4)).await;
    let stands = |answer: &Answer| answer.header("x-ratelimit-remaining").map(str::to_owned);
    let answer = ask_for_nothing(&site, &site.client).await;
    assert_eq!((answer.status.as_u16(), stands(&answer).as_deref()), (400, Some("3")));
    assert_eq!(answer.header("x-ratelimit-limit"), Some("4"));
    assert_eq!(answer.header("x-ratelimit-reset"), Some("1800000015"));
    assert_eq!(stands(&site.app.userinfo("unknown").await).as_deref(), Some("2"));
    assert_eq!(stands(&site.app.get_as("unknown", "/api/v2/users").await).as_deref(), Some("1"));
    assert_eq!(stands(&site.app.userinfo("unknown").await).as_deref(), Some("0"));
    for path in ["/oauth/revoke", "/oauth/introspect"] {
        assert_limited(&site.app.post_form(path, &[]).await, "4");
    }
    assert_limited(&site.app.userinfo("unknown").await, "4");
    assert_limited(&ask_for_nothing(&site, &site.client).await, "4");
    let management = site.app.get_as("unknown", "/api/v2/users").await;
    assert_eq!((management.status.as_u16(), stands(&management).as_deref()), (429, Some("0")));
    assert_eq!(site.app.get("/.well-known/jwks.json").await.status, 200, "others need it to go on");
    site.app.advance(MINUTE);
    assert_eq!(stands(&site.app.userinfo("unknown").await).as_deref(), Some("3"));
}

#[tokio::test]
async fn a_client_that_has_proven_its_secret_is_limited_wherever_it_calls_from() {
    let mut options = Options::default();
    options.limits.calls_per_client = calls(2);
    options.limits.exempt_networks = vec!["203.0.113.0/24".parse().unwrap()];
    let site = Site::on(App::with(options).await).await;
    let machine =
        site.app.add_client("machine", |client| client.grant_types = vec![GrantType::ClientCredentials]).await;
    site.app.add_client_grant(&machine, API, "read:notes").await;
    let ask = async |fields: &[(&str, &str)]| site.app.token(fields).await;
    let asked = [("grant_type", "client_credentials"), ("audience", API)];
    let guess = [asked[0], asked[1], ("client_id", "machine"), ("client_secret", "a guess")];
    for _ in 0..5 {
        assert_eq!(ask(&guess).await.status, 401, "a stranger takes nothing from the client");
    }
    for _ in 0..2 {
        assert_eq!(ask(&machine.with_credentials(&asked)).await.status, 200);
    }
    let events = site.app.events().await.len();
    assert_limited(&ask(&machine.with_credentials(&asked)).await, "2");
    assert_eq!(site.app.events().await.len(), events);

    let public = site.app.add_public_client("public", AppType::Spa).await;
    for _ in 0..5 {
        let answer = ask_for_nothing(&site, &public).await;
        assert_ne!(answer.status, 429, "whoever knows its name could shut it out");
    }
}

#[tokio::test]
async fn a_caller_of_the_management_api_is_limited_in_its_words() {
    let site = site(|limits| limits.management_calls_per_client = calls(2)).await;
    let token = site.app.management_token().await;
    let list = async || site.app.get_as(&token, "/api/v2/clients").await;
    let first = list().await;
    let header = |name: &str| first.header(name).map(str::to_owned);
    assert_eq!((first.status.as_u16(), header("x-ratelimit-limit").as_deref()), (200, Some("2")));
    assert_eq!(header("x-ratelimit-remaining").as_deref(), Some("1"));
    assert_eq!(site.app.manage(Method::GET, "users", &json!(null)).await.status, 200, "another token, one caller");
    let request = Request::post("/api/v2/clients").header(header::AUTHORIZATION, format!("Bearer {token}"));
    let before = site.app.dump().await;
    let refused = site.app.call(request.body(Body::from(json!({"name": "x"}).to_string())).unwrap()).await;
    let expected = json!({
        "statusCode": 429,
        "error": "Too Many Requests",
        "message": "Global limit has been reached",
        "errorCode": "too_many_requests",
    });
    assert_eq!(refused.json(), expected);
    assert_eq!(refused.header("retry-after"), Some("30"));
    assert_eq!(refused.header("x-ratelimit-remaining"), Some("0"));
    assert_eq!(refused.header("x-ratelimit-reset"), Some("1800000030"));
    site.app.assert_unchanged_since(&before).await;
    site.app.advance(MINUTE);
    assert_eq!(list().await.status, 200);
}

/// Paths at which nothing is checked that somebody could guess, and nothing asked that costs more than a few rows.
const OPEN: [&str; 9] = [
    // What they are told of is public.
    "/.well-known/openid-configuration",
    "/.well-known/oauth-authorization-server",
    "/.well-known/jwks.json",
    "/u/assets/{name}",
    "/healthz",
    "/readyz",
    // For those whom the operator names.
    "/metrics",
    // 256 random bits in a cookie, and signatures.
    "/v2/logout",
    "/oidc/logout",
];

/// Two calls from an address that may make one.
async fn twice(app: &App, method: &Method, path: &str, address: [u8; 4]) -> Answer {
    let call = || {
        let mut request = Request::builder().method(method).uri(path).body(Body::empty()).unwrap();
        request.extensions_mut().insert(ConnectInfo(SocketAddr::from((address, 40_000))));
        app.call(request)
    };
    call().await;
    call().await
}

/// A new endpoint is limited, or somebody has written down why not.
#[tokio::test]
async fn rl_04_no_way_in_is_left_without_a_limit() {
    let mut options = Options::default();
    options.limits.calls_per_address = calls(1);
    options.limits.authorizations_per_address = calls(1);
    options.limits.registrations_per_address = calls(1);
    let app = App::with(options).await;
    let mut open = Vec::new();
    for (number, path) in (0..).zip(app.paths().into_iter().chain(["/api/v2/users", "/api/v2/nowhere"])) {
        let sent = twice(&app, &Method::POST, path, [198, 51, 0, number]).await;
        // What takes nothing else is asked by GET.
        let answer =
            if sent.status == 405 { twice(&app, &Method::GET, path, [198, 51, 1, number]).await } else { sent };
        if answer.status == 429 {
            for name in STANDING {
                assert!(answer.header(name).is_some(), "{path} has no {name}");
            }
        } else {
            open.push(path);
        }
    }
    open.sort_unstable();
    let mut expected = OPEN;
    expected.sort_unstable();
    assert_eq!(open, expected);
}
