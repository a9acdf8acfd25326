//! Connections with a provider behind them.

use model::provider::{
    ClientAuthentication, EmailVerification, ParameterValue, ProfileField, Provider, ProviderEndpoints, UserIdForm,
};
use openssl::ec::{EcGroup, EcKey};
use openssl::nid::Nid;
use openssl::pkey::PKey;
use serde_json::{Value, json};
use testkit::for_each_engine;
use testkit::provider::LyingProvider;
use testkit::source::{Lie, Question};

use crate::api::{Api, each, expect, expect_refusal};

const SECRET: &str = "the secret of our client there";

/// A connection of this strategy with these options beside our client's.
async fn create(api: &Api, strategy: &str, options: Value) -> testkit::Answer {
    let mut all = json!({"client_id": "landbridge", "client_secret": SECRET});
    for (name, value) in options.as_object().expect("an object") {
        all[name] = value.clone();
    }
    api.post("/connections", json!({"name": "acme", "strategy": strategy, "options": all})).await
}

async fn created(api: &Api, strategy: &str, options: Value) -> (Value, Provider) {
    let shown = expect(&create(api, strategy, options).await, 201);
    let stored = api.app.find_connection("acme").await.expect("it was stored");
    (shown, stored.provider.expect("it has a provider"))
}

async fn check_refused(strategy: &str, options: Value, message: &str) {
    let api = Api::new().await;
    let before = api.app.dump().await;
    let refused = create(&api, strategy, options).await;
    expect_refusal(&refused, 400, Some("invalid_body"), &format!("Payload validation error: {message}"));
    api.app.assert_unchanged_since(&before).await;
}

#[tokio::test]
async fn an_openid_connection_lives_from_its_creation_to_its_deletion() {
    for_each_engine(async |app| {
        let api = Api::on(app).await;
        let peer = LyingProvider::start().await;
        let options =
            json!({"discovery_url": peer.discovery_url(), "type": "back_channel", "schema_version": "oidc-V4"});
        let (shown, provider) = created(&api, "oidc", options.clone()).await;
        let mut expected = options;
        expected["client_id"] = "landbridge".into();
        assert_eq!(shown["options"], expected);
        assert_eq!(provider.issuer, peer.issuer());
        assert_eq!(provider.endpoints, ProviderEndpoints::Discovered(peer.discovery_url()));
        assert_eq!(provider.scope, ["openid", "profile", "email"]);
        assert!(!api.app.dump().await.contains(SECRET), "it is sealed");

        let path = format!("/connections/{}", shown["id"].as_str().expect("an id"));
        let listed = expect(&api.get("/connections?strategy=oidc&include_totals=true").await, 200);
        assert_eq!(each(&listed["connections"], "name"), ["acme"]);
        let mut changed = shown["options"].clone();
        changed["scope"] = "openid email".into();
        let body = json!({"options": changed, "display_name": "Acme", "show_as_button": false});
        let changed = expect(&api.patch(&path, body).await, 200);
        assert_eq!((&changed["display_name"], &changed["show_as_button"]), (&json!("Acme"), &json!(false)));
        let provider = api.app.find_connection("acme").await.and_then(|stored| stored.provider).expect("it stays");
        assert_eq!(provider.scope, ["openid", "email"]);
        assert_eq!(peer.server.asked(Question::Discovery).len(), 1, "a place that stays is not looked at again");
        expect(&api.delete(&path).await, 204);
    })
    .await;
}

#[tokio::test]
async fn a_secret_stays_for_the_same_client_in_the_same_place_alone() {
    let api = Api::new().await;
    let (peer, other) = (LyingProvider::start().await, LyingProvider::start().await);
    let (shown, _) = created(&api, "oidc", json!({"discovery_url": peer.discovery_url()})).await;
    let path = format!("/connections/{}", shown["id"].as_str().expect("an id"));
    let before = api.app.dump().await;
    for change in [
        json!({"discovery_url": other.discovery_url(), "client_id": "landbridge"}),
        json!({"discovery_url": peer.discovery_url(), "client_id": "another"}),
        json!({"discovery_url": peer.discovery_url(), "client_id": "landbridge", "token_endpoint_auth_method": "client_secret_basic"}),
    ] {
        let refused = api.patch(&path, json!({"options": change})).await;
        let message = "Payload validation error: options.client_secret must be given with a new connection, and \
                       together with another client or place";
        expect_refusal(&refused, 400, Some("invalid_body"), message);
    }
    api.app.assert_unchanged_since(&before).await;
}

