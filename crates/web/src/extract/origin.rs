//! Where a form comes from.

use flows::Services;
use http::HeaderMap;

/// What the browser says of where a form comes from. Programs and old browsers say nothing; then the token decides.
pub(crate) fn is_same_origin(services: &Services, headers: &HeaderMap) -> bool {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    if let Some(site) = text("sec-fetch-site") {
        return matches!(site, "same-origin" | "none");
    }
    let own = url::Url::parse(&services.settings.issuer).map(|issuer| issuer.origin().ascii_serialization());
    text("origin").is_none_or(|origin| own.is_ok_and(|own| own == origin))
}
