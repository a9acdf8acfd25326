//! Choosing a new password without the old one.

mod asked;

use credentials::password::Prepared;
use model::connection::{Connection, PasswordPolicy};
use model::event::EventType;
use model::grant::RevokedReason;
use model::ticket::TicketKind;
use model::user::{PasswordCredential, Profile, User};
use secrecy::{ExposeSecret, SecretString};
use store::WriteTx;
use store::users::Stored;

use super::LinkEnded;
use super::followed::Followed;
use crate::client_face::ClientFace;
use crate::events::{EventBuilder, event};
use crate::jobs::{self, Work};
use crate::limits::{self, Limited, Subject};
use crate::login::attempts::{self, Account};
use crate::mail::{Mail, Message};
use crate::migration::record::{Moved, record_move};
use crate::signup::{Assessment, ShownRule, assess, broken_rules, rules};
use crate::{InternalError, RequestContext, Services, sessions};

pub(crate) use asked::{Asker, answer, ask, offers_reset};
pub use asked::{ResetAsked, ResetFormRefused, ask_again, ask_on_page};

const KIND: TicketKind = TicketKind::ResetPassword;
const CHANGED: &str = "Your password has been changed successfully.";

/// What the page of a good link asks.
#[derive(Debug)]
pub struct ResetPage {
    /// Whose password it is: the address, or the user name.
    pub name: String,
    /// The application it was made for, if known.
    pub client: Option<ClientFace>,
    /// Where the form may end.
    pub leads_to: Vec<String>,
    /// What the password must be.
    pub rules: Vec<ShownRule>,
}

/// A password that was chosen.
#[derive(Debug)]
pub struct Changed {
    /// The application it was made for, if known.
    pub client: Option<ClientFace>,
    /// Where the browser is sent instead of a page.
    pub go_to: Option<String>,
}

/// Why the password stays as it is.
pub enum ChoiceRefused {
    /// The link leads to nothing any more.
    Ended(LinkEnded),
    /// Another may do.
    Password {
        /// Why this one does not.
        why: PasswordRefused,
        /// The page again.
        page: ResetPage,
    },
}

/// What is wrong with a new password.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PasswordRefused {
    /// Longer than any password may be.
    TooLong,
    /// It breaks the policy; the rules of the page say how.
    Weak,
    /// Too many passwords from this address. Nothing was looked at.
    Limited(Limited),
}

/// Says what the link is good for, and changes nothing.
pub async fn show(
    svc: &Services,
    cx: &RequestContext,
    ticket: &str,
) -> Result<Result<ResetPage, LinkEnded>, InternalError> {
    let followed = match Followed::good(svc, cx, KIND, ticket).await? {
        Ok(followed) => followed,
        Err(ended) => return Ok(Err(ended)),
    };
    let policy = connection(svc, &followed.user).await?.map(|connection| connection.password_policy);
    Ok(Ok(page(&followed, rules(policy.unwrap_or_default()))))
}

/// Sets the password, which moves a person whose password a source held, and ends whatever the old one opened. Nobody is
/// signed in by it.
pub async fn choose(
    svc: &Services,
    cx: &RequestContext,
    ticket: &str,
    password: &SecretString,
) -> Result<Result<Changed, ChoiceRefused>, InternalError> {
    let followed = match Followed::good(svc, cx, KIND, ticket).await? {
        Ok(followed) => followed,
        Err(ended) => return refuse_ended(svc, cx, ended).await.map(Err),
    };
    let connection = connection(svc, &followed.user).await?;
    let policy = connection.as_ref().map(|connection| connection.password_policy).unwrap_or_default();
    let refused = |why, rules| Ok(Err(ChoiceRefused::Password { why, page: page(&followed, rules) }));
    if let Err(limited) = limits::take(svc, cx, &Subject::PasswordsFrom(cx.peer)).await {
        return refused(PasswordRefused::Limited(limited), rules(policy));
    }
    let Ok(prepared) = Prepared::new(password.expose_secret()) else {
        return refused(PasswordRefused::TooLong, rules(policy));
    };
    let assessment = judge(svc, policy, &prepared, &followed.user.profile);
    if !assessment.verified {
        return refused(PasswordRefused::Weak, broken_rules(&assessment));
    }
    let credential = PasswordCredential::Native { hash: svc.hashing.hash(&prepared, svc.random()).await? };
    let mut tx = svc.store.write().await?;
    if !put(svc, cx, &mut tx, &followed, &credential).await? {
        drop(tx);
        let ended = Followed::overtaken(svc, cx, KIND, ticket).await?;
        return refuse_ended(svc, cx, ended).await.map(Err);
    }
    tell(svc, cx, &mut tx, &followed, connection.as_ref()).await?;
    tx.commit().await?;
    if moves(&followed) {
        Moved::ByReset.count();
    }
    Ok(Ok(Changed { client: followed.face(), go_to: followed.succeeded(CHANGED) }))
}

