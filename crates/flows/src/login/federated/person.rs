//! Whom a provider speaks of: found by what it calls them, and by nothing else, or made.

use model::UserId;
use model::connection::{Connection, DATABASE_STRATEGY};
use model::event::EventType;
use model::provider::{Provider, RootAttributes, UserIdForm};
use model::user::{Identity, Profile, User};
use store::WriteTx;
use store::connections::StoredConnection;
use store::users::Stored;
use upstream::sign_in::Assertion;
use upstream::social::Preset;

use super::refused::FederatedRefused;
use crate::authorize::Pending;
use crate::error::OrInternal;
use crate::events::event;
use crate::{InternalError, RequestContext, Services};

/// Somebody else may be making or changing the same person at the same moment; nobody does so for long.
const ATTEMPTS: usize = 5;

/// A person of a provider's, as they sign in.
pub(super) struct Arrival<'a> {
    pub(super) pending: &'a Pending,
    pub(super) stored: &'a StoredConnection,
    pub(super) provider: &'a Provider,
    pub(super) assertion: &'a Assertion,
}

/// What came of one attempt to make somebody.
enum Made {
    Person(Box<User>),
    Refused(FederatedRefused),
    /// Another sign-in was faster; it has left what there is to find.
    Overtaken,
}

/// The person, with the profile as the provider has it today. Two first sign-ins make one person.
pub(super) async fn find_or_make(
    svc: &Services,
    cx: &RequestContext,
    arrival: &Arrival<'_>,
) -> Result<Result<User, FederatedRefused>, InternalError> {
    let connection_id = &arrival.stored.connection.id;
    for _ in 0..ATTEMPTS {
        let mut db = svc.store.read().await?;
        let found = store::users::find_by_identity(&mut db, connection_id, &arrival.external_id()).await?;
        drop(db);
        let made = match found {
            Some(user) => refresh(svc, cx, arrival, user).await?,
            None => make(svc, cx, arrival).await?,
        };
        match made {
            Made::Person(user) => return Ok(Ok(*user)),
            Made::Refused(why) => return Ok(Err(why)),
            Made::Overtaken => {}
        }
    }
    Err("others keep changing this person").or_internal("finding the person of a provider")
}

impl Arrival<'_> {
    fn connection(&self) -> &Connection {
        &self.stored.connection
    }

    /// The id within the connection: what stands behind the strategy in the usual user id.
    fn external_id(&self) -> String {
        let subject = &self.assertion.subject;
        match self.provider.user_id_form {
            UserIdForm::OfConnection => format!("{}|{subject}", self.connection().name),
            UserIdForm::Global | UserIdForm::Kept => subject.clone(),
        }
    }

    fn usual_id(&self) -> UserId {
        match self.provider.user_id_form {
            UserIdForm::Kept => UserId::new(&self.assertion.subject),
            _ => UserId::new(format!("{}|{}", self.connection().strategy, self.external_id())),
        }
    }

    /// For when the usual id is, or was, somebody else's: ids of connections never come again.
    fn unusual_id(&self) -> UserId {
        let Connection { strategy, id, .. } = self.connection();
        UserId::new(format!("{strategy}|{id}|{}", self.assertion.subject))
    }

    fn newcomer(&self, cx: &RequestContext, user_id: UserId) -> User {
        let with_root_attributes = self.provider.root_attributes != RootAttributes::NeverOnLogin;
        let profile = self.profile_over(&Profile::default(), with_root_attributes);
        let identity = Identity::primary(self.connection(), self.external_id());
        User::new(user_id, profile, vec![identity], cx.now)
    }

    /// A profile with what the provider says of it. What it does not speak of stays, since some say it only once.
    fn profile_over(&self, held: &Profile, with_root_attributes: bool) -> Profile {
        let said = &self.assertion.profile;
        let newer = |said: &Option<String>, held: &Option<String>| said.clone().or_else(|| held.clone());
        let rooted = |said: &Option<String>, held: &Option<String>| {
            if with_root_attributes { newer(said, held) } else { held.clone() }
        };
        // An address that was proven here stays so, whatever the provider thinks of it.
        let is_same = said.email.is_none() || said.folded_email() == held.folded_email();
        Profile {
            email: newer(&said.email, &held.email),
            email_verified: said.email_verified || (is_same && held.email_verified),
            phone_number: newer(&said.phone_number, &held.phone_number),
            phone_verified: held.phone_verified
                && (said.phone_number.is_none() || said.phone_number == held.phone_number),
            username: held.username.clone(),
            name: rooted(&said.name, &held.name),
            nickname: rooted(&said.nickname, &held.nickname),
            given_name: rooted(&said.given_name, &held.given_name),
            family_name: rooted(&said.family_name, &held.family_name),
            picture: rooted(&said.picture, &held.picture),
        }
    }
}

