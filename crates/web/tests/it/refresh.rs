//! Refresh tokens: rotation, repeats, and theft.

use std::time::Duration;

use futures_util::future::join_all;
use http::Method;
use model::client::Client;
use protocol::client_metadata::{ExpirationType, RotationType};
use serde_json::json;
use testkit::{Answer, App, for_each_deployment};

use crate::site::{API, Site, claims};

/// G-02.
const ROUNDS: usize = 100;
const AT_ONCE: usize = 50;

/// A broker whose application has these settings.
async fn site(change: impl FnOnce(&mut Client)) -> Site {
    let site = Site::new().await;
    site.app.change_client(&site.client.client_id, change).await;
    site
}

fn leeway(seconds: u64) -> impl FnOnce(&mut Client) {
    move |client| client.refresh_token.leeway = Some(seconds)
}

pub(crate) async fn refresh(site: &Site, refresh_token: &str) -> Answer {
    let answer = site.client.refresh(&site.app, refresh_token).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer
}

/// The token is refused, and besides events only these tables change.
pub(crate) async fn check_refused(site: &Site, refresh_token: &str, changed: &[&str]) {
    let before = site.app.dump().await;
    let answer = site.client.refresh(&site.app, refresh_token).await;
    assert_eq!(answer.refusal(), (400, "invalid_grant".to_owned()), "{}", answer.body);
    assert_eq!(answer.text("error_description"), "Unknown or invalid refresh token.");
    before.assert_changed_only(&site.app.dump().await, changed);
}

/// The repeat is taken for theft: the family is revoked and recorded, and none of its tokens is good for anything.
pub(crate) async fn check_reuse(site: &Site, refresh_token: &str, successor: &Answer) {
    check_refused(site, refresh_token, &["token_families"]).await;
    let [event] = &site.app.events_of("ferrt").await[..] else { panic!("one event") };
    assert_eq!((event.user_id.as_ref(), event.ip.as_deref()), (Some(&site.ada), Some("203.0.113.7")));
    check_refused(site, &successor.text("refresh_token"), &[]).await;
    assert_eq!(site.app.userinfo(&successor.text("access_token")).await.status, 401);
}

#[tokio::test]
async fn a_refresh_brings_new_tokens_of_the_same_login() {
    let site = Site::new().await;
    let url = site.client.request().scope("openid email read:notes offline_access").with("audience", API);
    let first = site.client.exchange(&site.app, &site.code_for(&url).await).await;
    site.app.advance(Duration::from_hours(2));
    let second = refresh(&site, &first.text("refresh_token")).await;
    for name in ["refresh_token", "access_token", "id_token"] {
        assert_ne!(second.text(name), first.text(name), "{name}");
    }
    assert_eq!(second.text("scope"), "openid email read:notes offline_access");
    let (before, after) = (claims(&first.text("id_token")), claims(&second.text("id_token")));
    for name in ["sub", "aud", "sid", "auth_time", "email"] {
        assert_eq!(before[name], after[name], "{name}");
    }
    assert_eq!(after["iat"], site.app.now().seconds());
    let access = claims(&second.text("access_token"));
    assert_eq!((access["gty"].as_str(), access["aud"][0].as_str()), (Some("refresh_token"), Some(API)));
    assert_eq!(site.app.events_of("sertft").await.len(), 1);
}

#[tokio::test]
async fn rt_02_rt_05_a_lost_answer_is_repeated_byte_for_byte() {
    let site = Site::new().await;
    let (first, _) = site.offline_tokens().await;
    let lost = refresh(&site, &first).await;
    let before = site.app.dump().await;
    for later in [Duration::ZERO, Duration::from_secs(30), Duration::from_hours(9)] {
        site.app.advance(later);
        assert_eq!(refresh(&site, &first).await.body, lost.body);
    }
    site.app.assert_unchanged_since(&before).await;
    assert_eq!(before.rows("refresh_tokens").len(), 2, "one chain, however often it was asked for");
    refresh(&site, &lost.text("refresh_token")).await;
}

#[tokio::test]
async fn rt_02_nothing_is_repeated_for_longer_than_a_token_may_lie_idle() {
    let site = Site::new().await;
    let (first, _) = site.offline_tokens().await;
    let second = refresh(&site, &first).await;
    site.app.advance(Duration::from_hours(15 * 24));
    check_reuse(&site, &first, &second).await;
}

