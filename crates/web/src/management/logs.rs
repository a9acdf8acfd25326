//! `/logs`.

pub(crate) mod docs;

use flows::management::logs::{self, NextEvents};
use http::{HeaderValue, header};
use model::event::Event;
use model::{ClientId, EventId, JsonObject, Timestamp, UserId};
use schemars::JsonSchema;
use serde::Serialize;

use super::answer::{Answer, Length, one, page};
use super::call::{Call, Id};

/// An entry of the log as Auth0 shows it.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "LogEvent")]
struct EventBody<'a> {
    #[serde(rename = "_id")]
    id: &'a EventId,
    log_id: &'a EventId,
    date: Timestamp,
    #[serde(rename = "type")]
    code: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    connection: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    connection_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    client_id: Option<&'a ClientId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    client_name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ip: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    user_agent: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    user_id: Option<&'a UserId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    user_name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    audience: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    scope: Option<&'a str>,
    details: &'a JsonObject,
}

impl<'a> From<&'a Event> for EventBody<'a> {
    fn from(event: &'a Event) -> Self {
        EventBody {
            id: &event.log_id,
            log_id: &event.log_id,
            date: event.date,
            code: &event.code,
            description: event.description.as_deref(),
            connection: event.connection.as_deref(),
            connection_id: event.connection_id.as_deref(),
            client_id: event.client_id.as_ref(),
            client_name: event.client_name.as_deref(),
            ip: event.ip.as_deref(),
            user_agent: event.user_agent.as_deref(),
            user_id: event.user_id.as_ref(),
            user_name: event.user_name.as_deref(),
            audience: event.audience.as_deref(),
            scope: event.scope.as_deref(),
            details: &event.details,
        }
    }
}

/// `GET /logs`
pub(crate) async fn list(call: Call) -> Answer {
    let found = logs::list(&call.services, &call.cx, &call.caller, &call.query).await?;
    let mut response = page("logs", &found.listing, EventBody::from, &call.query, Length::Shown)?;
    if let Some(next) = &found.next {
        response.headers_mut().insert(header::LINK, link(&call.services.settings.issuer, next));
    }
    Ok(response)
}

/// `GET /users/{id}/logs`
pub(crate) async fn of_user(call: Call, Id(id): Id) -> Answer {
    let listing = logs::of_user(&call.services, &call.cx, &call.caller, &UserId::new(id), &call.query).await?;
    page("logs", &listing, EventBody::from, &call.query, Length::Shown)
}

/// Where a reader goes on (RFC 8288).
fn link(issuer: &str, next: &NextEvents) -> HeaderValue {
    let link = format!("<{issuer}api/v2/logs?from={}&take={}>; rel=\"next\"", next.from, next.take);
    HeaderValue::from_str(&link).expect("an issuer is a URL, and log ids are digits")
}

/// `GET /logs/{id}`
pub(crate) async fn get(call: Call, Id(id): Id) -> Answer {
    let event = logs::get(&call.services, &call.caller, &EventId::new(id)).await?;
    one(&EventBody::from(&event), &call.query)
}
