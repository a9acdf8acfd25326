//! Signing in at an upstream provider: the browser leaves, comes back once, and the person whom the provider names is
//! found or made.
//!
//! Only an opaque `state` travels. What belongs to it is in the database, bound to the browser and to the pending
//! authorization; the nonce and the code verifier are sealed there.

mod access;
mod departure;
mod home;
mod leg;
mod person;
mod refused;
mod returning;

pub(crate) use access::Access;
pub use departure::{Departure, depart};
pub use home::{ProviderButton, home_of_address};
pub(crate) use home::{buttons, has_domains, home_of_request};
pub use leg::{Next, Refusal};
pub use refused::FederatedRefused;
pub use returning::{Callback, come_back};

/// The provider to which a browser is sent before it sees any page of ours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Home {
    /// The connection's name.
    pub connection: String,
    /// Only to see whether the person is signed in there: no page is to be shown.
    pub is_silent: bool,
}
