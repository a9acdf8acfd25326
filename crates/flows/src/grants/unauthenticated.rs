//! What is left of calls in the name of a client that was not believed.

use model::ClientId;
use model::event::EventType;
use protocol::client_authentication::Presented;
use protocol::token::TokenRequest;

use crate::client_authentication::ClientRefused;
use crate::events::event;
use crate::{InternalError, RequestContext, Services, limits};

/// Records that somebody came in a client's name and could not prove it. Strangers may do that without end, so that of a
/// client only so many are recorded within a minute, and of a name that no client has, none.
pub(super) async fn record(
    svc: &Services,
    cx: &RequestContext,
    presented: &Presented,
    request: &TokenRequest,
    refused: &ClientRefused,
) -> Result<(), InternalError> {
    let id = match refused {
        ClientRefused::WrongSecret | ClientRefused::Assertion(_) => ClientId::new(&presented.client_id),
        // Counted like any other, because time would tell: with Redis it is a question over the network. All names that
        // no client has are one, so that strangers do not fill the memory with them.
        ClientRefused::Unknown => ClientId::new(""),
        _ => return Ok(()),
    };
    let may_leave_trace = limits::may_leave_trace(svc, cx, &id).await;
    if !may_leave_trace || matches!(refused, ClientRefused::Unknown) {
        return Ok(());
    }
    let Some(stored) = store::clients::find(&mut svc.store.read().await?, &id).await? else { return Ok(()) };
    let failed = event(svc, cx, code(request)).client(&stored.client).describe(refused.to_string());
    Ok(failed.detail("reason", "client_authentication").record_alone(svc).await?)
}

fn code(request: &TokenRequest) -> EventType {
    match request {
        TokenRequest::AuthorizationCode(_) => EventType::CodeExchangeFailed,
        TokenRequest::RefreshToken(_) => EventType::RefreshTokenFailed,
        TokenRequest::ClientCredentials(_) => EventType::ClientCredentialsFailed,
        TokenRequest::Password(_) => EventType::PasswordExchangeFailed,
    }
}
