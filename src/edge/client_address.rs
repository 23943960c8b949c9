//! Who asks, behind proxies: the last address that somebody wrote who is trusted to.

use http::{HeaderMap, HeaderValue};
use ipnet::IpNet;
use std::net::{IpAddr, SocketAddr};

/// Hops that are looked through at most.
const HOPS_MAX: usize = 16;

/// The client of a request that came from `peer`. Of `X-Forwarded-For` the entries count from the end on as long as whoever
/// wrote them is a proxy of ours; what stands before may be anybody's invention.
pub fn client_of(peer: SocketAddr, headers: &HeaderMap, proxies: &[IpNet]) -> SocketAddr {
    let is_proxy = |address: IpAddr| proxies.iter().any(|net| net.contains(&address.to_canonical()));
    let mut client = peer;
    // As bytes: a client's invention that is no text must not hide what our own proxy has written behind it.
    let lines: Vec<&[u8]> = headers.get_all("x-forwarded-for").iter().map(HeaderValue::as_bytes).collect();
    for hop in lines.iter().rev().flat_map(|line| line.rsplit(|byte| *byte == b',')).take(HOPS_MAX) {
        if !is_proxy(client.ip()) {
            break;
        }
        let Some(address) = std::str::from_utf8(hop).ok().and_then(|hop| address(hop.trim())) else { break };
        client = SocketAddr::new(address, 0);
    }
    client
}

/// An address as proxies write it: alone, with a port, or in brackets.
fn address(text: &str) -> Option<IpAddr> {
    let bare = text.trim_start_matches('[').trim_end_matches(']');
    bare.parse().ok().or_else(|| text.parse::<SocketAddr>().ok().map(|with_port| with_port.ip()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(peer: &str, forwarded: &[&str], proxies: &[&str]) -> String {
        let mut headers = HeaderMap::new();
        for line in forwarded {
            headers.append("x-forwarded-for", HeaderValue::from_bytes(line.as_bytes()).unwrap());
        }
        let proxies: Vec<IpNet> = proxies.iter().map(|net| net.parse().unwrap()).collect();
        client_of(format!("{peer}:5").parse().unwrap(), &headers, &proxies).ip().to_string()
    }

    #[test]
    fn only_what_our_own_proxies_wrote_counts() {
        let own = ["127.0.0.0/8", "10.0.0.0/8"];
        assert_eq!(client("127.0.0.1", &["1.2.3.4"], &own), "1.2.3.4");
        assert_eq!(
            client("127.0.0.1", &["6.6.6.6, 1.2.3.4, 10.0.0.9"], &own),
            "1.2.3.4",
            "what a client invents stands first"
        );
        assert_eq!(client("127.0.0.1", &["6.6.6.6", "1.2.3.4"], &own), "1.2.3.4");
        assert_eq!(client("5.5.5.5", &["1.2.3.4"], &own), "5.5.5.5", "a stranger's word");
        assert_eq!(client("127.0.0.1", &["1.2.3.4:999"], &own), "1.2.3.4");
        assert_eq!(client("127.0.0.1", &["[2001:db8::1]"], &own), "2001:db8::1");
        assert_eq!(client("127.0.0.1", &["1.2.3.4, unknown"], &own), "127.0.0.1");
        assert_eq!(client("127.0.0.1", &[], &own), "127.0.0.1");
    }

    /// Negative control: read the lines as texts, and a client with one letter too many is taken for the proxy, whom no bound counts.
    #[test]
    fn no_invention_hides_what_a_proxy_wrote() {
        for invented in ["\u{e9}", "6.6.6.6\u{e9}", ",", "unknown", "\t", "[", "127.0.0.1 \u{fffd}"] {
            let line = format!("{invented}, 1.2.3.4");
            assert_eq!(client("127.0.0.1", &[&line], &["127.0.0.0/8"]), "1.2.3.4", "{invented:?}");
        }
    }
}
