//! The answer to an exchange, kept sealed on the row of the token it consumed.

use model::Timestamp;
use model::grant::RefreshToken;
use protocol::rotation;
use protocol::scope::ScopeSet;
use protocol::token::TokenResponse;
use serde::{Deserialize, Serialize};

use super::Refresh;
use crate::error::OrInternal;
use crate::tokens::Issued;
use crate::{InternalError, RequestContext, Services};

const PURPOSE: &str = "refresh response";

/// What a kept answer is bound to, besides the token and with it the client. Only the same question is answered
/// again.
#[derive(PartialEq, Eq, Serialize, Deserialize)]
struct Binding {
    scope: Option<ScopeSet>,
    audience: Option<String>,
    #[serde(default)]
    jkt: Option<String>,
}

impl Binding {
    fn of(refresh: &Refresh<'_>) -> Self {
        let Refresh { request, jkt, .. } = refresh;
        Binding { scope: request.scope.clone(), audience: request.audience.clone(), jkt: jkt.map(str::to_owned) }
    }
}

/// An answer, and the question it answers.
#[derive(Serialize, Deserialize)]
pub(super) struct Kept {
    request: Binding,
    pub(super) response: TokenResponse,
    /// Zero, as the next, in answers that were kept before it was noted; they count as worn out.
    #[serde(default)]
    issued_at_ms: i64,
    #[serde(default)]
    ends_at_ms: i64,
}

impl Kept {
    pub(super) fn of(cx: &RequestContext, refresh: &Refresh<'_>, issued: &Issued) -> Self {
        Kept {
            request: Binding::of(refresh),
            response: issued.response.clone(),
            issued_at_ms: cx.now.millis(),
            ends_at_ms: issued.ends_at.millis(),
        }
    }

    pub(super) fn seal(&self, svc: &Services, token: &RefreshToken) -> Result<Vec<u8>, InternalError> {
        let text = zeroize::Zeroizing::new(serde_json::to_vec(self).or_internal("keeping an answer")?);
        Ok(svc.sealer.seal(&*svc.entropy, PURPOSE, token.id.as_str(), &text))
    }

    pub(super) fn open(svc: &Services, token: &RefreshToken) -> Result<Self, InternalError> {
        let sealed = token.sealed_response.as_deref().unwrap_or_default();
        let text = svc.sealer.open(PURPOSE, token.id.as_str(), sealed).or_internal("opening a kept answer")?;
        serde_json::from_slice(&text).or_internal("opening a kept answer")
    }

    /// Whether this request asks what was answered.
    pub(super) fn answers(&self, refresh: &Refresh<'_>) -> bool {
        self.request == Binding::of(refresh)
    }

    pub(super) fn is_worn_out(&self, now: Timestamp) -> bool {
        rotation::is_worn_out(self.issued_at_ms, self.ends_at_ms, now.millis())
    }
}
