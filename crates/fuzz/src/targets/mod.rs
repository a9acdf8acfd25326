//! What must hold of each parser's answers.

pub(crate) mod authorization;
pub(crate) mod client_assertion;
pub(crate) mod cookies;
pub(crate) mod dpop;
pub(crate) mod import;
pub(crate) mod jwks;
pub(crate) mod jwt;
pub(crate) mod languages;
pub(crate) mod page;
pub(crate) mod password_hash;
pub(crate) mod redirect_uri;
pub(crate) mod request_object;
pub(crate) mod search;
pub(crate) mod template;
pub(crate) mod token_request;

mod fixtures;
