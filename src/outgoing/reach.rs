//! Where may be asked: the open internet, and the networks that the operator names.

use super::Fault;
use ipnet::IpNet;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// See the module.
#[derive(Debug, Clone, Default)]
pub struct Reach {
    allowed: Vec<IpNet>,
}

impl Reach {
    /// The open internet and these networks.
    pub fn new(allowed: Vec<IpNet>) -> Self {
        Self { allowed }
    }

    /// Whether `address`, which is one of `host`'s, may be asked. What an operator allows may be asked in the open, too.
    pub fn check(&self, host: &str, address: IpAddr, is_tls: bool) -> Result<(), Fault> {
        let address = address.to_canonical();
        if self.allowed.iter().any(|net| net.contains(&address)) {
            return Ok(());
        }
        if !is_public(address) {
            return Err(Fault::NotPublic { host: host.into(), address });
        }
        if is_tls { Ok(()) } else { Err(Fault::NotSecret(host.into())) }
    }
}

/// Whether an address is on the open internet (RFC 6890 and its successors say which are not).
fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    let is_special = address.is_loopback()
        || address.is_private()
        || address.is_link_local()
        || address.is_multicast()
        || address.is_documentation()
        || matches!((a, b, c), (0 | 240.., ..) | (192, 0, 0) | (192, 88, 99))
        || (a == 100 && b & 0xc0 == 64) // shared by carriers
        || (a == 198 && b & 0xfe == 18); // measurements
    !is_special
}

/// Only what is given out to be reached (2000::/3), and of that nothing that carries an IPv4 address of somewhere else.
fn is_public_v6(address: Ipv6Addr) -> bool {
    let [a, b, ..] = address.segments();
    let is_special = matches!((a, b), (0x2001, 0x0..=0x1ff | 0xdb8) | (0x2002 | 0x3fff, _));
    a & 0xe000 == 0x2000 && !is_special
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(address: &str, allowed: &[&str], is_tls: bool) -> Result<(), Fault> {
        let allowed = allowed.iter().map(|net| net.parse().unwrap()).collect();
        Reach::new(allowed).check("a.example", address.parse().unwrap(), is_tls)
    }

    /// Negative control: with `to_canonical` left out, ::ffff:127.0.0.1 is let through by a rule that only knows IPv4.
    #[test]
    fn nothing_inside_is_reached() {
        for address in [
            "127.0.0.1",
            "127.255.255.254",
            "0.0.0.0",
            "10.1.2.3",
            "172.16.0.1",
            "172.31.255.255",
            "192.168.0.1",
            "169.254.169.254",
            "100.64.0.1",
            "100.127.255.255",
            "192.0.0.1",
            "192.0.2.1",
            "198.18.0.1",
            "198.19.0.1",
            "198.51.100.1",
            "203.0.113.1",
            "224.0.0.1",
            "240.0.0.1",
            "255.255.255.255",
            "192.88.99.1",
            "::",
            "::1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "::127.0.0.1",
            "fc00::1",
            "fd00::1",
            "fe80::1",
            "ff02::1",
            "64:ff9b::7f00:1",
            "64:ff9b:1::1",
            "100::1",
            "2001:db8::1",
            "2001::1",
            "2002:7f00:1::1",
        ] {
            assert!(matches!(check(address, &[], true), Err(Fault::NotPublic { .. })), "{address}");
        }
        for address in
            ["1.1.1.1", "8.8.8.8", "100.63.255.255", "172.32.0.1", "2606:4700::1111", "2a00:1450::1", "::ffff:1.1.1.1"]
        {
            assert_eq!(check(address, &[], true), Ok(()), "{address}");
        }
    }

    #[test]
    fn what_is_allowed_may_be_asked_in_the_open_and_nothing_else() {
        assert_eq!(check("127.0.0.1", &["127.0.0.1/32"], false), Ok(()));
        assert_eq!(check("::ffff:127.0.0.1", &["127.0.0.1/32"], false), Ok(()));
        assert!(check("127.0.0.2", &["127.0.0.1/32"], false).is_err());
        assert!(matches!(check("1.1.1.1", &["127.0.0.1/32"], false), Err(Fault::NotSecret(_))));
    }
}
