//! Refresh tokens whose rows are gone while their family lives.

use std::time::Duration;

use testkit::{App, Dump, for_each_engine};

use crate::refresh::{check_refused, check_reuse, refresh};
use crate::site::Site;

/// How often a busy client asks.
const BETWEEN: Duration = Duration::from_mins(15);
const EXCHANGES: usize = 20;
/// The live token, and those of the last hour.
const KEPT: usize = 5;

/// Tokens of one sign-in, oldest first, exchanged in turn by a busy client while the sweep runs.
async fn long_chain(site: &Site) -> Vec<String> {
    let mut chain = vec![site.offline_tokens().await.0];
    for _ in 0..EXCHANGES {
        let next = refresh(site, chain.last().unwrap()).await;
        assert_eq!(site.app.userinfo(&next.text("access_token")).await.status, 200);
        chain.push(next.text("refresh_token"));
        site.app.advance(BETWEEN);
        site.app.sweep().await;
    }
    chain
}

/// How many rows hold more than a name and a digest can need: a sealed answer is longer.
fn kept_answers(dump: &Dump) -> usize {
    dump.rows("refresh_tokens").iter().filter(|row| row.len() > 1000).count()
}

#[tokio::test]
async fn what_a_busy_client_leaves_behind_is_bounded() {
    for_each_engine(async |app| {
        let site = Site::on(app).await;
        let chain = long_chain(&site).await;
        let dump = site.app.dump().await;
        assert_eq!(dump.rows("refresh_tokens").len(), KEPT);
        assert_eq!(kept_answers(&dump), 0);
        refresh(&site, chain.last().unwrap()).await;
        assert_eq!(kept_answers(&site.app.dump().await), 1, "an answer that may be lost is found");
    })
    .await;
}

/// An answer that can never be given again is not worth the risk of keeping it.
#[tokio::test]
async fn an_answer_is_erased_when_its_receipt_is_proven() {
    for (leeway, kept) in [(None, 0), (Some(60), 1)] {
        for_each_engine(async |app| {
            let site = Site::on(app).await;
            site.app.change_client(&site.client.client_id, |client| client.refresh_token.leeway = leeway).await;
            let (first, _) = site.offline_tokens().await;
            let second = refresh(&site, &first).await;
            assert_eq!(kept_answers(&site.app.dump().await), 1);
            assert_eq!(site.app.userinfo(&second.text("access_token")).await.status, 200);
            assert_eq!(kept_answers(&site.app.dump().await), kept, "{leeway:?}");
            site.app.advance(Duration::from_hours(2));
            site.app.sweep().await;
            assert_eq!(site.app.dump().await.rows("refresh_tokens").len(), 1, "{leeway:?}");
            check_reuse(&site, &first, &second).await;
        })
        .await;
    }
}

#[tokio::test]
async fn rt_01_a_token_without_a_row_is_theft_while_its_family_lives() {
    for_each_engine(async |app| {
        let site = Site::on(app).await;
        let chain = long_chain(&site).await;
        let latest = refresh(&site, chain.last().unwrap()).await;
        check_reuse(&site, &chain[0], &latest).await;
        let event = &site.app.events_of("ferrt").await[0];
        assert!(event.details["family_id"].is_string());
        assert!(event.details["generation"].is_null(), "nobody knows it any more");
        check_refused(&site, &chain[1], &[]).await;
        assert_eq!(site.app.events_of("ferrt").await.len(), 1, "what is revoked is not revoked again");
    })
    .await;
}

#[tokio::test]
async fn rt_06_a_token_without_a_row_in_another_client_s_hands_has_leaked() {
    let site = Site::new().await;
    let thief = site.app.add_client("thief", |_| {}).await;
    let chain = long_chain(&site).await;
    let before = site.app.dump().await;
    assert_eq!(thief.refresh(&site.app, &chain[0]).await.refusal(), (400, "invalid_grant".to_owned()));
    before.assert_changed_only(&site.app.dump().await, &["token_families"]);
    check_refused(&site, chain.last().unwrap(), &[]).await;
    let event = &site.app.events_of("ferrt").await[0];
    assert_eq!(event.client_id.as_ref(), Some(&thief.client_id));
}

/// Not even somebody who has seen tokens of other families, or all of a token but a character.
#[tokio::test]
async fn rt_01_nobody_ends_a_family_by_guessing() {
    for_each_engine(async |app| {
        let site = Site::on(app).await;
        let chain = long_chain(&site).await;
        let own = site.offline_tokens().await.0;
        let token = &chain[0];
        let (secret, rest) = token.split_at(43);
        let (family, check) = rest.split_at(rest.len() - 22);
        let (own_secret, own_check) = (&own[..43], &own[own.len() - 22..]);
        let before = site.app.dump().await;
        for guess in [
            format!("{own_secret}{family}{own_check}"),
            format!("{own_secret}{family}{check}"),
            format!("{secret}{family}{own_check}"),
            format!("{secret}{family}{}", "A".repeat(22)),
            format!("{secret}{family}"),
            secret.to_owned(),
            token[..token.len() - 1].to_owned(),
            format!("{token}A"),
            token.to_lowercase(),
        ] {
            assert_eq!(
                site.client.refresh(&site.app, &guess).await.refusal(),
                (400, "invalid_grant".to_owned()),
                "{guess}"
            );
        }
        site.app.assert_unchanged_since(&before).await;
        assert!(site.app.events_of("ferrt").await.is_empty());
        refresh(&site, chain.last().unwrap()).await;
    })
    .await;
}

#[tokio::test]
async fn a_token_of_a_family_that_is_gone_is_merely_unknown() {
    let site = Site::new().await;
    let chain = long_chain(&site).await;
    site.app.delete_user(&site.ada).await;
    for token in [&chain[0], chain.last().unwrap()] {
        check_refused(&site, token, &[]).await;
    }
    assert!(site.app.events_of("ferrt").await.is_empty());
}

/// Until the answer has been followed up, nothing of it may go.
#[tokio::test]
async fn rt_05_a_sweep_takes_no_answer_that_may_still_be_lost() {
    let site = Site::new().await;
    let app: &App = &site.app;
    let (first, _) = site.offline_tokens().await;
    let second = refresh(&site, &first).await;
    app.advance(Duration::from_hours(13 * 24));
    app.sweep().await;
    let repeated = refresh(&site, &first).await;
    assert_eq!(repeated.text("refresh_token"), second.text("refresh_token"));
    app.advance(Duration::from_hours(2 * 24 + 2));
    app.sweep().await;
    assert_eq!(app.dump().await.rows("refresh_tokens").len(), 1);
    check_refused(&site, &first, &["token_families"]).await;
}
