//! What is left of Auth0's Authentication API beside the protocol: accounts of database connections.

pub(crate) mod change_password;
pub(crate) mod signup;
