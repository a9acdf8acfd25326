//! OAuth 2.0 and OpenID Connect, at Auth0's paths.

pub(crate) mod authorize;
pub(crate) mod backchannel;
mod client_call;
pub(crate) mod discovery;
pub(crate) mod docs;
pub(crate) mod introspection;
pub(crate) mod logout;
pub(crate) mod par;
pub(crate) mod registration;
pub(crate) mod revocation;
pub(crate) mod token;
pub(crate) mod userinfo;
