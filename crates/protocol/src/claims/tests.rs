use serde_json::json;

use super::*;

const ADA: ProfileClaims<'_> = ProfileClaims {
    name: Some("Ada Lovelace"),
    nickname: Some("ada"),
    given_name: Some("Ada"),
    family_name: Some("Lovelace"),
    picture: Some("https://cdn.example/ada.png"),
    updated_at: Some("2026-01-31T12:00:00.000Z"),
    email: Some("ada@example.com"),
    email_verified: true,
    phone_number: Some("+4412345678"),
    phone_verified: false,
};

const MINIMAL: IdTokenClaims<'_> = IdTokenClaims {
    issuer: "https://id.example/",
    subject: "auth0|1",
    audience: "app",
    issued_at: 1_000,
    lifetime: 36_000,
    nonce: None,
    sid: None,
    auth_time: None,
    amr: &[],
    acr: None,
    c_hash: None,
    at_hash: None,
};

fn check(claims: Map<String, Value>, expected: &Value) {
    assert_eq!(&Value::Object(claims), expected);
}

fn check_userinfo(scope: &str, profile: &ProfileClaims<'_>, expected: &Value) {
    check(userinfo("auth0|1", profile, told(&ScopeSet::parse(scope))), expected);
}

fn told(scope: &ScopeSet) -> Told<'_> {
    const NONE: &ClaimNames = &ClaimNames::new();
    Told { scope, requested: NONE }
}

#[test]
fn what_is_asked_for_by_name_is_told_without_its_scope_and_alone() {
    let scope = ScopeSet::parse("openid email");
    for (name, expected) in [
        ("given_name", json!("Ada")),
        ("updated_at", json!("2026-01-31T12:00:00.000Z")),
        ("phone_number", json!("+4412345678")),
        ("phone_number_verified", json!(false)),
    ] {
        let requested = ClaimNames::from([name.to_owned()]);
        let mut all = json!({"sub": "auth0|1", "email": "ada@example.com", "email_verified": true});
        all[name] = expected;
        check(userinfo("auth0|1", &ADA, Told { scope: &scope, requested: &requested }), &all);
    }
    let requested = OF_PEOPLE.iter().map(|name| (*name).to_owned()).collect();
    let nothing = ScopeSet::default();
    let all = id_token(&MINIMAL, &ADA, Told { scope: &nothing, requested: &requested });
    for name in OF_PEOPLE {
        assert!(all.contains_key(*name) && OF_ID_TOKENS.contains(name), "{name}");
    }
    let empty = userinfo("auth0|1", &ProfileClaims::default(), Told { scope: &nothing, requested: &requested });
    check(empty, &json!({"sub": "auth0|1"}));
}

fn full_id_token() -> Map<String, Value> {
    let amr = ["pwd".to_owned(), "mfa".to_owned()];
    let token = IdTokenClaims {
        nonce: Some("n"),
        sid: Some("s"),
        auth_time: Some(900),
        amr: &amr,
        acr: Some("urn:acr"),
        c_hash: Some("c"),
        at_hash: Some("a"),
        ..MINIMAL
    };
    id_token(&token, &ADA, told(&ScopeSet::parse("openid profile email phone")))
}

fn access_claims(scope: &ScopeSet, profile: AccessTokenProfile) -> AccessTokenClaims<'_> {
    AccessTokenClaims {
        issuer: "https://id.example/",
        subject: "auth0|1",
        audience: "https://api.example/",
        userinfo_audience: Some("https://id.example/userinfo"),
        client_id: "app",
        issued_at: 1_000,
        lifetime: 86_400,
        scope,
        grant: Some("refresh_token"),
        permissions: None,
        jkt: None,
        jti: "j",
        profile,
    }
}

#[test]
fn scopes_decide_what_of_the_profile_is_told() {
    check_userinfo("openid", &ADA, &json!({"sub": "auth0|1"}));
    check_userinfo(
        "openid profile",
        &ADA,
        &json!({
            "sub": "auth0|1",
            "name": "Ada Lovelace",
            "nickname": "ada",
            "given_name": "Ada",
            "family_name": "Lovelace",
            "picture": "https://cdn.example/ada.png",
            "updated_at": "2026-01-31T12:00:00.000Z",
        }),
    );
    check_userinfo(
        "openid email",
        &ADA,
        &json!({"sub": "auth0|1", "email": "ada@example.com", "email_verified": true}),
    );
    check_userinfo(
        "openid phone",
        &ADA,
        &json!({"sub": "auth0|1", "phone_number": "+4412345678", "phone_number_verified": false}),
    );
}

