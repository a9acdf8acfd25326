//! From a mail to what travels (RFC 5322).

use flows::mail::{Mail, MailRefused};
use keys::{Entropy, SystemEntropy};
use lettre::message::header::{HeaderName, HeaderValue};
use lettre::message::{Mailbox, MultiPart};
use lettre::{Address, Message};
use web::mails::Mails;

use crate::config::Sender;

/// What every mail is written with.
pub(super) struct Stationery {
    pub(super) mails: Mails,
    pub(super) from: Sender,
}

impl Stationery {
    /// The mail as it is handed over: text and HTML, to exactly one recipient.
    pub(super) fn message(&self, mail: &Mail, tenant_name: &str) -> Result<Message, MailRefused> {
        let never = |why: &str| MailRefused::Never(why.to_owned());
        let letter = self.mails.write(mail, tenant_name).map_err(|error| MailRefused::Never(error.to_string()))?;
        let to: Address = mail.to.parse().map_err(|_| never("its address is none that mails can be sent to"))?;
        let Sender(from) = self.from.clone();
        let random = hex::encode((&SystemEntropy as &dyn Entropy).array::<16>());
        let message = Message::builder()
            .message_id(Some(format!("<{random}@{}>", from.email.domain())))
            .date_now()
            .from(from)
            .to(Mailbox::new(None, to))
            .subject(letter.subject)
            // RFC 3834 5: nobody who is away answers it.
            .raw_header(header("Auto-Submitted", "auto-generated"))
            .multipart(MultiPart::alternative_plain_html(letter.text, letter.html));
        message.map_err(|_| never("it cannot be put into the form of a mail"))
    }
}

fn header(name: &'static str, value: &str) -> HeaderValue {
    HeaderValue::new(HeaderName::new_from_ascii_str(name), value.to_owned())
}

#[cfg(test)]
mod tests {
    use flows::mail::Message as Told;

    use super::*;

    fn sent(to: &str, tenant: &str) -> Result<String, String> {
        let from = "Nörthwind <no-reply@example.com>".parse().unwrap();
        let stationery = Stationery { mails: Mails::new().unwrap(), from };
        let mail = Mail {
            to: to.to_owned(),
            user_id: None,
            languages: Vec::new(),
            message: Told::VerifyEmail { link: "https://id.example/u/x?ticket=abc".to_owned(), valid_hours: 120 },
            expires_at: None,
        };
        let message = stationery.message(&mail, tenant).map_err(|refused| refused.to_string())?;
        assert_eq!(message.envelope().to().len(), 1, "exactly one recipient");
        Ok(String::from_utf8(message.formatted()).unwrap())
    }

    fn header_lines(text: &str) -> Vec<&str> {
        text.split("\r\n\r\n").next().unwrap_or_default().split("\r\n").collect()
    }

    #[test]
    fn a_mail_has_one_recipient_and_says_that_no_person_wrote_it() {
        let text = sent("ada@example.com", "Northwind").unwrap();
        let lines = header_lines(&text);
        for line in [
            "To: ada@example.com",
            "Subject: Northwind: confirm your email address",
            "Auto-Submitted: auto-generated",
            "From: =?utf-8?b?TsO2cnRod2luZA==?= <no-reply@example.com>",
        ] {
            assert!(lines.contains(&line), "{line}: {lines:?}");
        }
        assert!(lines.iter().any(|line| line.starts_with("Message-ID: <") && line.ends_with("@example.com>")));
        assert!(text.contains("Content-Type: text/plain") && text.contains("Content-Type: text/html"));
    }

    #[test]
    fn pw_12_no_name_adds_a_header() {
        let text = sent("ada@example.com", "North\r\nBcc: eve@example.com\r\n\r\nboo").unwrap();
        assert!(!header_lines(&text).iter().any(|line| line.starts_with("Bcc")), "{text}");
    }

    #[test]
    fn pw_12_whatever_is_not_one_address_is_refused() {
        for to in ["", "ada", "a@b@evil", "ada@example.com, eve@example.com", "ada@example.com\r\nBcc: eve@example.com"]
        {
            assert_eq!(sent(to, "N"), Err("its address is none that mails can be sent to".to_owned()), "{to:?}");
        }
    }
}
