//! Changing a user.

use model::connection::DATABASE_STRATEGY;
use model::grant::RevokedReason;
use model::user::{PasswordCredential, User};
use model::{ClientId, UserId};
use protocol::management_scope::ManagementScope;
use secrecy::SecretString;
use store::users::Stored;
use store::{Read, WriteTx};

use super::super::body::Fields;
use super::super::tickets::read_client;
use super::{ATTEMPTS, Body, BodyInvalid, Caller, Refused, Resource, fields, password};
use crate::tickets::verification;
use crate::{RequestContext, Services};

/// What belongs to the identity at its connection, not to the user as a whole.
const OF_THE_IDENTITY: [&str; 6] =
    ["email", "email_verified", "username", "phone_number", "phone_verified", "password"];

/// Changes a user. Whoever is blocked, or gets another password, is signed out everywhere in the same write.
pub async fn update(
    svc: &Services,
    cx: &RequestContext,
    caller: &Caller,
    id: &UserId,
    body: &Body,
) -> Result<User, Refused> {
    caller.require_any(&[ManagementScope::UpdateUsers, ManagementScope::UpdateUsersAppMetadata])?;
    let mut object = body.object()?;
    if !object.has_only(&["app_metadata"]) {
        caller.require(ManagementScope::UpdateUsers)?;
    }
    check_combination(&object)?;
    let of_identity = OF_THE_IDENTITY.iter().any(|name| object.has(name));
    let connection: Option<String> = object.take("connection")?;
    // The application that the link in a mail leads back to.
    let client_id = read_client(svc, &mut object).await?;
    let verify_email = object.take("verify_email")?.unwrap_or_default();
    let secret = fields::password(&mut object)?;
    let user = find(&mut svc.store.read().await?, id).await?;
    if of_identity {
        check_identity(&user, connection.as_deref())?;
    }
    let credential = match &secret {
        Some(secret) => Some(hash(svc, &user, secret).await?),
        None => None,
    };
    for _ in 0..ATTEMPTS {
        let change = Change {
            object: object.clone(),
            credential: credential.as_ref(),
            verify_email,
            client_id: client_id.as_ref(),
        };
        if let Some(user) = attempt(svc, cx, caller, id, change).await? {
            return Ok(user);
        }
    }
    Err(Refused::Contended(Resource::User))
}

/// What is to change, and who is told.
struct Change<'a> {
    object: Fields,
    credential: Option<&'a PasswordCredential>,
    /// Whether the person is sent a link to confirm their address, as far as it is not confirmed.
    verify_email: bool,
    client_id: Option<&'a ClientId>,
}

/// One try; `None` where somebody else changed the user at the same time.
async fn attempt(
    svc: &Services,
    cx: &RequestContext,
    caller: &Caller,
    id: &UserId,
    change: Change<'_>,
) -> Result<Option<User>, Refused> {
    let Change { object, credential, verify_email, client_id } = change;
    let blocks = object.has("blocked");
    let mut tx = svc.store.write().await?;
    let before = find(&mut tx, id).await?;
    let mut user = before.clone();
    fields::apply(&mut user, object)?;
    user.updated_at = cx.now;
    check_name(&mut tx, &before, &user).await?;
    if credential.is_some() {
        user.last_password_reset = Some(cx.now);
    }
    match store::users::update(&mut tx, &user).await? {
        Stored::Done => {}
        Stored::Stale => return Ok(None),
        Stored::IdTaken | Stored::NameTaken => return Err(Refused::Exists(Resource::User)),
    }
    if let Some(credential) = credential {
        if !password::put(&mut tx, id, credential, cx.now).await? {
            return Ok(None);
        }
        sign_out(svc, cx, &mut tx, id, RevokedReason::PasswordChange).await?;
    }
    if blocks && user.is_blocked() {
        sign_out(svc, cx, &mut tx, id, RevokedReason::Administrator).await?;
    }
    let updated = caller.event(svc, cx, "update_user", id.as_str()).user(&user);
    updated.detail("password_changed", credential.is_some()).record(&mut tx).await?;
    if verify_email {
        verification::request_if_unverified(svc, cx, &mut tx, &user, client_id.cloned()).await?;
    }
    tx.commit().await?;
    Ok(Some(user))
}

async fn sign_out(
    svc: &Services,
    cx: &RequestContext,
    tx: &mut WriteTx,
    id: &UserId,
    reason: RevokedReason,
) -> Result<(), Refused> {
    crate::sessions::end_of_user(svc, cx, tx, id).await?;
    store::families::revoke_of_user(tx, id, reason, cx.now).await?;
    Ok(())
}

async fn find(db: &mut impl Read, id: &UserId) -> Result<User, Refused> {
    store::users::find(db, id).await?.ok_or(Refused::NotFound(Resource::User))
}

/// A call that both opened the door and moved it would leave nobody who could complain.
fn check_combination(object: &Fields) -> Result<(), BodyInvalid> {
    let others = OF_THE_IDENTITY.iter().filter(|name| **name != "password");
    for other in others.filter(|_| object.has("password")) {
        if object.has(other) {
            return Err(object.wrong("password", format!("cannot be changed together with {other}")));
        }
    }
    Ok(())
}

fn check_identity(user: &User, connection: Option<&str>) -> Result<(), BodyInvalid> {
    let identity = user.identities.first().filter(|identity| identity.provider == DATABASE_STRATEGY);
    let Some(identity) = identity else {
        return Err(BodyInvalid::wrong("connection", "must be a database connection for this change"));
    };
    if connection.is_some_and(|named| named != identity.connection) {
        return Err(BodyInvalid::wrong("connection", "is not the connection of this user"));
    }
    Ok(())
}

async fn hash(svc: &Services, user: &User, secret: &SecretString) -> Result<PasswordCredential, Refused> {
    let identity = user.identities.first().ok_or(Refused::NotFound(Resource::Connection))?;
    let stored = store::connections::find(&mut svc.store.read().await?, &identity.connection_id).await?;
    let connection = stored.ok_or(Refused::NotFound(Resource::Connection))?.connection;
    password::hash(svc, connection.password_policy, &user.profile, secret).await
}

/// A source that still holds the password knows the person by the old name, and would call the right password wrong.
async fn check_name(tx: &mut WriteTx, before: &User, after: &User) -> Result<(), Refused> {
    let names = |user: &User| (user.profile.folded_email(), user.profile.username.clone());
    if names(before) == names(after) {
        return Ok(());
    }
    match store::passwords::find(tx, &before.user_id).await?.map(|held| held.credential) {
        Some(PasswordCredential::Source { source }) => Err(Refused::NameHeldBySource { source_name: source }),
        _ => Ok(()),
    }
}
