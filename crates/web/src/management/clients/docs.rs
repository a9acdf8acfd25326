//! `/clients` in the OpenAPI document.

use http::StatusCode;
use protocol::client_metadata::{AppType, ExpirationType, GrantType, RotationType};
use protocol::management_scope::ManagementScope;
use serde_json::{Value, json};

use super::ClientBody;
use crate::management::Length;
use crate::openapi::body::{self, Property};
use crate::openapi::{Operation, Schemas};

const ID: &str = "shop";
const MOST_URLS: u64 = 100;
const READ: &[ManagementScope] = &[ManagementScope::ReadClients, ManagementScope::ReadClientKeys];

pub(crate) fn list(schemas: &mut Schemas) -> Operation {
    Operation::management("List clients", READ)
        .describe("Secrets are shown to those alone who may read them.")
        .query_words("app_type", "Only clients of these kinds.")
        .query("is_global", body::flag(), "Only the client that stands for all applications.")
        .query("is_first_party", body::flag(), "Only first-party clients, or only others.")
        .paged_from()
        .answers(StatusCode::OK, &schemas.page::<ClientBody>("clients", Length::Hidden), &json!([example()]))
}

pub(crate) fn create(schemas: &mut Schemas) -> Operation {
    let own = [(
        "client_id",
        json!({ "type": "string", "pattern": "^[A-Za-z0-9_-]{1,64}$" }),
        "The id that the application had elsewhere. One is made where none is given.",
    )];
    let example = json!({
        "name": "Shop",
        "app_type": "regular_web",
        "callbacks": ["https://shop.example/callback"],
        "grant_types": ["authorization_code", "refresh_token"],
        "jwt_configuration": { "lifetime_in_seconds": 36000 },
        "refresh_token": { "rotation_type": "rotating", "expiration_type": "expiring", "leeway": 30 },
    });
    Operation::management("Register a client", &[ManagementScope::CreateClients])
        .describe("The answer shows the secret, since nobody else knows it yet.")
        .takes(&body::object(&["name"], own.into_iter().chain(changeable(schemas))), &example)
        .answers(StatusCode::CREATED, &schemas.of::<ClientBody>(), &with_secret())
        .refuses(&[409])
}

pub(crate) fn get(schemas: &mut Schemas) -> Operation {
    one("Show a client", READ)
        .choosing()
        .answers(StatusCode::OK, &schemas.chosen::<ClientBody>(), &example())
        .refuses(&[404])
}

pub(crate) fn update(schemas: &mut Schemas) -> Operation {
    let example = json!({ "callbacks": ["https://shop.example/callback"], "client_metadata": { "team": "web" } });
    one("Change a client", &[ManagementScope::UpdateClients])
        .describe("A new secret needs `update:client_keys` besides.")
        .choosing()
        .takes(&body::object(&[], changeable(schemas)), &example)
        .answers(StatusCode::OK, &schemas.chosen::<ClientBody>(), &self::example())
        .refuses(&[404, 409])
}

pub(crate) fn delete(_: &mut Schemas) -> Operation {
    one("Delete a client", &[ManagementScope::DeleteClients])
        .describe("Its grants and tokens go with it.")
        .answers_nothing(StatusCode::NO_CONTENT)
}

pub(crate) fn rotate_secret(schemas: &mut Schemas) -> Operation {
    one("Give a client a new secret", &[ManagementScope::UpdateClientKeys])
        .describe("The old one is worthless at once.")
        .choosing()
        .answers(StatusCode::OK, &schemas.chosen::<ClientBody>(), &with_secret())
        .refuses(&[404])
}

fn one(summary: &'static str, scopes: &'static [ManagementScope]) -> Operation {
    Operation::management(summary, scopes).path("id", "The id of the client.", ID)
}

