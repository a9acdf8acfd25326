//! Authorization codes and PKCE.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use futures_util::future::join_all;
use protocol::client_metadata::AppType;
use sha2::{Digest, Sha256};
use testkit::{App, for_each_deployment, native};

use crate::authorize::check_told;
use crate::site::{PASSWORD, Site, claims};

/// G-02.
const ROUNDS: usize = 100;
const AT_ONCE: usize = 50;

/// The token request is refused, and besides events only these tables change.
async fn check(app: &App, fields: &[(&str, &str)], error: &str, changed: &[&str]) {
    let before = app.dump().await;
    let answer = app.token(fields).await;
    assert_eq!(answer.refusal(), (400, error.to_owned()), "{fields:?} {}", answer.body);
    before.assert_changed_only(&app.dump().await, changed);
}

const BURNED: &[&str] = &["authorization_codes"];
const REVOKED: &[&str] = &["token_families"];

/// These fields with one replaced, added, or, where there is no value, taken away.
fn replaced<'a>(fields: Vec<(&'a str, &'a str)>, name: &'a str, value: Option<&'a str>) -> Vec<(&'a str, &'a str)> {
    let others = fields.into_iter().filter(|(known, _)| *known != name);
    others.chain(value.map(|value| (name, value))).collect()
}

#[tokio::test]
async fn a_code_brings_tokens_for_its_user_client_and_nonce() {
    let site = Site::new().await;
    let mut browser = site.app.browser();
    let answer = site.log_in(&mut browser, &site.client.request().scope("openid email offline_access")).await;
    site.app.advance(Duration::from_secs(5));
    let tokens = site.client.exchange(&site.app, answer.code()).await;
    assert_eq!(tokens.json()["token_type"], "Bearer");
    assert_eq!(tokens.json()["expires_in"], 86_400);
    let claims = claims(&tokens.text("id_token"));
    let expected =
        [("iss", site.app.issuer()), ("sub", "auth0|ada"), ("aud", "app"), ("nonce", "n0nce"), ("email", "ada@x.io")];
    for (name, value) in expected {
        assert_eq!(claims[name], value, "{name}");
    }
    assert_eq!(claims["auth_time"], site.app.now().seconds() - 5);
    assert_eq!(claims["iat"], site.app.now().seconds());
    assert!(claims["sid"].is_string());
    assert_eq!(site.app.events_of("seacft").await.len(), 1);
}

#[tokio::test]
async fn co_01_a_second_exchange_revokes_what_the_first_one_brought() {
    for later in [Duration::ZERO, Duration::from_secs(30), Duration::from_mins(5)] {
        let site = Site::new().await;
        let code = site.code_for(&site.client.request().scope("openid offline_access")).await;
        let tokens = site.client.exchange(&site.app, &code).await;
        assert_eq!(site.app.userinfo(&tokens.text("access_token")).await.status, 200);
        site.app.advance(later);
        check(&site.app, &site.client.code_fields(&code), "invalid_grant", REVOKED).await;
        assert_eq!(site.app.userinfo(&tokens.text("access_token")).await.status, 401);
        check(&site.app, &site.client.refresh_fields(&tokens.text("refresh_token")), "invalid_grant", &[]).await;
        let [event] = &site.app.events_of("feacft").await[..] else { panic!("one event") };
        assert_eq!(event.details["code_was_used_before"], true);
        assert_eq!(event.user_id.as_ref(), Some(&site.ada));
    }
}

/// ory/fosite CVE-2020-15222 had the same shape: a check that was not atomic.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn co_02_of_many_exchanges_at_once_at_most_one_succeeds_and_is_revoked() {
    for_each_deployment(async |nodes| {
        let site = Site::on(nodes[0].clone()).await;
        let mut browser = site.app.browser();
        let url = site.client.request().scope("openid offline_access");
        site.log_in(&mut browser, &url).await;
        for round in 0..ROUNDS {
            let code = browser.authorize(&url).await.answer().code().to_owned();
            let exchanges = (0..AT_ONCE).map(|index| {
                let (client, node, code) = (site.client.clone(), nodes[index % 2].clone(), code.clone());
                tokio::spawn(async move { client.exchange(&node, &code).await })
            });
            let answers: Vec<_> = join_all(exchanges).await.into_iter().map(Result::unwrap).collect();
            let (won, lost): (Vec<_>, Vec<_>) = answers.into_iter().partition(|answer| answer.status == 200);
            assert!(lost.iter().all(|answer| answer.refusal() == (400, "invalid_grant".to_owned())), "{round}");
            assert_eq!(won.len(), 1, "round {round}");
            let refused = site.client.refresh(&nodes[1], &won[0].text("refresh_token")).await;
            assert_eq!(refused.refusal(), (400, "invalid_grant".to_owned()), "round {round}");
            assert_eq!(nodes[0].userinfo(&won[0].text("access_token")).await.status, 401, "round {round}");
        }
    })
    .await;
}

