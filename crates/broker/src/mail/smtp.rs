//! Mails by SMTP (RFC 5321). Each mail is a connection of its own: there are few, and none waits on one that the server
//! has long closed.

use std::error::Error as _;
use std::time::Duration;

use anyhow::Context;
use flows::mail::{Mail, MailRefused, Mailer, Sending};
use lettre::transport::smtp::Error;
use lettre::transport::smtp::extension::ClientId;
use lettre::{AsyncSmtpTransport, AsyncTransport, Tokio1Executor};

use super::Stationery;
use crate::config::SmtpUrl;

/// How long one step of the conversation may take.
const PATIENCE: Duration = Duration::from_secs(20);

/// Hands mails to a server.
pub(super) struct Smtp {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    stationery: Stationery,
}

impl Smtp {
    /// `host` is how we introduce ourselves.
    pub(super) fn new(url: &SmtpUrl, host: &str, stationery: Stationery) -> Result<Self, anyhow::Error> {
        let builder = AsyncSmtpTransport::<Tokio1Executor>::from_url(&url.for_lettre())
            .context("mail.smtp_url cannot be used")?
            .hello_name(ClientId::Domain(host.to_owned()))
            .timeout(Some(PATIENCE));
        Ok(Smtp { transport: builder.build(), stationery })
    }

    async fn deliver(&self, mail: &Mail, tenant_name: &str) -> Result<(), MailRefused> {
        let message = self.stationery.message(mail, tenant_name)?;
        self.transport.send(message).await.map(drop).map_err(|error| refusal(&error))
    }
}

impl Mailer for Smtp {
    fn send<'a>(&'a self, mail: &'a Mail, tenant_name: &'a str) -> Sending<'a> {
        Box::pin(self.deliver(mail, tenant_name))
    }

    fn is_configured(&self) -> bool {
        true
    }
}

/// What a server says may name the recipient, so of its answer only the code is kept.
fn refusal(error: &Error) -> MailRefused {
    let code = error.status().map(|code| code.to_string());
    match code {
        // Our credentials, not this mail: an operator can put that right (RFC 4954 6).
        Some(code) if code.starts_with("53") => {
            MailRefused::Later(format!("the mail server refused our credentials ({code})"))
        }
        Some(code) if error.is_permanent() => {
            MailRefused::Never(format!("the mail server refused the mail for good ({code})"))
        }
        Some(code) => MailRefused::Later(format!("the mail server asks for patience ({code})")),
        None if error.is_timeout() => MailRefused::Later("the mail server did not answer in time".to_owned()),
        None => {
            let cause = error.source().map_or_else(|| error.to_string(), ToString::to_string);
            MailRefused::Later(format!("the mail server cannot be talked to: {cause}"))
        }
    }
}
