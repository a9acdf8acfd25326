//! The long-lived handles every flow works with.

use std::sync::{Arc, RwLock};
use std::time::Duration;

use keys::{Entropy, KeySet, Sealer};
use model::settings::TenantSettings;
use protocol::subdomain_wildcards::SubdomainWildcards;
use store::Store;
use store::ephemeral::Ephemeral;
use upstream::Upstreams;

use crate::discovery::Documents;
use crate::hashing::HashPool;
use crate::limits::LimitSettings;
use crate::mail::Mailer;
use crate::seldom::Seldom;
use crate::shared_reading::SharedReading;
use crate::tally::Tallies;

/// What flows need to know that is the same for every call.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The public URL, with its trailing slash; verbatim in `iss`.
    pub issuer: String,
    /// How long an authorization code lives. At most ten minutes (RFC 6749 4.1.2).
    pub code_lifetime: Duration,
    /// How long a saved authorization request waits for somebody to sign in.
    pub pending_lifetime: Duration,
    /// Lifetime of access tokens that are for userinfo alone.
    pub userinfo_token_lifetime: Duration,
    /// How many wrong passwords from one address close an account to that address.
    pub max_failed_logins: i64,
    /// For how long, counted from the last of them.
    pub failed_login_window: Duration,
    /// Whether a client's addresses may have a wildcard.
    pub subdomain_wildcards: SubdomainWildcards,
    /// How often anybody may ask.
    pub limits: LimitSettings,
}

impl Settings {
    /// The settings of a deployment at this issuer.
    pub fn for_issuer(issuer: impl Into<String>) -> Self {
        Settings {
            issuer: issuer.into(),
            code_lifetime: Duration::from_mins(1),
            pending_lifetime: Duration::from_hours(1),
            userinfo_token_lifetime: Duration::from_hours(24),
            max_failed_logins: 10,
            failed_login_window: Duration::from_mins(15),
            subdomain_wildcards: SubdomainWildcards::Off,
            limits: LimitSettings::generous(),
        }
    }

    /// The audience of the Management API.
    pub fn management_audience(&self) -> String {
        format!("{}api/v2/", self.issuer)
    }

    /// Where grants are exchanged for tokens.
    pub fn token_endpoint(&self) -> String {
        format!("{}oauth/token", self.issuer)
    }

    /// The audience of userinfo.
    pub fn userinfo_audience(&self) -> String {
        format!("{}userinfo", self.issuer)
    }
}

/// The parts a broker is made of.
pub struct Services {
    /// The database.
    pub store: Store,
    /// Keys that sign tokens, replaced as a whole at a rotation.
    pub keys: RwLock<Arc<KeySet>>,
    /// Readings of what is held in memory come one after the other, so that none brings back what a later one saw gone.
    pub reading: tokio::sync::Mutex<()>,
    /// Looks at the database for keys that another node changed, for whoever asks at the same time.
    pub(crate) looking: SharedReading,
    /// Whose turn it is to look, of those who need not know at once.
    pub(crate) glances: Seldom,
    /// How many there are of what may be very many.
    pub(crate) tallies: Tallies,
    /// What is sent to whoever asks what there is here.
    pub(crate) documents: Documents,
    /// What the operator has set for the whole deployment; see [`crate::tenant`].
    pub tenant: RwLock<Arc<TenantSettings>>,
    /// Seals what must be read back.
    pub sealer: Sealer,
    /// Other identity systems.
    pub upstreams: Upstreams,
    /// Where passwords are hashed.
    pub hashing: HashPool,
    /// What is left of the limits, and the word between nodes.
    pub ephemeral: Ephemeral,
    /// Carries mails.
    pub mailer: Arc<dyn Mailer>,
    /// Random bytes.
    pub entropy: Arc<dyn Entropy>,
    /// What is the same for every call.
    pub settings: Settings,
}

impl Services {
    /// The keys of this moment.
    pub fn key_set(&self) -> Arc<KeySet> {
        Arc::clone(&self.keys.read().expect("nothing panics while it holds the lock"))
    }

    /// Random bytes.
    pub(crate) fn random<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        self.entropy.fill(&mut bytes);
        bytes
    }
}