/// Zitadel CVE-2026-55672, Pocket ID CVE-2026-28513, CVE-2026-16089.
#[tokio::test]
async fn co_03_another_client_s_code_is_burned() {
    let site = Site::new().await;
    let other = site.app.add_client("other", |_| {}).await;
    let public = site.app.add_public_client("spa", AppType::Spa).await;
    for thief in [other, public] {
        let code = site.code().await;
        let stolen = replaced(thief.code_fields(&code), "redirect_uri", Some(&site.client.redirect_uri));
        check(&site.app, &stolen, "invalid_grant", BURNED).await;
        check(&site.app, &site.client.code_fields(&code), "invalid_grant", REVOKED).await;
    }
}

#[tokio::test]
async fn co_04_the_redirect_uri_is_repeated_at_the_exchange() {
    let site = Site::new().await;
    for other in [None, Some("https://app.test/cb/"), Some("https://evil.test/cb"), Some("")] {
        let code = site.code().await;
        let fields = replaced(site.client.code_fields(&code), "redirect_uri", other);
        check(&site.app, &fields, "invalid_grant", BURNED).await;
    }
    let code = site.code_for(&site.client.request().without("redirect_uri")).await;
    let fields = replaced(site.client.code_fields(&code), "redirect_uri", None);
    assert_eq!(site.app.token(&fields).await.status, 200);
}

#[tokio::test]
async fn co_05_a_code_lives_for_a_minute() {
    let site = Site::new().await;
    let (first, second) = (site.code().await, site.code().await);
    site.app.advance(Duration::from_millis(59_999));
    assert_eq!(site.client.exchange(&site.app, &first).await.status, 200);
    site.app.advance(Duration::from_millis(1));
    check(&site.app, &site.client.code_fields(&second), "invalid_grant", BURNED).await;
}

#[tokio::test]
async fn co_06_a_wrong_verifier_burns_the_code() {
    let site = Site::new().await;
    let right = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    let (short, long, illegal) = (&right[..42], right.repeat(3), format!("{right} "));
    let challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
    for wrong in [&right.replace('d', "e"), short, &long, &illegal, challenge] {
        let code = site.code().await;
        let fields = replaced(site.client.code_fields(&code), "code_verifier", Some(wrong));
        check(&site.app, &fields, "invalid_grant", BURNED).await;
        check(&site.app, &site.client.code_fields(&code), "invalid_grant", REVOKED).await;
    }
}

/// Authentik CVE-2024-23647.
#[tokio::test]
async fn co_07_neither_side_of_pkce_may_come_alone() {
    let site = Site::new().await;
    let code = site.code().await;
    let fields = replaced(site.client.code_fields(&code), "code_verifier", None);
    check(&site.app, &fields, "invalid_grant", BURNED).await;
    let without = site.client.request().without("code_challenge").without("code_challenge_method");
    let code = site.code_for(&without).await;
    check(&site.app, &site.client.code_fields(&code), "invalid_grant", BURNED).await;
    let code = site.code_for(&without).await;
    let fields = replaced(site.client.code_fields(&code), "code_verifier", None);
    assert_eq!(site.app.token(&fields).await.status, 200, "a client with a secret may do without");
}

#[tokio::test]
async fn co_08_co_09_the_challenge_is_s256_and_public_clients_send_one() {
    let site = Site::new().await;
    let public = site.app.add_public_client("spa", AppType::Spa).await;
    site.enable(&public).await;
    for client in [&site.client, &public] {
        let request = client.request();
        for method in ["plain", "s256", "S512", "none"] {
            check_told(&site.app, &request.clone().with("code_challenge_method", method), "invalid_request").await;
        }
        check_told(&site.app, &request.clone().without("code_challenge_method"), "invalid_request").await;
        check_told(&site.app, &request.clone().without("code_challenge"), "invalid_request").await;
        check_told(&site.app, &request.clone().with("code_challenge", "tooshort"), "invalid_request").await;
    }
    let without = public.request().without("code_challenge").without("code_challenge_method");
    check_told(&site.app, &without, "invalid_request").await;
    let code = site.code_for(&public.request()).await;
    assert_eq!(public.exchange(&site.app, &code).await.status, 200);
}

