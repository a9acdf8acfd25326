//! Refresh tokens that are repeated when the lost answer would not help any more: its access or ID token has ended.

use std::time::Duration;

use futures_util::future::join_all;
use testkit::{Answer, App, for_each_deployment, for_each_engine};

use crate::refresh::{check_refused, check_reuse, refresh};
use crate::site::{API, Site, claims};

const AT_ONCE: usize = 20;
const MINUTE: Duration = Duration::from_mins(1);
/// Of an access token for the API, which ends before the ID token.
const LIFETIME: Duration = Duration::from_hours(1);

/// A refresh token of Ada's for the API, and the lost answer to its exchange.
async fn lost_answer(site: &Site) -> (String, Answer) {
    let url = site.client.request().scope("openid read:notes offline_access").with("audience", API);
    let first = site.client.exchange(&site.app, &site.code_for(&url).await).await.text("refresh_token");
    let lost = refresh(site, &first).await;
    (first, lost)
}

/// The same successor beside tokens that were issued now.
fn assert_fresh(site: &Site, answer: &Answer, lost: &Answer) {
    assert_eq!(answer.text("refresh_token"), lost.text("refresh_token"));
    assert_eq!(answer.text("scope"), lost.text("scope"));
    for name in ["access_token", "id_token"] {
        let (before, now) = (claims(&lost.text(name)), claims(&answer.text(name)));
        assert_eq!(now["iat"], site.app.now().seconds(), "{name}");
        assert_eq!((&now["sub"], &now["sid"]), (&before["sub"], &before["sid"]), "{name}");
    }
    assert_eq!(claims(&answer.text("id_token"))["auth_time"], claims(&lost.text("id_token"))["auth_time"]);
}

#[tokio::test]
async fn rt_02_a_repeat_brings_the_same_refresh_token_and_never_a_dead_access_token() {
    for_each_engine(async |app| {
        let site = Site::on(app).await;
        let (first, lost) = lost_answer(&site).await;
        site.app.advance(LIFETIME.saturating_sub(MINUTE + Duration::from_millis(1)));
        assert_eq!(refresh(&site, &first).await.body, lost.body, "it is of use for a minute yet");
        let before = site.app.dump().await;
        site.app.advance(Duration::from_millis(1));
        let fresh = refresh(&site, &first).await;
        assert_fresh(&site, &fresh, &lost);
        let changed = ["access_tokens", "refresh_tokens"];
        before.assert_changed_only(&site.app.dump().await, &changed);

        site.app.advance(LIFETIME.saturating_sub(MINUTE + Duration::from_millis(1)));
        assert_eq!(refresh(&site, &first).await.body, fresh.body, "what is kept is the fresh answer");
        site.app.advance(Duration::from_hours(200));
        let fresher = refresh(&site, &first).await;
        assert_fresh(&site, &fresher, &fresh);
        assert_eq!(site.app.dump().await.rows("refresh_tokens").len(), 2, "one chain, however often it was asked for");
        assert_eq!(site.app.events_of("refresh_token_repeated").await.len(), 4);
        let next = refresh(&site, &fresher.text("refresh_token")).await;
        check_reuse(&site, &first, &next).await;
    })
    .await;
}

#[tokio::test]
async fn rt_02_an_id_token_that_has_ended_wears_an_answer_out_as_well() {
    let site = Site::new().await;
    site.app.change_client(&site.client.client_id, |client| client.id_token_lifetime = 100).await;
    let (first, lost) = lost_answer(&site).await;
    site.app.advance(Duration::from_millis(89_999));
    assert_eq!(refresh(&site, &first).await.body, lost.body);
    site.app.advance(Duration::from_millis(1));
    assert_fresh(&site, &refresh(&site, &first).await, &lost);
}

#[tokio::test]
async fn rt_02_fresh_tokens_do_not_prolong_the_time_for_repeats() {
    let site = Site::new().await;
    let (first, lost) = lost_answer(&site).await;
    site.app.advance(Duration::from_hours(15 * 24).saturating_sub(MINUTE));
    assert_fresh(&site, &refresh(&site, &first).await, &lost);
    site.app.advance(MINUTE);
    check_reuse(&site, &first, &lost).await;
}

