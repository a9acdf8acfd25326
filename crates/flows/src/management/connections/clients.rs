//! Which clients may use a connection.

use model::{ClientId, ConnectionId, Timestamp};
use protocol::management_scope::ManagementScope;
use store::WriteTx;

use super::super::body::{Body, BodyInvalid};
use super::super::paging::Paging;
use super::super::text::check_count;
use super::super::{Caller, Listing, Query, Refused};
use super::{find, keep};
use crate::{RequestContext, Services};

const LARGEST_PAGE: u32 = 1000;
const MOST_CHANGES: usize = 50;

/// The clients of a connection, by id.
pub async fn list(
    svc: &Services,
    caller: &Caller,
    id: &ConnectionId,
    query: &Query,
) -> Result<Listing<ClientId>, Refused> {
    caller.require(ManagementScope::ReadConnections)?;
    let paging = Paging::checkpoint(query, LARGEST_PAGE)?;
    let clients = find(&mut svc.store.read().await?, id).await?.connection.enabled_clients;
    Ok(paging.cut(clients, |client| (Timestamp::from_millis(0), client.as_str().to_owned())))
}

/// Lets clients use a connection, or no longer: `[{"client_id", "status"}]`, all of them or none.
pub async fn update(
    svc: &Services,
    cx: &RequestContext,
    caller: &Caller,
    id: &ConnectionId,
    body: &Body,
) -> Result<(), Refused> {
    caller.require(ManagementScope::UpdateConnections)?;
    let changes = read(body)?;
    let mut tx = svc.store.write().await?;
    keep(&mut tx, id).await?;
    let connection = find(&mut tx, id).await?.connection;
    let enabled = changes.iter().filter(|(_, enabled)| *enabled).map(|(client_id, _)| client_id.clone());
    keep_clients(&mut tx, "client_id", &enabled.collect::<Vec<_>>()).await?;
    for (client_id, enabled) in &changes {
        store::connections::set_enabled(&mut tx, id, client_id, *enabled).await?;
    }
    let updated = caller.event(svc, cx, "update_connection_clients", id.as_str()).connection(&connection);
    let clients: Vec<&str> = changes.iter().map(|(client_id, _)| client_id.as_str()).collect();
    updated.detail("clients", clients).record(&mut tx).await?;
    tx.commit().await?;
    Ok(())
}

fn read(body: &Body) -> Result<Vec<(ClientId, bool)>, BodyInvalid> {
    let objects = body.objects()?;
    check_count("body", &objects, MOST_CHANGES)?;
    let change = |mut object: super::super::body::Fields| {
        let change = (ClientId::new(object.require::<String>("client_id")?), object.require("status")?);
        object.finish()?;
        Ok(change)
    };
    objects.into_iter().map(change).collect()
}

/// Goes on only if all of them are there, and stay there until the write ends.
pub(super) async fn keep_clients(tx: &mut WriteTx, path: &str, ids: &[ClientId]) -> Result<(), Refused> {
    for id in ids {
        if !store::clients::keep(tx, id).await? {
            return Err(BodyInvalid::wrong(path, format!("names a client that does not exist: {id}")).into());
        }
    }
    Ok(())
}
