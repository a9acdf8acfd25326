//! Mails as files, for development and tests.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use flows::Clock;
use flows::mail::{Mail, MailRefused, Mailer, Sending};
use tokio::task::spawn_blocking;

use super::Stationery;
use crate::clock::SystemClock;

/// Writes each mail as an `.eml` file (RFC 5322), named so that they sort by time.
pub(super) struct Folder {
    path: PathBuf,
    stationery: Stationery,
}

impl Folder {
    pub(super) fn new(path: PathBuf, stationery: Stationery) -> Self {
        Folder { path, stationery }
    }

    async fn write(&self, mail: &Mail, tenant_name: &str) -> Result<(), MailRefused> {
        let bytes = self.stationery.message(mail, tenant_name)?.formatted();
        let (folder, now) = (self.path.clone(), SystemClock.now().millis());
        let written = spawn_blocking(move || write(&folder, now, &bytes)).await.map_err(io::Error::other);
        written.flatten().map_err(|error| MailRefused::Later(format!("cannot write to mail.folder: {error}")))
    }
}

impl Mailer for Folder {
    fn send<'a>(&'a self, mail: &'a Mail, tenant_name: &'a str) -> Sending<'a> {
        Box::pin(self.write(mail, tenant_name))
    }

    fn is_configured(&self) -> bool {
        true
    }
}

/// Whoever looks into the folder never finds half a mail.
fn write(folder: &Path, now: i64, bytes: &[u8]) -> io::Result<()> {
    std::fs::create_dir_all(folder)?;
    let mut file = tempfile::Builder::new().prefix(&format!("{now:014}-")).suffix(".part").tempfile_in(folder)?;
    file.write_all(bytes)?;
    let complete = file.path().with_extension("eml");
    file.persist_noclobber(complete).map(drop).map_err(|error| error.error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mails_sort_by_time_and_are_whole() {
        let parent = tempfile::tempdir().unwrap();
        let folder = parent.path().join("mails");
        for (now, text) in [(1_800_000_000_001, "second"), (1_800_000_000_000, "first")] {
            write(&folder, now, text.as_bytes()).unwrap();
        }
        let mut paths: Vec<_> = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        paths.sort();
        let texts: Vec<_> = paths.iter().map(|path| std::fs::read_to_string(path).unwrap()).collect();
        assert_eq!(texts, ["first", "second"]);
        assert!(paths.iter().all(|path| path.extension().is_some_and(|extension| extension == "eml")));
    }
}
