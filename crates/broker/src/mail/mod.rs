//! Carrying mails: by SMTP, or into a folder.

mod envelope;
mod folder;
mod smtp;

use std::sync::Arc;

use anyhow::anyhow;
use flows::mail::{Mail, MailRefused, Mailer, Sending};
use web::mails::Mails;

use crate::Failure;
use crate::config::{Config, Sender};
use crate::secrets::smtp_url;

use envelope::Stationery;

/// Whoever carries mails, as it is configured.
pub fn mailer(config: &Config) -> Result<Arc<dyn Mailer>, Failure> {
    let settings = &config.mail;
    let stationery = Stationery { mails: Mails::new().map_err(|error| anyhow!(error))?, from: sender(config) };
    Ok(match (smtp_url(settings)?, &settings.folder) {
        (Some(url), _) => Arc::new(smtp::Smtp::new(&url, &config.server.issuer.host(), stationery)?),
        (None, Some(folder)) => Arc::new(folder::Folder::new(folder.clone(), stationery)),
        (None, None) => Arc::new(Unconfigured),
    })
}

/// Only a folder does without a sender that somebody chose.
fn sender(config: &Config) -> Sender {
    config.mail.from.clone().unwrap_or_else(|| "no-reply@localhost".parse().expect("it is an address"))
}

/// Where nothing says how mails leave.
struct Unconfigured;

impl Mailer for Unconfigured {
    fn send<'a>(&'a self, _: &'a Mail, _: &'a str) -> Sending<'a> {
        let why = "neither mail.smtp_url nor mail.folder is set";
        Box::pin(std::future::ready(Err(MailRefused::Never(why.to_owned()))))
    }

    fn is_configured(&self) -> bool {
        false
    }
}
