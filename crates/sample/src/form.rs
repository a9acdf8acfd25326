//! Requests that change something.

use std::sync::Arc;

use axum::Form;
use axum::extract::{FromRequest, Request};
use axum::http::HeaderMap;
use axum::http::header::ORIGIN;
use serde::Deserialize;

use crate::app::App;
use crate::failure::Failure;
use crate::session::Session;

/// A form that was on one of our pages, sent by the signed-in browser the page was made for: the browser names our
/// origin, and the form carries the session's token.
pub(crate) struct OwnForm(pub(crate) Arc<Session>);

#[derive(Deserialize)]
struct Fields {
    form_token: String,
}

impl FromRequest<Arc<App>> for OwnForm {
    type Rejection = Failure;

    async fn from_request(request: Request, app: &Arc<App>) -> Result<Self, Failure> {
        let session = app.session(request.headers()).ok_or(Failure::SignedOut)?;
        if !is_from(request.headers(), &app.settings.origin()) {
            return Err(Failure::ForeignForm);
        }
        let Form(fields) = Form::<Fields>::from_request(request, app).await.map_err(|_| Failure::ForeignForm)?;
        if session.form_token.matches(&fields.form_token) { Ok(OwnForm(session)) } else { Err(Failure::ForeignForm) }
    }
}

fn is_from(headers: &HeaderMap, origin: &str) -> bool {
    headers.get(ORIGIN).is_some_and(|sent| sent == origin)
}
