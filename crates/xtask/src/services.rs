//! The servers the tests talk to, each on a free loopback port with its data in a folder of its own.

use std::net::{Ipv4Addr, TcpListener};

use anyhow::{Context, Result};

use crate::runner::Runner;

use self::postgres::Postgres;
use self::redis::Redis;

mod postgres;
mod redis;

/// Has a test that lacks a server fail, instead of saying that it is not run.
pub(crate) const LEAVE_NO_TEST_OUT: (&str, &str) = ("LEAVE_NO_TEST_OUT", "1");

/// Dropping it stops both and deletes what they stored.
pub(crate) struct Services {
    postgres: Postgres,
    redis: Redis,
}

impl Services {
    pub(crate) fn start(runner: &Runner) -> Result<Self> {
        Ok(Self { postgres: Postgres::start(runner)?, redis: Redis::start(runner)? })
    }

    /// How the tests find them.
    pub(crate) fn environment(&self) -> [(&'static str, String); 2] {
        [("TEST_DATABASE_URL", self.postgres.url()), ("TEST_REDIS_URL", self.redis.url())]
    }
}

/// A port nobody listens on at this moment.
fn free_port() -> Result<u16> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).context("no free port")?;
    Ok(listener.local_addr().context("no free port")?.port())
}
