//! The released binary, by its command line and over HTTP, and by nothing else: what holds here holds for whoever
//! downloads it. Each test has a broker of its own, on a fresh database; those where the database can make a difference
//! run on both.
//!
//! `LANDBRIDGE_BIN` names the binary, `TEST_DATABASE_URL` a Postgres server, and `ARTEFACTS` a folder for the logs of
//! brokers whose test failed. `TEST_REDIS_URL`, whatever it holds, says that tests may start a `redis-server`. A test
//! that lacks what it wants says that it is not run, and fails where `LEAVE_NO_TEST_OUT` is set.
//! `IMPORT_PEOPLE`, `TORTURE_CYCLES`, `ROUNDS`, `LIFE_SEQUENCES`, `SOAK_MINUTES`, `FAILOVERS`, `POWER_CUTS`,
//! `OUTAGE_MINUTES`, `TIMING_SAMPLES`, `SPEED_SECONDS`, `PEOPLE` and `CROWD` make some of them longer or shorter.

#![expect(clippy::unwrap_used, reason = "a step that fails is a test that fails")]

mod bad_input;
mod exactly_once;
mod flood;
mod harness;
mod importing;
mod life_of_a_grant;
mod losing_postgres;
mod operations;
mod power_cut;
mod refresh_tokens;
mod setting_up;
mod several_nodes;
mod soak;
mod source_outage;
mod speed;
mod the_lying_source;
mod the_move;
mod timing;
mod torture;
