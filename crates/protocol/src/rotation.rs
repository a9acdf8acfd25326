//! What becomes of a refresh token that is presented (RFC 6749 6, RFC 9700 4.14.2).
//!
//! A token is exchanged for its successor once. A repeat can mean two things: the answer was lost on its way, or
//! somebody else holds the token. Until the successor has been seen, the first is possible, and the repeat is
//! answered with the identical response, so that the family stays one chain; afterwards only the second is, and the
//! family is revoked. A token that cannot be answered again need not stay stored: one that its family knows without a
//! row is [`TokenFacts::SWEPT`], and its use is as suspicious as if the row were there.

use crate::client_metadata::{ExpirationType, RefreshTokenSettings, RotationType};
use crate::scope::ScopeSet;

const LONGEST_MARGIN_MS: i64 = 60_000;

/// What is stored of the presented token. Instants are unix milliseconds.
#[derive(Clone, Copy, Debug)]
pub struct TokenFacts {
    /// When it ends unless exchanged; `None` when idleness does not end it.
    pub idle_expires_at_ms: Option<i64>,
    /// When it ends in any case.
    pub expires_at_ms: Option<i64>,
    /// Its exchange, if there was one.
    pub consumed: Option<ConsumedFacts>,
}

impl TokenFacts {
    /// A token that was exchanged so long ago that its row is gone. Its ends are not known any more; where they have
    /// passed, revoking the family costs nobody anything.
    pub const SWEPT: TokenFacts = TokenFacts {
        idle_expires_at_ms: None,
        expires_at_ms: None,
        consumed: Some(ConsumedFacts {
            at_ms: i64::MIN,
            response_is_kept: false,
            successor_was_seen: true,
            successor_was_consumed: true,
        }),
    };
}

/// What is known of a token's exchange.
#[derive(Clone, Copy, Debug)]
pub struct ConsumedFacts {
    /// When it happened.
    pub at_ms: i64,
    /// Whether the answer is still kept.
    pub response_is_kept: bool,
    /// Whether the successor, or an access token issued with it, has been used.
    pub successor_was_seen: bool,
    /// Whether the successor has been exchanged in its turn.
    pub successor_was_consumed: bool,
}

/// What is stored of its family.
#[derive(Clone, Copy, Debug)]
pub struct FamilyFacts<'a> {
    /// To whom its tokens were issued.
    pub client_id: &'a str,
    /// Whether it was revoked.
    pub is_revoked: bool,
}

/// Until when a token is good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lifetimes {
    /// Unless it is exchanged before.
    pub idle_expires_at_ms: Option<i64>,
    /// In any case.
    pub expires_at_ms: Option<i64>,
}

/// Why a token is refused without any suspicion.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefreshRefused {
    /// Its family was revoked.
    Revoked,
    /// Its absolute end has come.
    Expired,
    /// It was not used for too long.
    Idle,
}

/// What becomes of the presented token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Exchange it for a successor with these lifetimes.
    Issue(Lifetimes),
    /// Answer and keep it, with these lifetimes: the client's tokens do not rotate.
    Keep(Lifetimes),
    /// Answer with the kept response: byte for byte, unless its tokens [have worn out](is_worn_out).
    Replay,
    /// It was used again after its successor was seen, or too late: revoke the family, then refuse.
    Reuse,
    /// Another client presented it, so it has leaked: revoke the family, then refuse.
    WrongClient,
    /// Refuse; nothing else changes.
    Refuse(RefreshRefused),
}

/// Decides about a token that `client_id`, which has authenticated, presents at `now_ms`.
pub fn decide(
    token: &TokenFacts,
    family: &FamilyFacts<'_>,
    client_id: &str,
    settings: &RefreshTokenSettings,
    now_ms: i64,
) -> Decision {
    if family.is_revoked {
        return Decision::Refuse(RefreshRefused::Revoked);
    }
    if family.client_id != client_id {
        return Decision::WrongClient;
    }
    if has_passed(token.expires_at_ms, now_ms) {
        return Decision::Refuse(RefreshRefused::Expired);
    }
    if let Some(consumed) = &token.consumed {
        return if may_repeat(consumed, settings, now_ms) { Decision::Replay } else { Decision::Reuse };
    }
    if has_passed(token.idle_expires_at_ms, now_ms) {
        return Decision::Refuse(RefreshRefused::Idle);
    }
    let lifetimes = next_lifetimes(settings, token.expires_at_ms, now_ms);
    match settings.rotation_type {
        RotationType::Rotating => Decision::Issue(lifetimes),
        RotationType::NonRotating => Decision::Keep(lifetimes),
    }
}

