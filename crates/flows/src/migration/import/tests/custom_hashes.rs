//! Hashes that come with a description of how they were made.

#![expect(clippy::needless_pass_by_value, reason = "the rows are written where they are passed")]

use ::credentials::password::{FORMATS, Limits, Prepared, verify};
use proptest::collection::btree_map;
use proptest::prelude::{Just, Strategy, any, prop_oneof, proptest};
use proptest::sample::select;
use serde_json::{Value, json};

use super::super::format::Format::Auth0Import;
use super::super::reader::Said;
use super::super::refusal::RowCode::{self, *};
use super::rows::{person, read, refused, with};
use super::{BCRYPT, CUSTOM_HASHES, Directory, PasswordCredential, imported};

const ARGON2: &str = "$argon2id$v=19$m=64,t=1,p=1$c29tZXNhbHQxMjM0NTY3OA$cnJycnJycnJycnJycnJycg";
/// Of nothing.
const MD5: &str = "d41d8cd98f00b204e9800998ecf8427e";

fn row(hash: Value) -> Value {
    with(json!({"custom_password_hash": hash}))
}

/// The hash is kept as this text.
#[track_caller]
fn kept(hash: Value, format: &str, text: &str) {
    assert_eq!(person(Auth0Import, row(hash)).hash, Some(imported(format, text)));
}

/// The hash is refused with these codes at these paths within it.
#[track_caller]
fn check(hash: Value, expected: &[(RowCode, &str)]) {
    let paths: Vec<_> = expected.iter().map(|(_, path)| format!("custom_password_hash.{path}")).collect();
    let expected: Vec<_> = expected.iter().zip(&paths).map(|((code, _), path)| (*code, path.as_str())).collect();
    refused(Auth0Import, row(hash), &expected);
}

/// The hash is refused with this sentence alone.
#[track_caller]
fn told(hash: Value, expected: &str) {
    let (Said::Refused(errors), _) = read(Auth0Import, row(hash)) else { panic!("it was taken") };
    let messages: Vec<_> = errors.iter().map(|error| error.message.as_str()).collect();
    assert_eq!(messages, [expected]);
}

#[tokio::test]
async fn mg_10_a_hash_of_every_algorithm_is_taken_and_verified() {
    let directory = Directory::new().await;
    let rows: Vec<Value> = serde_json::from_str(CUSTOM_HASHES).unwrap();
    let (summary, heard) = directory.import(CUSTOM_HASHES).await;
    assert_eq!(heard.refused, []);
    assert_eq!(summary.inserted_with_hash, u64::try_from(rows.len()).unwrap());
    for row in &rows {
        let (name, id) = (row["name"].as_str().unwrap(), format!("auth0|{}", row["user_id"].as_str().unwrap()));
        let Some(PasswordCredential::Imported { format, hash }) = directory.password(&id).await else {
            panic!("{name} has no imported hash")
        };
        assert_eq!(row["custom_password_hash"]["algorithm"], format.as_str());
        let is_right = |password: &str| verify(&format, &hash, &Prepared::new(password).unwrap(), &Limits::default());
        let password = row["user_metadata"]["password"].as_str().unwrap();
        assert_eq!(is_right(password), Ok(true), "{name}");
        assert_eq!(is_right(&password.replace('r', "R")), Ok(false), "{name}");
        assert_eq!(is_right(""), Ok(false), "{name}");
    }
    for format in FORMATS {
        let is_of = |row: &&Value| row["custom_password_hash"]["algorithm"] == format.name;
        assert!(rows.iter().any(|row| is_of(&row)), "no row is of {}", format.name);
    }
}

