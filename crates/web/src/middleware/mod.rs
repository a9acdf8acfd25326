//! What happens to every call, whatever its route.

mod context;
mod headers;
mod peer;

pub(crate) use context::context;
pub(crate) use headers::headers;
