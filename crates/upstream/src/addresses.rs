//! Which network addresses may be dialled on behalf of somebody who configured a URL.

use std::error::Error;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;

use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use protocol::this_machine::is_localhost;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use thiserror::Error;
use url::Host;

/// What no server on the public internet has as its address (IANA special-purpose registries, RFC 6890).
const NOT_PUBLIC_V4: [Ipv4Net; 15] = [
    v4(0, 0, 0, 0, 8),
    v4(10, 0, 0, 0, 8),
    v4(100, 64, 0, 0, 10),
    v4(127, 0, 0, 0, 8),
    v4(169, 254, 0, 0, 16),
    v4(172, 16, 0, 0, 12),
    v4(192, 0, 0, 0, 24),
    v4(192, 0, 2, 0, 24),
    v4(192, 88, 99, 0, 24),
    v4(192, 168, 0, 0, 16),
    v4(198, 18, 0, 0, 15),
    v4(198, 51, 100, 0, 24),
    v4(203, 0, 113, 0, 24),
    v4(224, 0, 0, 0, 4),
    v4(240, 0, 0, 0, 4),
];

/// Global unicast; all else of IPv6 is local, mapped or reserved.
const PUBLIC_V6: Ipv6Net = v6([0x2000, 0], 3);

/// Protocol assignments (Teredo among them), documentation and 6to4 within global unicast. They lead to
/// addresses that are not the ones written down.
const NOT_PUBLIC_V6: [Ipv6Net; 4] =
    [v6([0x2001, 0], 23), v6([0x2001, 0xdb8], 32), v6([0x2002, 0], 16), v6([0x3fff, 0], 20)];

/// The well-known prefix behind which a translator reaches IPv4 (RFC 6052 2.1).
const NAT64: Ipv6Net = v6([0x64, 0xff9b], 96);

const fn v4(a: u8, b: u8, c: u8, d: u8, prefix: u8) -> Ipv4Net {
    Ipv4Net::new_assert(Ipv4Addr::new(a, b, c, d), prefix)
}

const fn v6([a, b]: [u16; 2], prefix: u8) -> Ipv6Net {
    Ipv6Net::new_assert(Ipv6Addr::new(a, b, 0, 0, 0, 0, 0, 0), prefix)
}

/// Every address is in a network the operator has not allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("the address is in a network that is not public and not allowed")]
pub(crate) struct AddressRefused;

/// Public addresses, and the networks an operator names.
#[derive(Clone, Debug)]
pub(crate) struct AddressPolicy {
    allowed: Arc<[IpNet]>,
}

impl AddressPolicy {
    pub(crate) fn new(allowed: &[IpNet]) -> Self {
        AddressPolicy { allowed: allowed.into() }
    }

    pub(crate) fn permits(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        is_public(address) || self.allowed.iter().any(|network| network.contains(&address))
    }

    /// Refuses a host that needs no look-up and may not be dialled. Names that do are checked when they are
    /// resolved, so that the address that was checked is the one that is dialled.
    pub(crate) fn check_host(&self, host: &Host<&str>) -> Result<(), AddressRefused> {
        let permitted = match host {
            Host::Ipv4(address) => self.permits(IpAddr::V4(*address)),
            Host::Ipv6(address) => self.permits(IpAddr::V6(*address)),
            Host::Domain(name) if is_localhost(name) => LOCALHOST.into_iter().any(|address| self.permits(address)),
            Host::Domain(_) => true,
        };
        if permitted { Ok(()) } else { Err(AddressRefused) }
    }

    fn filter(&self, addresses: impl IntoIterator<Item = SocketAddr>) -> Result<Vec<SocketAddr>, AddressRefused> {
        let (permitted, refused): (Vec<_>, Vec<_>) =
            addresses.into_iter().partition(|address| self.permits(address.ip()));
        if permitted.is_empty() && !refused.is_empty() { Err(AddressRefused) } else { Ok(permitted) }
    }
}

/// What `localhost` means without asking anybody (RFC 6761 6.3).
const LOCALHOST: [IpAddr; 2] = [IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V6(Ipv6Addr::LOCALHOST)];

fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => !NOT_PUBLIC_V4.iter().any(|network| network.contains(&address)),
        IpAddr::V6(address) if NAT64.contains(&address) => is_public(IpAddr::V4(last_four_bytes(address))),
        IpAddr::V6(address) => {
            PUBLIC_V6.contains(&address) && !NOT_PUBLIC_V6.iter().any(|network| network.contains(&address))
        }
    }
}

fn last_four_bytes(address: Ipv6Addr) -> Ipv4Addr {
    let [.., a, b, c, d] = address.octets();
    Ipv4Addr::new(a, b, c, d)
}

/// Resolves names and gives out only what the policy permits.
pub(crate) struct FilteringResolver(pub(crate) AddressPolicy);

impl Resolve for FilteringResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let policy = self.0.clone();
        Box::pin(async move {
            let found = look_up(name.as_str()).await?;
            let permitted = policy.filter(found)?;
            Ok(Box::new(permitted.into_iter()) as Addrs)
        })
    }
}

async fn look_up(name: &str) -> Result<Vec<SocketAddr>, Box<dyn Error + Send + Sync>> {
    // Port zero is replaced by the URL's.
    if is_localhost(name) {
        return Ok(LOCALHOST.map(|address| SocketAddr::new(address, 0)).to_vec());
    }
    Ok(tokio::net::lookup_host((name, 0)).await?.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policy(allowed: &[&str]) -> AddressPolicy {
        AddressPolicy::new(&allowed.iter().map(|network| network.parse().expect("a network")).collect::<Vec<_>>())
    }

    fn check(allowed: &[&str], address: &str, expected: bool) {
        let parsed: IpAddr = address.parse().expect(address);
        assert_eq!(policy(allowed).permits(parsed), expected, "{address} with {allowed:?}");
    }

    #[test]
    fn public_addresses_are_permitted() {
        for address in ["1.1.1.1", "172.32.0.1", "100.128.0.1", "2606:4700::1111", "2001:4860:4860::8888"] {
            check(&[], address, true);
        }
        check(&[], "64:ff9b::808:808", true);
    }

    #[test]
    fn addresses_that_are_not_public_are_refused() {
        for address in [
            "127.0.0.1",
            "0.0.0.0",
            "10.1.2.3",
            "100.64.0.1",
            "169.254.169.254",
            "172.31.255.255",
            "192.168.0.1",
            "198.19.0.1",
            "224.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "::127.0.0.1",
            "64:ff9b::a9fe:a9fe",
            "64:ff9b:1::808:808",
            "2002:7f00:1::",
            "2001:0:1::1",
            "2001:db8::1",
            "fc00::1",
            "fd12::1",
            "fe80::1",
            "ff02::1",
        ] {
            check(&[], address, false);
        }
    }

    #[test]
    fn an_operator_allows_networks_by_name_and_no_others() {
        check(&["10.1.0.0/16"], "10.1.2.3", true);
        check(&["10.1.0.0/16"], "::ffff:10.1.2.3", true);
        check(&["10.1.0.0/16"], "10.2.0.1", false);
        check(&["127.0.0.0/8"], "::1", false);
        check(&["::1/128"], "::1", true);
    }

    #[test]
    fn of_a_mixed_look_up_only_the_permitted_addresses_are_dialled() {
        let found = ["127.0.0.1:0", "1.1.1.1:0", "[fd00::1]:0"].map(|text| text.parse().expect(text));
        assert_eq!(policy(&[]).filter(found), Ok(vec!["1.1.1.1:0".parse().expect("an address")]));
        assert_eq!(policy(&[]).filter([found[0]]), Err(AddressRefused));
    }

    #[tokio::test]
    async fn names_of_this_machine_are_not_looked_up_elsewhere() {
        for name in ["localhost", "LOCALHOST.", "old.localhost"] {
            let resolver = FilteringResolver(policy(&["127.0.0.0/8"]));
            let found: Vec<_> = resolver.resolve(name.parse().expect(name)).await.expect(name).collect();
            assert_eq!(found, vec!["127.0.0.1:0".parse().expect("an address")], "{name}");
            let strict = FilteringResolver(policy(&[]));
            assert!(strict.resolve(name.parse().expect(name)).await.is_err(), "{name}");
        }
    }
}
