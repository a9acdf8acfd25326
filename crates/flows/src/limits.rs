//! How often anybody may ask: limits for each address, account and client, decided before anything slow is done.
//!
//! A call too many says nothing about a password: it is not counted as a wrong one, reaches neither database write nor
//! hash, and leaves no event. Wrong passwords themselves are counted in `login::attempts`, in SQL.

use std::net::IpAddr;
use std::num::NonZeroU32;

use ipnet::IpNet;
use model::ClientId;
use model::user::User;
pub use protocol::rate_limit::{Limited, RateLimit, Standing};
use store::ephemeral::{BucketName, Ephemeral};

use crate::login::attempts::Account;
use crate::{RequestContext, Services};

/// The limits of a deployment. Each is so many within a minute, of which all may come at once.
#[derive(Clone, Debug)]
pub struct LimitSettings {
    /// Calls at endpoints that check a secret or a token, from one address.
    pub calls_per_address: RateLimit,
    /// Authorization requests from one address. Each may be kept until somebody has signed in.
    pub authorizations_per_address: RateLimit,
    /// Clients that register themselves from one address. Each is kept for good.
    pub registrations_per_address: RateLimit,
    /// Passwords that are tried or set, from one address.
    pub passwords_per_address: RateLimit,
    /// Passwords that are tried for one account, from all addresses together.
    pub passwords_per_account: RateLimit,
    /// Calls of one client that has proven its secret.
    pub calls_per_client: RateLimit,
    /// Calls of the Management API by one client.
    pub management_calls_per_client: RateLimit,
    /// Networks whose addresses are not limited. Accounts and clients are, wherever they come from.
    pub exempt_networks: Vec<IpNet>,
}

impl LimitSettings {
    /// More than anybody calls, for whoever sets only the limits that matter to them.
    pub fn generous() -> Self {
        let limit = RateLimit::per_minute(NonZeroU32::MAX);
        LimitSettings {
            calls_per_address: limit,
            authorizations_per_address: limit,
            registrations_per_address: limit,
            passwords_per_address: limit,
            passwords_per_account: limit,
            calls_per_client: limit,
            management_calls_per_client: limit,
            exempt_networks: Vec::new(),
        }
    }
}

/// Whose calls are limited.
pub(crate) enum Subject<'a> {
    /// Everybody behind one address.
    Address(Option<IpAddr>),
    /// The same, with authorization requests.
    AuthorizationsFrom(Option<IpAddr>),
    /// The same, registering clients.
    RegistrationsFrom(Option<IpAddr>),
    /// The same, trying or setting passwords.
    PasswordsFrom(Option<IpAddr>),
    /// An account somebody tries to come into.
    Account {
        account: &'a Account,
        /// From where its owner came in last. Strangers cannot use up what is left for that place.
        from_usual_place: bool,
    },
    /// A client.
    Client(&'a ClientId),
    /// A client at the Management API.
    Caller(&'a ClientId),
    /// Strangers in the name of a client.
    Traces(&'a ClientId),
}

impl Subject<'_> {
    fn label(&self) -> &'static str {
        match self {
            Subject::Address(_) => "address",
            Subject::AuthorizationsFrom(_) => "address_authorizations",
            Subject::RegistrationsFrom(_) => "address_registrations",
            Subject::PasswordsFrom(_) => "address_passwords",
            Subject::Account { .. } => "account",
            Subject::Client(_) => "client",
            Subject::Caller(_) => "management",
            Subject::Traces(_) => "traces",
        }
    }

    fn limit(&self, settings: &LimitSettings) -> RateLimit {
        match self {
            Subject::Address(_) => settings.calls_per_address,
            Subject::AuthorizationsFrom(_) => settings.authorizations_per_address,
            Subject::RegistrationsFrom(_) => settings.registrations_per_address,
            Subject::PasswordsFrom(_) => settings.passwords_per_address,
            Subject::Account { .. } => settings.passwords_per_account,
            Subject::Client(_) => settings.calls_per_client,
            Subject::Caller(_) => settings.management_calls_per_client,
            Subject::Traces(_) => RateLimit::per_minute(TRACES),
        }
    }

    fn name(&self) -> String {
        let own = match self {
            Subject::Address(peer)
            | Subject::AuthorizationsFrom(peer)
            | Subject::RegistrationsFrom(peer)
            | Subject::PasswordsFrom(peer) => network_of(*peer),
            Subject::Account { account, from_usual_place } => format!("{from_usual_place} {}", account.name()),
            Subject::Client(client) | Subject::Caller(client) | Subject::Traces(client) => client.to_string(),
        };
        format!("{} {own}", self.label())
    }

    fn is_exempt(&self, settings: &LimitSettings) -> bool {
        let (Subject::Address(peer)
        | Subject::AuthorizationsFrom(peer)
        | Subject::RegistrationsFrom(peer)
        | Subject::PasswordsFrom(peer)) = self
        else {
            return false;
        };
        peer.is_some_and(|peer| settings.exempt_networks.iter().any(|network| network.contains(&peer)))
    }
}

