//! `/client-grants`.

pub(crate) mod docs;

use flows::management::client_grants;
use http::StatusCode;
use model::client::ClientGrant;
use model::{ClientGrantId, ClientId};
use schemars::JsonSchema;
use serde::Serialize;

use super::answer::{Answer, Length, created, one, page};
use super::call::{Body, Call, Id};
use crate::errors::management::Failure;

/// A client grant as Auth0 shows it: the scope is a list.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "ClientGrant")]
struct ClientGrantBody<'a> {
    id: &'a ClientGrantId,
    client_id: &'a ClientId,
    audience: &'a str,
    scope: Vec<&'a str>,
    subject_type: &'static str,
}

impl<'a> From<&'a ClientGrant> for ClientGrantBody<'a> {
    fn from(grant: &'a ClientGrant) -> Self {
        ClientGrantBody {
            id: &grant.id,
            client_id: &grant.client_id,
            audience: &grant.audience,
            scope: grant.scope.iter().collect(),
            subject_type: "client",
        }
    }
}

/// `GET /client-grants`
pub(crate) async fn list(call: Call) -> Answer {
    let listing = client_grants::list(&call.services, &call.caller, &call.query).await?;
    page("client_grants", &listing, ClientGrantBody::from, &call.query, Length::Hidden)
}

/// `POST /client-grants`
pub(crate) async fn create(call: Call, Body(body): Body) -> Answer {
    let grant = client_grants::create(&call.services, &call.cx, &call.caller, &body).await?;
    Ok(created(&ClientGrantBody::from(&grant)))
}

/// `GET /client-grants/{id}`
pub(crate) async fn get(call: Call, Id(id): Id) -> Answer {
    let grant = client_grants::get(&call.services, &call.caller, &ClientGrantId::new(id)).await?;
    one(&ClientGrantBody::from(&grant), &call.query)
}

/// `PATCH /client-grants/{id}`
pub(crate) async fn update(call: Call, Id(id): Id, Body(body): Body) -> Answer {
    let grant = client_grants::update(&call.services, &call.cx, &call.caller, &ClientGrantId::new(id), &body).await?;
    one(&ClientGrantBody::from(&grant), &call.query)
}

/// `DELETE /client-grants/{id}`
pub(crate) async fn delete(call: Call, Id(id): Id) -> Result<StatusCode, Failure> {
    client_grants::delete(&call.services, &call.cx, &call.caller, &ClientGrantId::new(id)).await?;
    Ok(StatusCode::NO_CONTENT)
}