#[test]
fn the_text_that_is_kept_says_everything_about_the_hash() {
    kept(json!({"algorithm": "argon2", "hash": {"value": ARGON2, "encoding": "utf8"}}), "argon2", ARGON2);
    kept(json!({"algorithm": "bcrypt", "hash": {"value": BCRYPT}, "password": {"encoding": "utf8"}}), "bcrypt", BCRYPT);
    let salted = json!({"value": "salt", "encoding": "utf8", "position": "prefix"});
    let text = format!("prefix=c2FsdA:{BCRYPT}");
    kept(json!({"algorithm": "bcrypt", "hash": {"value": BCRYPT}, "salt": salted}), "bcrypt", &text);
    let bare = |value: &str, encoding: &str| json!({"value": value, "encoding": encoding});
    let text = "$digest-md5$1B2M2Y8AsgTpgAmY7PhCfg";
    for hash in [
        bare(MD5, "hex"),
        bare(&MD5.to_uppercase(), "hex"),
        bare("1B2M2Y8AsgTpgAmY7PhCfg==", "base64"),
        bare("1B2M2Y8AsgTpgAmY7PhCfg", "base64"),
    ] {
        kept(json!({"algorithm": "md5", "hash": hash}), "md5", text);
    }
    for encoded in ["+/v7+/v7+/v7+/v7+/v7+w==", "-_v7-_v7-_v7-_v7-_v7-w"] {
        kept(json!({"algorithm": "md4", "hash": bare(encoded, "base64")}), "md4", "$digest-md4$+/v7+/v7+/v7+/v7+/v7+w");
    }
    for (encoding, kept_as) in [
        ("ascii", "latin1:"),
        ("utf8", ""),
        ("utf16le", "utf16le:"),
        ("ucs2", "utf16le:"),
        ("latin1", "latin1:"),
        ("binary", "latin1:"),
    ] {
        let hash = json!({"algorithm": "md5", "hash": bare(MD5, "hex"), "password": {"encoding": encoding}});
        kept(hash, "md5", &format!("{kept_as}{text}"));
    }
    let hash = json!({"value": MD5, "encoding": "hex", "digest": "md5", "key": {"value": "736868", "encoding": "hex"}});
    let salt = json!({"value": "c2FsdA==", "encoding": "base64", "position": "suffix"});
    let text = "suffix=c2FsdA:$hmac-md5$c2ho$1B2M2Y8AsgTpgAmY7PhCfg";
    kept(json!({"algorithm": "hmac", "hash": hash, "salt": salt}), "hmac", text);
    let text = "$scrypt$ln=14,r=8,p=1$c2FsdA$1B2M2Y8AsgTpgAmY7PhCfg";
    kept(json!({"algorithm": "scrypt", "hash": bare(MD5, "hex"), "salt": salted, "keylen": 16}), "scrypt", text);
    let parameters = json!({
        "algorithm": "scrypt", "hash": bare(MD5, "hex"), "keylen": 16, "cost": 2, "blockSize": 3, "parallelization": 4,
    });
    kept(parameters, "scrypt", "$scrypt$ln=1,r=3,p=4$$1B2M2Y8AsgTpgAmY7PhCfg");
}

#[test]
fn what_is_missing_or_of_another_kind_is_named() {
    let plain = json!({"value": BCRYPT});
    refused(Auth0Import, row(json!("x")), &[(InvalidType, "custom_password_hash")]);
    check(json!({"hash": plain}), &[(ObjectRequired, "algorithm")]);
    check(json!({"algorithm": "rot13", "hash": plain}), &[(EnumMismatch, "algorithm")]);
    check(json!({"algorithm": "bcrypt"}), &[(ObjectRequired, "hash")]);
    check(json!({"algorithm": "bcrypt", "hash": "x"}), &[(InvalidType, "hash")]);
    check(json!({"algorithm": "bcrypt", "hash": {}}), &[(ObjectRequired, "hash.value")]);
    check(json!({"algorithm": "bcrypt", "hash": {"value": "a".repeat(2049)}}), &[(MaxLength, "hash.value")]);
    check(json!({"algorithm": "argon2", "hash": plain}), &[(Format, "hash.value")]);
    check(json!({"algorithm": "bcrypt", "hash": {"value": format!("latin1:{BCRYPT}")}}), &[(Format, "hash.value")]);
    let hex = json!({"value": BCRYPT, "encoding": "hex"});
    check(json!({"algorithm": "bcrypt", "hash": hex}), &[(EnumMismatch, "hash.encoding")]);
    let hash = |members: Value| json!({"algorithm": "sha1", "hash": members});
    check(hash(json!({"value": MD5})), &[(ObjectRequired, "hash.encoding")]);
    check(hash(json!({"value": MD5, "encoding": "utf8"})), &[(EnumMismatch, "hash.encoding")]);
    check(hash(json!({"value": "xyz", "encoding": "hex"})), &[(Format, "hash.value")]);
    check(hash(json!({"value": "*", "encoding": "base64"})), &[(Format, "hash.value")]);
    check(hash(json!({"value": MD5, "encoding": "hex"})), &[(Format, "hash.value")]);
    let md5 = |members: Value| {
        let mut hash = json!({"algorithm": "md5", "hash": {"value": MD5, "encoding": "hex"}});
        hash.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
        hash
    };
    check(md5(json!({"password": {"encoding": "ebcdic"}})), &[(EnumMismatch, "password.encoding")]);
    check(md5(json!({"salt": {}})), &[(ObjectRequired, "salt.value")]);
    check(md5(json!({"salt": {"value": "a", "position": "middle"}})), &[(EnumMismatch, "salt.position")]);
    check(md5(json!({"salt": {"value": "a", "encoding": "latin1"}})), &[(EnumMismatch, "salt.encoding")]);
    check(md5(json!({"salt": {"value": "a", "encoding": "hex"}})), &[(Format, "salt.value")]);
    check(md5(json!({"salt": {"value": "a".repeat(513)}})), &[(MaxLength, "salt.value")]);
}

