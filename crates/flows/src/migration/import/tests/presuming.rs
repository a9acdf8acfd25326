//! Nobody is looked up where nobody was there for a while; what becomes of each row is the same.

use std::io::Cursor;
use std::sync::atomic::Ordering;

use model::UserId;
use model::user::User;

use super::super::checkpoint::Beginning;
use super::super::presumption::Presumption;
use super::{BCRYPT, Directory, Heard, ImportRequest, NOW, RefusedRow, Summary, connection, upsert};

/// More batches than it takes.
const FOR_LONG: u32 = 100;

/// Somebody is there by their id, by their address, by their user name, and not any more.
const THERE: &str = r#"{"user_id":"auth0|ada","email":"ada@x.io","name":"Ada"}
{"user_id":"auth0|bob","email":"bob@x.io","username":"bob"}
{"user_id":"auth0|gone","email":"gone@x.io"}"#;

impl Directory {
    /// Those, and somebody of another connection.
    async fn with_people() -> Self {
        let other = Directory { connection: connection("con_other", "other", None), ..Directory::new().await };
        assert_eq!(other.import(r#"{"user_id":"auth0|taken","email":"taken@x.io"}"#).await.0.inserted, 1);
        let directory = Directory { connection: connection("con_users", "users", None), ..other };
        assert_eq!(directory.import(THERE).await.0.inserted, 3);
        let gone = UserId::new("auth0|gone");
        directory.write(async |tx| assert!(store::users::delete(tx, &gone, NOW).await.unwrap())).await;
        directory
    }

    /// Imports after so many batches in a row that held nobody who was there. Answers how many there are afterwards.
    async fn import_after(
        &self,
        in_a_row: u32,
        request: &ImportRequest,
        input: &str,
    ) -> (Summary, Vec<RefusedRow>, u32) {
        let (mut heard, beginning) = (Heard::default(), Beginning::default());
        let run = self.run(request, &beginning);
        let known = &run.decider.presumption.in_a_row;
        known.store(in_a_row, Ordering::Relaxed);
        let input = Cursor::new(input.to_owned());
        let summary = run.through(input, Summary::default(), &mut heard).await.unwrap();
        (summary, heard.refused, known.load(Ordering::Relaxed))
    }
}

fn without_times(users: Vec<User>) -> Vec<User> {
    users.into_iter().map(|user| User { created_at: NOW, updated_at: NOW, ..user }).collect()
}

#[tokio::test]
async fn who_is_there_is_found_where_nobody_was_presumed() {
    let new = r#"{"user_id":"auth0|new","email":"new@x.io"}"#;
    let known = [
        r#"{"user_id":"auth0|ada","email":"ada@x.io","name":"Ada Lovelace"}"#,
        r#"{"user_id":"auth0|other","email":"ada@x.io"}"#,
        r#"{"email":"ada@x.io"}"#,
        r#"{"user_id":"auth0|other","email":"other@x.io","username":"bob"}"#,
        r#"{"user_id":"auth0|other","email":"other@x.io","username":"ada@x.io"}"#,
        r#"{"user_id":"auth0|taken","email":"other@x.io"}"#,
        r#"{"user_id":"auth0|gone","email":"gone@x.io"}"#,
    ];
    let restoring = ImportRequest { restore_deleted: true, ..ImportRequest::default() };
    let dry = ImportRequest { dry_run: true, ..ImportRequest::default() };
    for request in [ImportRequest::default(), upsert(), restoring, dry] {
        for row in known {
            let input = format!("{new}\n{row}");
            let (asked, presumed) = (Directory::with_people().await, Directory::with_people().await);
            let (summary, refused, _) = asked.import_after(0, &request, &input).await;
            let same = presumed.import_after(FOR_LONG, &request, &input).await;
            assert_eq!((&same.0, &same.1), (&summary, &refused), "{request:?} {row}");
            assert_eq!(without_times(presumed.all().await), without_times(asked.all().await), "{request:?} {row}");
        }
    }
}

#[tokio::test]
async fn nobody_is_presumed_once_somebody_was_there() {
    let directory = Directory::with_people().await;
    let request = ImportRequest::default();
    let new = r#"{"user_id":"auth0|new","email":"new@x.io"}"#;
    assert_eq!(directory.import_after(2, &request, new).await.2, 3);
    let newer = r#"{"user_id":"auth0|newer","email":"newer@x.io"}"#;
    assert_eq!(directory.import_after(FOR_LONG, &request, newer).await.2, FOR_LONG, "nobody was looked up");
    assert_eq!(directory.import_after(FOR_LONG, &request, new).await.2, 0);
    let gone = r#"{"user_id":"auth0|gone","email":"gone@x.io"}"#;
    assert_eq!(directory.import_after(FOR_LONG, &request, gone).await.2, 0);
    assert_eq!(directory.import_after(1, &request, gone).await.2, 0);
    let nobody = r#"{"user_id":"auth0|nobody"}"#;
    let (_, refused, in_a_row) = directory.import_after(1, &request, nobody).await;
    assert_eq!((refused.len(), in_a_row), (1, 1), "a batch of nobody says nothing");
}

#[test]
fn it_takes_twice_as_many_batches_each_time_somebody_was_there() {
    let presumption = Presumption::default();
    for enough in [3, 6, 12] {
        for _ in 0..enough {
            assert!(!presumption.holds());
            presumption.learn(true);
        }
        assert!(presumption.holds());
        // Two were under way.
        presumption.was_wrong();
        presumption.was_wrong();
    }
    presumption.learn(true);
    presumption.learn(false);
    assert_eq!(presumption.in_a_row.load(Ordering::Relaxed), 0);
}

#[tokio::test]
async fn owners_of_hashes_are_always_looked_up() {
    let directory = Directory::with_people().await;
    let hash = format!(r#"{{"_id":{{"$oid":"ada"}},"passwordHash":"{BCRYPT}"}}"#);
    let (summary, refused, _) = directory.import_after(FOR_LONG, &ImportRequest::default(), &hash).await;
    assert_eq!((summary.updated, refused), (1, Vec::new()));
    assert!(directory.password("auth0|ada").await.is_some());
}
