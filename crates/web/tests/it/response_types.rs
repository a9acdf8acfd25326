//! What an answer through the browser brings, for clients that ask for more than a code.

use std::collections::BTreeSet;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use protocol::authorization::ResponseMode;
use protocol::client_metadata::GrantType;
use serde_json::json;
use sha2::{Digest, Sha256};
use testkit::{AuthorizationUrl, for_each_engine};

use crate::site::{Site, claims};

async fn site() -> Site {
    with_implicit(Site::new().await).await
}

async fn with_implicit(site: Site) -> Site {
    site.app.change_client(&site.client.client_id, |client| client.grant_types.push(GrantType::Implicit)).await;
    site
}

fn asking(site: &Site, response_type: &str) -> AuthorizationUrl {
    let url = site.client.request().with("response_type", response_type).scope("openid email offline_access");
    if response_type.contains("code") { url } else { url.without("code_challenge").without("code_challenge_method") }
}

/// OpenID Connect Core 3.1.3.6.
fn half_hash(text: &str) -> String {
    URL_SAFE_NO_PAD.encode(&Sha256::digest(text)[..16])
}

#[tokio::test]
async fn each_response_type_brings_what_its_words_say() {
    for response_type in
        ["code", "id_token", "token", "token id_token", "id_token code", "code token", "token code id_token"]
    {
        let site = site().await;
        let answer = site.log_in(&mut site.app.browser(), &asking(&site, response_type)).await;
        let words: BTreeSet<_> = response_type.split(' ').collect();
        let mode = if response_type == "code" { ResponseMode::Query } else { ResponseMode::Fragment };
        assert_eq!(answer.mode, mode, "{response_type}");
        let access_token = answer.fields.get("access_token");
        assert_eq!(answer.fields.contains_key("code"), words.contains("code"), "{response_type}");
        assert_eq!(answer.fields.contains_key("id_token"), words.contains("id_token"), "{response_type}");
        assert_eq!(access_token.is_some(), words.contains("token"), "{response_type}");
        assert_eq!(answer.fields.get("refresh_token"), None);
        assert_eq!((answer.field("state"), answer.field("iss")), ("st4te", site.app.issuer()));
        if let Some(token) = access_token {
            assert_eq!((answer.field("token_type"), answer.field("expires_in")), ("Bearer", "86400"));
            assert_eq!(answer.field("scope"), "openid email", "nothing goes on offline");
            assert_eq!(site.app.userinfo(token).await.json()["sub"], "auth0|ada");
        }
        if let Some(token) = answer.fields.get("id_token") {
            let claims = claims(token);
            assert_eq!((&claims["sub"], &claims["nonce"]), (&json!("auth0|ada"), &json!("n0nce")));
            let hash = |name: &str| answer.fields.get(name).map(|text| json!(half_hash(text)));
            assert_eq!(claims.get("at_hash").cloned(), hash("access_token"), "{response_type}");
            assert_eq!(claims.get("c_hash").cloned(), hash("code"), "{response_type}");
        }
        if words.contains("code") {
            assert_eq!(site.client.exchange(&site.app, answer.code()).await.status, 200, "{response_type}");
        }
    }
}

#[tokio::test]
async fn an_api_says_how_long_a_token_in_a_browser_lives() {
    let site = site().await;
    let careful = "https://careful.test/";
    site.app.add_api(careful, &["read:notes"], |api| api.token_lifetime_for_web = 600).await;
    let url = asking(&site, "token").scope("openid read:notes").with("audience", careful);
    let answer = site.log_in(&mut site.app.browser(), &url).await;
    let claims = claims(answer.field("access_token"));
    assert_eq!(claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(), 600);
    assert_eq!((answer.field("expires_in"), &claims["aud"][0]), ("600", &json!(careful)));
}

#[tokio::test]
async fn a_token_from_the_browser_can_be_revoked() {
    for_each_engine(async |app| {
        let site = with_implicit(Site::on(app).await).await;
        let answer = site.log_in(&mut site.app.browser(), &asking(&site, "token")).await;
        let token = answer.field("access_token");
        assert_eq!(site.client.introspect(&site.app, token).await.json()["active"], true);
        assert_eq!(site.client.revoke(&site.app, token).await.status, 200);
        assert_eq!(site.client.introspect(&site.app, token).await.json(), json!({ "active": false }));
        assert_eq!(site.app.userinfo(token).await.status, 401);
    })
    .await;
}

#[tokio::test]
async fn co_01_a_code_used_twice_takes_the_token_beside_it_along() {
    let site = site().await;
    let answer = site.log_in(&mut site.app.browser(), &asking(&site, "code token")).await;
    assert_eq!(site.client.exchange(&site.app, answer.code()).await.status, 200);
    assert_eq!(site.app.userinfo(answer.field("access_token")).await.status, 200);
    assert_eq!(site.client.exchange(&site.app, answer.code()).await.refusal().1, "invalid_grant");
    assert_eq!(site.app.userinfo(answer.field("access_token")).await.status, 401);
}

#[tokio::test]
async fn az_10_az_11_tokens_go_to_clients_that_may_have_them_and_never_in_a_query() {
    let site = Site::new().await;
    let mut browser = site.app.browser();
    site.log_in(&mut browser, &site.client.request()).await.code();
    let before = site.app.dump().await;
    for response_type in ["token", "id_token token", "code token", "code id_token", "code id_token token"] {
        let answer = browser.authorize(&asking(&site, response_type)).await.answer();
        assert_eq!((answer.error(), answer.mode), ("unauthorized_client", ResponseMode::Fragment), "{response_type}");
    }
    site.app.assert_unchanged_since(&before).await;
    let site = with_implicit(site).await;
    let before = site.app.dump().await;
    for response_type in ["token", "code token"] {
        let url = asking(&site, response_type).with("response_mode", "query");
        let answer = browser.authorize(&url).await.answer();
        assert_eq!((answer.error(), answer.mode), ("invalid_request", ResponseMode::Query), "{response_type}");
        assert!(!answer.fields.contains_key("access_token") && !answer.fields.contains_key("code"));
    }
    for without_nonce in ["id_token token", "code id_token"] {
        let answer = browser.authorize(&asking(&site, without_nonce).without("nonce")).await.answer();
        assert_eq!(answer.error(), "invalid_request", "{without_nonce}");
    }
    site.app.assert_unchanged_since(&before).await;
}

#[tokio::test]
async fn a_form_brings_tokens_as_well() {
    let site = site().await;
    let url = asking(&site, "code id_token token").with("response_mode", "form_post");
    let answer = site.log_in(&mut site.app.browser(), &url).await;
    assert_eq!(answer.mode, ResponseMode::FormPost);
    for name in ["access_token", "code", "id_token"] {
        answer.field(name);
    }
}