/// Brings somebody known up to date, if this connection is where their profile comes from.
async fn refresh(
    svc: &Services,
    cx: &RequestContext,
    arrival: &Arrival<'_>,
    user: User,
) -> Result<Made, InternalError> {
    let is_primary = user.identities.first().is_some_and(|own| own.connection_id == arrival.connection().id);
    let with_root_attributes = arrival.provider.root_attributes == RootAttributes::OnEachLogin;
    let profile = arrival.profile_over(&user.profile, with_root_attributes);
    // Nothing is learnt of somebody who is not let in.
    if !is_primary || user.is_blocked() || profile == user.profile {
        return Ok(Made::Person(Box::new(user)));
    }
    let wanted = User { profile, updated_at: cx.now, ..user };
    let mut tx = svc.store.write().await?;
    if store::users::update(&mut tx, &wanted).await? != Stored::Done {
        return Ok(Made::Overtaken);
    }
    tx.commit().await?;
    Ok(Made::Person(Box::new(User { version: wanted.version + 1, ..wanted })))
}

async fn make(svc: &Services, cx: &RequestContext, arrival: &Arrival<'_>) -> Result<Made, InternalError> {
    let mut tx = svc.store.write().await?;
    if !store::connections::keep(&mut tx, &arrival.connection().id).await? {
        return Ok(Made::Refused(FederatedRefused::ConnectionClosed));
    }
    if store::users::is_buried(&mut tx, &arrival.connection().id, &arrival.external_id()).await? {
        return Ok(Made::Refused(FederatedRefused::Deleted));
    }
    let usual = arrival.usual_id();
    let is_retired = store::users::is_retired(&mut tx, &usual).await?;
    let holder = store::users::find(&mut tx, &usual).await?;
    let user_id = match (arrival.provider.user_id_form, is_retired, holder) {
        (_, false, None) => usual,
        (UserIdForm::Kept, true, _) => return Ok(Made::Refused(FederatedRefused::Deleted)),
        (UserIdForm::Kept, false, Some(holder)) => return join(svc, cx, arrival, tx, holder).await,
        _ => arrival.unusual_id(),
    };
    let user = arrival.newcomer(cx, user_id);
    if store::users::insert(&mut tx, &user).await? != Stored::Done {
        return Ok(Made::Overtaken);
    }
    tx.commit().await?;
    Ok(Made::Person(Box::new(user)))
}

/// Where the provider's people are ours, somebody whom we know under that very id is the same person: mostly they were
/// loaded from there before. Never is anybody joined to somebody with the same address.
async fn join(
    svc: &Services,
    cx: &RequestContext,
    arrival: &Arrival<'_>,
    mut tx: WriteTx,
    holder: User,
) -> Result<Made, InternalError> {
    if !is_known_to_both(&holder) {
        return Ok(Made::Refused(FederatedRefused::TwoPeople));
    }
    let connection = arrival.connection();
    if store::identities::attach(&mut tx, &holder.user_id, &connection.id, &arrival.external_id()).await? {
        let attached = event(svc, cx, EventType::IdentityAttached).client(&arrival.pending.client).user(&holder);
        attached.connection(connection).record(&mut tx).await?;
        tx.commit().await?;
    }
    Ok(Made::Overtaken)
}

/// Whether an id means the same here and at a tenant that is replaced: those of our own database, and those of
/// providers that everybody in the world shares. Within a connection of a customer's, names mean what that customer
/// says, and two connections of one name may be two customers'.
fn is_known_to_both(holder: &User) -> bool {
    let Some(primary) = holder.identities.first() else { return false };
    let is_global = |preset: &Preset| preset.user_id_form == UserIdForm::Global;
    primary.provider == DATABASE_STRATEGY || Preset::of(&primary.provider).is_some_and(is_global)
}
