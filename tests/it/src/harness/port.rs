//! Ports that nobody else takes while we think about them.

use std::net::SocketAddr;

use tokio::net::TcpSocket;

use super::HERE;

/// A port that is bound and not listened on: connections to it are refused until somebody, who has to say
/// `SO_REUSEADDR` as servers do, begins to listen. Nobody who asks for any free port gets this one.
pub(crate) struct Port {
    number: u16,
    _socket: TcpSocket,
}

impl Port {
    pub(crate) fn reserve() -> Self {
        let socket = TcpSocket::new_v4().unwrap();
        socket.set_reuseaddr(true).unwrap();
        socket.bind(SocketAddr::from((HERE, 0))).unwrap();
        Port { number: socket.local_addr().unwrap().port(), _socket: socket }
    }

    pub(crate) fn number(&self) -> u16 {
        self.number
    }
}