#[tokio::test]
async fn up_05_a_document_that_lies_is_refused_when_a_connection_is_saved() {
    let api = Api::new().await;
    let peer = LyingProvider::start().await;
    let options = || json!({"discovery_url": peer.discovery_url()});
    let check = async |lie: Lie, why: &str| {
        peer.server.on(Question::Discovery, lie);
        let refused = create(&api, "oidc", options()).await;
        expect_refusal(&refused, 400, Some("invalid_body"), &format!("Payload validation error: options.{why}"));
    };
    let changed = |changes: Value| Lie::json(200, peer.metadata(&changes));
    check(
        changed(json!({"issuer": "https://evil.example/"})),
        "issuer is not the one that the provider's metadata document names",
    )
    .await;
    check(
        changed(json!({"token_endpoint": "http://evil.example/token"})),
        "discovery_url is refused: the token_endpoint of the provider must be an https URL",
    )
    .await;
    check(
        changed(json!({"jwks_uri": "https://10.0.0.1/jwks"})),
        "discovery_url is refused: the jwks_uri of the provider has a host in a private network that this deployment \
         does not allow",
    )
    .await;
    check(Lie::HangUp, "discovery_url is refused: the provider's metadata document could not be read (unreachable)")
        .await;
    assert!(api.app.find_connection("acme").await.is_none());
}

/// UP-08: people are known by what their issuer calls them.
#[tokio::test]
async fn up_08_an_issuer_does_not_change_under_people() {
    let api = Api::new().await;
    let (peer, other) = (LyingProvider::start().await, LyingProvider::start().await);
    let (shown, _) = created(&api, "oidc", json!({"discovery_url": peer.discovery_url()})).await;
    let path = format!("/connections/{}", shown["id"].as_str().expect("an id"));
    let elsewhere = json!({"options": {
        "discovery_url": other.discovery_url(), "client_id": "landbridge", "client_secret": SECRET,
    }});
    expect(&api.patch(&path, elsewhere.clone()).await, 200);

    let connection = api.app.find_connection("acme").await.expect("it is there");
    api.app.add_user(&connection, "oidc|acme|ada", "ada@acme.example", None).await;
    let before = api.app.dump().await;
    for options in [
        json!({"discovery_url": peer.discovery_url(), "client_id": "landbridge", "client_secret": SECRET}),
        json!({"discovery_url": other.discovery_url(), "client_id": "landbridge", "keep_sub": true}),
    ] {
        let refused = api.patch(&path, json!({ "options": options })).await;
        let message = "Payload validation error: options.issuer cannot change while people are known by it; create \
                       another connection";
        expect_refusal(&refused, 400, Some("invalid_body"), message);
    }
    api.app.assert_unchanged_since(&before).await;
}

#[tokio::test]
async fn endpoints_may_be_written_down_instead_of_found() {
    let api = Api::new().await;
    let endpoints = json!({
        "issuer": "https://idp.example", "authorization_endpoint": "https://idp.example/a",
        "token_endpoint": "https://idp.example/t", "jwks_uri": "https://idp.example/j",
    });
    let (_, provider) = created(&api, "oidc", endpoints).await;
    assert_eq!(provider.issuer, "https://idp.example");
    let ProviderEndpoints::Fixed(fixed) = provider.endpoints else { panic!("nobody looked anywhere") };
    assert_eq!((fixed.token.as_str(), fixed.jwks.as_deref()), ("https://idp.example/t", Some("https://idp.example/j")));
}

