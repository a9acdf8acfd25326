//! Redirect URIs: the one asked for in the first line, those of the client below it.
//!
//! Whatever is accepted is held against two readings that have nothing to do with ours: equality of the text, and the
//! parser of the url crate, which is that of browsers.

use protocol::authorization::{check_registration, is_registered};
use protocol::client_metadata::AppType;
use protocol::subdomain_wildcards::SubdomainWildcards;
use url::{Host, Url};

pub(crate) fn check(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    let mut lines = text.split('\n');
    let uri = lines.next().unwrap_or_default();
    let registered: Vec<String> = lines.map(str::to_owned).collect();
    for app_type in [AppType::RegularWeb, AppType::Native] {
        for wildcards in [SubdomainWildcards::Off, SubdomainWildcards::On] {
            check_match(uri, &registered, app_type, wildcards);
            for own in &registered {
                check_registered(own, app_type, wildcards);
            }
        }
    }
}

fn check_match(uri: &str, registered: &[String], app_type: AppType, wildcards: SubdomainWildcards) {
    let is_own = registered.iter().any(|own| own == uri && !own.contains('*'));
    let is_accepted = is_registered(uri, registered, app_type, wildcards);
    assert!(is_accepted || !is_own, "{uri} is one of {registered:?}");
    let is_loopback = |own: &String| app_type == AppType::Native && differ_in_loopback_port(uri, own);
    let is_below = |own: &String| wildcards == SubdomainWildcards::On && is_one_label_below(uri, own);
    let is_explained = is_own || registered.iter().any(|own| is_loopback(own) || is_below(own));
    assert!(!is_accepted || is_explained, "{uri} is none of {registered:?}");
}

/// As browsers read both: loopback addresses that are the same but for their ports.
fn differ_in_loopback_port(uri: &str, own: &str) -> bool {
    let without_port = |text: &str| {
        let mut url = Url::parse(text).ok().filter(is_loopback)?;
        url.set_port(None).ok()?;
        Some(url)
    };
    without_port(uri).is_some_and(|uri| without_port(own) == Some(uri))
}

fn is_loopback(url: &Url) -> bool {
    let is_here = match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(_)) | None => false,
    };
    is_here && url.scheme() == "http" && url.username().is_empty() && url.fragment().is_none()
}

/// As browsers read both: the same but for one label of the host.
fn is_one_label_below(uri: &str, pattern: &str) -> bool {
    let (Ok(uri), Ok(pattern)) = (Url::parse(uri), Url::parse(&pattern.replacen("*.", "a.", 1))) else { return false };
    let rest = |url: &Url| (url.scheme().to_owned(), url.port(), url.path().to_owned(), url.query().map(str::to_owned));
    let label = |host: &str| host.split_once('.').map(|(label, base)| (label.to_owned(), base.to_owned()));
    let base = pattern.host_str().and_then(label).map(|(_, base)| base);
    let has_only_host = uri.username().is_empty() && uri.password().is_none() && uri.fragment().is_none();
    rest(&uri) == rest(&pattern)
        && has_only_host
        && uri.host_str().and_then(label).is_some_and(|(label, below)| !label.is_empty() && Some(below) == base)
}

/// Nothing can be registered that browsers read as a place with a user, a fragment, or a script.
fn check_registered(own: &str, app_type: AppType, wildcards: SubdomainWildcards) {
    if check_registration(own, app_type, wildcards).is_err() {
        return;
    }
    assert!(own.is_ascii() && !own.contains(char::is_whitespace), "{own:?}");
    assert!(wildcards == SubdomainWildcards::On || !own.contains('*'), "{own}");
    let Ok(url) = Url::parse(own) else { return };
    let scheme = own.split(':').next().unwrap_or_default();
    assert!(url.scheme().eq_ignore_ascii_case(scheme), "{own} is read as {url}");
    assert!(url.username().is_empty() && url.password().is_none(), "{own} names a user");
    assert_eq!(url.fragment(), None, "{own}");
    assert!(!["javascript", "data", "vbscript", "file", "blob"].contains(&url.scheme()), "{own}");
    let is_web = matches!(url.scheme(), "http" | "https");
    assert!(is_web || app_type == AppType::Native, "{own}");
    let authority = own.split(['/', '?']).nth(2).unwrap_or_default().to_ascii_lowercase();
    let is_host_as_written = url.host_str().is_none_or(|host| authority.starts_with(&host.replace("%2a", "*")));
    let is_plain = authority.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b':'));
    let is_name = is_plain && matches!(url.host(), Some(Host::Domain(_)));
    assert!(!is_web || !is_name || is_host_as_written, "{own} is read as {url}");
}
