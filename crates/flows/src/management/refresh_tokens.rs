//! Refresh tokens that applications hold. The id of one is that of its family, so rotation does not change it, and to
//! end it ends what was issued beside it.

use std::collections::HashMap;

use model::client::Client;
use model::grant::{HeldRefreshToken, RevokedReason};
use model::{ClientId, FamilyId, UserId};
use protocol::client_metadata::RotationType;
use protocol::management_scope::ManagementScope;
use store::held_refresh_tokens::Held;
use store::{Page, Read};

use super::body::Fields;
use super::paging::{Paging, Position};
use super::text::check_count;
use super::users::check_exists;
use super::{Body, BodyInvalid, Caller, Listing, Query, QueryInvalid, Refused, Resource, noted};
use crate::{RequestContext, Services};

const LARGEST_TAKE: u32 = 100;
/// How many tokens are ended by their ids at once.
const MOST_IDS: usize = 100;

/// A refresh token as a caller sees it.
#[derive(Clone, Debug)]
pub struct ShownRefreshToken {
    /// The token that is held at the moment, with its family.
    pub held: HeldRefreshToken,
    /// Whether each use exchanges it for another.
    pub is_rotating: bool,
}

/// One refresh token. One that is over is not there.
pub async fn get(
    svc: &Services,
    cx: &RequestContext,
    caller: &Caller,
    id: &FamilyId,
) -> Result<ShownRefreshToken, Refused> {
    caller.require(ManagementScope::ReadRefreshTokens)?;
    find(&mut svc.store.read().await?, cx, id).await
}

/// A page of refresh tokens of the person whom `user_id` names, oldest first; `client_id` narrows the list.
pub async fn list(
    svc: &Services,
    cx: &RequestContext,
    caller: &Caller,
    query: &Query,
) -> Result<Listing<ShownRefreshToken>, Refused> {
    caller.require(ManagementScope::ReadRefreshTokens)?;
    let user_id = query.text("user_id")?.ok_or_else(|| QueryInvalid::new("user_id", "is missing"))?;
    let client_id = query.text("client_id")?.map(ClientId::new);
    let wanted = Held { user_id: Some(UserId::new(user_id)), client_id, ..held(cx) };
    page(svc, &wanted, query).await
}

/// A page of a person's refresh tokens, oldest first.
pub async fn of_user(
    svc: &Services,
    cx: &RequestContext,
    caller: &Caller,
    user_id: &UserId,
    query: &Query,
) -> Result<Listing<ShownRefreshToken>, Refused> {
    caller.require(ManagementScope::ReadRefreshTokens)?;
    check_exists(&mut svc.store.read().await?, user_id).await?;
    page(svc, &Held { user_id: Some(user_id.clone()), ..held(cx) }, query).await
}

/// Replaces what is noted beside a refresh token; `null` empties it.
pub async fn update(
    svc: &Services,
    cx: &RequestContext,
    caller: &Caller,
    id: &FamilyId,
    body: &Body,
) -> Result<ShownRefreshToken, Refused> {
    caller.require(ManagementScope::UpdateRefreshTokens)?;
    let metadata = noted::read(body, "refresh_token_metadata")?;
    let mut tx = svc.store.write().await?;
    let mut token = find(&mut tx, cx, id).await?;
    let Some(metadata) = metadata else { return Ok(token) };
    if !store::families::set_metadata(&mut tx, id, &metadata).await? {
        return Err(Refused::NotFound(Resource::RefreshToken));
    }
    let written = caller.event(svc, cx, "update_refresh_token", id.as_str());
    written.user_id(&token.held.family.user_id).record(&mut tx).await?;
    tx.commit().await?;
    token.held.metadata = metadata;
    Ok(token)
}

async fn find(db: &mut impl Read, cx: &RequestContext, id: &FamilyId) -> Result<ShownRefreshToken, Refused> {
    let wanted = Held { family_id: Some(id.clone()), ..held(cx) };
    let found = store::held_refresh_tokens::list(db, &wanted, &Page::Offset { skip: 0, limit: 1 }).await?;
    shown(db, found).await?.pop().ok_or(Refused::NotFound(Resource::RefreshToken))
}

/// Ends a refresh token; one that is over already is fine.
pub async fn delete(svc: &Services, cx: &RequestContext, caller: &Caller, id: &FamilyId) -> Result<(), Refused> {
    caller.require(ManagementScope::DeleteRefreshTokens)?;
    revoke_each(svc, cx, caller, std::slice::from_ref(id), "delete_refresh_token").await
}

