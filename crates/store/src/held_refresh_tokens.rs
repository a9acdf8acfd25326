//! Families that go on without their session, each by the refresh token that its client holds.

use model::grant::HeldRefreshToken;
use model::{ClientId, FamilyId, Timestamp, UserId};

use crate::columns::{from_json, moment};
use crate::families::FamilyRow;
use crate::listing::{Filter, List};
use crate::{Page, Read, StoreError};

/// The token that nobody has exchanged yet is the one that the client holds. Only what is good at that moment counts.
const HELD: &str = "(SELECT f.id, f.user_id, f.client_id, f.sid, f.audience, f.scope, f.authenticated_at, f.amr, \
                    f.created_at, f.revoked_at, f.revoked_reason, f.dpop_jkt, f.claims, f.metadata, \
                    t.generation, t.issued_at, \
                    t.idle_expires_at, t.expires_at FROM token_families f JOIN refresh_tokens t ON t.family_id = f.id \
                    WHERE t.consumed_at IS NULL AND f.revoked_at IS NULL) AS held";

/// Which are wanted; `None` means no condition.
#[derive(Clone, Debug)]
pub struct Held {
    /// What is good at this moment.
    pub now: Timestamp,
    /// Of this family.
    pub family_id: Option<FamilyId>,
    /// For this person.
    pub user_id: Option<UserId>,
    /// Of this client.
    pub client_id: Option<ClientId>,
}

#[derive(sqlx::FromRow)]
struct HeldRow {
    #[sqlx(flatten)]
    family: FamilyRow,
    generation: i64,
    issued_at: i64,
    idle_expires_at: Option<i64>,
    expires_at: Option<i64>,
    metadata: Option<String>,
}

impl HeldRow {
    fn into_held(self) -> Result<HeldRefreshToken, StoreError> {
        let family = self.family.into_family()?;
        let metadata = self.metadata.map(|text| from_json("token_families", family.id.as_str(), &text)).transpose()?;
        Ok(HeldRefreshToken {
            family,
            metadata: metadata.unwrap_or_default(),
            generation: self.generation,
            issued_at: Timestamp::from_millis(self.issued_at),
            idle_expires_at: moment(self.idle_expires_at),
            expires_at: moment(self.expires_at),
        })
    }
}

impl Held {
    pub(crate) fn list(&self) -> List {
        let one = |column, id: Option<&str>| id.and_then(|id| Filter::one_of(column, &[id.to_owned()]));
        let filters = [
            one("id", self.family_id.as_ref().map(FamilyId::as_str)),
            one("user_id", self.user_id.as_ref().map(UserId::as_str)),
            one("client_id", self.client_id.as_ref().map(ClientId::as_str)),
            Some(Filter::after("idle_expires_at", self.now)),
            Some(Filter::after("expires_at", self.now)),
        ];
        List {
            table: HELD,
            columns: "id, user_id, client_id, sid, audience, scope, authenticated_at, amr, created_at, revoked_at, \
                      revoked_reason, dpop_jkt, claims, metadata, generation, issued_at, idle_expires_at, expires_at",
            order: ("created_at", "id"),
            filters: filters.into_iter().flatten().collect(),
            ..List::default()
        }
    }
}

/// A page of them, oldest family first.
pub async fn list(db: &mut impl Read, wanted: &Held, page: &Page) -> Result<Vec<HeldRefreshToken>, StoreError> {
    let rows: Vec<HeldRow> = wanted.list().rows(db, page).await?;
    rows.into_iter().map(HeldRow::into_held).collect()
}
