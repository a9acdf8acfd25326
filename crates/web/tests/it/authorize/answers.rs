//! What a client may have answered, and how it travels.

use model::client::Client;
use protocol::authorization::ResponseMode;
use protocol::client_metadata::{AppType, GrantType};
use testkit::{App, RelyingParty};

use super::{check_asks, check_told};
use crate::site::{EMAIL, PASSWORD, Site, claims};

#[tokio::test]
async fn az_10_a_client_gets_only_the_response_types_of_its_grants() {
    let site = Site::new().await;
    let request = |response_type| site.client.request().with("response_type", response_type);
    check_told(&site.app, &site.client.request().without("response_type"), "invalid_request").await;
    for unknown in ["none", "CODE", "code none", "code code", "code,token"] {
        check_told(&site.app, &request(unknown), "unsupported_response_type").await;
    }
    for not_allowed in ["id_token", "token", "id_token token", "code id_token", "code token", "token id_token code"] {
        check_told(&site.app, &request(not_allowed), "unauthorized_client").await;
    }
    let machine = site.app.add_client("machine", |client| client.grant_types = vec![GrantType::ClientCredentials]);
    check_told(&site.app, &machine.await.request(), "unauthorized_client").await;
}

/// A client that may have ID tokens through the browser.
async fn implicit(site: &Site) -> RelyingParty {
    let client = site.app.add_client("implicit", |client| client.grant_types.push(GrantType::Implicit)).await;
    site.enable(&client).await;
    client
}

#[tokio::test]
async fn az_11_a_token_never_travels_in_a_query() {
    let site = Site::new().await;
    let client = implicit(&site).await;
    for mode in ["web_message", "jwt", "QUERY", "form-post"] {
        check_told(&site.app, &client.request().with("response_mode", mode), "invalid_request").await;
    }
    let id_token = client.request().with("response_type", "id_token").without("code_challenge");
    let id_token = id_token.without("code_challenge_method");
    check_told(&site.app, &id_token.clone().with("response_mode", "query"), "invalid_request").await;
    check_told(&site.app, &id_token.clone().without("nonce"), "invalid_request").await;
    for (mode, expected) in [
        (None, ResponseMode::Fragment),
        (Some("fragment"), ResponseMode::Fragment),
        (Some("form_post"), ResponseMode::FormPost),
    ] {
        let url = mode.map_or(id_token.clone(), |mode| id_token.clone().with("response_mode", mode));
        let answer = site.log_in(&mut site.app.browser(), &url).await;
        assert_eq!((answer.mode, answer.uri.as_str()), (expected, client.redirect_uri.as_str()));
        let claims = claims(answer.field("id_token"));
        assert_eq!((claims["nonce"].as_str(), claims["aud"].as_str()), (Some("n0nce"), Some("implicit")));
        assert!(!answer.fields.contains_key("code") && !answer.fields.contains_key("access_token"));
    }
}

#[tokio::test]
async fn az_11_a_form_that_cannot_reach_a_native_application_is_refused_before_the_login() {
    let app = App::new().await;
    let native = |client: &mut Client| {
        client.app_type = AppType::Native;
        client.callbacks = ["com.example.app:/cb", "http://127.0.0.1/cb"].map(Into::into).into();
    };
    let client = app.add_client("native", native).await;
    let connection = app.add_connection("people", &[&client], |_| {}).await;
    app.add_user(&connection, "auth0|ada", EMAIL, Some(testkit::native(PASSWORD))).await;
    let by_form = client.request().with("response_mode", "form_post");
    check_told(&app, &by_form, "invalid_request").await;
    check_asks(&app, &by_form.clone().with("redirect_uri", "http://127.0.0.1:51004/cb")).await;

    let mut browser = app.browser();
    browser.log_in(&client.request(), EMAIL, PASSWORD).await.answer().code();
    let before = app.dump().await;
    let refused = browser.authorize(&by_form).await.answer();
    assert_eq!((refused.uri.as_str(), refused.mode), ("com.example.app:/cb", ResponseMode::Query));
    let words = "response_mode=form_post needs an http or https redirect_uri; leave response_mode out";
    assert_eq!((refused.error(), refused.field("error_description")), ("invalid_request", words));
    app.assert_unchanged_since(&before).await;
}

#[tokio::test]
async fn az_13_every_answer_names_the_issuer() {
    let site = Site::new().await;
    let discovery = site.app.get("/.well-known/openid-configuration").await.json();
    assert_eq!(discovery["authorization_response_iss_parameter_supported"], true);
    let issuer = discovery["issuer"].as_str().unwrap();
    for mode in ["query", "fragment", "form_post"] {
        let url = site.client.request().with("response_mode", mode);
        let mut browser = site.app.browser();
        let refused = browser.authorize(&url.clone().with("prompt", "none")).await.answer();
        let signed_in = site.log_in(&mut browser, &url).await;
        let silent = browser.authorize(&url.with("prompt", "none")).await.answer();
        for answer in [refused, signed_in, silent] {
            assert_eq!(answer.field("iss"), issuer, "{answer:?}");
        }
    }
}
