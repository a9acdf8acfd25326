//! Places where brokers run.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;

use super::file_trace::traced;
use super::postgres::PostgresDatabase;
use super::process::output_within;
use super::{Broker, Engine, HERE, Port};

/// The machine client that sets everything up.
pub(super) const BOOTSTRAP_ID: &str = "bootstrap";
pub(crate) const BOOTSTRAP_SECRET: &str = "bootstrap-secret-of-the-black-box-tests";

const MASTER_KEY: &str = "QnJva2VycyBpbiB0ZXN0cyBzaGFyZSB0aGlzIGtleS4=";

const LIMITS: [&str; 7] = [
    "calls_per_address",
    "authorizations_per_address",
    "registrations_per_address",
    "passwords_per_address",
    "passwords_per_account",
    "calls_per_client",
    "management_calls_per_client",
];

/// A folder, a database, a port and settings: everything of a broker but the process, which may come and go.
#[derive(Clone)]
pub(crate) struct Installation {
    folder: Arc<TempDir>,
    port: Arc<Port>,
    postgres: Option<Arc<PostgresDatabase>>,
    settings: BTreeMap<String, String>,
    are_files_traced: bool,
}

impl Installation {
    /// An empty folder and an empty database.
    pub(crate) fn new(engine: Engine) -> Self {
        let server = (engine == Engine::Postgres).then(|| super::postgres::server().expect("TEST_DATABASE_URL"));
        Installation::on(server.as_deref())
    }

    /// On a Postgres server of choice, or on SQLite without one.
    pub(crate) fn on(postgres_server: Option<&str>) -> Self {
        let postgres = postgres_server.map(|server| Arc::new(PostgresDatabase::create(server)));
        let port = Port::reserve();
        let issuer = format!("http://localhost:{}/", port.number());
        let mut installation = Installation {
            folder: Arc::new(TempDir::new().unwrap()),
            port: Arc::new(port),
            postgres,
            settings: BTreeMap::new(),
            are_files_traced: false,
        };
        installation.set("server.issuer", &issuer);
        installation.set("server.listen", &installation.address());
        installation.set("bootstrap.management_client_id", BOOTSTRAP_ID);
        installation.set("bootstrap.management_client_secret", BOOTSTRAP_SECRET);
        installation.set("log.format", "json");
        // All calls come from one address, and many are for one person. Tests of the limits set them.
        for limit in LIMITS {
            installation.set(&format!("limits.{limit}"), "1000000");
        }
        // So that sources may be on this machine.
        installation.set("outgoing.allowed_networks", "127.0.0.0/8");
        if let Some(postgres) = installation.postgres.clone() {
            installation.set("database.url", &postgres.url());
            installation.set("secrets.master_key", MASTER_KEY);
        }
        installation
    }

    /// Another node of the same deployment. Only Postgres has any.
    pub(crate) fn another_node(&self) -> Self {
        assert!(self.postgres.is_some(), "one file serves one broker");
        let (folder, port) = (Arc::new(TempDir::new().unwrap()), Arc::new(Port::reserve()));
        let mut node = Installation { folder, port, ..self.clone() };
        node.set("server.listen", &node.address());
        node
    }

    pub(crate) fn set(&mut self, setting: &str, value: &str) {
        self.settings.insert(setting.to_owned(), value.to_owned());
    }

    pub(crate) fn with(mut self, setting: &str, value: &str) -> Self {
        self.set(setting, value);
        self
    }

    /// What its processes do to files is written down.
    pub(crate) fn with_files_traced(self) -> Self {
        Installation { are_files_traced: true, ..self }
    }

    /// What the last of its processes did to files.
    pub(crate) fn trace_file(&self) -> PathBuf {
        self.folder().join("trace")
    }

    pub(crate) fn issuer(&self) -> &str {
        &self.settings["server.issuer"]
    }

    /// Where it listens, whatever it calls itself.
    pub(crate) fn address(&self) -> String {
        format!("{HERE}:{}", self.port.number())
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub(super) fn log_file(&self) -> PathBuf {
        self.folder().join("broker.log")
    }

    /// Writes a file into its folder.
    pub(crate) fn write(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.folder().join(name);
        std::fs::write(&path, content).unwrap();
        path
    }

    /// After a kill: returns once everything that the broker sent to Postgres is done or undone.
    pub(crate) fn settle(&self) {
        self.postgres.iter().for_each(|database| database.wait_until_unused());
    }

    /// Whether its database plans by numbers that are known: SQLite plans by none.
    pub(crate) fn knows_its_numbers(&self) -> bool {
        self.postgres.as_ref().is_none_or(|database| database.was_told_to_count())
    }

    /// What somebody has who steals its database: the files of SQLite, or what Postgres gives out.
    pub(crate) fn copy_of_database(&self) -> Vec<u8> {
        if let Some(database) = &self.postgres {
            return database.copy();
        }
        let files = std::fs::read_dir(self.folder()).unwrap().map(|entry| entry.unwrap());
        let files = files.filter(|file| file.file_name().to_string_lossy().starts_with("landbridge.db"));
        files.flat_map(|file| std::fs::read(file.path()).unwrap()).collect()
    }

    /// Its Postgres database is gone, whoever used it.
    pub(crate) fn destroy_database(&self) {
        self.postgres.as_ref().expect("a Postgres database").destroy();
    }

    /// A command line with the settings in its environment, and nothing else there.
    pub(super) fn command(&self, arguments: &[&str]) -> Command {
        let mut command =
            if self.are_files_traced { traced(&program(), &self.trace_file()) } else { Command::new(program()) };
        command.current_dir(self.folder()).args(arguments).env_clear().stdin(Stdio::null());
        for (setting, value) in &self.settings {
            command.env(format!("LANDBRIDGE__{}", setting.to_uppercase().replace('.', "__")), value);
        }
        command
    }

    /// Runs a command to its end.
    pub(crate) fn run(&self, arguments: &[&str]) -> Output {
        let process = self.command(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        output_within(process, Duration::from_mins(1))
    }

    /// What `landbridge migration status` says of a connection.
    pub(crate) fn migration_status(&self, connection: &str) -> Value {
        let output = self.run(&["migration", "status", "--json"]);
        assert!(output.status.success(), "{output:?}");
        let status: Value = serde_json::from_slice(&output.stdout).expect("JSON");
        let rows = status["connections"].as_array().expect("a list");
        rows.iter().find(|row| row["connection"] == connection).expect("the connection").clone()
    }

    /// The size of the binary, in MiB.
    pub(crate) fn program_mib() -> f64 {
        let bytes = std::fs::metadata(program()).expect("it can be run").len();
        f64::from(u32::try_from(bytes / 1024).expect("it is not that large")) / 1024.0
    }

    /// Starts the broker and waits until it serves.
    pub(crate) async fn start(&self) -> Broker {
        Broker::start(self).await
    }
}

/// The binary under test: the released one where the suite runs, the one built last where a test is being written.
#[expect(clippy::disallowed_methods, reason = "says which binary the tests are about")]
fn program() -> PathBuf {
    std::env::var_os("LANDBRIDGE_BIN").map_or_else(development_build, PathBuf::from)
}

fn development_build() -> PathBuf {
    let this = std::env::current_exe().expect("the path of this program");
    let target = this.ancestors().find(|folder| folder.ends_with("debug")).expect("a development build of the tests");
    let program = target.join("landbridge");
    assert!(program.exists(), "run cargo build --package broker, or set LANDBRIDGE_BIN");
    println!("LANDBRIDGE_BIN is not set: testing {}", program.display());
    program
}
