//! `/clients/{id}/credentials`.

pub(crate) mod docs;

use flows::management::client_credentials;
use http::StatusCode;
use model::client_credential::ClientCredential;
use model::{ClientId, CredentialId, Timestamp};
use protocol::client_metadata::ClientAlgorithm;
use schemars::JsonSchema;
use serde::Serialize;

use super::answer::{Answer, all, created, one};
use super::call::{Body, Call, Id, TwoIds};
use crate::errors::management::Failure;

/// A credential as Auth0 shows it: without the key itself.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "ClientCredential")]
struct CredentialBody<'a> {
    id: &'a CredentialId,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    kid: &'a str,
    alg: ClientAlgorithm,
    credential_type: &'static str,
    created_at: Timestamp,
    updated_at: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<Timestamp>,
}

impl<'a> From<&'a ClientCredential> for CredentialBody<'a> {
    fn from(credential: &'a ClientCredential) -> Self {
        CredentialBody {
            id: &credential.id,
            name: credential.name.as_deref(),
            kid: &credential.kid,
            alg: credential.algorithm,
            credential_type: "public_key",
            created_at: credential.created_at,
            updated_at: credential.updated_at,
            expires_at: credential.expires_at,
        }
    }
}

/// `GET /clients/{id}/credentials`
pub(crate) async fn list(call: Call, Id(client): Id) -> Answer {
    let listed = client_credentials::list(&call.services, &call.caller, &ClientId::new(client)).await?;
    all(&listed, CredentialBody::from, &call.query)
}

/// `POST /clients/{id}/credentials`
pub(crate) async fn create(call: Call, Id(client): Id, Body(body): Body) -> Answer {
    let client = ClientId::new(client);
    let credential = client_credentials::create(&call.services, &call.cx, &call.caller, &client, &body).await?;
    Ok(created(&CredentialBody::from(&credential)))
}

/// `GET /clients/{id}/credentials/{credential_id}`
pub(crate) async fn get(call: Call, TwoIds(client, id): TwoIds) -> Answer {
    let (client, id) = (ClientId::new(client), CredentialId::new(id));
    let credential = client_credentials::get(&call.services, &call.caller, &client, &id).await?;
    one(&CredentialBody::from(&credential), &call.query)
}

/// `PATCH /clients/{id}/credentials/{credential_id}`
pub(crate) async fn update(call: Call, TwoIds(client, id): TwoIds, Body(body): Body) -> Answer {
    let (client, id) = (ClientId::new(client), CredentialId::new(id));
    let credential = client_credentials::update(&call.services, &call.cx, &call.caller, &client, &id, &body).await?;
    one(&CredentialBody::from(&credential), &call.query)
}

/// `DELETE /clients/{id}/credentials/{credential_id}`
pub(crate) async fn delete(call: Call, TwoIds(client, id): TwoIds) -> Result<StatusCode, Failure> {
    let (client, id) = (ClientId::new(client), CredentialId::new(id));
    client_credentials::delete(&call.services, &call.cx, &call.caller, &client, &id).await?;
    Ok(StatusCode::NO_CONTENT)
}
