//! From an empty database to somebody who is signed in, by the Management API alone, in Auth0's shapes: what the
//! getting-started guide says.

use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::{Admin, Answer, Application, Browser, Engine, Installation, PASSWORD, http, on_each_engine};

const API: &str = "https://api.example.com/";

on_each_engine! {
    an_empty_database_becomes_a_sign_in,
    a_machine_calls_an_api_once_it_has_a_grant,
    what_does_not_fit_is_refused_in_auth0s_shape,
}

async fn an_empty_database_becomes_a_sign_in(engine: Engine) {
    let broker = Installation::new(engine).start().await;
    let admin = Admin::of(&broker).await;

    let api = json!({
        "identifier": API,
        "name": "Orders",
        "scopes": [{ "value": "read:orders", "description": "See orders" }],
        "allow_offline_access": true,
    });
    assert_eq!(admin.post("resource-servers", &api).await["signing_alg"], "RS256");
    let client = json!({
        "name": "Shop",
        "app_type": "regular_web",
        "callbacks": ["https://shop.example/callback"],
        "allowed_logout_urls": ["https://shop.example/"],
    });
    let client = admin.post("clients", &client).await;
    let connection = json!({
        "name": "Username-Password-Authentication",
        "strategy": "auth0",
        "enabled_clients": [client["client_id"]],
    });
    admin.post("connections", &connection).await;
    let user = json!({
        "connection": "Username-Password-Authentication",
        "email": "Ada@Example.com",
        "email_verified": true,
        "password": PASSWORD,
        "name": "Ada Lovelace",
        "user_metadata": { "colour": "blue" },
        "app_metadata": { "plan": "gold" },
    });
    let user = admin.post("users", &user).await;
    assert_eq!(user["email"], "ada@example.com");
    assert_eq!(user["identities"][0]["connection"], "Username-Password-Authentication");
    assert_eq!(user["user_metadata"]["colour"], "blue");

    let application = Application { audience: Some(API.to_owned()), ..Application::new(broker.issuer(), &client) };
    let mut browser = Browser::new();
    let page = application.open(&mut browser).await;
    let answer = page.submit(&mut browser, "ada@example.com", PASSWORD).await.expect(303);
    let tokens = application.redeem(&answer).await;
    let claims = tokens.claims();
    for (name, expected) in [
        ("iss", json!(broker.issuer())),
        ("sub", user["user_id"].clone()),
        ("aud", client["client_id"].clone()),
        ("nonce", json!("nonce-of-the-application")),
        ("name", json!("Ada Lovelace")),
        ("email", json!("ada@example.com")),
        ("email_verified", json!(true)),
    ] {
        assert_eq!(claims[name], expected, "{name}: {claims}");
    }
    check_is_published(&application, &tokens.kid()).await;
    assert_eq!(application.userinfo(&tokens).await.expect(200).json()["sub"], user["user_id"]);
    assert!(application.refresh(tokens.refresh_token()).await.expect(200).json()["access_token"].is_string());

    // The browser is signed in now, and every other application of the deployment profits from it.
    let silent = browser.get(&application.authorization_url(&[("prompt", "none")])).await.expect(302);
    assert_eq!(application.redeem(&silent).await.sub(), tokens.sub());
    // Somebody else may have the cookie, which a browser that leaves is told to forget.
    let mut copy = browser.clone();
    let there = "https://shop.example/";
    let logout = application.url(&format!("v2/logout?client_id={}&returnTo={there}", application.client_id));
    assert_eq!(browser.get(&logout).await.expect(302).location(), there);
    for browser in [&mut browser, &mut copy] {
        assert_eq!(application.ask_silently(browser).await.as_deref(), Some("login_required"));
    }

    let seen = admin.events(&application.client_id).await;
    for code in ["s", "seacft", "sertft", "ssa", "slo"] {
        assert!(seen.iter().any(|event| event == code), "{code} is not among {seen:?}");
    }
    broker.stop().await;
}

