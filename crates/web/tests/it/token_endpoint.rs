//! The token endpoint: who calls it, how, and with which grants.

use axum::body::Body;
use http::{Request, header};
use protocol::client_metadata::{AppType, GrantType};
use testkit::{Answer, App, RelyingParty};

use crate::site::{API, EMAIL, PASSWORD, Site, claims};

/// An application that may do everything machines do, for an API.
async fn machine(app: &App, name: &str) -> RelyingParty {
    let machine = app.add_client(name, |client| client.grant_types = vec![GrantType::ClientCredentials]).await;
    app.add_client_grant(&machine, API, "read:notes").await;
    machine
}

const MACHINE: [(&str, &str); 2] = [("grant_type", "client_credentials"), ("audience", API)];

#[tokio::test]
async fn a_machine_gets_what_was_granted_to_it() {
    let site = Site::new().await;
    let machine = machine(&site.app, "machine").await;
    let tokens = site.app.token(&machine.with_credentials(&MACHINE)).await;
    let answer = tokens.json();
    assert_eq!((answer["scope"].as_str(), answer["expires_in"].as_u64()), (Some("read:notes"), Some(3600)));
    assert!(answer["refresh_token"].is_null() && answer["id_token"].is_null());
    let claims = claims(&tokens.text("access_token"));
    let expected = [
        ("iss", site.app.issuer()),
        ("sub", "machine@clients"),
        ("azp", "machine"),
        ("aud", API),
        ("gty", "client-credentials"),
        ("scope", "read:notes"),
    ];
    for (name, value) in expected {
        assert_eq!(claims[name], value, "{name}");
    }
    assert_eq!(site.app.events_of("seccft").await.len(), 1);
}

#[tokio::test]
async fn az_23_az_24_a_machine_gets_nothing_that_was_not_granted() {
    let site = Site::new().await;
    let machine = machine(&site.app, "machine").await;
    let management = format!("{}api/v2/", site.app.issuer());
    let before = site.app.dump().await;
    let cases = [
        (Some("read:notes write:notes"), Some(API), "invalid_scope"),
        (Some("read:users"), Some(API), "invalid_scope"),
        (None, Some(management.as_str()), "access_denied"),
        (None, Some("https://other.test/"), "access_denied"),
        (None, Some("id of https://api.test/"), "access_denied"),
        (None, None, "invalid_request"),
        (None, Some(&"x".repeat(5000)), "access_denied"),
    ];
    for (scope, audience, error) in cases {
        let asked = [("scope", scope), ("audience", audience)];
        let asked = asked.iter().filter_map(|(name, value)| Some((*name, (*value)?)));
        let fields: Vec<_> = [MACHINE[0]].into_iter().chain(asked).collect();
        let answer = site.app.token(&machine.with_credentials(&fields)).await;
        assert_eq!(answer.refusal(), (400, error.to_owned()), "{scope:?} {audience:?}");
    }
    site.app.assert_unchanged_since(&before).await;
    let told = site.app.events_of("feccft").await;
    assert_eq!(told.len(), cases.len(), "each refusal is told of");
    assert!(told.iter().all(|event| event.client_id.as_ref() == Some(&machine.client_id)));
    assert!(told.iter().all(|event| event.description.as_ref().unwrap().len() <= 700));
}

/// Anybody can send wrong secrets without end, and must not fill the log with them.
#[tokio::test]
async fn rl_11_a_wrong_secret_is_told_of_ten_times_a_minute_for_each_client() {
    let site = Site::new().await;
    machine(&site.app, "machine").await;
    machine(&site.app, "other").await;
    let guess = async |client: &str, fields: &[(&str, &str)]| {
        let credentials = [("client_id", client), ("client_secret", "a guess")];
        assert_eq!(site.app.token(&[fields, &credentials].concat()).await.status, 401);
    };
    let told = async |code: &str| site.app.events_of(code).await.len();
    for _ in 0..12 {
        guess("machine", &MACHINE).await;
    }
    guess("nobody", &MACHINE).await;
    assert_eq!(told("feccft").await, 10);
    guess("other", &[("grant_type", "refresh_token"), ("refresh_token", "x")]).await;
    let [event] = &site.app.events_of("fertft").await[..] else { panic!("one event") };
    assert_eq!(event.client_id.as_ref().map(model::ClientId::as_str), Some("other"));
    assert_eq!(event.details["reason"], "client_authentication");
    site.app.advance(std::time::Duration::from_mins(1));
    guess("machine", &MACHINE).await;
    assert_eq!(told("feccft").await, 11);
}

