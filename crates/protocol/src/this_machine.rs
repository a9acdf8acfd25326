//! Which hosts are the machine itself.

use std::net::{IpAddr, Ipv4Addr};

use url::{Host, Url};

/// Whether what is sent to this host stays on the machine that sends it: a loopback address, or a name below
/// `localhost`, which is never asked of anybody (RFC 6761 6.3).
pub fn is_this_machine(host: &Host<&str>) -> bool {
    match host {
        Host::Ipv4(address) => address.is_loopback(),
        Host::Ipv6(address) => IpAddr::V6(*address).to_canonical().is_loopback(),
        // The host of a scheme that is not the web's is never read as an address.
        Host::Domain(name) => is_localhost(name) || name.parse::<Ipv4Addr>().is_ok_and(|address| address.is_loopback()),
    }
}

/// The same for the host of an address; `false` where it has none.
pub fn stays_on_this_machine(url: &Url) -> bool {
    url.host().is_some_and(|host| is_this_machine(&host))
}

/// Whether a name means the machine itself.
pub fn is_localhost(name: &str) -> bool {
    let name = name.strip_suffix('.').unwrap_or(name).to_ascii_lowercase();
    name == "localhost" || name.ends_with(".localhost")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(address: &str, expected: bool) {
        assert_eq!(stays_on_this_machine(&Url::parse(address).unwrap()), expected, "{address}");
    }

    #[test]
    fn loopback_addresses_and_names_below_localhost_are_this_machine() {
        for address in [
            "http://localhost",
            "http://LocalHost.:3000/",
            "http://app.localhost/",
            "http://127.0.0.1:8080",
            "http://127.1/",
            "http://[::1]:1/",
            "http://[::ffff:127.0.0.1]/",
            "smtp://127.0.0.2:25",
        ] {
            check(address, true);
        }
        for address in [
            "http://localhost.example/",
            "http://notlocalhost/",
            "http://localhost@example.com/",
            "http://128.0.0.1/",
            "http://0.0.0.0/",
            "http://[::2]/",
            "http://127.0.0.1.example/",
            "mailto:ada@localhost",
        ] {
            check(address, false);
        }
    }
}
