//! The secret of the machine client that exists from the first start.

use std::path::PathBuf;

use secrecy::SecretString;
use thiserror::Error;

use super::private_file::{self, PrivateFileError};
use crate::config::{Bootstrap, secret_weakness};

/// The secret cannot be used.
#[derive(Debug, Error)]
pub enum BootstrapSecretError {
    /// Its file cannot be used.
    #[error(transparent)]
    Unreadable(#[from] PrivateFileError),
    /// The file holds something too weak.
    #[error("{}: {message}", path.display())]
    Weak {
        /// Which.
        path: PathBuf,
        /// Why, and what to do.
        message: String,
    },
}

/// The secret, from the setting or from its file; none where no client is configured. A line end is no part of it.
pub fn bootstrap_secret(bootstrap: &Bootstrap) -> Result<Option<SecretString>, BootstrapSecretError> {
    let Some(path) = &bootstrap.management_client_secret_file else {
        return Ok(bootstrap.management_client_secret.clone());
    };
    let text = private_file::read(path)?;
    let secret = text.trim_end_matches(['\r', '\n']);
    match secret_weakness(secret) {
        None => Ok(Some(SecretString::from(secret))),
        Some(message) => Err(BootstrapSecretError::Weak { path: path.clone(), message }),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use secrecy::ExposeSecret;

    use super::*;

    fn from_file(text: &str) -> Result<String, String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secret");
        std::fs::write(&path, text).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
        let bootstrap = Bootstrap { management_client_secret_file: Some(path), ..Bootstrap::default() };
        let shown = folder.path().display().to_string();
        bootstrap_secret(&bootstrap)
            .map(|secret| secret.expect("a secret").expose_secret().to_owned())
            .map_err(|error| error.to_string().replace(&shown, "F"))
    }

    #[test]
    fn a_file_holds_the_secret_and_a_line_end() {
        assert_eq!(from_file("hunter2hunter2hunter2\n"), Ok("hunter2hunter2hunter2".to_owned()));
        assert_eq!(from_file(" hunter2 hunter2 "), Ok(" hunter2 hunter2 ".to_owned()));
    }

    #[test]
    fn a_weak_secret_is_refused_and_not_quoted() {
        let expected = "F/secret: it is shorter than 16 characters; make one with: openssl rand -base64 32";
        assert_eq!(from_file("hunter2"), Err(expected.to_owned()));
        assert_eq!(from_file("\n"), Err(expected.to_owned()));
    }

    #[test]
    fn without_a_file_the_setting_counts() {
        assert!(bootstrap_secret(&Bootstrap::default()).unwrap().is_none());
        let secret = Some(SecretString::from("hunter2hunter2hunter2"));
        let bootstrap = Bootstrap { management_client_secret: secret, ..Bootstrap::default() };
        assert_eq!(bootstrap_secret(&bootstrap).unwrap().expect("a secret").expose_secret(), "hunter2hunter2hunter2");
    }
}
