//! Creating a user in a database connection.

use model::UserId;
use model::connection::{Connection, DATABASE_STRATEGY};
use model::user::{Identity, Profile, User};
use protocol::management_scope::ManagementScope;
use store::users::Stored;

use super::super::body::Fields;
use super::super::connections::keep;
use super::{Body, BodyInvalid, Caller, Refused, Resource, fields, password};
use crate::tickets::verification;
use crate::{RequestContext, Services};

/// Creates a user with a password. Someone who was deleted before may be created again: the administrator knows.
pub async fn create(svc: &Services, cx: &RequestContext, caller: &Caller, body: &Body) -> Result<User, Refused> {
    caller.require(ManagementScope::CreateUsers)?;
    let mut object = body.object()?;
    let connection = connection(svc, &mut object).await?;
    let identity = identity(svc, &connection, &mut object)?;
    let secret = fields::password(&mut object)?;
    let verify_email: Option<bool> = object.take("verify_email")?;
    let user_id = UserId::database(&identity.external_id);
    let mut user = User::new(user_id, Profile::default(), vec![identity.clone()], cx.now);
    fields::apply(&mut user, object)?;
    name_after_address(&mut user.profile);
    let secret = secret.ok_or_else(|| BodyInvalid::Missing { path: "password".to_owned() })?;
    let credential = password::hash(svc, connection.password_policy, &user.profile, &secret).await?;
    let mut tx = svc.store.write().await?;
    keep(&mut tx, &connection.id).await?;
    if store::users::insert(&mut tx, &user).await? != Stored::Done {
        return Err(Refused::Exists(Resource::User));
    }
    store::passwords::insert(&mut tx, &user.user_id, &credential, cx.now).await?;
    store::users::exhume(&mut tx, &connection.id, &identity.external_id).await?;
    let created = caller.event(svc, cx, "create_user", user.user_id.as_str()).connection(&connection);
    created.user(&user).record(&mut tx).await?;
    // Unasked only where a mail can leave.
    if verify_email.unwrap_or(svc.mailer.is_configured()) {
        verification::request_if_unverified(svc, cx, &mut tx, &user, None).await?;
    }
    tx.commit().await?;
    Ok(user)
}

async fn connection(svc: &Services, object: &mut Fields) -> Result<Connection, Refused> {
    let name: String = object.require("connection")?;
    let found = store::connections::find_by_name(&mut svc.store.read().await?, &name).await?;
    let connection = found.ok_or(Refused::NotFound(Resource::Connection))?.connection;
    if connection.strategy == DATABASE_STRATEGY {
        return Ok(connection);
    }
    Err(object.wrong("connection", "must be a database connection").into())
}

/// The request may bring the id along, with or without the prefix that the server adds.
fn identity(svc: &Services, connection: &Connection, object: &mut Fields) -> Result<Identity, BodyInvalid> {
    let given: Option<String> = object.take("user_id")?;
    let external_id = match &given {
        Some(id) => id.strip_prefix("auth0|").unwrap_or(id).to_owned(),
        None => UserId::random_external_id(svc.random()),
    };
    let is_plain = external_id.chars().all(|c| !c.is_whitespace() && !c.is_control());
    if !is_plain || external_id.is_empty() || external_id.chars().count() > 255 {
        return Err(object.wrong("user_id", "must have between 1 and 255 characters and no spaces"));
    }
    Ok(Identity::primary(connection, external_id))
}

/// Auth0's defaults. Its third one, a picture at an address made from the e-mail address, would tell others who signs
/// in here.
fn name_after_address(profile: &mut Profile) {
    let address = profile.folded_email();
    let username = profile.username.as_deref();
    let nickname = address.as_ref().map(model::address::FoldedEmail::local_part).or(username);
    profile.nickname = profile.nickname.take().or_else(|| nickname.map(str::to_owned));
    let name = profile.email.as_deref().or(username);
    profile.name = profile.name.take().or_else(|| name.map(str::to_owned));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(email: Option<&str>, username: Option<&str>, name: Option<&str>, expected: (&str, &str)) {
        let owned = |text: Option<&str>| text.map(str::to_owned);
        let mut profile =
            Profile { email: owned(email), username: owned(username), name: owned(name), ..Profile::default() };
        name_after_address(&mut profile);
        assert_eq!((profile.name.as_deref(), profile.nickname.as_deref()), (Some(expected.0), Some(expected.1)));
    }

    #[test]
    fn people_are_named_after_their_address_unless_they_have_a_name() {
        check(Some("ann@x.io"), None, None, ("ann@x.io", "ann"));
        check(Some("ann@x.io"), Some("annie"), Some("Ann"), ("Ann", "ann"));
        check(None, Some("annie"), None, ("annie", "annie"));
    }
}
