//! The address of the mail server, in which there is a password.

use std::path::PathBuf;

use secrecy::ExposeSecret;
use thiserror::Error;

use super::private_file::{self, PrivateFileError};
use crate::config::{Mail, Malformed, SmtpUrl};

/// The address cannot be used.
#[derive(Debug, Error)]
pub enum SmtpUrlError {
    /// Its file cannot be used.
    #[error(transparent)]
    Unreadable(#[from] PrivateFileError),
    /// The file holds something else.
    #[error("{}: {source}", path.display())]
    Malformed {
        /// Which.
        path: PathBuf,
        /// How to write it.
        source: Malformed,
    },
}

/// The address, from the setting or from its file; none where mails do not leave by SMTP.
pub fn smtp_url(mail: &Mail) -> Result<Option<SmtpUrl>, SmtpUrlError> {
    let Some(path) = &mail.smtp_url_file else {
        // Whether it can be read is a rule of the configuration.
        return Ok(mail.smtp_url.as_ref().and_then(|url| url.expose_secret().parse().ok()));
    };
    let parsed = private_file::read(path)?.trim_end().parse();
    parsed.map(Some).map_err(|source| SmtpUrlError::Malformed { path: path.clone(), source })
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn from_file(text: &str) -> Result<Option<SmtpUrl>, String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("smtp");
        std::fs::write(&path, text).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
        let mail = Mail { smtp_url_file: Some(path), ..Mail::default() };
        let shown = folder.path().display().to_string();
        smtp_url(&mail).map_err(|error| error.to_string().replace(&shown, "F"))
    }

    #[test]
    fn a_file_holds_the_address_and_a_line_end() {
        let expected = "smtps://me:secret@mail.example.com".parse().ok();
        assert_eq!(from_file("smtps://me:secret@mail.example.com\n"), Ok(expected));
    }

    #[test]
    fn a_file_with_something_else_is_refused_and_not_quoted() {
        let refused = from_file("hunter2").expect_err("no address");
        assert!(refused.starts_with("F/smtp: write smtps://") && !refused.contains("hunter2"), "{refused}");
    }
}
