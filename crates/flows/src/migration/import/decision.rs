//! What becomes of a row, given what the directory holds.

use credentials::password;
use model::connection::Connection;
use model::user::{Identity, PasswordCredential, Profile, User};
use model::{Timestamp, UserId};
use store::bulk::Holder;

use super::directory::Directory;
use super::entry::{Entry, HashOf, Person};
use super::reader::SkipReason;
use super::refusal::{RowCode, RowError};
use super::{Existing, ImportRequest};

const WEAKER: &str = "the person has a hash that is harder to guess from, which this one does not replace";

/// What becomes of a row.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Decision {
    /// Somebody new.
    Insert(Box<Newcomer>),
    /// Somebody who is there, as they will be.
    Update(Box<Change>),
    /// Nothing is to be done.
    Unchanged,
    /// Passed over.
    Skip(SkipReason),
    /// Not taken.
    Refuse(RowError),
}

/// Somebody new.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Newcomer {
    pub(super) user: User,
    pub(super) password: Option<PasswordCredential>,
    /// They were deleted here, and come back because the run was told to bring them back.
    pub(super) exhumed: bool,
}

/// What changes of somebody who is there.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Change {
    pub(super) user_id: UserId,
    /// The whole user, where it changes.
    pub(super) user: Option<User>,
    /// The password credential, where it changes.
    pub(super) password: Option<PasswordCredential>,
}

/// How rows are taken in a run.
pub(super) struct Rules {
    pub(super) connection: Connection,
    /// Who holds the passwords that came without a hash.
    pub(super) source: Option<String>,
    pub(super) existing: Existing,
    pub(super) restore_deleted: bool,
    /// Nothing is written of what is decided.
    pub(super) dry_run: bool,
    pub(super) now: Timestamp,
}

impl Rules {
    pub(super) fn of(request: &ImportRequest, connection: &Connection, now: Timestamp) -> Self {
        let enabled = || connection.source.as_ref().filter(|source| source.enabled).map(|source| source.name.clone());
        Rules {
            connection: connection.clone(),
            source: request.source.clone().or_else(enabled),
            existing: request.existing,
            restore_deleted: request.restore_deleted,
            dry_run: request.dry_run,
            now,
        }
    }

    /// Decides about a row. `fresh_id` is for somebody new who brings none.
    pub(super) fn decide(&self, entry: Entry, directory: &Directory, fresh_id: impl FnOnce() -> String) -> Decision {
        match entry {
            Entry::Hash(hash) => self.about_hash(&hash, directory),
            Entry::Person(person) => match directory.holder_of(&person) {
                Some(holder) => self.about_known(&person, holder, directory),
                None => self.about_new(*person, directory, fresh_id),
            },
        }
    }

    fn about_new(&self, person: Person, directory: &Directory, fresh_id: impl FnOnce() -> String) -> Decision {
        if person.user_id().is_some_and(|user_id| directory.is_taken(&user_id)) {
            return refuse(RowCode::Conflict, "user_id", "somebody of another connection has this id");
        }
        if let Some(refused) = name_taken(&person, directory, None) {
            return refused;
        }
        let was_deleted = person.external_id.as_deref().is_some_and(|id| directory.is_buried(id));
        if was_deleted && !self.restore_deleted {
            return Decision::Skip(SkipReason::DeletedHere);
        }
        Decision::Insert(Box::new(self.newcomer(person, was_deleted, fresh_id)))
    }

    fn about_known(&self, person: &Person, holder: &Holder, directory: &Directory) -> Decision {
        if person.user_id().is_some_and(|user_id| user_id != holder.user_id) {
            return refuse(RowCode::Conflict, "user_id", "this identity is linked to somebody with another id");
        }
        let (email, username) = (person.email(), person.username());
        if email.is_some() && email != holder.email {
            return refuse(RowCode::ConflictEmail, "email", "the person with this id has another address here");
        }
        if email.is_none() && username != holder.username {
            return refuse(RowCode::ConflictUsername, "username", "the person with this id has another user name here");
        }
        match self.existing {
            Existing::Keep => return Decision::Unchanged,
            Existing::Refuse => return already_there(person),
            Existing::Update => {}
        }
        if let Some(refused) = name_taken(person, directory, Some(&holder.user_id)) {
            return refused;
        }
        let user = directory.user(&holder.user_id).and_then(|user| self.updated(user, person));
        let stored = directory.password_of(&holder.user_id).map(|stored| &stored.credential);
        if person.hash.as_ref().is_some_and(|hash| stored.is_some_and(|stored| is_weaker(hash, stored))) {
            return Decision::Refuse(RowError::of_row(RowCode::Conflict, WEAKER));
        }
        let password = person.hash.as_ref().filter(|hash| may_replace(stored, hash));
        if user.is_none() && password.is_none() {
            return Decision::Unchanged;
        }
        Decision::Update(Box::new(Change { user_id: holder.user_id.clone(), user, password: password.cloned() }))
    }

