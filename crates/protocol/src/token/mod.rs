//! The token endpoint (RFC 6749 3.2): what a request asks, and what is answered.

mod introspection;
mod requests;
mod response;

pub use introspection::{ActiveToken, Confirmation, introspection};
pub use requests::{
    AuthorizationCodeRequest, ClientCredentialsRequest, PasswordRequest, RefreshTokenRequest, TokenRequest,
    TokenRequestRefused, parse,
};
pub use response::{TokenResponse, TokenType};
