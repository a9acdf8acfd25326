//! Signing out at the provider where a session began, on the way to where a logout leads.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use model::connection::Connection;
use model::provider::ProviderLogout;
use model::{SessionId, Timestamp};
use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};
use store::session_origins::SessionOrigin;
use upstream::SignOutRequest;
use upstream::sign_in::Assertion;

use super::LoggedOut;
use crate::error::OrInternal;
use crate::login::federated::Access;
use crate::{InternalError, RequestContext, Services};

const ID_TOKEN: &str = "provider id token";
const RETURN: &str = "return from a logout elsewhere";

/// Where a new session began. The ID token is kept, sealed, where it will be needed to end the login there.
pub(crate) fn origin_of(
    svc: &Services,
    sid: &SessionId,
    connection: &Connection,
    assertion: &Assertion,
) -> SessionOrigin {
    let needs_hint = connection.provider.as_ref().is_some_and(|own| own.logout == ProviderLogout::EndSession);
    let hint = assertion.tokens.id_token.as_ref().filter(|_| needs_hint);
    let seal = |hint: &str| svc.sealer.seal(&*svc.entropy, ID_TOKEN, sid.as_str(), hint.as_bytes());
    SessionOrigin {
        connection_id: connection.id.clone(),
        subject: assertion.subject.clone(),
        provider_sid: assertion.sid.clone(),
        id_token_sealed: hint.map(|hint| seal(hint.expose_secret())),
    }
}

/// What a browser takes along to the provider and back. Sealed, since it is the browser that brings it.
#[derive(Serialize, Deserialize)]
struct Return {
    to: Option<String>,
    /// Unix milliseconds.
    until: i64,
}

/// The same outcome by way of the provider; the outcome as it is where that is not possible. The session here is over
/// already.
pub(super) async fn detour(
    svc: &Services,
    cx: &RequestContext,
    sid: &SessionId,
    outcome: LoggedOut,
) -> Result<LoggedOut, InternalError> {
    let mut db = svc.store.read().await?;
    let Some(origin) = store::session_origins::find(&mut db, sid).await? else { return Ok(outcome) };
    let Some(stored) = store::connections::find(&mut db, &origin.connection_id).await? else { return Ok(outcome) };
    drop(db);
    let Some(access) = Access::to(svc, cx, &stored)? else { return Ok(outcome) };
    let hint = origin.id_token_sealed.map(|sealed| opened(svc, sid, &sealed)).transpose()?;
    let request = SignOutRequest {
        id_token_hint: hint.as_deref(),
        return_to: &format!("{}logout/callback", svc.settings.issuer),
        state: &way_back(svc, cx, &outcome),
    };
    let url = svc.upstreams.sign_out_url(&access.registration(), &request, cx.now).await;
    Ok(url.map_or(outcome, |url| LoggedOut::Detour(url.into())))
}

fn opened(svc: &Services, sid: &SessionId, sealed: &[u8]) -> Result<String, InternalError> {
    let opened = svc.sealer.open(ID_TOKEN, sid.as_str(), sealed).or_internal("opening a provider's ID token")?;
    std::str::from_utf8(&opened).map(str::to_owned).or_internal("opening a provider's ID token")
}

fn way_back(svc: &Services, cx: &RequestContext, outcome: &LoggedOut) -> String {
    let to = if let LoggedOut::Return(url) = outcome { Some(url.clone()) } else { None };
    let until = cx.now.plus(svc.settings.pending_lifetime).millis();
    let text = serde_json::to_vec(&Return { to, until }).expect("a text and a number are JSON");
    URL_SAFE_NO_PAD.encode(svc.sealer.seal(&*svc.entropy, RETURN, "", &text))
}

/// Where a browser goes on that comes back from signing out at a provider: to the address that was found to be good
/// when it left, if there was one.
pub fn come_back(svc: &Services, cx: &RequestContext, state: &str) -> Option<String> {
    let sealed = URL_SAFE_NO_PAD.decode(state).ok()?;
    let opened = svc.sealer.open(RETURN, "", &sealed).ok()?;
    let way: Return = serde_json::from_slice(&opened).ok()?;
    way.to.filter(|_| cx.now < Timestamp::from_millis(way.until))
}
