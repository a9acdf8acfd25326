//! Redirect URIs are compared as raw text (RFC 9700 2.1). A URL parser would normalise, and every normalisation has
//! been somebody's hole.

use crate::client_metadata::AppType;
use crate::subdomain_wildcards::{SubdomainWildcards, WildcardRefused, is_pattern};

/// Why a redirect URI cannot be registered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RedirectUriRefused {
    /// Not an absolute URI.
    #[error("must be an absolute URI with a scheme and, for http and https, a host")]
    NotAbsolute,
    /// It has a fragment (RFC 6749 3.1.2).
    #[error("must not have a fragment")]
    Fragment,
    /// It names a user.
    #[error("must not contain user information")]
    UserInfo,
    /// White space, control characters, backslashes or non-ASCII letters.
    #[error("must consist of plain URI characters")]
    IllegalCharacter,
    /// A scheme that runs or reads something in the browser.
    #[error("must not use the scheme of a script, a document or a file")]
    DangerousScheme,
    /// A wildcard that is not allowed, or not where it stands.
    #[error(transparent)]
    Wildcard(#[from] WildcardRefused),
    /// Auth0's `{organization_name}`, or any other text in braces, which no URI holds (RFC 3986 2).
    #[error(
        "must not contain a placeholder: there are no organizations yet that {{organization_name}} could stand for"
    )]
    Placeholder,
    /// A custom scheme for a client that is no native application (RFC 8252 7.1).
    #[error("may use its own scheme only for a native application")]
    SchemeNeedsNative,
}

/// Schemes that would run or read something where the browser stands.
const DANGEROUS_SCHEMES: [&str; 8] =
    ["javascript", "data", "vbscript", "file", "blob", "about", "view-source", "filesystem"];

/// Checks a redirect URI when a client is saved.
pub fn check_registration(
    uri: &str,
    app_type: AppType,
    wildcards: SubdomainWildcards,
) -> Result<(), RedirectUriRefused> {
    if !uri.bytes().all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'\\' | b'<' | b'>' | b'"' | b'`')) {
        return Err(RedirectUriRefused::IllegalCharacter);
    }
    let (scheme, rest) = uri.split_once(':').ok_or(RedirectUriRefused::NotAbsolute)?;
    let scheme = scheme.to_ascii_lowercase();
    if !is_scheme(&scheme) || rest.is_empty() {
        return Err(RedirectUriRefused::NotAbsolute);
    }
    if DANGEROUS_SCHEMES.contains(&scheme.as_str()) {
        return Err(RedirectUriRefused::DangerousScheme);
    }
    if uri.contains('#') {
        return Err(RedirectUriRefused::Fragment);
    }
    wildcards.check(uri)?;
    if uri.contains(['{', '}']) {
        return Err(RedirectUriRefused::Placeholder);
    }
    check_authority(&scheme, rest, app_type)
}

fn check_authority(scheme: &str, rest: &str, app_type: AppType) -> Result<(), RedirectUriRefused> {
    let authority = rest.strip_prefix("//").map(|rest| rest.split(['/', '?']).next().unwrap_or(rest));
    if authority.is_some_and(|authority| authority.contains('@')) {
        return Err(RedirectUriRefused::UserInfo);
    }
    if matches!(scheme, "http" | "https") {
        let host = authority.filter(|authority| !authority.is_empty() && !authority.starts_with(':'));
        return host.map(|_| ()).ok_or(RedirectUriRefused::NotAbsolute);
    }
    if app_type == AppType::Native { Ok(()) } else { Err(RedirectUriRefused::SchemeNeedsNative) }
}

fn is_scheme(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_alphabetic())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.'))
}

/// Whether the redirect URI of a request is one of the client's own, byte for byte, or one that a wildcard among them
/// stands for. A native application may use any port of its loopback address (RFC 8252 7.3), for `127.0.0.1` and
/// `[::1]` but not for a name.
pub fn is_registered(uri: &str, registered: &[String], app_type: AppType, wildcards: SubdomainWildcards) -> bool {
    registered.iter().any(|own| {
        if is_pattern(own) {
            return wildcards.stand_for(own, uri);
        }
        own == uri || (app_type == AppType::Native && differs_in_loopback_port(uri, own))
    })
}

