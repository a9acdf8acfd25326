//! `/resource-servers`.

pub(crate) mod docs;

use flows::management::resource_servers;
use http::StatusCode;
use model::ResourceServerId;
use model::resource_server::{ApiScope, ResourceServer, TokenDialect};
use schemars::JsonSchema;
use serde::Serialize;

use super::answer::{Answer, Length, created, one, page};
use super::call::{Body, Call, Id};
use crate::errors::management::Failure;

/// A resource server as Auth0 shows it.
#[expect(clippy::struct_excessive_bools, reason = "each is a field of Auth0's `resource-servers`")]
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "ResourceServer")]
struct ResourceServerBody<'a> {
    id: &'a ResourceServerId,
    identifier: &'a str,
    name: &'a str,
    scopes: &'a [ApiScope],
    signing_alg: &'static str,
    allow_offline_access: bool,
    token_lifetime: u64,
    token_lifetime_for_web: u64,
    token_dialect: TokenDialect,
    enforce_policies: bool,
    skip_consent_for_verifiable_first_party_clients: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    proof_of_possession: Option<ProofOfPossessionBody>,
    is_system: bool,
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "ProofOfPossession")]
struct ProofOfPossessionBody {
    mechanism: &'static str,
    required: bool,
}

impl<'a> From<&'a ResourceServer> for ResourceServerBody<'a> {
    fn from(api: &'a ResourceServer) -> Self {
        ResourceServerBody {
            id: &api.id,
            identifier: &api.identifier,
            name: &api.name,
            scopes: &api.scopes,
            signing_alg: "RS256",
            allow_offline_access: api.allow_offline_access,
            token_lifetime: api.token_lifetime,
            token_lifetime_for_web: api.token_lifetime_for_web,
            token_dialect: api.token_dialect,
            enforce_policies: api.enforce_policies,
            skip_consent_for_verifiable_first_party_clients: api.skip_consent_for_verifiable_first_party_clients,
            proof_of_possession: api
                .proof_of_possession
                .map(|settings| ProofOfPossessionBody { mechanism: "dpop", required: settings.required }),
            is_system: api.is_system,
        }
    }
}

/// `GET /resource-servers`
pub(crate) async fn list(call: Call) -> Answer {
    let listing = resource_servers::list(&call.services, &call.caller, &call.query).await?;
    page("resource_servers", &listing, ResourceServerBody::from, &call.query, Length::Hidden)
}

/// `POST /resource-servers`
pub(crate) async fn create(call: Call, Body(body): Body) -> Answer {
    let api = resource_servers::create(&call.services, &call.cx, &call.caller, &body).await?;
    Ok(created(&ResourceServerBody::from(&api)))
}

/// `GET /resource-servers/{id}`, by id or identifier
pub(crate) async fn get(call: Call, Id(id): Id) -> Answer {
    let api = resource_servers::get(&call.services, &call.caller, &id).await?;
    one(&ResourceServerBody::from(&api), &call.query)
}

/// `PATCH /resource-servers/{id}`. Auth0's schema says 201, its servers say 200, and SDKs take either.
pub(crate) async fn update(call: Call, Id(id): Id, Body(body): Body) -> Answer {
    let api = resource_servers::update(&call.services, &call.cx, &call.caller, &id, &body).await?;
    one(&ResourceServerBody::from(&api), &call.query)
}

/// `DELETE /resource-servers/{id}`
pub(crate) async fn delete(call: Call, Id(id): Id) -> Result<StatusCode, Failure> {
    resource_servers::delete(&call.services, &call.cx, &call.caller, &id).await?;
    Ok(StatusCode::NO_CONTENT)
}
