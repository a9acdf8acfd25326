//! What rows say, what becomes of them, and what a run leaves behind however it ends.

mod collisions;
mod credentials;
mod custom_hashes;
mod directory;
mod interruptions;
mod meanwhile;
mod pace;
mod presuming;
mod rows;
mod upserts;

use std::io::{self, Cursor, Read, Seek};
use std::sync::Arc;

use ::credentials::password::Limits;
use keys::{Entropy, SystemEntropy};
use model::connection::{Connection, Source, SourceKind};
use model::user::{PasswordCredential, User};
use model::{ConnectionId, Timestamp, UserId};
use store::connections::StoredConnection;
use store::users::UserFilter;
use store::{Load, Page, Store, StoreSettings, WriteTx};
use tempfile::TempDir;

use super::checkpoint::{Beginning, Checkpoint};
use super::deciding::Decider;
use super::decision::Rules;
use super::run::Run;
use super::{Existing, ImportObserver, ImportRefused, ImportRequest, RefusedRow, RowCode, Summary};

const NOW: Timestamp = Timestamp::from_millis(1_800_000_000_000);

/// Of the password `correct horse battery`.
const BCRYPT: &str = "$2b$04$xs1akFNcyzxZtCgGAXYHGOLUAHnL7t0nc8gCOnYIdequNHD4LBE7m";
/// The same, with another salt.
const OTHER_BCRYPT: &str = "$2b$10$ih5IpF3Xh0OvDPWaXeiAbedEMnaSokE5fw8BThewt2NKBpAul2wMW";

macro_rules! fixture {
    ($name:literal) => {
        include_str!(concat!("../../../../../../tests/fixtures/import/", $name))
    };
}

const IMPORT: &str = fixture!("auth0-import.json");
const EXPORT: &str = fixture!("auth0-export.ndjson");
const HASHES: &str = fixture!("auth0-hashes.ndjson");
const CUSTOM_HASHES: &str = fixture!("auth0-custom-hashes.json");

/// A directory with one database connection, `users`.
struct Directory {
    store: Store,
    connection: Connection,
    folder: TempDir,
}

async fn open(folder: &TempDir) -> Store {
    let url = format!("sqlite:{}", folder.path().join("test.db").display());
    Store::open(&StoreSettings { url, readers: 4, load: Load::Service }).await.unwrap()
}

/// Keeps all it hears.
#[derive(Default)]
struct Heard {
    refused: Vec<RefusedRow>,
    progress: Vec<Summary>,
}

impl ImportObserver for Heard {
    fn progress(&mut self, so_far: &Summary) {
        self.progress.push(so_far.clone());
    }

    fn refused(&mut self, row: RefusedRow) -> io::Result<()> {
        self.refused.push(row);
        Ok(())
    }
}

impl Heard {
    /// The line and the codes of each refused row.
    fn codes(&self) -> Vec<(u64, Vec<RowCode>)> {
        self.refused.iter().map(|row| (row.place.line, row.errors.iter().map(|error| error.code).collect())).collect()
    }
}

impl Directory {
    async fn new() -> Self {
        Self::with_source(None).await
    }

    async fn with_source(source: Option<Source>) -> Self {
        let folder = TempDir::new().unwrap();
        let store = open(&folder).await;
        let directory = Directory { store, connection: connection("con_users", "users", source), folder };
        for connection in [&directory.connection, &connection("con_other", "other", None)] {
            let stored = StoredConnection::from(connection.clone());
            let mut tx = directory.store.write().await.unwrap();
            assert!(store::connections::insert(&mut tx, &stored).await.unwrap());
            tx.commit().await.unwrap();
        }
        directory
    }

    /// Imports with the defaults.
    async fn import(&self, input: &str) -> (Summary, Heard) {
        self.import_with(&ImportRequest::default(), input).await
    }

