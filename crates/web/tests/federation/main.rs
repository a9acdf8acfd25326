//! Signing in at an upstream provider, through the router.

mod arriving;
mod choosing;
mod lies;
mod people;
mod refused;
mod setting;
mod signing_out;
mod silent;
