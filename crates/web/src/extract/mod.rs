//! Reading requests into values.

mod body;
mod context;
mod cookies;

pub(crate) use body::{FormOrJson, read_params};
pub(crate) use context::Cx;
pub(crate) use cookies::{Cookies, SetCookie};
