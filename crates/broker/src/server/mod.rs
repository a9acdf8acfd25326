//! Accepts connections and speaks HTTP on them, with a bound on everything a peer can make us wait for or keep.
//!
//! HTTP/1.1 on plain connections, and over TLS whichever of HTTP/2 and HTTP/1.1 the peer asks for. What a request
//! means is decided in the router.

mod activity;
mod connection;
mod framing;
mod listener;
#[cfg(test)]
mod tests;
mod tls;

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use connection::Connection;
pub use listener::{BindError, bind};
pub use tls::{Reload, TlsCertificate, TlsError};

/// How many connections the system keeps for us until we accept them.
const QUEUE: usize = 1024;

/// A pause after a failed accept, which mostly means that the process is out of file descriptors.
const PAUSE_AFTER_FAILURE: Duration = Duration::from_millis(100);

/// How long a peer may take, and how many there may be.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Connections that are open at a time; further ones wait to be accepted.
    pub connections: usize,
    /// For the TLS handshake.
    pub handshake: Duration,
    /// From the opening of a connection to the end of the first request's head.
    pub first_request: Duration,
    /// Without any request under way. Longer than reverse proxies keep idle connections for reuse, so that it is they
    /// who close them and no request meets a closing connection.
    pub idle: Duration,
    /// For a peer that was told that its connection closes and has no request under way.
    pub closing: Duration,
}

impl Limits {
    /// The limits of a deployment that takes this many connections.
    pub fn for_connections(connections: usize) -> Self {
        Limits {
            connections,
            handshake: Duration::from_secs(10),
            first_request: Duration::from_secs(15),
            idle: Duration::from_secs(75),
            closing: Duration::from_secs(5),
        }
    }
}

/// What every connection is served with.
#[derive(Clone)]
pub struct Server {
    /// Answers requests. They carry the peer's address as `ConnectInfo<SocketAddr>`.
    pub router: Router,
    /// The certificate, where TLS is terminated here.
    pub tls: Option<Arc<TlsCertificate>>,
    /// How long a peer may take.
    pub limits: Limits,
}

/// How a server ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Drained {
    /// Everything that was accepted was answered.
    Completely,
    /// Time ran out; this many connections were cut.
    Cut(usize),
}

impl Server {
    /// Accepts until `stop`, then finishes what was accepted, for at most `patience`.
    pub async fn run(self, listener: TcpListener, stop: CancellationToken, patience: Duration) -> Drained {
        let connections = TaskTracker::new();
        let cut = CancellationToken::new();
        let places = Arc::new(Semaphore::new(self.limits.connections));
        let tls = self.tls.as_ref().map(TlsCertificate::acceptor);
        let serve = |(place, stream)| {
            let connection = Connection::new(&self.router, tls.clone(), self.limits, stop.clone());
            connections.spawn(cut.clone().run_until_cancelled_owned(async move {
                connection.serve(stream).await;
                drop(place);
            }));
        };
        while let Some(accepted) = stop.run_until_cancelled(next(&listener, &places)).await {
            serve(accepted);
        }
        // Connections in the system's queue are accepted ones for their peers. Bounded, so that peers that keep coming
        // do not put off the end.
        for _ in 0..QUEUE {
            let Some(accepted) = waiting(&listener, &places).await else { break };
            serve(accepted);
        }
        // From here on, the system refuses connections for us.
        drop(listener);
        drain(&connections, &cut, patience).await
    }
}

async fn drain(connections: &TaskTracker, cut: &CancellationToken, patience: Duration) -> Drained {
    connections.close();
    if tokio::time::timeout(patience, connections.wait()).await.is_ok() {
        return Drained::Completely;
    }
    let remaining = connections.len();
    cut.cancel();
    connections.wait().await;
    Drained::Cut(remaining)
}

/// A connection, and its place among those that may be open.
type Accepted = (OwnedSemaphorePermit, TcpStream);

/// The next connection. Nothing is lost if this is dropped while it waits.
async fn next(listener: &TcpListener, places: &Arc<Semaphore>) -> Accepted {
    let place = Arc::clone(places).acquire_owned().await.expect("nobody closes the semaphore");
    loop {
        match listener.accept().await {
            Ok((stream, _)) => return (place, stream),
            Err(error) => {
                tracing::warn!(%error, "cannot accept a connection");
                pause().await;
            }
        }
    }
}

/// A connection that is there already, if there is one and a place for it.
async fn waiting(listener: &TcpListener, places: &Arc<Semaphore>) -> Option<Accepted> {
    let place = Arc::clone(places).try_acquire_owned().ok()?;
    tokio::select! {
        biased;
        accepted = listener.accept() => Some((place, accepted.ok()?.0)),
        () = std::future::ready(()) => None,
    }
}

#[expect(clippy::disallowed_methods, reason = "without a pause, a lack of file descriptors would keep a core busy")]
async fn pause() {
    tokio::time::sleep(PAUSE_AFTER_FAILURE).await;
}