    async fn import_with(&self, request: &ImportRequest, input: &str) -> (Summary, Heard) {
        let (outcome, heard) = self.try_import(request, Cursor::new(input.to_owned())).await;
        let summary = outcome.unwrap();
        let skipped: u64 = summary.skipped.values().sum();
        let told = summary.inserted + summary.updated + summary.unchanged + skipped + summary.refused;
        assert_eq!((told, summary.read), (summary.total, summary.total), "{summary:?}");
        assert_eq!(u64::try_from(heard.refused.len()).unwrap(), summary.refused);
        (summary, heard)
    }

    async fn try_import<R: Read + Seek + Send + 'static>(
        &self,
        request: &ImportRequest,
        input: R,
    ) -> (Result<Summary, ImportRefused>, Heard) {
        let mut heard = Heard::default();
        let beginning = Beginning::default();
        let run = self.run(request, &beginning);
        (run.through(input, Summary::default(), &mut heard).await, heard)
    }

    fn run<'a>(&self, request: &'a ImportRequest, beginning: &'a Beginning) -> Run<'a> {
        let entropy: Arc<dyn Entropy> = Arc::new(SystemEntropy);
        let decider = Decider::of(&self.store, &entropy, Rules::of(request, &self.connection, NOW));
        let checkpoint = Checkpoint::Beginning(beginning);
        Run { request, limits: Limits::default(), decider, checkpoint, pace: Arc::default() }
    }

    async fn user(&self, id: &str) -> Option<User> {
        store::users::find(&mut self.store.read().await.unwrap(), &UserId::new(id)).await.unwrap()
    }

    async fn password(&self, id: &str) -> Option<PasswordCredential> {
        let stored = store::passwords::find(&mut self.store.read().await.unwrap(), &UserId::new(id)).await.unwrap();
        stored.map(|stored| stored.credential)
    }

    async fn all(&self) -> Vec<User> {
        let page = Page::Offset { skip: 0, limit: 10_000 };
        store::users::list(&mut self.store.read().await.unwrap(), &UserFilter::default(), &page).await.unwrap()
    }

    async fn write<T>(&self, work: impl AsyncFnOnce(&mut WriteTx) -> T) -> T {
        let mut tx = self.store.write().await.unwrap();
        let value = work(&mut tx).await;
        tx.commit().await.unwrap();
        value
    }

    /// Gives somebody a password of ours, as a first sign-in does.
    async fn move_over(&self, id: &str) {
        let id = UserId::new(id);
        let stored = store::passwords::find(&mut self.store.read().await.unwrap(), &id).await.unwrap().unwrap();
        let moved = self
            .write(async |tx| store::passwords::replace(tx, &id, stored.version, &native(), NOW).await.unwrap())
            .await;
        assert!(moved);
    }
}

fn connection(id: &str, name: &str, source: Option<Source>) -> Connection {
    let new = Connection::new(ConnectionId::new(id), name, NOW);
    Connection { realms: Vec::new(), source, ..new }
}

fn source(name: &str, realm: &str) -> Source {
    Source {
        name: name.to_owned(),
        enabled: true,
        just_in_time: false,
        timeout_ms: 1000,
        max_concurrency: 1,
        breaker_failures: 1,
        breaker_open_ms: 1000,
        kind: SourceKind::Auth0 {
            issuer: "https://old.example/".to_owned(),
            client_id: "app".to_owned(),
            realm: realm.to_owned(),
            read_profiles: false,
        },
    }
}

fn native() -> PasswordCredential {
    PasswordCredential::Native { hash: "ours".to_owned() }
}

fn imported(format: &str, hash: &str) -> PasswordCredential {
    PasswordCredential::Imported { format: format.to_owned(), hash: hash.to_owned() }
}

fn at_source(name: &str) -> PasswordCredential {
    PasswordCredential::Source { source: name.to_owned() }
}

fn upsert() -> ImportRequest {
    ImportRequest { existing: Existing::Update, ..ImportRequest::default() }
}