#[tokio::test]
async fn rt_02_only_the_same_question_is_answered_again() {
    let site = Site::new().await;
    let (first, _) = site.offline_tokens().await;
    let second = refresh(&site, &first).await;
    let before = site.app.dump().await;
    let narrower = [site.client.refresh_fields(&first).as_slice(), &[("scope", "openid")]].concat();
    assert_eq!(site.app.token(&narrower).await.refusal(), (400, "invalid_grant".to_owned()));
    site.app.assert_unchanged_since(&before).await;
    assert_eq!(refresh(&site, &first).await.body, second.body);
}

#[tokio::test]
async fn rt_01_a_repeat_after_the_successor_was_used_is_theft() {
    let site = Site::new().await;
    let (first, _) = site.offline_tokens().await;
    let second = refresh(&site, &first).await;
    let third = refresh(&site, &second.text("refresh_token")).await;
    check_reuse(&site, &first, &third).await;
}

#[tokio::test]
async fn rt_01_a_repeat_after_the_new_access_token_was_used_is_theft() {
    let site = Site::new().await;
    let (first, before) = site.offline_tokens().await;
    let second = refresh(&site, &first).await;
    assert_eq!(site.app.userinfo(&before).await.status, 200, "the old one proves nothing");
    assert_eq!(refresh(&site, &first).await.body, second.body);
    assert_eq!(site.app.userinfo(&second.text("access_token")).await.status, 200);
    check_reuse(&site, &first, &second).await;
}

#[tokio::test]
async fn rt_05_without_leeway_every_repeat_is_theft() {
    let site = site(leeway(0)).await;
    let (first, _) = site.offline_tokens().await;
    let second = refresh(&site, &first).await;
    check_reuse(&site, &first, &second).await;
}

#[tokio::test]
async fn rt_01_rt_02_a_leeway_is_counted_in_seconds() {
    let site = site(leeway(30)).await;
    let (first, _) = site.offline_tokens().await;
    let second = refresh(&site, &first).await;
    assert_eq!(site.app.userinfo(&second.text("access_token")).await.status, 200);
    site.app.advance(Duration::from_millis(29_999));
    assert_eq!(refresh(&site, &first).await.body, second.body, "within it, whoever has used what");
    site.app.advance(Duration::from_millis(1));
    check_reuse(&site, &first, &second).await;
}

#[tokio::test]
async fn rt_01_a_leeway_does_not_reach_beyond_the_successor_s_exchange() {
    let site = site(leeway(30)).await;
    let (first, _) = site.offline_tokens().await;
    let second = refresh(&site, &first).await;
    let third = refresh(&site, &second.text("refresh_token")).await;
    check_reuse(&site, &first, &third).await;
}

/// Zitadel CVE-2026-55672.
#[tokio::test]
async fn rt_06_a_token_in_another_client_s_hands_has_leaked() {
    let site = Site::new().await;
    let thief = site.app.add_client("thief", |_| {}).await;
    let (first, access_token) = site.offline_tokens().await;
    let before = site.app.dump().await;
    let answer = thief.refresh(&site.app, &first).await;
    assert_eq!(answer.refusal(), (400, "invalid_grant".to_owned()));
    before.assert_changed_only(&site.app.dump().await, &["token_families"]);
    check_refused(&site, &first, &[]).await;
    assert_eq!(site.app.userinfo(&access_token).await.status, 401);
    assert_eq!(site.app.events_of("ferrt").await.len(), 1);
}

/// Zitadel CVE-2023-22492, Pocket ID CVE-2026-43983, Authentik CVE-2025-29928.
#[tokio::test]
async fn rt_07_what_ended_brings_no_tokens_from_the_next_request_on() {
    let site = Site::new().await;
    let (token, access_token) = site.offline_tokens().await;
    site.app.change_user(&site.ada, |user| user.blocked = Some(true)).await;
    check_refused(&site, &token, &[]).await;
    assert_eq!(site.app.userinfo(&access_token).await.status, 401);
    site.app.change_user(&site.ada, |user| user.blocked = None).await;
    let token = refresh(&site, &token).await.text("refresh_token");
    site.app.delete_user(&site.ada).await;
    check_refused(&site, &token, &[]).await;
}

