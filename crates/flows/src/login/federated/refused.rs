//! Why nobody is signed in by way of a provider.

use std::time::Duration;

use upstream::UnavailableReason;
use upstream::sign_in::SignInProblem;

/// What the person is told. The event says more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FederatedRefused {
    /// The person did not want to, or the provider does not let them.
    Denied,
    /// The provider says that it failed.
    Failed,
    /// The provider does not answer, or cannot be read.
    Unavailable,
    /// The provider wants to be asked less often.
    Throttled {
        /// How long it wants to be left alone, where it says so.
        retry_after: Option<Duration>,
    },
    /// The provider does not accept our client, or the connection is set up wrongly.
    Misconfigured,
    /// It took too long, or was answered before.
    TooLate,
    /// What the provider says does not hold.
    NotBelieved,
    /// An administrator has shut the person out.
    Blocked,
    /// The person was deleted here.
    Deleted,
    /// What the provider calls the person is somebody else's id here.
    TwoPeople,
    /// The connection is not open to this client, or not any more.
    ConnectionClosed,
}

impl From<SignInProblem> for FederatedRefused {
    fn from(problem: SignInProblem) -> Self {
        use UnavailableReason::{AddressRefused, Disabled, Misconfigured, OurCredentials};
        match problem {
            SignInProblem::Unavailable(AddressRefused | Disabled | Misconfigured | OurCredentials) => {
                FederatedRefused::Misconfigured
            }
            SignInProblem::Unavailable(_) => FederatedRefused::Unavailable,
            SignInProblem::Throttled { retry_after } => FederatedRefused::Throttled { retry_after },
            SignInProblem::CodeRefused => FederatedRefused::TooLate,
            SignInProblem::NotBelieved(_) => FederatedRefused::NotBelieved,
        }
    }
}
