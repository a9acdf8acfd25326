//! What every handler is given: who calls, and what they sent, unread.

use std::sync::Arc;

use axum::extract::{FromRequest, FromRequestParts, Path, Request};
use bytes::Bytes;
use flows::management::{Caller, Query};
use flows::{RequestContext, Services};
use http::request::Parts;
use http::{HeaderMap, StatusCode, header};

use crate::errors::management::{Failure, Unread};
use crate::extract::{Cx, bearer_token};
use crate::middleware::limits::CallerStanding;
use crate::state::AppState;

/// A call by somebody whose token is good. What they may do is for the flow to say.
pub(crate) struct Call {
    pub(super) services: Arc<Services>,
    pub(super) cx: RequestContext,
    pub(super) caller: Caller,
    pub(super) query: Query,
}

impl FromRequestParts<AppState> for Call {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Failure> {
        let Ok(Cx(cx)) = Cx::from_request_parts(parts, state).await;
        let token = bearer_token(&parts.headers).ok_or(Unread::MissingBearer)?;
        let caller = Caller::authenticate(&state.services, &cx, token).await;
        let audience = state.services.settings.management_audience();
        let caller = caller.map_err(|refused| Failure::of_caller(&refused, &audience))?;
        let outcome = caller.take_call(&state.services, &cx).await;
        if let Some(standing) = parts.extensions.get::<CallerStanding>() {
            standing.tell(outcome);
        }
        outcome.map_err(Failure::limited)?;
        let query = Query::parse(parts.uri.query().unwrap_or_default());
        Ok(Call { services: Arc::clone(&state.services), cx, caller, query })
    }
}

/// The id in the path, decoded.
pub(crate) struct Id(pub(super) String);

impl FromRequestParts<AppState> for Id {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Failure> {
        let Path(id) = Path::<String>::from_request_parts(parts, state).await.map_err(|_| Unread::Path)?;
        if id.contains('\0') { Err(Unread::Path.into()) } else { Ok(Id(id)) }
    }
}

/// The two ids in the path, decoded.
pub(crate) struct TwoIds(pub(super) String, pub(super) String);

impl FromRequestParts<AppState> for TwoIds {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Failure> {
        let ids = Path::<(String, String)>::from_request_parts(parts, state).await;
        let Path((outer, inner)) = ids.map_err(|_| Unread::Path)?;
        if outer.contains('\0') || inner.contains('\0') { Err(Unread::Path.into()) } else { Ok(TwoIds(outer, inner)) }
    }
}

/// The body, as it came. Only JSON is one: what a page of another site may send without asking first is not read.
pub(crate) struct Body(pub(super) flows::management::Body);

impl FromRequest<AppState> for Body {
    type Rejection = Failure;

    async fn from_request(request: Request, state: &AppState) -> Result<Self, Failure> {
        let is_json = is_json(request.headers());
        let bytes = Bytes::from_request(request, state).await.map_err(|rejection| {
            let too_large = rejection.status() == StatusCode::PAYLOAD_TOO_LARGE;
            if too_large { Unread::TooLarge } else { Unread::CutOff }
        })?;
        if is_json || bytes.is_empty() {
            return Ok(Body(flows::management::Body::new(bytes.to_vec())));
        }
        Err(Unread::NotJson.into())
    }
}

fn is_json(headers: &HeaderMap) -> bool {
    let text = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    text.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case("application/json")
}
