//! Throwaway databases of every engine at hand: SQLite always, Postgres where `TEST_DATABASE_URL` names a server.

use std::path::Path;
use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::{fs, process, thread};

use model::signing_key::SigningKey;
use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, PgConnection, SqliteConnection};
use store::{Load, Store, StoreSettings};
use tempfile::TempDir;
use tokio::sync::OnceCell;

use crate::app::{self, Options};
use crate::mailbox::Mailbox;

/// A kind of database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    /// A file of its own.
    Sqlite,
    /// A database of its own on the server that `TEST_DATABASE_URL` names.
    Postgres,
}

impl Engine {
    /// The engines that can be tested here.
    pub fn at_hand() -> Vec<Engine> {
        let postgres = postgres_server().map(|_| Engine::Postgres);
        [Engine::Sqlite].into_iter().chain(postgres).collect()
    }
}

/// There has to be one where `LEAVE_NO_TEST_OUT` is set.
#[expect(clippy::disallowed_methods, reason = "says which server the tests may use; product code never asks")]
fn postgres_server() -> Option<String> {
    let server = std::env::var("TEST_DATABASE_URL").ok();
    let may_lack = std::env::var_os("LEAVE_NO_TEST_OUT").is_none();
    assert!(server.is_some() || may_lack, "no test may be left out, and TEST_DATABASE_URL is not set");
    server
}

/// A database that is gone when this is dropped.
pub(crate) struct Database {
    pub(crate) url: String,
    place: Place,
}

