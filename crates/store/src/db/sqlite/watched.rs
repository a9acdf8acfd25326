use std::sync::Arc;
use std::time::{Duration, Instant};

use sqlx::sqlite::SqliteConnection;

use super::File;
use crate::StoreError;
use crate::db::lending::Lent;

/// How many steps SQLite makes between two looks at the time.
const STEPS: i32 = 1000;

/// A transaction whose questions are given up when its time is over.
pub(in crate::db) struct Watched {
    snapshot: Lent<File>,
    /// While this lives, the connection is watched. It goes back with the watch still set.
    _deadline: Arc<Instant>,
}

impl Watched {
    #[expect(clippy::disallowed_methods, reason = "measures a timeout")]
    pub(super) async fn begin(mut snapshot: Lent<File>, limit: Duration) -> Result<Self, StoreError> {
        let deadline = Arc::new(Instant::now() + limit);
        let watch = Arc::downgrade(&deadline);
        let goes_on = move || watch.upgrade().is_none_or(|deadline| Instant::now() < *deadline);
        snapshot.connection().lock_handle().await?.set_progress_handler(STEPS, goes_on);
        Ok(Watched { snapshot, _deadline: deadline })
    }

    pub(in crate::db) fn connection(&mut self) -> &mut SqliteConnection {
        self.snapshot.connection()
    }
}
