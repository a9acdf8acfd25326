//! A directory comes in by `landbridge import users`, whatever happens meanwhile.
//!
//! `IMPORT_PEOPLE` says how many people. What is measured is measured by `cargo xtask bench import`.

pub(crate) mod people;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use serde_json::json;

use crate::harness::{Admin, Application, Broker, Engine, Imported, Installation, on_each_engine, server_cpu, wanted};
use people::{ADDED, Person, refused_among, scattered};

const PEOPLE: &str = "people";

/// How often an import is killed.
const KILLS: u64 = 5;

/// How many people sign in afterwards.
const SAMPLE: u64 = 30;

/// More than the batches take. Beyond it there are only the 16 bytes for each row, which the first pass may hold three
/// times while it makes room.
const MOST_MEMORY: u64 = 360;

on_each_engine! {
    mg_14_an_import_that_is_killed_goes_on_where_it_was,
    people_sign_in_while_others_come_in,
    how_fast_people_come_in,
}

/// A broker that serves while people are imported.
struct Directory {
    broker: Broker,
    application: Application,
    file: PathBuf,
    people: u64,
}

impl Directory {
    async fn new(engine: Engine, people: u64) -> Self {
        let broker = Installation::new(engine).start().await;
        let admin = Admin::of(&broker).await;
        let connection = admin.connection(PEOPLE).await;
        let application = admin.application(&connection, &json!({})).await;
        let file = broker.installation().folder().join("people.ndjson");
        people::write(&file, people);
        Directory { broker, application, file, people }
    }

    fn import(&self, kill_after: Option<u64>) -> Imported {
        self.broker.installation().import(PEOPLE, &self.file, kill_after)
    }

    fn taken(&self) -> u64 {
        self.people - refused_among(self.people)
    }

    /// How many people `landbridge migration status` counts.
    fn counted(&self) -> u64 {
        self.broker.installation().migration_status(PEOPLE)["people"].as_u64().expect("a number")
    }

    async fn check_somebody_signs_in(&self, person: Person) {
        if !person.is_refused() {
            let tokens = self.application.sign_in(&person.email(), person.password()).await;
            assert_eq!(tokens.sub(), format!("auth0|{}", person.id()));
        }
    }
}

const UNCHANGED: &str = "there already and unchanged";
const REFUSED: &str = "refused";

async fn mg_14_an_import_that_is_killed_goes_on_where_it_was(engine: Engine) {
    let directory = Directory::new(engine, wanted("IMPORT_PEOPLE").unwrap_or(1_000_000)).await;
    let mut kills = 0;
    for _ in 0..KILLS {
        let rows = fastrand::u64(..directory.people);
        let ended = directory.import(Some(rows));
        check_memory(&ended, directory.people);
        println!("killed after {rows} rows of {}: {:?}, {:?}", directory.people, ended.code, ended.time);
        kills += u64::from(ended.code.is_none());
    }
    assert!(kills > 0, "no import was killed");
    let kept = directory.counted();
    assert!(kept > 0, "what came in before a kill is gone");
    let last = directory.import(None);
    assert_eq!(last.code, Some(3), "{last:?}");
    assert_eq!(last.count(ADDED) + last.count(UNCHANGED), directory.taken(), "{last:?}");
    // What the last process had sent to Postgres when it was killed may have been carried out since.
    assert!(last.count(UNCHANGED) >= kept, "{kept} were there, {last:?}");
    assert_eq!(last.count(REFUSED), refused_among(directory.people), "{last:?}");
    check_memory(&last, directory.people);
    assert_eq!(directory.counted(), directory.taken());

    let again = directory.import(None);
    assert_eq!((again.count(ADDED), again.count(UNCHANGED)), (0, directory.taken()), "{again:?}");
    assert_eq!(directory.counted(), directory.taken());
    for number in 0..SAMPLE {
        directory.check_somebody_signs_in(Person(scattered(number) % directory.people)).await;
    }
    directory.broker.stop().await;
}

/// On SQLite both processes write to one file, which has one writer.
async fn people_sign_in_while_others_come_in(engine: Engine) {
    let directory = Arc::new(Directory::new(engine, 10).await);
    directory.import(None);
    people::write(&directory.file, 30_000);
    let importing = tokio::task::spawn_blocking({
        let directory = Arc::clone(&directory);
        move || directory.import(None)
    });
    let mut signed_in = 0;
    while !importing.is_finished() {
        directory.check_somebody_signs_in(Person(signed_in % 10)).await;
        signed_in += 1;
    }
    let ended = importing.await.unwrap();
    assert_eq!((ended.count(ADDED), ended.count(UNCHANGED)), (29_960, 10), "{ended:?}");
    assert!(signed_in > 1, "nobody signed in meanwhile");
    println!("{signed_in} signed in while 30,000 came in within {:?}", ended.time);
    Arc::into_inner(directory).expect("nobody imports any more").broker.stop().await;
}

async fn how_fast_people_come_in(engine: Engine) {
    let directory = Directory::new(engine, wanted("IMPORT_PEOPLE").unwrap_or(20_000)).await;
    let server_before = (engine == Engine::Postgres).then(server_cpu).flatten();
    let ended = directory.import(None);
    let server = server_before.and_then(|before| server_cpu()?.checked_sub(before));
    assert_eq!(ended.count(ADDED), directory.taken(), "{ended:?}");
    assert!(directory.broker.installation().knows_its_numbers(), "searches would take seconds until it does");
    check_memory(&ended, directory.people);
    let people = f64::from(u32::try_from(directory.people).expect("no more than there are on earth"));
    let per_row = |time: Duration| time.as_secs_f64() * 1e6 / people;
    println!(
        "{engine:?}: {} rows, {:.0} rows/s, {:.1} us of CPU a row, {:.1} in the server, {} MiB at most",
        directory.people,
        people / ended.time.as_secs_f64(),
        per_row(ended.usage.cpu),
        per_row(server.unwrap_or_default()),
        ended.usage.peak_memory,
    );
    directory.broker.stop().await;
}

#[track_caller]
fn check_memory(ended: &Imported, people: u64) {
    let most = MOST_MEMORY + people * 48 / 1024 / 1024;
    assert!(ended.usage.peak_memory < most, "{ended:?}");
}