/// RFC 9700 4.5: whoever puts a code of their own sign-in into another browser's callback has neither the verifier that
/// this browser's application keeps nor the nonce it waits for.
#[tokio::test]
async fn co_10_a_code_of_another_sign_in_is_worth_nothing_at_the_callback() {
    let site = Site::new().await;
    let eve = site.app.add_user(&site.connection, "auth0|eve", "eve@x.io", Some(native(PASSWORD))).await;
    let others_challenge = URL_SAFE_NO_PAD.encode(Sha256::digest("another".repeat(7)));
    let with_pkce = site.client.request().with("nonce", "another").with("code_challenge", &others_challenge);
    let without = with_pkce.clone().without("code_challenge").without("code_challenge_method");
    let code_of_eve = async |url| {
        let answer = site.app.browser().log_in(&url, "eve@x.io", PASSWORD).await.answer();
        answer.code().to_owned()
    };
    for url in [with_pkce, without.clone()] {
        let code = code_of_eve(url).await;
        check(&site.app, &site.client.code_fields(&code), "invalid_grant", BURNED).await;
    }
    // An application that has never heard of PKCE is left with the nonce, which the token repeats.
    let code = code_of_eve(without).await;
    let fields = replaced(site.client.code_fields(&code), "code_verifier", None);
    let told = claims(&site.app.token(&fields).await.text("id_token"));
    assert_eq!((told["nonce"].as_str(), told["sub"].as_str()), (Some("another"), Some(eve.as_str())));
}

/// CVE-2026-4282.
#[tokio::test]
async fn co_11_no_other_secret_of_ours_is_a_code() {
    let site = Site::new().await;
    let mut browser = site.app.browser();
    let page = browser.authorize(&site.client.request()).await.page();
    let form = page.form();
    site.log_in(&mut browser, &site.client.request()).await;
    let (refresh_token, access_token) = site.offline_tokens().await;
    let (session, binding) = (browser.cookie("session").unwrap(), browser.cookie("browser").unwrap());
    let others = [form.value("state"), form.value("csrf"), session, binding, &refresh_token, &access_token];
    for other in others {
        check(&site.app, &site.client.code_fields(other), "invalid_grant", &[]).await;
    }
    let code = site.code().await;
    check(&site.app, &site.client.refresh_fields(&code), "invalid_grant", &[]).await;
    assert_eq!(site.app.userinfo(&code).await.status, 401);
    assert_eq!(site.client.exchange(&site.app, &code).await.status, 200);
}

/// Zitadel CVE-2026-27840.
#[tokio::test]
async fn co_12_a_code_has_one_spelling() {
    let site = Site::new().await;
    let code = site.code().await;
    let (head, last) = code.split_at(code.len() - 1);
    // 43 characters hold two bits more than 32 bytes; the next letter differs in those alone.
    let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let next = &alphabet[alphabet.find(last).unwrap() + 1..][..1];
    let recased: String =
        code.chars().map(|c| if c.is_lowercase() { c.to_ascii_uppercase() } else { c.to_ascii_lowercase() }).collect();
    let others = [
        head.to_owned(),
        format!("{head}{next}"),
        format!("{code}A"),
        format!("{code}="),
        format!("{code} "),
        format!(" {code}"),
        format!("{code}\n"),
        code.replace('-', "+").replace('_', "/") + "=",
        recased,
        code.repeat(2),
        "A".repeat(43),
    ];
    for other in others {
        check(&site.app, &site.client.code_fields(&other), "invalid_grant", &[]).await;
    }
    assert_eq!(site.client.exchange(&site.app, &code).await.status, 200);
}

/// CVE-2026-88770.
#[tokio::test]
async fn co_13_what_ended_between_issue_and_exchange_brings_no_token() {
    let site = Site::new().await;
    let code = site.code().await;
    site.app.change_user(&site.ada, |user| user.blocked = Some(true)).await;
    check(&site.app, &site.client.code_fields(&code), "invalid_grant", BURNED).await;
    site.app.change_user(&site.ada, |user| user.blocked = None).await;

    let mut browser = site.app.browser();
    let code = site.log_in(&mut browser, &site.client.request()).await.code().to_owned();
    browser.open("/v2/logout").await.page();
    check(&site.app, &site.client.code_fields(&code), "invalid_grant", BURNED).await;

    let code = site.code().await;
    site.app.delete_user(&site.ada).await;
    check(&site.app, &site.client.code_fields(&code), "invalid_grant", &[]).await;

    let site = Site::new().await;
    let code = site.code().await;
    site.app.delete_client(&site.client.client_id).await;
    let before = site.app.dump().await;
    assert_eq!(site.client.exchange(&site.app, &code).await.refusal(), (401, "invalid_client".to_owned()));
    site.app.assert_unchanged_since(&before).await;
}
