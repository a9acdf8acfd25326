//! A person's move: the source is asked once, and what it verified becomes ours in one write.
//!
//! The source is asked with nothing open. A row is written only after proof. Whoever has moved is never asked about
//! again, and two first sign-ins make one person: the loser of the race finds the winner's row and goes on with it.

use credentials::password::Prepared;
use model::UserId;
use model::address::FoldedEmail;
use model::connection::{Source, SourceKind};
use model::event::EventType;
use model::user::{Identity, PasswordCredential, StoredPassword, User};
use secrecy::SecretString;
use serde_json::Value;
use store::StoreError;
use store::connections::StoredConnection;
use store::users::Stored;
use upstream::{DirectoryAnswer, PasswordAttempt, ProfileOrigin, SourceAnswer, SourceProfile};

use crate::error::OrInternal;
use crate::login::LoginRefused;
use crate::login::attempt::{Attempt, Verdict};
use crate::login::held::{reconfirm, verify_held};
use crate::migration::record::{Moved, record_move};
use crate::{InternalError, RequestContext, Services, connection_secrets};

/// Whether the connection's source may be asked about a password, which a person's credential says it holds.
pub(crate) fn may_ask(stored: &StoredConnection, holder: Option<&str>) -> bool {
    let source = stored.connection.source.as_ref().filter(|source| source.enabled);
    source.is_some_and(|source| holder.is_none_or(|name| name == source.name))
}

/// Whether the connection's source may be asked about people who are not in our directory.
pub(crate) fn may_look_up(stored: &StoredConnection) -> bool {
    may_ask(stored, None) && stored.connection.source.as_ref().is_some_and(|source| source.just_in_time)
}

/// The first sign-in of somebody in our directory whose password the source holds.
pub(crate) async fn move_known(
    svc: &Services,
    cx: &RequestContext,
    attempt: &Attempt<'_>,
    password: &Prepared,
    user: User,
    stored: &StoredPassword,
) -> Result<Verdict, InternalError> {
    let source = source_of(attempt)?;
    match Box::pin(prove(svc, cx, attempt, source, password, Some(&user))).await? {
        Ok(proof) => adopt(svc, cx, attempt, password, user, stored, &proof).await,
        Err(verdict) => Ok(verdict),
    }
}

/// The first sign-in of somebody we have not heard of.
pub(crate) async fn move_unknown(
    svc: &Services,
    cx: &RequestContext,
    attempt: &Attempt<'_>,
    password: &Prepared,
) -> Result<Verdict, InternalError> {
    let source = source_of(attempt)?;
    let proof = match Box::pin(prove(svc, cx, attempt, source, password, None)).await? {
        Ok(proof) => proof,
        Err(verdict) => return Ok(verdict),
    };
    let profile = &proof.profile;
    let external_id = profile.user_id.external_id();
    if profile.user_id != UserId::database(external_id) {
        // Their first identity there is of another provider, whose ids may be equal to ours and mean somebody else.
        return refuse_two_ids(svc, cx, attempt, profile, "the source's user is not one of its database's").await;
    }
    let user = newcomer(cx, attempt, profile);
    let mut tx = svc.store.write().await?;
    if store::users::is_buried(&mut tx, &attempt.connection.connection.id, external_id).await? {
        // Deleted here, whatever the source says: like somebody nobody knows.
        return Ok(Verdict::Wrong);
    }
    match store::users::insert(&mut tx, &user).await? {
        Stored::Done => {}
        Stored::Stale => return Ok(Verdict::Refused(LoginRefused::NoConnection)),
        Stored::IdTaken | Stored::NameTaken => {
            drop(tx);
            return join_existing(svc, cx, attempt, password, &proof).await;
        }
    }
    store::passwords::insert(&mut tx, &user.user_id, &proof.credential, cx.now).await?;
    store::passwords::mark_moved_from_source(&mut tx, &user.user_id, &source.name, cx.now).await?;
    record_move(&mut tx, attempt.event(svc, cx, EventType::UserMigrated), &user, &Moved::JustInTime).await?;
    tx.commit().await?;
    Moved::JustInTime.count();
    Ok(Verdict::Right(Box::new(user)))
}

/// Another first sign-in was faster, or the directory knows this identity under another name. The source has just
/// proven whose it is, so the row is found by its identity, never by the address alone.
async fn join_existing(
    svc: &Services,
    cx: &RequestContext,
    attempt: &Attempt<'_>,
    password: &Prepared,
    proof: &Proof,
) -> Result<Verdict, InternalError> {
    let profile = &proof.profile;
    let connection_id = &attempt.connection.connection.id;
    let mut db = svc.store.read().await?;
    let found = store::users::find_by_identity(&mut db, connection_id, profile.user_id.external_id()).await?;
    let Some(user) = found.filter(|user| user.user_id == profile.user_id) else {
        drop(db);
        // The address belongs to somebody else here: two people fell together, which an administrator has to part.
        let why = "the source's user and a user here have one address and two ids";
        return refuse_two_ids(svc, cx, attempt, profile, why).await;
    };
    let stored = store::passwords::find(&mut db, &user.user_id).await?;
    drop(db);
    match stored {
        Some(stored) if matches!(stored.credential, PasswordCredential::Source { .. }) => {
            adopt(svc, cx, attempt, password, user, &stored, proof).await
        }
        Some(stored) => verify_held(svc, cx, attempt, password, user, stored).await,
        None => Ok(Verdict::Wrong),
    }
}