enum Place {
    Folder(#[expect(dead_code, reason = "held until the database is dropped")] TempDir),
    Server(#[expect(dead_code, reason = "held until the database is dropped")] PostgresDatabase),
}

impl Database {
    /// An empty database with today's schema and with signing keys in it.
    pub(crate) async fn new(engine: Engine) -> Self {
        let prepared = prepared().await;
        let database = match engine {
            Engine::Sqlite => Database::sqlite(Some(&prepared.migrated_file)),
            Engine::Postgres => Database::postgres().await,
        };
        let store = database.open().await;
        let mut tx = store.write().await.expect("a fresh database can be written to");
        for key in &prepared.signing_keys {
            store::signing_keys::insert(&mut tx, key).await.expect("a prepared key can be stored");
        }
        tx.commit().await.expect("a fresh database keeps what is written");
        store.close().await;
        database
    }

    /// One in which there is nothing, not even tables.
    pub(crate) async fn bare(engine: Engine) -> Self {
        match engine {
            Engine::Sqlite => Database::sqlite(None),
            Engine::Postgres => Database::postgres().await,
        }
    }

    fn sqlite(file: Option<&[u8]>) -> Self {
        let folder = TempDir::new().expect("a temporary folder");
        let path = folder.path().join("test.db");
        if let Some(bytes) = file {
            fs::write(&path, bytes).expect("the temporary folder can be written to");
        }
        Database { url: sqlite_url(&path), place: Place::Folder(folder) }
    }

    async fn postgres() -> Self {
        let server = postgres_server().expect("Postgres is asked for only where TEST_DATABASE_URL is set");
        let created = PostgresDatabase::create(server).await;
        Database { url: created.url(), place: Place::Server(created) }
    }

    pub(crate) async fn rename_table(&self, from: &str, to: &str) {
        let statement = AssertSqlSafe(format!("ALTER TABLE {from} RENAME TO {to}"));
        let renamed = if self.url.starts_with("sqlite:") {
            let mut connection = SqliteConnection::connect(&self.url).await.expect("the test's database opens");
            // Otherwise the keys of other tables would follow to the new name.
            let keep = "PRAGMA legacy_alter_table = ON";
            sqlx::raw_sql(keep).execute(&mut connection).await.expect("SQLite knows this pragma");
            sqlx::raw_sql(statement).execute(&mut connection).await.map(drop)
        } else {
            let mut connection = PgConnection::connect(&self.url).await.expect("the test's database opens");
            sqlx::raw_sql(statement).execute(&mut connection).await.map(drop)
        };
        renamed.expect("a table can be renamed");
    }

    /// Runs statements that both engines understand.
    pub(crate) async fn execute(&self, statements: String) {
        match &self.place {
            Place::Folder(_) => {
                let mut file = SqliteConnection::connect(&self.url).await.expect("the test's database opens");
                sqlx::raw_sql(AssertSqlSafe(statements)).execute(&mut file).await.expect("SQLite understands it");
                file.close().await.expect("the file closes");
            }
            Place::Server(_) => run(&self.url, statements).await,
        }
    }

    /// A store on it, as each process has one.
    pub(crate) async fn open(&self) -> Store {
        let settings = StoreSettings { url: self.url.clone(), readers: 8, load: Load::Service };
        Store::open(&settings).await.expect("a database of our own opens")
    }
}

const REFUSE_SQLITE: &str =
    "CREATE TRIGGER no_event BEFORE INSERT ON events BEGIN SELECT RAISE(ABORT, 'no event is recorded'); END";
const REFUSE_POSTGRES: &str = "CREATE FUNCTION no_event() RETURNS trigger LANGUAGE plpgsql AS \
     $$ BEGIN RAISE EXCEPTION 'no event is recorded'; END $$; \
     CREATE TRIGGER no_event BEFORE INSERT ON events FOR EACH ROW EXECUTE FUNCTION no_event()";
const ALLOW_SQLITE: &str = "DROP TRIGGER no_event";
const ALLOW_POSTGRES: &str = "DROP FUNCTION no_event CASCADE";

impl Database {
    pub(crate) async fn refuse_events(&self, refused: bool) {
        match &self.place {
            Place::Folder(_) => {
                let mut file = SqliteConnection::connect(&self.url).await.expect("the test's database opens");
                let statement = if refused { REFUSE_SQLITE } else { ALLOW_SQLITE };
                sqlx::raw_sql(statement).execute(&mut file).await.expect("it is ours to change");
                file.close().await.expect("the file closes");
            }
            Place::Server(_) => run(&self.url, if refused { REFUSE_POSTGRES } else { ALLOW_POSTGRES }.to_owned()).await,
        }
    }
}

fn sqlite_url(path: &Path) -> String {
    format!("sqlite:{}", path.display())
}

/// What every test would otherwise spend half a second on: RSA keys and a migrated file.
struct Prepared {
    migrated_file: Vec<u8>,
    signing_keys: Vec<SigningKey>,
}

async fn prepared() -> &'static Prepared {
    static PREPARED: OnceCell<Prepared> = OnceCell::const_new();
    PREPARED.get_or_init(|| Box::pin(prepare())).await
}

async fn prepare() -> Prepared {
    let empty = Database::sqlite(None);
    empty.open().await.close().await;
    let path = empty.url.strip_prefix("sqlite:").expect("it is an SQLite file");
    let migrated_file = fs::read(path).expect("the file was just made");
    let services =
        app::start_services(empty.open().await, "keys", Arc::new(Mailbox::default()), &Options::default()).await;
    let signing_keys = flows::signing_keys::list(&services).await.expect("keys that were just made");
    services.store.close().await;
    Prepared { migrated_file, signing_keys }
}

struct PostgresDatabase {
    server: String,
    name: String,
}

impl PostgresDatabase {
    async fn create(server: String) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!("testkit_{}_{}", process::id(), COUNT.fetch_add(1, Ordering::SeqCst));
        run(&server, format!("CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8'")).await;
        PostgresDatabase { server, name }
    }

    fn url(&self) -> String {
        let server = PgConnectOptions::from_str(&self.server).expect("TEST_DATABASE_URL is a Postgres URL");
        server.database(&self.name).to_url_lossy().to_string()
    }
}

impl Drop for PostgresDatabase {
    /// On a thread and runtime of its own, so that a test which fails leaves nothing behind either.
    fn drop(&mut self) {
        let (server, name) = (self.server.clone(), self.name.clone());
        let dropped = thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            let drop = run(&server, format!("DROP DATABASE {name} WITH (FORCE)"));
            runtime.expect("a runtime").block_on(drop);
        });
        dropped.join().expect("the database can be dropped");
    }
}

async fn run(server: &str, statement: String) {
    let mut connection = PgConnection::connect(server).await.expect("TEST_DATABASE_URL names a server that answers");
    sqlx::raw_sql(AssertSqlSafe(statement)).execute(&mut connection).await.expect("the server lets us do this");
    connection.close().await.expect("the server answers to the end");
}
