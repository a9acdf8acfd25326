//! Signing up on our page.

use credentials::password::Prepared;
use credentials::policy::{self, FormatArgument, Level, PersonalInfo};
use model::address::FoldedEmail;
use model::client::Client;
use model::connection::{Connection, PasswordPolicy};
use model::event::EventType;
use model::user::{Identity, PasswordCredential, Profile, User};
use model::{JsonObject, Timestamp, UserId};
use secrecy::{ExposeSecret, SecretString};
use store::connections::StoredConnection;
use store::users::Stored;

use crate::authorize::{PendingRefused, find_pending};
use crate::events::event;
use crate::limits::{self, Limited, Subject};
use crate::login::{self, FormOutcome, Proven};
use crate::migration::moving::{self, AtSource};
use crate::sessions::Browser;
use crate::tickets::verification;
use crate::{InternalError, RequestContext, Services, tenant};

pub use credentials::policy::{Assessment, Refusal};

/// What somebody typed on the sign-up page.
pub struct SignupForm<'a> {
    /// Names the saved request.
    pub state: &'a str,
    /// The address.
    pub email: &'a str,
    /// The new password.
    pub password: SecretString,
}

/// Why somebody is not signed up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SignupRefused {
    /// Not one plain e-mail address.
    InvalidEmail,
    /// The address has an account here, or at the source.
    EmailTaken,
    /// Longer than any password may be.
    PasswordTooLong,
    /// What the policy says of the password.
    WeakPassword(Assessment),
    /// Too many passwords from this address. Nothing was looked at.
    Limited(Limited),
    /// Nobody may sign up in this connection.
    Closed,
    /// The source, which may know the address, cannot be asked.
    SourceUnavailable,
}

/// A rule for new passwords, as a page shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShownRule {
    /// Auth0's code, such as `lengthAtLeast`.
    pub code: &'static str,
    /// The number in it, where it has one.
    pub number: Option<usize>,
    /// Whether the password just typed broke it.
    pub broken: bool,
}

/// The rules of a policy, before anything was typed.
pub fn rules(policy: PasswordPolicy) -> Vec<ShownRule> {
    let nothing = Prepared::new("").expect("an empty text is not too long");
    shown(&policy::assess(level_of(policy), &nothing, &PersonalInfo::default()), false)
}

/// The rules of a policy, and which of them the password that was typed breaks.
pub fn broken_rules(assessment: &Assessment) -> Vec<ShownRule> {
    shown(assessment, true)
}

fn shown(assessment: &Assessment, was_typed: bool) -> Vec<ShownRule> {
    let show = |rule: &policy::Rule| ShownRule {
        code: rule.code,
        number: rule.format.iter().find_map(|argument| match argument {
            FormatArgument::Number(number) => Some(*number),
            FormatArgument::Text(_) => None,
        }),
        broken: was_typed && !rule.verified,
    };
    assessment.rules.iter().map(show).collect()
}

/// Creates an account and answers the saved request.
pub async fn with_password(
    svc: &Services,
    cx: &RequestContext,
    form: SignupForm<'_>,
    browser: Browser<'_>,
) -> Result<FormOutcome<SignupRefused>, PendingRefused> {
    let pending = find_pending(svc, cx, form.state, browser.binding).await?;
    let account = NewAccount {
        client: &pending.client,
        connection: pending.connection.as_ref(),
        email: form.email,
        password: &form.password,
        profile: Profile::default(),
        user_metadata: JsonObject::new(),
    };
    let user = match create(svc, &pending.page().reading(cx), account).await? {
        Ok(user) => user,
        Err(why) => return Ok(FormOutcome::Refused { why, page: pending.page() }),
    };
    let proven = Proven::by_password(cx, user, &pending, browser);
    match login::finish(svc, cx, proven).await? {
        Ok(signed_in) => Ok(FormOutcome::SignedIn(signed_in)),
        // Somebody blocked or deleted the account in the moment it was made.
        Err(_) => Err(PendingRefused::Expired { client: Some(pending.face()) }),
    }
}

/// Whether people may sign up in a connection.
pub(crate) fn offers_signup(stored: &StoredConnection) -> bool {
    !stored.connection.disable_signup && !moving::hides_people(stored)
}

/// An account that somebody wants.
pub(crate) struct NewAccount<'a> {
    pub(crate) client: &'a Client,
    /// Where; none where the client has no connection that takes passwords.
    pub(crate) connection: Option<&'a StoredConnection>,
    /// As it was typed.
    pub(crate) email: &'a str,
    pub(crate) password: &'a SecretString,
    /// What the person says of themselves besides the address.
    pub(crate) profile: Profile,
    pub(crate) user_metadata: JsonObject,
}

