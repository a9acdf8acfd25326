//! `settings`, `signing_keys` and `failed_logins`.

use std::time::Duration;

use model::settings::{TenantFlags, TenantSettings};
use model::signing_key::{KeyState, SigningKey};

use super::engines::{for_each_database, for_each_engine};
use super::records::{NOW, at, committed, reader};
use crate::{Store, failed_logins, settings, signing_keys};

#[tokio::test]
async fn the_tenants_settings_are_defaults_until_somebody_sets_them() {
    for_each_engine(async |store| {
        assert_eq!(settings::tenant(&mut reader(store).await).await.unwrap(), TenantSettings::default());
        for name in ["First", "Zweite — «Größe»"] {
            let chosen = TenantSettings {
                support_email: Some("help@x.io".to_owned()),
                friendly_name: name.to_owned(),
                default_audience: Some("https://books.example/".to_owned()),
                default_redirection_uri: Some("https://www.example/".to_owned()),
                default_directory: Some("people".to_owned()),
                allowed_logout_urls: vec!["https://example/".to_owned()],
                session_lifetime: 0.5,
                idle_session_lifetime: 0.1,
                log_retention_days: 400,
                flags: TenantFlags { enable_dynamic_client_registration: true },
            };
            committed(store, async |tx| settings::put_tenant(tx, &chosen).await).await;
            assert_eq!(settings::tenant(&mut reader(store).await).await.unwrap(), chosen);
        }
    })
    .await;
}

/// Enough for two writes to meet, which they do once both connections are open.
const ROUNDS: u32 = 20;

/// Where both read before either wrote, the later would bring back what the earlier took away.
#[tokio::test]
async fn ad_16_of_changes_at_once_none_is_undone_by_another() {
    for_each_database(async |database| {
        let other = database.open_again().await;
        committed(&database.store, async |tx| settings::put_master_key_check(tx, "sealed").await).await;
        let change = async |store: &Store, change: fn(&mut TenantSettings)| {
            let mut tx = store.write().await.unwrap();
            let mut settings = settings::hold_tenant(&mut tx).await.unwrap();
            change(&mut settings);
            settings::put_tenant(&mut tx, &settings).await.unwrap();
            tx.commit().await.unwrap();
        };
        for _ in 0..ROUNDS {
            tokio::join!(
                change(&database.store, |settings| settings.session_lifetime += 1.0),
                change(&other, |settings| settings.log_retention_days += 1),
            );
        }
        let (first, left) = (TenantSettings::default(), settings::tenant(&mut reader(&other).await).await.unwrap());
        assert_eq!(left.log_retention_days - first.log_retention_days, u64::from(ROUNDS));
        assert!((left.session_lifetime - first.session_lifetime - f64::from(ROUNDS)).abs() < 0.5, "{left:?}");
    })
    .await;
}

#[tokio::test]
async fn the_first_check_of_the_master_key_stays() {
    for_each_engine(async |store| {
        assert_eq!(settings::master_key_check(&mut reader(store).await).await.unwrap(), None);
        for (sealed, first) in [("one", true), ("two", false)] {
            let kept = committed(store, async |tx| settings::put_master_key_check(tx, sealed).await).await;
            assert_eq!(kept, first);
            let check = settings::master_key_check(&mut reader(store).await).await.unwrap();
            assert_eq!(check.as_deref(), Some("one"));
        }
    })
    .await;
}

fn key(kid: &str, state: KeyState) -> SigningKey {
    SigningKey {
        kid: kid.to_owned(),
        state,
        sealed_private_key: vec![0, 1, 255],
        certificate: vec![48, 130],
        created_at: NOW,
        current_since: None,
        current_until: None,
        revoked_at: None,
    }
}

async fn insert(store: &Store, key: &SigningKey) -> bool {
    committed(store, async |tx| signing_keys::insert(tx, key).await).await
}

async fn keys(store: &Store) -> Vec<SigningKey> {
    signing_keys::list(&mut reader(store).await).await.unwrap()
}

#[tokio::test]
async fn keys_come_back_oldest_first() {
    for_each_engine(async |store| {
        let old = SigningKey {
            created_at: at(-10),
            current_since: Some(at(-9)),
            current_until: Some(at(-8)),
            revoked_at: Some(at(-7)),
            ..key("z", KeyState::Revoked)
        };
        let stored = [old, key("B", KeyState::Current), key("a", KeyState::Next), key("b", KeyState::Previous)];
        for key in stored.iter().rev() {
            assert!(insert(store, key).await);
        }
        assert_eq!(keys(store).await, stored);
    })
    .await;
}

