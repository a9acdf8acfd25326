//! Access tokens in the `Authorization` header.

use http::{HeaderMap, header};

/// How an access token is presented (RFC 9110 11.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scheme {
    /// RFC 6750 2.1.
    Bearer,
    /// RFC 9449 7.1.
    Dpop,
}

/// The token of an `Authorization: Bearer` header, if there is exactly one such header.
pub(crate) fn bearer_token(headers: &HeaderMap) -> Option<&str> {
    access_token(headers).filter(|(scheme, _)| *scheme == Scheme::Bearer).map(|(_, token)| token)
}

/// The token of the one `Authorization` header, with how it is presented.
pub(crate) fn access_token(headers: &HeaderMap) -> Option<(Scheme, &str)> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let only = values.next().filter(|_| values.next().is_none())?.to_str().ok()?;
    let (name, token) = only.split_once(' ')?;
    let scheme = match name.to_ascii_lowercase().as_str() {
        "bearer" => Scheme::Bearer,
        "dpop" => Scheme::Dpop,
        _ => return None,
    };
    Some((scheme, token.trim())).filter(|(_, token)| !token.is_empty())
}
