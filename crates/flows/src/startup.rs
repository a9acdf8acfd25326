//! From parts to a broker that can serve: the master key is proven, signing keys exist, what must be in the database
//! is there.

use std::sync::{Arc, RwLock};

use keys::{Entropy, SealBroken, Sealer};
use model::Timestamp;
use store::ephemeral::{Ephemeral, RedisSettings, RedisUrlRefused};
use store::{Store, StoreError};
use tokio::sync::Mutex;
use upstream::Upstreams;

use crate::bootstrap::{self, BootstrapClient};
use crate::discovery::Documents;
use crate::hashing::HashPool;
use crate::mail::Mailer;
use crate::seldom::Seldom;
use crate::shared_reading::SharedReading;
use crate::signing_keys::{self, SigningKeysUnusable};
use crate::tally::Tallies;
use crate::{InternalError, RequestContext, Services, Settings, tenant};

const CHECK_PURPOSE: &str = "master key check";
const CHECK_TEXT: &[u8] = b"landbridge";

/// What a broker is made of.
pub struct Parts {
    /// The database, opened.
    pub store: Store,
    /// What several nodes share besides, if anything: `redis://…` or `rediss://…`.
    pub redis_url: Option<String>,
    /// Seals what must be read back.
    pub sealer: Sealer,
    /// Other identity systems.
    pub upstreams: Upstreams,
    /// Where passwords are hashed.
    pub hashing: HashPool,
    /// Carries mails.
    pub mailer: Arc<dyn Mailer>,
    /// Random bytes.
    pub entropy: Arc<dyn Entropy>,
    /// What is the same for every call.
    pub settings: Settings,
    /// The machine client that may do everything, if one is configured.
    pub bootstrap: Option<BootstrapClient>,
}

/// Why a broker does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartRefused {
    /// The database was sealed under another master key.
    #[error(
        "the master key is not the one this database was created with; nothing was changed. Set secrets.master_key (or \
         secrets.master_key_file) to the original key, or restore the key file that belongs to this database"
    )]
    WrongMasterKey,
    /// The signing keys cannot be used.
    #[error("the signing keys in the database cannot be used")]
    SigningKeys(#[from] SigningKeysUnusable),
    /// The database failed.
    #[error("the database failed during start")]
    Store(#[from] StoreError),
    /// Redis cannot be used as it is written. One that is away is no reason.
    #[error(transparent)]
    Redis(#[from] RedisUrlRefused),
    /// Something else failed.
    #[error("the broker could not start")]
    Internal(#[from] InternalError),
}

/// Makes the parts ready to serve. Several nodes may do so at once on one database.
pub async fn start(parts: Parts, now: Timestamp) -> Result<Services, StartRefused> {
    let cx = RequestContext::own(now, "start");
    prove_master_key(&parts).await?;
    signing_keys::ensure(&cx, &parts.store, &parts.sealer, &parts.entropy, &parts.settings.issuer).await?;
    let keys = signing_keys::load(&parts.store, &parts.sealer).await?;
    let redis =
        parts.redis_url.map(|url| RedisSettings { url, deployment: deployment(&parts.sealer, &parts.settings) });
    let services = Services {
        ephemeral: Ephemeral::new(redis)?,
        store: parts.store,
        keys: RwLock::new(Arc::new(keys)),
        reading: Mutex::default(),
        looking: SharedReading::default(),
        glances: Seldom::default(),
        tallies: Tallies::default(),
        documents: Documents::of(&parts.settings.issuer),
        tenant: RwLock::default(),
        sealer: parts.sealer,
        upstreams: parts.upstreams,
        hashing: parts.hashing,
        mailer: parts.mailer,
        entropy: parts.entropy,
        settings: parts.settings,
    };
    bootstrap::ensure(&services, &cx, parts.bootstrap).await?;
    tenant::reload(&services).await?;
    Ok(services)
}

/// The same on every node of a deployment, and on no other.
fn deployment(sealer: &Sealer, settings: &Settings) -> String {
    hex::encode(&sealer.keyed_digest("name of the deployment", settings.issuer.as_bytes())[..8])
}

/// The first start leaves a known text in the database, sealed; every later one must be able to open it.
async fn prove_master_key(parts: &Parts) -> Result<(), StartRefused> {
    if let Some(sealed) = store::settings::master_key_check(&mut parts.store.read().await?).await? {
        return open_check(&parts.sealer, &sealed);
    }
    let sealed = hex::encode(parts.sealer.seal(&*parts.entropy, CHECK_PURPOSE, "", CHECK_TEXT));
    let mut tx = parts.store.write().await?;
    let was_first = store::settings::put_master_key_check(&mut tx, &sealed).await?;
    tx.commit().await?;
    if was_first {
        return Ok(());
    }
    let other = store::settings::master_key_check(&mut parts.store.read().await?).await?;
    open_check(&parts.sealer, &other.unwrap_or_default())
}

fn open_check(sealer: &Sealer, check: &str) -> Result<(), StartRefused> {
    let opened = hex::decode(check).map_err(|_| SealBroken::Damaged).and_then(|s| sealer.open(CHECK_PURPOSE, "", &s));
    opened.map(|_| ()).map_err(|_| StartRefused::WrongMasterKey)
}
