use std::time::Duration;

/// Why somebody is not signed in. Only the first says something about the password.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LoginRefused {
    /// Nobody by that name, or another password.
    WrongPassword,
    /// An administrator, here or at the source, has shut the person out.
    Blocked,
    /// Too many wrong passwords from this address.
    TooManyAttempts,
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
