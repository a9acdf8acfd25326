//! The words and rules of OAuth 2.0 and OpenID Connect, in Auth0's dialect, as pure functions over values.
//!
//! Nothing here performs IO, reads a clock or draws randomness: `now` and random bytes arrive as
//! arguments, so every decision can be tested with a function call. Start reading at
//! [`authorization`] for what happens at `/authorize`, and at [`rotation`] for refresh tokens.

#![warn(missing_docs)]

pub mod authorization;
pub mod claims;
pub mod client_authentication;
pub mod client_metadata;
pub mod consent;
pub mod cookies;
pub mod discovery;
pub mod dpop;
pub mod error;
pub mod locales;
pub mod logout;
pub mod management_scope;
pub mod origin;
pub mod params;
pub mod payload;
pub mod pkce;
pub mod prompt;
pub mod rate_limit;
pub mod rotation;
pub mod scope;
pub mod search;
pub mod strict_json;
pub mod subdomain_wildcards;
pub mod this_machine;
pub mod token;
