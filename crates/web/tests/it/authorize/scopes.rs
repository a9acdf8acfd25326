//! What of all that is asked for is granted.

use protocol::client_metadata::GrantType;
use testkit::{AuthorizationUrl, RelyingParty, for_each_engine};

use super::check_told;
use crate::site::{API, EMAIL, PASSWORD, Site, claims};

async fn granted(site: &Site, client: &RelyingParty, url: AuthorizationUrl) -> serde_json::Value {
    let code = site.code_for(&url).await;
    let tokens = client.exchange(&site.app, &code).await.json();
    let is_jwt = url.pairs().iter().any(|(name, _)| *name == "audience");
    if is_jwt {
        let claims = claims(tokens["access_token"].as_str().unwrap());
        assert_eq!(claims["scope"], tokens["scope"], "the token and the answer agree");
    }
    assert_eq!(
        tokens["scope"].as_str().unwrap_or_default().contains("offline_access"),
        tokens["refresh_token"].is_string()
    );
    tokens["scope"].clone()
}

/// OpenID Connect Core 11: a client asks for more than it may have, and is told by the scope that it has less.
#[tokio::test]
async fn rt_14_offline_access_that_is_not_allowed_brings_neither_a_refresh_token_nor_an_error() {
    for_each_engine(async |app| {
        let site = Site::on(app).await;
        let online = "https://online.test/";
        site.app.add_api(online, &["read:notes"], |api| api.allow_offline_access = false).await;
        let brief = site.app.add_client("brief", |client| client.grant_types = vec![GrantType::AuthorizationCode]);
        let brief = brief.await;
        site.enable(&brief).await;
        let asked = "openid read:notes offline_access";
        for (client, audience, scope) in [
            (&site.client, online, "openid read:notes"),
            (&brief, API, "openid read:notes"),
            (&brief, online, "openid read:notes"),
        ] {
            let url = client.request().scope(asked).with("audience", audience);
            let tokens = client.exchange(&site.app, &site.code_for(&url).await).await;
            assert_eq!((tokens.status.as_u16(), tokens.text("scope").as_str()), (200, scope), "{audience}");
            assert_eq!(tokens.json().get("refresh_token"), None, "{audience}");
            assert!(site.app.dump().await.rows("refresh_tokens").is_empty(), "{audience}");
        }
    })
    .await;
}

/// CVE-2026-16102.
#[tokio::test]
async fn az_23_people_grant_only_what_client_and_api_have() {
    let site = Site::new().await;
    let management = format!("{}api/v2/", site.app.issuer());
    let request = || site.client.request();
    let scope = granted(&site, &site.client, request().scope("openid admin read:notes read:users")).await;
    assert_eq!(scope, "openid");
    let url = request().scope("openid read:notes delete:notes read:users offline_access").with("audience", API);
    assert_eq!(granted(&site, &site.client, url).await, "openid read:notes offline_access");
    let url = request().scope("openid read:users create:clients").with("audience", &management);
    assert_eq!(granted(&site, &site.client, url).await, "openid");

    site.app.add_api("https://online.test/", &["read:notes"], |api| api.allow_offline_access = false).await;
    let url = request().scope("openid read:notes offline_access").with("audience", "https://online.test/");
    assert_eq!(granted(&site, &site.client, url).await, "openid read:notes");
    let brief = site.app.add_client("brief", |client| client.grant_types = vec![GrantType::AuthorizationCode]).await;
    site.enable(&brief).await;
    assert_eq!(granted(&site, &brief, brief.request().scope("openid offline_access")).await, "openid");
}

#[tokio::test]
async fn az_24_no_token_is_issued_for_an_api_that_does_not_exist() {
    let site = Site::new().await;
    for audience in ["https://api.test", "https://API.test/", "https://other.test/api/v2/", "id of https://api.test/"] {
        let url = site.client.request().with("audience", audience);
        check_told(&site.app, &url, "access_denied").await;
        let answer = site.app.browser().authorize(&url).await.answer();
        assert_eq!(answer.field("error_description"), format!("Service not found: {audience}"));
    }
    let mut browser = site.app.browser();
    let url = site.client.request().with("audience", &format!("{}userinfo", site.app.issuer()));
    browser.log_in(&url, EMAIL, PASSWORD).await.answer().code();
}