#[test]
fn an_algorithm_takes_what_is_its_own_and_nothing_else() {
    let of = |algorithm: &str, hash: Value, more: Value| {
        let mut row = json!({"algorithm": algorithm, "hash": hash});
        row.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        row
    };
    let md5 = || json!({"value": MD5, "encoding": "hex"});
    let salt = || json!({"salt": {"value": "a"}});
    check(of("argon2", json!({"value": ARGON2}), salt()), &[(NotPassed, "salt")]);
    check(of("ldap", json!({"value": "{MD5}1B2M2Y8AsgTpgAmY7PhCfg=="}), salt()), &[(NotPassed, "salt")]);
    check(of("pbkdf2", json!({"value": "$pbkdf2-md5$i=1$YQ$1B2M2Y8AsgTpgAmY7PhCfg"}), salt()), &[(NotPassed, "salt")]);
    check(of("md5", md5(), json!({"keylen": 16})), &[(NotPassed, "keylen")]);
    check(of("md5", md5(), json!({"pepper": "a"})), &[(NotPassed, "pepper")]);
    let keyed = json!({"value": MD5, "encoding": "hex", "key": {"value": "a"}});
    check(of("md5", keyed, json!({})), &[(NotPassed, "hash.key")]);
}

#[test]
fn an_hmac_needs_its_digest_and_its_key() {
    let hmac = |members: Value| {
        let mut hash = json!({"value": MD5, "encoding": "hex", "digest": "md5", "key": {"value": "a"}});
        hash.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
        json!({"algorithm": "hmac", "hash": hash})
    };
    assert!(person(Auth0Import, row(hmac(json!({})))).hash.is_some());
    check(hmac(json!({"digest": null})), &[(ObjectRequired, "hash.digest")]);
    check(hmac(json!({"digest": "mdc2"})), &[(EnumMismatch, "hash.digest")]);
    check(hmac(json!({"digest": "RSA-MD5"})), &[(EnumMismatch, "hash.digest")]);
    check(hmac(json!({"digest": "sha1"})), &[(Format, "hash.value")]);
    check(hmac(json!({"key": null})), &[(ObjectRequired, "hash.key")]);
    check(hmac(json!({"key": {}})), &[(ObjectRequired, "hash.key.value")]);
    check(hmac(json!({"key": {"value": "z", "encoding": "hex"}})), &[(Format, "hash.key.value")]);
    check(hmac(json!({"encoding": null})), &[(ObjectRequired, "hash.encoding")]);
}

#[test]
fn scrypt_needs_possible_parameters() {
    let scrypt = |members: Value| {
        let mut hash = json!({"algorithm": "scrypt", "hash": {"value": MD5, "encoding": "hex"}, "keylen": 16});
        hash.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
        hash
    };
    check(scrypt(json!({"keylen": null})), &[(ObjectRequired, "keylen")]);
    check(scrypt(json!({"keylen": "16"})), &[(InvalidType, "keylen")]);
    check(scrypt(json!({"keylen": 17})), &[(Format, "keylen")]);
    check(scrypt(json!({"cost": 1})), &[(Format, "cost")]);
    check(scrypt(json!({"cost": 1000})), &[(Format, "cost")]);
    check(scrypt(json!({"cost": -2})), &[(InvalidType, "cost")]);
    check(scrypt(json!({"cost": 16.5})), &[(InvalidType, "cost")]);
    check(scrypt(json!({"blockSize": 0})), &[(Format, "hash.value")]);
    check(scrypt(json!({"parallelization": 4_294_967_296_u64})), &[(Maximum, "parallelization")]);
    check(scrypt(json!({"blockSize": 65536, "parallelization": 65536})), &[(Format, "hash.value")]);
    check(scrypt(json!({"salt": {"value": "a", "position": "middle"}})), &[(EnumMismatch, "salt.position")]);
}

