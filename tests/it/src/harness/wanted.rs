//! How much is to be done, where whoever runs the tests says so.

use std::str::FromStr;

/// The number that the environment holds under this name.
#[expect(clippy::disallowed_methods, reason = "says how much is to be done")]
pub(crate) fn wanted<T: FromStr>(name: &str) -> Option<T> {
    let number = std::env::var(name).ok()?;
    Some(number.parse().unwrap_or_else(|_| panic!("{name} is a number, and not {number:?}")))
}
