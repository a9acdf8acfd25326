//! Accounts of database connections without a page of ours: Auth0's `POST /dbconnections/signup` and
//! `POST /dbconnections/change_password`.

use model::address::FoldedEmail;
use model::client::Client;
use model::user::{Profile, User};
use model::{ClientId, JsonObject};
use secrecy::SecretString;
use serde_json::Value;
use store::StoreError;
use store::connections::StoredConnection;

use crate::management::body::Fields;
use crate::management::users::{check_profile, is_address};
use crate::management::{Body, BodyInvalid};
use crate::migration::moving;
use crate::signup::{self, NewAccount, SignupRefused};
use crate::tickets::password_reset::{Asker, ask};
use crate::{InternalError, RequestContext, Services};

/// Bounds of the metadata that anybody may write about themselves, as Auth0 has them.
const MOST_METADATA: usize = 10;
const LONGEST_METADATA_NAME: usize = 100;
const LONGEST_METADATA_VALUE: usize = 500;
/// Longer than any address or user name.
const LONGEST_NAME: usize = 320;

/// Why nothing was done.
#[derive(Debug, thiserror::Error)]
pub enum Denied {
    /// The body does not say what it must.
    #[error(transparent)]
    Invalid(#[from] BodyInvalid),
    /// No client has this id.
    #[error("the client does not exist")]
    UnknownClient,
    /// The client has no such database connection.
    #[error("the connection does not exist, or is not one of this client's databases")]
    UnknownConnection,
    /// What the sign-up page would say as well.
    #[error("the sign-up is refused")]
    Refused(SignupRefused),
    /// The work could not be done.
    #[error(transparent)]
    Internal(#[from] InternalError),
}

impl From<StoreError> for Denied {
    fn from(error: StoreError) -> Self {
        Denied::Internal(error.into())
    }
}

/// Creates an account; nobody is signed in by it. Properties that only an administrator may set are passed over.
pub async fn sign_up(svc: &Services, cx: &RequestContext, body: &Body) -> Result<User, Denied> {
    let mut fields = body.object()?;
    let client_id = ClientId::new(fields.require::<String>("client_id")?);
    let connection: String = fields.require("connection")?;
    let email: String = fields.require("email")?;
    let password = SecretString::from(fields.require::<String>("password")?);
    let (profile, user_metadata) = (profile(&mut fields)?, user_metadata(&mut fields)?);
    let client = client(svc, &client_id).await?;
    let stored = database(svc, &connection, Some(&client_id)).await?;
    // A source can be asked who has an address, and not who has a user name.
    if profile.username.is_some() && moving::may_look_up(&stored) {
        let problem = "cannot be chosen here, where it may be the name of somebody who has yet to move";
        return Err(BodyInvalid::wrong("username", problem).into());
    }
    let account = NewAccount {
        client: &client,
        connection: Some(&stored),
        email: &email,
        password: &password,
        profile,
        user_metadata,
    };
    signup::create(svc, cx, account).await?.map_err(Denied::Refused)
}

/// Has a link to choose a new password with sent to a person, if there is one of that address or user name. What is done
/// here and what is answered are the same for every name.
pub async fn change_password(svc: &Services, cx: &RequestContext, body: &Body) -> Result<(), Denied> {
    let mut fields = body.object()?;
    let client_id = fields.take::<String>("client_id")?.map(ClientId::new);
    let connection: String = fields.require("connection")?;
    let (email, username) = (fields.take::<String>("email")?, fields.take::<String>("username")?);
    if email.as_deref().is_some_and(|email| FoldedEmail::parse(email).is_none()) {
        return Err(BodyInvalid::wrong("email", "must be one plain e-mail address").into());
    }
    let name = email.or(username).ok_or_else(|| BodyInvalid::Missing { path: "email".to_owned() })?;
    if name.chars().count() > LONGEST_NAME {
        return Err(BodyInvalid::wrong("username", "is too long").into());
    }
    if let Some(client_id) = &client_id {
        client(svc, client_id).await?;
    }
    let stored = database(svc, &connection, client_id.as_ref()).await?;
    let asker = Asker { connection: &stored.connection.id, client_id: client_id.as_ref(), name: &name };
    Ok(ask(svc, cx, &asker).await?)
}

async fn client(svc: &Services, client_id: &ClientId) -> Result<Client, Denied> {
    let found = store::clients::find(&mut svc.store.read().await?, client_id).await?;
    Ok(found.ok_or(Denied::UnknownClient)?.client)
}

/// A database connection; where a client is named, one of its own.
async fn database(svc: &Services, name: &str, client_id: Option<&ClientId>) -> Result<StoredConnection, Denied> {
    let found = store::connections::find_by_name(&mut svc.store.read().await?, name).await?;
    let fits = |stored: &StoredConnection| {
        let connection = &stored.connection;
        connection.is_database() && client_id.is_none_or(|client| connection.is_enabled_for(client))
    };
    found.filter(fits).ok_or(Denied::UnknownConnection)
}

/// What people may say of themselves.
fn profile(fields: &mut Fields) -> Result<Profile, BodyInvalid> {
    let profile = Profile {
        username: fields.take("username")?,
        phone_number: fields.take("phone_number")?,
        name: fields.take("name")?,
        nickname: fields.take("nickname")?,
        given_name: fields.take("given_name")?,
        family_name: fields.take("family_name")?,
        picture: fields.take("picture")?,
        ..Profile::default()
    };
    check_profile(&profile)?;
    if profile.username.as_deref().is_some_and(is_address) {
        return Err(BodyInvalid::wrong("username", "must not be an e-mail address"));
    }
    Ok(profile)
}

fn user_metadata(fields: &mut Fields) -> Result<JsonObject, BodyInvalid> {
    let mut metadata = JsonObject::new();
    fields.merge("user_metadata", &mut metadata)?;
    let is_bounded = |(name, value): (&String, &Value)| {
        let is_short = value.as_str().is_some_and(|text| text.chars().count() <= LONGEST_METADATA_VALUE);
        is_short && name.chars().count() <= LONGEST_METADATA_NAME && !name.contains(['.', '$'])
    };
    if metadata.len() <= MOST_METADATA && metadata.iter().all(is_bounded) {
        return Ok(metadata);
    }
    let bounds = "must have at most 10 properties, with names of at most 100 characters without . and $, and texts of \
                  at most 500 characters";
    Err(BodyInvalid::wrong("user_metadata", bounds))
}
