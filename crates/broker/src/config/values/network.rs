//! Networks.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use ipnet::IpNet;

use super::{Malformed, text_setting};

/// A network in CIDR notation (RFC 4632 3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network(pub IpNet);

text_setting!(Network, { "type": "string" });

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for Network {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        if let Ok(address) = text.parse::<IpAddr>() {
            let alone = IpNet::from(address);
            return Err(Malformed::new(format!("{text:?} is an address; for this one alone, write {alone}")));
        }
        let network: IpNet = text
            .parse()
            .map_err(|_| Malformed::new(format!("{text:?} is not a network such as 10.0.0.0/8 or fd00::/8")))?;
        if network != network.trunc() {
            let (inside, trunc) = (network.addr(), network.trunc());
            return Err(Malformed::new(format!("{text:?} names {inside} inside a network; write {trunc}")));
        }
        Ok(Network(network))
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{check_refused, check_taken};
    use super::*;

    #[test]
    fn a_network_is_written_in_cidr_notation() {
        for text in ["10.0.0.0/8", "127.0.0.1/32", "fd00::/8", "::1/128"] {
            check_taken::<Network>(text);
        }
        check_refused::<Network>("10.0.0.1", r#""10.0.0.1" is an address; for this one alone, write 10.0.0.1/32"#);
        check_refused::<Network>("10.0.0.1/8", r#""10.0.0.1/8" names 10.0.0.1 inside a network; write 10.0.0.0/8"#);
        for text in ["", "private", "10.0.0.0/33", "10.0.0/8"] {
            check_refused::<Network>(text, &format!("{text:?} is not a network such as 10.0.0.0/8 or fd00::/8"));
        }
    }
}
