//! Which parameters count, of all that came with a request.

use std::borrow::Cow;

use model::client::Client;
use protocol::authorization::Refusal;
use protocol::params::Params;

use super::{AuthorizeRefused, pushed, signed};
use crate::{RequestContext, Services};

/// How a request came.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Sent {
    /// With the browser, where anybody may have changed it unless it is signed.
    ByBrowser,
    /// From the client itself (RFC 9126).
    Ahead,
}

/// A request whose parameters are known.
pub(super) struct Received<'a> {
    /// The parameters that count; where there is a flaw, those by which the client can be told.
    pub(super) params: Cow<'a, Params>,
    pub(super) sent: Sent,
    /// Why the request cannot be read as it was meant.
    pub(super) flaw: Option<Refusal>,
}

/// Takes what was sent ahead or signed instead of what the browser brought, where there is any of it.
pub(super) async fn receive<'a>(
    svc: &Services,
    cx: &RequestContext,
    client: &Client,
    params: &'a Params,
) -> Result<Received<'a>, AuthorizeRefused> {
    if let Some(pushed) = pushed::take(svc, cx, client, params).await? {
        return Ok(Received { params: Cow::Owned(pushed), sent: Sent::Ahead, flaw: None });
    }
    let (params, flaw) = match signed::open(svc, cx, client, params).await? {
        Ok(Some(signed)) => (Cow::Owned(signed), None),
        Ok(None) => (Cow::Borrowed(params), None),
        Err(flaw) => (Cow::Borrowed(params), Some(flaw)),
    };
    Ok(Received { params, sent: Sent::ByBrowser, flaw })
}
