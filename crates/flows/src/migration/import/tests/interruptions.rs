//! Runs that are repeated, end half way, or meet others.

use std::io::{self, Cursor, Read, Seek, SeekFrom};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use model::event::EventType;
use store::Page;
use store::events::EventFilter;

use super::{
    Beginning, Decider, Directory, EXPORT, Entropy, HASHES, Heard, IMPORT, ImportObserver, ImportRefused,
    ImportRequest, NOW, RefusedRow, Rules, Summary,
};
use crate::RequestContext;
use crate::events::event_at_start;

fn rows(count: usize) -> String {
    let row = |number| format!("{{\"user_id\":\"auth0|{number}\",\"email\":\"u{number}@x.io\"}}");
    (0..count).map(row).collect::<Vec<_>>().join("\n")
}

/// Reads well the first time and fails half way the second time, as a disk does that goes away.
struct FailsLater {
    input: Cursor<Vec<u8>>,
    rewinds: u32,
    last: u32,
}

impl Read for FailsLater {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let half = u64::try_from(self.input.get_ref().len() / 2).unwrap();
        if self.rewinds == self.last && self.input.position() >= half {
            return Err(io::Error::other("the disk is gone"));
        }
        let most = buffer.len().min(1000);
        self.input.read(&mut buffer[..most])
    }
}

impl Seek for FailsLater {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.rewinds += 1;
        self.input.seek(to)
    }
}

#[tokio::test]
async fn mg_14_a_run_that_ended_half_way_is_simply_repeated() {
    let text = rows(1500);
    let directory = Directory::new().await;
    let input = FailsLater { input: Cursor::new(text.clone().into_bytes()), rewinds: 0, last: 3 };
    let (outcome, heard) = directory.try_import(&ImportRequest::default(), input).await;
    assert!(matches!(outcome, Err(ImportRefused::Input(_))), "{outcome:?}");
    let written = heard.progress.last().unwrap().inserted;
    assert!(written > 500 && written < 1000, "{written}");
    assert_eq!(u64::try_from(directory.all().await.len()).unwrap(), written);
    let (again, heard) = directory.import(&text).await;
    assert_eq!((again.inserted, again.unchanged), (1500 - written, written));
    assert_eq!(heard.refused, []);
    assert_eq!(directory.all().await.len(), 1500);
}

#[tokio::test]
async fn an_input_that_fails_in_the_first_pass_changes_nothing() {
    let directory = Directory::new().await;
    let input = FailsLater { input: Cursor::new(rows(100).into_bytes()), rewinds: 0, last: 2 };
    let (outcome, _) = directory.try_import(&ImportRequest::default(), input).await;
    assert!(matches!(outcome, Err(ImportRefused::Input(_))), "{outcome:?}");
    assert_eq!(directory.all().await, []);
}

#[tokio::test]
async fn mg_14_a_second_run_changes_nothing() {
    for inputs in [&[IMPORT][..], &[EXPORT], &[EXPORT, HASHES]] {
        let directory = Directory::new().await;
        for input in inputs {
            directory.import(input).await;
        }
        let before = directory.all().await;
        for input in inputs {
            let (again, heard) = directory.import(input).await;
            assert_eq!(heard.refused, []);
            assert_eq!((again.inserted, again.updated), (0, 0));
        }
        assert_eq!(directory.all().await, before);
    }
}

/// A report on a full disk.
struct FullDisk(Heard);

impl ImportObserver for FullDisk {
    fn progress(&mut self, so_far: &Summary) {
        self.0.progress(so_far);
    }

    fn refused(&mut self, _: RefusedRow) -> io::Result<()> {
        Err(io::Error::other("no space left"))
    }
}

#[tokio::test]
async fn a_report_that_cannot_be_written_ends_the_run() {
    let directory = Directory::new().await;
    let request = ImportRequest::default();
    let cx = RequestContext::own(NOW, "import");
    let begun = event_at_start(&super::SystemEntropy, &cx, EventType::ManagementWrite).describe("Began");
    let beginning = Beginning::told_by(begun);
    let run = directory.run(&request, &beginning);
    let input = Cursor::new(format!("{}\n{{broken", rows(600)));
    let outcome = run.through(input, Summary::default(), &mut FullDisk(Heard::default())).await;
    assert!(matches!(outcome, Err(ImportRefused::Report(_))), "{outcome:?}");
    // Whatever ends a run, and be it the end of the process, what it has written is told of.
    assert!(beginning.is_told());
    let (all, one_page) = (EventFilter::default(), Page::Offset { skip: 0, limit: 10 });
    let events = store::events::list(&mut directory.store.read().await.unwrap(), &all, &one_page).await.unwrap();
    let told: Vec<_> = events.iter().map(|event| event.description.as_deref()).collect();
    assert_eq!(told, [Some("Began")]);
}

/// Has nothing left to give when the first person needs an id.
#[derive(Default)]
struct DriesUp(AtomicBool);

impl Entropy for DriesUp {
    fn fill(&self, _: &mut [u8]) {
        assert!(!self.0.swap(true, Ordering::Relaxed), "no more random bytes");
    }
}

#[tokio::test]
async fn a_run_that_breaks_down_while_it_decides_does_not_end_as_if_there_were_no_more_rows() {
    let directory = Directory::new().await;
    let (request, beginning) = (ImportRequest::default(), Beginning::default());
    let entropy: Arc<dyn Entropy> = Arc::new(DriesUp::default());
    let mut run = directory.run(&request, &beginning);
    run.decider = Decider::of(&directory.store, &entropy, Rules::of(&request, &directory.connection, NOW));
    let input = Cursor::new(r#"[{"email": "ann@example.com"}, {"email": "bob@example.com"}]"#);
    let outcome = run.through(input, Summary::default(), &mut Heard::default()).await;
    assert!(matches!(outcome, Err(ImportRefused::Internal(_))), "{outcome:?}");
    assert_eq!(directory.all().await, []);
}

#[tokio::test]
async fn two_runs_of_one_file_at_once_make_each_person_once() {
    let text = rows(2000);
    let directory = Directory::new().await;
    let ((one, heard_by_one), (other, heard_by_other)) = tokio::join!(directory.import(&text), directory.import(&text));
    let told = format!("{one:?}, {:?}\n{other:?}, {:?}", heard_by_one.codes().first(), heard_by_other.codes().first());
    assert_eq!((one.inserted + other.inserted, one.unchanged + other.unchanged), (2000, 2000), "{told}");
    assert_eq!(one.refused + other.refused, 0, "{told}");
    assert_eq!(directory.all().await.len(), 2000);
}
