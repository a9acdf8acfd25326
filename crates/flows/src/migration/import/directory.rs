//! What the directory holds of the people in one batch.

use std::collections::{HashMap, HashSet};

use model::address::FoldedEmail;
use model::user::{StoredPassword, User};
use model::{ConnectionId, UserId};
use store::bulk::{self, Holder};
use store::{Snapshot, StoreError};

use super::Existing;
use super::entry::{Entry, HashOf, Person};

/// What the directory holds of some people.
#[derive(Default)]
pub(super) struct Directory {
    by_id: HashMap<String, Holder>,
    by_name: HashMap<FoldedEmail, Vec<Holder>>,
    taken: HashSet<UserId>,
    buried: HashSet<String>,
    passwords: HashMap<UserId, StoredPassword>,
    users: HashMap<UserId, User>,
}

/// What is asked about a batch.
struct Question<'a> {
    ids: Vec<&'a str>,
    user_ids: Vec<UserId>,
    names: Vec<FoldedEmail>,
}

impl<'a> Question<'a> {
    fn about(entries: &[&'a Entry]) -> Self {
        let id = |entry: &&'a Entry| match entry {
            Entry::Person(person) => person.external_id.as_deref(),
            Entry::Hash(hash) => Some(hash.external_id.as_str()),
        };
        let people =
            || entries.iter().filter_map(|entry| if let Entry::Person(person) = entry { Some(person) } else { None });
        let ids: Vec<&str> = entries.iter().filter_map(id).collect();
        Question {
            user_ids: ids.iter().map(|id| UserId::database(id)).collect(),
            ids,
            names: people().flat_map(|person| [person.email(), person.username()]).flatten().collect(),
        }
    }
}

impl Directory {
    /// Looks everybody up, as of one moment: somebody who arrived between two questions would be there by one key and
    /// not by the other, and be refused as somebody else. Whole users, which are a question each, only where they may
    /// be updated.
    pub(super) async fn about(
        db: &mut Snapshot,
        connection_id: &ConnectionId,
        entries: &[&Entry],
        existing: Existing,
    ) -> Result<Self, StoreError> {
        let Question { ids, user_ids, names } = Question::about(entries);
        let mut directory = Directory {
            by_id: by_id(bulk::holders_of_ids(db, connection_id, &ids).await?),
            by_name: by_name(bulk::holders_of_names(db, connection_id, &names).await?),
            taken: bulk::existing(db, &user_ids).await?,
            buried: bulk::buried(db, connection_id, &ids).await?,
            ..Directory::default()
        };
        let found = directory.found();
        directory.passwords = bulk::passwords(db, &found).await?;
        if existing == Existing::Update {
            for user_id in found {
                let user = store::users::find(db, &user_id).await?;
                directory.users.extend(user.map(|user| (user_id, user)));
            }
        }
        Ok(directory)
    }

    /// Whether nobody is, or was, there, by whatever key.
    pub(super) fn is_empty(&self) -> bool {
        self.by_id.is_empty() && self.by_name.is_empty() && self.taken.is_empty() && self.buried.is_empty()
    }

    /// Everybody who is there, once.
    fn found(&self) -> Vec<UserId> {
        let holders = self.by_id.values().chain(self.by_name.values().flatten());
        let found: HashSet<UserId> = holders.map(|holder| holder.user_id.clone()).collect();
        found.into_iter().collect()
    }

    /// Who has the id of this row, or, where it has none, its address.
    pub(super) fn holder_of(&self, person: &Person) -> Option<&Holder> {
        if let Some(id) = &person.external_id {
            return self.by_id.get(id);
        }
        let email = person.email()?;
        self.by_name.get(&email)?.iter().find(|holder| holder.email.as_ref() == Some(&email))
    }

    /// Who has the id of this hash.
    pub(super) fn owner_of(&self, hash: &HashOf) -> Option<&Holder> {
        self.by_id.get(&hash.external_id)
    }

    /// Whether somebody other than `user_id` signs in by this name.
    pub(super) fn is_held_by_another(&self, name: Option<&FoldedEmail>, user_id: Option<&UserId>) -> bool {
        let holders = name.and_then(|name| self.by_name.get(name));
        holders.is_some_and(|holders| holders.iter().any(|holder| Some(&holder.user_id) != user_id))
    }

    /// Whether a person of another connection has this id.
    pub(super) fn is_taken(&self, user_id: &UserId) -> bool {
        self.taken.contains(user_id)
    }

    pub(super) fn is_buried(&self, external_id: &str) -> bool {
        self.buried.contains(external_id)
    }

    pub(super) fn password_of(&self, user_id: &UserId) -> Option<&StoredPassword> {
        self.passwords.get(user_id)
    }

    pub(super) fn user(&self, user_id: &UserId) -> Option<&User> {
        self.users.get(user_id)
    }
}

fn by_id(holders: Vec<Holder>) -> HashMap<String, Holder> {
    holders.into_iter().map(|holder| (holder.external_id.clone(), holder)).collect()
}

fn by_name(holders: Vec<Holder>) -> HashMap<FoldedEmail, Vec<Holder>> {
    let mut by_name: HashMap<FoldedEmail, Vec<Holder>> = HashMap::new();
    for holder in holders {
        for name in [&holder.email, &holder.username].into_iter().flatten() {
            by_name.entry(name.clone()).or_default().push(holder.clone());
        }
    }
    by_name
}
