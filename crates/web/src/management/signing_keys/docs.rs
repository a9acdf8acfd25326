//! `/keys/signing` in the OpenAPI document.

use http::StatusCode;
use protocol::management_scope::ManagementScope;
use serde_json::{Value, json};

use super::{ChangedBody, KeyBody};
use crate::openapi::{Operation, Schemas};

const KID: &str = "previous";

pub(crate) fn list(schemas: &mut Schemas) -> Operation {
    Operation::management("List the keys that sign tokens", &[ManagementScope::ReadSigningKeys]).choosing().answers(
        StatusCode::OK,
        &schemas.all::<KeyBody>(),
        &json!([example()]),
    )
}

pub(crate) fn get(schemas: &mut Schemas) -> Operation {
    Operation::management("Show a signing key", &[ManagementScope::ReadSigningKeys])
        .path("kid", "The key's id.", KID)
        .choosing()
        .answers(StatusCode::OK, &schemas.chosen::<KeyBody>(), &example())
        .refuses(&[404])
}

pub(crate) fn rotate(schemas: &mut Schemas) -> Operation {
    Operation::management("Let the next key sign", &[ManagementScope::CreateSigningKeys])
        .and_scope(&[ManagementScope::UpdateSigningKeys])
        .describe("Another next key is published. The key that signed before stays valid until it is revoked.")
        .answers(StatusCode::CREATED, &schemas.of::<ChangedBody>(), &changed())
}

pub(crate) fn revoke(schemas: &mut Schemas) -> Operation {
    Operation::management("Revoke a key that used to sign", &[ManagementScope::UpdateSigningKeys])
        .describe("Tokens that it signed are worthless from then on.")
        .path("kid", "The key's id.", KID)
        .answers(StatusCode::OK, &schemas.of::<ChangedBody>(), &changed())
        .refuses(&[404])
}

fn changed() -> Value {
    json!({ "kid": KID, "cert": "-----BEGIN CERTIFICATE-----\nMIIC…\n-----END CERTIFICATE-----\n" })
}

fn example() -> Value {
    json!({
        "kid": KID,
        "cert": "-----BEGIN CERTIFICATE-----\nMIIC…\n-----END CERTIFICATE-----\n",
        "pkcs7": "-----BEGIN PKCS7-----\nMIIC…\n-----END PKCS7-----\n",
        "fingerprint": "5F:8B:1C:…",
        "thumbprint": "5F8B1C…",
        "current": true,
        "next": false,
        "previous": false,
        "revoked": false,
        "current_since": "2026-01-31T12:00:00.000Z",
    })
}
