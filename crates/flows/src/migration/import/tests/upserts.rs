//! What a second import changes.

use model::JsonObject;
use serde_json::json;

use super::super::refusal::RowCode;
use super::{BCRYPT, Directory, NOW, OTHER_BCRYPT, imported, upsert};

const FIRST: &str = r#"[{"user_id":"a","email":"a@x.io","email_verified":true,"username":"ada","name":"Old",
    "given_name":"Ada","blocked":false,"phone_number":"+49301","user_metadata":{"a":1,"b":2},"app_metadata":{"x":1}}]"#;

#[tokio::test]
async fn without_upsert_people_stay_as_they_are() {
    let directory = Directory::new().await;
    directory.import(FIRST).await;
    let before = directory.all().await;
    let (summary, heard) = directory.import(r#"[{"user_id":"a","email":"A@x.io","name":"New"}]"#).await;
    assert_eq!((summary.unchanged, heard.refused.len()), (1, 0));
    let (summary, _) = directory.import(r#"[{"email":"a@x.io","name":"New"}]"#).await;
    assert_eq!(summary.unchanged, 1);
    assert_eq!(directory.all().await, before);
}

#[tokio::test]
async fn an_upsert_updates_what_auth0_updates_and_nothing_else() {
    let directory = Directory::new().await;
    directory.import(FIRST).await;
    let row = r#"{"email":"a@x.io","username":"ada","name":"New","picture":"https://x.io/a.png","blocked":true,
        "phone_number":"+49302","user_metadata":{"c":3}}"#;
    for id in ["", r#""user_id":"a","#] {
        let (summary, heard) = directory.import_with(&upsert(), &format!("[{{{id}{}]", &row[1..])).await;
        assert_eq!(heard.refused, []);
        assert_eq!((summary.updated, summary.unchanged), if id.is_empty() { (1, 0) } else { (0, 1) });
    }
    let ada = directory.user("auth0|a").await.unwrap();
    let profile = &ada.profile;
    assert_eq!((profile.name.as_deref(), profile.given_name.as_deref()), (Some("New"), Some("Ada")));
    assert_eq!(profile.picture.as_deref(), Some("https://x.io/a.png"));
    assert!(!profile.email_verified, "an address that is not said to be verified is no longer so");
    assert_eq!(profile.phone_number.as_deref(), Some("+49301"));
    assert_eq!((ada.blocked, ada.version, ada.updated_at), (Some(false), 2, NOW));
    let object = |value: serde_json::Value| value.as_object().cloned().unwrap_or_else(JsonObject::new);
    assert_eq!(ada.user_metadata, object(json!({"c": 3})), "metadata is replaced, not merged");
    assert_eq!(ada.app_metadata, object(json!({"x": 1})));
}

#[tokio::test]
async fn an_upsert_brings_a_hash_to_who_has_not_moved() {
    let row = |hash: &str| format!(r#"[{{"user_id":"a","email":"a@x.io","password_hash":"{hash}"}}]"#);
    let directory = Directory::with_source(Some(super::source("old", "users"))).await;
    directory.import(r#"[{"user_id":"a","email":"a@x.io"}]"#).await;
    let (summary, _) = directory.import(&row(BCRYPT)).await;
    assert_eq!((summary.unchanged, directory.password("auth0|a").await), (1, Some(super::at_source("old"))));
    for hash in [BCRYPT, OTHER_BCRYPT] {
        let (summary, _) = directory.import_with(&upsert(), &row(hash)).await;
        assert_eq!(summary.updated, 1);
        assert_eq!(directory.password("auth0|a").await, Some(imported("bcrypt", hash)));
    }
    let (summary, _) = directory.import_with(&upsert(), &row(OTHER_BCRYPT)).await;
    assert_eq!(summary.unchanged, 1);
}

#[tokio::test]
async fn an_upsert_takes_in_who_is_new() {
    let directory = Directory::new().await;
    let (summary, _) = directory.import_with(&upsert(), FIRST).await;
    assert_eq!(summary.inserted, 1);
    let (summary, _) = directory.import_with(&upsert(), FIRST).await;
    assert_eq!((summary.inserted, summary.unchanged), (0, 1));
}

#[tokio::test]
async fn mg_12_a_hash_that_is_easier_to_guess_from_replaces_none() {
    let row = |hash: &str| format!(r#"[{{"user_id":"a","email":"a@x.io","name":"New","password_hash":"{hash}"}}]"#);
    let line = |hash: &str| format!(r#"{{"_id":{{"$oid":"a"}},"connection":"users","passwordHash":"{hash}"}}"#);
    let md5 = r#"[{"user_id":"a","email":"a@x.io","custom_password_hash":
        {"algorithm":"md5","hash":{"value":"d41d8cd98f00b204e9800998ecf8427e","encoding":"hex"}}}]"#;
    let directory = Directory::new().await;
    directory.import(&row(OTHER_BCRYPT)).await;
    let before = directory.all().await;
    for weaker in [row(BCRYPT), line(BCRYPT), md5.to_owned()] {
        let (summary, heard) = directory.import_with(&upsert(), &weaker).await;
        assert_eq!((summary.updated, heard.codes()), (0, vec![(1, vec![RowCode::Conflict])]), "{weaker}");
        assert_eq!(directory.all().await, before);
        assert_eq!(directory.password("auth0|a").await, Some(imported("bcrypt", OTHER_BCRYPT)));
    }
}
