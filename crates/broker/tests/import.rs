//! An import as an operator runs it: what it prints, what it leaves behind, and the exit codes.

#![expect(clippy::unwrap_used, reason = "a test that cannot set its scene has failed")]

use std::io::Write;
use std::process::{Command, Output, Stdio};

use model::connection::Connection;
use model::event::Event;
use model::user::PasswordCredential;
use model::{ConnectionId, Timestamp, UserId};
use serde_json::{Value, json};
use store::connections::StoredConnection;
use store::events::EventFilter;
use store::{Load, Page, Store, StoreSettings};
use tempfile::TempDir;

const KEY: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
const IMPORT: &str = include_str!("../../../tests/fixtures/import/auth0-import.json");
const EXPORT: &str = include_str!("../../../tests/fixtures/import/auth0-export.ndjson");

/// A working directory whose database has the connection `users`, and is open as a running broker has it open.
struct Deployment {
    folder: TempDir,
    store: Store,
}

impl Deployment {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", folder.path().join("landbridge.db").display());
        let store = Store::open(&StoreSettings { url, readers: 2, load: Load::Service }).await.unwrap();
        let mut tx = store.write().await.unwrap();
        let stored = StoredConnection::from(connection());
        assert!(store::connections::insert(&mut tx, &stored).await.unwrap());
        tx.commit().await.unwrap();
        Deployment { folder, store }
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_landbridge"));
        command.current_dir(&self.folder).args(arguments).env_clear().env("LANDBRIDGE__SECRETS__MASTER_KEY", KEY);
        command
    }

    fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    fn import(&self, name: &str, content: &str, options: &[&str]) -> Output {
        std::fs::write(self.folder.path().join(name), content).unwrap();
        self.run(&[&["import", "users", "--connection", "users", name], options].concat())
    }

    async fn events(&self, code: &str) -> Vec<Event> {
        let filter = EventFilter { types: vec![code.to_owned()], ..EventFilter::default() };
        let page = Page::Offset { skip: 0, limit: 10 };
        store::events::list(&mut self.store.read().await.unwrap(), &filter, &page).await.unwrap()
    }

    fn counts(&self) -> Value {
        let output = self.run(&["migration", "status", "--json"]);
        serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{output:?}"))
    }
}

