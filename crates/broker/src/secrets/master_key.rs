//! Where the master key comes from.

use std::fmt;
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use keys::{Entropy, MasterKey, MasterKeyInvalid};
use secrecy::ExposeSecret;
use thiserror::Error;

use super::private_file::{self, PrivateFileError};
use crate::config::{Config, DatabaseUrl};

/// Where the master key is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MasterKeySource {
    /// In the configuration.
    Setting,
    /// In a file that the configuration names.
    File(PathBuf),
    /// Beside an SQLite database, where it is made when it is missing.
    Beside(PathBuf),
}

/// There is no master key that can be used.
#[derive(Debug, Error)]
pub enum MasterKeyError {
    /// The setting is not a key.
    #[error("secrets.master_key: {0}")]
    Setting(MasterKeyInvalid),
    /// The file does not hold a key.
    #[error("{}: {source}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why not.
        source: MasterKeyInvalid,
    },
    /// The file cannot be used.
    #[error(transparent)]
    Unreadable(#[from] PrivateFileError),
    /// A new one would not open what is already sealed.
    #[error(
        "the key {} is missing, but the database {} that it belongs to is there; put the key back from a backup, or set \
         secrets.master_key",
        key.display(), database.display()
    )]
    Lost {
        /// Where the key was.
        key: PathBuf,
        /// What it belongs to.
        database: PathBuf,
    },
    /// A new one cannot be written.
    #[error("cannot write the master key to {}: {source}", path.display())]
    Unwritable {
        /// Where.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

impl fmt::Display for MasterKeySource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            MasterKeySource::Setting => f.write_str("secrets.master_key"),
            MasterKeySource::File(path) | MasterKeySource::Beside(path) => path.display().fmt(f),
        }
    }
}

impl MasterKeySource {
    /// Where this configuration has it.
    pub fn of(config: &Config) -> Self {
        match (&config.secrets.master_key_file, &config.secrets.master_key, &config.database.url) {
            (Some(path), _, _) => MasterKeySource::File(path.clone()),
            (None, None, DatabaseUrl::Sqlite(database)) => MasterKeySource::Beside(database.with_extension("key")),
            // A configuration without a key is not loaded for Postgres.
            _ => MasterKeySource::Setting,
        }
    }
}

/// The master key, if there is one. There is none yet before the first start on SQLite.
pub fn find(config: &Config) -> Result<Option<MasterKey>, MasterKeyError> {
    match (MasterKeySource::of(config), &config.database.url) {
        (MasterKeySource::Setting, _) => from_setting(config).map(Some),
        (MasterKeySource::Beside(path), DatabaseUrl::Sqlite(database)) if !path.exists() => {
            if database.exists() {
                return Err(MasterKeyError::Lost { key: path, database: database.clone() });
            }
            Ok(None)
        }
        (MasterKeySource::File(path) | MasterKeySource::Beside(path), _) => from_file(&path).map(Some),
    }
}

/// The master key; a new one on the first start on SQLite. It is on disk before anything is sealed with it.
pub fn find_or_make(config: &Config, entropy: &dyn Entropy) -> Result<MasterKey, MasterKeyError> {
    match (find(config)?, MasterKeySource::of(config)) {
        (Some(key), _) => Ok(key),
        (None, MasterKeySource::Beside(path) | MasterKeySource::File(path)) => make(&path, entropy),
        (None, MasterKeySource::Setting) => from_setting(config),
    }
}

fn from_setting(config: &Config) -> Result<MasterKey, MasterKeyError> {
    let text = config.secrets.master_key.as_ref().map(ExposeSecret::expose_secret).unwrap_or_default();
    MasterKey::from_base64(text).map_err(MasterKeyError::Setting)
}

fn from_file(path: &Path) -> Result<MasterKey, MasterKeyError> {
    let text = private_file::read(path)?;
    MasterKey::from_base64(&text).map_err(|source| MasterKeyError::File { path: path.to_owned(), source })
}

fn make(path: &Path, entropy: &dyn Entropy) -> Result<MasterKey, MasterKeyError> {
    let key = MasterKey::from_random(entropy.array());
    match write_new(path, key.to_base64().as_bytes()) {
        Ok(()) => Ok(key),
        // Another process was faster; there is one key for both.
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => from_file(path),
        Err(source) => Err(MasterKeyError::Unwritable { path: path.to_owned(), source }),
    }
}

