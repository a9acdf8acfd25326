//! What the HTTP surface says of itself: an OpenAPI 3.1 document, made from the same table as the router.
//!
//! [`Routes`] takes a handler and its [`Operation`] together, so there is neither a route without a description nor a
//! description without a route. Answers are described by the types that are written ([`Schemas`]), bodies that are read
//! by [`body`], which the tests hold against what the server takes.

pub(crate) mod body;
mod document;
mod operation;
mod routes;
mod schemas;

pub use document::document;
pub(crate) use operation::Operation;
pub(crate) use routes::Routes;
pub(crate) use schemas::Schemas;
