//! Links that serve once.

use model::address::FoldedEmail;
use model::grant::Digest;
use model::ticket::{Pin, Ticket, TicketKind};
use model::{ClientId, Timestamp, UserId};

use crate::columns::moment;
use crate::db::{Ask, args, statements};
use crate::{Read, StoreError, WriteTx};

statements! {
    FIND = "SELECT kind, user_id, client_id, email_folded, last_password_reset, logins_count, password_version,
            is_mailed, result_url, tells_email, verifies_email, created_at, expires_at, spent_at
            FROM tickets WHERE digest = $1";
    INSERT = "INSERT INTO tickets
              (digest, kind, user_id, client_id, email_folded, last_password_reset, logins_count, password_version,
              is_mailed, result_url, tells_email, verifies_email, created_at, expires_at)
              VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)";
    SPEND = "UPDATE tickets SET spent_at = $2 WHERE digest = $1 AND spent_at IS NULL AND expires_at > $2";
    SPEND_OF_USER = "UPDATE tickets SET spent_at = $2 WHERE user_id = $1 AND spent_at IS NULL";
    SPEND_KIND_OF_USER = "UPDATE tickets SET spent_at = $3 WHERE user_id = $1 AND kind = $2 AND spent_at IS NULL";
    MAILED = "SELECT COUNT(*) AS mails FROM tickets WHERE email_folded = $1 AND created_at > $2 AND is_mailed = $3";
}

#[derive(sqlx::FromRow)]
struct TicketRow {
    kind: String,
    user_id: String,
    client_id: Option<String>,
    email_folded: Option<String>,
    last_password_reset: Option<i64>,
    logins_count: Option<i64>,
    password_version: Option<i64>,
    is_mailed: bool,
    result_url: Option<String>,
    tells_email: bool,
    verifies_email: bool,
    created_at: i64,
    expires_at: i64,
    spent_at: Option<i64>,
}

impl TicketRow {
    fn into_ticket(self) -> Result<Ticket, StoreError> {
        let kind = match self.kind.as_str() {
            "verify_email" => TicketKind::VerifyEmail,
            "reset_password" => TicketKind::ResetPassword,
            _ => return Err(StoreError::corrupt("tickets", self.user_id, "no such kind")),
        };
        Ok(Ticket {
            kind,
            user_id: UserId::new(self.user_id),
            pin: Pin {
                email: self.email_folded.as_deref().map(FoldedEmail::of),
                last_password_reset: moment(self.last_password_reset),
                logins_count: self.logins_count,
                password_version: self.password_version,
            },
            client_id: self.client_id.map(ClientId::new),
            is_mailed: self.is_mailed,
            result_url: self.result_url,
            tells_email: self.tells_email,
            verifies_email: self.verifies_email,
            created_at: Timestamp::from_millis(self.created_at),
            expires_at: Timestamp::from_millis(self.expires_at),
            spent_at: moment(self.spent_at),
        })
    }
}

fn word(kind: TicketKind) -> &'static str {
    match kind {
        TicketKind::VerifyEmail => "verify_email",
        TicketKind::ResetPassword => "reset_password",
    }
}

/// The ticket with this digest, spent and expired ones included.
pub async fn find(db: &mut impl Read, digest: &Digest) -> Result<Option<Ticket>, StoreError> {
    db.fetch_optional::<TicketRow>(FIND, args![digest]).await?.map(TicketRow::into_ticket).transpose()
}

/// Stores a new ticket, one that is not spent.
pub async fn insert(tx: &mut WriteTx, digest: &Digest, ticket: &Ticket) -> Result<(), StoreError> {
    let args = args![
        digest,
        word(ticket.kind),
        &ticket.user_id,
        ticket.client_id.as_ref(),
        ticket.pin.email.as_ref(),
        ticket.pin.last_password_reset,
        ticket.pin.logins_count,
        ticket.pin.password_version,
        ticket.is_mailed,
        ticket.result_url.as_deref(),
        ticket.tells_email,
        ticket.verifies_email,
        ticket.created_at,
        ticket.expires_at,
    ];
    tx.execute(INSERT, args).await.map(|_| ())
}

/// Uses a ticket. `false` means that it was spent before or has expired; nothing was changed.
pub async fn spend(tx: &mut WriteTx, digest: &Digest, now: Timestamp) -> Result<bool, StoreError> {
    Ok(tx.execute(SPEND, args![digest, now]).await? == 1)
}

/// Makes every ticket of a person worthless; with a kind, those of that kind alone.
pub async fn spend_of_user(
    tx: &mut WriteTx,
    user_id: &UserId,
    kind: Option<TicketKind>,
    now: Timestamp,
) -> Result<(), StoreError> {
    match kind {
        Some(kind) => tx.execute(SPEND_KIND_OF_USER, args![user_id, word(kind), now]).await?,
        None => tx.execute(SPEND_OF_USER, args![user_id, now]).await?,
    };
    Ok(())
}

/// How many tickets went to this address by mail after `since`, spent ones included. Nobody else is told before this
/// write is committed or undone, so that whoever counts fewer than the most there may be can insert one more: several
/// people may share an address, and holding one of them ([`crate::users::hold`]) does not keep the others from counting.
pub async fn mailed_since(tx: &mut WriteTx, email: &FoldedEmail, since: Timestamp) -> Result<i64, StoreError> {
    tx.take_turns(&format!("mails to {}", email.as_str())).await?;
    Ok(tx.fetch_one::<(i64,)>(MAILED, args![email, since, true]).await?.0)
}
