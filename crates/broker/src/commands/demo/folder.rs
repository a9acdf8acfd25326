//! The demo's folder: two configuration files like an operator's, and the databases they name.

use std::fs;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow};
use keys::{Entropy, SystemEntropy};

use super::Ports;
use crate::Failure;

/// The folder, with its files in it.
pub(super) struct Folder(PathBuf);

impl Folder {
    /// Makes the files of a new demo; those of an earlier one stay as they are.
    pub(super) fn prepare(path: &Path, ports: Ports) -> Result<Self, Failure> {
        fs::create_dir_all(path.join("old-provider")).with_context(|| format!("cannot make {}", path.display()))?;
        let folder = Folder(path.canonicalize().context("cannot find the demo's folder")?);
        write_once(&folder.config(), &configuration(&folder.0, ports.broker))?;
        write_once(&folder.old_config(), &configuration(&folder.0.join("old-provider"), ports.old))?;
        folder.check_port(ports)?;
        Ok(folder)
    }

    pub(super) fn path(&self) -> &Path {
        &self.0
    }

    /// The broker's configuration file.
    pub(super) fn config(&self) -> PathBuf {
        self.0.join("landbridge.toml")
    }

    /// The old provider's.
    pub(super) fn old_config(&self) -> PathBuf {
        self.0.join("old-provider").join("landbridge.toml")
    }

    /// An issuer never changes, so a demo keeps the port it began with.
    fn check_port(&self, ports: Ports) -> Result<(), Failure> {
        let text = fs::read_to_string(self.config()).context("cannot read the demo's configuration")?;
        if text.contains(&issuer(ports.broker)) {
            return Ok(());
        }
        let folder = self.0.display();
        Err(Failure::Configuration(format!(
            "the demo in {folder} was made for another port; give that --port, or another --dir"
        )))
    }
}

/// The file holds a secret, so it is made for its owner alone.
fn write_once(file: &Path, text: &str) -> Result<(), Failure> {
    let opened = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(file);
    match opened {
        Ok(mut opened) => Ok(opened.write_all(text.as_bytes()).with_context(|| cannot_write(file))?),
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(Failure::Work(anyhow!(error).context(cannot_write(file)))),
    }
}

fn cannot_write(file: &Path) -> String {
    format!("cannot write {}", file.display())
}

fn issuer(port: u16) -> String {
    format!("http://localhost:{port}/")
}

fn configuration(folder: &Path, port: u16) -> String {
    let secret = hex::encode((&SystemEntropy as &dyn Entropy).array::<32>());
    let database = folder.join("landbridge.db");
    let database = toml::Value::String(format!("sqlite:{}", database.display()));
    format!(
        "# Made by `landbridge demo`.\n\
         [server]\nissuer = \"{issuer}\"\nlisten = \"127.0.0.1:{port}\"\n\n\
         [database]\nurl = {database}\n\n\
         [bootstrap]\nmanagement_client_id = \"demo-admin\"\nmanagement_client_secret = \"{secret}\"\n\n\
         # The old provider runs on this machine.\n\
         [outgoing]\nallowed_networks = [\"127.0.0.0/8\", \"::1/128\"]\n\n\
         [log]\nlevel = \"warn\"\n",
        issuer = issuer(port),
    )
}
