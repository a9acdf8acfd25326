//! `/tickets`.

pub(crate) mod docs;

use axum::response::Response;
use flows::management::tickets;
use schemars::JsonSchema;
use serde::Serialize;

use super::answer::{Answer, created};
use super::call::{Body, Call};

/// A link as Auth0 shows it, with a `#` at its end.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Ticket")]
struct TicketBody {
    ticket: String,
}

fn shown(link: &str) -> Response {
    created(&TicketBody { ticket: format!("{link}#") })
}

/// `POST /tickets/email-verification`
pub(crate) async fn email_verification(call: Call, Body(body): Body) -> Answer {
    Ok(shown(&tickets::email_verification(&call.services, &call.cx, &call.caller, &body).await?))
}

/// `POST /tickets/password-change`
pub(crate) async fn password_change(call: Call, Body(body): Body) -> Answer {
    Ok(shown(&tickets::password_change(&call.services, &call.cx, &call.caller, &body).await?))
}
