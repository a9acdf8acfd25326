//! Mails to people. Flows say what a mail tells; whoever carries it, a [`Mailer`], knows how it looks and how it
//! travels.

use std::fmt;
use std::pin::Pin;

use model::{Timestamp, UserId};
use serde::{Deserialize, Serialize};

use crate::jobs::WorkFailed;
use crate::{RequestContext, Services};

/// A mail to one person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mail {
    /// Where it goes: one plain address.
    pub to: String,
    /// The person it is about. It is not sent once they are deleted.
    pub user_id: Option<UserId>,
    /// Languages the person reads, as tags in lower case, best first; empty where nobody knows.
    pub languages: Vec<String>,
    /// What it tells.
    pub message: Message,
    /// From when on it is of no use and not sent any more, such as the end of its link.
    pub expires_at: Option<Timestamp>,
}

/// What a mail tells. Links are secrets of the person it is sent to, so that `Debug` shows nothing of it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "template", rename_all = "snake_case")]
pub enum Message {
    /// Follow this link to show that the address is yours.
    VerifyEmail {
        /// Where to.
        link: String,
        /// For how many hours from when it was asked for.
        valid_hours: u64,
    },
    /// Follow this link to choose a new password.
    ResetPassword {
        /// Where to.
        link: String,
        /// For how many hours from when it was asked for.
        valid_hours: u64,
    },
    /// The password was changed.
    PasswordChanged,
    /// An import of people is over.
    UsersImported(ImportTold),
    /// An import of people was given up. What it had written stays.
    UsersImportFailed(ImportTold),
}

/// What an import came to.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportTold {
    /// The name of the connection.
    pub connection: String,
    /// People who are new.
    pub inserted: u64,
    /// People who were there before.
    pub updated: u64,
    /// Rows that were refused.
    pub failed: u64,
    /// Rows in all.
    pub total: u64,
}

impl fmt::Debug for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Message(..)")
    }
}

/// Why a mail did not leave.
#[derive(Clone, Debug, thiserror::Error)]
pub enum MailRefused {
    /// The server cannot be reached, or asks for patience.
    #[error("{0}")]
    Later(String),
    /// It will never be taken.
    #[error("{0}")]
    Never(String),
}

/// What [`Mailer::send`] answers with.
pub type Sending<'a> = Pin<Box<dyn Future<Output = Result<(), MailRefused>> + Send + 'a>>;

/// Whoever carries mails. The text of an error is kept and shown to operators: it names neither the person nor a link.
pub trait Mailer: Send + Sync {
    /// Hands a mail over, on behalf of the place of this name. When this answers, another has taken responsibility for
    /// it.
    fn send<'a>(&'a self, mail: &'a Mail, tenant_name: &'a str) -> Sending<'a>;

    /// Whether it has any way to send mails.
    fn is_configured(&self) -> bool;
}

pub(crate) async fn send(svc: &Services, cx: &RequestContext, mail: &Mail) -> Result<(), WorkFailed> {
    if mail.expires_at.is_some_and(|end| end <= cx.now) {
        return Err(WorkFailed::Never("what it tells has expired before it could be sent".to_owned()));
    }
    let tenant_name = crate::tenant::name(svc);
    svc.mailer.send(mail, &tenant_name).await.map_err(|refused| match refused {
        MailRefused::Later(why) => WorkFailed::Later(why),
        MailRefused::Never(why) => WorkFailed::Never(why),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dl_03_the_link_of_a_mail_does_not_show() {
        let message = Message::ResetPassword { link: "https://id.example/?ticket=hunter2".to_owned(), valid_hours: 1 };
        let mail = Mail { to: "ada@x.io".to_owned(), user_id: None, languages: Vec::new(), message, expires_at: None };
        assert!(!format!("{mail:?}").contains("hunter2"));
    }
}
