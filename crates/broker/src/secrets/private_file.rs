//! Files that nobody but the broker may read.

use std::fs::{File, Permissions};
use std::io::{self, Read};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use thiserror::Error;
use zeroize::Zeroizing;

/// Larger than any key; a bound for what is read into memory.
const MOST_BYTES: u64 = 64 * 1024;

/// Container runtimes mount files here for one container alone, readable by everybody inside it, and some cannot be told
/// otherwise.
const MOUNTED_FOR_US: &str = "/run/secrets";

/// A file with a secret in it cannot be used.
#[derive(Debug, Error)]
pub enum PrivateFileError {
    /// It cannot be opened or read.
    #[error("cannot read {}: {source}", path.display())]
    Unreadable {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Everybody on the machine may read or change it.
    #[error("{path} can be read or changed by every user of this machine; run: chmod 600 {path}", path = path.display())]
    Public {
        /// Which.
        path: PathBuf,
    },
    /// It is not a file with a few lines of text.
    #[error("{} does not hold a key: {reason}", path.display())]
    Unusable {
        /// Which.
        path: PathBuf,
        /// What it is.
        reason: &'static str,
    },
}

/// The text of a file, if it is private.
pub(crate) fn read(path: &Path) -> Result<Zeroizing<String>, PrivateFileError> {
    let unreadable = |source| PrivateFileError::Unreadable { path: path.to_owned(), source };
    let unusable = |reason| PrivateFileError::Unusable { path: path.to_owned(), reason };
    let file = File::open(path).map_err(unreadable)?;
    // Asked of the open file, so that it is the one that is then read.
    let metadata = file.metadata().map_err(unreadable)?;
    if !metadata.is_file() {
        return Err(unusable("it is not a file"));
    }
    if is_public(&metadata.permissions()) && !path.starts_with(MOUNTED_FOR_US) {
        return Err(PrivateFileError::Public { path: path.to_owned() });
    }
    if metadata.len() > MOST_BYTES {
        return Err(unusable("it is larger than 64 KiB"));
    }
    let mut text = Zeroizing::new(String::with_capacity(usize::try_from(metadata.len()).unwrap_or_default()));
    file.take(MOST_BYTES).read_to_string(&mut text).map_err(unreadable)?;
    Ok(text)
}

fn is_public(permissions: &Permissions) -> bool {
    permissions.mode() & 0o006 != 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(mode: u32, is_private: bool) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.key");
        std::fs::write(&path, "hunter2\n").unwrap();
        std::fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
        match read(&path) {
            Ok(text) => assert!(is_private && text.as_str() == "hunter2\n", "{mode:o} was read"),
            Err(error) => {
                let path = path.display();
                let expected =
                    format!("{path} can be read or changed by every user of this machine; run: chmod 600 {path}");
                assert!(!is_private, "{mode:o} was refused");
                assert_eq!(error.to_string(), expected);
            }
        }
    }

    #[test]
    fn wp_06_what_everybody_can_read_is_refused() {
        for mode in [0o600, 0o400, 0o640, 0o440, 0o660] {
            check(mode, true);
        }
        for mode in [0o644, 0o604, 0o666, 0o602] {
            check(mode, false);
        }
    }

    #[test]
    fn what_is_no_small_text_file_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let refusal =
            |path: &Path| read(path).unwrap_err().to_string().replace(&folder.path().display().to_string(), "F");
        assert_eq!(refusal(folder.path()), "F does not hold a key: it is not a file");
        assert_eq!(refusal(&folder.path().join("a")), "cannot read F/a: No such file or directory (os error 2)");
        let large = folder.path().join("large");
        std::fs::write(&large, vec![b'a'; 64 * 1024 + 1]).unwrap();
        std::fs::set_permissions(&large, Permissions::from_mode(0o600)).unwrap();
        assert_eq!(refusal(&large), "F/large does not hold a key: it is larger than 64 KiB");
    }
}
