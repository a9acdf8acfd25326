//! Auth0's wildcards for subdomains: `https://*.example.com/cb` stands for each name one label below `example.com`.
//!
//! RFC 9700 2.1 wants redirect URIs compared as they are, for a wildcard trusts everybody who can have a name below its
//! domain. So wildcards count only where the operator says so, and never where names are given to anybody.

use url::{Host, Url};

/// Stands in for the label that is not known yet.
const ANY_LABEL: &str = "a";
/// RFC 1035 2.3.4.
const LONGEST_LABEL: usize = 63;

/// Why an address with a wildcard cannot be registered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WildcardRefused {
    /// The operator has not allowed any.
    #[error("must not contain a wildcard while compatibility.subdomain_wildcards is off")]
    Off,
    /// Not a web address, such as that of a native application.
    #[error("may have a wildcard only with http or https")]
    Scheme,
    /// More than one, or elsewhere than in place of the whole first label of the host.
    #[error("may have only one wildcard, in place of the whole first part of its host")]
    Place,
    /// What follows is no domain name in the spelling that browsers send.
    #[error("may have a wildcard only in front of a domain name, which must be in lower case and ASCII")]
    Domain,
    /// The names that it stands for belong to whoever registers them.
    #[error("must not have a wildcard where anybody can register a name")]
    PublicSuffix,
}

/// Whether addresses with a wildcard are taken and count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SubdomainWildcards {
    /// They are refused, and those that are there stand for nothing.
    #[default]
    Off,
    /// They stand for names of one label more.
    On,
}

/// Whether a registered address has a wildcard. None but these has a `*`.
pub fn is_pattern(registered: &str) -> bool {
    registered.contains('*')
}

impl SubdomainWildcards {
    /// Checks the wildcard of an address that is to be registered, where it has one. Whether the address is a good one
    /// otherwise is for others to check.
    pub fn check(self, address: &str) -> Result<(), WildcardRefused> {
        if !is_pattern(address) {
            return Ok(());
        }
        if self == SubdomainWildcards::Off {
            return Err(WildcardRefused::Off);
        }
        let (scheme, rest) = split(address)?;
        let base = domain_of(rest);
        let host = host_of(&format!("{scheme}://{ANY_LABEL}.{rest}")).ok_or(WildcardRefused::Domain)?;
        if host != format!("{ANY_LABEL}.{base}") || !base.split('.').all(is_label) {
            return Err(WildcardRefused::Domain);
        }
        if is_owned(&host, base) { Ok(()) } else { Err(WildcardRefused::PublicSuffix) }
    }

    /// Whether the pattern stands for this address: the same text, but for one label.
    pub fn stand_for(self, pattern: &str, address: &str) -> bool {
        let Ok((scheme, rest)) = split(pattern) else { return false };
        let after_scheme = address.strip_prefix(scheme).and_then(|address| address.strip_prefix("://"));
        let Some((label, rest_of_address)) = after_scheme.and_then(|address| address.split_once('.')) else {
            return false;
        };
        let base = domain_of(rest);
        let is_below = |host: String| host.strip_prefix(label) == Some(&format!(".{base}")) && is_owned(&host, base);
        self == SubdomainWildcards::On
            && is_label(label)
            && rest_of_address == rest
            && host_of(address).is_some_and(is_below)
    }

    /// The pattern that stands for this address, if one can.
    pub fn pattern_over(self, address: &str) -> Option<String> {
        let (scheme, host_and_rest) = address.split_once("://")?;
        let (_, rest) = host_and_rest.split_once('.')?;
        let pattern = format!("{scheme}://*.{rest}");
        self.stand_for(&pattern, address).then_some(pattern)
    }
}

/// The scheme, and what follows the wildcard and its dot.
fn split(pattern: &str) -> Result<(&str, &str), WildcardRefused> {
    let (scheme, rest) = pattern.split_once("://").ok_or(WildcardRefused::Scheme)?;
    if !matches!(scheme, "http" | "https") {
        return Err(WildcardRefused::Scheme);
    }
    let rest = rest.strip_prefix("*.").filter(|rest| !is_pattern(rest)).ok_or(WildcardRefused::Place)?;
    Ok((scheme, rest))
}

fn domain_of(rest: &str) -> &str {
    rest.split([':', '/', '?', '#']).next().unwrap_or(rest)
}

/// The host as browsers read it.
fn host_of(address: &str) -> Option<String> {
    match Url::parse(address).ok()?.host()? {
        Host::Domain(domain) => Some(domain.to_owned()),
        Host::Ipv4(_) | Host::Ipv6(_) => None,
    }
}

/// A name that applications and browsers spell in one way (RFC 5890 2.3.1).
fn is_label(text: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    (1..=LONGEST_LABEL).contains(&text.len())
        && text.bytes().all(is_plain)
        && !text.starts_with('-')
        && !text.ends_with('-')
}

/// Whether the host belongs to whoever has registered `base` or a domain above it, by the Public Suffix List.
fn is_owned(host: &str, base: &str) -> bool {
    psl::domain_str(host).is_some_and(|registered| registered.len() <= base.len())
}

#[cfg(test)]
mod tests;
