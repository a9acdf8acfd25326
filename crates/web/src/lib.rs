//! The HTTP surface: routes, extractors, pages and the one place where facts become status codes.
//!
//! It translates a request into a typed call of `flows` and the outcome back; it decides nothing, writes no SQL and
//! holds no transaction. Start at [`pages`].

#![warn(missing_docs)]

pub mod pages;
