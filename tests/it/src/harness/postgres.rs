//! Databases on the Postgres server that the tests may use.

use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::Duration;

use url::Url;

use super::usage::{cpu_of, parent_of};

static COUNT: AtomicU32 = AtomicU32::new(0);

/// The server, where there is one.
#[expect(clippy::disallowed_methods, reason = "says which server the tests may use")]
pub(super) fn server() -> Option<String> {
    std::env::var("TEST_DATABASE_URL").ok()
}

/// A database of one broker, or of several on purpose. Gone when this is dropped.
pub(crate) struct PostgresDatabase {
    server: String,
    name: String,
}

impl PostgresDatabase {
    pub(super) fn create(server: &str) -> Self {
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("blackbox_{}_{number}", std::process::id());
        let database = PostgresDatabase { server: server.to_owned(), name };
        psql(&database.server, &format!("CREATE DATABASE {}", database.name));
        database
    }

    pub(super) fn url(&self) -> String {
        let mut url = Url::parse(&self.server).expect("servers are named by URLs");
        url.set_path(&self.name);
        url.into()
    }

    /// Returns once nobody is connected. What a killed client sent last is carried out before the server finds it gone,
    /// and a slow disk may keep its `COMMIT` for longer than another start takes.
    pub(super) fn wait_until_unused(&self) {
        let used = format!(
            "EXISTS (SELECT FROM pg_stat_activity WHERE datname = '{}' AND backend_type = 'client backend')",
            self.name
        );
        let again = "PERFORM pg_sleep(0.005); PERFORM pg_stat_clear_snapshot();";
        psql(&self.server, &format!("DO $$ BEGIN WHILE {used} LOOP {again} END LOOP; END $$"));
    }

    /// Whether somebody has had the server count the rows of a table, which it also does by itself.
    pub(super) fn was_told_to_count(&self) -> bool {
        psql(&self.url(), "SELECT COUNT(last_analyze) FROM pg_stat_user_tables").trim() != "0"
    }

    /// Every row of every table, as `COPY` writes them: what is no text is in hexadecimal.
    pub(super) fn copy(&self) -> Vec<u8> {
        let tables =
            psql(&self.url(), "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'");
        let tables = tables.split_whitespace();
        tables.flat_map(|table| psql(&self.url(), &format!("COPY {table} TO STDOUT")).into_bytes()).collect()
    }

    /// Takes it away from whoever uses it.
    pub(super) fn destroy(&self) {
        self.try_destroy().unwrap_or_else(|error| panic!("{error}"));
    }

    fn try_destroy(&self) -> Result<String, String> {
        try_psql(&self.server, &format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name))
    }
}

impl Drop for PostgresDatabase {
    fn drop(&mut self) {
        let destroyed = self.try_destroy();
        // A test that has failed may have lost the server, and a second panic would end all other tests.
        assert!(destroyed.is_ok() || thread::panicking(), "{destroyed:?}");
    }
}

/// The processor time that the server has taken for connections that are closed. None where it runs elsewhere.
pub(crate) fn server_cpu() -> Option<Duration> {
    let pid = psql(&server()?, "SELECT pid FROM pg_stat_activity WHERE backend_type = 'checkpointer'");
    cpu_of(parent_of(pid.trim().parse().ok()?)?, 4)
}

/// Runs a statement as the server's owner and answers its rows. The tests know nothing of the product's tables, so this
/// is all they say.
pub(super) fn psql(server: &str, statement: &str) -> String {
    try_psql(server, statement).unwrap_or_else(|error| panic!("{error}"))
}

fn try_psql(server: &str, statement: &str) -> Result<String, String> {
    let output = Command::new("psql")
        .args(["--no-psqlrc", "--quiet", "--tuples-only", "--set", "ON_ERROR_STOP=1", "--command", statement, server])
        .env("PGOPTIONS", "-c client_min_messages=warning -c statement_timeout=5min")
        .output()
        .expect("psql, which comes with PostgreSQL, runs");
    let said = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    if output.status.success() {
        Ok(said(&output.stdout))
    } else {
        Err(format!("{statement}: {}", said(&output.stderr)))
    }
}
