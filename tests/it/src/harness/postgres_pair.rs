//! A Postgres with a standby that has everything before it is acknowledged, behind an address that follows them.

use std::time::Duration;

use super::moving_address::MovingAddress;
use super::polling::comes_true;
use super::postgres::psql;
use super::{HERE, PostgresServer};

/// Far longer than a standby takes to follow.
const LIMIT: Duration = Duration::from_mins(1);

pub(crate) struct PostgresPair {
    address: MovingAddress,
    primary: PostgresServer,
    standby: PostgresServer,
}

impl PostgresPair {
    pub(crate) fn start() -> Self {
        let primary = PostgresServer::start();
        let standby = standby_of(&primary);
        PostgresPair { address: MovingAddress::of(primary.port()), primary, standby }
    }

    /// Where the one that writes is found, whichever it is.
    pub(crate) fn url(&self) -> String {
        format!("postgres://postgres@{HERE}:{}/postgres", self.address.port())
    }

    /// The primary is gone and the standby takes its place. For a moment the address leads to a standby that is not
    /// promoted yet. Those who were connected to a primary that goes silently hear nothing until the next failover.
    pub(crate) fn fail_over(self, is_silent: bool) -> Self {
        self.address.be_silent(is_silent);
        self.primary.kill();
        self.address.move_to(self.standby.port());
        self.standby.promote();
        self
    }

    /// After a failover: the one that was promoted gets a standby, and the one that is gone is gone for good.
    pub(crate) fn with_another_standby(self) -> Self {
        let PostgresPair { address, standby: primary, .. } = self;
        let standby = standby_of(&primary);
        PostgresPair { address, primary, standby }
    }
}

/// Commits of the primary wait for it from now on.
fn standby_of(primary: &PostgresServer) -> PostgresServer {
    let standby = PostgresServer::standby_of(primary);
    psql(&primary.url(), "ALTER SYSTEM SET synchronous_standby_names = '*'");
    psql(&primary.url(), "SELECT pg_reload_conf()");
    let is_waited_for = || psql(&primary.url(), "SELECT sync_state FROM pg_stat_replication").trim() == "sync";
    assert!(comes_true(LIMIT, is_waited_for), "not within {LIMIT:?}: commits wait for the standby");
    standby
}