/// Rauthy audit 2025, RAUTHY-005.
#[tokio::test]
async fn te_01_whoever_is_not_believed_hears_the_same() {
    let site = Site::new().await;
    let (machine, other) = (machine(&site.app, "machine").await, machine(&site.app, "other").await);
    site.app.add_public_client("public", AppType::Spa).await;
    let gone = site.app.add_client("gone", |_| {}).await;
    site.app.delete_client(&gone.client_id).await;
    let before = site.app.dump().await;
    let (right, others) = (machine.secret.unwrap(), other.secret.unwrap());
    let cases = [
        ("machine", "wrong"),
        ("machine", &others),
        ("machine", &right[1..]),
        ("MACHINE", &right),
        ("nobody", &right),
        ("gone", gone.secret.as_deref().unwrap()),
        ("public", &right),
        ("machine", ""),
    ];
    let mut bodies = Vec::new();
    for (id, secret) in cases {
        let by_post = [("client_id", id), ("client_secret", secret)].into_iter().chain(MACHINE).collect::<Vec<_>>();
        let by_post = site.app.token(&by_post).await;
        let by_basic = site.app.token_by_basic(format!("{id}:{}", secret.replace(' ', "+")).as_bytes(), &MACHINE).await;
        assert_eq!(by_post.header("www-authenticate"), None, "{id}");
        assert_eq!(by_basic.header("www-authenticate"), Some("Basic realm=\"landbridge\""), "{id}");
        for answer in [by_post, by_basic] {
            assert_eq!(answer.refusal(), (401, "invalid_client".to_owned()), "{id} {secret}");
            bodies.push(answer.body);
        }
    }
    bodies.dedup();
    assert_eq!(bodies.len(), 1, "{bodies:?}");
    site.app.assert_unchanged_since(&before).await;
    assert!(
        right.contains(' ') && site.app.token_by_basic(b"machine:the+secret+of+machine", &MACHINE).await.status == 200
    );
}

#[tokio::test]
async fn te_02_a_client_authenticates_in_one_way() {
    let site = Site::new().await;
    let machine = machine(&site.app, "machine").await;
    let other = self::machine(&site.app, "other").await;
    let before = site.app.dump().await;
    let basic = b"machine:the+secret+of+machine";
    let twice = site.app.token_by_basic(basic, &machine.with_credentials(&MACHINE)).await;
    let two_names = site.app.token_by_basic(basic, &[MACHINE.as_slice(), &[("client_id", "other")]].concat()).await;
    let assertion = [("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer")];
    let with_basic = site.app.token_by_basic(basic, &[MACHINE.as_slice(), &assertion].concat()).await;
    let with_post = site.app.token(&[other.with_credentials(&MACHINE).as_slice(), &assertion].concat()).await;
    for answer in [twice, two_names, with_basic, with_post] {
        assert_eq!(answer.refusal(), (400, "invalid_request".to_owned()));
    }
    site.app.assert_unchanged_since(&before).await;
    let same_name = [MACHINE.as_slice(), &[("client_id", "machine")]].concat();
    assert_eq!(site.app.token_by_basic(basic, &same_name).await.status, 200);
}

#[tokio::test]
async fn te_05_basic_credentials_are_decoded_exactly_once() {
    let site = Site::new().await;
    let machine = machine(&site.app, "a:b+c%3Aé").await;
    assert_eq!(machine.secret.as_deref(), Some("the secret of a:b+c%3Aé"));
    let encoded = "a%3Ab%2Bc%253A%C3%A9";
    let right = format!("{encoded}:the+secret+of+{encoded}");
    assert_eq!(site.app.token_by_basic(right.as_bytes(), &MACHINE).await.status, 200);
    assert_eq!(site.app.token_by_basic(right.replace('+', "%20").as_bytes(), &MACHINE).await.status, 200);
    let before = site.app.dump().await;
    let cases: &[&[u8]] = &[
        b"a%3Ab%2Bc%3A%C3%A9:the+secret+of+a%3Ab%2Bc%253A%C3%A9",
        b"a%3Ab%2Bc%253A%C3%A9:the%2Bsecret%2Bof%2Ba%3Ab%2Bc%253A%C3%A9",
        "a:b+c%3Aé:the secret of a:b+c%3Aé".as_bytes(),
        b"a%3Ab%2Bc%253A%C3%A9:",
        b"a%3Ab%2Bc%253A%C3%A9",
        b"\xff:\xff",
        b"a%zz:b",
        b"",
    ];
    for credentials in cases {
        let answer = site.app.token_by_basic(credentials, &MACHINE).await;
        assert_eq!(answer.refusal(), (401, "invalid_client".to_owned()), "{}", credentials.escape_ascii());
    }
    assert_eq!(site.app.token_by_basic(b":secret", &MACHINE).await.refusal(), (400, "invalid_request".to_owned()));
    site.app.assert_unchanged_since(&before).await;
}

