//! Signing up without a page of ours: Auth0's `POST /dbconnections/signup`.

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
use crate::{InternalError, RequestContext, Services};

/// Bounds of the metadata that anybody may write about themselves, as Auth0 has them.
const MOST_METADATA: usize = 10;
const LONGEST_METADATA_NAME: usize = 100;
const LONGEST_METADATA_VALUE: usize = 500;

/// Why nobody was signed up.
#[derive(Debug, thiserror::Error)]
pub enum SignupDenied {
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

impl From<StoreError> for SignupDenied {
    fn from(error: StoreError) -> Self {
        SignupDenied::Internal(error.into())
    }
}

/// Creates an account; nobody is signed in by it. Properties that only an administrator may set are passed over.
pub async fn sign_up(svc: &Services, cx: &RequestContext, body: &Body) -> Result<User, SignupDenied> {
    let mut fields = body.object()?;
    let client_id = ClientId::new(fields.require::<String>("client_id")?);
    let connection: String = fields.require("connection")?;
    let email: String = fields.require("email")?;
    let password = SecretString::from(fields.require::<String>("password")?);
    let (profile, user_metadata) = (profile(&mut fields)?, user_metadata(&mut fields)?);
    let mut db = svc.store.read().await?;
    let client = store::clients::find(&mut db, &client_id).await?.ok_or(SignupDenied::UnknownClient)?.client;
    let stored = store::connections::find_by_name(&mut db, &connection).await?;
    drop(db);
    let is_of_client = |stored: &StoredConnection| {
        stored.connection.is_database() && stored.connection.is_enabled_for(&client.client_id)
    };
    let stored = stored.filter(is_of_client).ok_or(SignupDenied::UnknownConnection)?;
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
    signup::create(svc, cx, account).await?.map_err(SignupDenied::Refused)
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
