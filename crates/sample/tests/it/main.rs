//! The application as a browser sees it, in front of an OpenID provider that can also misbehave.

#![expect(clippy::unwrap_used, reason = "a step that fails is a test that fails")]

mod browser;
mod key;
mod provider;
mod sample;

mod forms;
mod refusals;
mod sessions;
mod sign_in;
