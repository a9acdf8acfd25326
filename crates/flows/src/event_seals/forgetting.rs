//! Taking a person out of what was recorded of them.

use model::UserId;
use model::event::{Event, EventType};
use store::events::EventRow;
use store::{StoreError, WriteTx};

use super::digest;
use crate::Services;

/// How many rows are held in memory at a time.
const AT_ONCE: u32 = 500;

/// Takes out of what was recorded of a person whatever says more of them than their id: names, network addresses,
/// browsers. Of what an administrator did to them, address and browser stay, because those are the administrator's.
pub(crate) async fn forget_person(svc: &Services, tx: &mut WriteTx, id: &UserId) -> Result<(), StoreError> {
    let mut last = String::new();
    loop {
        let rows = store::events::rows_of_user(tx, id, &last, AT_ONCE).await?;
        for row in &rows {
            let forgetful = row.telling(&without_person(row.event()?));
            if forgetful != *row {
                store::events::rewrite(tx, &digest::rewritten(&svc.sealer, row, forgetful)).await?;
            }
        }
        match rows.into_iter().next_back() {
            Some(EventRow { log_id, .. }) => last = log_id,
            None => return Ok(()),
        }
    }
}

fn without_person(event: Event) -> Event {
    let event = Event { user_name: None, ..event };
    if event.code == EventType::ManagementWrite.code() {
        return event;
    }
    Event { ip: None, user_agent: None, ..event }
}
