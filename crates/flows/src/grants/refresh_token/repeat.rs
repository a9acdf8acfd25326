//! Answering a refresh token again, because the answer to its exchange may have been lost.

use model::event::EventType;
use protocol::token::TokenResponse;
use store::refresh_tokens::PresentedToken;

use super::kept::Kept;
use super::{Refresh, issue_of, wished};
use crate::error::OrInternal;
use crate::events::{EventBuilder, event};
use crate::grants::GrantRefused;
use crate::tokens::{self, GivenRefreshToken};
use crate::{RequestContext, Services};

/// The identical response, byte for byte, for as long as its tokens are of use. A repeat that asks for something else
/// gets nothing, but is no proof of theft either: two tabs may differ in what they want. `None` means that another
/// repeat was faster: look again.
pub(super) async fn repeat(
    svc: &Services,
    cx: &RequestContext,
    refresh: &Refresh<'_>,
    found: &PresentedToken,
) -> Result<Option<TokenResponse>, GrantRefused> {
    let kept = Kept::open(svc, &found.token)?;
    if !kept.answers(refresh) {
        return Err(GrantRefused::InvalidRefreshToken);
    }
    if kept.is_worn_out(cx.now) {
        return reissue(svc, cx, refresh, found, &kept).await;
    }
    repeated(svc, cx, refresh, found)
        .describe("A refresh token was repeated before its successor was seen, and answered again.")
        .record_alone(svc)
        .await?;
    Ok(Some(kept.response))
}

/// The same refresh token beside fresh tokens, which take the place of those that have ended. One of several repeats
/// wins, and the others find its answer; none does where the successor has come back meanwhile, for then the answer
/// is gone.
async fn reissue(
    svc: &Services,
    cx: &RequestContext,
    refresh: &Refresh<'_>,
    found: &PresentedToken,
    kept: &Kept,
) -> Result<Option<TokenResponse>, GrantRefused> {
    let wished = wished(svc, refresh, found).await?;
    let successor = found.successor.clone().and_then(|record| GivenRefreshToken::again(record, &kept.response));
    let successor = successor.ok_or("it brings no refresh token").or_internal("reading a kept answer")?;
    let issued = tokens::issue(svc, cx, &issue_of(refresh, found, &wished, Some(&successor)))?;
    let fresh = Kept::of(cx, refresh, &issued).seal(svc, &found.token)?;
    let sealed = found.token.sealed_response.as_deref().unwrap_or_default();
    let mut tx = svc.store.write().await?;
    if !store::families::keep(&mut tx, &found.family.id).await?
        || !store::refresh_tokens::replace_response(&mut tx, &found.token.id, sealed, fresh).await?
    {
        return Ok(None);
    }
    issued.store(&mut tx, &found.family.id).await?;
    repeated(svc, cx, refresh, found)
        .describe(
            "A refresh token was repeated before its successor was seen, and answered with the same successor beside \
             fresh tokens.",
        )
        .record(&mut tx)
        .await?;
    tx.commit().await?;
    Ok(Some(issued.response))
}

/// Each repeat is recorded with where it came from, since a thief who keeps pace with the owner looks like a lost answer
/// every time.
fn repeated(svc: &Services, cx: &RequestContext, refresh: &Refresh<'_>, found: &PresentedToken) -> EventBuilder {
    event(svc, cx, EventType::RefreshTokenRepeated)
        .client(refresh.client)
        .user_id(&found.family.user_id)
        .detail("family_id", found.family.id.as_str())
        .detail("generation", found.token.generation)
}
