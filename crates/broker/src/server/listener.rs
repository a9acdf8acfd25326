//! Taking an address.

use std::io;
use std::net::SocketAddr;

use thiserror::Error;
use tokio::net::TcpListener;

/// The address cannot be listened on.
#[derive(Debug, Error)]
#[error("cannot listen on {address}: {}", advice(cause))]
pub struct BindError {
    address: SocketAddr,
    cause: io::Error,
}

/// Takes the address.
pub async fn bind(address: SocketAddr) -> Result<TcpListener, BindError> {
    TcpListener::bind(address).await.map_err(|cause| BindError { address, cause })
}

fn advice(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::AddrInUse => {
            "another process does so already; stop it, or set server.listen to another port".to_owned()
        }
        io::ErrorKind::AddrNotAvailable => {
            "this machine has no such address; set server.listen to one it has, or to 0.0.0.0 for all".to_owned()
        }
        io::ErrorKind::PermissionDenied => {
            "ports below 1024 need a permission (CAP_NET_BIND_SERVICE); set server.listen to a higher port".to_owned()
        }
        _ => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_address_in_use_is_named() {
        let holder = bind("127.0.0.1:0".parse().unwrap()).await.unwrap();
        let address = holder.local_addr().unwrap();
        assert_eq!(
            bind(address).await.unwrap_err().to_string(),
            format!(
                "cannot listen on {address}: another process does so already; stop it, or set server.listen to another \
                 port"
            )
        );
    }

    #[tokio::test]
    async fn an_address_of_another_machine_is_named() {
        assert_eq!(
            bind("192.0.2.1:3000".parse().unwrap()).await.unwrap_err().to_string(),
            "cannot listen on 192.0.2.1:3000: this machine has no such address; set server.listen to one it has, or to \
             0.0.0.0 for all"
        );
    }
}
