//! The record of a move.

use model::event::EventType;
use model::user::User;
use store::{StoreError, WriteTx};

use crate::login::attempt::Attempt;
use crate::{RequestContext, Services};

/// How somebody moved.
pub(crate) enum Moved {
    /// The source verified the password of somebody in our directory.
    FromSource,
    /// The source verified the password of somebody we had not heard of.
    JustInTime,
    /// An imported hash was verified.
    FromHash,
}

impl Moved {
    fn method(&self) -> &'static str {
        match self {
            Moved::FromSource => "source",
            Moved::JustInTime => "just_in_time",
            Moved::FromHash => "imported_hash",
        }
    }
}

/// Records a move in the write that makes it.
pub(crate) async fn record_move(
    svc: &Services,
    cx: &RequestContext,
    tx: &mut WriteTx,
    attempt: &Attempt<'_>,
    user: &User,
    moved: &Moved,
) -> Result<(), StoreError> {
    metrics::counter!("landbridge_migrations_total", "method" => moved.method()).increment(1);
    attempt
        .event(svc, cx, EventType::UserMigrated)
        .user(user)
        .describe("The password is now held here; the source is not asked again.")
        .detail("method", moved.method())
        .record(tx)
        .await
}