/// Creates an account, unless somebody has the address, here or at the source.
pub(crate) async fn create(
    svc: &Services,
    cx: &RequestContext,
    account: NewAccount<'_>,
) -> Result<Result<User, SignupRefused>, InternalError> {
    let client = account.client;
    let Some(stored) = account.connection.filter(|stored| offers_signup(stored)) else {
        return Ok(Err(SignupRefused::Closed));
    };
    let Some(email) = FoldedEmail::parse(account.email) else { return Ok(Err(SignupRefused::InvalidEmail)) };
    let Ok(prepared) = Prepared::new(account.password.expose_secret()) else {
        return Ok(Err(SignupRefused::PasswordTooLong));
    };
    if let Err(limited) = limits::take(svc, cx, &Subject::PasswordsFrom(cx.peer)).await {
        return Ok(Err(SignupRefused::Limited(limited)));
    }
    let username = account.profile.username.as_deref();
    let assessment = assess(svc, stored.connection.password_policy, &prepared, Some(email.as_str()), username);
    if !assessment.verified {
        return Ok(Err(SignupRefused::WeakPassword(assessment)));
    }
    // Our own directory first: what it knows costs the source no question.
    if store::users::find_by_login(&mut svc.store.read().await?, &stored.connection.id, &email).await?.is_some() {
        return refuse_taken(svc, cx, client, &email).await.map(Err);
    }
    match moving::look_up_address(svc, cx, stored, &email).await? {
        AtSource::Unknown => {}
        AtSource::Known => return refuse_taken(svc, cx, client, &email).await.map(Err),
        AtSource::Unavailable => return Ok(Err(SignupRefused::SourceUnavailable)),
    }
    let hash = svc.hashing.hash(&prepared, svc.random()).await?;
    let external_id = UserId::random_external_id(svc.random());
    let user = new_user(&stored.connection, &email, &external_id, account.profile, cx.now);
    let user = User { user_metadata: account.user_metadata, ..user };
    let mut tx = svc.store.write().await?;
    match store::users::insert(&mut tx, &user).await? {
        Stored::Done => {}
        Stored::Stale => return Ok(Err(SignupRefused::Closed)),
        Stored::IdTaken | Stored::NameTaken => {
            drop(tx);
            return refuse_taken(svc, cx, client, &email).await.map(Err);
        }
    }
    store::passwords::insert(&mut tx, &user.user_id, &PasswordCredential::Native { hash }, cx.now).await?;
    let signup = event(svc, cx, EventType::SignupSucceeded).client(client).connection(&stored.connection);
    signup.user(&user).record(&mut tx).await?;
    if svc.mailer.is_configured() {
        verification::request(svc, cx, &mut tx, &user, Some(client.client_id.clone())).await?;
    }
    tx.commit().await?;
    Ok(Ok(user))
}

async fn refuse_taken(
    svc: &Services,
    cx: &RequestContext,
    client: &Client,
    email: &FoldedEmail,
) -> Result<SignupRefused, InternalError> {
    event(svc, cx, EventType::SignupFailed)
        .client(client)
        .typed_name(email.as_str())
        .describe("The user already exists.")
        .record_alone(svc)
        .await?;
    Ok(SignupRefused::EmailTaken)
}

/// What the policy of a connection says of a new password.
pub(crate) fn assess(
    svc: &Services,
    level: PasswordPolicy,
    password: &Prepared,
    email: Option<&str>,
    username: Option<&str>,
) -> Assessment {
    let tenant = tenant::name(svc);
    let person = PersonalInfo { email, username, tenant: Some(&tenant) };
    policy::assess(level_of(level), password, &person)
}

/// The policy in the words of `credentials`.
pub(crate) fn level_of(policy: PasswordPolicy) -> Level {
    match policy {
        PasswordPolicy::None => Level::None,
        PasswordPolicy::Low => Level::Low,
        PasswordPolicy::Fair => Level::Fair,
        PasswordPolicy::Good => Level::Good,
        PasswordPolicy::Excellent => Level::Excellent,
    }
}

/// Somebody new, with Auth0's defaults for what was not asked.
fn new_user(connection: &Connection, email: &FoldedEmail, external_id: &str, said: Profile, now: Timestamp) -> User {
    let profile = Profile {
        email: Some(email.as_str().to_owned()),
        email_verified: false,
        name: said.name.or_else(|| Some(email.as_str().to_owned())),
        nickname: said.nickname.or_else(|| Some(email.local_part().to_owned())),
        ..said
    };
    User::new(UserId::database(external_id), profile, vec![Identity::primary(connection, external_id)], now)
}
