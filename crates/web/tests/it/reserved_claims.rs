//! What the server itself says in tokens is said by nobody else.

use http::Method;
use model::JsonObject;
use serde_json::{Value, json};
use testkit::for_each_engine;

use crate::site::{API, Site, claims};

/// What tokens are judged by.
const RESERVED: [&str; 26] = [
    "iss",
    "sub",
    "aud",
    "exp",
    "iat",
    "nbf",
    "jti",
    "azp",
    "client_id",
    "gty",
    "scope",
    "permissions",
    "roles",
    "org_id",
    "org_name",
    "amr",
    "acr",
    "sid",
    "nonce",
    "cnf",
    "act",
    "auth_time",
    "at_hash",
    "c_hash",
    "email_verified",
    "phone_number_verified",
];

const FORGED: &str = "forged";

fn forged() -> JsonObject {
    RESERVED.iter().map(|name| ((*name).to_owned(), json!(FORGED))).collect()
}

/// Zitadel CVE-2024-29892, CVE-2026-16102.
#[tokio::test]
async fn jw_14_metadata_never_stands_in_for_a_claim() {
    for_each_engine(async |app| {
        let site = Site::on(app).await;
        site.app
            .change_user(&site.ada, |user| {
                (user.user_metadata, user.app_metadata) = (forged(), forged());
            })
            .await;
        let wanted: Value =
            RESERVED.iter().map(|name| ((*name).to_owned(), Value::Null)).collect::<JsonObject>().into();
        let asked = json!({"id_token": &wanted, "userinfo": &wanted}).to_string();
        let url = site.client.request().scope("openid email phone read:notes offline_access").with("audience", API);
        let url = RESERVED
            .iter()
            .filter(|name| !["scope", "nonce", "client_id"].contains(*name))
            .fold(url.with("claims", &asked), |url, name| url.with(name, FORGED));
        let first = site.client.exchange(&site.app, &site.code_for(&url).await).await;
        let second = site.client.refresh(&site.app, &first.text("refresh_token")).await;
        for tokens in [first, second] {
            let access_token = tokens.text("access_token");
            let userinfo = site.app.userinfo(&access_token).await.json();
            let told = [claims(&tokens.text("id_token")), claims(&access_token), userinfo];
            assert!(told.iter().all(|told| told["sub"] == "auth0|ada"), "{told:?}");
            for name in RESERVED {
                for told in &told {
                    let text = told.get(name).map(Value::to_string).unwrap_or_default();
                    assert!(!text.contains(FORGED), "{name} of {told}");
                }
            }
        }
    })
    .await;
}

/// What a claim is made of is no attribute that a record takes, `email_verified` aside, which an administrator vouches
/// for.
#[tokio::test]
async fn jw_14_no_attribute_of_a_person_is_called_like_a_claim() {
    let site = Site::new().await;
    let before = site.app.dump().await;
    for name in RESERVED.iter().filter(|name| **name != "email_verified") {
        let answer = site.app.manage(Method::PATCH, "users/auth0%7Cada", &json!({*name: FORGED})).await;
        assert!(answer.status.is_client_error(), "{name}");
    }
    let answer = site.app.manage(Method::PATCH, "users/auth0%7Cada", &json!({"email_verified": FORGED})).await;
    assert_eq!(answer.status, 400);
    site.app.assert_unchanged_since(&before).await;
}
