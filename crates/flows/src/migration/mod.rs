//! People who come from elsewhere: loaded ahead of time, moved at their first sign-in, counted.

pub mod import;
pub(crate) mod moving;
pub(crate) mod record;
pub mod status;
