//! A Redis of one test, which may come and go.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use super::process::kill;
use super::{HERE, Port, not_run};

pub(crate) struct RedisServer {
    port: Port,
    process: Option<Child>,
}

impl RedisServer {
    /// Whether the tests may expect `redis-server` on this machine. Says so where a test is not run without it.
    #[expect(clippy::disallowed_methods, reason = "says what the tests may use")]
    pub(super) fn is_at_hand() -> bool {
        let is_there = std::env::var_os("TEST_REDIS_URL").is_some();
        if !is_there {
            not_run("TEST_REDIS_URL is not set");
        }
        is_there
    }

    pub(crate) fn start() -> Self {
        let mut server = RedisServer { port: Port::reserve(), process: None };
        server.go_on();
        server
    }

    pub(crate) fn url(&self) -> String {
        format!("redis://{HERE}:{}/", self.port.number())
    }

    /// Ends it, and all it knew.
    pub(crate) fn kill(&mut self) {
        kill(&mut self.process.take().expect("it runs"));
    }

    /// Starts it anew, empty. Returns when it serves, which it says.
    pub(crate) fn go_on(&mut self) {
        let mut server = Command::new("redis-server");
        let (address, port) = (HERE.to_string(), self.port.number().to_string());
        server.args(["--bind", &address, "--port", &port, "--save", "", "--appendonly", "no", "--dir", "/tmp"]);
        let process = server.stdout(Stdio::piped()).spawn().expect("redis-server runs");
        // Before anything can fail that would leave it behind.
        let process = self.process.insert(process);
        let mut said = BufReader::new(process.stdout.take().expect("a pipe")).lines();
        let ready = said.any(|line| line.is_ok_and(|line| line.to_lowercase().contains("ready to accept connections")));
        assert!(ready, "redis-server ended");
    }
}

impl Drop for RedisServer {
    fn drop(&mut self) {
        if let Some(process) = &mut self.process {
            kill(process);
        }
    }
}