/// Written whole under another name first, so that whoever finds the file finds the whole key in it.
fn write_new(path: &Path, text: &[u8]) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let unfinished = path.with_extension(format!("key.{}", std::process::id()));
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&unfinished)?;
    let written = file.write_all(text).and_then(|()| file.write_all(b"\n")).and_then(|()| file.sync_all());
    let linked = written.and_then(|()| std::fs::hard_link(&unfinished, path));
    std::fs::remove_file(&unfinished)?;
    linked?;
    File::open(folder)?.sync_all()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use keys::SystemEntropy;
    use secrecy::SecretString;

    use super::*;

    const TEXT: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

    /// A configuration with an SQLite database that does not exist yet.
    fn fresh() -> (tempfile::TempDir, Config) {
        let folder = tempfile::tempdir().unwrap();
        let mut config = Config::default();
        config.database.url = DatabaseUrl::Sqlite(folder.path().join("a.db"));
        (folder, config)
    }

    fn made(config: &Config) -> String {
        find_or_make(config, &SystemEntropy).unwrap().to_base64().to_string()
    }

    fn refusal(config: &Config) -> String {
        find_or_make(config, &SystemEntropy).err().expect("a refusal").to_string()
    }

    #[test]
    fn the_first_start_makes_a_key_and_the_next_one_finds_it() {
        let (folder, config) = fresh();
        assert!(find(&config).unwrap().is_none());
        let key = made(&config);
        let path = folder.path().join("a.key");
        assert_eq!(std::fs::read_to_string(&path).unwrap(), format!("{key}\n"));
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "nothing else is left behind");
        std::fs::write(folder.path().join("a.db"), "").unwrap();
        assert_eq!(made(&config), key);
    }

    #[test]
    fn a_key_that_is_there_is_never_written_over() {
        let (folder, _) = fresh();
        let path = folder.path().join("a.key");
        write_new(&path, b"first").unwrap();
        assert_eq!(write_new(&path, b"second").unwrap_err().kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "first\n");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn of_two_first_starts_both_have_the_key_of_one() {
        let (folder, config) = fresh();
        let key = made(&config);
        let lost_the_race = make(&folder.path().join("a.key"), &SystemEntropy).unwrap();
        assert_eq!(lost_the_race.to_base64().as_str(), key);
    }

    #[test]
    fn no_key_is_made_for_a_database_that_has_lost_its_own() {
        let (folder, config) = fresh();
        std::fs::write(folder.path().join("a.db"), "").unwrap();
        let shown = folder.path().display();
        assert_eq!(
            refusal(&config),
            format!(
                "the key {shown}/a.key is missing, but the database {shown}/a.db that it belongs to is there; put the \
                 key back from a backup, or set secrets.master_key"
            )
        );
        assert!(!folder.path().join("a.key").exists());
    }

    #[test]
    fn wp_06_a_public_or_damaged_key_file_is_refused() {
        let (folder, config) = fresh();
        let path = folder.path().join("a.key");
        std::fs::write(&path, TEXT).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
        assert!(refusal(&config).ends_with(&format!("run: chmod 600 {}", path.display())));
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
        assert_eq!(made(&config), TEXT);
        std::fs::write(&path, "AAECAw==").unwrap();
        let expected = "the master key has 4 bytes instead of 32; make one with: openssl rand -base64 32";
        assert_eq!(refusal(&config), format!("{}: {expected}", path.display()));
    }

    #[test]
    fn a_configured_key_is_used_and_no_file_is_made() {
        let (folder, mut config) = fresh();
        config.secrets.master_key = Some(SecretString::from(TEXT));
        assert_eq!(made(&config), TEXT);
        config.secrets.master_key = Some(SecretString::from("hunter2"));
        assert_eq!(
            refusal(&config),
            "secrets.master_key: the master key is not base64; make one with: openssl rand -base64 32"
        );
        config.secrets = crate::config::Secrets {
            master_key_file: Some(folder.path().join("elsewhere")),
            ..crate::config::Secrets::default()
        };
        assert_eq!(
            refusal(&config),
            format!("cannot read {}/elsewhere: No such file or directory (os error 2)", folder.path().display())
        );
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[test]
    fn a_folder_that_does_not_exist_is_named() {
        let (folder, mut config) = fresh();
        config.database.url = DatabaseUrl::Sqlite(folder.path().join("missing/a.db"));
        assert_eq!(
            refusal(&config),
            format!(
                "cannot write the master key to {}/missing/a.key: No such file or directory (os error 2)",
                folder.path().display()
            )
        );
    }
}
