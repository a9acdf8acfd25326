//! What an ID token must say (OpenID Connect Core 3.1.3.7), as decisions about values.

use model::{JsonObject, Timestamp};
use serde_json::Value;

use super::keys::Signer;
use crate::sign_in::{AssertionRefused, Registration, Returned};

/// How far two clocks may be apart, seconds. The same as in Auth0's SDKs.
pub(crate) const CLOCK_TOLERANCE: i64 = 60;

/// Judges the claims of a token whose signature was verified.
pub(super) fn check(
    claims: &JsonObject,
    registration: &Registration<'_>,
    returned: &Returned<'_>,
    now: Timestamp,
) -> Result<(), AssertionRefused> {
    check_issuer(claims, &registration.provider.issuer)?;
    check_audience(claims, &registration.provider.client_id)?;
    check_times(claims, now)?;
    if text(claims, "nonce") != Some(returned.nonce) {
        return Err(AssertionRefused::Nonce);
    }
    check_authentication(claims, returned)?;
    check_required(claims, registration)
}

/// The issuer, byte for byte.
pub(crate) fn check_issuer(claims: &JsonObject, issuer: &str) -> Result<(), AssertionRefused> {
    if text(claims, "iss") == Some(issuer) { Ok(()) } else { Err(AssertionRefused::Issuer) }
}

/// We are in the audience, and where we are not alone there, the token was made for us.
pub(crate) fn check_audience(claims: &JsonObject, client_id: &str) -> Result<(), AssertionRefused> {
    let (is_in_it, is_alone) = match claims.get("aud") {
        Some(Value::String(audience)) => (audience == client_id, true),
        Some(Value::Array(audiences)) => (audiences.iter().any(|own| own == client_id), audiences.len() == 1),
        _ => (false, false),
    };
    if !is_in_it {
        return Err(AssertionRefused::Audience);
    }
    match claims.get("azp") {
        None if is_alone => Ok(()),
        Some(Value::String(azp)) if azp == client_id => Ok(()),
        _ => Err(AssertionRefused::AuthorizedParty),
    }
}

/// `exp` and `iat` must be there; `nbf` counts where it is.
pub(super) fn check_times(claims: &JsonObject, now: Timestamp) -> Result<(), AssertionRefused> {
    let now = now.seconds();
    let is_over = |expires_at: i64| expires_at.saturating_add(CLOCK_TOLERANCE) <= now;
    if moment(claims, "exp").is_none_or(is_over) {
        return Err(AssertionRefused::Expired);
    }
    let has_come = |moment: i64| moment.saturating_sub(CLOCK_TOLERANCE) <= now;
    if !moment(claims, "iat").is_some_and(has_come) {
        return Err(AssertionRefused::IssuedAt);
    }
    if claims.contains_key("nbf") && !moment(claims, "nbf").is_some_and(has_come) {
        return Err(AssertionRefused::NotYetValid);
    }
    Ok(())
}

/// Where a new proof was asked for, an old one does not do. With `max_age` the provider must say when it was (OpenID
/// Connect Core 2, `auth_time`).
fn check_authentication(claims: &JsonObject, returned: &Returned<'_>) -> Result<(), AssertionRefused> {
    let requested_at = returned.requested_at.seconds();
    let oldest = if returned.asked_anew {
        Some(requested_at)
    } else {
        returned.max_age.map(|age| requested_at.saturating_sub_unsigned(age))
    };
    let is_recent = match (oldest, moment(claims, "auth_time")) {
        (Some(oldest), Some(at)) => at.saturating_add(CLOCK_TOLERANCE) >= oldest,
        (_, None) => returned.max_age.is_none(),
        (None, Some(_)) => true,
    };
    if is_recent { Ok(()) } else { Err(AssertionRefused::AuthenticatedAt) }
}

fn check_required(claims: &JsonObject, registration: &Registration<'_>) -> Result<(), AssertionRefused> {
    let has_one = |(name, values): (&String, &Vec<String>)| {
        text(claims, name).is_some_and(|own| values.iter().any(|value| value == own))
    };
    if registration.provider.required_claims.iter().all(has_one) {
        Ok(())
    } else {
        Err(AssertionRefused::RequiredClaim)
    }
}

/// `at_hash` and `c_hash` are optional where a token comes from the token endpoint, and must fit where they are there.
pub(super) fn check_hashes(
    claims: &JsonObject,
    signer: &Signer<'_>,
    access_token: Option<&str>,
    code: &str,
) -> Result<(), AssertionRefused> {
    if let Some(hash) = claims.get("at_hash") {
        let is_right = |hash: &str| access_token.is_some_and(|token| signer.is_hash_of_access_token(hash, token));
        if !hash.as_str().is_some_and(is_right) {
            return Err(AssertionRefused::AccessTokenHash);
        }
    }
    if let Some(hash) = claims.get("c_hash")
        && !hash.as_str().is_some_and(|hash| signer.is_hash_of_code(hash, code))
    {
        return Err(AssertionRefused::CodeHash);
    }
    Ok(())
}

fn text<'a>(claims: &'a JsonObject, name: &str) -> Option<&'a str> {
    claims.get(name).and_then(Value::as_str)
}

/// A `NumericDate` in whole seconds (RFC 7519 2), which may have a fraction.
pub(crate) fn moment(claims: &JsonObject, name: &str) -> Option<i64> {
    let value = claims.get(name)?;
    #[expect(clippy::cast_possible_truncation, reason = "the cast saturates, and so does every sum made of it")]
    value.as_i64().or_else(|| value.as_f64().map(|seconds| seconds.floor() as i64))
}