#[tokio::test]
async fn rt_07_an_administrator_s_change_ends_tokens_and_lost_answers_alike() {
    for change in [json!({"blocked": true}), json!({"password": "an0ther Password!"})] {
        let site = Site::new().await;
        let (first, _) = site.offline_tokens().await;
        let second = refresh(&site, &first).await;
        let changed = site.app.manage(Method::PATCH, "users/auth0%7Cada", &change).await;
        assert_eq!(changed.status, 200, "{}", changed.body);
        check_refused(&site, &first, &[]).await;
        check_refused(&site, &second.text("refresh_token"), &[]).await;
        assert_eq!(site.app.userinfo(&second.text("access_token")).await.status, 401);
    }
}

#[tokio::test]
async fn rt_07_a_client_that_is_not_believed_any_more_gets_nothing() {
    let site = Site::new().await;
    let (token, _) = site.offline_tokens().await;
    let before = site.app.dump().await;
    let stolen = testkit::RelyingParty { secret: Some("yesterday's".into()), ..site.client.clone() };
    assert_eq!(stolen.refresh(&site.app, &token).await.refusal(), (401, "invalid_client".to_owned()));
    site.app.assert_unchanged_since(&before).await;
    site.app.delete_client(&site.client.client_id).await;
    assert_eq!(site.client.refresh(&site.app, &token).await.refusal(), (401, "invalid_client".to_owned()));
}

#[tokio::test]
async fn rt_08_a_refresh_may_narrow_and_never_widen() {
    let site = Site::new().await;
    let url = site.client.request().scope("openid email read:notes offline_access").with("audience", API);
    let tokens = site.client.exchange(&site.app, &site.code_for(&url).await).await;
    let token = tokens.text("refresh_token");
    let asking = async |token: &str, name, value| {
        site.app.token(&[site.client.refresh_fields(token).as_slice(), &[(name, value)]].concat()).await
    };
    let before = site.app.dump().await;
    for scope in ["openid profile", "openid email read:notes offline_access write:notes", "read:users"] {
        assert_eq!(asking(&token, "scope", scope).await.refusal(), (400, "invalid_scope".to_owned()), "{scope}");
    }
    let management = format!("{}api/v2/", site.app.issuer());
    for audience in [management.as_str(), "https://other.test/"] {
        let answer = asking(&token, "audience", audience).await;
        assert_eq!(answer.refusal(), (400, "invalid_request".to_owned()), "{audience}");
    }
    site.app.assert_unchanged_since(&before).await;

    let narrow = asking(&token, "scope", "openid read:notes").await;
    assert_eq!(narrow.text("scope"), "openid read:notes");
    assert_eq!(claims(&narrow.text("access_token"))["scope"], "openid read:notes");
    let whole = asking(&narrow.text("refresh_token"), "audience", API).await;
    assert_eq!(whole.text("scope"), "openid email read:notes offline_access");
}

const DAY: u64 = 24 * 3600;

fn all_but_a_moment_of(seconds: u64) -> Duration {
    Duration::from_millis(seconds * 1000 - 1)
}

#[tokio::test]
async fn rt_09_the_absolute_end_does_not_move() {
    let site = site(|client| {
        client.refresh_token.token_lifetime = 10 * DAY;
        client.refresh_token.idle_token_lifetime = 4 * DAY;
    });
    let site = site.await;
    let (mut token, _) = site.offline_tokens().await;
    for _ in 0..3 {
        site.app.advance(Duration::from_secs(3 * DAY));
        token = refresh(&site, &token).await.text("refresh_token");
    }
    site.app.advance(all_but_a_moment_of(DAY));
    token = refresh(&site, &token).await.text("refresh_token");
    site.app.advance(Duration::from_millis(1));
    check_refused(&site, &token, &[]).await;
    assert_eq!(site.app.events_of("fertft").await[0].details["reason"], "Expired");
}

