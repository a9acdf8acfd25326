//! Sources of users.

mod clients;
mod fields;
mod provider;
mod source;
mod users;

use model::ConnectionId;
use model::connection::Connection;
use protocol::management_scope::ManagementScope;
use store::connections::{ConnectionFilter, StoredConnection};
use store::{Read, WriteTx};
use upstream::BreakerPosition;

pub use clients::{list as list_clients, update as update_clients};
pub use users::delete_by_email as delete_users;

use super::paging::Paging;
use super::{ATTEMPTS, Body, BodyInvalid, Caller, Listing, Query, Refused, Resource};
use crate::{InternalError, RequestContext, Services};

/// A page of connections, oldest first; `strategy` and `name` narrow the list.
pub async fn list(svc: &Services, caller: &Caller, query: &Query) -> Result<Listing<Connection>, Refused> {
    caller.require(ManagementScope::ReadConnections)?;
    let paging = Paging::read(query)?;
    let filter =
        ConnectionFilter { strategies: query.words("strategy")?, name: query.text("name")?.map(str::to_owned) };
    let mut db = svc.store.read().await?;
    let rows = store::connections::list(&mut db, &filter, &paging.page()).await?;
    let total = paging.total(rows.len(), async || store::connections::count(&mut db, &filter).await).await?;
    let position = |stored: &StoredConnection| (stored.connection.created_at, stored.connection.id.as_str().to_owned());
    Ok(paging.listing(rows, total, position).map(|stored| stored.connection))
}

/// One connection.
pub async fn get(svc: &Services, caller: &Caller, id: &ConnectionId) -> Result<Connection, Refused> {
    caller.require(ManagementScope::ReadConnections)?;
    Ok(find(&mut svc.store.read().await?, id).await?.connection)
}

/// Whether people can sign in through it: a connection whose source is not asked at the moment says so.
pub async fn status(svc: &Services, cx: &RequestContext, caller: &Caller, id: &ConnectionId) -> Result<(), Refused> {
    caller.require(ManagementScope::ReadConnections)?;
    let connection = find(&mut svc.store.read().await?, id).await?.connection;
    let breaker = connection.source.and_then(|source| svc.upstreams.breaker(&source.name, cx.now));
    if breaker == Some(BreakerPosition::Open) {
        return Err(Refused::SourceOffline);
    }
    Ok(())
}

/// Creates a connection.
pub async fn create(svc: &Services, cx: &RequestContext, caller: &Caller, body: &Body) -> Result<Connection, Refused> {
    caller.require(ManagementScope::CreateConnections)?;
    let mut fields = body.object()?;
    let new = fields::new_connection(ConnectionId::from_random(svc.random()), &mut fields, cx.now)?;
    let mut stored = StoredConnection::from(new);
    Box::pin(fields::apply(svc, cx, &mut stored, fields)).await?;
    provider::require_power_over_people(caller, None, stored.connection.provider.as_ref())?;
    let mut tx = svc.store.write().await?;
    check_neighbours(&mut tx, &stored.connection).await?;
    if !store::connections::insert(&mut tx, &stored).await? {
        return Err(Refused::Exists(Resource::Connection));
    }
    let created = caller.event(svc, cx, "create_connection", stored.connection.id.as_str());
    created.connection(&stored.connection).record(&mut tx).await?;
    tx.commit().await?;
    Ok(stored.connection)
}

/// Changes a connection; name and strategy stay. `options` is replaced whole, but for a source it does not mention.
pub async fn update(
    svc: &Services,
    cx: &RequestContext,
    caller: &Caller,
    id: &ConnectionId,
    body: &Body,
) -> Result<Connection, Refused> {
    caller.require(ManagementScope::UpdateConnections)?;
    let fields = body.object()?;
    for _ in 0..ATTEMPTS {
        let before = find(&mut svc.store.read().await?, id).await?;
        let mut stored = before.clone();
        Box::pin(fields::apply(svc, cx, &mut stored, fields.clone())).await?;
        stored.connection.updated_at = cx.now;
        let providers = [&before, &stored].map(|own| own.connection.provider.as_ref());
        provider::require_power_over_people(caller, providers[0], providers[1])?;
        let mut tx = svc.store.write().await?;
        if !fields.has("enabled_clients") {
            // They have an endpoint of their own, whose changes the version does not tell.
            stored.connection.enabled_clients = find(&mut tx, id).await?.connection.enabled_clients;
        }
        source::check_removable(&mut tx, before.connection.source.as_ref(), stored.connection.source.as_ref()).await?;
        provider::check_same_people(&mut tx, &before, stored.connection.provider.as_ref()).await?;
        check_neighbours(&mut tx, &stored.connection).await?;
        if store::connections::update(&mut tx, &stored).await? {
            let updated = caller.event(svc, cx, "update_connection", id.as_str());
            updated.connection(&stored.connection).record(&mut tx).await?;
            tx.commit().await?;
            return Ok(stored.connection);
        }
    }
    Err(Refused::Contended(Resource::Connection))
}

