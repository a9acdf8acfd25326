//! Throwaway databases of every engine at hand: SQLite always, Postgres where `TEST_DATABASE_URL` names a server.

use std::process;
use std::str::FromStr;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;

use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, PgConnection};
use tempfile::TempDir;

use crate::{Load, Store, StoreSettings};

/// How many connections read at the same time.
pub(super) const READERS: u32 = 8;

/// Runs a test on an empty database of each engine.
pub(super) async fn for_each_engine(test: impl AsyncFn(&Store)) {
    for_each_database(async |database| test(&database.store).await).await;
}

/// The same, for tests that look at the database past the store.
pub(super) async fn for_each_database(test: impl AsyncFn(&Database)) {
    for database in databases().await {
        // Shown only where the test fails.
        println!("on {}", database.url);
        test(&database).await;
    }
}

/// An empty, migrated database of each engine.
pub(super) async fn databases() -> Vec<Database> {
    let mut databases = Vec::new();
    for place in places().await {
        databases.push(Database::at(place).await);
    }
    databases
}

/// Where a database of each engine will be that nobody has opened yet.
pub(super) async fn places() -> Vec<Place> {
    let mut places = vec![Place::sqlite()];
    if let Some(server) = server("TEST_DATABASE_URL") {
        places.push(Place::Server(PostgresDatabase::create(server).await));
    }
    places
}

/// The server that the environment names so. There has to be one where `LEAVE_NO_TEST_OUT` is set.
#[expect(clippy::disallowed_methods, reason = "says which servers the tests may use; product code never asks")]
pub(crate) fn server(name: &str) -> Option<String> {
    let server = std::env::var(name).ok();
    let may_lack = std::env::var_os("LEAVE_NO_TEST_OUT").is_none();
    assert!(server.is_some() || may_lack, "no test may be left out, and {name} is not set");
    server
}

/// A database that is gone when this is dropped.
pub(super) struct Database {
    pub(super) store: Store,
    pub(super) url: String,
    place: Place,
}

pub(super) enum Place {
    Folder(TempDir),
    Server(PostgresDatabase),
}

impl Place {
    fn sqlite() -> Self {
        Place::Folder(TempDir::new().unwrap())
    }

    pub(super) fn url(&self) -> String {
        match self {
            Place::Folder(folder) => format!("sqlite:{}", folder.path().join("test.db").display()),
            Place::Server(database) => database.url(),
        }
    }
}

impl Database {
    pub(super) async fn sqlite() -> Self {
        Self::at(Place::sqlite()).await
    }

    async fn at(place: Place) -> Self {
        let url = place.url();
        Database { store: open(&url).await, url, place }
    }

    pub(super) fn is_postgres(&self) -> bool {
        matches!(self.place, Place::Server(_))
    }

    /// A second store on the same database, as another process has one.
    pub(super) async fn open_again(&self) -> Store {
        open(&self.url).await
    }
}

pub(super) async fn open(url: &str) -> Store {
    Store::open(&StoreSettings { url: url.to_owned(), readers: READERS, load: Load::Service }).await.unwrap()
}

pub(super) struct PostgresDatabase {
    server: String,
    name: String,
}

impl PostgresDatabase {
    /// Its own order of text is a language's, so that a column which lacks `COLLATE "C"` sorts differently from SQLite.
    async fn create(server: String) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!("store_test_{}_{}", process::id(), COUNT.fetch_add(1, Ordering::SeqCst));
        let english = "TEMPLATE template0 ENCODING 'UTF8' LOCALE_PROVIDER icu ICU_LOCALE 'en-US'";
        run(&server, format!("CREATE DATABASE {name} {english}")).await;
        PostgresDatabase { server, name }
    }

    fn url(&self) -> String {
        PgConnectOptions::from_str(&self.server).unwrap().database(&self.name).to_url_lossy().to_string()
    }
}

impl Drop for PostgresDatabase {
    /// On a thread and runtime of its own, so that a test which fails leaves nothing behind either.
    fn drop(&mut self) {
        let (server, name) = (self.server.clone(), self.name.clone());
        let dropped = thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(run(&server, format!("DROP DATABASE {name} WITH (FORCE)")));
        });
        dropped.join().unwrap();
    }
}

async fn run(server: &str, statement: String) {
    let mut connection = PgConnection::connect(server).await.unwrap();
    sqlx::raw_sql(AssertSqlSafe(statement)).execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
}
