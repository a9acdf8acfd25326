//! Databases on the Postgres server that the tests may use.

use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

use url::Url;

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
        database.tell_server(&format!("CREATE DATABASE {}", database.name));
        database
    }

    pub(super) fn url(&self) -> String {
        let mut url = Url::parse(&self.server).expect("servers are named by URLs");
        url.set_path(&self.name);
        url.into()
    }

    /// Takes it away from whoever uses it.
    pub(super) fn destroy(&self) {
        self.tell_server(&format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name));
    }

    /// Runs a statement as the server's owner. The tests know nothing of the product's tables, so this is all they say.
    fn tell_server(&self, statement: &str) {
        let output = Command::new("psql")
            .args(["--no-psqlrc", "--quiet", "--set", "ON_ERROR_STOP=1", "--command", statement, &self.server])
            .env("PGOPTIONS", "-c client_min_messages=warning")
            .output()
            .expect("psql, which comes with PostgreSQL, runs");
        assert!(output.status.success(), "{statement}: {}", String::from_utf8_lossy(&output.stderr));
    }
}

impl Drop for PostgresDatabase {
    fn drop(&mut self) {
        self.destroy();
    }
}
