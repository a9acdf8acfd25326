//! Scope values (RFC 6749 3.3).

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A set of scope tokens that keeps the order in which they were first named.
///
/// The wire form is one string with single spaces (RFC 6749 3.3); the same form is used when a scope is stored.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ScopeSet(Vec<String>);

impl ScopeSet {
    /// Reads the space-separated wire form. Repeated tokens count once; surplus spaces are ignored.
    pub fn parse(text: &str) -> Self {
        text.split(' ').collect()
    }

    /// Whether `token` is in the set. Scope tokens are compared case-sensitively (RFC 6749 3.3).
    pub fn contains(&self, token: &str) -> bool {
        self.0.iter().any(|held| held == token)
    }

    /// Whether no token is in the set.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The tokens, in order.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }

    /// Whether every token of this set is also in `other`.
    pub fn is_subset_of(&self, other: &ScopeSet) -> bool {
        self.iter().all(|token| other.contains(token))
    }

    /// The tokens of this set for which `keep` holds, in order.
    #[must_use]
    pub fn filtered(&self, mut keep: impl FnMut(&str) -> bool) -> ScopeSet {
        self.iter().filter(|token| keep(token)).collect()
    }
}

impl<'a> FromIterator<&'a str> for ScopeSet {
    fn from_iter<I: IntoIterator<Item = &'a str>>(tokens: I) -> Self {
        let mut set = ScopeSet::default();
        for token in tokens {
            if !token.is_empty() && !set.contains(token) {
                set.0.push(token.to_owned());
            }
        }
        set
    }
}

impl fmt::Display for ScopeSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join(" "))
    }
}

impl Serialize for ScopeSet {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for ScopeSet {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(ScopeSet::parse(&String::deserialize(deserializer)?))
    }
}

#[cfg(test)]
mod tests {
    use super::ScopeSet;

    #[test]
    fn repeated_tokens_count_once_and_order_is_kept() {
        assert_eq!(ScopeSet::parse(" openid  email openid profile").to_string(), "openid email profile");
    }

    #[test]
    fn tokens_are_compared_with_their_case() {
        assert!(!ScopeSet::parse("openid").contains("OpenID"));
    }
}
