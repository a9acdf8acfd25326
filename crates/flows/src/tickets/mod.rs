//! Links that serve once: people confirm their address with one, or choose a new password.
//!
//! A link is 256 random bits of which only a digest is stored. Looking at it changes nothing, since programs that read
//! mails do so too; it is used by the form on its page, in one conditional write. Nobody is signed in by a link.

mod followed;
mod link;
pub mod password_reset;
mod result_url;
pub mod verification;

pub use followed::{Ended, LinkEnded};
pub(crate) use link::{LONGEST_LIFETIME, Mailing, USUAL_LIFETIME, Wanted, hand_out, send};
pub(crate) use result_url::is_allowed as is_allowed_result_url;
