//! The settings, section by section. The doc comments are what operators read: the reference and the JSON schema are
//! made from them.

use std::num::NonZeroU32;
use std::path::PathBuf;

use schemars::JsonSchema;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};

use super::values::{DatabaseUrl, Issuer, ListenAddress, LogFilter, Network, RedisUrl, Sender, Size, Span};

/// Everything an operator decides about one process. What an administrator decides about the deployment (clients,
/// connections, branding, lifetimes) is in the database.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// How the broker is reached.
    pub server: Server,
    /// Where everything that must last is kept.
    pub database: Database,
    /// Short-lived state that several nodes share.
    pub redis: Redis,
    /// What seals the secrets in the database.
    pub secrets: Secrets,
    /// What exists from the first start, so that everything else can be set up through the Management API.
    pub bootstrap: Bootstrap,
    /// The pages that people see.
    pub pages: Pages,
    /// How mails leave: to confirm addresses and to choose new passwords.
    pub mail: Mail,
    /// Departures from the specifications, for clients that expect what Auth0 does.
    pub compatibility: Compatibility,
    /// What one password hash costs (argon2id, RFC 9106).
    pub hashing: Hashing,
    /// How often anybody may ask, within a minute; all of it may come at once.
    pub limits: Limits,
    /// Connections to other identity systems.
    pub outgoing: Outgoing,
    /// What is logged, on the standard error stream.
    pub log: Log,
    /// What is counted and measured, at `/metrics` in the text format of Prometheus.
    pub metrics: Metrics,
}

/// How the broker is reached.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Server {
    /// The public URL, with its trailing slash: what clients know as the issuer. It is https, except on localhost, also
    /// when something in front of the broker terminates TLS. It is in every token, and tokens with
    /// another one are refused.
    pub issuer: Issuer,
    /// The address and port to listen on. Port 0 takes any free port.
    pub listen: ListenAddress,
    /// Terminates TLS in the broker. Without it, something in front has to, unless the issuer is on localhost.
    pub tls: Tls,
    /// Networks whose `X-Forwarded-For` is believed: those of your reverse proxies and of nobody else. What a proxy says
    /// of host and scheme is not needed, since the issuer has both.
    pub trusted_proxies: Vec<Network>,
    /// How long requests that were accepted may take to finish after the broker was told to stop.
    pub shutdown_timeout: Span,
    /// How many connections are open at a time; further ones wait to be accepted. The process needs as many file
    /// descriptors, and some more.
    pub max_connections: NonZeroU32,
}

impl Default for Server {
    fn default() -> Self {
        Server {
            issuer: Issuer::default(),
            listen: ListenAddress::default(),
            tls: Tls::default(),
            trusted_proxies: Vec::new(),
            shutdown_timeout: Span::seconds(30),
            max_connections: NonZeroU32::new(8192).expect("it is not zero"),
        }
    }
}

/// Terminates TLS in the broker.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Tls {
    /// PEM file with the certificate and those that lead from it to the authority. Taken up within seconds when it
    /// changes; what cannot be used is logged and leaves the former one in place. Needs `server.tls.key`.
    pub certificate: Option<PathBuf>,
    /// PEM file with the certificate's private key, readable by nobody but the broker. Needs `server.tls.certificate`.
    pub key: Option<PathBuf>,
}

/// Where everything that must last is kept.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Database {
    /// `sqlite:PATH`, a file that is created when it is missing, or `postgres://USER:PASSWORD@HOST:PORT/DATABASE`.
    pub url: DatabaseUrl,
    /// Connections that read at the same time; on Postgres, all connections of this process.
    pub readers: NonZeroU32,
}

impl Default for Database {
    fn default() -> Self {
        Database { url: DatabaseUrl::default(), readers: NonZeroU32::new(8).expect("it is not zero") }
    }
}

/// Short-lived state that several nodes share.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Redis {
    /// `redis://USER:PASSWORD@HOST:PORT/DATABASE`, or `rediss://` for TLS; version 6 or newer. With it, limits hold for
    /// all nodes together, and each hears at once what another changed. Nothing is lost with it: while it is away, each
    /// node counts for itself.
    pub url: Option<RedisUrl>,
}

/// What seals the secrets in the database.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Secrets {
    /// 32 random bytes in base64, as `openssl rand -base64 32` prints them. They seal what must be read back, such as
    /// signing keys: whoever loses them loses that, and every node on one database has the same. Required on Postgres.
    /// On SQLite, a key is otherwise made at the first start and kept beside the database, under its name with the
    /// extension `.key`.
    #[serde(skip_serializing)]
    #[schemars(with = "Option<String>")]
    pub master_key: Option<SecretString>,
    /// A file that holds the master key, readable by nobody but the broker.
    pub master_key_file: Option<PathBuf>,
}

/// What exists from the first start, so that everything else can be set up through the Management API.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Bootstrap {
    /// A machine client that may use every scope of the Management API. Created or brought up to date at each start.
    pub management_client_id: Option<String>,
    /// Its secret, of at least 16 characters.
    #[serde(skip_serializing)]
    #[schemars(with = "Option<String>")]
    pub management_client_secret: Option<SecretString>,
    /// A file that holds its secret, readable by nobody but the broker.
    pub management_client_secret_file: Option<PathBuf>,
}

/// The pages that people see.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Pages {
    /// A folder whose files replace those of the same name among the built-in pages.
    pub templates: Option<PathBuf>,
}

