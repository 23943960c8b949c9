//! `X-Forwarded-For`: what stands before the address that our own proxy wrote counts for nothing, and a stranger's word never.

use http::{HeaderMap, HeaderValue};
use nextim::edge::client_address::client_of;
use std::net::SocketAddr;

pub fn check(data: &[u8]) {
    let proxies = ["127.0.0.0/8", "10.0.0.0/8", "::1/128"].map(|net| net.parse().expect("a network"));
    let [proxy, stranger] =
        ["127.0.0.1:5", "198.51.100.7:5"].map(|peer| peer.parse::<SocketAddr>().expect("an address"));
    let Ok(invented) = HeaderValue::from_bytes(data) else { return };
    let mut headers = HeaderMap::new();
    headers.append("x-forwarded-for", invented);
    assert_eq!(client_of(stranger, &headers, &proxies), stranger);
    assert_eq!(client_of(proxy, &headers, &[]), proxy);
    let client = client_of(proxy, &headers, &proxies);
    assert!(client == proxy || client.port() == 0, "{client}");
    let appended = HeaderValue::from_bytes(&[data, b", 203.0.113.9"].concat()).expect("two good parts are good");
    headers.insert("x-forwarded-for", appended);
    assert_eq!(client_of(proxy, &headers, &proxies).ip().to_string(), "203.0.113.9");
    headers.append("x-forwarded-for", HeaderValue::from_static("203.0.113.10, 10.1.2.3"));
    assert_eq!(client_of(proxy, &headers, &proxies).ip().to_string(), "203.0.113.10");
}
