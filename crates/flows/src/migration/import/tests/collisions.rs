//! People who fall together, within a file and with the directory.

use super::super::refusal::RowCode::{self, Conflict, ConflictEmail, ConflictUsername, DuplicatedUser, Pattern};
use super::{Directory, ImportRequest, Timestamp, UserId, connection, upsert};

/// Of these rows, these lines are refused with these codes, and nobody but `taken` is there afterwards.
async fn check(rows: &[&str], refused: &[(u64, &[RowCode])], taken: &[&str]) {
    let directory = Directory::new().await;
    let (_, heard) = directory.import(&format!("[\n{}\n]", rows.join(",\n"))).await;
    let expected: Vec<_> = refused.iter().map(|(line, codes)| (line + 1, codes.to_vec())).collect();
    assert_eq!(heard.codes(), expected, "{rows:?}");
    let mut found: Vec<_> = directory.all().await.iter().map(|user| user.user_id.external_id().to_owned()).collect();
    found.sort();
    assert_eq!(found, taken, "{rows:?}");
}

#[tokio::test]
async fn mg_09_of_people_who_fall_together_none_is_taken() {
    let one = r#"{"user_id":"one","email":"Foo@x.io"}"#;
    let apart = r#"{"user_id":"apart","email":"bar@x.io","username":"bar@x.io"}"#;
    for other in [
        r#"{"user_id":"two","email":"foo@X.io"}"#,
        r#"{"user_id":"two","email":"foo@x.io "}"#,
        r#"{"user_id":"two","email":"ｆｏｏ@x.io"}"#,
        r#"{"user_id":"two","email":"two@x.io","username":"FOO@x.io"}"#,
        r#"{"user_id":"auth0|one","email":"two@x.io"}"#,
    ] {
        check(&[one, apart, other], &[(1, &[DuplicatedUser]), (3, &[DuplicatedUser])], &["apart"]).await;
    }
}

#[tokio::test]
async fn a_row_that_is_refused_anyway_still_casts_doubt_on_its_double() {
    let one = r#"{"user_id":"one","email":"foo@x.io"}"#;
    let broken = r#"{"user_id":"a b","email":"foo@x.io"}"#;
    check(&[one, broken], &[(1, &[DuplicatedUser]), (2, &[Pattern, DuplicatedUser])], &[]).await;
}

#[tokio::test]
async fn doubles_are_found_across_batches() {
    let mut rows: Vec<String> =
        (0..5200).map(|number| format!(r#"{{"user_id":"auth0|{number}","email":"u{number}@x.io"}}"#)).collect();
    rows.push(r#"{"user_id":"auth0|again","email":"U3@x.io"}"#.to_owned());
    let directory = Directory::new().await;
    let (summary, heard) = directory.import(&rows.join("\n")).await;
    assert_eq!(heard.codes(), [(4, vec![DuplicatedUser]), (5201, vec![DuplicatedUser])]);
    assert_eq!((summary.inserted, directory.all().await.len()), (5199, 5199));
}

#[tokio::test]
async fn rows_of_other_connections_are_nobodys_doubles() {
    let directory = Directory::new().await;
    let (summary, heard) = directory.import(super::EXPORT).await;
    assert_eq!(heard.refused, []);
    assert_eq!(summary.inserted, 2);
}

#[tokio::test]
async fn mg_09_somebody_of_the_directory_is_not_taken_for_another() {
    let there = r#"[{"user_id":"ada","email":"ada@x.io","username":"countess"}]"#;
    for request in [ImportRequest::default(), upsert()] {
        for (row, code) in [
            (r#"{"user_id":"other","email":"ADA@x.io"}"#, ConflictEmail),
            (r#"{"user_id":"other","email":"other@x.io","username":"Countess"}"#, ConflictUsername),
            (r#"{"user_id":"other","email":"other@x.io","username":"ada@x.io"}"#, ConflictUsername),
            (r#"{"user_id":"ada","email":"other@x.io"}"#, ConflictEmail),
        ] {
            let directory = Directory::new().await;
            directory.import(there).await;
            let before = directory.all().await;
            let (_, heard) = directory.import_with(&request, &format!("[{row}]")).await;
            assert_eq!(heard.codes(), [(1, vec![code])], "{row}");
            assert_eq!(directory.all().await, before, "{row}");
        }
    }
}

#[tokio::test]
async fn an_id_of_another_connection_here_is_refused() {
    let directory = Directory::new().await;
    let other = Directory { connection: connection("con_other", "other", None), ..Directory::new().await };
    let elsewhere = Directory { store: directory.store.clone(), ..other };
    elsewhere.import(r#"[{"user_id":"ada","email":"ada@x.io"}]"#).await;
    let before = directory.all().await;
    let (_, heard) = directory.import(r#"[{"user_id":"ada","email":"ada@x.io"}]"#).await;
    assert_eq!(heard.codes(), [(1, vec![Conflict])]);
    assert_eq!(directory.all().await, before);
}

#[tokio::test]
async fn an_identity_that_is_linked_to_somebody_else_is_refused() {
    let directory = Directory::new().await;
    directory.import(r#"[{"user_id":"ada","email":"ada@x.io"}]"#).await;
    let ada = directory.user("auth0|ada").await.unwrap();
    let linked = super::User { user_id: UserId::new("google|1"), created_at: Timestamp::from_millis(0), ..ada.clone() };
    directory
        .write(async |tx| {
            assert!(store::users::delete(tx, &ada.user_id, super::NOW).await.unwrap());
            assert_eq!(store::users::insert(tx, &linked).await.unwrap(), store::users::Stored::Done);
        })
        .await;
    for input in [
        r#"[{"user_id":"ada","email":"ada@x.io"}]"#.to_owned(),
        super::HASHES.lines().next().unwrap().replace("5f7c8ec7c33c6c004bbafe82", "ada"),
    ] {
        let (_, heard) = directory.import_with(&upsert(), &input).await;
        assert_eq!(heard.codes(), [(1, vec![Conflict])], "{input}");
    }
    assert_eq!(directory.password("google|1").await, None);
}
