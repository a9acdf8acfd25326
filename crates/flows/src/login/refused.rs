use std::time::Duration;

use crate::limits::Limited;

/// Why somebody is not signed in. Only the first says something about the password.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LoginRefused {
    /// Nobody by that name, or another password.
    WrongPassword,
    /// An administrator, here or at the source, has shut the person out.
    Blocked,
    /// Too many wrong passwords from this address.
    TooManyAttempts,
    /// Too many passwords, right or wrong, from this address or for this account. This one was not looked at.
    Limited(Limited),
    /// The source refuses the password because it is known from a breach.
    Breached,
    /// The source wants a second factor, which cannot be carried out here.
    SecondFactorRequired,
    /// The source wants to be asked less often.
    SourceThrottled {
        /// How long it wants to be left alone, where it says so.
        retry_after: Option<Duration>,
    },
    /// The source cannot be asked. Nothing was checked and nothing is counted.
    SourceUnavailable,
    /// The client has no connection that takes passwords.
    NoConnection,
}
