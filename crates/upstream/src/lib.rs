//! Speaks to other identity systems as their client: to the source of lazy migration, which still holds the passwords
//! of people who have not moved, and to the upstream providers at which people sign in.
//!
//! It never writes anything, never reads a clock to decide something (`now` comes in), never follows a redirect,
//! never dials a private network the operator has not named, and never logs a password, a token or an address.
//! What a source says becomes a member of a closed set of answers; of these only
//! [`SourceAnswer::WrongPassword`] says something about the password that was tried.
//!
//! Start at [`Upstreams`], then [`answer`] for sources and [`sign_in`] for providers; `gate` holds what keeps a slow or
//! broken peer from hurting us, `auth0` and `oidc` what goes over the wire, [`social`] what is known of providers
//! beforehand.

#![warn(missing_docs)]

mod addresses;
pub mod answer;
mod attempt;
mod auth0;
mod backchannel;
mod breaker;
mod gate;
mod http;
mod issuer;
mod kept;
mod oidc;
mod profile;
mod providers;
pub mod sign_in;
pub mod social;
#[cfg(test)]
mod tests;
mod upstreams;
mod urls;

pub use answer::{DirectoryAnswer, Garbage, SourceAnswer, UnavailableReason};
pub use attempt::PasswordAttempt;
pub use backchannel::Told;
pub use breaker::BreakerPosition;
pub use http::{HttpSettings, HttpSetupError};
pub use issuer::IssuerRefused;
pub use oidc::logout::{LogoutNotice, SignOutRequest};
pub use oidc::metadata::MetadataRefused;
pub use profile::{ProfileOrigin, SourceIdentity, SourceProfile};
pub use providers::ProviderRefused;
pub use upstreams::Upstreams;
pub use urls::UrlRefused;
