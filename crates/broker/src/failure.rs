//! Why a command did not do what it was asked to, and the exit code that says so.

use std::fmt;
use std::process::ExitCode;

use crate::config::ConfigError;
use crate::secrets::{BootstrapSecretError, MasterKeyError, SmtpUrlError};
use crate::server::TlsError;

/// A command did not do what it was asked to. Shown as sentences for the operator.
#[derive(Debug)]
pub enum Failure {
    /// What the operator wrote cannot be used; nothing was begun. Exit code 2, like a wrong command line.
    Configuration(String),
    /// The work failed. Exit code 1.
    Work(anyhow::Error),
    /// The work is done but for a part that was refused. Exit code 3.
    Incomplete(anyhow::Error),
    /// What was looked at was altered by somebody who is not the broker. Exit code 4.
    Altered(anyhow::Error),
}

impl Failure {
    /// What the process ends with.
    pub fn exit_code(&self) -> ExitCode {
        match self {
            Failure::Configuration(_) => ExitCode::from(2),
            Failure::Work(_) => ExitCode::FAILURE,
            Failure::Incomplete(_) => ExitCode::from(3),
            Failure::Altered(_) => ExitCode::from(4),
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Failure::Configuration(message) => f.write_str(message),
            Failure::Work(error) | Failure::Incomplete(error) | Failure::Altered(error) => write!(f, "{error:#}"),
        }
    }
}

impl From<anyhow::Error> for Failure {
    fn from(error: anyhow::Error) -> Self {
        Failure::Work(error)
    }
}

impl From<ConfigError> for Failure {
    fn from(error: ConfigError) -> Self {
        Failure::Configuration(error.to_string())
    }
}

impl From<MasterKeyError> for Failure {
    fn from(error: MasterKeyError) -> Self {
        Failure::Configuration(error.to_string())
    }
}

impl From<BootstrapSecretError> for Failure {
    fn from(error: BootstrapSecretError) -> Self {
        Failure::Configuration(error.to_string())
    }
}

impl From<SmtpUrlError> for Failure {
    fn from(error: SmtpUrlError) -> Self {
        Failure::Configuration(error.to_string())
    }
}

impl From<TlsError> for Failure {
    fn from(error: TlsError) -> Self {
        Failure::Configuration(error.to_string())
    }
}
