//! Recording security events in the write of the change they speak of, and following them.

use keys::Entropy;
use model::client::Client;
use model::connection::Connection;
use model::event::{Event, EventType};
use model::user::User;
use model::{EventId, JsonObject};
use serde_json::Value;
use store::{StoreError, WriteTx};

use crate::{RequestContext, Services};

/// How many events one write numbers, so that nobody waits long behind it.
const BATCH: u32 = 250;
/// How many such writes one question makes at the most. It takes more than one only where nobody has followed the log
/// for long; who begins at a late event then hears of nothing until the questions have come that far.
const BATCHES: u32 = 200;

/// Builds an event about this call.
pub(crate) struct EventBuilder(Event);

/// An event of this type, with the facts of the call.
pub(crate) fn event(svc: &Services, cx: &RequestContext, kind: EventType) -> EventBuilder {
    event_at_start(&*svc.entropy, cx, kind)
}

/// The same, before there are all [`Services`].
pub(crate) fn event_at_start(entropy: &dyn Entropy, cx: &RequestContext, kind: EventType) -> EventBuilder {
    EventBuilder(Event {
        log_id: EventId::at(cx.now, entropy.array()),
        date: cx.now,
        code: kind.code().to_owned(),
        description: None,
        connection: None,
        connection_id: None,
        client_id: None,
        client_name: None,
        ip: cx.peer.map(|address| address.to_string()),
        user_agent: cx.user_agent.clone(),
        user_id: None,
        user_name: None,
        audience: None,
        scope: None,
        details: JsonObject::new(),
    })
}

impl EventBuilder {
    pub(crate) fn describe(mut self, sentence: impl Into<String>) -> Self {
        self.0.description = Some(sentence.into());
        self
    }

    pub(crate) fn client(mut self, client: &Client) -> Self {
        self.0.client_id = Some(client.client_id.clone());
        self.0.client_name = Some(client.name.clone());
        self
    }

    pub(crate) fn connection(mut self, connection: &Connection) -> Self {
        self.0.connection = Some(connection.name.clone());
        self.0.connection_id = Some(connection.id.as_str().to_owned());
        self
    }

    pub(crate) fn user(mut self, user: &User) -> Self {
        self.0.user_id = Some(user.user_id.clone());
        self.0.user_name = user.profile.email.clone().or_else(|| user.profile.username.clone());
        self
    }

    pub(crate) fn user_id(mut self, id: &model::UserId) -> Self {
        self.0.user_id = Some(id.clone());
        self
    }

    /// The user, where it is known whose name was typed.
    pub(crate) fn known_user(mut self, id: Option<&model::UserId>) -> Self {
        self.0.user_id = id.cloned();
        self
    }

    /// What somebody typed as a name, cut to 320 characters.
    pub(crate) fn typed_name(mut self, name: &str) -> Self {
        self.0.user_name = Some(name.chars().take(320).collect());
        self
    }

    pub(crate) fn audience(mut self, audience: Option<&str>) -> Self {
        self.0.audience = audience.map(str::to_owned);
        self
    }

    pub(crate) fn scope(mut self, scope: &protocol::scope::ScopeSet) -> Self {
        self.0.scope = Some(scope.to_string());
        self
    }

    pub(crate) fn detail(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.0.details.insert(name.to_owned(), value.into());
        self
    }

    /// Records it in the write of the change it speaks of.
    pub(crate) async fn record(self, tx: &mut WriteTx) -> Result<(), StoreError> {
        store::events::insert(tx, &self.0).await
    }

    /// Records it in a write of its own, for refusals that change nothing else.
    pub(crate) async fn record_alone(self, svc: &Services) -> Result<(), StoreError> {
        let mut tx = svc.store.write().await?;
        self.record(&mut tx).await?;
        tx.commit().await
    }
}

/// At most `limit` events that became visible after this one, in that order; from the first that is kept where `from` is
/// empty. Whoever goes on after the last meets each event once, however late it was committed.
pub(crate) async fn following(svc: &Services, from: &str, limit: u32) -> Result<Vec<Event>, StoreError> {
    number_visible(svc).await?;
    store::events::after(&mut svc.store.read().await?, from, limit).await
}

/// Done by readers and by whoever seals the log, so that writers do not pay for the order.
pub(crate) async fn number_visible(svc: &Services) -> Result<(), StoreError> {
    for _ in 0..BATCHES {
        if !store::events::has_unnumbered(&mut svc.store.read().await?).await? {
            break;
        }
        let mut tx = svc.store.write().await?;
        let numbered = store::events::number(&mut tx, BATCH).await?;
        tx.commit().await?;
        if numbered < u64::from(BATCH) {
            break;
        }
    }
    Ok(())
}
