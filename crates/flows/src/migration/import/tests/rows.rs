//! What each format makes of a row.

#![expect(clippy::needless_pass_by_value, reason = "the rows are written where they are passed")]

use ::credentials::password::Limits;
use model::JsonObject;
use model::user::Profile;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::super::entry::{Entry, HashOf, Person};
use super::super::format::Format;
use super::super::reader::{Keys, RowReader, Said, SkipReason};
use super::super::refusal::RowCode::{self, *};
use super::super::refusal::RowError;
use super::{BCRYPT, NOW, Timestamp, connection, imported, source};

fn reader(format: Format) -> RowReader {
    let connection = connection("con_users", "users", Some(source("old", "Username-Password-Authentication")));
    RowReader::new(format, &connection, None, Limits::default())
}

pub(super) fn object(value: Value) -> JsonObject {
    let Value::Object(object) = value else { panic!("not an object: {value}") };
    object
}

pub(super) fn read(format: Format, row: Value) -> (Said, Vec<String>) {
    let reader = reader(format);
    let mut left_out = Vec::new();
    let said = match reader.renamed(object(row)) {
        Ok(row) => reader.read(&row, &mut left_out),
        Err(error) => Said::Refused(vec![error]),
    };
    (said, left_out)
}

/// The row is refused with these codes at these paths.
pub(super) fn refused(format: Format, row: Value, expected: &[(RowCode, &str)]) {
    let (said, _) = read(format, row.clone());
    let Said::Refused(errors) = said else { panic!("{row} was taken as {said:?}") };
    let found: Vec<_> = errors.iter().map(|error| (error.code, error.path.as_deref().unwrap_or(""))).collect();
    assert_eq!(found, expected, "{row}");
}

pub(super) fn person(format: Format, row: Value) -> Person {
    match read(format, row.clone()) {
        (Said::Entry(Entry::Person(person)), _) => *person,
        (other, _) => panic!("{row} was not taken: {other:?}"),
    }
}

/// A row to be imported, with these members added to an address.
pub(super) fn with(members: Value) -> Value {
    let mut row = object(json!({"email": "a@x.io"}));
    row.extend(object(members));
    Value::Object(row)
}

#[test]
fn every_field_of_an_import_is_taken() {
    let row = json!({
        "email": " Ada@X.io", "email_verified": true, "phone_number": "+4930123456", "phone_verified": true,
        "user_id": "5f7c", "username": "Ada", "given_name": "Ada", "family_name": "L", "name": "Ada L",
        "nickname": "ada", "picture": "https://x.io/a.png", "blocked": false, "password_hash": BCRYPT,
        "app_metadata": {"roles": ["admin"]}, "user_metadata": {"a.b": 1},
    });
    let text = |text: &str| Some(text.to_owned());
    let expected = Person {
        external_id: text("5f7c"),
        profile: Profile {
            email: text("ada@x.io"),
            email_verified: true,
            username: text("Ada"),
            phone_number: text("+4930123456"),
            phone_verified: true,
            name: text("Ada L"),
            nickname: text("ada"),
            given_name: text("Ada"),
            family_name: text("L"),
            picture: text("https://x.io/a.png"),
        },
        user_metadata: Some(object(json!({"a.b": 1}))),
        app_metadata: Some(object(json!({"roles": ["admin"]}))),
        blocked: Some(false),
        hash: Some(imported("bcrypt", BCRYPT)),
        created_at: None,
        last_password_reset: None,
    };
    assert_eq!(person(Format::Auth0Import, row), expected);
}

#[test]
fn what_is_null_or_empty_is_absent() {
    let row =
        with(json!({"user_id": null, "given_name": "", "password_hash": "", "mfa_factors": null, "blocked": null}));
    assert_eq!(person(Format::Auth0Import, row), person(Format::Auth0Import, with(json!({}))));
}