fn differs_in_loopback_port(uri: &str, registered: &str) -> bool {
    ["http://127.0.0.1", "http://[::1]"].iter().any(|host| {
        let (Some(asked), Some(own)) = (uri.strip_prefix(host), registered.strip_prefix(host)) else { return false };
        match (without_port(asked), without_port(own)) {
            (Some(asked), Some(own)) => asked == own,
            _ => false,
        }
    })
}

/// What follows the port; `None` where something else than a port, a path or a query follows the host.
fn without_port(rest: &str) -> Option<&str> {
    let Some(port_and_rest) = rest.strip_prefix(':') else {
        return (rest.is_empty() || rest.starts_with(['/', '?'])).then_some(rest);
    };
    let end = port_and_rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(port_and_rest.len());
    let (port, rest) = port_and_rest.split_at(end);
    let legal = port.parse::<u16>().is_ok() && (rest.is_empty() || rest.starts_with(['/', '?']));
    legal.then_some(rest)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const OWN: &str = "https://app.example/cb";
    const ON: SubdomainWildcards = SubdomainWildcards::On;
    const OFF: SubdomainWildcards = SubdomainWildcards::Off;

    #[test]
    fn az_01_az_02_one_character_is_enough_to_refuse() {
        let registered = [OWN.to_owned()];
        assert!(is_registered(OWN, &registered, AppType::RegularWeb, ON));
        let others = [
            "https://app.example/cb/",
            "https://app.example/CB",
            "https://app.example/cb?x=1",
            "https://app.example/cb#f",
            "https://app.example:443/cb",
            "https://app.example./cb",
            "https://app.example@evil.example/cb",
            "https://evil.example\\@app.example/cb",
            "https://app.example/\tcb",
            "HTTPS://app.example/cb",
            "https://аpp.example/cb",
        ];
        for other in others {
            assert!(!is_registered(other, &registered, AppType::RegularWeb, ON), "{other}");
        }
    }

    /// CVE-2026-3872.
    #[test]
    fn az_03_no_path_is_normalised_before_it_is_compared() {
        let registered = [OWN.to_owned(), "https://app.example/a/../b".to_owned()];
        for path in ["cb/../x", "cb/..;/x", "cb%2e%2e/x", "cb%252e%252e/x", "x/../cb", "./cb", "/cb", "%63b", "b"] {
            let uri = format!("https://app.example/{path}");
            assert!(!is_registered(&uri, &registered, AppType::RegularWeb, ON), "{uri}");
        }
        assert!(is_registered(&registered[1], &registered, AppType::RegularWeb, ON));
    }

    /// CVE-2026-9086, CVE-2024-21637 (Authentik).
    #[test]
    fn az_06_schemes_that_run_or_read_something_cannot_be_registered() {
        use RedirectUriRefused::{DangerousScheme, IllegalCharacter};
        for scheme in DANGEROUS_SCHEMES {
            let [first, rest] = [&scheme[..1], &scheme[1..]];
            for (uri, refusal) in [
                (format!("{scheme}:x"), DangerousScheme),
                (format!("{}{rest}://app.example/cb", first.to_uppercase()), DangerousScheme),
                (format!("{}:x", scheme.to_uppercase()), DangerousScheme),
                (format!(" {scheme}:x"), IllegalCharacter),
                (format!("\t{scheme}:x"), IllegalCharacter),
                (format!("{first}\n{rest}:x"), IllegalCharacter),
            ] {
                for app_type in [AppType::RegularWeb, AppType::Spa, AppType::Native, AppType::NonInteractive] {
                    assert_eq!(check_registration(&uri, app_type, ON), Err(refusal), "{uri:?}");
                }
            }
        }
    }

    #[test]
    fn az_05_only_a_native_client_s_loopback_address_may_change_its_port() {
        let registered = ["http://127.0.0.1/cb", "http://[::1]:8000/cb", "http://localhost:3000/cb"].map(str::to_owned);
        let cases = [
            ("http://127.0.0.1:5123/cb", AppType::Native, true),
            ("http://[::1]:1/cb", AppType::Native, true),
            ("http://127.0.0.1:5123/cb", AppType::RegularWeb, false),
            ("http://localhost:3001/cb", AppType::Native, false),
            ("http://127.0.0.1:5123/other", AppType::Native, false),
            ("http://127.0.0.1.evil.example/cb", AppType::Native, false),
            ("http://127.0.0.1:1@evil.example/cb", AppType::Native, false),
            ("http://127.0.0.1:99999/cb", AppType::Native, false),
            ("https://127.0.0.1:5123/cb", AppType::Native, false),
        ];
        for (uri, app_type, expected) in cases {
            assert_eq!(is_registered(uri, &registered, app_type, ON), expected, "{uri}");
        }
    }

    #[test]
    fn az_04_what_cannot_be_registered() {
        use RedirectUriRefused::{
            DangerousScheme, Fragment, IllegalCharacter, NotAbsolute, Placeholder, SchemeNeedsNative, UserInfo,
            Wildcard,
        };
        let cases = [
            ("javascript:alert(1)", DangerousScheme),
            ("JavaScript:alert(1)", DangerousScheme),
            (" javascript:alert(1)", IllegalCharacter),
            ("data:text/html,x", DangerousScheme),
            ("file:///etc/passwd", DangerousScheme),
            ("https://app.example/cb#x", Fragment),
            ("https://good@evil.example/", UserInfo),
            ("https://*.app.example/cb", Wildcard(WildcardRefused::Off)),
            ("https://{organization_name}.app.example/cb", Placeholder),
            ("https://app.example/{cb", Placeholder),
            ("https://app.example\\cb", IllegalCharacter),
            ("/cb", NotAbsolute),
            ("https:cb", NotAbsolute),
            ("https://", NotAbsolute),
            ("com.example.app:/cb", SchemeNeedsNative),
        ];
        for (uri, refusal) in cases {
            assert_eq!(check_registration(uri, AppType::RegularWeb, OFF), Err(refusal), "{uri}");
        }
        assert!(Placeholder.to_string().contains(" {organization_name} "), "{Placeholder}");
        assert_eq!(check_registration(OWN, AppType::RegularWeb, OFF), Ok(()));
        assert_eq!(check_registration("http://localhost:3000/cb?x=1", AppType::Spa, OFF), Ok(()));
        assert_eq!(check_registration("com.example.app:/cb", AppType::Native, OFF), Ok(()));
    }

    #[test]
    fn az_02_az_04_a_wildcard_stands_for_names_below_its_domain_where_it_is_allowed() {
        let web = |uri, wildcards| check_registration(uri, AppType::RegularWeb, wildcards);
        assert_eq!(web("https://*.app.example/cb", ON), Ok(()));
        assert_eq!(web("https://*.com/cb", ON), Err(WildcardRefused::PublicSuffix.into()));
        assert_eq!(web("https://*.app.example@evil.example/", ON), Err(WildcardRefused::Domain.into()));
        let native = check_registration("com.example.app://*.app.example/cb", AppType::Native, ON);
        assert_eq!(native, Err(WildcardRefused::Scheme.into()));
        let registered = ["https://*.app.example/cb".to_owned()];
        for (uri, wildcards, expected) in [
            ("https://one.app.example/cb", ON, true),
            ("https://one.app.example/cb", OFF, false),
            ("https://*.app.example/cb", ON, false),
            ("https://*.app.example/cb", OFF, false),
            ("https://evil.example\\.app.example/cb", ON, false),
        ] {
            assert_eq!(is_registered(uri, &registered, AppType::Native, wildcards), expected, "{uri} {wildcards:?}");
        }
    }

    proptest! {
        #[test]
        fn only_equal_text_matches_for_a_web_client(uri in ".{0,60}", own in "[^*]{0,60}") {
            for uri in [&uri, &own] {
                let is_own = is_registered(uri, std::slice::from_ref(&own), AppType::RegularWeb, ON);
                prop_assert_eq!(is_own, *uri == own);
            }
        }
    }
}
