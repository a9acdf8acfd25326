//! A Postgres server of one test, which may restart.

use std::path::{Path, PathBuf};
use std::process::Command;

use rustix::process::geteuid;

use super::{HERE, Port};

const INSTALLATIONS: &str = "/usr/lib/postgresql";

pub(crate) struct PostgresServer {
    programs: PathBuf,
    folder: PathBuf,
    port: Port,
}

impl PostgresServer {
    pub(crate) fn start() -> Self {
        let server = PostgresServer::in_new_folder();
        let settings = ["--auth=trust", "--username=postgres", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync"];
        output(server.program("initdb", &settings).arg("--pgdata").arg(server.data()));
        server.control(&["start"]);
        server
    }

    /// A copy of another one, which follows it.
    pub(super) fn standby_of(primary: &PostgresServer) -> Self {
        let server = PostgresServer::in_new_folder();
        let copy = ["--write-recovery-conf", "--checkpoint=fast", "--no-sync", "--dbname", &primary.url()];
        output(server.program("pg_basebackup", &copy).arg("--pgdata").arg(server.data()));
        server.control(&["start"]);
        server
    }

    fn in_new_folder() -> Self {
        let folder = output(&mut as_postgres("mktemp", &["-d", "/tmp/blackbox-postgres.XXXXXX"]));
        PostgresServer { programs: programs(), folder: folder.trim().into(), port: Port::reserve() }
    }

    pub(super) fn port(&self) -> u16 {
        self.port.number()
    }

    pub(crate) fn url(&self) -> String {
        format!("postgres://postgres@{HERE}:{}/postgres", self.port.number())
    }

    /// Throws everybody out and returns when it serves again.
    pub(crate) fn restart(&self) {
        self.control(&["restart", "--mode=fast"]);
    }

    /// The same as a power cut: nothing is finished, and what was committed is read from the log.
    pub(crate) fn crash_and_restart(&self) {
        self.control(&["restart", "--mode=immediate"]);
    }

    /// Ends it in the middle of whatever it does.
    pub(super) fn kill(&self) {
        self.control(&["stop", "--mode=immediate"]);
    }

    /// Makes one that followed another one write. Returns when it does.
    pub(super) fn promote(&self) {
        self.control(&["promote"]);
    }

    fn control(&self, arguments: &[&str]) {
        let (port, folder) = (self.port.number(), self.folder.display());
        let options = format!("-p {port} -k {folder} -c listen_addresses={HERE} -c fsync=on");
        let mut pg_ctl = self.program("pg_ctl", &["--silent", "--wait", "--timeout=60", "--options", &options]);
        // Not to a pipe, which the server would keep open.
        pg_ctl.arg("--pgdata").arg(self.data()).arg("--log").arg(self.folder.join("log")).args(arguments);
        let status = pg_ctl.stdout(std::process::Stdio::null()).status().expect("pg_ctl runs");
        let log = std::fs::read_to_string(self.folder.join("log")).unwrap_or_default();
        assert!(status.success(), "{arguments:?}: {log}");
    }

    fn program(&self, name: &str, arguments: &[&str]) -> Command {
        let mut command = as_postgres(self.programs.join(name), arguments);
        // A folder that the server's user can enter; ours may be closed to it.
        command.current_dir(&self.folder).env("LC_ALL", "C.UTF-8");
        command
    }

    fn data(&self) -> PathBuf {
        self.folder.join("data")
    }
}

impl Drop for PostgresServer {
    fn drop(&mut self) {
        let mut stop = self.program("pg_ctl", &["--silent", "--wait", "--mode=immediate", "stop", "--pgdata"]);
        // One that was killed says so.
        let _ = stop.arg(self.data()).stderr(std::process::Stdio::null()).status();
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// Postgres refuses to run as root, where we become the user that its package made.
fn as_postgres(program: impl AsRef<Path>, arguments: &[&str]) -> Command {
    let mut command = if geteuid().is_root() { Command::new("runuser") } else { Command::new(program.as_ref()) };
    if geteuid().is_root() {
        command.args(["-u", "postgres", "--"]).arg(program.as_ref());
    }
    command.args(arguments);
    command
}

fn programs() -> PathBuf {
    let installations = std::fs::read_dir(INSTALLATIONS).expect("PostgreSQL is installed").flatten();
    let versions = installations.filter_map(|folder| folder.file_name().to_str()?.parse::<u32>().ok());
    Path::new(INSTALLATIONS).join(versions.max().expect("a version").to_string()).join("bin")
}

fn output(command: &mut Command) -> String {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}
