//! Checks of single values that several resources share.

use std::ops::RangeInclusive;

use model::JsonObject;
use protocol::subdomain_wildcards::SubdomainWildcards;
use url::Url;

use super::BodyInvalid;

/// A text of this many characters, without control characters.
pub(super) fn check_length(path: &str, text: &str, characters: RangeInclusive<usize>) -> Result<(), BodyInvalid> {
    if text.chars().any(char::is_control) {
        return Err(BodyInvalid::wrong(path, "must not contain control characters"));
    }
    if characters.contains(&text.chars().count()) {
        return Ok(());
    }
    let (least, most) = (characters.start(), characters.end());
    Err(BodyInvalid::wrong(path, format!("must have between {least} and {most} characters")))
}

/// A whole number within bounds.
pub(super) fn check_range(path: &str, number: u64, bounds: RangeInclusive<u64>) -> Result<(), BodyInvalid> {
    if bounds.contains(&number) {
        return Ok(());
    }
    Err(BodyInvalid::wrong(path, format!("must be between {} and {}", bounds.start(), bounds.end())))
}

/// A list that is not longer than a person would make it.
pub(super) fn check_count<T>(path: &str, items: &[T], most: usize) -> Result<(), BodyInvalid> {
    if items.len() <= most {
        return Ok(());
    }
    Err(BodyInvalid::wrong(path, format!("must not have more than {most} entries")))
}

/// The same of a list that says nothing where it is empty.
pub(super) fn check_some<T>(path: &str, items: &[T], most: usize) -> Result<(), BodyInvalid> {
    if items.is_empty() {
        return Err(BodyInvalid::wrong(path, "must not be empty"));
    }
    check_count(path, items, most)
}

/// A URL that a page may link to or show.
pub(super) fn check_web_url(path: &str, text: &str, schemes: &[&str]) -> Result<(), BodyInvalid> {
    let url = Url::parse(text).ok().filter(|url| url.has_host() && schemes.contains(&url.scheme()));
    if url.is_some() && text.len() <= 2048 && text.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Ok(());
    }
    Err(BodyInvalid::wrong(path, format!("must be a URL with one of these schemes: {}", schemes.join(", "))))
}

/// An origin exactly as browsers send it (RFC 6454 6.2), because it is compared as text; or with a wildcard, where those
/// are allowed.
pub(super) fn check_origin(path: &str, text: &str, wildcards: SubdomainWildcards) -> Result<(), BodyInvalid> {
    wildcards.check(text).map_err(|refused| BodyInvalid::wrong(path, refused.to_string()))?;
    // Legal in a host to a URL parser, but no browser has such an origin, and they mean something in a content security
    // policy that names it.
    let is_plain = !text.contains([',', ';', '\'']);
    let own = Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https") && is_plain);
    match own.map(|url| url.origin().ascii_serialization()) {
        Some(serialised) if serialised == text => Ok(()),
        Some(serialised) => Err(BodyInvalid::wrong(
            path,
            format!("must be an origin without path or default port, such as {serialised}"),
        )),
        None => Err(BodyInvalid::wrong(path, "must be an http or https origin")),
    }
}

/// At most so many texts of the operator's own, of at most 255 characters.
pub(super) fn check_string_pairs(path: &str, pairs: &JsonObject, most: usize) -> Result<(), BodyInvalid> {
    if pairs.len() > most {
        return Err(BodyInvalid::wrong(path, format!("must not have more than {most} properties")));
    }
    for (name, value) in pairs {
        let is_short = |text: &str| text.chars().count() <= 255;
        if !value.as_str().is_some_and(is_short) || !is_short(name) {
            return Err(BodyInvalid::wrong(path, "must have names and string values of at most 255 characters"));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_origin_of(text: &str, wildcards: SubdomainWildcards, expected: bool) {
        assert_eq!(check_origin("origin", text, wildcards).is_ok(), expected, "{text}");
    }

    #[test]
    fn origins_are_spelled_as_browsers_spell_them() {
        for text in ["https://app.example", "http://localhost:3000", "https://app.example:8443"] {
            check_origin_of(text, SubdomainWildcards::Off, true);
        }
        for text in [
            "https://app.example/",
            "https://app.example:443",
            "https://APP.example",
            "https://*.app.example",
            "https://app.example;sandbox",
            "https://app.example,b",
            "https://'self'",
            "https://u@app.example",
            "app.example",
            "null",
            "*",
            "com.example.app://x",
            "https://app.example/path",
        ] {
            check_origin_of(text, SubdomainWildcards::Off, false);
        }
    }

    #[test]
    fn az_04_an_origin_may_have_a_wildcard_where_those_are_allowed() {
        check_origin_of("https://*.app.example:8443", SubdomainWildcards::On, true);
        for text in ["https://*.app.example/", "https://*.app.example:443", "https://*.com", "*"] {
            check_origin_of(text, SubdomainWildcards::On, false);
        }
        check_origin_of("https://*.app.example:8443", SubdomainWildcards::Off, false);
    }

    #[test]
    fn ad_12_pictures_and_links_are_web_urls() {
        let check = |text: &str| check_web_url("logo_uri", text, &["https", "http"]).is_ok();
        assert!(check("https://cdn.example/logo.png?v=1"));
        for text in ["javascript:alert(1)", "data:image/svg+xml,x", "https:", "/logo.png", "https://a b.example"] {
            assert!(!check(text), "{text}");
        }
    }
}
