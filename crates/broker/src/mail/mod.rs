//! Carrying mails.

use flows::mail::{Mail, MailRefused, Mailer, Sending};

/// Where nothing says how mails leave.
pub struct Unconfigured;

impl Mailer for Unconfigured {
    fn send<'a>(&'a self, _: &'a Mail, _: &'a str) -> Sending<'a> {
        let why = "neither mail.smtp_url nor mail.folder is set";
        Box::pin(std::future::ready(Err(MailRefused::Never(why.to_owned()))))
    }
}