fn judge(svc: &Services, policy: PasswordPolicy, password: &Prepared, person: &Profile) -> Assessment {
    assess(svc, policy, password, person.email.as_deref(), person.username.as_deref())
}

/// Everything that changes, as far as nobody was faster. `false` means that somebody was, and that nothing of the write
/// may be committed.
async fn put(
    svc: &Services,
    cx: &RequestContext,
    tx: &mut WriteTx,
    followed: &Followed,
    credential: &PasswordCredential,
) -> Result<bool, InternalError> {
    let user = after(cx, followed);
    // The user first, then the rest, as in every other write that changes both.
    if store::users::update(tx, &user).await? != Stored::Done
        || !store::tickets::spend(tx, &followed.digest, cx.now).await?
    {
        return Ok(false);
    }
    let is_set = match &followed.password {
        Some(held) => store::passwords::replace(tx, &user.user_id, held.version, credential, cx.now).await?,
        None => store::passwords::insert(tx, &user.user_id, credential, cx.now).await?,
    };
    if !is_set {
        return Ok(false);
    }
    store::tickets::spend_of_user(tx, &user.user_id, None, cx.now).await?;
    sessions::end_of_user(svc, cx, tx, &user.user_id).await?;
    store::families::revoke_of_user(tx, &user.user_id, RevokedReason::PasswordChange, cx.now).await?;
    attempts::forget(tx, &Account::of(&user)).await?;
    Ok(true)
}

fn after(cx: &RequestContext, followed: &Followed) -> User {
    let mut user = followed.user.clone();
    user.profile.email_verified |= followed.ticket.verifies_email && user.profile.email.is_some();
    user.last_password_reset = Some(cx.now);
    user.updated_at = cx.now;
    user
}

/// Whether the password was not ours until now.
fn moves(followed: &Followed) -> bool {
    let held = followed.password.as_ref().map(|stored| &stored.credential);
    held.is_some_and(|held| !matches!(held, PasswordCredential::Native { .. }))
}

/// Events, and a mail to the person.
async fn tell(
    svc: &Services,
    cx: &RequestContext,
    tx: &mut WriteTx,
    followed: &Followed,
    connection: Option<&Connection>,
) -> Result<(), InternalError> {
    let about = |kind| {
        let told = followed.event(svc, cx, kind);
        connection.into_iter().fold(told, EventBuilder::connection)
    };
    about(EventType::PasswordChanged).describe(CHANGED).record(tx).await?;
    if moves(followed) {
        record_move(tx, about(EventType::UserMigrated), &followed.user, &Moved::ByReset).await?;
    }
    let Some(to) = followed.user.profile.email.clone().filter(|_| svc.mailer.is_configured()) else { return Ok(()) };
    let mail = Mail {
        to,
        user_id: Some(followed.user.user_id.clone()),
        languages: cx.languages.clone(),
        message: Message::PasswordChanged,
        expires_at: None,
    };
    jobs::enqueue(svc, cx, tx, &Work::Mail(mail)).await.map(|_| ())
}

async fn refuse_ended(svc: &Services, cx: &RequestContext, ended: LinkEnded) -> Result<ChoiceRefused, InternalError> {
    let refused = event(svc, cx, EventType::PasswordChangeFailed).describe("The link leads to nothing.");
    refused.record_alone(svc).await?;
    Ok(ChoiceRefused::Ended(ended))
}

fn page(followed: &Followed, rules: Vec<ShownRule>) -> ResetPage {
    let Profile { email, username, .. } = &followed.user.profile;
    let name = email.clone().or_else(|| username.clone()).unwrap_or_default();
    ResetPage { name, client: followed.face(), leads_to: followed.leads_to(), rules }
}

/// The database connection of a person.
async fn connection(svc: &Services, user: &User) -> Result<Option<Connection>, InternalError> {
    let Some(identity) = user.identities.first() else { return Ok(None) };
    let stored = store::connections::find(&mut svc.store.read().await?, &identity.connection_id).await?;
    Ok(stored.map(|stored| stored.connection))
}