    fn about_hash(&self, hash: &HashOf, directory: &Directory) -> Decision {
        let Some(holder) = directory.owner_of(hash) else {
            return if directory.is_buried(&hash.external_id) {
                Decision::Skip(SkipReason::DeletedHere)
            } else {
                let message = "nobody in the directory has this id; import the people first, then their hashes";
                refuse(RowCode::UserNotFound, "_id", message)
            };
        };
        if holder.user_id != UserId::database(&hash.external_id) {
            return refuse(RowCode::Conflict, "_id", "this identity is linked to somebody with another id");
        }
        let stored = directory.password_of(&holder.user_id).map(|stored| &stored.credential);
        match stored {
            Some(PasswordCredential::Native { .. }) => Decision::Unchanged,
            Some(stored) if *stored == hash.credential => Decision::Unchanged,
            Some(PasswordCredential::Imported { .. }) if self.existing != Existing::Update => {
                refuse(RowCode::Conflict, "passwordHash", "the person has another imported hash; --upsert replaces it")
            }
            Some(stored) if is_weaker(&hash.credential, stored) => refuse(RowCode::Conflict, "passwordHash", WEAKER),
            _ => Decision::Update(Box::new(Change {
                user_id: holder.user_id.clone(),
                user: None,
                password: Some(hash.credential.clone()),
            })),
        }
    }

    fn newcomer(&self, person: Person, exhumed: bool, fresh_id: impl FnOnce() -> String) -> Newcomer {
        let at_source = || self.source.clone().map(|source| PasswordCredential::Source { source });
        let identity = Identity {
            connection_id: self.connection.id.clone(),
            connection: self.connection.name.clone(),
            provider: self.connection.strategy.clone(),
            external_id: person.external_id.unwrap_or_else(fresh_id),
            profile_data: None,
        };
        let user = User {
            user_id: UserId::database(&identity.external_id),
            profile: with_defaults(person.profile),
            user_metadata: person.user_metadata.unwrap_or_default(),
            app_metadata: person.app_metadata.unwrap_or_default(),
            blocked: person.blocked,
            identities: vec![identity],
            logins_count: 0,
            last_login: None,
            last_ip: None,
            last_password_reset: person.last_password_reset,
            created_at: person.created_at.unwrap_or(self.now),
            updated_at: self.now,
            version: 1,
        };
        Newcomer { user, password: person.hash.or_else(at_source), exhumed }
    }

    /// The user with the fields that Auth0 lets an import update; `None` where that changes nothing. Metadata is
    /// replaced as a whole, and an address that is not said to be verified is no longer so.
    fn updated(&self, user: &User, person: &Person) -> Option<User> {
        let (old, new) = (&user.profile, &person.profile);
        let profile = Profile {
            email_verified: new.email_verified,
            name: new.name.clone().or_else(|| old.name.clone()),
            nickname: new.nickname.clone().or_else(|| old.nickname.clone()),
            given_name: new.given_name.clone().or_else(|| old.given_name.clone()),
            family_name: new.family_name.clone().or_else(|| old.family_name.clone()),
            picture: new.picture.clone().or_else(|| old.picture.clone()),
            ..old.clone()
        };
        let updated = User {
            profile,
            user_metadata: person.user_metadata.as_ref().unwrap_or(&user.user_metadata).clone(),
            app_metadata: person.app_metadata.as_ref().unwrap_or(&user.app_metadata).clone(),
            ..user.clone()
        };
        (updated != *user).then(|| User { updated_at: self.now, ..updated })
    }
}

fn already_there(person: &Person) -> Decision {
    let message = "the person is there already; an upsert would bring them up to date";
    match person.external_id {
        Some(_) => refuse(RowCode::Conflict, "user_id", message),
        None => refuse(RowCode::ConflictEmail, "email", message),
    }
}

/// A password of ours is never replaced, whatever the file says.
fn may_replace(stored: Option<&PasswordCredential>, hash: &PasswordCredential) -> bool {
    !matches!(stored, Some(PasswordCredential::Native { .. })) && stored != Some(hash)
}

/// Both are hashes of other products, and the new one would be guessed sooner.
fn is_weaker(new: &PasswordCredential, stored: &PasswordCredential) -> bool {
    let (PasswordCredential::Imported { format, hash }, PasswordCredential::Imported { format: of, hash: than }) =
        (new, stored)
    else {
        return false;
    };
    password::is_weaker((format, hash), (of, than))
}

/// Auth0's defaults for what a new user does not say.
fn with_defaults(profile: Profile) -> Profile {
    let local_part = || profile.folded_email().map(|email| email.local_part().to_owned());
    Profile {
        nickname: profile.nickname.clone().or_else(local_part),
        name: profile.name.or_else(|| profile.email.clone()),
        ..profile
    }
}

fn name_taken(person: &Person, directory: &Directory, user_id: Option<&UserId>) -> Option<Decision> {
    if directory.is_held_by_another(person.email().as_ref(), user_id) {
        return Some(refuse(RowCode::ConflictEmail, "email", "somebody else signs in here by this address"));
    }
    if directory.is_held_by_another(person.username().as_ref(), user_id) {
        return Some(refuse(RowCode::ConflictUsername, "username", "somebody else signs in here by this name"));
    }
    None
}

fn refuse(code: RowCode, path: &str, message: &str) -> Decision {
    Decision::Refuse(RowError::at(code, path, message))
}