#[test]
fn an_import_refuses_what_it_does_not_know_or_cannot_keep() {
    let check = |members: Value, expected: &[(RowCode, &str)]| refused(Format::Auth0Import, with(members), expected);
    refused(Format::Auth0Import, json!({}), &[(ObjectRequired, "email")]);
    check(json!({"email": ""}), &[(ObjectRequired, "email")]);
    check(json!({"email": 7}), &[(InvalidType, "email"), (InvalidType, "email")]);
    check(json!({"email": "a@x.io, b@x.io"}), &[(Format, "email")]);
    check(json!({"email_verified": "true"}), &[(InvalidType, "email_verified")]);
    check(json!({"blocked": 1}), &[(InvalidType, "blocked")]);
    check(json!({"phone_number": "030 123"}), &[(Pattern, "phone_number")]);
    check(json!({"phone_number": "+"}), &[(Pattern, "phone_number")]);
    check(json!({"phone_number": "+1234567890123456"}), &[(MaxLength, "phone_number")]);
    check(json!({"username": "a b"}), &[(Pattern, "username")]);
    check(json!({"username": "a".repeat(129)}), &[(MaxLength, "username")]);
    check(json!({"name": ["a"]}), &[(InvalidType, "name")]);
    check(json!({"family_name": "é".repeat(301)}), &[(MaxLength, "family_name")]);
    check(json!({"picture": "javascript:alert(1)"}), &[(Format, "picture")]);
    check(json!({"user_metadata": []}), &[(InvalidType, "user_metadata")]);
    check(json!({"app_metadata": {"blocked": false}}), &[(NotPassed, "app_metadata.blocked")]);
    check(json!({"user_metadata": {"__proto__": {}}}), &[(NotPassed, "user_metadata.__proto__")]);
    check(json!({"password": "secret", "roles": []}), &[(NotPassed, "password"), (NotPassed, "roles")]);
    check(json!({"email_verified": 1, "blocked": 1}), &[(InvalidType, "email_verified"), (InvalidType, "blocked")]);
}

#[test]
fn mg_15_an_id_of_another_connection_is_refused_and_ours_is_kept_byte_for_byte() {
    for (given, kept) in [
        ("5f", "5f"),
        ("auth0|5f", "5f"),
        ("auth0|legacy|7", "legacy|7"),
        ("auth0|auth0|7", "auth0|7"),
        ("AuTh-Ü", "AuTh-Ü"),
    ] {
        let found = person(Format::Auth0Import, with(json!({"user_id": given})));
        assert_eq!(found.external_id.as_deref(), Some(kept), "{given}");
    }
    let check = |id: &str, code| refused(Format::Auth0Import, with(json!({"user_id": id})), &[(code, "user_id")]);
    check("google-oauth2|7", Pattern);
    check("auth0|", Pattern);
    check("a b", Pattern);
    check("a\u{0}", Pattern);
    check(&"a".repeat(250), MaxLength);
    check(&"a".repeat(256), MaxLength);
    refused(Format::Auth0Import, with(json!({"user_id": 5})), &[(InvalidType, "user_id")]);
}

#[test]
fn mg_08_second_factors_are_never_lost_in_silence() {
    let check = |factors: Value, code| {
        refused(Format::Auth0Import, with(json!({"mfa_factors": factors})), &[(code, "mfa_factors")]);
    };
    check(json!([{"totp": {"secret": "JBSWY3DP"}}]), MfaFactorsFailed);
    check(json!([]), ArrayLengthShort);
    check(json!({}), InvalidType);
    let export = |factors: Value| json!({"user_id": "auth0|a", "email": "a@x.io", "multifactor": factors});
    refused(Format::Auth0Export, export(json!(["guardian"])), &[(MfaFactorsFailed, "multifactor")]);
    person(Format::Auth0Export, export(json!([])));
}

#[test]
fn mg_10_and_11_a_hash_nobody_could_sign_in_by_is_refused() {
    let check = |hash: &str, code| {
        refused(Format::Auth0Import, with(json!({"password_hash": hash})), &[(code, "password_hash")]);
    };
    check("5f4dcc3b5aa765d61d8327deb882cf99", Pattern);
    check(&BCRYPT.replace("$2b$", "$2x$"), Pattern);
    check("*", Pattern);
    check(&BCRYPT[..59], Format);
    check(&format!("{BCRYPT}\0"), Format);
    check(&BCRYPT.replace('x', "é"), Format);
    check(&BCRYPT.replace("$04$", "$31$"), Maximum);
    check(&"a".repeat(2000), MaxLength);
    let both = json!({"password_hash": BCRYPT, "custom_password_hash": {}});
    refused(Format::Auth0Import, with(both), &[(NotPassed, "custom_password_hash")]);
}

