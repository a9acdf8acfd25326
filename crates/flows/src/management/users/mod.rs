//! People.

mod create;
mod fields;
mod password;
mod update;

use model::UserId;
use model::address::FoldedEmail;
use model::event::EventType;
use model::user::{Identity, User};
use protocol::management_scope::ManagementScope;
use store::users::UserFilter;
use store::{Page, Read, Snapshot, StoreError, WriteTx};
use upstream::social::Preset;

pub use create::create;
pub(crate) use fields::{check_profile, is_address};
pub use update::update;

use super::paging::Paging;
use super::search::{Searched, sort};
use super::{ATTEMPTS, Body, BodyInvalid, Caller, LONGEST_SEARCH, Listing, Query, QueryInvalid, Refused, Resource};
use crate::event_seals::Forgetting;
use crate::events::event;
use crate::login::attempts::{self, Account};
use crate::tally::{LONGEST_COUNT, MANY};
use crate::{InternalError, RequestContext, Services};

/// How many people one address can have: one for each connection that has it.
const MOST_BY_EMAIL: u32 = 100;

const SEARCHED: Searched = Searched {
    parameter: "q",
    field: store::users::field,
    usual: &["user_id", "email", "username", "name", "nickname", "given_name", "family_name", "phone_number"],
};
const SORTED: [&str; 11] = [
    "created_at",
    "updated_at",
    "last_login",
    "logins_count",
    "user_id",
    "email",
    "username",
    "name",
    "nickname",
    "given_name",
    "family_name",
];

/// Whether an identity is of a provider at which anybody can have an account.
pub fn is_social(identity: &Identity) -> bool {
    Preset::of(&identity.provider).is_some_and(|preset| preset.is_social)
}

/// A page of users, oldest first unless `sort` says otherwise; `q` selects. Among many, the length of the whole list is that
/// of at most a minute ago.
pub async fn list(
    svc: &Services,
    cx: &RequestContext,
    caller: &Caller,
    query: &Query,
) -> Result<Listing<User>, Refused> {
    caller.require(ManagementScope::ReadUsers)?;
    let paging = Paging::read_within_reach(query)?;
    let filter = filter(query, &paging)?;
    let mut db = svc.store.snapshot_within(LONGEST_SEARCH).await?;
    let rows = store::users::list(&mut db, &filter, &paging.page()).await?;
    let total = paging.total(rows.len(), async || total(svc, cx, db, &filter).await).await?;
    Ok(paging.listing(rows, total, |user| (user.created_at, user.user_id.as_str().to_owned())))
}

/// How many there are. What a search finds is counted each time.
async fn total(svc: &Services, cx: &RequestContext, mut db: Snapshot, filter: &UserFilter) -> Result<u64, StoreError> {
    if !filter.is_everybody() {
        return store::users::count(&mut db, filter).await;
    }
    let everybody = UserFilter::default();
    let counted = store::users::count_up_to(&mut db, &everybody, MANY).await?;
    drop(db);
    if counted < u64::from(MANY) {
        return Ok(counted);
    }
    let count = async || store::users::count(&mut svc.store.snapshot_within(LONGEST_COUNT).await?, &everybody).await;
    svc.tallies.users.get(cx.now, count).await
}

fn filter(query: &Query, paging: &Paging) -> Result<UserFilter, QueryInvalid> {
    let sort = sort(query, &SORTED, store::users::field)?;
    if sort.is_some() && matches!(paging, Paging::Checkpoint { .. }) {
        return Err(QueryInvalid::new("sort", "cannot be combined with from and take"));
    }
    let search = query.text("q")?.map(|q| SEARCHED.condition(q)).transpose()?;
    Ok(UserFilter { search, sort, ..UserFilter::default() })
}

/// The users with this address.
pub async fn by_email(svc: &Services, caller: &Caller, query: &Query) -> Result<Vec<User>, Refused> {
    caller.require(ManagementScope::ReadUsers)?;
    let email = query.text("email")?.ok_or_else(|| QueryInvalid::new("email", "is missing"))?;
    let filter = UserFilter { email: Some(FoldedEmail::of(email)), ..UserFilter::default() };
    let page = Page::Offset { skip: 0, limit: MOST_BY_EMAIL };
    Ok(store::users::list(&mut svc.store.read().await?, &filter, &page).await?)
}

/// One user.
pub async fn get(svc: &Services, caller: &Caller, id: &UserId) -> Result<User, Refused> {
    caller.require(ManagementScope::ReadUsers)?;
    store::users::find(&mut svc.store.read().await?, id).await?.ok_or(Refused::NotFound(Resource::User))
}

/// Refuses an id that nobody has.
pub(super) async fn check_exists(db: &mut impl Read, id: &UserId) -> Result<(), Refused> {
    store::users::find(db, id).await?.map(|_| ()).ok_or(Refused::NotFound(Resource::User))
}

/// Deletes a user with everything that is theirs; one who is gone already is fine. No source brings them back.
pub async fn delete(svc: &Services, cx: &RequestContext, caller: &Caller, id: &UserId) -> Result<(), Refused> {
    caller.require(ManagementScope::DeleteUsers)?;
    let deletion = Deletion::of(svc, cx, [id]).await?;
    let mut tx = svc.store.write().await?;
    deletion.carry_out_by(caller, &mut tx, id).await?;
    tx.commit().await?;
    Ok(())
}

/// A deletion of people, with what can be made ready before the write is opened. Whom that left out can be deleted too.
pub(super) struct Deletion<'a> {
    svc: &'a Services,
    cx: &'a RequestContext,
    forgetting: Forgetting<'a>,
}

impl<'a> Deletion<'a> {
    pub(super) async fn of<'p>(
        svc: &'a Services,
        cx: &'a RequestContext,
        people: impl IntoIterator<Item = &'p UserId>,
    ) -> Result<Self, StoreError> {
        let forgetting = Forgetting::of(&svc.sealer, &mut svc.store.read().await?, people).await?;
        Ok(Deletion { svc, cx, forgetting })
    }

    /// Deletes somebody with everything that is theirs, leaves of them in the log no more than the id, and has the
    /// applications told in which they were signed in. `false` means that there is nobody of this id.
    pub(super) async fn carry_out(&self, tx: &mut WriteTx, id: &UserId) -> Result<bool, InternalError> {
        if !store::users::hold_to_delete(tx, id).await? {
            return Ok(false);
        }
        crate::sessions::end_of_user(self.svc, self.cx, tx, id).await?;
        attempts::forget(tx, &Account::of_id(id)).await?;
        if !store::users::delete(tx, id, self.cx.now).await? {
            return Ok(false);
        }
        self.forgetting.forget(tx, id).await?;
        Ok(true)
    }

    /// The same, told of in the log.
    pub(super) async fn carry_out_by(&self, caller: &Caller, tx: &mut WriteTx, id: &UserId) -> Result<(), Refused> {
        if self.carry_out(tx, id).await? {
            let Deletion { svc, cx, .. } = self;
            event(svc, cx, EventType::UserDeleted).user_id(id).record(tx).await?;
            caller.event(svc, cx, "delete_user", id.as_str()).user_id(id).record(tx).await?;
        }
        Ok(())
    }
}
