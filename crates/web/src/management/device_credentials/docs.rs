//! `/device-credentials` in the OpenAPI document.

use http::StatusCode;
use protocol::management_scope::ManagementScope;
use serde_json::json;

use super::DeviceCredentialBody;
use crate::management::Length;
use crate::management::refresh_tokens::docs::ID;
use crate::management::users::docs::ID as USER_ID;
use crate::openapi::{Operation, Schemas, body};

pub(crate) fn list(schemas: &mut Schemas) -> Operation {
    let kinds = ["public_key", "refresh_token", "rotating_refresh_token"];
    let example = json!({ "id": ID, "type": "rotating_refresh_token", "user_id": USER_ID, "client_id": "shop" });
    let page = schemas.page::<DeviceCredentialBody>("device_credentials", Length::Hidden);
    Operation::management("List the refresh tokens of a user as credentials", &[ManagementScope::ReadDeviceCredentials])
        .required_query("user_id", body::text(), "The id of the user.", USER_ID)
        .query("client_id", body::text(), "Only those of this client.")
        .query("type", body::one_of(&kinds), "Only those of this kind. There are no public keys.")
        .paged_from()
        .answers(StatusCode::OK, &page, &json!([example]))
}

pub(crate) fn delete(_: &mut Schemas) -> Operation {
    Operation::management("Revoke a refresh token as a credential", &[ManagementScope::DeleteDeviceCredentials])
        .path("id", "The id of the credential.", ID)
        .answers_nothing(StatusCode::NO_CONTENT)
}