#[tokio::test]
async fn presets_know_where_their_provider_is() {
    let api = Api::new().await;
    let body = |strategy: &str, options: Value| json!({"name": strategy, "strategy": strategy, "options": options});
    let client = json!({"client_id": "landbridge", "client_secret": SECRET});
    for strategy in ["google-oauth2", "github", "windowslive"] {
        expect(&api.post("/connections", body(strategy, client.clone())).await, 201);
    }
    let google = api.app.find_connection("google-oauth2").await.and_then(|own| own.provider).expect("a provider");
    assert_eq!((google.issuer.as_str(), google.user_id_form), ("https://accounts.google.com", UserIdForm::Global));
    assert_eq!(google.email_verification, EmailVerification::Believed);
    let microsoft = api.app.find_connection("windowslive").await.and_then(|own| own.provider).expect("a provider");
    assert_eq!(microsoft.email_verification, EmailVerification::Ignored);
    let github = api.app.find_connection("github").await.and_then(|own| own.provider).expect("a provider");
    assert_eq!(
        (github.issuer.as_str(), &github.scope[..]),
        ("https://github.com", &["read:user", "user:email"].map(str::to_owned)[..])
    );
}

#[tokio::test]
async fn a_workspace_admits_accounts_of_its_domain_alone() {
    let api = Api::new().await;
    let (_, provider) = created(&api, "google-apps", json!({"tenant_domain": "ACME.example"})).await;
    assert_eq!(provider.required_claims["hd"], ["acme.example"]);
    assert_eq!(provider.parameters["hd"], ParameterValue::Value("acme.example".into()));
    check_refused("google-apps", json!({}), "Missing required property: options.tenant_domain").await;
}

#[tokio::test]
async fn a_tenant_that_is_replaced_keeps_its_subjects() {
    let api = Api::new().await;
    let peer = LyingProvider::start().await;
    let (_, provider) = created(&api, "auth0-oidc", json!({"issuer": peer.issuer(), "keep_sub": true})).await;
    assert_eq!((provider.user_id_form, provider.email_verification), (UserIdForm::Kept, EmailVerification::Believed));
    check_refused(
        "google-oauth2",
        json!({"keep_sub": true}),
        "options.keep_sub is not possible: this provider's subjects are not ids of ours",
    )
    .await;
}

/// AD-05: whoever runs a provider whose subjects are ours can be anybody.
#[tokio::test]
async fn ad_05_keeping_subjects_needs_power_over_people() {
    let api = Api::new().await;
    let (peer, other) = (LyingProvider::start().await, LyingProvider::start().await);
    let lacking = "Insufficient scope, expected any of: update:users";
    let half = api.with_scopes("create:connections update:connections").await;
    let before = api.app.dump().await;
    let keeping = |peer: &LyingProvider| json!({"issuer": peer.issuer(), "keep_sub": true});
    expect_refusal(&create(&half, "auth0-oidc", keeping(&peer)).await, 403, Some("insufficient_scope"), lacking);
    api.app.assert_unchanged_since(&before).await;

    let (shown, _) = created(&api, "auth0-oidc", keeping(&peer)).await;
    let path = format!("/connections/{}", shown["id"].as_str().expect("an id"));
    let before = api.app.dump().await;
    let moved = json!({"options": {
        "issuer": other.issuer(), "keep_sub": true, "client_id": "landbridge", "client_secret": SECRET,
    }});
    expect_refusal(&half.patch(&path, moved.clone()).await, 403, Some("insufficient_scope"), lacking);
    api.app.assert_unchanged_since(&before).await;
    expect(&half.patch(&path, json!({"display_name": "Acme"})).await, 200);
    let whole = api.with_scopes("update:connections update:users").await;
    expect(&whole.patch(&path, moved).await, 200);
}

/// Zitadel CVE-2024-29892; CVE-2026-16102, where roles came in through a mapper. A provider's claims fill a profile, and
/// nothing that tokens are judged by.
#[tokio::test]
async fn jw_14_no_claim_of_a_provider_becomes_one_that_tokens_are_judged_by() {
    let api = Api::new().await;
    let peer = LyingProvider::start().await;
    let before = api.app.dump().await;
    for name in [
        "iss",
        "sub",
        "aud",
        "exp",
        "iat",
        "nbf",
        "jti",
        "azp",
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
        "gty",
        "client_id",
        "user_id",
        "app_metadata",
    ] {
        let map = json!({"mapping_mode": "use_map", "attributes": {name: "${context.tokenset.forged}"}});
        let options = json!({"discovery_url": peer.discovery_url(), "attribute_map": map});
        let message = format!(
            "Payload validation error: Additional properties not allowed: options.attribute_map.attributes.{name}"
        );
        expect_refusal(&create(&api, "oidc", options).await, 400, Some("invalid_body"), &message);
    }
    api.app.assert_unchanged_since(&before).await;
}