#[tokio::test]
async fn rt_02_late_repeats_are_for_the_same_question_of_somebody_who_may_come_in() {
    let site = Site::new().await;
    let (first, lost) = lost_answer(&site).await;
    site.app.advance(LIFETIME);
    let before = site.app.dump().await;
    let narrower = [site.client.refresh_fields(&first).as_slice(), &[("scope", "openid")]].concat();
    assert_eq!(site.app.token(&narrower).await.refusal(), (400, "invalid_grant".to_owned()));
    site.app.assert_unchanged_since(&before).await;
    site.app.change_user(&site.ada, |user| user.blocked = Some(true)).await;
    check_refused(&site, &first, &[]).await;
    site.app.change_user(&site.ada, |user| user.blocked = None).await;
    assert_fresh(&site, &refresh(&site, &first).await, &lost);
}

/// Many late repeats at once, by two nodes where there are.
async fn at_once(nodes: &[App; 2], site: &Site, refresh_token: &str) -> Vec<Answer> {
    let requests = (0..AT_ONCE).map(|index| {
        let (client, node, token) = (site.client.clone(), nodes[index % 2].clone(), refresh_token.to_owned());
        tokio::spawn(async move { client.refresh(&node, &token).await })
    });
    join_all(requests).await.into_iter().map(Result::unwrap).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rt_04_many_late_repeats_at_once_get_one_answer() {
    for_each_deployment(async |nodes| {
        let site = Site::on(nodes[0].clone()).await;
        let (first, lost) = lost_answer(&site).await;
        for round in 0..10 {
            site.app.advance(LIFETIME);
            let answers = at_once(&nodes, &site, &first).await;
            for answer in &answers {
                assert_eq!((answer.status.as_u16(), &answer.body), (200, &answers[0].body), "round {round}");
            }
            assert_fresh(&site, &answers[0], &lost);
        }
        let dump = site.app.dump().await;
        assert_eq!((dump.rows("refresh_tokens").len(), dump.rows("access_tokens").len()), (2, 12));
        assert!(site.app.events_of("ferrt").await.is_empty());
    })
    .await;
}

/// A token that was issued beside the successor, whether it was the first or a fresh one, proves that it arrived.
#[tokio::test]
async fn rt_01_any_access_token_beside_the_successor_proves_receipt() {
    for_each_engine(async |app| {
        let site = Site::on(app).await;
        for uses_the_fresh_one in [true, false] {
            let (first, lost) = lost_answer(&site).await;
            site.app.advance(LIFETIME.saturating_sub(MINUTE));
            let fresh = refresh(&site, &first).await;
            let used = if uses_the_fresh_one { &fresh } else { &lost };
            assert_ne!(fresh.text("access_token"), lost.text("access_token"));
            assert_eq!(site.app.userinfo(&used.text("access_token")).await.status, 200);
            check_refused(&site, &first, &["token_families"]).await;
            check_refused(&site, &fresh.text("refresh_token"), &[]).await;
            assert_eq!(site.app.userinfo(&fresh.text("access_token")).await.status, 401);
        }
        assert_eq!(site.app.events_of("ferrt").await.len(), 2);
    })
    .await;
}

/// With a leeway, repeats are answered for that long, whoever has used what, and still not with dead tokens.
#[tokio::test]
async fn rt_02_a_leeway_that_outlasts_the_tokens_brings_fresh_ones() {
    let site = Site::new().await;
    site.app.change_client(&site.client.client_id, |client| client.refresh_token.leeway = Some(7200)).await;
    let (first, lost) = lost_answer(&site).await;
    assert_eq!(site.app.userinfo(&lost.text("access_token")).await.status, 200);
    site.app.advance(LIFETIME);
    assert_fresh(&site, &refresh(&site, &first).await, &lost);
    site.app.advance(LIFETIME);
    check_reuse(&site, &first, &lost).await;
}