fn changeable(schemas: &mut Schemas) -> Vec<Property> {
    let urls = || body::list(&body::text(), MOST_URLS);
    vec![
        ("name", body::text_of(1, 200), "What people see. No `<` and no `>`."),
        ("description", body::or_null(body::text_of(0, 140)), "For administrators."),
        (
            "client_secret",
            json!({ "type": "string", "pattern": "^[!-~]{32,256}$" }),
            "The secret that the application had elsewhere.",
        ),
        ("app_type", schemas.of::<AppType>(), "What kind of application it is; decides defaults."),
        ("logo_uri", body::or_null(body::uri()), "A picture for pages."),
        ("callbacks", urls(), "Redirect URIs."),
        ("allowed_logout_urls", urls(), "Where a browser may go after logout."),
        ("allowed_origins", urls(), "Origins whose pages may call."),
        ("web_origins", urls(), "Origins that may ask without showing a page."),
        ("grant_types", body::list(&schemas.of::<GrantType>(), None), "What it may exchange for tokens."),
        (
            "token_endpoint_auth_method",
            body::or_null(body::one_of(&["none", "client_secret_post", "client_secret_basic"])),
            "How it proves who it is. `null` beside `client_authentication_methods`.",
        ),
        ("client_authentication_methods", body::or_null(methods()), "The keys with which it proves who it is."),
        ("signed_request_object", body::or_null(signed_request_object()), "The keys with which it signs its requests."),
        ("oidc_logout", oidc_logout(), "Who is told when a session ends."),
        ("jwt_configuration", jwt_configuration(), "Its ID tokens."),
        ("refresh_token", refresh_token(schemas), "Its refresh tokens. What is not said is the default."),
        ("initiate_login_uri", body::or_null(body::uri()), "Where it begins a login; https."),
        (
            "is_token_endpoint_ip_header_trusted",
            body::flag(),
            "Whether it may name the person's address in `auth0-forwarded-for`.",
        ),
        ("require_pushed_authorization_requests", body::flag(), "Whether it must send requests ahead (RFC 9126)."),
        ("require_proof_of_possession", body::flag(), "Whether its tokens must be bound to keys (RFC 9449)."),
        ("par_request_expiry", body::or_null(body::whole(10, 600)), "Seconds for which a request sent ahead is kept."),
        (
            "client_metadata",
            body::or_null(body::free()),
            "At most ten texts of the operator's own, merged with those there are.",
        ),
        ("is_first_party", body::flag(), "Whether it is the operator's own: others ask people for consent."),
        ("oidc_conformant", body::only(true), ""),
        ("global", body::only(false), ""),
        ("sso_disabled", body::only(false), ""),
        ("cross_origin_authentication", body::only(false), ""),
    ]
}

/// RFC 9101.
fn signed_request_object() -> Value {
    let required = ("required", body::flag(), "Whether it must sign them.");
    body::object(&["credentials"], [("credentials", credentials(), ""), required])
}

fn credentials() -> Value {
    let credential = body::object(&["id"], [("id", body::text(), "The id of a credential of this client.")]);
    let mut credentials = body::list(&credential, 2);
    credentials["minItems"] = 1.into();
    credentials
}

fn methods() -> Value {
    let signed = body::object(&["credentials"], [("credentials", credentials(), "")]);
    body::object(&["private_key_jwt"], [("private_key_jwt", signed, "RFC 7523 2.2.")])
}

/// OpenID Connect Back-Channel Logout 1.0.
fn oidc_logout() -> Value {
    body::object(&[], [("backchannel_logout_urls", body::list(&body::text(), 5), "Called at each logout.")])
}

fn jwt_configuration() -> Value {
    body::object(
        &[],
        [
            ("lifetime_in_seconds", body::whole(1, 2_592_000), "How long its ID tokens are good."),
            ("alg", body::only("RS256"), ""),
            ("secret_encoded", body::only(false), ""),
        ],
    )
}

fn refresh_token(schemas: &mut Schemas) -> Value {
    let seconds = || body::whole(1, 157_788_000);
    body::object(
        &["rotation_type", "expiration_type"],
        [
            ("rotation_type", schemas.of::<RotationType>(), "Whether each exchange brings a new one."),
            ("expiration_type", schemas.of::<ExpirationType>(), "Whether there is an absolute end."),
            (
                "leeway",
                body::or_null(body::whole(0, 157_788_000)),
                "Seconds for which a repeat is answered; without it, until the successor was seen.",
            ),
            ("token_lifetime", seconds(), "Seconds from the first issue."),
            ("infinite_token_lifetime", body::flag(), "Turns that off."),
            ("idle_token_lifetime", seconds(), "Seconds from the last exchange."),
            ("infinite_idle_token_lifetime", body::flag(), "Turns that off."),
        ],
    )
}

fn with_secret() -> Value {
    let mut example = example();
    example["client_secret"] = "cPqJ9u1m0bVt3sXy7Zk5aHfWgLdN2eRoT6iBvC8xQwM4jKlS-UyGhDzFnApE_0rI".into();
    example
}

fn example() -> Value {
    json!({
        "client_id": ID,
        "name": "Shop",
        "app_type": "regular_web",
        "callbacks": ["https://shop.example/callback"],
        "allowed_logout_urls": ["https://shop.example/"],
        "allowed_origins": [],
        "web_origins": [],
        "grant_types": ["authorization_code", "refresh_token"],
        "token_endpoint_auth_method": "client_secret_post",
        "oidc_logout": { "backchannel_logout_urls": [] },
        "jwt_configuration": { "lifetime_in_seconds": 36000, "alg": "RS256", "secret_encoded": false },
        "refresh_token": {
            "rotation_type": "rotating",
            "expiration_type": "expiring",
            "token_lifetime": 2_592_000,
            "infinite_token_lifetime": false,
            "idle_token_lifetime": 1_296_000,
            "infinite_idle_token_lifetime": false,
        },
        "is_token_endpoint_ip_header_trusted": false,
        "require_pushed_authorization_requests": false,
        "require_proof_of_possession": false,
        "global": false,
        "is_first_party": true,
        "oidc_conformant": true,
        "sso_disabled": false,
        "cross_origin_authentication": false,
    })
}
