//! `/client-grants` in the OpenAPI document.

use http::StatusCode;
use protocol::management_scope::ManagementScope;
use serde_json::{Value, json};

use super::ClientGrantBody;
use crate::management::Length;
use crate::openapi::body::{self, Property};
use crate::openapi::{Operation, Schemas};

const ID: &str = "cgr_kT5b2yB6hRk9sQ1z";

pub(crate) fn list(schemas: &mut Schemas) -> Operation {
    Operation::management("List client grants", &[ManagementScope::ReadClientGrants])
        .query_words("client_id", "Only grants of these clients.")
        .query_words("audience", "Only grants for these APIs.")
        .paged_from()
        .answers(StatusCode::OK, &schemas.page::<ClientGrantBody>("client_grants", Length::Hidden), &json!([example()]))
}

pub(crate) fn create(schemas: &mut Schemas) -> Operation {
    let own = [("client_id", body::text(), "The client."), ("audience", body::text(), "The identifier of the API.")];
    let example = json!({ "client_id": "reports", "audience": "https://api.example/", "scope": ["read:orders"] });
    Operation::management("Let a client call an API as itself", &[ManagementScope::CreateClientGrants])
        .describe("Scopes of the Management API can be given by those alone who hold them.")
        .takes(&body::object(&["client_id", "audience"], own.into_iter().chain(changeable())), &example)
        .answers(StatusCode::CREATED, &schemas.of::<ClientGrantBody>(), &self::example())
        .refuses(&[404, 409])
}

pub(crate) fn get(schemas: &mut Schemas) -> Operation {
    one("Show a client grant", &[ManagementScope::ReadClientGrants])
        .choosing()
        .answers(StatusCode::OK, &schemas.chosen::<ClientGrantBody>(), &example())
        .refuses(&[404])
}

pub(crate) fn update(schemas: &mut Schemas) -> Operation {
    one("Replace the scopes of a client grant", &[ManagementScope::UpdateClientGrants])
        .choosing()
        .takes(&body::object(&[], changeable()), &json!({ "scope": ["read:orders"] }))
        .answers(StatusCode::OK, &schemas.chosen::<ClientGrantBody>(), &example())
        .refuses(&[404])
}

pub(crate) fn delete(_: &mut Schemas) -> Operation {
    one("Delete a client grant", &[ManagementScope::DeleteClientGrants]).answers_nothing(StatusCode::NO_CONTENT)
}

fn one(summary: &'static str, scopes: &'static [ManagementScope]) -> Operation {
    Operation::management(summary, scopes).path("id", "The id of the client grant.", ID)
}

fn changeable() -> [Property; 5] {
    [
        ("scope", body::texts(), "What the client may do there. Each must be a scope that the API offers."),
        ("subject_type", body::only("client"), ""),
        ("organization_usage", body::only("deny"), ""),
        ("allow_any_organization", body::only(false), ""),
        ("allow_all_scopes", body::only(false), ""),
    ]
}

fn example() -> Value {
    json!({
        "id": ID,
        "client_id": "machine",
        "audience": "https://api.example/",
        "scope": ["read:orders"],
        "subject_type": "client",
    })
}
