//! Writing what was decided about a batch: all of it or nothing.

use std::collections::HashSet;

use model::user::{PasswordCredential, User};
use model::{ConnectionId, Timestamp, UserId};
use store::bulk::{self, Credentials, NewPeople};
use store::users::Stored;
use store::{Store, StoreError, WriteTx};

use super::decision::{Change, Decision, Newcomer};
use super::reader::SkipReason;
use super::refusal::RowError;

/// What kind of password credential came with somebody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum CredentialKind {
    Hash,
    Source,
}

impl CredentialKind {
    fn of(credential: &PasswordCredential) -> Self {
        match credential {
            PasswordCredential::Source { .. } => CredentialKind::Source,
            PasswordCredential::Imported { .. } | PasswordCredential::Native { .. } => CredentialKind::Hash,
        }
    }
}

/// What becomes of a row.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Outcome {
    /// Somebody new, and what kind of password came with them.
    Inserted(Option<CredentialKind>),
    /// Somebody who was there has changed.
    Updated,
    /// This person has another hash, and nothing else has changed.
    GivenHash(UserId),
    Unchanged,
    Skipped(SkipReason),
    Refused(Vec<RowError>),
}

impl Outcome {
    /// Somebody who moved while their hash was on its way keeps the password they have.
    pub(super) fn leave_alone(&mut self, moved: &HashSet<UserId>) {
        if matches!(self, Outcome::GivenHash(user_id) if moved.contains(user_id)) {
            *self = Outcome::Unchanged;
        }
    }
}

/// What came of writing a batch. Anything but `Done` left nothing that may be committed.
#[derive(Debug, PartialEq)]
pub(super) enum Written {
    /// It is written, but for the hashes of these people, who moved meanwhile.
    Done(HashSet<UserId>),
    /// Somebody signed up, changed or left since it was decided.
    Outdated,
    /// The connection was deleted.
    ConnectionGone,
}

/// What is to be written, made ready before the write is opened.
pub(super) struct Writing {
    /// Ids that were buried, of people who come back.
    exhumed: Vec<String>,
    /// Ids of the other newcomers. None of them may be buried.
    unburied: Vec<String>,
    people: NewPeople,
    updated: Vec<User>,
    credentials: Credentials,
}

impl Writing {
    /// Nothing yet, for this database.
    pub(super) fn of(store: &Store) -> Self {
        Writing {
            exhumed: Vec::new(),
            unburied: Vec::new(),
            people: NewPeople::of(store),
            updated: Vec::new(),
            credentials: Credentials::of(store),
        }
    }

    /// Adds what one decision asks for, and says what becomes of its row once all of it is written.
    pub(super) fn add(&mut self, decision: Decision, now: Timestamp) -> Result<Outcome, StoreError> {
        Ok(match decision {
            Decision::Insert(newcomer) => self.add_newcomer(&newcomer, now)?,
            Decision::Update(change) => self.add_change(*change, now)?,
            Decision::Unchanged => Outcome::Unchanged,
            Decision::Skip(reason) => Outcome::Skipped(reason),
            Decision::Refuse(error) => Outcome::Refused(vec![error]),
        })
    }

    fn add_newcomer(&mut self, newcomer: &Newcomer, now: Timestamp) -> Result<Outcome, StoreError> {
        let Newcomer { user, password, exhumed } = newcomer;
        let ids = if *exhumed { &mut self.exhumed } else { &mut self.unburied };
        ids.push(user.user_id.external_id().to_owned());
        self.people.add(user, password.as_ref(), now)?;
        Ok(Outcome::Inserted(password.as_ref().map(CredentialKind::of)))
    }

    fn add_change(&mut self, change: Change, now: Timestamp) -> Result<Outcome, StoreError> {
        if let Some(password) = &change.password {
            self.credentials.add(&change.user_id, password, now)?;
        }
        let of_password_alone = change.user.is_none();
        self.updated.extend(change.user);
        Ok(if of_password_alone { Outcome::GivenHash(change.user_id) } else { Outcome::Updated })
    }

    pub(super) fn is_empty(&self) -> bool {
        self.people.is_empty() && self.updated.is_empty() && self.credentials.is_empty()
    }

    /// Writes all of it.
    pub(super) async fn write(self, tx: &mut WriteTx, connection_id: &ConnectionId) -> Result<Written, StoreError> {
        match bulk::insert(tx, connection_id, self.people).await? {
            Stored::Done => {}
            Stored::Stale => return Ok(Written::ConnectionGone),
            Stored::IdTaken | Stored::NameTaken => return Ok(Written::Outdated),
        }
        // By now the write has waited for whoever was deleting one of them, and sees it.
        let unburied: Vec<&str> = self.unburied.iter().map(String::as_str).collect();
        if !bulk::buried(tx, connection_id, &unburied).await?.is_empty() {
            return Ok(Written::Outdated);
        }
        // The connection is held by now, whose deletion takes tombstones along.
        for external_id in &self.exhumed {
            store::users::exhume(tx, connection_id, external_id).await?;
        }
        for user in &self.updated {
            if store::users::update(tx, user).await? != Stored::Done {
                return Ok(Written::Outdated);
            }
        }
        Ok(bulk::put_passwords(tx, self.credentials).await?.map_or(Written::Outdated, Written::Done))
    }
}
