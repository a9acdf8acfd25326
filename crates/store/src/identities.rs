//! What people are known by to each connection.

use std::collections::HashMap;

use model::address::FoldedEmail;
use model::user::{Identity, User};
use model::{ConnectionId, JsonObject, UserId};

use crate::columns::{from_json, to_json_opt};
use crate::connections;
use crate::db::{Args, Ask, args, statements};
use crate::listing::{Filter, List};
use crate::users::Stored;
use crate::{Page, Read, StoreError, WriteTx};

statements! {
    OF_USER = "SELECT i.user_id, i.connection_id, c.name, c.strategy, i.external_id, i.profile_data
               FROM identities i JOIN connections c ON c.id = i.connection_id
               WHERE i.user_id = $1 ORDER BY i.position";
    ONE_OF_CONNECTION = "SELECT external_id FROM identities WHERE connection_id = $1 LIMIT 1";
    INSERT = "INSERT INTO identities
              (connection_id, external_id, user_id, position, email_folded, username_folded, profile_data)
              VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING";
    NAME_TAKEN = "SELECT COUNT(*) AS others FROM identities WHERE connection_id = $1 AND user_id <> $2
                  AND (email_folded = $3 OR username_folded = $3 OR email_folded = $4 OR username_folded = $4)";
    CLAIM = "UPDATE connections SET version = version WHERE id = $1";
    RENAME = "UPDATE identities SET email_folded = $3, username_folded = $4 WHERE connection_id = $1 AND user_id = $2";
    ATTACH = "INSERT INTO identities (connection_id, external_id, user_id, position)
              SELECT $1, $2, $3, COUNT(*) FROM identities WHERE user_id = $3 ON CONFLICT DO NOTHING";
}

#[derive(sqlx::FromRow)]
struct IdentityRow {
    user_id: String,
    connection_id: String,
    name: String,
    strategy: String,
    external_id: String,
    profile_data: Option<String>,
}

impl IdentityRow {
    fn into_identity(self) -> Result<Identity, StoreError> {
        let profile_data = self
            .profile_data
            .map(|text| from_json::<JsonObject>("identities", &self.external_id, &text))
            .transpose()?;
        Ok(Identity {
            connection_id: ConnectionId::new(self.connection_id),
            connection: self.name,
            provider: self.strategy,
            external_id: self.external_id,
            profile_data,
        })
    }
}

/// The identities of one user, the primary one first.
pub(crate) async fn of_user(db: &mut impl Read, id: &UserId) -> Result<Vec<Identity>, StoreError> {
    let rows: Vec<IdentityRow> = db.fetch_all(OF_USER, args![id]).await?;
    rows.into_iter().map(IdentityRow::into_identity).collect()
}

pub(crate) fn list(user_ids: &[String]) -> List {
    List {
        table: "identities i JOIN connections c ON c.id = i.connection_id",
        columns: "i.user_id, i.connection_id, c.name, c.strategy, i.external_id, i.profile_data",
        order: ("i.user_id", "i.position"),
        filters: Filter::one_of("i.user_id", user_ids).into_iter().collect(),
        ..List::default()
    }
}

/// The identities of each of these users, the primary one first.
pub(crate) async fn of_users(db: &mut impl Read, ids: &[String]) -> Result<HashMap<String, Vec<Identity>>, StoreError> {
    let mut by_user: HashMap<String, Vec<Identity>> = HashMap::new();
    if ids.is_empty() {
        return Ok(by_user);
    }
    let all = Page::Offset { skip: 0, limit: u32::MAX };
    let rows: Vec<IdentityRow> = list(ids).rows(db, &all).await?;
    for row in rows {
        let user_id = row.user_id.clone();
        by_user.entry(user_id).or_default().push(row.into_identity()?);
    }
    Ok(by_user)
}

/// Stores one identity of a new user, whose connections are held and whose names are claimed.
pub(crate) async fn insert(
    tx: &mut WriteTx,
    user: &User,
    position: i64,
    identity: &Identity,
) -> Result<Stored, StoreError> {
    let names = LoginNames::of(user, identity);
    if names.are_taken(tx, &identity.connection_id, &user.user_id).await? {
        return Ok(Stored::NameTaken);
    }
    let inserted = tx.execute(INSERT, row(user, position, identity)).await?;
    Ok(if inserted == 0 { Stored::NameTaken } else { Stored::Done })
}