/// The password is right and the person is not let in, because it is not certain who they are here.
async fn refuse_two_ids(
    svc: &Services,
    cx: &RequestContext,
    attempt: &Attempt<'_>,
    profile: &SourceProfile,
    why: &str,
) -> Result<Verdict, InternalError> {
    attempt
        .event(svc, cx, EventType::LoginFailed)
        .describe(why)
        .detail("source_user_id", profile.user_id.as_str())
        .record_alone(svc)
        .await?;
    Ok(Verdict::Refused(LoginRefused::SourceUnavailable))
}

/// Takes over a password the source has just verified, and with it what the source says of the person, unless somebody
/// has changed that here since it was loaded.
async fn adopt(
    svc: &Services,
    cx: &RequestContext,
    attempt: &Attempt<'_>,
    password: &Prepared,
    user: User,
    stored: &StoredPassword,
    Proof { profile, credential }: &Proof,
) -> Result<Verdict, InternalError> {
    for wanted in [brought_up_to_date(&user, profile, cx), user.clone()] {
        let mut tx = svc.store.write().await?;
        // The user before the password, as administrators' changes do, so that neither waits for the other in a ring.
        // A new address there may belong to somebody else here; then the person moves as the directory knows them.
        if wanted != user && store::users::update(&mut tx, &wanted).await? != Stored::Done {
            continue;
        }
        if !store::passwords::replace(&mut tx, &user.user_id, stored.version, credential, cx.now).await? {
            drop(tx);
            return reconfirm(svc, user, password).await;
        }
        record_move(&mut tx, attempt.event(svc, cx, EventType::UserMigrated), &wanted, &Moved::FromSource).await?;
        tx.commit().await?;
        Moved::FromSource.count();
        return Ok(Verdict::Right(Box::new(wanted)));
    }
    unreachable!("the second of the two is the user as loaded, who needs no update")
}

/// A directory entry that nobody has touched since it was loaded, with what the source says today.
fn brought_up_to_date(user: &User, profile: &SourceProfile, cx: &RequestContext) -> User {
    if user.version > 1 || profile.origin != ProfileOrigin::Directory {
        return user.clone();
    }
    User {
        profile: profile.profile.clone(),
        user_metadata: profile.user_metadata.clone(),
        app_metadata: profile.app_metadata.clone(),
        updated_at: cx.now,
        ..user.clone()
    }
}

fn source_of<'a>(attempt: &Attempt<'a>) -> Result<&'a Source, InternalError> {
    let source = attempt.connection.connection.source.as_ref();
    source.ok_or("the connection has no source").or_internal("asking the source")
}

/// What the source has verified, and the password as we will hold it.
struct Proof {
    profile: Box<SourceProfile>,
    credential: PasswordCredential,
}

/// Asks the source, and hashes the password meanwhile: who moves need not wait for it afterwards, and a refusal takes no
/// less time than one of somebody who has moved.
async fn prove(
    svc: &Services,
    cx: &RequestContext,
    attempt: &Attempt<'_>,
    source: &Source,
    password: &Prepared,
    user: Option<&User>,
) -> Result<Result<Proof, Verdict>, InternalError> {
    let asking = ask(svc, cx, attempt, source, password, user);
    let (answer, hash) = tokio::join!(asking, svc.hashing.hash(password, svc.random()));
    Ok(match answer? {
        Ok(profile) => Ok(Proof { profile, credential: PasswordCredential::Native { hash: hash? } }),
        // It counts even where there was no room to hash.
        Err(verdict) => Err(verdict),
    })
}