/// Ends every refresh token of a person, wherever they are signed in. Sessions stay.
pub async fn delete_of_user(svc: &Services, cx: &RequestContext, caller: &Caller, id: &UserId) -> Result<(), Refused> {
    caller.require(ManagementScope::DeleteRefreshTokens)?;
    revoke_of_user(svc, cx, caller, id, "delete_user_refresh_tokens", &Narrowed::default()).await
}

/// Ends those that `ids` names, or those of a person, of one client or for one API where these are named.
pub async fn revoke(svc: &Services, cx: &RequestContext, caller: &Caller, body: &Body) -> Result<(), Refused> {
    caller.require(ManagementScope::DeleteRefreshTokens)?;
    let mut fields = body.object()?;
    if let Some(ids) = fields.take::<Vec<String>>("ids")? {
        fields.finish()?;
        check_count("ids", &ids, MOST_IDS)?;
        let ids: Vec<_> = ids.into_iter().map(FamilyId::new).collect();
        return revoke_each(svc, cx, caller, &ids, "revoke_refresh_token").await;
    }
    let (user_id, narrowed) = of_whom(fields)?;
    revoke_of_user(svc, cx, caller, &user_id, "revoke_refresh_tokens", &narrowed).await
}

/// Of a person's refresh tokens, which.
#[derive(Default)]
struct Narrowed {
    client_id: Option<ClientId>,
    audience: Option<String>,
}

fn of_whom(mut fields: Fields) -> Result<(UserId, Narrowed), BodyInvalid> {
    let user_id = UserId::new(fields.require::<String>("user_id")?);
    let client_id = fields.take::<String>("client_id")?.map(ClientId::new);
    let narrowed = Narrowed { client_id, audience: fields.take("audience")? };
    fields.finish()?;
    Ok((user_id, narrowed))
}

fn held(cx: &RequestContext) -> Held {
    Held { now: cx.now, family_id: None, user_id: None, client_id: None }
}

fn position(held: &HeldRefreshToken) -> Position {
    (held.family.created_at, held.family.id.as_str().to_owned())
}

async fn page(svc: &Services, wanted: &Held, query: &Query) -> Result<Listing<ShownRefreshToken>, Refused> {
    let paging = Paging::checkpoint(query, LARGEST_TAKE)?;
    let mut db = svc.store.read().await?;
    let rows = store::held_refresh_tokens::list(&mut db, wanted, &paging.page()).await?;
    let Listing { items, shape } = paging.listing(rows, 0, position);
    Ok(Listing { items: shown(&mut db, items).await?, shape })
}

/// Says of each whether it rotates, which is a matter of its client.
pub(super) async fn shown(db: &mut impl Read, held: Vec<HeldRefreshToken>) -> Result<Vec<ShownRefreshToken>, Refused> {
    let mut rotating: HashMap<ClientId, bool> = HashMap::new();
    let mut shown = Vec::with_capacity(held.len());
    for held in held {
        let id = &held.family.client_id;
        let is_rotating = match rotating.get(id) {
            Some(known) => *known,
            None => store::clients::find(db, id).await?.is_some_and(|stored| rotates(&stored.client)),
        };
        rotating.insert(id.clone(), is_rotating);
        shown.push(ShownRefreshToken { held, is_rotating });
    }
    Ok(shown)
}

fn rotates(client: &Client) -> bool {
    client.refresh_token.rotation_type == RotationType::Rotating
}

pub(super) async fn revoke_each(
    svc: &Services,
    cx: &RequestContext,
    caller: &Caller,
    ids: &[FamilyId],
    operation: &'static str,
) -> Result<(), Refused> {
    let mut tx = svc.store.write().await?;
    for id in ids {
        if store::families::revoke(&mut tx, id, RevokedReason::Administrator, cx.now).await? {
            let family = store::families::find(&mut tx, id).await?;
            let written = caller.event(svc, cx, operation, id.as_str());
            let written = match &family {
                Some(family) => written.user_id(&family.user_id),
                None => written,
            };
            written.record(&mut tx).await?;
        }
    }
    Ok(tx.commit().await?)
}

async fn revoke_of_user(
    svc: &Services,
    cx: &RequestContext,
    caller: &Caller,
    id: &UserId,
    operation: &'static str,
    narrowed: &Narrowed,
) -> Result<(), Refused> {
    let mut tx = svc.store.write().await?;
    check_exists(&mut tx, id).await?;
    let (client_id, audience) = (narrowed.client_id.as_ref(), narrowed.audience.as_deref());
    store::families::revoke_held(&mut tx, id, client_id, audience, RevokedReason::Administrator, cx.now).await?;
    caller.event(svc, cx, operation, id.as_str()).user_id(id).record(&mut tx).await?;
    Ok(tx.commit().await?)
}
