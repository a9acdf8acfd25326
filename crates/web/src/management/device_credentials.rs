//! `/device-credentials`.

pub(crate) mod docs;

use flows::management::device_credentials;
use flows::management::refresh_tokens::ShownRefreshToken;
use http::StatusCode;
use model::{ClientId, FamilyId, UserId};
use schemars::JsonSchema;
use serde::Serialize;

use super::answer::{Answer, Length, page};
use super::call::{Call, Id};
use crate::errors::management::Failure;

/// A refresh token in the shape of a device's credential.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "DeviceCredential")]
struct DeviceCredentialBody<'a> {
    id: &'a FamilyId,
    #[serde(rename = "type")]
    kind: &'static str,
    user_id: &'a UserId,
    client_id: &'a ClientId,
}

impl<'a> From<&'a ShownRefreshToken> for DeviceCredentialBody<'a> {
    fn from(ShownRefreshToken { held, is_rotating }: &'a ShownRefreshToken) -> Self {
        DeviceCredentialBody {
            id: &held.family.id,
            kind: if *is_rotating { "rotating_refresh_token" } else { "refresh_token" },
            user_id: &held.family.user_id,
            client_id: &held.family.client_id,
        }
    }
}

/// `GET /device-credentials`
pub(crate) async fn list(call: Call) -> Answer {
    let listing = device_credentials::list(&call.services, &call.cx, &call.caller, &call.query).await?;
    page("device_credentials", &listing, DeviceCredentialBody::from, &call.query, Length::Hidden)
}

/// `DELETE /device-credentials/{id}`
pub(crate) async fn delete(call: Call, Id(id): Id) -> Result<StatusCode, Failure> {
    device_credentials::delete(&call.services, &call.cx, &call.caller, &FamilyId::new(id)).await?;
    Ok(StatusCode::NO_CONTENT)
}