#[tokio::test]
async fn apple_has_a_key_in_place_of_a_secret() {
    let api = Api::new().await;
    let group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1).expect("a curve");
    let key = PKey::from_ec_key(EcKey::generate(&group).expect("a key")).expect("a key");
    let key = String::from_utf8(key.private_key_to_pem_pkcs8().expect("PEM")).expect("text");
    let options = json!({"client_id": "com.acme.web", "team_id": "TEAM", "kid": "KEY", "app_secret": key});
    let body = json!({"name": "apple", "strategy": "apple", "options": options});
    let shown = expect(&api.post("/connections", body).await, 201);
    assert_eq!(shown["options"], json!({"client_id": "com.acme.web", "team_id": "TEAM", "kid": "KEY"}));
    let provider = api.app.find_connection("apple").await.and_then(|own| own.provider).expect("a provider");
    let signed = ClientAuthentication::SignedSecret { team_id: "TEAM".into(), key_id: "KEY".into() };
    assert_eq!((provider.client_authentication, provider.form_post), (signed, true));
    let wrong = json!({"client_id": "c", "team_id": "TEAM", "kid": "KEY", "app_secret": "no key"});
    let refused = api.post("/connections", json!({"name": "other", "strategy": "apple", "options": wrong})).await;
    let message = "Payload validation error: options.app_secret must be a private key for ES256 in PEM";
    expect_refusal(&refused, 400, Some("invalid_body"), message);
}

#[tokio::test]
async fn options_become_what_signing_in_needs() {
    let api = Api::new().await;
    let peer = LyingProvider::start().await;
    let options = json!({
        "issuer": peer.issuer(), "scope": "email", "profile": true, "token_endpoint_auth_method": "client_secret_basic",
        "connection_settings": {"pkce": "disabled"}, "domain_aliases": ["ACME.example", "acme.test"],
        "upstream_params": {"acr_values": {"value": "phr phrh"}, "hint": {"alias": "login_hint"}},
        "attribute_map": {"mapping_mode": "use_map", "attributes": {"email": "${context.tokenset.upn}"}},
        "set_user_root_attributes": "on_first_login", "should_trust_email_verified_connection": "always_set_emails_as_verified",
        "federated_connections_access_tokens": {"active": false}, "silent_sign_in": true,
        "icon_url": "https://acme.example/icon.png",
    });
    let (_, provider) = created(&api, "oidc", options).await;
    assert_eq!(provider.scope, ["openid", "profile", "email"]);
    assert_eq!(provider.client_authentication, ClientAuthentication::ClientSecretBasic);
    assert_eq!(provider.domain_aliases, ["acme.example", "acme.test"]);
    assert_eq!(provider.parameters["hint"], ParameterValue::Alias("login_hint".into()));
    assert_eq!(provider.required_claims["acr"], ["phr", "phrh"]);
    assert_eq!(provider.attributes[&ProfileField::Email], "upn");
    assert_eq!(provider.email_verification, EmailVerification::Assumed);
    assert!(!provider.pkce && provider.asks_silently);
}

