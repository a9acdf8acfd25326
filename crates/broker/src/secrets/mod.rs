//! Secrets that an operator keeps in files, and the key that seals all others.

mod bootstrap_secret;
pub mod master_key;
mod private_file;
mod smtp_url;

pub use bootstrap_secret::{BootstrapSecretError, bootstrap_secret};
pub use master_key::{MasterKeyError, MasterKeySource};
pub use private_file::PrivateFileError;
pub(crate) use private_file::read as read_private_file;
pub use smtp_url::{SmtpUrlError, smtp_url};
