//! Who is in the directory afterwards, and as whom.

use serde_json::{Value, json};

use super::super::ImportRefused;
use super::super::reader::SkipReason::{DeletedHere, OtherConnection};
use super::super::refusal::RowCode;
use super::{Directory, EXPORT, Existing, HASHES, IMPORT, ImportRequest, NOW, Timestamp, UserId};
use std::io::Cursor;

#[tokio::test]
async fn people_keep_their_ids_and_all_that_describes_them() {
    let directory = Directory::new().await;
    directory.import(IMPORT).await;
    let ada = directory.user("auth0|5f7c8ec7c33c6c004bbafe82").await.unwrap();
    assert_eq!(ada.profile.email.as_deref(), Some("ada@example.com"));
    assert_eq!(ada.profile.username.as_deref(), Some("ada"));
    assert_eq!(ada.profile.nickname.as_deref(), Some("countess"));
    assert_eq!(Value::Object(ada.app_metadata), json!({"roles": ["admin"], "plan": {"seats": 3}}));
    assert_eq!(Value::Object(ada.user_metadata), json!({"colour": "grün", "note": "a \"quoted\" }] text"}));
    assert_eq!((ada.blocked, ada.created_at, ada.identities.len()), (Some(false), NOW, 1));
    assert_eq!(ada.identities[0].external_id, "5f7c8ec7c33c6c004bbafe82");
    assert!(directory.user("auth0|legacy|42").await.is_some());
}

#[tokio::test]
async fn who_brings_no_id_gets_one_and_auth0s_defaults() {
    let directory = Directory::new().await;
    directory.import(r#"[{"email":"No.Id@x.io"}]"#).await;
    let people = directory.all().await;
    let id = people[0].user_id.external_id();
    assert!(id.len() == 24 && id.bytes().all(|digit| digit.is_ascii_hexdigit()), "{id}");
    let profile = &people[0].profile;
    assert_eq!((profile.name.as_deref(), profile.nickname.as_deref()), (Some("no.id@x.io"), Some("no.id")));
}

#[tokio::test]
async fn an_export_brings_dates_and_blocks_and_says_what_it_left() {
    let directory = Directory::new().await;
    let (summary, heard) = directory.import(EXPORT).await;
    assert_eq!(heard.refused, []);
    assert_eq!((summary.inserted, summary.skipped[&OtherConnection]), (2, 2));
    assert_eq!(summary.left_out.iter().collect::<Vec<_>>(), [(&"locale".to_owned(), &1)]);
    let ada = directory.user("auth0|5f7c8ec7c33c6c004bbafe82").await.unwrap();
    assert_eq!(Some(ada.created_at), Timestamp::parse("2019-03-04T05:06:07.089Z"));
    assert_eq!((ada.blocked, ada.logins_count, ada.profile.email_verified), (Some(true), 0, true));
    let grace = directory.user("auth0|legacy|42").await.unwrap();
    assert_eq!(Value::Object(grace.user_metadata), json!({"colour": "red"}));
}

#[tokio::test]
async fn the_deleted_stay_deleted_unless_they_are_brought_back() {
    let ada = UserId::new("auth0|5f7c8ec7c33c6c004bbafe82");
    let directory = Directory::new().await;
    directory.import(EXPORT).await;
    directory.write(async |tx| store::users::delete(tx, &ada, NOW).await.unwrap()).await;
    for input in [IMPORT, EXPORT, HASHES] {
        let (summary, _) = directory.import(input).await;
        assert_eq!(summary.skipped[&DeletedHere], 1, "{input}");
        assert_eq!(directory.user(ada.as_str()).await, None, "{input}");
    }
    let restore = ImportRequest { restore_deleted: true, ..ImportRequest::default() };
    let (summary, _) = directory.import_with(&restore, EXPORT).await;
    assert_eq!((summary.inserted, summary.skipped.get(&DeletedHere)), (1, None));
    assert!(directory.user(ada.as_str()).await.is_some());
    directory.write(async |tx| store::users::delete(tx, &ada, NOW).await.unwrap()).await;
    let (summary, _) = directory.import(EXPORT).await;
    assert_eq!(summary.skipped[&DeletedHere], 1, "deleted again, and brought back only when told to again");
}

#[tokio::test]
async fn a_dry_run_tells_what_would_happen_and_does_nothing() {
    let dry = ImportRequest { dry_run: true, ..ImportRequest::default() };
    let directory = Directory::new().await;
    let (told, _) = directory.import_with(&dry, IMPORT).await;
    assert_eq!(directory.all().await, []);
    let (done, _) = directory.import(IMPORT).await;
    assert_eq!(told, done);
    let (told, _) = directory.import_with(&ImportRequest { existing: Existing::Update, ..dry }, IMPORT).await;
    assert_eq!((told.inserted, told.unchanged), (0, 3));
}

#[tokio::test]
async fn a_damaged_row_is_refused_by_itself() {
    let input = b"{\"user_id\":\"auth0|a\",\"email\":\"a@x.io\"}\n{broken\n{\"user_id\":\"auth0|b\",\"email\":\"\xff\"}\n\n{\"user_id\":\"auth0|c\",\"email\":\"c@x.io\"}\n";
    let directory = Directory::new().await;
    let (summary, heard) = directory.try_import(&ImportRequest::default(), Cursor::new(input.to_vec())).await;
    assert_eq!(heard.codes(), [(2, vec![RowCode::Format]), (3, vec![RowCode::Format])]);
    assert_eq!(heard.refused[0].user, None);
    assert_eq!(summary.unwrap().inserted, 2);
}

#[tokio::test]
async fn a_refused_row_is_shown_without_its_secrets() {
    let directory = Directory::new().await;
    let (_, heard) = directory.import(r#"[{"email":"a@x.io","password_hash":"secret","password":"secret"}]"#).await;
    let shown = heard.refused[0].user.clone().unwrap();
    assert_eq!(Value::Object(shown), json!({"email": "a@x.io", "password_hash": "*****", "password": "*****"}));
    assert!(!serde_json::to_string(&heard.refused).unwrap().contains("secret"));
}

#[tokio::test]
async fn an_input_that_is_no_list_of_people_is_refused_whole() {
    let check = async |input: &[u8], expected: &str| {
        let directory = Directory::new().await;
        let (outcome, heard) = directory.try_import(&ImportRequest::default(), Cursor::new(input.to_vec())).await;
        assert_eq!(outcome.unwrap_err().to_string().split_once(';').unwrap_or_default().0, expected);
        assert_eq!(heard.refused, []);
    };
    check(b"\x1f\x8b\x08\0", "the input is compressed").await;
    check(b"email,name\na@x.io,Ada\n", "the input looks like no format we know").await;
    let directory = Directory::new().await;
    let (outcome, _) = directory.try_import(&ImportRequest::default(), Cursor::new(b" \n".to_vec())).await;
    assert!(matches!(outcome, Err(ImportRefused::Empty)));
    let (summary, _) = directory.import("[]").await;
    assert_eq!(summary.total, 0);
}

#[tokio::test]
async fn progress_rises_to_the_total_that_was_counted_first() {
    let rows: Vec<String> =
        (0..11_000).map(|number| format!(r#"{{"user_id":"auth0|{number}","email":"u{number}@x.io"}}"#)).collect();
    let (_, heard) = Directory::new().await.import(&rows.join("\n")).await;
    let read: Vec<_> = heard.progress.iter().map(|summary| (summary.read, summary.total)).collect();
    assert_eq!(read, [(0, 11_000), (4_000, 11_000), (8_000, 11_000), (11_000, 11_000)]);
}