fn connection() -> Connection {
    Connection::new(ConnectionId::new("con_users"), "users", Timestamp::from_millis(0))
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

#[track_caller]
fn check(output: &Output, code: i32, stdout: &str, stderr: &str) {
    assert_eq!((text(&output.stdout), text(&output.stderr)), (stdout, stderr));
    assert_eq!(output.status.code(), Some(code));
}

#[tokio::test]
async fn people_are_imported_counted_and_recorded() {
    let deployment = Deployment::new().await;
    let told = "3 rows for the connection users\n         2 added with a password hash\n         \
                1 added without a password; they need a reset\n";
    check(&deployment.import("people.json", IMPORT, &[]), 0, told, "");
    let again = "3 rows for the connection users\n         3 there already and unchanged\n";
    check(&deployment.import("people.json", IMPORT, &[]), 0, again, "");

    let status = deployment.counts();
    let origin = |name: &str| json!({"origin": "imported", "name": name, "people": 1, "moved": 0, "waiting": 1});
    let expected = json!({
        "connections": [{
            "connection": "users", "people": 3, "moved": 0, "waiting": 2, "native": 0, "without_password": 1,
            "origins": [origin("argon2"), origin("bcrypt")],
        }],
        "days": [],
    });
    assert_eq!(status, expected);
    let table = deployment.run(&["migration", "status"]);
    assert!(
        text(&table.stdout)
            .contains("\nusers                       3           0           2           0           1\n")
    );

    let events = deployment.events("sui").await;
    let told: Vec<_> = events.iter().map(|event| (&event.details["inserted"], &event.details["unchanged"])).collect();
    assert_eq!(told, [(&json!(0), &json!(3)), (&json!(3), &json!(0))]);
    assert_eq!(events[0].connection.as_deref(), Some("users"));
    let written = deployment.events("sapi").await;
    let begun =
        written.iter().filter(|event| event.description.as_deref() == Some("Began to import users from a file"));
    assert_eq!(begun.count(), 1, "the run that wrote something");
}

#[tokio::test]
async fn what_the_first_start_makes_is_recorded_once() {
    let deployment = Deployment::new().await;
    for _ in 0..2 {
        assert!(deployment.run(&["keys", "list"]).status.success());
    }
    let mut told: Vec<_> = deployment.events("sapi").await.into_iter().filter_map(|event| event.description).collect();
    // One moment has both.
    told.sort_unstable();
    assert_eq!(told, ["Brought the Management API up to date at start", "Made the first signing keys"]);
}

#[tokio::test]
async fn refused_rows_are_in_the_report_and_end_with_code_3() {
    let deployment = Deployment::new().await;
    let input =
        "{\"user_id\":\"auth0|a\",\"email\":\"a@x.io\"}\n{broken\n{\"user_id\":\"auth0|b\",\"email\":\"nobody\"}\n";
    let told = "3 rows for the connection users\n         1 added without a password; they need a reset\n         \
                2 refused\n";
    let error = "error: 2 of 3 rows were refused; refused.ndjson says which, and why\n";
    check(&deployment.import("people.ndjson", input, &["--report", "refused.ndjson"]), 3, told, error);
    let report = std::fs::read_to_string(deployment.folder.path().join("refused.ndjson")).unwrap();
    let lines: Vec<Value> = report.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let found: Vec<_> = lines.iter().map(|line| (&line["line"], &line["errors"][0]["code"])).collect();
    assert_eq!(found, [(&json!(2), &json!("FORMAT")), (&json!(3), &json!("FORMAT"))]);

    let output = deployment.import("people.ndjson", input, &["--dry-run"]);
    assert_eq!(output.status.code(), Some(3));
    assert!(text(&output.stderr).contains("line 3: email: this is not one plain e-mail address\n"));
}

#[tokio::test]
async fn the_standard_input_is_read_like_a_file() {
    let deployment = Deployment::new().await;
    let mut command = deployment.command(&["import", "users", "--connection", "users", "--source", "old", "-"]);
    let mut process = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    process.stdin.take().unwrap().write_all(EXPORT.as_bytes()).unwrap();
    let output = process.wait_with_output().unwrap();
    assert!(text(&output.stdout).contains("2 added whose password the source holds\n"), "{output:?}");
    let id = UserId::new("auth0|legacy|42");
    let stored = store::passwords::find(&mut deployment.store.read().await.unwrap(), &id).await.unwrap().unwrap();
    assert_eq!(stored.credential, PasswordCredential::Source { source: "old".to_owned() });
}

#[tokio::test]
async fn what_cannot_be_imported_is_told_and_changes_nothing() {
    let deployment = Deployment::new().await;
    let elsewhere = deployment.run(&["import", "users", "--connection", "staff", "landbridge.db"]);
    check(&elsewhere, 2, "", "error: no connection is called \"staff\"\n");
    let missing = deployment.run(&["import", "users", "--connection", "users", "missing.json"]);
    check(&missing, 2, "", "error: cannot read missing.json: No such file or directory (os error 2)\n");
    let unknown = "error: the input looks like no format we know; name it, if it is one of auth0-import, auth0-export, \
                   auth0-hashes\n";
    check(&deployment.import("people.csv", "email\na@x.io\n", &[]), 1, "", unknown);
    check(&deployment.import("people.json", " ", &[]), 1, "", "error: the input is empty\n");
    let output = deployment.import("people.json", "[]", &["--format", "csv"]);
    assert_eq!(output.status.code(), Some(2));
    let over = "error: --report names the file that is to be imported; name another\n";
    check(&deployment.import("people.json", IMPORT, &["--report", "./people.json"]), 2, "", over);
    assert_eq!(std::fs::read_to_string(deployment.folder.path().join("people.json")).unwrap(), IMPORT);
    assert_eq!(deployment.counts()["connections"], json!([]));
}
