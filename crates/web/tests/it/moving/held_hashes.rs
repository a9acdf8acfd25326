//! People whose hash was imported, or made when hashes were cheaper.

use std::fs;

use futures_util::future::join_all;
use model::UserId;
use model::user::PasswordCredential;
use serde_json::Value;
use testkit::{App, for_each_deployment, hash_formats, outdated};

use crate::site::{Site, assert_page};

/// Of the vectors in `tests/fixtures/hashes`, made by passlib.
const BCRYPT: &str = "$2b$04$abcdefghijklmnopqrstuujydOTSfIH/d5oUHpsygqV5X9xJLQc6e";
const PASSWORD: &str = "correct horse";
const BOB: &str = "bob@x.io";

async fn import(site: &Site, credential: PasswordCredential) -> UserId {
    site.app.add_user(&site.connection, "auth0|bob", BOB, Some(credential)).await
}

fn imported() -> PasswordCredential {
    PasswordCredential::Imported { format: "bcrypt".into(), hash: BCRYPT.into() }
}

#[tokio::test]
async fn mg_12_an_imported_hash_becomes_ours_at_the_first_right_password() {
    let site = Site::new().await;
    let bob = import(&site, imported()).await;
    let before = site.app.dump().await;
    let wrong = site.app.browser().log_in(&site.client.request(), BOB, "correct horsf").await;
    assert_page(wrong, 400, "Wrong email or password");
    before.assert_changed_only(&site.app.dump().await, &["failed_logins", "pending_authorizations"]);

    for _ in 0..2 {
        site.app.browser().log_in(&site.client.request(), BOB, PASSWORD).await.answer().code();
        let stored = site.app.find_password(&bob).await.unwrap();
        let PasswordCredential::Native { hash } = &stored.credential else { panic!("{stored:?}") };
        assert!(hash.starts_with("$argon2id$"));
        assert_eq!(stored.version, 2);
    }
    let [event] = &site.app.events_of("migrated").await[..] else { panic!("one event") };
    assert_eq!((event.user_id.as_ref(), &event.details["method"]), (Some(&bob), &"imported_hash".into()));
    assert!(!site.app.dump().await.contains(BCRYPT));
}

/// Which of its vectors signs in for a format. Together they have salts and character sets of several kinds.
const CASES: &[(&str, &str)] = &[
    ("argon2", "argon2i v=19"),
    ("bcrypt", "salt before"),
    ("hmac", "UTF-16 and a salt"),
    ("ldap", "{SSHA}"),
    ("md4", "UTF-16"),
    ("md5", "no salt"),
    ("pbkdf2", "sha512"),
    ("scrypt", "by passlib"),
    ("sha1", "beyond Latin-1"),
    ("sha256", "salt before"),
    ("sha512", "salt behind"),
];

fn vectors_of(format: &str) -> Vec<Value> {
    let path = format!("{}/../../tests/fixtures/hashes/{format}.json", env!("CARGO_MANIFEST_DIR"));
    let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    serde_json::from_str(&text).unwrap()
}

#[tokio::test]
async fn mg_12_a_hash_of_every_format_becomes_ours_at_the_first_right_password() {
    let site = Site::new().await;
    for format in hash_formats() {
        let case = CASES.iter().find(|(of, _)| *of == format).map(|(_, case)| *case);
        let case = case.unwrap_or_else(|| panic!("no hash signs in that is of the format {format}"));
        let vectors = vectors_of(format);
        let vector = |name: &str| vectors.iter().find(|vector| vector["name"] == name).expect(name);
        let of = |vector: &Value, field: &str| vector[field].as_str().unwrap().to_owned();
        let (right, wrong) = (vector(case), vector(&format!("{case}, wrong")));
        let credential = PasswordCredential::Imported { format: format.to_owned(), hash: of(right, "hash") };
        let (id, email) = (format!("auth0|{format}"), format!("{format}@x.io"));
        let person = site.app.add_user(&site.connection, &id, &email, Some(credential.clone())).await;

        let log_in = async |password: &str| site.app.browser().log_in(&site.client.request(), &email, password).await;
        assert_page(log_in(&of(wrong, "password")).await, 400, "Wrong email or password");
        assert_eq!(site.app.find_password(&person).await.unwrap().credential, credential, "{format}");
        for _ in 0..2 {
            log_in(&of(right, "password")).await.answer().code();
            let stored = site.app.find_password(&person).await.unwrap().credential;
            let PasswordCredential::Native { hash } = stored else { panic!("{format} stayed: {stored:?}") };
            assert!(hash.starts_with("$argon2id$"), "{format}");
        }
        assert_page(log_in(&of(wrong, "password")).await, 400, "Wrong email or password");
    }
    let moves = site.app.events_of("migrated").await;
    assert_eq!(moves.len(), CASES.len());
}

#[tokio::test]
async fn mg_13_a_hash_that_read_72_bytes_becomes_one_of_the_whole_password() {
    let site = Site::new().await;
    let hash = "$2a$04$abcdefghijklmnopqrstuubzadhGtS2zEF.gu0yd0opP6cVzb.e0i".to_owned();
    let long = "x".repeat(80);
    import(&site, PasswordCredential::Imported { format: "bcrypt".into(), hash }).await;
    let log_in = async |password: &str| site.app.browser().log_in(&site.client.request(), BOB, password).await;
    log_in(&long).await.answer().code();
    assert_page(log_in(&long[..79]).await, 400, "Wrong email or password");
    log_in(&long).await.answer().code();
}

#[tokio::test]
async fn a_hash_of_ours_that_was_cheap_is_made_anew_without_a_move() {
    let site = Site::new().await;
    let bob = import(&site, outdated(PASSWORD)).await;
    site.app.browser().log_in(&site.client.request(), BOB, PASSWORD).await.answer().code();
    let stored = site.app.find_password(&bob).await.unwrap();
    let PasswordCredential::Native { hash } = &stored.credential else { panic!("{stored:?}") };
    assert!(hash.contains("$m=32,"), "{hash}");
    assert!(site.app.events_of("migrated").await.is_empty());
}

#[tokio::test]
async fn mg_11_a_hash_that_cannot_be_read_lets_nobody_in() {
    let site = Site::new().await;
    let hash = "$2b$04$too short".to_owned();
    import(&site, PasswordCredential::Imported { format: "bcrypt".into(), hash }).await;
    let before = site.app.dump().await;
    // No import stores such a hash, so it is our fault that it is there.
    let visit = site.app.browser().log_in(&site.client.request(), BOB, PASSWORD).await;
    assert_page(visit, 500, "Something went wrong on our side");
    before.assert_changed_only(&site.app.dump().await, &["pending_authorizations"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn mg_12_many_sign_ins_at_once_rewrite_a_hash_once() {
    for_each_deployment(async |nodes: [App; 2]| {
        let site = Site::on(nodes[0].clone()).await;
        let bob = import(&site, imported()).await;
        let sign_ins = (0..50).map(|index| {
            let (mut browser, url) = (site.app.browser().on(&nodes[index % 2]), site.client.request());
            tokio::spawn(async move { browser.log_in(&url, BOB, PASSWORD).await.answer() })
        });
        for answer in join_all(sign_ins).await {
            answer.unwrap().code();
        }
        assert_eq!(site.app.find_password(&bob).await.unwrap().version, 2);
        assert_eq!(site.app.events_of("migrated").await.len(), 1);
    })
    .await;
}