fn has_passed(end_ms: Option<i64>, now_ms: i64) -> bool {
    end_ms.is_some_and(|end| now_ms >= end)
}

/// With a leeway set, the immediately previous token is answered for that many seconds. Without one, until its
/// successor has been seen, but no longer than a token may lie idle.
fn may_repeat(consumed: &ConsumedFacts, settings: &RefreshTokenSettings, now_ms: i64) -> bool {
    if !consumed.response_is_kept || consumed.successor_was_consumed {
        return false;
    }
    if consumed.successor_was_seen && is_over_once_seen(settings) {
        return false;
    }
    // Whoever lost a race read the clock before the winner did, and is no younger than zero.
    let age_ms = now_ms.saturating_sub(consumed.at_ms).max(0);
    repeat_window_ms(settings).is_none_or(|window| age_ms < window)
}

/// Whether the answer that brought a token is never given again once the token has been seen. A leeway counts seconds,
/// whoever has used what.
pub fn is_over_once_seen(settings: &RefreshTokenSettings) -> bool {
    settings.leeway.is_none()
}

/// For how long after an exchange a repeat may be answered, milliseconds; `None` means without end.
pub fn repeat_window_ms(settings: &RefreshTokenSettings) -> Option<i64> {
    settings.leeway.map(millis).or_else(|| idle_lifetime_ms(settings))
}

/// Whether what was issued at `issued_at_ms` with an end at `ends_at_ms` is of no use to whoever receives it now: it
/// has ended, or will within a tenth of its lifetime, and at most a minute. A repeat then brings the same refresh token
/// beside fresh ones.
pub fn is_worn_out(issued_at_ms: i64, ends_at_ms: i64, now_ms: i64) -> bool {
    let margin = (ends_at_ms.saturating_sub(issued_at_ms) / 10).min(LONGEST_MARGIN_MS);
    now_ms >= ends_at_ms.saturating_sub(margin)
}

/// Lifetimes of the first token of a family.
pub fn first_lifetimes(settings: &RefreshTokenSettings, now_ms: i64) -> Lifetimes {
    let infinite = settings.infinite_token_lifetime || settings.expiration_type == ExpirationType::NonExpiring;
    let expires_at_ms = (!infinite).then(|| now_ms.saturating_add(millis(settings.token_lifetime)));
    next_lifetimes(settings, expires_at_ms, now_ms)
}

/// Lifetimes after an exchange: the idle end is renewed, the absolute end stays where it was.
fn next_lifetimes(settings: &RefreshTokenSettings, expires_at_ms: Option<i64>, now_ms: i64) -> Lifetimes {
    let idle = idle_lifetime_ms(settings).map(|lifetime| now_ms.saturating_add(lifetime));
    let idle_expires_at_ms = match (idle, expires_at_ms) {
        (Some(idle), Some(absolute)) => Some(idle.min(absolute)),
        (idle, _) => idle,
    };
    Lifetimes { idle_expires_at_ms, expires_at_ms }
}

fn idle_lifetime_ms(settings: &RefreshTokenSettings) -> Option<i64> {
    (!settings.infinite_idle_token_lifetime).then(|| millis(settings.idle_token_lifetime))
}

fn millis(seconds: u64) -> i64 {
    i64::try_from(seconds).unwrap_or(i64::MAX).saturating_mul(1000)
}

/// The scope of the new access token: what was granted, or a part of it (RFC 6749 6). `None` when more is asked.
pub fn narrowed_scope(granted: &ScopeSet, asked: Option<&ScopeSet>) -> Option<ScopeSet> {
    match asked {
        None => Some(granted.clone()),
        Some(asked) if asked.is_subset_of(granted) => Some(asked.clone()),
        Some(_) => None,
    }
}

#[cfg(test)]
mod tests;
