//! The record of a move.

use model::user::User;
use store::{StoreError, WriteTx};

use crate::events::EventBuilder;

/// How somebody moved.
pub(crate) enum Moved {
    /// The source verified the password of somebody in our directory.
    FromSource,
    /// The source verified the password of somebody we had not heard of.
    JustInTime,
    /// An imported hash was verified.
    FromHash,
    /// The person chose a new password by a link.
    ByReset,
}

impl Moved {
    fn method(&self) -> &'static str {
        match self {
            Moved::FromSource => "source",
            Moved::JustInTime => "just_in_time",
            Moved::FromHash => "imported_hash",
            Moved::ByReset => "password_reset",
        }
    }

    /// Counts the move, once the write that makes it is committed.
    pub(crate) fn count(&self) {
        metrics::counter!("landbridge_migrations_total", "method" => self.method()).increment(1);
    }
}

/// Records a move in the write that makes it, as an event of type [`model::event::EventType::UserMigrated`].
pub(crate) async fn record_move(
    tx: &mut WriteTx,
    migrated: EventBuilder,
    user: &User,
    moved: &Moved,
) -> Result<(), StoreError> {
    migrated
        .user(user)
        .describe("The password is now held here; the source is not asked again.")
        .detail("method", moved.method())
        .record(tx)
        .await
}
