//! Taking people out of what was recorded of them.

use std::collections::HashMap;

use keys::Sealer;
use model::UserId;
use model::event::{Event, EventType};
use store::events::EventRow;
use store::{Read, StoreError, WriteTx};

use super::digest;

/// How many rows are read at a time.
const AT_ONCE: u32 = 500;

/// How many rows are made ready. Whoever has more of them is seldom deleted.
const MOST: usize = 5_000;

/// What will be left of rows that tell of people. It is computed before the write that deletes these people, because the
/// proofs take their time.
pub(crate) struct Forgetting<'a> {
    sealer: &'a Sealer,
    /// By the ids of their events: the rows as they were, and as they will be.
    ready: HashMap<String, (EventRow, EventRow)>,
}

impl<'a> Forgetting<'a> {
    pub(crate) async fn of<'p>(
        sealer: &'a Sealer,
        db: &mut impl Read,
        people: impl IntoIterator<Item = &'p UserId>,
    ) -> Result<Self, StoreError> {
        let mut ready = HashMap::new();
        for id in people {
            let mut last = String::new();
            while ready.len() < MOST {
                let rows = store::events::rows_of_user(db, id, &last, AT_ONCE).await?;
                let Some(end) = rows.last() else { break };
                last.clone_from(&end.log_id);
                for row in rows {
                    let left = left_of(sealer, &row)?;
                    ready.insert(row.log_id.clone(), (row, left));
                }
            }
        }
        Ok(Forgetting { sealer, ready })
    }

    /// Takes out of what was recorded of a person whatever says more of them than their id: names, network addresses,
    /// browsers. Of what an administrator did to them, address and browser stay, because those are the administrator's.
    pub(crate) async fn forget(&self, tx: &mut WriteTx, id: &UserId) -> Result<(), StoreError> {
        let mut last = String::new();
        loop {
            let rows = store::events::rows_of_user(tx, id, &last, AT_ONCE).await?;
            for row in &rows {
                let left = self.left_of(row)?;
                if left != *row {
                    store::events::rewrite(tx, &left).await?;
                }
            }
            match rows.into_iter().next_back() {
                Some(EventRow { log_id, .. }) => last = log_id,
                None => return Ok(()),
            }
        }
    }

    /// What came meanwhile is not ready.
    fn left_of(&self, row: &EventRow) -> Result<EventRow, StoreError> {
        match self.ready.get(&row.log_id) {
            Some((before, left)) if before == row => Ok(left.clone()),
            _ => left_of(self.sealer, row),
        }
    }
}

fn left_of(sealer: &Sealer, row: &EventRow) -> Result<EventRow, StoreError> {
    let forgetful = row.telling(&without_person(row.event()?));
    Ok(if forgetful == *row { forgetful } else { digest::rewritten(sealer, row, forgetful) })
}

fn without_person(event: Event) -> Event {
    let event = Event { user_name: None, ..event };
    if event.code == EventType::ManagementWrite.code() {
        return event;
    }
    Event { ip: None, user_agent: None, ..event }
}

#[cfg(test)]
mod tests {
    use keys::{MasterKey, SystemEntropy};
    use model::Timestamp;
    use store::{Load, Store, StoreSettings};
    use tempfile::TempDir;

    use super::*;
    use crate::RequestContext;
    use crate::events::event_at_start;

    const NOW: Timestamp = Timestamp::from_millis(1_800_000_000_000);

    fn sealer(key: u8) -> Sealer {
        Sealer::new(&MasterKey::from_random([key; 32]))
    }

    fn ada() -> UserId {
        UserId::new("auth0|ada")
    }

    async fn sign_in(store: &Store) {
        let cx = RequestContext { user_agent: Some("her browser".to_owned()), ..RequestContext::own(NOW, "test") };
        let event = event_at_start(&SystemEntropy, &cx, EventType::LoginSucceeded).user_id(&ada());
        let mut tx = store.write().await.unwrap();
        event.record(&mut tx).await.unwrap();
        tx.commit().await.unwrap();
    }

    async fn recorded(store: &Store) -> Vec<EventRow> {
        store::events::rows_of_user(&mut store.read().await.unwrap(), &ada(), "", AT_ONCE).await.unwrap()
    }

    /// What the write itself computes is recognised by another key.
    #[tokio::test]
    async fn what_is_ready_is_computed_before_the_write_and_what_came_since_is_forgotten_too() {
        let folder = TempDir::new().unwrap();
        let url = format!("sqlite:{}", folder.path().join("test.db").display());
        let store = Store::open(&StoreSettings { url, readers: 2, load: Load::Service }).await.unwrap();
        for _ in 0..3 {
            sign_in(&store).await;
        }
        let (before, in_write) = (sealer(1), sealer(2));
        let ready = Forgetting::of(&before, &mut store.read().await.unwrap(), [&ada()]).await.unwrap();
        let [altered, ..] = &recorded(&store).await[..] else { panic!("three rows") };
        let altered = EventRow { document: altered.document.replace("her browser", "another"), ..altered.clone() };
        sign_in(&store).await;
        let mut tx = store.write().await.unwrap();
        store::events::rewrite(&mut tx, &altered).await.unwrap();
        Forgetting { sealer: &in_write, ..ready }.forget(&mut tx, &ada()).await.unwrap();
        tx.commit().await.unwrap();
        let left = recorded(&store).await;
        assert!(left.iter().all(|row| row.event().unwrap().user_agent.is_none()), "{left:?}");
        let proven_by = |sealer: &Sealer| left.iter().filter(|row| digest::of(sealer, row).is_some()).count();
        assert_eq!((proven_by(&before), proven_by(&in_write)), (2, 2));
    }
}
