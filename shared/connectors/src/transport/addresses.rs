//! Which addresses may be asked where an organization names them itself: feeds, and vendors of its own. They must not reach inwards.
//!
//! Checked after name resolution and for every redirect, and the connection goes to exactly the address that was checked.
//! Ranges: the IANA special-purpose address registries.

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use std::{
    error::Error,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    sync::Arc,
};
use url::{Host, Url};

/// Who may be asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AddressPolicy {
    /// Public addresses over TLS: the only policy of a deployed function.
    PublicHttps,
    /// Loopback and plain HTTP, too: the local host's sandbox.
    Sandbox,
}

impl AddressPolicy {
    /// The template never sets the variable this reads.
    pub fn of_variable(value: Option<&str>) -> Self {
        if value == Some("sandbox") { Self::Sandbox } else { Self::PublicHttps }
    }

    pub fn allows_scheme(self, scheme: &str) -> bool {
        scheme == "https" || (self == Self::Sandbox && scheme == "http")
    }

    /// What is at fault with an address as it is written. Literal addresses pass by the resolver, so they are looked at here.
    pub fn check(self, url: &Url) -> Result<(), AddressFault> {
        if !self.allows_scheme(url.scheme()) {
            return Err(AddressFault::Scheme);
        }
        let literal = match url.host() {
            Some(Host::Ipv4(address)) => Some(IpAddr::V4(address)),
            Some(Host::Ipv6(address)) => Some(IpAddr::V6(address)),
            Some(Host::Domain(_)) => None,
            None => return Err(AddressFault::Scheme),
        };
        if literal.is_some_and(|address| !self.allows(address)) { Err(AddressFault::Inward) } else { Ok(()) }
    }

    /// A client's resolver that finds only what the policy allows.
    pub fn resolver(self) -> Arc<impl Resolve> {
        Arc::new(Guarded(self))
    }

    pub fn allows(self, address: IpAddr) -> bool {
        match self {
            Self::PublicHttps => is_public(address),
            Self::Sandbox => address.is_loopback() || is_public(address),
        }
    }
}

/// Why an address is not asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AddressFault {
    #[error("the address is not an https address")]
    Scheme,
    #[error("the address leads inwards")]
    Inward,
}

impl AddressFault {
    /// Whether a failed exchange failed because its name leads inwards.
    pub fn of(error: &reqwest::Error) -> Option<Self> {
        let mut cause = error.source();
        while let Some(inner) = cause {
            if let Some(fault) = inner.downcast_ref::<Self>() {
                return Some(*fault);
            }
            cause = inner.source();
        }
        None
    }
}

/// Resolves names and keeps only addresses the policy allows.
#[derive(Clone, Debug)]
struct Guarded(AddressPolicy);

impl Resolve for Guarded {
    fn resolve(&self, name: Name) -> Resolving {
        let policy = self.0;
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let found: Vec<_> = found.collect();
            let all = found.len();
            let allowed: Vec<_> = found.into_iter().filter(|address| policy.allows(address.ip())).collect();
            if allowed.is_empty() && all > 0 {
                return Err(Box::new(AddressFault::Inward) as Box<dyn Error + Send + Sync>);
            }
            Ok(Box::new(allowed.into_iter()) as Addrs)
        })
    }
}

fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => embedded_v4(address).map_or_else(|| is_public_v6(address), is_public_v4),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    let special = address.is_unspecified()
        || address.is_loopback()
        || address.is_private()
        || address.is_link_local()
        || address.is_broadcast()
        || address.is_documentation()
        || address.is_multicast()
        || a == 0
        // Carrier-grade NAT.
        || (a == 100 && (64..128).contains(&b))
        // IETF protocol assignments.
        || (a == 192 && b == 0 && c == 0)
        // 6to4 relays, retired.
        || (a == 192 && b == 88 && c == 99)
        // Benchmarking.
        || (a == 198 && (b == 18 || b == 19))
        // Reserved for ever.
        || a >= 240;
    !special
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    let [first, second, ..] = address.segments();
    // Global unicast is 2000::/3; within it documentation, Teredo, ORCHID and benchmarking are no one's host.
    let global = (first & 0xe000) == 0x2000;
    let special = (first == 0x2001 && (second == 0x0db8 || second < 0x0200)) || first == 0x3fff;
    global && !special
}

/// The IPv4 address a transition form of IPv6 leads to.
fn embedded_v4(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let joined = |high: u16, low: u16| Ipv4Addr::from((u32::from(high) << 16) | u32::from(low));
    match address.segments() {
        // Mapped, NAT64, 6to4.
        [0, 0, 0, 0, 0, 0xffff, high, low] | [0x64, 0xff9b, 0, 0, 0, 0, high, low] | [0x2002, high, low, ..] => {
            Some(joined(high, low))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allowed(text: &str) -> bool {
        AddressPolicy::PublicHttps.allows(text.parse().expect("an address"))
    }

    #[test]
    fn nothing_leads_inwards() {
        for inward in [
            "127.0.0.1",
            "10.0.0.1",
            "172.16.0.1",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "0.0.0.0",
            "224.0.0.1",
            "255.255.255.255",
            "192.0.2.1",
            "198.18.0.1",
            "240.0.0.1",
            "::1",
            "::",
            "fe80::1",
            "fc00::1",
            "ff02::1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "64:ff9b::a00:1",
            "2002:7f00:1::",
            "2001:db8::1",
            "fd00:ec2::254",
        ] {
            assert!(!allowed(inward), "{inward}");
        }
    }

    #[test]
    fn public_addresses_are_asked() {
        for public in ["8.8.8.8", "93.184.216.34", "2606:2800:220:1::1", "::ffff:8.8.8.8"] {
            assert!(allowed(public), "{public}");
        }
    }

    #[test]
    fn only_the_sandbox_asks_itself() {
        let loopback = IpAddr::V4(Ipv4Addr::LOCALHOST);
        assert!(AddressPolicy::Sandbox.allows(loopback));
        assert!(!AddressPolicy::Sandbox.allows("10.0.0.1".parse().expect("an address")));
        assert_eq!(AddressPolicy::of_variable(None), AddressPolicy::PublicHttps);
        assert!(!AddressPolicy::PublicHttps.allows_scheme("http"));
    }
}
