//! How long the values of an authorization request may be. Anybody can send one, and it is stored while a person signs
//! in, so nothing in it is longer than what it is for.

use crate::params::{MAX_VALUE_BYTES, Params};

/// Bytes of each value that is stored as it came. `client_id`, `redirect_uri` and `code_challenge` are compared with
/// what is known, or have one length.
const LIMITS: &[(&str, usize)] = &[
    // An application's own, to be returned untouched.
    ("state", MAX_VALUE_BYTES),
    ("id_token_hint", MAX_VALUE_BYTES),
    // Twice as much as every scope of the Management API.
    ("scope", 4 * 1024),
    // Every claim there is by name, with a demand on each.
    ("claims", 4 * 1024),
    // As long as the identifier of an API may be: 600 characters.
    ("audience", 2400),
    ("nonce", 1024),
    ("login_hint", 1024),
    ("ui_locales", 512),
    // As long as the name of a connection may be.
    ("connection", 128),
    ("connection_scope", 2048),
    ("organization", 128),
    ("prompt", 64),
    ("screen_hint", 64),
];

/// Whether the value of this parameter is longer than it may be.
pub fn is_overlong(params: &Params, name: &str) -> bool {
    params.get(name).is_some_and(|value| value.len() > limit_of(name))
}

/// The first parameter whose value is longer than it may be.
pub(super) fn first_overlong(params: &Params) -> Option<&str> {
    params.iter().find(|(name, value)| value.len() > limit_of(name)).map(|(name, _)| name)
}

fn limit_of(name: &str) -> usize {
    LIMITS.iter().find(|(limited, _)| *limited == name).map_or(MAX_VALUE_BYTES, |(_, limit)| *limit)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::management_scope::ManagementScope;

    fn check(name: &str, length: usize, expected: bool) {
        let params = Params::from_form(format!("first=1&{name}={}", "x".repeat(length)).as_bytes()).expect("readable");
        assert_eq!(is_overlong(&params, name), expected, "{length} bytes of {name}");
        assert_eq!(first_overlong(&params), expected.then_some(name), "{length} bytes of {name}");
    }

    #[test]
    fn az_12_every_value_has_a_longest_length() {
        for (name, limit) in LIMITS.iter().chain(&[("anything", MAX_VALUE_BYTES)]) {
            check(name, *limit, false);
            check(name, limit + 1, true);
        }
    }

    #[test]
    fn all_that_is_stored_of_a_request_is_bounded_together() {
        assert!(LIMITS.iter().map(|(_, limit)| limit).sum::<usize>() < 32 * 1024);
    }

    #[test]
    fn whoever_asks_for_everything_is_understood() {
        let everything: Vec<_> = ManagementScope::ALL.iter().map(|scope| scope.as_str()).collect();
        assert!(everything.join(" ").len() * 2 < limit_of("scope"));
    }
}
