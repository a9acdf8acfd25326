//! What happens to every call, whatever its route.

mod calls;
mod context;
pub(crate) mod cors;
mod headers;
pub(crate) mod limits;
mod peer;

pub(crate) use calls::Calls;
pub(crate) use context::context;