#[test]
fn an_export_is_read_under_every_name_its_fields_have() {
    let plain = json!({
        "user_id": "auth0|a", "email": "a@x.io", "email_verified": true, "given_name": "Ada",
        "created_at": "2020-01-01T00:00:00.000Z", "identities": [{"connection": "users"}],
        "user_metadata": {"a": 1, "b": {"c": 2}},
    });
    let chosen = json!({
        "Id": "auth0|a", "Email": "a@x.io", "Email Verified": true, "Given Name": "Ada",
        "Created At": "2020-01-01T00:00:00.000Z", "identities[0].connection": "users",
        "user_metadata.a": 1, "user_metadata.b": {"c": 2},
    });
    let plain = person(Format::Auth0Export, plain);
    assert_eq!(plain.created_at, Timestamp::parse("2020-01-01T00:00:00.000Z"));
    assert_ne!(plain.created_at, Some(NOW));
    assert_eq!(plain, person(Format::Auth0Export, chosen));
}

#[test]
fn an_export_refuses_what_it_cannot_place() {
    let check = |members: Value, expected: &[(RowCode, &str)]| {
        let mut row = object(json!({"user_id": "auth0|a", "email": "a@x.io"}));
        row.extend(object(members));
        refused(Format::Auth0Export, Value::Object(row), expected);
    };
    refused(Format::Auth0Export, json!({"email": "a@x.io"}), &[(ObjectRequired, "user_id")]);
    refused(Format::Auth0Export, json!({"user_id": "auth0|a"}), &[(AnyOfMissing, "email")]);
    check(json!({"user_metadata": {"a": 1}, "user_metadata.a": 1}), &[(NotPassed, "user_metadata.a")]);
    check(json!({"user_metadata": 7, "user_metadata.a": 1}), &[(NotPassed, "user_metadata.a")]);
    check(json!({"password_hash": BCRYPT}), &[(NotPassed, "password_hash")]);
    check(json!({"passwordHash": BCRYPT}), &[(NotPassed, "passwordhash")]);
    check(json!({"created_at": "yesterday"}), &[(Format, "created_at")]);
}

#[test]
fn an_export_says_what_it_leaves_behind() {
    let row = json!({
        "user_id": "auth0|a", "username": "ada", "locale": "de", "logins_count": 3, "last_ip": "192.0.2.1",
        "identities": [{"connection": "users"}, {"connection": "google-oauth2"}],
    });
    let (said, mut left_out) = read(Format::Auth0Export, row);
    assert!(matches!(said, Said::Entry(_)), "{said:?}");
    left_out.sort();
    assert_eq!(left_out, ["identities[1…]", "locale"]);
}

#[test]
fn rows_of_other_connections_are_passed_over() {
    let skipped = Said::Skipped(SkipReason::OtherConnection);
    let export = |id: &str, connection: &str| {
        let row = json!({"user_id": id, "email": "a@x.io", "identities": [{"connection": connection}]});
        read(Format::Auth0Export, row).0
    };
    assert_eq!(export("google-oauth2|7", "google-oauth2"), skipped);
    assert_eq!(export("google-oauth2|7", "users"), skipped);
    assert_eq!(export("auth0|7", "staff"), skipped);
    assert_ne!(export("auth0|7", "users"), skipped);
    assert_ne!(export("auth0|7", "Username-Password-Authentication"), skipped);
    let hash = |connection: &str| {
        read(Format::Auth0Hashes, json!({"_id": "7", "passwordHash": BCRYPT, "connection": connection})).0
    };
    assert_eq!(hash("staff"), skipped);
    assert_ne!(hash("users"), skipped);
}

#[test]
fn a_file_may_have_its_own_name_for_the_connection() {
    let users = connection("con_users", "users", None);
    let reader = RowReader::new(Format::Auth0Hashes, &users, Some("Legacy"), Limits::default());
    let foreign = |name: &str| reader.is_foreign(&object(json!({"connection": name})));
    assert_eq!((foreign("Legacy"), foreign("users")), (false, true));
}