#[tokio::test]
async fn options_that_cannot_be_are_refused_with_a_reason() {
    for (strategy, options, message) in [
        ("oidc", json!({}), "options.discovery_url or an issuer must be given"),
        (
            "oidc",
            json!({"issuer": "https://idp.example/", "federated_connections_access_tokens": {"active": true}}),
            "options.federated_connections_access_tokens.active is not possible, because tokens of providers are not kept",
        ),
        (
            "oidc",
            json!({"discovery_url": "https://idp.example/metadata"}),
            "options.issuer is missing: it does not follow from a URL without .well-known/openid-configuration",
        ),
        (
            "oidc",
            json!({"discovery_url": "http://idp.example/.well-known/openid-configuration"}),
            "options.discovery_url is refused: it must be an https URL",
        ),
        ("oidc", json!({"type": "front_channel"}), "options.type can only be \"back_channel\" in this version"),
        ("okta", json!({}), "Missing required property: options.domain"),
        ("okta", json!({"domain": "acme.example/evil"}), "options.domain must be a host name"),
        ("github", json!({"scopes": "x"}), "Additional properties not allowed: options.scopes"),
        ("github", json!({"issuer": "https://evil.example"}), "Additional properties not allowed: options.issuer"),
        (
            "github",
            json!({"silent_sign_in": true}),
            "options.silent_sign_in is not possible, because this provider always shows a page",
        ),
        (
            "google-oauth2",
            json!({"upstream_params": {"state": {"value": "x"}}}),
            "options.upstream_params.state cannot be set",
        ),
        (
            "google-oauth2",
            json!({"upstream_params": {"x": {"alias": "state"}}}),
            "options.upstream_params.x.alias must be one of audience, login_hint, organization, ui_locales",
        ),
        (
            "google-oauth2",
            json!({"connection_settings": {"pkce": "plain"}}),
            "options.connection_settings.pkce must be one of auto, S256, disabled",
        ),
        (
            "google-oauth2",
            json!({"attribute_map": {"mapping_mode": "use_map", "attributes": {"email": "x"}}}),
            "options.attribute_map.attributes.email must be one claim, such as ${context.tokenset.email}, and nothing around it",
        ),
        (
            "google-oauth2",
            json!({"domain_aliases": ["a b"]}),
            "options.domain_aliases must be domains such as acme.example",
        ),
        (
            "google-oauth2",
            json!({"icon_url": "javascript:alert(1)"}),
            "options.icon_url must be a URL with one of these schemes: https",
        ),
        (
            "google-oauth2",
            json!({"token_endpoint_auth_method": "private_key_jwt"}),
            "options.token_endpoint_auth_method must be one of client_secret_post, client_secret_basic, none",
        ),
    ] {
        check_refused(strategy, options, message).await;
    }
}

/// SS-06: whoever may set up connections could otherwise read what stands behind a wall, one port after the other.
#[tokio::test]
async fn ss_06_a_failure_elsewhere_is_told_in_our_own_words() {
    const BANNER: &str = "postgres-7.internal: no pg_hba.conf entry for 10.0.0.9";
    let api = Api::new().await;
    let peer = LyingProvider::start().await;
    let client = api.app.add_client("shop", |_| {}).await;
    let failures = || {
        [
            Lie::Raw(500, "text/html", BANNER),
            Lie::Raw(200, "application/json", BANNER),
            Lie::error(403, BANNER, BANNER),
            Lie::json(200, json!({"issuer": BANNER})),
            Lie::json(302, json!({})).with_header("Location", "http://postgres-7.internal/"),
            Lie::json(200, peer.metadata(&json!({"token_endpoint": BANNER, "jwks_uri": BANNER}))),
        ]
    };
    let before = api.app.dump().await;
    for lie in failures() {
        peer.server.on(Question::Discovery, lie);
        let refused = create(&api, "oidc", json!({"discovery_url": peer.discovery_url()})).await;
        assert!(!expect(&refused, 400).to_string().contains("postgres-7"), "{}", refused.body);
    }
    api.app.assert_unchanged_since(&before).await;

    let acme = api.app.add_provider("acme", "oidc", &[&client], peer.provider()).await;
    for lie in failures() {
        peer.server.on(Question::Discovery, lie);
        let status = api.get(&format!("/connections/{}/status", acme.id.as_str())).await;
        assert!(!status.body.contains("postgres-7"), "{}", status.body);
        let page = api.app.browser().authorize(&client.request().with("connection", "acme")).await.page();
        assert!(!page.html.contains("postgres-7"), "{}", page.html);
    }
    let events = expect(&api.get("/logs").await, 200).to_string();
    assert!(events.contains("acme") && !events.contains("postgres-7"), "{events}");
}
