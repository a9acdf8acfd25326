//! `/grants`.

pub(crate) mod docs;

use flows::management::grants;
use http::StatusCode;
use model::grant::Grant;
use model::{ClientId, GrantId, UserId};
use schemars::JsonSchema;
use serde::Serialize;

use super::answer::{Answer, Length, page};
use super::call::{Call, Id};
use crate::errors::management::Failure;

/// A grant as Auth0 shows it.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Grant")]
struct GrantBody<'a> {
    id: &'a GrantId,
    #[serde(rename = "clientID")]
    client_id: &'a ClientId,
    user_id: &'a UserId,
    audience: &'a str,
    scope: Vec<&'a str>,
}

impl<'a> From<&'a Grant> for GrantBody<'a> {
    fn from(grant: &'a Grant) -> Self {
        GrantBody {
            id: &grant.id,
            client_id: &grant.client_id,
            user_id: &grant.user_id,
            audience: &grant.audience,
            scope: grant.scope.iter().collect(),
        }
    }
}

/// `GET /grants`
pub(crate) async fn list(call: Call) -> Answer {
    let listing = grants::list(&call.services, &call.caller, &call.query).await?;
    page("grants", &listing, GrantBody::from, &call.query, Length::Hidden)
}

/// `DELETE /grants/{id}`
pub(crate) async fn delete(call: Call, Id(id): Id) -> Result<StatusCode, Failure> {
    grants::delete(&call.services, &call.cx, &call.caller, &GrantId::new(id)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `DELETE /grants?user_id=…`
pub(crate) async fn delete_of_user(call: Call) -> Result<StatusCode, Failure> {
    grants::delete_of_user(&call.services, &call.cx, &call.caller, &call.query).await?;
    Ok(StatusCode::NO_CONTENT)
}
