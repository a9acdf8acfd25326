//! `POST /dbconnections/change_password`, from a form or a JSON object alike.

pub(crate) mod docs;

use axum::extract::{Request, State};
use axum::response::{Html, IntoResponse, Response};
use flows::dbconnections::change_password;

use crate::errors::authentication_api::Failure;
use crate::extract::{Cx, object_body};
use crate::state::AppState;

/// Auth0's words, whoever has the address and whether anybody does.
const SENT: &str = "We've just sent you an email to reset your password.";

/// Has a link sent.
pub(crate) async fn post(State(state): State<AppState>, Cx(cx): Cx, request: Request) -> Result<Response, Failure> {
    let body = object_body(request).await.map_err(|refused| Failure::unreadable(&refused))?;
    change_password(&state.services, &cx, &body).await?;
    Ok(Html(SENT).into_response())
}
