//! The authorization endpoint (RFC 6749 3.1): what a request may ask, and how it is answered.

mod checks;
mod limits;
mod redirect_uri;
mod request;
pub mod request_object;
mod response;
mod response_type;

pub use checks::{CHECKS, Check, ClientRules, Refusal, check, find_redirect_uri, refusal_mode};
pub use limits::is_overlong;
pub use redirect_uri::{RedirectUriRefused, check_registration, is_registered};
pub use request::{AuthorizationRequest, Prompt};
pub use response::{AuthorizationResponse, ResponseMode};
pub use response_type::ResponseType;