/// Asks the source. What is not a proof becomes a verdict with its own event; the wrong password's event is written
/// where it is counted.
async fn ask(
    svc: &Services,
    cx: &RequestContext,
    attempt: &Attempt<'_>,
    source: &Source,
    password: &Prepared,
    user: Option<&User>,
) -> Result<Result<Box<SourceProfile>, Verdict>, InternalError> {
    let secret = connection_secrets::of_source(svc, attempt.connection)?;
    let Some(secret) = secret else {
        record_unavailable(svc, cx, attempt, user, "no client secret").await?;
        return Ok(Err(Verdict::Refused(LoginRefused::SourceUnavailable)));
    };
    let typed = SecretString::from(password.as_typed().to_owned());
    let spelling = user.and_then(|user| user.profile.email.as_deref().or(user.profile.username.as_deref()));
    let question = PasswordAttempt {
        username: spelling.unwrap_or(attempt.username),
        password: &typed,
        end_user_ip: attempt.peer,
        expected: user.map(|user| &user.user_id),
    };
    let answer = svc.upstreams.check_password(source, &secret, &question, cx.now).await;
    let (kind, why, detail) = match answer {
        SourceAnswer::Verified(profile) => return Ok(Ok(profile)),
        SourceAnswer::WrongPassword => return Ok(Err(Verdict::Wrong)),
        SourceAnswer::Blocked => (EventType::SourceBlocked, LoginRefused::Blocked, Value::Null),
        SourceAnswer::Breached => (EventType::BreachedPassword, LoginRefused::Breached, Value::Null),
        SourceAnswer::MfaRequired => (EventType::SourceMfaRequired, LoginRefused::SecondFactorRequired, Value::Null),
        SourceAnswer::Throttled { retry_after } => {
            let seconds = retry_after.map_or(Value::Null, |wait| Value::from(wait.as_secs()));
            (EventType::SourceThrottled, LoginRefused::SourceThrottled { retry_after }, seconds)
        }
        SourceAnswer::Unavailable(reason) => {
            (EventType::SourceUnavailable, LoginRefused::SourceUnavailable, Value::from(reason.as_str()))
        }
    };
    let told = attempt.event(svc, cx, kind).known_user(user.map(|user| &user.user_id));
    let mut told = told.detail("source", source.name.as_str());
    if !detail.is_null() {
        told = told.detail("reason", detail);
    }
    told.record_alone(svc).await?;
    Ok(Err(Verdict::Refused(why)))
}

/// Records that nobody could be asked about a password that a source holds.
pub(crate) async fn record_unavailable(
    svc: &Services,
    cx: &RequestContext,
    attempt: &Attempt<'_>,
    user: Option<&User>,
    reason: &str,
) -> Result<(), StoreError> {
    let told = attempt.event(svc, cx, EventType::SourceUnavailable).known_user(user.map(|user| &user.user_id));
    told.detail("reason", reason).record_alone(svc).await
}

/// Whether there may be people at the source whom nobody can ask about by their address. Then nobody may sign up:
/// they could take the address of somebody who has yet to move.
pub(crate) fn hides_people(stored: &StoredConnection) -> bool {
    let reads_profiles = |source: &Source| match source.kind {
        SourceKind::Auth0 { read_profiles, .. } => read_profiles,
    };
    may_look_up(stored) && !stored.connection.source.as_ref().is_some_and(reads_profiles)
}

/// What the source's directory says of an address.
pub(crate) enum AtSource {
    /// Somebody there has it.
    Known,
    /// Nobody there has it, or there is no directory that could be asked.
    Unknown,
    /// The directory did not answer.
    Unavailable,
}

/// Asks the source whether somebody there has this address, so that nobody signs up in their place.
pub(crate) async fn look_up_address(
    svc: &Services,
    cx: &RequestContext,
    stored: &StoredConnection,
    email: &FoldedEmail,
) -> Result<AtSource, InternalError> {
    let Some(source) = stored.connection.source.as_ref().filter(|_| may_look_up(stored)) else {
        return Ok(AtSource::Unknown);
    };
    let Some(secret) = connection_secrets::of_source(svc, stored)? else {
        return Ok(AtSource::Unavailable);
    };
    Ok(match svc.upstreams.find_by_email(source, &secret, email.as_str(), cx.now).await {
        DirectoryAnswer::Found(_) => AtSource::Known,
        DirectoryAnswer::Absent | DirectoryAnswer::Unsupported => AtSource::Unknown,
        DirectoryAnswer::Throttled { .. } | DirectoryAnswer::Unavailable(_) => AtSource::Unavailable,
    })
}

/// A user as the source describes them, under the id they have there.
fn newcomer(cx: &RequestContext, attempt: &Attempt<'_>, profile: &SourceProfile) -> User {
    let connection = &attempt.connection.connection;
    let identity = Identity {
        connection_id: connection.id.clone(),
        connection: connection.name.clone(),
        provider: connection.strategy.clone(),
        external_id: profile.user_id.external_id().to_owned(),
        profile_data: None,
    };
    User {
        user_id: profile.user_id.clone(),
        profile: profile.profile.clone(),
        user_metadata: profile.user_metadata.clone(),
        app_metadata: profile.app_metadata.clone(),
        blocked: profile.blocked,
        identities: vec![identity],
        logins_count: profile.logins_count.unwrap_or(0),
        last_login: profile.last_login,
        last_ip: None,
        last_password_reset: profile.last_password_reset,
        created_at: profile.created_at.unwrap_or(cx.now),
        updated_at: cx.now,
        version: 1,
    }
}
