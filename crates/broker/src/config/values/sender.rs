//! Who mails come from.

use std::fmt;
use std::str::FromStr;

use lettre::message::Mailbox;

use super::{Malformed, text_setting};

/// A mail address, with a name for people or without.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sender(pub(crate) Mailbox);

text_setting!(Sender, { "type": "string", "pattern": "@" });

impl fmt::Display for Sender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for Sender {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        let mailbox = text.parse().map_err(|_| Malformed::new("write NAME@EXAMPLE.COM, or Name <NAME@EXAMPLE.COM>"))?;
        Ok(Sender(mailbox))
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{check_refused, check_taken};
    use super::*;

    #[test]
    fn a_sender_is_one_address_with_or_without_a_name() {
        check_taken::<Sender>("no-reply@example.com");
        check_taken::<Sender>("Example Accounts <no-reply@example.com>");
        for text in ["", "Example", "a@b@c", "a@example.com, b@example.com", "a@example.com\r\nBcc: b@example.com"] {
            check_refused::<Sender>(text, "write NAME@EXAMPLE.COM, or Name <NAME@EXAMPLE.COM>");
        }
    }
}
