//! Where to listen.

use std::fmt;
use std::net::{Ipv4Addr, SocketAddr};
use std::str::FromStr;

use super::{Malformed, text_setting};

/// An address and a port of this machine. Port 0 takes any free one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ListenAddress(pub SocketAddr);

text_setting!(ListenAddress, { "type": "string" });

impl Default for ListenAddress {
    fn default() -> Self {
        ListenAddress((Ipv4Addr::LOCALHOST, 3000).into())
    }
}

impl fmt::Display for ListenAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for ListenAddress {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        text.parse().map(ListenAddress).map_err(|_| {
            Malformed::new(format!(
                "{text:?} is not an address with a port; write 127.0.0.1:3000, or 0.0.0.0:3000 for all of this machine"
            ))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{check_refused, check_taken};
    use super::*;

    #[test]
    fn an_address_has_a_port() {
        check_taken::<ListenAddress>("127.0.0.1:3000");
        check_taken::<ListenAddress>("[::]:443");
        for text in ["", "3000", "localhost:3000", "127.0.0.1", "127.0.0.1:70000"] {
            let expected = format!(
                "{text:?} is not an address with a port; write 127.0.0.1:3000, or 0.0.0.0:3000 for all of this machine"
            );
            check_refused::<ListenAddress>(text, &expected);
        }
    }
}
