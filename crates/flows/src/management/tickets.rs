//! Links that an operator hands out: to confirm an address, or to choose a new password.

use std::time::Duration;

use model::address::FoldedEmail;
use model::connection::DATABASE_STRATEGY;
use model::ticket::TicketKind;
use model::user::User;
use model::{ClientId, ConnectionId, UserId};
use protocol::management_scope::ManagementScope;

use super::body::Fields;
use super::{Body, BodyInvalid, Caller, Refused, Resource};
use crate::tickets::{LONGEST_LIFETIME, USUAL_LIFETIME, Wanted, hand_out, is_allowed_result_url};
use crate::{RequestContext, Services};

/// A link that confirms somebody's address. Older ones of that person are worthless from then on.
pub async fn email_verification(
    svc: &Services,
    cx: &RequestContext,
    caller: &Caller,
    body: &Body,
) -> Result<String, Refused> {
    caller.require(ManagementScope::CreateUserTickets)?;
    let mut fields = body.object()?;
    let user = read_user(svc, &mut fields).await?;
    let wanted = terms(svc, &mut fields, TicketKind::VerifyEmail).await?;
    fields.finish()?;
    if user.profile.email.is_none() {
        return Err(BodyInvalid::wrong("user_id", "must be of a user with an e-mail address").into());
    }
    make(svc, cx, caller, &user, wanted).await
}

/// A link with which somebody chooses a new password. Older ones of that person are worthless from then on.
pub async fn password_change(
    svc: &Services,
    cx: &RequestContext,
    caller: &Caller,
    body: &Body,
) -> Result<String, Refused> {
    caller.require(ManagementScope::CreateUserTickets)?;
    let mut fields = body.object()?;
    let user = match fields.take::<String>("email")? {
        Some(email) if !fields.has("user_id") => by_email(svc, &mut fields, &email).await?,
        Some(_) => return Err(fields.wrong("email", "cannot be combined with user_id").into()),
        None => read_user(svc, &mut fields).await?,
    };
    let mut wanted = terms(svc, &mut fields, TicketKind::ResetPassword).await?;
    fields.set("mark_email_as_verified", &mut wanted.verifies_email)?;
    fields.finish()?;
    make(svc, cx, caller, &user, wanted).await
}

async fn make(
    svc: &Services,
    cx: &RequestContext,
    caller: &Caller,
    user: &User,
    wanted: Wanted,
) -> Result<String, Refused> {
    let operation = match wanted.kind {
        TicketKind::VerifyEmail => "create_email_verification_ticket",
        TicketKind::ResetPassword => "create_password_change_ticket",
    };
    let mut tx = svc.store.write().await?;
    let link = hand_out(svc, cx, &mut tx, &user.user_id, wanted).await?.ok_or(Refused::NotFound(Resource::User))?;
    caller.event(svc, cx, operation, user.user_id.as_str()).user(user).record(&mut tx).await?;
    tx.commit().await?;
    Ok(link)
}

/// What may be said of a link of either kind.
async fn terms(svc: &Services, fields: &mut Fields, kind: TicketKind) -> Result<Wanted, Refused> {
    let client_id = read_client(svc, fields).await?;
    let result_url: Option<String> = fields.take("result_url")?;
    if let Some(url) = &result_url {
        let mut db = svc.store.read().await?;
        if !is_allowed_result_url(&mut db, url, client_id.as_ref()).await? {
            let problem = "must be at an origin of a client, or one of the allowed logout URLs of the tenant";
            return Err(fields.wrong("result_url", problem).into());
        }
    }
    let tells_email = fields.take("includeEmailInRedirect")?.unwrap_or_default();
    let (lifetime, is_mailed, verifies_email) = (lifetime(fields)?, false, false);
    Ok(Wanted { kind, client_id, lifetime, is_mailed, result_url, tells_email, verifies_email })
}

/// Nothing and zero mean the usual.
fn lifetime(fields: &mut Fields) -> Result<Duration, BodyInvalid> {
    let seconds = fields.take::<u64>("ttl_sec")?.unwrap_or_default();
    if seconds > LONGEST_LIFETIME.as_secs() {
        return Err(fields.wrong("ttl_sec", format!("must be between 0 and {}", LONGEST_LIFETIME.as_secs())));
    }
    Ok(if seconds == 0 { USUAL_LIFETIME } else { Duration::from_secs(seconds) })
}

/// The application that the link leads back to.
pub(super) async fn read_client(svc: &Services, fields: &mut Fields) -> Result<Option<ClientId>, Refused> {
    let Some(client_id) = fields.take::<String>("client_id")?.map(ClientId::new) else { return Ok(None) };
    let found = store::clients::find(&mut svc.store.read().await?, &client_id).await?;
    found.map(|_| Some(client_id)).ok_or(Refused::NotFound(Resource::Client))
}

/// The person that `user_id` names, and their identity where `identity` names it: one of a database connection.
pub(super) async fn read_user(svc: &Services, fields: &mut Fields) -> Result<User, Refused> {
    let user_id = UserId::new(fields.require::<String>("user_id")?);
    let identity = fields.nested("identity")?;
    let found = store::users::find(&mut svc.store.read().await?, &user_id).await?;
    let user = found.ok_or(Refused::NotFound(Resource::User))?;
    check_identity(&user, identity)?;
    Ok(user)
}

fn check_identity(user: &User, named: Option<Fields>) -> Result<(), BodyInvalid> {
    let primary = user.identities.first().filter(|identity| identity.provider == DATABASE_STRATEGY);
    let Some(primary) = primary else {
        return Err(BodyInvalid::wrong("user_id", "must be of a user of a database connection"));
    };
    let Some(mut named) = named else { return Ok(()) };
    let own = [
        ("user_id", primary.external_id.as_str()),
        ("provider", &primary.provider),
        ("connection_id", primary.connection_id.as_str()),
    ];
    for (name, own) in own {
        if named.take::<String>(name)?.is_some_and(|said| said != own) {
            return Err(named.wrong(name, "is not that of the user's primary identity"));
        }
    }
    named.finish()
}

async fn by_email(svc: &Services, fields: &mut Fields, email: &str) -> Result<User, Refused> {
    let connection_id = ConnectionId::new(fields.require::<String>("connection_id")?);
    let mut db = svc.store.read().await?;
    let stored = store::connections::find(&mut db, &connection_id).await?;
    stored.ok_or(Refused::NotFound(Resource::Connection))?;
    let folded = FoldedEmail::of(email);
    let found = store::users::find_by_login(&mut db, &connection_id, &folded).await?;
    found.filter(|user| user.profile.folded_email() == Some(folded)).ok_or(Refused::NotFound(Resource::User))
}