#[tokio::test]
async fn rt_09_a_token_that_lies_idle_ends() {
    let site = site(|client| {
        client.refresh_token.expiration_type = ExpirationType::NonExpiring;
        client.refresh_token.idle_token_lifetime = 4 * DAY;
    });
    let site = site.await;
    let (mut token, _) = site.offline_tokens().await;
    for _ in 0..10 {
        site.app.advance(all_but_a_moment_of(4 * DAY));
        token = refresh(&site, &token).await.text("refresh_token");
    }
    site.app.advance(Duration::from_secs(4 * DAY));
    check_refused(&site, &token, &[]).await;
    assert_eq!(site.app.events_of("fertft").await[0].details["reason"], "Idle");
}

#[tokio::test]
async fn rt_10_the_database_holds_no_token() {
    let site = Site::new().await;
    let (first, _) = site.offline_tokens().await;
    let second = refresh(&site, &first).await;
    let dump = site.app.dump().await;
    let secret = site.client.secret.clone().unwrap();
    for secret in
        [&first, &second.text("refresh_token"), &second.text("access_token"), &second.text("id_token"), &secret]
    {
        assert!(!dump.contains(secret), "{secret}");
    }
    assert!(dump.contains("auth0|ada"), "what is there is found");
}

#[tokio::test]
async fn a_client_may_keep_its_token() {
    let site = site(|client| client.refresh_token.rotation_type = RotationType::NonRotating).await;
    let (token, _) = site.offline_tokens().await;
    for _ in 0..3 {
        let answer = refresh(&site, &token).await;
        assert!(answer.json()["refresh_token"].is_null());
        assert_eq!(site.app.userinfo(&answer.text("access_token")).await.status, 200);
    }
}

/// Many requests at once with the one token of a fresh family, by two nodes where there are.
async fn at_once(nodes: &[App; 2], site: &Site, refresh_token: &str) -> Vec<Answer> {
    let requests = (0..AT_ONCE).map(|index| {
        let (client, node, token) = (site.client.clone(), nodes[index % 2].clone(), refresh_token.to_owned());
        tokio::spawn(async move { client.refresh(&node, &token).await })
    });
    join_all(requests).await.into_iter().map(Result::unwrap).collect()
}

/// G-02, ory/hydra#1831, ory/docs#1959.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rt_04_many_refreshes_at_once_have_one_successor_and_one_answer() {
    for leeway in [None, Some(30)] {
        for_each_deployment(async |nodes| {
            let site = Site::on(nodes[0].clone()).await;
            site.app.change_client(&site.client.client_id, |client| client.refresh_token.leeway = leeway).await;
            let (mut token, _) = site.offline_tokens().await;
            for round in 0..ROUNDS {
                let answers = at_once(&nodes, &site, &token).await;
                for answer in &answers {
                    assert_eq!((answer.status.as_u16(), &answer.body), (200, &answers[0].body), "round {round}");
                }
                token = answers[0].text("refresh_token");
            }
            assert_eq!(site.app.dump().await.rows("refresh_tokens").len(), ROUNDS + 1);
            assert!(site.app.events_of("ferrt").await.is_empty());
            refresh(&site, &token).await;
        })
        .await;
    }
}

/// G-02.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rt_03_without_leeway_one_of_many_wins_and_nobody_keeps_anything() {
    for_each_deployment(async |nodes| {
        let site = Site::on(nodes[0].clone()).await;
        site.app.change_client(&site.client.client_id, leeway(0)).await;
        let mut browser = site.app.browser();
        let url = site.client.request().scope("openid offline_access");
        site.log_in(&mut browser, &url).await;
        for round in 0..ROUNDS {
            let code = browser.authorize(&url).await.answer().code().to_owned();
            let token = site.client.exchange(&site.app, &code).await.text("refresh_token");
            let answers = at_once(&nodes, &site, &token).await;
            let (won, lost): (Vec<_>, Vec<_>) = answers.into_iter().partition(|answer| answer.status == 200);
            assert_eq!(won.len(), 1, "round {round}");
            for answer in lost {
                assert_eq!(answer.refusal(), (400, "invalid_grant".to_owned()), "round {round}");
            }
            for token in [&token, &won[0].text("refresh_token")] {
                let answer = site.client.refresh(&nodes[1], token).await;
                assert_eq!(answer.refusal(), (400, "invalid_grant".to_owned()), "round {round}");
            }
        }
    })
    .await;
}
