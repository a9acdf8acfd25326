//! Keys that sign tokens: made at the first start, published before they sign, sealed at rest.

use std::sync::Arc;

use keys::{
    Entropy, GeneratedKey, KeySet, KeySetInvalid, KeyUnusable, PublishedKey, SealBroken, Sealer, Stage, TokenRefused,
};
use model::Timestamp;
use model::event::EventType;
use model::signing_key::{KeyState, SigningKey};
use serde_json::{Map, Value};
use store::ephemeral::Reach;
use store::{Store, StoreError};

use crate::error::OrInternal;
use crate::events::{EventBuilder, event, event_at_start};
use crate::{InternalError, RequestContext, Services};

const PURPOSE: &str = "signing key";

/// Why the stored keys cannot sign.
#[derive(Debug, thiserror::Error)]
pub enum SigningKeysUnusable {
    /// A private key does not open.
    #[error("the signing key {kid} does not open")]
    Sealed {
        /// Which.
        kid: String,
        /// Why.
        #[source]
        source: SealBroken,
    },
    /// They do not make a set.
    #[error(transparent)]
    Invalid(#[from] KeySetInvalid),
    /// A new key could not be made.
    #[error(transparent)]
    Unmade(#[from] KeyUnusable),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The work was interrupted.
    #[error("making a signing key was interrupted")]
    Interrupted,
}

/// Makes the first current and next key where there are none. Of several nodes that do so at once, one wins.
pub(crate) async fn ensure(
    cx: &RequestContext,
    store: &Store,
    sealer: &Sealer,
    entropy: &Arc<dyn Entropy>,
    issuer: &str,
) -> Result<(), SigningKeysUnusable> {
    let now = cx.now;
    let existing = store::signing_keys::list(&mut store.read().await?).await?;
    if existing.iter().any(|key| key.state == KeyState::Current) {
        return Ok(());
    }
    let (current, next) = tokio::try_join!(generate(entropy, issuer, now), generate(entropy, issuer, now))?;
    let current = sealed(sealer, &**entropy, &current, KeyState::Current, now);
    let next = sealed(sealer, &**entropy, &next, KeyState::Next, now);
    let mut tx = store.write().await?;
    let first = store::signing_keys::insert(&mut tx, &current).await?;
    if first && store::signing_keys::insert(&mut tx, &next).await? {
        let made = event_at_start(&**entropy, cx, EventType::ManagementWrite).describe("Made the first signing keys");
        made.detail("kid", current.kid.as_str()).record(&mut tx).await?;
        tx.commit().await?;
    }
    Ok(())
}

/// Makes a key on a thread where 0.3 seconds of arithmetic harm nobody.
async fn generate(
    entropy: &Arc<dyn Entropy>,
    issuer: &str,
    now: Timestamp,
) -> Result<GeneratedKey, SigningKeysUnusable> {
    let entropy = Arc::clone(entropy);
    let common_name = common_name(issuer);
    let task = tokio::task::spawn_blocking(move || GeneratedKey::generate(&*entropy, now.seconds(), &common_name));
    Ok(task.await.map_err(|_| SigningKeysUnusable::Interrupted)??)
}

/// The issuer's host, as certificates name their subject.
fn common_name(issuer: &str) -> String {
    let host = url::Url::parse(issuer).ok().and_then(|url| url.host_str().map(str::to_owned));
    host.unwrap_or_else(|| "landbridge".to_owned())
}

fn sealed(sealer: &Sealer, entropy: &dyn Entropy, key: &GeneratedKey, state: KeyState, now: Timestamp) -> SigningKey {
    SigningKey {
        kid: key.kid.clone(),
        state,
        sealed_private_key: sealer.seal(entropy, PURPOSE, &key.kid, &key.private_key),
        certificate: key.certificate.clone(),
        created_at: now,
        current_since: (state == KeyState::Current).then_some(now),
        current_until: None,
        revoked_at: None,
    }
}

/// Reads the stored keys into a set that can sign.
pub(crate) async fn load(store: &Store, sealer: &Sealer) -> Result<KeySet, SigningKeysUnusable> {
    let stored = store::signing_keys::list(&mut store.read().await?).await?;
    let published: Result<Vec<_>, _> = stored.into_iter().filter_map(|key| publish(sealer, key).transpose()).collect();
    Ok(KeySet::new(published?)?)
}

fn publish(sealer: &Sealer, key: SigningKey) -> Result<Option<PublishedKey>, SigningKeysUnusable> {
    let stage = match key.state {
        KeyState::Revoked => return Ok(None),
        KeyState::Next => Stage::Next,
        KeyState::Previous => Stage::Previous,
        KeyState::Current => {
            let opened = sealer.open(PURPOSE, &key.kid, &key.sealed_private_key);
            Stage::Current(opened.map_err(|source| SigningKeysUnusable::Sealed { kid: key.kid.clone(), source })?)
        }
    };
    Ok(Some(PublishedKey { kid: key.kid, stage, certificate: key.certificate }))
}

/// Takes up what another node or the command line changed.
pub async fn reload(svc: &Services) -> Result<(), SigningKeysUnusable> {
    let _turn = svc.reading.lock().await;
    let fresh = Arc::new(load(&svc.store, &svc.sealer).await?);
    *svc.keys.write().expect("nothing panics while it holds the lock") = fresh;
    Ok(())
}

/// Takes up what another node changed since, if anything. Reading a few ids tells, once for all who ask at a time.
pub(crate) async fn catch_up(svc: &Services) -> Result<(), SigningKeysUnusable> {
    let look = async || {
        let stored = store::signing_keys::states(&mut svc.store.read().await?).await?;
        if is_taken_up(&svc.key_set(), &stored) { Ok(()) } else { reload(svc).await }
    };
    svc.looking.after_now(look).await
}

/// The same for one caller in a second, and for nobody while word of every change comes at once: then it has been taken
/// up.
pub(crate) async fn catch_up_now_and_then(svc: &Services, now: Timestamp) -> Result<(), SigningKeysUnusable> {
    let is_heard = svc.ephemeral.reach() == Reach::Together;
    if !is_heard && svc.glances.is_due(now) { catch_up(svc).await } else { Ok(()) }
}

fn is_taken_up(taken: &KeySet, stored: &[(String, KeyState)]) -> bool {
    let current = stored.iter().find(|(_, state)| *state == KeyState::Current);
    let published = stored.iter().filter(|(_, state)| *state != KeyState::Revoked);
    taken.kids().first() == current.map(|(kid, _)| kid)
        && taken.kids().len() == published.clone().count()
        && published.into_iter().all(|(kid, _)| taken.kids().contains(kid))
}

/// Why a token of ours is not believed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum OwnTokenRefused {
    /// None of our keys signed it as a token of this type.
    #[error(transparent)]
    Untrusted(#[from] TokenRefused),
    /// The work could not be done.
    #[error(transparent)]
    Internal(#[from] InternalError),
}

/// Takes up what another node changed where a token names a key that is not known here. Whoever verifies it afterwards
/// knows every key that there is.
pub(crate) async fn meet(svc: &Services, token: &str) -> Result<(), InternalError> {
    if svc.key_set().verifier().misses_key_of(token) {
        catch_up(svc).await.or_internal("looking for the key of a token")?;
    }
    Ok(())
}

/// The claims of a token that we signed, at whichever node.
pub(crate) async fn verify(
    svc: &Services,
    token: &str,
    expected_typ: &[&str],
) -> Result<Map<String, Value>, OwnTokenRefused> {
    meet(svc, token).await?;
    Ok(svc.key_set().verifier().verify(token, expected_typ)?)
}

/// Every key there has been, oldest first.
pub async fn list(svc: &Services) -> Result<Vec<SigningKey>, InternalError> {
    Ok(store::signing_keys::list(&mut svc.store.read().await?).await?)
}

/// The next key becomes the current one, and a new next key is published. Tokens of the old one stay good. Answers
/// the key that signs now.
pub async fn rotate(svc: &Services, cx: &RequestContext) -> Result<SigningKey, InternalError> {
    let written =
        |kid: &str| event(svc, cx, EventType::ManagementWrite).describe("Rotated the signing keys").detail("kid", kid);
    rotate_with(svc, cx, written).await
}

/// The same, with the event that tells who did it. Of several who rotate at once one does, so that no key signs before
/// anybody has seen it published.
pub(crate) async fn rotate_with(
    svc: &Services,
    cx: &RequestContext,
    written: impl FnOnce(&str) -> EventBuilder,
) -> Result<SigningKey, InternalError> {
    let before = current(svc).await?;
    let next = generate(&svc.entropy, &svc.settings.issuer, cx.now).await.or_internal("making the next signing key")?;
    let next = sealed(&svc.sealer, &*svc.entropy, &next, KeyState::Next, cx.now);
    let mut tx = svc.store.write().await?;
    if store::signing_keys::replace_current(&mut tx, &before.kid, cx.now).await? {
        store::signing_keys::insert(&mut tx, &next).await?;
        written(&next.kid).record(&mut tx).await?;
        tx.commit().await?;
        svc.ephemeral.announce().await;
    }
    reload(svc).await.or_internal("taking up the rotated keys")?;
    current(svc).await
}

async fn current(svc: &Services) -> Result<SigningKey, InternalError> {
    let current = list(svc).await?.into_iter().find(|key| key.state == KeyState::Current);
    current.ok_or("no key is current").or_internal("rotating the signing keys")
}

/// What came of a revocation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyRevocation {
    /// Tokens signed by the key are worthless from now on.
    Revoked,
    /// Only a key that no longer signs can be revoked; rotate first.
    NotPrevious,
}

/// Withdraws a key that no longer signs.
pub async fn revoke(svc: &Services, cx: &RequestContext, kid: &str) -> Result<KeyRevocation, InternalError> {
    let written = event(svc, cx, EventType::ManagementWrite).describe("Revoked a signing key").detail("kid", kid);
    revoke_with(svc, cx, kid, written).await
}

/// The same, with the event that tells who did it.
pub(crate) async fn revoke_with(
    svc: &Services,
    cx: &RequestContext,
    kid: &str,
    written: EventBuilder,
) -> Result<KeyRevocation, InternalError> {
    let mut tx = svc.store.write().await?;
    if !store::signing_keys::revoke(&mut tx, kid, cx.now).await? {
        return Ok(KeyRevocation::NotPrevious);
    }
    written.record(&mut tx).await?;
    tx.commit().await?;
    svc.ephemeral.announce().await;
    reload(svc).await.or_internal("taking up the revocation")?;
    Ok(KeyRevocation::Revoked)
}
