//! What becomes of passwords.

use ::credentials::password::{Limits, Prepared, verify};

use super::super::ImportRequest;
use super::super::refusal::RowCode::{Conflict, UserNotFound};
use super::{
    BCRYPT, Directory, EXPORT, HASHES, IMPORT, OTHER_BCRYPT, PasswordCredential, at_source, imported, native, source,
    upsert,
};

#[tokio::test]
async fn a_hash_lets_its_owner_in_with_the_old_password() {
    let directory = Directory::new().await;
    let (summary, heard) = directory.import(IMPORT).await;
    assert_eq!(heard.refused, []);
    assert_eq!((summary.inserted_with_hash, summary.inserted_at_source, summary.inserted_without_password), (2, 0, 1));
    for id in ["auth0|5f7c8ec7c33c6c004bbafe82", "auth0|legacy|42"] {
        let Some(PasswordCredential::Imported { format, hash }) = directory.password(id).await else {
            panic!("{id} has no imported hash")
        };
        let is_right = |password| verify(&format, &hash, &Prepared::new(password).unwrap(), &Limits::default());
        assert_eq!(is_right("correct horse battery"), Ok(true), "{id}");
        assert_eq!(is_right("wrong"), Ok(false), "{id}");
    }
}

#[tokio::test]
async fn who_brings_no_hash_is_asked_about_at_the_source() {
    let old = || source("old", "users");
    let named = ImportRequest { source: Some("later".to_owned()), ..ImportRequest::default() };
    let disabled = super::Source { enabled: false, ..old() };
    for (connection_source, request, expected) in [
        (Some(old()), ImportRequest::default(), Some(at_source("old"))),
        (Some(disabled), ImportRequest::default(), None),
        (None, ImportRequest::default(), None),
        (None, named.clone(), Some(at_source("later"))),
        (Some(old()), named, Some(at_source("later"))),
    ] {
        let directory = Directory::with_source(connection_source).await;
        let (summary, _) = directory.import_with(&request, EXPORT).await;
        assert_eq!(directory.password("auth0|legacy|42").await, expected);
        let (at_source, without) = if expected.is_some() { (2, 0) } else { (0, 2) };
        assert_eq!((summary.inserted_at_source, summary.inserted_without_password), (at_source, without));
    }
}

#[tokio::test]
async fn hashes_are_joined_onto_people_by_their_ids() {
    for source in [None, Some(source("old", "users"))] {
        let directory = Directory::with_source(source).await;
        directory.import(EXPORT).await;
        let (summary, heard) = directory.import(HASHES).await;
        assert_eq!(heard.refused, []);
        assert_eq!((summary.updated, summary.skipped.values().sum::<u64>()), (2, 1));
        let expected = Some(imported("bcrypt", OTHER_BCRYPT));
        assert_eq!(directory.password("auth0|5f7c8ec7c33c6c004bbafe82").await, expected);
        let (again, _) = directory.import(HASHES).await;
        assert_eq!((again.updated, again.unchanged), (0, 2));
    }
}

#[tokio::test]
async fn a_hash_without_a_person_is_refused() {
    let directory = Directory::new().await;
    let (summary, heard) = directory.import(HASHES).await;
    assert_eq!(heard.codes(), [(1, vec![UserNotFound]), (2, vec![UserNotFound])]);
    assert_eq!(summary.updated, 0);
    assert_eq!(directory.all().await, []);
}

#[tokio::test]
async fn mg_14_a_password_that_is_ours_outlives_every_import() {
    let row = |hash: &str| format!(r#"[{{"email":"a@x.io","user_id":"a","name":"New","password_hash":"{hash}"}}]"#);
    let hashes = format!(r#"{{"_id":"a","passwordHash":"{OTHER_BCRYPT}"}}"#);
    let directory = Directory::new().await;
    directory.import(&row(BCRYPT)).await;
    directory.move_over("auth0|a").await;
    for (request, input) in [
        (ImportRequest::default(), row(OTHER_BCRYPT)),
        (upsert(), row(OTHER_BCRYPT)),
        (ImportRequest::default(), hashes.clone()),
        (upsert(), hashes),
    ] {
        let (summary, heard) = directory.import_with(&request, &input).await;
        assert_eq!((summary.updated, summary.unchanged), (0, 1), "{input}");
        assert_eq!(heard.refused, []);
        assert_eq!(directory.password("auth0|a").await, Some(native()));
    }
}

#[tokio::test]
async fn another_hash_replaces_one_only_when_told_to() {
    let first = format!(r#"[{{"email":"a@x.io","user_id":"a","password_hash":"{BCRYPT}"}}]"#);
    let second = format!(r#"{{"_id":"a","passwordHash":"{OTHER_BCRYPT}"}}"#);
    let directory = Directory::new().await;
    directory.import(&first).await;
    let (_, heard) = directory.import(&second).await;
    assert_eq!(heard.codes(), [(1, vec![Conflict])]);
    assert_eq!(directory.password("auth0|a").await, Some(imported("bcrypt", BCRYPT)));
    let (summary, _) = directory.import_with(&upsert(), &second).await;
    assert_eq!(summary.updated, 1);
    assert_eq!(directory.password("auth0|a").await, Some(imported("bcrypt", OTHER_BCRYPT)));
}
