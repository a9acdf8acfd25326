//! What may be lost at any moment and then costs nothing but a little speed: the buckets of rate limits.
//!
//! Whatever protects an account for good (wrong passwords, one-time use, revocation) is decided in SQL.

mod buckets;

pub use buckets::Buckets;
