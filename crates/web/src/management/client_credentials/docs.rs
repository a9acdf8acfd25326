//! `/clients/{id}/credentials` in the OpenAPI document.

use http::StatusCode;
use protocol::client_metadata::ClientAlgorithm;
use protocol::management_scope::ManagementScope;
use serde_json::{Value, json};

use super::CredentialBody;
use crate::openapi::{Operation, Schemas, body};

const ID: &str = "cred_8mF2cQx7LtYb4VnW1zKpRd";
/// A key whose private half nobody has kept.
const PEM: &str = include_str!("example.pem");

pub(crate) fn list(schemas: &mut Schemas) -> Operation {
    of_client("List the public keys of a client", &[ManagementScope::ReadClientCredentials])
        .choosing()
        .answers(StatusCode::OK, &schemas.all::<CredentialBody>(), &json!([example()]))
        .refuses(&[404])
}

pub(crate) fn create(schemas: &mut Schemas) -> Operation {
    let properties = [
        ("credential_type", body::only("public_key"), ""),
        ("pem", body::text(), "An RSA public key or certificate of 2048 to 8192 bits."),
        ("alg", schemas.of::<ClientAlgorithm>(), "With which algorithm the client signs. RS256, if nothing is said."),
        ("name", body::text_of(1, 128), "A name for administrators."),
        ("expires_at", body::or_null(moment()), "When it ends: a moment in the future."),
        ("parse_expiry_from_cert", body::only(false), ""),
    ];
    let example = json!({ "credential_type": "public_key", "name": "2026", "pem": PEM, "alg": "RS256" });
    of_client("Register a public key of a client", &[ManagementScope::CreateClientCredentials])
        .describe("It counts once `client_authentication_methods` of the client names it.")
        .takes(&body::object(&["credential_type", "pem"], properties), &example)
        .answers(StatusCode::CREATED, &schemas.of::<CredentialBody>(), &self::example())
        .refuses(&[404, 409])
}

pub(crate) fn get(schemas: &mut Schemas) -> Operation {
    one("Show a public key of a client", &[ManagementScope::ReadClientCredentials])
        .choosing()
        .answers(StatusCode::OK, &schemas.chosen::<CredentialBody>(), &example())
        .refuses(&[404])
}

pub(crate) fn update(schemas: &mut Schemas) -> Operation {
    let properties = [("expires_at", body::or_null(moment()), "When it ends: a moment in the future.")];
    one("Say when a public key of a client ends", &[ManagementScope::UpdateClientCredentials])
        .choosing()
        .takes(&body::object(&[], properties), &json!({ "expires_at": "2099-12-31T00:00:00.000Z" }))
        .answers(StatusCode::OK, &schemas.chosen::<CredentialBody>(), &example())
        .refuses(&[404])
}

pub(crate) fn delete(_: &mut Schemas) -> Operation {
    one("Delete a public key of a client", &[ManagementScope::DeleteClientCredentials])
        .answers_nothing(StatusCode::NO_CONTENT)
        .refuses(&[404, 409])
}

fn of_client(summary: &'static str, scopes: &'static [ManagementScope]) -> Operation {
    Operation::management(summary, scopes).path("id", "The id of the client.", "machine")
}

fn one(summary: &'static str, scopes: &'static [ManagementScope]) -> Operation {
    of_client(summary, scopes).path("credential_id", "The id of the credential.", ID)
}

fn moment() -> Value {
    json!({ "type": "string", "format": "date-time" })
}

fn example() -> Value {
    json!({
        "id": ID,
        "name": "2026",
        "kid": "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs",
        "alg": "RS256",
        "credential_type": "public_key",
        "created_at": "2026-01-31T12:00:00.000Z",
        "updated_at": "2026-01-31T12:00:00.000Z",
    })
}
