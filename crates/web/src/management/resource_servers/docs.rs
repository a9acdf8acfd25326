//! `/resource-servers` in the OpenAPI document.

use http::StatusCode;
use protocol::management_scope::ManagementScope;
use serde_json::{Value, json};

use super::ResourceServerBody;
use crate::management::Length;
use crate::openapi::body::{self, Property};
use crate::openapi::{Operation, Schemas};

const DIALECTS: [&str; 4] = ["access_token", "access_token_authz", "rfc9068_profile", "rfc9068_profile_authz"];
const ID: &str = "4f2a9c1be07d35a86b1c9e44";
const LONGEST_LIFETIME: u64 = 2_592_000;

pub(crate) fn list(schemas: &mut Schemas) -> Operation {
    Operation::management("List APIs", &[ManagementScope::ReadResourceServers])
        .query("identifiers", body::texts(), "Only APIs with these identifiers; repeated for each.")
        .paged_from()
        .answers(
            StatusCode::OK,
            &schemas.page::<ResourceServerBody>("resource_servers", Length::Hidden),
            &json!([example()]),
        )
}

pub(crate) fn create(schemas: &mut Schemas) -> Operation {
    let identifier = ("identifier", body::text_of(1, 600), "The audience of its tokens. It never changes.");
    let properties = [identifier].into_iter().chain(changeable());
    let example = json!({
        "identifier": "https://billing.example/",
        "name": "Billing",
        "scopes": [{ "value": "read:invoices", "description": "Read invoices" }],
        "token_lifetime": 3600,
    });
    Operation::management("Register an API", &[ManagementScope::CreateResourceServers])
        .takes(&body::object(&["identifier"], properties), &example)
        .answers(StatusCode::CREATED, &schemas.of::<ResourceServerBody>(), &self::example())
        .refuses(&[409])
}

pub(crate) fn get(schemas: &mut Schemas) -> Operation {
    one("Show an API", &[ManagementScope::ReadResourceServers])
        .choosing()
        .answers(StatusCode::OK, &schemas.chosen::<ResourceServerBody>(), &example())
        .refuses(&[404])
}

pub(crate) fn update(schemas: &mut Schemas) -> Operation {
    let example = json!({ "scopes": [{ "value": "read:orders", "description": "Read orders" }] });
    one("Change an API", &[ManagementScope::UpdateResourceServers])
        .describe("A scope that it no longer offers goes at once from the client grants and from what is permitted.")
        .choosing()
        .takes(&body::object(&[], changeable()), &example)
        .answers(StatusCode::OK, &schemas.chosen::<ResourceServerBody>(), &self::example())
        .refuses(&[404, 409])
}

pub(crate) fn delete(_: &mut Schemas) -> Operation {
    one("Delete an API", &[ManagementScope::DeleteResourceServers])
        .describe("The client grants and the permissions for it go with it.")
        .answers_nothing(StatusCode::NO_CONTENT)
}

fn one(summary: &'static str, scopes: &'static [ManagementScope]) -> Operation {
    Operation::management(summary, scopes).path("id", "The id or the identifier of the API.", ID)
}

fn changeable() -> [Property; 10] {
    let scope = body::object(
        &["value"],
        [
            (
                "value",
                body::text_of(1, 280),
                "The scope token. What speaks of the person or of the grant is reserved: `openid`, `offline_access`, \
                 `profile`, `name`, `given_name`, `family_name`, `nickname`, `picture`, `email`, `email_verified`, \
                 `phone`, `address`, `identities`, `created_at`.",
            ),
            ("description", body::or_null(body::text_of(0, 500)), "What it allows, in words."),
        ],
    );
    [
        ("name", body::text_of(1, 200), "A name for administrators."),
        ("scopes", body::list(&scope, 1000), "The scopes it offers."),
        ("allow_offline_access", body::flag(), "Whether refresh tokens may be issued for it."),
        ("token_lifetime", body::whole(1, LONGEST_LIFETIME), "Seconds."),
        (
            "token_lifetime_for_web",
            body::whole(1, LONGEST_LIFETIME),
            "Seconds, for tokens that pass through a browser.",
        ),
        (
            "token_dialect",
            body::one_of(&DIALECTS),
            "The shape of its access tokens; with `_authz`, they tell permissions.",
        ),
        ("enforce_policies", body::flag(), "Whether people are granted no more than they are permitted."),
        ("skip_consent_for_verifiable_first_party_clients", body::flag(), "Whether first-party clients skip consent."),
        ("proof_of_possession", body::or_null(proof_of_possession()), "Whether its tokens are bound to keys."),
        ("signing_alg", body::only("RS256"), ""),
    ]
}

fn proof_of_possession() -> Value {
    body::object(
        &["mechanism", "required"],
        [
            ("mechanism", body::only("dpop"), "RFC 9449."),
            ("required", body::flag(), "Whether there are no tokens without a key."),
        ],
    )
}

fn example() -> Value {
    json!({
        "id": ID,
        "identifier": "https://api.example/",
        "name": "Orders",
        "scopes": [{ "value": "read:orders", "description": "Read orders" }],
        "signing_alg": "RS256",
        "allow_offline_access": false,
        "token_lifetime": 86400,
        "token_lifetime_for_web": 7200,
        "token_dialect": "access_token",
        "enforce_policies": false,
        "skip_consent_for_verifiable_first_party_clients": true,
        "is_system": false,
    })
}
