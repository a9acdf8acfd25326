//! What the tests have in their hands: brokers that run as processes, and those who talk to them.

mod admin;
mod answer;
mod application;
mod broker;
mod browser;
mod certificates;
mod engine;
mod figure;
mod file_trace;
mod import;
mod installation;
mod lying_source;
mod machine;
mod moving_address;
mod nodes;
mod not_run;
mod polling;
mod port;
mod postgres;
mod postgres_pair;
mod postgres_server;
mod process;
mod processors;
pub(crate) mod raw;
mod redis_server;
pub(crate) mod times;
mod usage;
mod wanted;

pub(crate) use admin::{Admin, Source, user_path};
pub(crate) use answer::Answer;
pub(crate) use application::{Application, LoginPage, Tokens, kid_of};
pub(crate) use broker::Broker;
pub(crate) use browser::Browser;
pub(crate) use certificates::Authority;
pub(crate) use engine::{Engine, on_each_engine};
pub(crate) use figure::figure;
pub(crate) use file_trace::can_trace_files;
pub(crate) use import::Imported;
pub(crate) use installation::{BOOTSTRAP_SECRET, Installation};
pub(crate) use lying_source::{LyingSource, SOURCE_SECRET, Says};
pub(crate) use machine::Machine;
pub(crate) use nodes::Nodes;
pub(crate) use not_run::not_run;
pub(crate) use polling::until;
pub(crate) use port::Port;
pub(crate) use postgres::server_cpu;
pub(crate) use postgres_pair::PostgresPair;
pub(crate) use postgres_server::PostgresServer;
pub(crate) use processors::apart;
pub(crate) use redis_server::RedisServer;
pub(crate) use usage::own_cpu;
pub(crate) use wanted::wanted;

use std::net::Ipv4Addr;
use std::time::Duration;

use serde_json::Value;

/// Where everything listens.
pub(crate) const HERE: Ipv4Addr = Ipv4Addr::LOCALHOST;

/// How long a source may be waited for at most. Tests in which it answers leave it that long, however slow the machine.
pub(crate) const LONGEST_TIMEOUT_MS: u64 = 30_000;

/// The password of people in these tests, where it does not matter which.
pub(crate) const PASSWORD: &str = "korrekt-Pferd-Batterie-7";

/// Far longer than any answer takes, so that one that never comes fails the test that waits for it.
const REQUEST_LIMIT: Duration = Duration::from_mins(5);

/// Less than a broker keeps a connection open that nobody uses: a request that meets its end is not sent again.
const REUSED_WITHIN: Duration = Duration::from_secs(30);

/// A client that follows no redirects.
pub(crate) fn http() -> reqwest::Client {
    http_builder().build().expect("a client without wishes")
}

/// The same, for those who want more of it.
pub(crate) fn http_builder() -> reqwest::ClientBuilder {
    // Brokers listen on IPv4 alone; trying ::1 first would be one more connection for each request.
    reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .timeout(REQUEST_LIMIT)
        .pool_idle_timeout(REUSED_WITHIN)
        .resolve("localhost", (HERE, 0).into())
}

/// An object with the members of another laid over its own.
pub(crate) fn with(mut object: Value, more: &Value) -> Value {
    for (name, value) in more.as_object().into_iter().flatten() {
        object[name] = value.clone();
    }
    object
}