#[tokio::test]
async fn there_is_one_current_and_one_next_key() {
    for_each_engine(async |store| {
        for state in [KeyState::Current, KeyState::Next] {
            assert!(insert(store, &key(state.as_str(), state)).await);
            assert!(!insert(store, &key("second", state)).await);
        }
        assert!(!insert(store, &key("next", KeyState::Previous)).await, "a kid is used once");
        for kid in ["p1", "p2"] {
            assert!(insert(store, &key(kid, KeyState::Previous)).await);
        }
        assert_eq!(keys(store).await.len(), 4);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_nodes_that_start_at_once_end_with_one_key() {
    for_each_database(async |database| {
        let other = database.open_again().await;
        let nodes = [database.store.clone(), other].into_iter().zip(["one", "two"]);
        let starting: Vec<_> = nodes
            .map(|(store, kid)| tokio::spawn(async move { insert(&store, &key(kid, KeyState::Current)).await }))
            .collect();
        let mut kept = 0;
        for node in starting {
            kept += u8::from(node.await.unwrap());
        }
        assert_eq!((kept, keys(&database.store).await.len()), (1, 1));
    })
    .await;
}

#[tokio::test]
async fn the_next_key_takes_the_place_of_the_current_one() {
    for_each_engine(async |store| {
        insert(store, &key("a", KeyState::Current)).await;
        let mut tx = store.write().await.unwrap();
        assert!(!signing_keys::replace_current(&mut tx, "a", at(1)).await.unwrap(), "there is none");
        drop(tx);
        assert_eq!(keys(store).await, [key("a", KeyState::Current)]);
        insert(store, &key("b", KeyState::Next)).await;
        assert!(!committed(store, async |tx| signing_keys::replace_current(tx, "b", at(2)).await).await);
        assert!(committed(store, async |tx| signing_keys::replace_current(tx, "a", at(2)).await).await);
        let expected = [
            SigningKey { current_until: Some(at(2)), ..key("a", KeyState::Previous) },
            SigningKey { current_since: Some(at(2)), ..key("b", KeyState::Current) },
        ];
        assert_eq!(keys(store).await, expected);
    })
    .await;
}

/// Rotates away from `a`, and makes `next` the next key.
async fn rotate(store: Store, next: &'static str) -> bool {
    let mut tx = store.write().await.unwrap();
    let is_first = signing_keys::replace_current(&mut tx, "a", at(1)).await.unwrap();
    if is_first {
        assert!(signing_keys::insert(&mut tx, &key(next, KeyState::Next)).await.unwrap());
        tx.commit().await.unwrap();
    }
    is_first
}

/// Two rotations in a row would let a key sign that nobody has seen published.
#[tokio::test(flavor = "multi_thread")]
async fn jw_10_of_two_nodes_that_rotate_at_once_one_does() {
    for_each_database(async |database| {
        insert(&database.store, &key("a", KeyState::Current)).await;
        insert(&database.store, &key("b", KeyState::Next)).await;
        let other = database.open_again().await;
        let nodes = [(database.store.clone(), "c"), (other, "d")];
        let mut rotated = 0;
        for node in nodes.map(|(store, next)| tokio::spawn(rotate(store, next))) {
            rotated += u8::from(node.await.unwrap());
        }
        let kept = keys(&database.store).await;
        let current = kept.iter().find(|key| key.state == KeyState::Current).unwrap();
        assert_eq!((rotated, current.kid.as_str(), kept.len()), (1, "b", 3));
    })
    .await;
}

#[tokio::test]
async fn only_a_previous_key_is_revoked() {
    for_each_engine(async |store| {
        for state in [KeyState::Current, KeyState::Next, KeyState::Previous] {
            insert(store, &key(state.as_str(), state)).await;
        }
        for (kid, expected) in [("current", false), ("next", false), ("previous", true), ("previous", false)] {
            let revoked = committed(store, async |tx| signing_keys::revoke(tx, kid, at(1)).await).await;
            assert_eq!(revoked, expected, "{kid}");
        }
        let revoked =
            SigningKey { revoked_at: Some(at(1)), state: KeyState::Revoked, ..key("previous", KeyState::Next) };
        assert_eq!(keys(store).await, [key("current", KeyState::Current), key("next", KeyState::Next), revoked]);
    })
    .await;
}

const WINDOW: Duration = Duration::from_mins(10);

async fn record(store: &Store, account: &str, address: &str, minutes: i64) -> i64 {
    committed(store, async |tx| failed_logins::record(tx, account, address, WINDOW, at(minutes)).await).await
}

async fn recent(store: &Store, account: &str, address: &str, minutes: i64) -> i64 {
    failed_logins::recent(&mut reader(store).await, account, address, WINDOW, at(minutes)).await.unwrap()
}

#[tokio::test]
async fn wrong_passwords_are_counted_while_each_is_within_the_window_of_the_last() {
    for_each_engine(async |store| {
        assert_eq!(recent(store, "ada", "192.0.2.1", 0).await, 0);
        for (minutes, count) in [(0, 1), (5, 2), (15, 3), (26, 1), (27, 2)] {
            assert_eq!(record(store, "ada", "192.0.2.1", minutes).await, count, "minute {minutes}");
            assert_eq!(recent(store, "ada", "192.0.2.1", minutes).await, count, "minute {minutes}");
        }
        assert_eq!(recent(store, "ada", "192.0.2.1", 37).await, 2);
        assert_eq!(recent(store, "ada", "192.0.2.1", 38).await, 0, "the window has passed");
    })
    .await;
}

#[tokio::test]
async fn each_account_and_address_has_its_own_count() {
    for_each_engine(async |store| {
        for (account, address, count) in [("ada", "::1", 1), ("ada", "::2", 1), ("bob", "::1", 1), ("ada", "::1", 2)] {
            assert_eq!(record(store, account, address, 0).await, count);
        }
        committed(store, async |tx| failed_logins::clear(tx, "ada").await).await;
        for (account, address, count) in [("ada", "::1", 0), ("ada", "::2", 0), ("bob", "::1", 1)] {
            assert_eq!(recent(store, account, address, 0).await, count, "{account} from {address}");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_wrong_password_goes_uncounted() {
    for_each_engine(async |store| {
        let attempts: Vec<_> = (0..20)
            .map(|_| {
                let store = store.clone();
                tokio::spawn(async move { record(&store, "ada", "::1", 0).await })
            })
            .collect();
        let mut counts = Vec::new();
        for attempt in attempts {
            counts.push(attempt.await.unwrap());
        }
        counts.sort_unstable();
        assert_eq!(counts, (1..=20).collect::<Vec<_>>());
    })
    .await;
}