/// Deletes a connection with its users; one that is gone already is fine. A call that was interrupted is finished by
/// the next one.
pub async fn delete(svc: &Services, cx: &RequestContext, caller: &Caller, id: &ConnectionId) -> Result<(), Refused> {
    caller.require(ManagementScope::DeleteConnections)?;
    let Some(stored) = store::connections::find(&mut svc.store.read().await?, id).await? else { return Ok(()) };
    close(svc, cx, caller, &stored.connection).await?;
    let mut users_deleted = 0;
    loop {
        let deletion = users::deletion_of_some(svc, cx, id).await?;
        let mut tx = svc.store.write().await?;
        let batch = match users::delete_some(&deletion, &mut tx, id).await {
            // An import writes about people in the order of its file.
            Err(InternalError::Store(error)) if error.is_of_a_deadlock() => continue,
            deleted => deleted?,
        };
        users_deleted += batch;
        if batch > 0 {
            let emptied = caller.event(svc, cx, "delete_connection_users", id.as_str()).connection(&stored.connection);
            emptied.detail("users_deleted", batch).record(&mut tx).await?;
        } else if !store::connections::hold_to_delete(&mut tx, id).await? {
            return Ok(());
        } else if store::users::of_connection(&mut tx, id, 1).await?.is_empty() {
            store::connections::delete(&mut tx, id).await?;
            let deleted = caller.event(svc, cx, "delete_connection", id.as_str()).connection(&stored.connection);
            deleted.detail("users_deleted", users_deleted).record(&mut tx).await?;
            return Ok(tx.commit().await?);
        }
        // Somebody whose sign-up was under way when the connection was closed goes with the next batch.
        tx.commit().await?;
    }
}

/// Takes the connection from every client, so that nobody signs up while its users are deleted.
async fn close(svc: &Services, cx: &RequestContext, caller: &Caller, connection: &Connection) -> Result<(), Refused> {
    let mut tx = svc.store.write().await?;
    for client_id in &connection.enabled_clients {
        store::connections::set_enabled(&mut tx, &connection.id, client_id, false).await?;
    }
    if !connection.enabled_clients.is_empty() {
        let closed = caller.event(svc, cx, "close_connection", connection.id.as_str()).connection(connection);
        closed.record(&mut tx).await?;
    }
    tx.commit().await?;
    Ok(())
}

async fn find(db: &mut impl Read, id: &ConnectionId) -> Result<StoredConnection, Refused> {
    store::connections::find(db, id).await?.ok_or(Refused::NotFound(Resource::Connection))
}

/// Goes on only if the connection is there, and stays there until the write ends.
pub(super) async fn keep(tx: &mut WriteTx, id: &ConnectionId) -> Result<(), Refused> {
    if store::connections::keep(tx, id).await? { Ok(()) } else { Err(Refused::NotFound(Resource::Connection)) }
}

/// What can be judged only beside other records: clients must exist, and no two sources may share a name, because a
/// source's health and its share of people are kept by name.
async fn check_neighbours(tx: &mut WriteTx, connection: &Connection) -> Result<(), Refused> {
    clients::keep_clients(tx, "enabled_clients", &connection.enabled_clients).await?;
    let Some(source) = &connection.source else { return Ok(()) };
    let all = store::Page::Offset { skip: 0, limit: u32::MAX };
    let others = store::connections::list(tx, &ConnectionFilter::default(), &all).await?;
    let mut others = others.iter().filter(|other| other.connection.id != connection.id);
    if others.any(|other| other.connection.source.as_ref().is_some_and(|own| own.name == source.name)) {
        return Err(BodyInvalid::wrong("options.source.name", "is the name of another connection's source").into());
    }
    Ok(())
}