#[test]
fn what_is_not_known_is_absent() {
    let nobody = ProfileClaims { email_verified: true, phone_verified: true, ..ProfileClaims::default() };
    check_userinfo("openid profile email phone", &nobody, &json!({"sub": "auth0|1"}));
}

#[test]
fn jw_15_an_id_token_says_what_is_known_and_no_more() {
    let bare = json!({"iss": "https://id.example/", "sub": "auth0|1", "aud": "app", "iat": 1_000, "exp": 37_000});
    check(id_token(&MINIMAL, &ADA, told(&ScopeSet::parse("openid"))), &bare);
    let claims = full_id_token();
    let expected = [
        ("nonce", json!("n")),
        ("sid", json!("s")),
        ("auth_time", json!(900)),
        ("amr", json!(["pwd", "mfa"])),
        ("acr", json!("urn:acr")),
        ("c_hash", json!("c")),
        ("at_hash", json!("a")),
        ("aud", json!("app")),
        ("email", json!("ada@example.com")),
    ];
    for (name, value) in expected {
        assert_eq!(claims.get(name), Some(&value), "{name}");
    }
}

#[test]
fn an_access_token_takes_the_shape_of_its_profile() {
    let scope = ScopeSet::parse("openid read:things");
    let both = json!(["https://api.example/", "https://id.example/userinfo"]);
    check(
        access_token(&access_claims(&scope, AccessTokenProfile::Auth0)),
        &json!({
            "iss": "https://id.example/",
            "sub": "auth0|1",
            "aud": both,
            "iat": 1_000,
            "exp": 87_400,
            "azp": "app",
            "gty": "refresh_token",
            "jti": "j",
            "scope": "openid read:things",
        }),
    );
    check(
        access_token(&access_claims(&scope, AccessTokenProfile::Rfc9068)),
        &json!({
            "iss": "https://id.example/",
            "sub": "auth0|1",
            "aud": both,
            "iat": 1_000,
            "exp": 87_400,
            "client_id": "app",
            "jti": "j",
            "scope": "openid read:things",
        }),
    );
}

#[test]
fn tokens_of_one_second_differ() {
    let scope = ScopeSet::parse("openid");
    for profile in [AccessTokenProfile::Auth0, AccessTokenProfile::Rfc9068] {
        let one = access_claims(&scope, profile);
        assert_ne!(access_token(&one), access_token(&AccessTokenClaims { jti: "k", ..one }), "{profile:?}");
    }
}

#[test]
fn userinfo_is_an_audience_only_with_openid() {
    for (scope, userinfo_audience) in [("read:things", Some("https://id.example/userinfo")), ("openid", None)] {
        let scope = ScopeSet::parse(scope);
        let token = AccessTokenClaims { userinfo_audience, ..access_claims(&scope, AccessTokenProfile::Auth0) };
        assert_eq!(access_token(&token)["aud"], "https://api.example/", "{scope}");
    }
}

#[test]
fn permissions_are_told_even_if_there_are_none_but_an_empty_scope_is_not() {
    let scope = ScopeSet::default();
    let token = AccessTokenClaims { permissions: Some(&[]), ..access_claims(&scope, AccessTokenProfile::Auth0) };
    let claims = access_token(&token);
    assert_eq!(claims["permissions"], json!([]));
    assert!(!claims.contains_key("scope"));
}

#[test]
fn an_endless_lifetime_does_not_overflow() {
    let token = IdTokenClaims { lifetime: u64::MAX, ..MINIMAL };
    assert_eq!(id_token(&token, &ADA, told(&ScopeSet::default()))["exp"], i64::MAX);
}

#[test]
fn half_hashes_are_those_of_the_specification() {
    // OpenID Connect Core A.3 and A.4.
    assert_eq!(half_hash("jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y"), "77QmUPtjPfzWtF2AnpK9RQ");
    assert_eq!(half_hash("Qcb0Orv1zh30vL1MPRsbm-diHiMwcLyZvn1arpZv-Jxf_11jnpEX3Tgfvk"), "LDktKdoQak3Pk0cnXxCltA");
}

#[test]
fn the_list_of_id_token_claims_is_complete() {
    let claims = full_id_token();
    let mut names: Vec<_> = claims.keys().map(String::as_str).collect();
    names.sort_unstable();
    assert_eq!(names, OF_ID_TOKENS);
}