async fn check_is_published(application: &Application, kid: &str) {
    let discovery =
        Answer::of(http().get(application.url(".well-known/openid-configuration"))).await.expect(200).json();
    assert_eq!(discovery["issuer"], application.issuer);
    let jwks = Answer::of(http().get(discovery["jwks_uri"].as_str().expect("a URL"))).await.expect(200).json();
    let keys = jwks["keys"].as_array().expect("keys");
    assert!(keys.iter().any(|key| key["kid"] == kid), "{kid} is not in {jwks}");
    assert!(keys.iter().all(|key| key.get("d").is_none()), "a private key is published");
}

async fn a_machine_calls_an_api_once_it_has_a_grant(engine: Engine) {
    let broker = Installation::new(engine).start().await;
    let admin = Admin::of(&broker).await;
    let api = json!({ "identifier": API, "scopes": [{ "value": "read:orders" }, { "value": "write:orders" }] });
    admin.post("resource-servers", &api).await;
    let client = json!({ "name": "Nightly report", "app_type": "non_interactive" });
    let client = admin.post("clients", &client).await;
    let ask = async || {
        let form = [
            ("grant_type", "client_credentials"),
            ("client_id", client["client_id"].as_str().expect("an id")),
            ("client_secret", client["client_secret"].as_str().expect("a secret")),
            ("audience", API),
        ];
        Answer::of(http().post(format!("{}oauth/token", broker.issuer())).form(&form)).await
    };

    let refused = ask().await.expect(400);
    assert_eq!(refused.error(), "access_denied");
    let grant = json!({ "client_id": client["client_id"], "audience": API, "scope": ["read:orders"] });
    let grant = admin.post("client-grants", &grant).await;
    let issued = ask().await.expect(200).json();
    assert_eq!((&issued["scope"], &issued["token_type"]), (&json!("read:orders"), &json!("Bearer")));
    assert_eq!(issued.get("refresh_token"), None);

    // A token for one API is none for another, however it was signed.
    let foreign = issued["access_token"].as_str().expect("a token");
    let url = format!("{}api/v2/users", broker.issuer());
    Answer::of(http().get(&url).bearer_auth(foreign)).await.expect(401);

    let path = format!("client-grants/{}", grant["id"].as_str().expect("an id"));
    admin.call(Method::DELETE, &path, None).await.expect(204);
    assert_eq!(ask().await.expect(400).error(), "access_denied");
    broker.stop().await;
}

async fn what_does_not_fit_is_refused_in_auth0s_shape(engine: Engine) {
    let broker = Installation::new(engine).start().await;
    let admin = Admin::of(&broker).await;
    let application = admin.application_for("ada@example.com").await;
    let before = admin.everything().await;
    let check = async |method: Method, path: &str, body: Option<Value>, status: u16| {
        let answer = admin.call(method, path, body.as_ref()).await.expect(status).json();
        assert_eq!(answer["statusCode"], status, "{answer}");
        assert!(answer["error"].is_string() && answer["message"].is_string(), "{answer}");
        answer
    };
    let person = json!({ "connection": "people", "email": "ada@example.com", "password": PASSWORD });
    assert_eq!(check(Method::POST, "users", Some(person), 409).await["message"], "The user already exists.");
    let nobody = check(Method::GET, "users/auth0%7Cnobody", None, 404).await;
    assert_eq!(nobody["errorCode"], "inexistent_user");
    let weak = json!({ "connection": "people", "email": "bob@example.com", "password": "password" });
    let weak = check(Method::POST, "users", Some(weak), 400).await;
    assert!(weak["message"].as_str().is_some_and(|text| text.starts_with("Password")), "{weak}");
    let surplus = json!({ "name": "x", "favourite_colour": "blue" });
    assert_eq!(check(Method::POST, "clients", Some(surplus), 400).await["errorCode"], "invalid_body");
    let path = format!("clients/{}", application.client_id);
    let relative = json!({ "callbacks": ["/callback"] });
    check(Method::PATCH, &path, Some(relative), 400).await;
    Answer::of(http().get(format!("{}api/v2/users", broker.issuer()))).await.expect(401);
    assert_eq!(admin.everything().await, before);
    broker.stop().await;
}
