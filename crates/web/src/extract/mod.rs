//! Reading requests into values.

mod access_token;
mod body;
mod context;
mod cookies;
mod dpop;
mod origin;

pub(crate) use access_token::{Scheme, access_token, bearer_token};
pub(crate) use body::{BodyRefused, form_params, json_body, object_body, query_params, token_params};
pub(crate) use context::Cx;
pub(crate) use cookies::{Cookies, clear_session_cookie, set_binding_cookie, set_session_cookie};
pub(crate) use dpop::{ManyProofs, ProofHeader};
pub(crate) use origin::is_same_origin;
