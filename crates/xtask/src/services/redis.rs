//! A Redis that keeps nothing.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result};

use super::free_port;
use crate::runner::{Group, Runner};

pub(super) struct Redis {
    port: u16,
    _server: Group,
}

impl Redis {
    pub(super) fn start(runner: &Runner) -> Result<Self> {
        let port = free_port()?;
        let redis = Self { port, _server: Group::spawn(&mut server(port))? };
        runner.wait_until(Duration::from_secs(30), || answers(port)).context("Redis did not start")?;
        Ok(redis)
    }

    pub(super) fn url(&self) -> String {
        format!("redis://127.0.0.1:{}/", self.port)
    }
}

fn server(port: u16) -> Command {
    let mut command = Command::new("redis-server");
    command.args(["--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", "/tmp", "--port"]);
    command.arg(port.to_string()).stdout(Stdio::null());
    command
}

fn answers(port: u16) -> bool {
    let Ok(mut connection) = TcpStream::connect((Ipv4Addr::LOCALHOST, port)) else { return false };
    let mut answer = [0; 5];
    connection.set_read_timeout(Some(Duration::from_secs(1))).is_ok()
        && connection.write_all(b"PING\r\n").is_ok()
        && connection.read_exact(&mut answer).is_ok()
        && answer == *b"+PONG"
}