/// Authentik CVE-2024-38371, CVE-2024-52287.
#[tokio::test]
async fn te_06_a_client_uses_only_its_own_grants() {
    let site = Site::new().await;
    site.app.add_client_grant(&site.client, API, "read:notes").await;
    let machine = machine(&site.app, "machine").await;
    let code = site.code().await;
    let before = site.app.dump().await;
    let person = [("username", EMAIL), ("password", PASSWORD), ("realm", &site.connection.name)];
    let realm = "http://auth0.com/oauth/grant-type/password-realm";
    for (client, fields) in [
        (&site.client, MACHINE.to_vec()),
        (&site.client, [[("grant_type", "password")].as_slice(), &person].concat()),
        (&site.client, [[("grant_type", realm)].as_slice(), &person].concat()),
        (&machine, vec![("grant_type", "authorization_code"), ("code", &code)]),
        (&machine, vec![("grant_type", "refresh_token"), ("refresh_token", &code)]),
    ] {
        let answer = site.app.token(&client.with_credentials(&fields)).await;
        assert_eq!(answer.refusal(), (400, "unauthorized_client".to_owned()), "{fields:?}");
    }
    let unknown = ["urn:ietf:params:oauth:grant-type:token-exchange", "implicit", "AUTHORIZATION_CODE", "x"];
    for grant in unknown {
        let answer = site.app.token(&site.client.with_credentials(&[("grant_type", grant)])).await;
        assert_eq!(answer.refusal(), (400, "unsupported_grant_type".to_owned()), "{grant}");
    }
    let answer = site.app.token(&site.client.with_credentials(&[])).await;
    assert_eq!(answer.refusal(), (400, "invalid_request".to_owned()));
    site.app.assert_unchanged_since(&before).await;
}

/// Doorkeeper CVE-2018-1000211.
#[tokio::test]
async fn te_07_who_cannot_keep_a_secret_is_no_machine() {
    let site = Site::new().await;
    let public = site.app.add_public_client("public", AppType::Native).await;
    let grants = vec![GrantType::ClientCredentials];
    site.app.change_client(&public.client_id, |client| client.grant_types = grants).await;
    site.app.add_client_grant(&public, API, "read:notes").await;
    let before = site.app.dump().await;
    let answer = site.app.token(&public.with_credentials(&MACHINE)).await;
    assert_eq!(answer.refusal(), (400, "unauthorized_client".to_owned()));
    site.app.assert_unchanged_since(&before).await;
}

async fn post(app: &App, content_type: Option<&str>, body: impl Into<Body>) -> Answer {
    let mut request = Request::post("/oauth/token");
    if let Some(content_type) = content_type {
        request = request.header(header::CONTENT_TYPE, content_type);
    }
    app.call(request.body(body.into()).unwrap()).await
}

const FORM: &str = "application/x-www-form-urlencoded";
const JSON: &str = "application/json";