#[test]
fn mg_11_a_cost_that_is_out_of_bounds_is_refused_with_the_bound() {
    let text = |algorithm: &str, value: &str| json!({"algorithm": algorithm, "hash": {"value": value}});
    told(
        text("argon2", &ARGON2.replace("m=64", "m=4194304")),
        "verifying this argon2 hash needs 4194304 KiB of memory, the limit is 262144",
    );
    told(
        text("argon2", &ARGON2.replace("m=64,t=1", "m=65536,t=100")),
        "verifying this argon2 hash needs 5120 milliseconds of one core, the limit is 3000",
    );
    told(
        text("bcrypt", &BCRYPT.replace("$04$", "$16$")),
        "verifying this bcrypt hash needs 4608 milliseconds of one core, the limit is 3000",
    );
    told(
        text("pbkdf2", "$pbkdf2-sha256$i=10000000,l=32$YQ$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"),
        "verifying this pbkdf2 hash needs 7142 milliseconds of one core, the limit is 3000",
    );
    let scrypt = |n: u64, p: u64| {
        let hash = json!({"value": MD5, "encoding": "hex"});
        json!({"algorithm": "scrypt", "hash": hash, "keylen": 16, "cost": n, "parallelization": p})
    };
    told(scrypt(1 << 20, 1), "verifying this scrypt hash needs 1048577 KiB of memory, the limit is 262144");
    told(scrypt(1 << 14, 100), "verifying this scrypt hash needs 3276 milliseconds of one core, the limit is 3000");
    check(scrypt(1 << 50, 1), &[(Maximum, "hash.value")]);
    check(scrypt(1 << 63, 1), &[(Format, "hash.value")]);
}

#[test]
fn what_nobody_could_sign_in_by_is_refused_with_the_reason() {
    let text = |algorithm: &str, value: &str| json!({"algorithm": algorithm, "hash": {"value": value}});
    check(text("ldap", "{CRYPT}ab1hPZ8xEqeD."), &[(EnumMismatch, "hash.value")]);
    told(
        text("ldap", "{CRYPT}ab1hPZ8xEqeD."),
        "this ldap hash cannot be verified: what {CRYPT} means depends on the system that made it",
    );
    told(
        json!({"algorithm": "bcrypt", "hash": {"value": BCRYPT}, "salt": {"value": "s".repeat(65)}}),
        "this bcrypt hash cannot be verified: behind so long a salt, hardly a byte of the password would count",
    );
    told(
        text("pbkdf2", "$pbkdf2-sha1$i=10,l=20$YQ$1B2M2Y8AsgTpgAmY7PhCfg"),
        "malformed pbkdf2 hash: the key does not have the length that l says",
    );
    told(
        json!({"algorithm": "sha1", "hash": {"value": MD5, "encoding": "hex"}}),
        "malformed sha1 hash: the digest does not have the length of its kind",
    );
    told(text("argon2", "md5"), "this does not begin as a hash of argon2 does");
    told(
        text("rot13", "uryyb"),
        "expected one of argon2, bcrypt, hmac, ldap, md4, md5, pbkdf2, scrypt, sha1, sha256, sha512",
    );
}

/// Values that some field of the object could have.
fn value() -> impl Strategy<Value = Value> {
    let words =
        vec!["argon2", "bcrypt", "hmac", "ldap", "pbkdf2", "scrypt", "sha1", "md5", "hex", "base64", "utf8", "suffix"];
    let leaf = prop_oneof![
        4 => select(words).prop_map(Value::from),
        2 => Just(Value::from(MD5)),
        1 => Just(Value::from(BCRYPT)),
        1 => any::<u64>().prop_map(Value::from),
        1 => (0_u32..64).prop_map(|shift| Value::from(1_u64 << shift)),
        1 => ".{0,8}".prop_map(Value::from),
        1 => Just(Value::Null),
    ];
    leaf.prop_recursive(2, 24, 6, |inner| btree_map(name(), inner, 0..6).prop_map(|members| json!(members)))
}

fn name() -> impl Strategy<Value = &'static str> {
    select(vec![
        "algorithm",
        "hash",
        "salt",
        "password",
        "value",
        "encoding",
        "position",
        "digest",
        "key",
        "keylen",
        "cost",
        "blockSize",
        "parallelization",
    ])
}

proptest! {
    #[test]
    fn wp_07_no_description_makes_the_reader_panic(
        members in btree_map(name(), value(), 0..9), algorithm in 0..FORMATS.len(),
    ) {
        let mut hash = json!(members);
        hash["algorithm"] = FORMATS[algorithm].name.into();
        if let (Said::Entry(_), _) = read(Auth0Import, row(hash.clone())) {
            let person = person(Auth0Import, row(hash));
            assert!(matches!(person.hash, Some(PasswordCredential::Imported { .. })));
        }
    }
}