/// How many refusals in the name of one client are recorded within a minute.
const TRACES: NonZeroU32 = NonZeroU32::new(10).expect("it is not zero");

/// Whether a refusal in the name of this client is still to be recorded, which anybody can bring about.
pub(crate) async fn may_leave_trace(svc: &Services, cx: &RequestContext, client: &ClientId) -> bool {
    let subject = Subject::Traces(client);
    // Not taken from a call, so that it is not counted as one too many.
    svc.ephemeral.take(&bucket_of(svc, &subject), subject.limit(&svc.settings.limits), cx.now).await.is_ok()
}

/// Takes the call from what its address may do.
pub async fn take_call(svc: &Services, cx: &RequestContext) -> Result<Standing, Limited> {
    take(svc, cx, &Subject::Address(cx.peer)).await
}

/// Takes an authorization request from what its address may send.
pub async fn take_authorization(svc: &Services, cx: &RequestContext) -> Result<Standing, Limited> {
    take(svc, cx, &Subject::AuthorizationsFrom(cx.peer)).await
}

/// Takes the registration of a client from what its address may bring.
pub async fn take_registration(svc: &Services, cx: &RequestContext) -> Result<Standing, Limited> {
    take(svc, cx, &Subject::RegistrationsFrom(cx.peer)).await
}

/// Takes a call, and counts it if it is one too many.
pub(crate) async fn take(svc: &Services, cx: &RequestContext, subject: &Subject<'_>) -> Result<Standing, Limited> {
    let settings = &svc.settings.limits;
    let limit = subject.limit(settings);
    if subject.is_exempt(settings) {
        return Ok(Ephemeral::untouched(limit, cx.now));
    }
    svc.ephemeral.take(&bucket_of(svc, subject), limit, cx.now).await.inspect_err(|_| {
        metrics::counter!("landbridge_limited_total", "limit" => subject.label()).increment(1);
    })
}

/// Names may hold addresses of people, and Redis is for whoever operates it to read.
fn bucket_of(svc: &Services, subject: &Subject<'_>) -> BucketName {
    svc.sealer.keyed_digest("bucket of a limit", subject.name().as_bytes())
}

/// Whether a person comes from where they came in last.
pub(crate) fn is_usual_place(user: &User, peer: Option<IpAddr>) -> bool {
    let last = user.last_ip.as_deref().and_then(|address| address.parse::<IpAddr>().ok());
    last.is_some() && network_of(last) == network_of(peer)
}

/// What an address is counted as. Of IPv6 the network: everybody has a whole /64 to choose addresses from.
pub(crate) fn network_of(peer: Option<IpAddr>) -> String {
    match peer.map(|address| address.to_canonical()) {
        None => "unknown".to_owned(),
        Some(IpAddr::V4(address)) => address.to_string(),
        Some(IpAddr::V6(address)) => {
            let [a, b, c, d, ..] = address.segments();
            format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(address: &str, expected: &str) {
        assert_eq!(network_of(Some(address.parse().unwrap())), expected);
    }

    #[test]
    fn rl_05_addresses_of_one_customer_count_as_one() {
        check("203.0.113.7", "203.0.113.7");
        check("::ffff:203.0.113.7", "203.0.113.7");
        check("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64");
        check("2001:db8:1:2::1", "2001:db8:1:2::/64");
        check("2001:db8:1:3::1", "2001:db8:1:3::/64");
    }

    #[test]
    fn subjects_of_one_name_have_buckets_of_their_own() {
        let client = ClientId::new("a");
        assert_ne!(Subject::Client(&client).name(), Subject::Caller(&client).name());
        let peer = Some(IpAddr::from([203, 0, 113, 7]));
        let of_peer = [
            Subject::Address(peer),
            Subject::AuthorizationsFrom(peer),
            Subject::RegistrationsFrom(peer),
            Subject::PasswordsFrom(peer),
        ];
        let names = of_peer.map(|subject| subject.name());
        assert_eq!(names.iter().collect::<std::collections::BTreeSet<_>>().len(), names.len());
    }
}