#[tokio::test]
async fn te_08_a_request_is_a_form_or_a_json_object() {
    let site = Site::new().await;
    machine(&site.app, "machine").await;
    let form = "grant_type=client_credentials&audience=https://api.test/&client_id=machine\
                &client_secret=the+secret+of+machine";
    let json = r#"{"grant_type":"client_credentials","audience":"https://api.test/","client_id":"machine",
                   "client_secret":"the secret of machine","deep":{"ignored":[1]}}"#;
    for content_type in [FORM, "Application/X-WWW-Form-Urlencoded; charset=utf-8"] {
        assert_eq!(post(&site.app, Some(content_type), form).await.status, 200, "{content_type}");
    }
    for content_type in [JSON, "application/json; charset=UTF-8"] {
        assert_eq!(post(&site.app, Some(content_type), json).await.status, 200, "{content_type}");
    }
    let before = site.app.dump().await;
    for content_type in [None, Some("text/plain"), Some("multipart/form-data; boundary=x"), Some("application/jsonp")] {
        for body in [form, json] {
            let answer = post(&site.app, content_type, body).await;
            assert_eq!(answer.refusal(), (415, "invalid_request".to_owned()), "{content_type:?}");
        }
    }
    let unreadable: [(&str, &[u8]); 11] = [
        (FORM, b"grant_type=client_credentials&grant_type=client_credentials"),
        (JSON, br#"{"grant_type":"client_credentials","grant_type":"client_credentials"}"#),
        (FORM, b"grant_type=client_credentials&client_id=\xff"),
        (JSON, b"{\"grant_type\":\"client_credentials\",\"client_id\":\"\xff\"}"),
        (FORM, b"grant_type=client_credentials&client_id=%00"),
        (JSON, br#"{"grant_type":"client_credentials","client_id":"\u0000"}"#),
        (JSON, br#"["grant_type"]"#),
        (JSON, br#"{"grant_type":"client_credentials""#),
        (JSON, b""),
        (FORM, b""),
        (FORM, br#"{"grant_type":"client_credentials"}"#),
    ];
    for (content_type, body) in unreadable {
        let answer = post(&site.app, Some(content_type), body).await;
        assert_eq!(answer.refusal(), (400, "invalid_request".to_owned()), "{}", body.escape_ascii());
    }
    let long = "x".repeat(65 * 1024);
    assert_eq!(post(&site.app, Some(FORM), long.clone()).await.refusal(), (413, "invalid_request".to_owned()));
    assert_eq!(post(&site.app, Some(JSON), long).await.refusal(), (413, "invalid_request".to_owned()));
    assert_eq!(site.app.get(&format!("/oauth/token?{form}")).await.status, 405);
    site.app.assert_unchanged_since(&before).await;
}

#[tokio::test]
async fn te_11_no_answer_with_tokens_is_kept() {
    let site = Site::new().await;
    let tokens = site.tokens("openid").await;
    let refused = site.client.exchange(&site.app, "x").await;
    let userinfo = site.app.userinfo(&tokens.text("access_token")).await;
    for answer in [&tokens, &refused, &userinfo] {
        assert_eq!(answer.header("cache-control"), Some("no-store"));
        assert_eq!(answer.header("content-type"), Some("application/json"));
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
    }
    assert_eq!((tokens.header("pragma"), refused.header("pragma")), (Some("no-cache"), Some("no-cache")));
}

#[tokio::test]
async fn a_password_in_a_client_s_hands_signs_in() {
    let site = Site::new().await;
    let client = site.app.add_client("cli", |client| {
        client.grant_types = vec![GrantType::PasswordRealm, GrantType::Password, GrantType::RefreshToken];
    });
    let client = client.await;
    site.enable(&client).await;
    let realm = "http://auth0.com/oauth/grant-type/password-realm";
    let person = [("username", "ADA@x.io"), ("password", PASSWORD), ("scope", "openid email offline_access")];
    let with_realm = [[("grant_type", realm), ("realm", site.connection.name.as_str())].as_slice(), &person].concat();
    let tokens = site.app.token(&client.with_credentials(&with_realm)).await;
    let id_token = claims(&tokens.text("id_token"));
    assert_eq!((id_token["sub"].as_str(), id_token["sid"].as_str()), (Some("auth0|ada"), None));
    assert_eq!(client.refresh(&site.app, &tokens.text("refresh_token")).await.status, 200);

    let without = [[("grant_type", "password")].as_slice(), &person].concat();
    let answer = site.app.token(&client.with_credentials(&without)).await;
    assert_eq!(answer.refusal(), (400, "invalid_request".to_owned()), "there is no default directory");
    let name = site.connection.name.clone();
    site.app.change_tenant(|tenant| tenant.default_directory = Some(name)).await;
    assert_eq!(site.app.token(&client.with_credentials(&without)).await.status, 200);
}