/// How mails leave. Without a server or a folder none does: the jobs that would send them are given up with that reason.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Mail {
    /// The mail server: `smtps://USER:PASSWORD@HOST:465`, or `smtp://USER:PASSWORD@HOST:587`, which is upgraded to TLS
    /// before anything is said. A server on this machine (`smtp://localhost:25`) is spoken to in clear, unless
    /// `?tls=required` stands behind it; any other only with `?tls=off` behind it. Characters that mean something in a URL are percent-encoded. Needs `mail.from`.
    #[serde(skip_serializing)]
    #[schemars(with = "Option<String>")]
    pub smtp_url: Option<SecretString>,
    /// A file that holds the address of the mail server, readable by nobody but the broker.
    pub smtp_url_file: Option<PathBuf>,
    /// A folder that gets each mail as an `.eml` file instead, for development and tests.
    pub folder: Option<PathBuf>,
    /// The sender, as in `Example Accounts <no-reply@example.com>`.
    pub from: Option<Sender>,
}

/// Departures from the specifications, for clients that expect what Auth0 does.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Compatibility {
    /// The status code of token errors. The error words are the same in both.
    pub token_error_status: TokenErrorStatus,
    /// Whether a client's callbacks, logout URLs and origins may have a wildcard for one subdomain:
    /// `https://*.example.com/callback` stands for every name one part longer than `example.com`, and whoever controls
    /// any of them can receive what is meant for the client. Above a public suffix, such as in `https://*.github.io`, a
    /// wildcard is refused all the same. While this is off, wildcards that were stored before stand for nothing.
    pub subdomain_wildcards: bool,
}

/// The status code of token errors.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum TokenErrorStatus {
    /// 400, and 401 for `invalid_client` (RFC 6749 5.2).
    #[default]
    Rfc,
    /// 403, where Auth0 answers 403.
    Auth0,
}

/// What one password hash costs.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Hashing {
    /// Memory for one hash. As many hashes as there are cores are made at a time. Existing hashes that cost less are
    /// renewed when their owners sign in.
    pub memory: Size,
    /// Passes over that memory.
    pub iterations: NonZeroU32,
}

impl Default for Hashing {
    fn default() -> Self {
        Hashing { memory: Size::mib(19), iterations: NonZeroU32::new(2).expect("it is not zero") }
    }
}

/// How often anybody may ask. A call too many is answered with 429 and the time to wait, and nothing of it is looked at.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// Calls a minute from one address (of IPv6, from one /64) to whatever checks a secret or a token: the token
    /// endpoint, pushed requests, revocation, introspection, userinfo, sign-up, the pages of a sign-in and the
    /// Management API. A server that redeems the codes of many people calls from one address too.
    pub calls_per_address: NonZeroU32,
    /// Authorization requests a minute from one address. Everybody behind it takes from it, with each sign-in that
    /// begins and each silent request; a request that waits for somebody is kept for an hour.
    pub authorizations_per_address: NonZeroU32,
    /// Clients a minute that register themselves from one address, where the tenant lets them. Each is kept until
    /// somebody deletes it.
    pub registrations_per_address: NonZeroU32,
    /// Passwords a minute that are tried, or set by signing up, from one address, on pages and at the token endpoint
    /// together.
    pub passwords_per_address: NonZeroU32,
    /// Passwords a minute that are tried for one account, from all addresses together, whichever name of the account is
    /// typed. The place from which its owner came in last has as many of its own.
    pub passwords_per_account: NonZeroU32,
    /// Calls a minute at the token endpoint, revocation and introspection together by one client that has proven its secret.
    pub calls_per_client: NonZeroU32,
    /// Calls of the Management API a minute by one client.
    pub management_calls_per_client: NonZeroU32,
    /// Networks whose addresses are not limited, such as that of your own servers. Accounts and clients are limited
    /// wherever they call from.
    pub exempt_networks: Vec<Network>,
}

impl Default for Limits {
    fn default() -> Self {
        let calls = |calls| NonZeroU32::new(calls).expect("it is not zero");
        Limits {
            calls_per_address: calls(3000),
            authorizations_per_address: calls(1200),
            registrations_per_address: calls(10),
            passwords_per_address: calls(100),
            passwords_per_account: calls(20),
            calls_per_client: calls(3000),
            management_calls_per_client: calls(3000),
            exempt_networks: Vec::new(),
        }
    }
}

/// Connections to other identity systems.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Outgoing {
    /// Networks that may be dialled although they are not public, such as the one of a source in your data centre.
    pub allowed_networks: Vec<Network>,
    /// Whether a source may be asked over plain http on another machine. Passwords then cross the network as they are
    /// typed.
    pub allow_http: bool,
}

/// What is logged, on the standard error stream.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Log {
    /// The form of a log line.
    pub format: LogFormat,
    /// `error`, `warn`, `info`, `debug`, `trace` or `off`; also by module, as in `info,flows=debug`.
    pub level: LogFilter,
}

/// The form of a log line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people.
    #[default]
    Pretty,
    /// One JSON object for each line.
    Json,
}

/// What is counted and measured.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Metrics {
    /// Networks that may read `/metrics`; for everybody else it does not exist. An address behind a reverse proxy counts
    /// as the proxy's own unless `server.trusted_proxies` names the proxy.
    pub allowed_networks: Vec<Network>,
}

impl Default for Metrics {
    fn default() -> Self {
        let loopback = ["127.0.0.0/8", "::1/128"];
        let networks = loopback.map(|network| network.parse().expect("loopback is a network"));
        Metrics { allowed_networks: networks.to_vec() }
    }
}