/// The columns of a new row of `identities`.
pub(crate) fn row(user: &User, position: i64, identity: &Identity) -> Args {
    let names = LoginNames::of(user, identity);
    args![
        &identity.connection_id,
        &identity.external_id,
        &user.user_id,
        position,
        names.email.as_ref(),
        names.username.as_ref(),
        to_json_opt(identity.profile_data.as_ref()),
    ]
}

/// What a person may type at one identity's connection.
struct LoginNames {
    email: Option<FoldedEmail>,
    username: Option<FoldedEmail>,
}

impl LoginNames {
    fn of(user: &User, identity: &Identity) -> Self {
        if identity.provider != model::connection::DATABASE_STRATEGY {
            return LoginNames { email: None, username: None };
        }
        LoginNames {
            email: user.profile.folded_email(),
            username: user.profile.username.as_deref().map(FoldedEmail::of),
        }
    }

    fn are_any(&self) -> bool {
        self.email.is_some() || self.username.is_some()
    }

    /// Whether somebody else answers to one of them, in either spelling: a user name that is another's address
    /// would let one person's sign-in be counted, or denied, as the other's.
    async fn are_taken(
        &self,
        db: &mut impl Read,
        connection_id: &ConnectionId,
        user_id: &UserId,
    ) -> Result<bool, StoreError> {
        let args = args![connection_id, user_id, self.email.as_ref(), self.username.as_ref()];
        Ok(db.fetch_one::<(i64,)>(NAME_TAKEN, args).await?.0 > 0)
    }
}

/// Claims the names of somebody new, and sees to it that all their connections stay until the write ends, which no
/// foreign key does (ADR 0013). `false` means that one is gone.
pub(crate) async fn hold_connections(tx: &mut WriteTx, user: &User) -> Result<bool, StoreError> {
    for identity in &user.identities {
        let is_there = if LoginNames::of(user, identity).are_any() {
            claim_names_of(tx, &identity.connection_id).await?
        } else {
            connections::keep(tx, &identity.connection_id).await?
        };
        if !is_there {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Lets one write at a time decide about the names of a connection, until it is committed. Each of the two unique
/// indexes guards one column alone, and so would let one person's address become another's user name where both are
/// written at the same moment.
pub(crate) async fn claim_names(tx: &mut WriteTx, user: &User) -> Result<(), StoreError> {
    for identity in &user.identities {
        if LoginNames::of(user, identity).are_any() {
            claim_names_of(tx, &identity.connection_id).await?;
        }
    }
    Ok(())
}

/// The same for whoever stores many people of one connection, which stays meanwhile. `false` means that there is none.
pub(crate) async fn claim_names_of(tx: &mut WriteTx, connection_id: &ConnectionId) -> Result<bool, StoreError> {
    Ok(tx.execute(CLAIM, args![connection_id]).await? == 1)
}

/// Gives the identities of a user, whose names are claimed, the names that the user has now.
pub(crate) async fn rename(tx: &mut WriteTx, user: &User) -> Result<Stored, StoreError> {
    for identity in &user.identities {
        let names = LoginNames::of(user, identity);
        if names.are_taken(tx, &identity.connection_id, &user.user_id).await? {
            return Ok(Stored::NameTaken);
        }
        let args = args![&identity.connection_id, &user.user_id, names.email.as_ref(), names.username.as_ref()];
        tx.execute(RENAME, args).await?;
    }
    Ok(Stored::Done)
}

/// Gives a user another identity, of a connection where nobody types a name, behind those they have. `false` means that
/// it belongs to somebody already, or that the user or the connection is gone; then nothing of the write may be committed.
pub async fn attach(
    tx: &mut WriteTx,
    id: &UserId,
    connection_id: &ConnectionId,
    external_id: &str,
) -> Result<bool, StoreError> {
    if !connections::keep(tx, connection_id).await? {
        return Ok(false);
    }
    match tx.execute(ATTACH, args![connection_id, external_id, id]).await {
        Err(error) if error.is_of_an_orphan() => Ok(false),
        attached => Ok(attached? == 1),
    }
}

/// Whether anybody is known by an identity of this connection.
pub async fn are_any_of(db: &mut impl Read, connection_id: &ConnectionId) -> Result<bool, StoreError> {
    Ok(db.fetch_optional::<(String,)>(ONE_OF_CONNECTION, args![connection_id]).await?.is_some())
}
