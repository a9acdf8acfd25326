use std::mem;
use std::sync::{Mutex, PoisonError};

use flows::mail::{Mail, MailRefused, Mailer, Sending};

/// Where every mail of a deployment ends up.
#[derive(Default)]
pub(crate) struct Mailbox(Mutex<Kept>);

#[derive(Default)]
struct Kept {
    mails: Vec<Mail>,
    refusal: Option<MailRefused>,
    is_missing: bool,
}

impl Mailbox {
    /// What has come since this was last asked.
    pub(crate) fn take(&self) -> Vec<Mail> {
        self.change(|kept| mem::take(&mut kept.mails))
    }

    /// Refuses whatever comes from now on; with `None`, takes it again.
    pub(crate) fn refuse(&self, refusal: Option<MailRefused>) {
        self.change(|kept| kept.refusal = refusal);
    }

    /// Takes it away: there is no way to send mails any more.
    pub(crate) fn remove(&self) {
        self.change(|kept| kept.is_missing = true);
    }

    fn change<T>(&self, change: impl FnOnce(&mut Kept) -> T) -> T {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Mailer for Mailbox {
    fn send<'a>(&'a self, mail: &'a Mail, _: &'a str) -> Sending<'a> {
        let answer = self.change(|kept| {
            if let Some(refusal) = kept.refusal.clone() {
                return Err(refusal);
            }
            kept.mails.push(mail.clone());
            Ok(())
        });
        Box::pin(std::future::ready(answer))
    }

    fn is_configured(&self) -> bool {
        self.change(|kept| !kept.is_missing)
    }
}
