//! Bytes over a connection, as no HTTP client would send them.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// Within it, every answer is there or never comes.
const LIMIT: Duration = Duration::from_secs(30);

/// What came of it.
#[derive(Debug)]
pub(crate) struct Reply {
    /// The status, unless the broker hung up without one.
    pub(crate) status: Option<u16>,
    /// How much of the request the broker, or the system on its way to it, took.
    pub(crate) taken: usize,
}

/// Sends a head and then as much of `body`, repeated, as makes `length` bytes, for as long as the other side takes it.
pub(crate) async fn send(address: &str, head: &[u8], body: &[u8], length: usize) -> Reply {
    let (mut receiver, mut sender) = TcpStream::connect(address).await.expect("the broker listens").into_split();
    let sending = async {
        let mut taken = 0;
        let mut next = head;
        while sender.write_all(next).await.is_ok() {
            taken += next.len();
            let rest = (head.len() + length).saturating_sub(taken);
            next = &body[..body.len().min(rest)];
            if next.is_empty() {
                break;
            }
        }
        taken
    };
    let receiving = async {
        let mut answer = Vec::new();
        while !answer.windows(2).any(|pair| pair == b"\r\n") {
            let mut part = [0; 1024];
            match receiver.read(&mut part).await {
                Ok(read) if read > 0 => answer.extend_from_slice(&part[..read]),
                _ => return None,
            }
        }
        let line = String::from_utf8_lossy(&answer).into_owned();
        Some(line.split(' ').nth(1).expect("a status line").parse().expect("a status"))
    };
    let both = async { tokio::join!(sending, receiving) };
    let (taken, status) = timeout(LIMIT, both).await.expect("the broker answers or hangs up");
    Reply { status, taken }
}
