//! Signing out at a provider, and being told that somebody signed out there.

use model::provider::ProviderLogout;
use model::{JsonObject, Timestamp};
use serde_json::Value;
use url::Url;

use super::claims;
use super::id_token::{check_audience, check_issuer, check_times};
use super::metadata::Metadata;
use crate::sign_in::{AssertionRefused, Registration};

/// What a browser is sent to a provider with, to sign out there.
#[derive(Clone, Copy)]
pub struct SignOutRequest<'a> {
    /// The ID token of the login there, where it was kept.
    pub id_token_hint: Option<&'a str>,
    /// Where the provider sends the browser back to; registered there.
    pub return_to: &'a str,
    /// Brought back by the browser.
    pub state: &'a str,
}

/// A logout token that was verified (OpenID Connect Back-Channel Logout 1.0 2.4).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogoutNotice {
    /// Who signed out, as the provider names them.
    pub subject: Option<String>,
    /// Which of their logins there ended; all where it says none.
    pub sid: Option<String>,
    /// Names the notice.
    pub jti: String,
    /// Until when it could be sent again.
    pub expires_at: Timestamp,
}

/// Where to send the browser. `None` where the provider has no place for it.
pub(crate) fn url(metadata: &Metadata, registration: &Registration<'_>, request: &SignOutRequest<'_>) -> Option<Url> {
    match registration.provider.logout {
        ProviderLogout::EndSession => {
            let mut url = metadata.end_session_endpoint.clone()?;
            let hint = request.id_token_hint.map(|hint| ("id_token_hint", hint));
            url.query_pairs_mut().extend_pairs(hint).extend_pairs([
                ("client_id", registration.provider.client_id.as_str()),
                ("post_logout_redirect_uri", request.return_to),
                ("state", request.state),
            ]);
            Some(url)
        }
        ProviderLogout::Auth0 => {
            let mut url = Url::parse(&registration.provider.issuer).ok()?.join("v2/logout").ok()?;
            // Auth0 compares the address without its query and brings no state of its own.
            let mut return_to = Url::parse(request.return_to).ok()?;
            return_to.query_pairs_mut().append_pair("state", request.state);
            url.query_pairs_mut()
                .append_pair("client_id", &registration.provider.client_id)
                .append_pair("returnTo", return_to.as_str());
            Some(url)
        }
    }
}

/// The event that makes a token a logout token.
const EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";

/// Judges the claims of a logout token whose signature was verified (Back-Channel Logout 2.6).
pub(super) fn notice(
    claims: &JsonObject,
    registration: &Registration<'_>,
    now: Timestamp,
) -> Result<LogoutNotice, AssertionRefused> {
    check_issuer(claims, &registration.provider.issuer)?;
    check_audience(claims, &registration.provider.client_id)?;
    check_times(claims, now)?;
    let has_event = claims.get("events").and_then(|events| events.get(EVENT)).is_some_and(Value::is_object);
    if !has_event || claims.contains_key("nonce") {
        return Err(AssertionRefused::LogoutEvent);
    }
    // Without a `sid` the notice would be about every login, so one that is no name may not pass for none.
    let sid = match claims.get("sid") {
        Some(_) => Some(claims::sid(claims).ok_or(AssertionRefused::Malformed)?),
        None => None,
    };
    let subject = match claims.get("sub") {
        Some(_) => Some(claims::subject(claims, &registration.provider.subject_claim)?),
        None => None,
    };
    if subject.is_none() && sid.is_none() {
        return Err(AssertionRefused::Subject);
    }
    let jti = claims.get("jti").and_then(Value::as_str).filter(|jti| !jti.is_empty() && jti.len() <= 512);
    let jti = jti.ok_or(AssertionRefused::Malformed)?.to_owned();
    Ok(LogoutNotice { subject, sid, jti, expires_at: expiry(claims) })
}

/// With the tolerance that lets a token in which has just expired.
fn expiry(claims: &JsonObject) -> Timestamp {
    let seconds = super::id_token::moment(claims, "exp").unwrap_or_default();
    Timestamp::from_millis(seconds.saturating_add(super::id_token::CLOCK_TOLERANCE).saturating_mul(1000))
}
