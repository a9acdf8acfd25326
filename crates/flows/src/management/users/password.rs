//! Passwords that an administrator sets.

use credentials::password::{MAX_PASSWORD_BYTES, Prepared};
use credentials::policy::{self, PersonalInfo};
use model::connection::PasswordPolicy;
use model::user::{PasswordCredential, Profile};
use model::{Timestamp, UserId};
use secrecy::{ExposeSecret, SecretString};
use store::{StoreError, WriteTx};

use super::super::{BodyInvalid, Refused};
use crate::signup::level_of;
use crate::{Services, tenant};

/// Hashes a password, if the connection's policy allows it to this person.
pub(super) async fn hash(
    svc: &Services,
    level: PasswordPolicy,
    person: &Profile,
    password: &SecretString,
) -> Result<PasswordCredential, Refused> {
    let too_long = |_| BodyInvalid::wrong("password", format!("must not be longer than {MAX_PASSWORD_BYTES} bytes"));
    let prepared = Prepared::new(password.expose_secret()).map_err(too_long)?;
    let (email, username, tenant) = (person.email.as_deref(), person.username.as_deref(), tenant::name(svc));
    let info = PersonalInfo { email, username, tenant: Some(&tenant) };
    if let Some(refusal) = policy::assess(level_of(level), &prepared, &info).refusal() {
        return Err(Refused::Password(refusal));
    }
    let hash = svc.hashing.hash(&prepared, svc.random()).await?;
    Ok(PasswordCredential::Native { hash })
}

/// Puts a password in place of whatever the person had. `false` means that somebody else did so at the same time.
pub(super) async fn put(
    tx: &mut WriteTx,
    user_id: &UserId,
    credential: &PasswordCredential,
    now: Timestamp,
) -> Result<bool, StoreError> {
    match store::passwords::find(tx, user_id).await? {
        Some(held) => store::passwords::replace(tx, user_id, held.version, credential, now).await,
        None => store::passwords::insert(tx, user_id, credential, now).await,
    }
}
