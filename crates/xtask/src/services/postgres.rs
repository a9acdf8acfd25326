//! A PostgreSQL cluster of our own, beside any that the machine has.

use std::ffi::OsStr;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use super::free_port;
use crate::runner::{Runner, expect_success};

const INSTALLATIONS: &str = "/usr/lib/postgresql";

/// As the product asks for it, apart from the number of connections: every test has its own pool, and many run at once.
const SETTINGS: &str = "-c listen_addresses=127.0.0.1 -c max_connections=300 -c fsync=on";

/// Dropping it stops the server and deletes its folder.
pub(super) struct Postgres {
    runner: Runner,
    programs: PathBuf,
    folder: PathBuf,
    port: u16,
}

impl Postgres {
    pub(super) fn start(runner: &Runner) -> Result<Self> {
        let programs = newest_installation()?;
        let folder = runner.capture(&mut as_postgres("mktemp", ["-d", "/tmp/landbridge-postgres.XXXXXX"]))?;
        let folder = PathBuf::from(folder.trim());
        let postgres = Self { runner: runner.clone(), programs, folder, port: free_port()? };
        postgres.create()?;
        postgres.launch().with_context(|| postgres.last_words())?;
        Ok(postgres)
    }

    pub(super) fn url(&self) -> String {
        format!("postgres://postgres@127.0.0.1:{}/postgres", self.port)
    }

    fn create(&self) -> Result<()> {
        let arguments = ["--auth=trust", "--username=postgres", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync"];
        let mut initdb = self.program("initdb", arguments);
        self.runner.capture(initdb.arg("--pgdata").arg(self.data())).map(drop)
    }

    fn launch(&self) -> Result<()> {
        let options = format!("-p {} -k {} {SETTINGS}", self.port, self.folder.display());
        let mut pg_ctl = self.program("pg_ctl", ["--silent", "--wait", "--timeout=60", "--options", &options]);
        self.runner.run(pg_ctl.arg("--pgdata").arg(self.data()).arg("--log").arg(self.log()).arg("start"))
    }

    fn stop(&self, mode: &str) -> Result<()> {
        let mut pg_ctl = self.program("pg_ctl", ["--silent", "--wait", "--timeout=60", "--mode", mode]);
        // Not through the runner, which gives up after Ctrl-C; and out of reach of a second Ctrl-C.
        let status = pg_ctl.arg("--pgdata").arg(self.data()).arg("stop").process_group(0).status()?;
        expect_success(&pg_ctl, status)
    }

    fn program<'a>(&self, name: &str, arguments: impl IntoIterator<Item = &'a str>) -> Command {
        let mut command = as_postgres(self.programs.join(name), arguments);
        // A folder that the server's user can enter; ours may be closed to it.
        command.current_dir(&self.folder).env("LC_ALL", "C.UTF-8");
        command
    }

    fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    fn log(&self) -> PathBuf {
        self.folder.join("log")
    }

    fn last_words(&self) -> String {
        format!("PostgreSQL did not start\n{}", std::fs::read_to_string(self.log()).unwrap_or_default())
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        let is_running = self.data().join("postmaster.pid").exists();
        if is_running && self.stop("fast").or_else(|_| self.stop("immediate")).is_err() {
            eprintln!("PostgreSQL still runs in {}", self.folder.display());
            return;
        }
        if let Err(error) = std::fs::remove_dir_all(&self.folder) {
            eprintln!("cannot delete {}: {error}", self.folder.display());
        }
    }
}

/// PostgreSQL refuses to run as root, where we become the user that its package made.
fn as_postgres<'a>(program: impl AsRef<OsStr>, arguments: impl IntoIterator<Item = &'a str>) -> Command {
    if !rustix::process::geteuid().is_root() {
        let mut command = Command::new(program);
        command.args(arguments);
        return command;
    }
    let mut command = Command::new("runuser");
    command.args(["-u", "postgres", "--"]).arg(program).args(arguments);
    command
}

fn newest_installation() -> Result<PathBuf> {
    let folders = std::fs::read_dir(INSTALLATIONS).with_context(|| format!("cannot read {INSTALLATIONS}"))?;
    let versions = folders.flatten().filter_map(|folder| folder.file_name().to_str()?.parse::<u32>().ok());
    let newest = versions.max().with_context(|| format!("no PostgreSQL under {INSTALLATIONS}"))?;
    Ok(Path::new(INSTALLATIONS).join(newest.to_string()).join("bin"))
}
