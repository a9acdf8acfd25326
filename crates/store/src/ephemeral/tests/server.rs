//! A Redis of one test.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use ::redis::aio::MultiplexedConnection;
use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

use crate::tests::engines::server;

/// Whether this machine has one.
pub(super) fn has_redis() -> bool {
    let found = server("TEST_REDIS_URL").is_some();
    if !found {
        println!("not run: TEST_REDIS_URL is not set");
    }
    found
}

pub(super) struct RedisServer {
    folder: TempDir,
    process: Child,
}

impl RedisServer {
    /// Listens in a folder of its own, and keeps nothing.
    pub(super) fn start() -> Self {
        let folder = TempDir::new().unwrap();
        let process = launch(folder.path().join("socket"));
        RedisServer { folder, process }
    }

    pub(super) fn url(&self) -> String {
        format!("redis+unix://{}", self.folder.path().join("socket").display())
    }

    /// A connection that the code under test knows nothing of.
    pub(super) async fn raw(&self) -> MultiplexedConnection {
        let client = ::redis::Client::open(self.url()).unwrap();
        client.get_multiplexed_async_connection().await.unwrap()
    }

    pub(super) fn kill(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }

    pub(super) fn restart(&mut self) {
        self.process = launch(self.folder.path().join("socket"));
    }

    /// Keeps its connections and does nothing.
    pub(super) fn hang(&self) {
        kill_process(Pid::from_child(&self.process), Signal::STOP).unwrap();
    }

    pub(super) fn go_on(&self) {
        kill_process(Pid::from_child(&self.process), Signal::CONT).unwrap();
    }
}

impl Drop for RedisServer {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Returns when it serves, which it says.
fn launch(socket: PathBuf) -> Child {
    let mut server = Command::new("redis-server");
    server.args(["--port", "0", "--save", "", "--appendonly", "no", "--unixsocket"]).arg(socket);
    let mut process = server.stdout(Stdio::piped()).spawn().expect("redis-server runs");
    let mut said = BufReader::new(process.stdout.take().expect("a pipe")).lines();
    let ready = said.any(|line| line.is_ok_and(|line| line.contains("ready to accept connections")));
    assert!(ready, "redis-server ended");
    process
}
