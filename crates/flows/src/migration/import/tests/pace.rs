//! How many rows a run writes together.

use std::io::{self, Cursor};

use model::settings::TenantSettings;
use store::Store;
use tokio::runtime::Handle;
use tokio::task::block_in_place;

use super::super::checkpoint::Beginning;
use super::{Directory, Heard, ImportObserver, ImportRequest, RefusedRow, Summary, open};

/// A hundred more than three small batches have.
const ROWS: u64 = 12_100;

/// Hears of a run, and may write whenever it does, as another process.
struct Neighbour {
    store: Store,
    writes: bool,
    heard: Heard,
}

impl Neighbour {
    async fn write(&self) {
        let mut tx = self.store.write().await.unwrap();
        store::settings::put_tenant(&mut tx, &TenantSettings::default()).await.unwrap();
        tx.commit().await.unwrap();
    }
}

impl ImportObserver for Neighbour {
    fn progress(&mut self, so_far: &Summary) {
        self.heard.progress(so_far);
        if self.writes {
            block_in_place(|| Handle::current().block_on(self.write()));
        }
    }

    fn refused(&mut self, row: RefusedRow) -> io::Result<()> {
        self.heard.refused(row)
    }
}

/// How many rows had been dealt with after each batch.
async fn read_beside(writes: bool) -> Vec<u64> {
    let directory = Directory::new().await;
    let mut neighbour = Neighbour { store: open(&directory.folder).await, writes, heard: Heard::default() };
    let row = |number| format!("{{\"user_id\":\"auth0|{number}\",\"email\":\"u{number}@x.io\"}}\n");
    let input = Cursor::new((0..ROWS).map(row).collect::<String>());
    let (request, beginning) = (ImportRequest::default(), Beginning::default());
    let summary = directory.run(&request, &beginning).through(input, Summary::default(), &mut neighbour).await.unwrap();
    assert_eq!(summary.inserted, ROWS);
    neighbour.heard.progress.iter().map(|so_far| so_far.read).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_writes_more_rows_together_while_nobody_else_writes() {
    assert_eq!(read_beside(false).await, [0, 4_000, 8_000, ROWS]);
    assert_eq!(read_beside(true).await, [0, 4_000, 8_000, 12_000, ROWS]);
}
