//! What becomes of somebody who arrives or leaves while an import is about to write about them.

use std::future::{Future, poll_fn};
use std::io::Cursor;
use std::pin::pin;
use std::task::Poll;

use model::UserId;
use model::user::Profile;
use store::Snapshot;

use super::super::decision::{Change, Decision, Rules};
use super::super::directory::Directory as Asked;
use super::super::entry::{Entry, Person};
use super::super::reader::SkipReason;
use super::super::writing::{Writing, Written};
use super::super::{Existing, ImportRefused, ImportRequest};
use super::{BCRYPT, Directory, NOW, imported, upsert};

/// More than the asking about one batch takes.
const STEPS: usize = 10;

/// Each step comes several times, since a database that answers at once takes two of them in one.
const ROUNDS: usize = 4 * STEPS;

/// So many that hardly any question is answered at once.
const BATCH: usize = 400;

fn id(number: usize) -> String {
    format!("n{number}")
}

fn row(number: usize) -> String {
    format!(r#"{{"user_id":"n{number}","email":"n{number}@x.io"}}"#)
}

fn entry(number: usize) -> Entry {
    let profile = Profile { email: Some(format!("n{number}@x.io")), ..Profile::default() };
    Entry::Person(Box::new(Person { external_id: Some(id(number)), profile, ..Person::default() }))
}

/// Lets something happen after so many steps of a future, and then goes on with it.
async fn interrupted<T>(future: impl Future<Output = T>, steps: usize, meanwhile: impl Future<Output = ()>) -> T {
    let mut future = pin!(future);
    let mut left = steps;
    let done = poll_fn(|cx| {
        if left == 0 {
            return Poll::Ready(None);
        }
        left -= 1;
        future.as_mut().poll(cx).map(Some)
    })
    .await;
    meanwhile.await;
    match done {
        Some(answer) => answer,
        None => future.await,
    }
}

fn people(first: usize) -> Vec<Entry> {
    (first..first + BATCH).map(entry).collect()
}

impl Directory {
    async fn ask(&self, db: &mut Snapshot, entries: &[Entry]) -> Asked {
        let entries: Vec<&Entry> = entries.iter().collect();
        Asked::about(db, &self.connection.id, &entries, Existing::Keep).await.unwrap()
    }

    fn decide(&self, entry: &Entry, asked: &Asked) -> Decision {
        let rules = Rules::of(&ImportRequest::default(), &self.connection, NOW);
        rules.decide(entry.clone(), asked, || unreachable!("the row has an id"))
    }

    /// What is decided about the first of a batch, to whom something happens after so many steps of the asking.
    async fn decide_while(&self, first: usize, meanwhile: impl Future<Output = ()>) -> Decision {
        let people = people(first);
        let asking = Box::pin(async { self.ask(&mut self.store.snapshot().await.unwrap(), &people).await });
        let asked = interrupted(asking, first % STEPS, meanwhile).await;
        self.decide(&people[0], &asked)
    }

    async fn arrive(&self, number: usize) {
        assert_eq!(self.import(&row(number)).await.0.inserted, 1);
    }

    async fn leave(&self, number: usize) {
        let user_id = UserId::database(&id(number));
        self.write(async |tx| assert!(store::users::delete(tx, &user_id, NOW).await.unwrap())).await;
    }
}

#[tokio::test]
async fn a_batch_is_decided_as_of_one_moment() {
    let directory = Directory::new().await;
    directory.arrive(0).await;
    let people = people(0);
    let mut db = directory.store.snapshot().await.unwrap();
    let before = directory.ask(&mut db, &people).await;
    directory.leave(0).await;
    directory.arrive(1).await;
    let after = directory.ask(&mut db, &people).await;
    for asked in [before, after] {
        assert_eq!(directory.decide(&people[0], &asked), Decision::Unchanged);
        assert!(matches!(directory.decide(&people[1], &asked), Decision::Insert(_)));
    }
    let now = directory.ask(&mut directory.store.snapshot().await.unwrap(), &people).await;
    assert_eq!(directory.decide(&people[0], &now), Decision::Skip(SkipReason::DeletedHere));
    assert_eq!(directory.decide(&people[1], &now), Decision::Unchanged);
}

#[tokio::test]
async fn who_arrives_while_an_import_asks_is_not_taken_for_somebody_else() {
    let directory = Directory::new().await;
    for round in 0..ROUNDS {
        let decision = directory.decide_while(round, Box::pin(directory.arrive(round))).await;
        assert!(matches!(decision, Decision::Insert(_) | Decision::Unchanged), "{round}: {decision:?}");
    }
}

#[tokio::test]
async fn who_leaves_while_an_import_asks_is_not_taken_for_somebody_else() {
    let directory = Directory::new().await;
    for round in 0..ROUNDS {
        directory.arrive(round).await;
        let decision = directory.decide_while(round, Box::pin(directory.leave(round))).await;
        let as_of_one_moment = matches!(decision, Decision::Unchanged | Decision::Skip(SkipReason::DeletedHere));
        assert!(as_of_one_moment, "{round}: {decision:?}");
    }
}

/// Whoever was looked up was not there yet; otherwise nobody was looked up.
#[tokio::test]
async fn who_leaves_after_the_asking_is_not_brought_back() {
    let directory = Directory::new().await;
    let mut writing = Writing::of(&directory.store);
    for number in [0, 1] {
        writing.add(directory.decide(&entry(number), &Asked::default()), NOW).unwrap();
    }
    directory.arrive(0).await;
    directory.leave(0).await;
    let mut tx = directory.store.write().await.unwrap();
    assert_eq!(writing.write(&mut tx, &directory.connection.id).await.unwrap(), Written::Outdated);
    drop(tx);
    let (summary, _) = directory.import(&[row(0), row(1)].join("\n")).await;
    assert_eq!((summary.inserted, summary.skipped[&SkipReason::DeletedHere]), (1, 1));
}

#[tokio::test]
async fn who_leaves_before_their_hash_is_written_does_not_end_the_run() {
    let directory = Directory::new().await;
    directory.arrive(0).await;
    directory.arrive(1).await;
    let mut writing = Writing::of(&directory.store);
    for number in [0, 1] {
        let password = Some(imported("bcrypt", BCRYPT));
        let change = Change { user_id: UserId::database(&id(number)), user: None, password };
        writing.add(Decision::Update(Box::new(change)), NOW).unwrap();
    }
    directory.leave(1).await;
    let mut tx = directory.store.write().await.unwrap();
    assert_eq!(writing.write(&mut tx, &directory.connection.id).await.unwrap(), Written::Outdated);
    drop(tx);
    assert_eq!(directory.password("auth0|n0").await, None);
    let hashes = ["n0", "n1"].map(|id| format!(r#"{{"_id":{{"$oid":"{id}"}},"passwordHash":"{BCRYPT}"}}"#));
    let (summary, _) = directory.import(&hashes.join("\n")).await;
    assert_eq!((summary.updated, summary.skipped[&SkipReason::DeletedHere]), (1, 1));
    assert_eq!(directory.password("auth0|n0").await, Some(imported("bcrypt", BCRYPT)));
}

#[tokio::test]
async fn a_run_ends_where_its_connection_is_gone() {
    for request in [ImportRequest::default(), upsert()] {
        let directory = Directory::new().await;
        let id = directory.connection.id.clone();
        directory.write(async |tx| assert!(store::connections::delete(tx, &id).await.unwrap())).await;
        let input = Cursor::new([row(0), row(1)].join("\n"));
        let (outcome, heard) = directory.try_import(&request, input).await;
        assert!(matches!(outcome, Err(ImportRefused::UnknownConnection(name)) if name == "users"));
        assert_eq!((heard.refused, directory.all().await), (Vec::new(), Vec::new()));
    }
}