#[test]
fn a_hash_belongs_to_the_id_the_person_has() {
    let check = |ids: Value, expected: &str| {
        let mut row = object(json!({"email": "a@x.io", "passwordHash": BCRYPT}));
        row.extend(object(ids));
        let hash = HashOf { external_id: expected.to_owned(), credential: imported("bcrypt", BCRYPT) };
        assert_eq!(read(Format::Auth0Hashes, Value::Object(row)).0, Said::Entry(Entry::Hash(hash)));
    };
    check(json!({"_id": {"$oid": "5d"}}), "5d");
    check(json!({"_ID": {"$oid": "5d"}}), "5d");
    check(json!({"_id": "5d"}), "5d");
    check(json!({"_id": {"$oid": "5d"}, "alt_id": "euclid"}), "euclid");
    check(json!({"_id": {"$oid": "5d"}, "alt_id": "legacy|7"}), "legacy|7");
    check(json!({"_id": {"$oid": "5d"}, "alt_id": null}), "5d");
    refused(Format::Auth0Hashes, json!({"passwordHash": BCRYPT}), &[(ObjectRequired, "_id")]);
    refused(Format::Auth0Hashes, json!({"_id": "a b", "passwordHash": BCRYPT}), &[(Pattern, "_id")]);
    refused(Format::Auth0Hashes, json!({"_id": "5d"}), &[(ObjectRequired, "passwordHash")]);
    refused(Format::Auth0Hashes, json!({"_id": "5d", "passwordHash": "md5"}), &[(Pattern, "passwordHash")]);
}

#[test]
fn a_hash_of_the_export_may_have_any_cost_that_is_affordable() {
    let row = |cost: u32| json!({"_id": "5d", "passwordHash": BCRYPT.replace("$04$", &format!("${cost:02}$"))});
    for cost in 4..=15 {
        let (said, _) = read(Format::Auth0Hashes, row(cost));
        assert!(matches!(said, Said::Entry(Entry::Hash(_))), "cost {cost}: {said:?}");
    }
    for (cost, milliseconds) in [(16, 4_608_u64), (31, 150_994_944)] {
        let (Said::Refused(errors), _) = read(Format::Auth0Hashes, row(cost)) else { panic!("cost {cost} was taken") };
        let message =
            format!("verifying this bcrypt hash needs {milliseconds} milliseconds of one core, the limit is 3000");
        assert_eq!(errors, [RowError::at(Maximum, "passwordHash", message)]);
    }
}

#[test]
fn what_tells_people_apart_is_read_leniently() {
    let keys = |format, row| reader(format).keys(&object(row));
    let import =
        keys(Format::Auth0Import, json!({"email": "Ａ@X.io", "username": "a@x.io", "user_id": "auth0|7", "x": 1}));
    assert_eq!(import.names.len(), 1);
    assert_eq!((import.names[0].as_str(), import.id.as_deref()), ("a@x.io", Some("7")));
    assert_eq!(keys(Format::Auth0Import, json!({"email": 7, "user_id": ""})), Keys::default());
    let hash = keys(Format::Auth0Hashes, json!({"_id": {"$oid": "7"}, "email": "a@x.io"}));
    assert_eq!(hash, Keys { id: Some("7".to_owned()), names: Vec::new() });
}

fn value() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        ".{0,12}".prop_map(Value::from),
        Just(json!({"algorithm": "bcrypt", "hash": {"value": BCRYPT}})),
        Just(json!([{}])),
        Just(json!({"$oid": {}})),
    ]
}

proptest! {
    #[test]
    fn no_row_makes_a_reader_panic(
        members in prop::collection::btree_map(
            prop_oneof![
                Just("email".to_owned()), Just("user_id".to_owned()), Just("username".to_owned()),
                Just("password_hash".to_owned()), Just("custom_password_hash".to_owned()), Just("_id".to_owned()),
                Just("identities".to_owned()), Just("user_metadata".to_owned()), Just("user_metadata.a".to_owned()),
                Just("passwordHash".to_owned()), ".{0,8}",
            ],
            value(),
            0..8,
        )
    ) {
        let row: JsonObject = members.into_iter().collect();
        for format in Format::ALL {
            let (_, _) = read(format, Value::Object(row.clone()));
            let _ = reader(format).keys(&row);
        }
    }
}
