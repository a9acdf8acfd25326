//! An address that leads to one server and then to another, as a virtual address or a balancer does.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU16, Ordering};
use std::thread;

use super::HERE;

/// It works in threads of its own, because tests also wait for what they ask through it.
pub(crate) struct MovingAddress {
    port: u16,
    route: Arc<Route>,
}

struct Route {
    target: AtomicU16,
    /// Whether connections to a server that is gone are left as they are.
    is_silent: AtomicBool,
}

impl MovingAddress {
    pub(super) fn of(target: u16) -> Self {
        let listener = TcpListener::bind((HERE, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let route = Arc::new(Route { target: AtomicU16::new(target), is_silent: AtomicBool::new(false) });
        let to = Arc::clone(&route);
        thread::spawn(move || listener.incoming().flatten().for_each(|client| to.carry(client)));
        MovingAddress { port, route }
    }

    pub(super) fn port(&self) -> u16 {
        self.port
    }

    /// From now on, new connections lead there.
    pub(super) fn move_to(&self, target: u16) {
        self.route.target.store(target, Ordering::SeqCst);
    }

    /// Whoever is connected to a server that goes is not told so, as when a machine loses its power.
    pub(super) fn be_silent(&self, is_silent: bool) {
        self.route.is_silent.store(is_silent, Ordering::SeqCst);
    }
}

impl Route {
    /// Whoever comes while nobody is there is hung up on.
    fn carry(self: &Arc<Self>, client: TcpStream) {
        let Ok(server) = TcpStream::connect((HERE, self.target.load(Ordering::SeqCst))) else { return };
        let _ = client.set_nodelay(true).and_then(|()| server.set_nodelay(true));
        let (Ok(to_client), Ok(to_server)) = (client.try_clone(), server.try_clone()) else { return };
        let route = Arc::clone(self);
        thread::spawn(move || route.send_on(client, to_server));
        let route = Arc::clone(self);
        thread::spawn(move || route.send_back(server, to_client));
    }

    fn send_on(&self, mut client: TcpStream, mut server: TcpStream) {
        let mut part = [0; 16 * 1024];
        while let Ok(read @ 1..) = client.read(&mut part) {
            if server.write_all(&part[..read]).is_err() && !self.is_silent.load(Ordering::SeqCst) {
                break;
            }
        }
        let _ = server.shutdown(Shutdown::Both);
    }

    fn send_back(&self, mut server: TcpStream, mut client: TcpStream) {
        let _ = std::io::copy(&mut server, &mut client);
        if !self.is_silent.load(Ordering::SeqCst) {
            let _ = client.shutdown(Shutdown::Both);
        }
    }
}
