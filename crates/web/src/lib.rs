//! The HTTP surface: routes, extractors, pages and the one place where facts become status codes.
//!
//! It translates a request into a typed call of `flows` and the outcome back; it decides nothing, writes no SQL and
//! holds no transaction. Start at [`router`], then `oidc` for the protocol and `sign_in` for the pages.

#![warn(missing_docs)]

mod authentication_api;
mod errors;
mod extract;
pub mod mails;
mod management;
mod middleware;
mod oidc;
pub mod openapi;
mod operations;
pub mod pages;
mod present;
mod router;
mod sign_in;
mod standing;
mod state;

pub use router::{paths, router};
pub use state::{AppState, RenderMetrics, Settings, TokenErrorStatus};
