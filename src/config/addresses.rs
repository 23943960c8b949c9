//! Where the server listens, how it is reached, and which networks it trusts.

use super::ConfigError;
use crate::chat::site_options::is_public_url;
use ipnet::IpNet;
use std::net::SocketAddr;
use std::path::PathBuf;

/// The files of a server that speaks TLS itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsFiles {
    /// The certificate and those that lead to it, as PEM.
    pub certificate: PathBuf,
    /// Its private key, as PEM.
    pub key: PathBuf,
}

/// An address to listen on; `localhost` is understood.
pub fn parse_address(text: &str) -> Result<SocketAddr, String> {
    let numeric = text.strip_prefix("localhost:").map_or_else(|| text.to_owned(), |port| format!("127.0.0.1:{port}"));
    let why = "must be an IP address and a port, such as 127.0.0.1:9000; it is";
    numeric.parse().map_err(|_| format!("{why} {text:?}"))
}

pub(super) fn public_url(url: &str) -> Result<String, ConfigError> {
    if !is_public_url(url) {
        let why = "server.public_url must be a whole http or https address without `?` or `#`";
        return Err(ConfigError(format!("{why}, e.g. https://im.example.com; it is {url}")));
    }
    Ok(url.trim_end_matches('/').to_owned())
}

/// This machine's own addresses unless others are given: a proxy usually stands there.
pub(super) fn trusted_proxies(written: Option<Vec<String>>) -> Result<Vec<IpNet>, ConfigError> {
    let usual = || vec!["127.0.0.0/8".to_owned(), "::1".to_owned()];
    networks("server.trusted_proxies", written.unwrap_or_else(usual))
}

/// Addresses and networks.
pub(super) fn networks(key: &str, written: Vec<String>) -> Result<Vec<IpNet>, ConfigError> {
    let parse = |text: String| {
        let net =
            text.parse::<IpNet>().ok().or_else(|| text.parse().ok().map(|address: std::net::IpAddr| address.into()));
        let why = format!("{key} must hold addresses or networks such as 10.0.0.0/8; it has");
        net.ok_or_else(|| ConfigError(format!("{why} {text:?}")))
    };
    written.into_iter().map(parse).collect()
}

/// Both files, or neither.
pub(super) fn tls(certificate: Option<PathBuf>, key: Option<PathBuf>) -> Result<Option<TlsFiles>, ConfigError> {
    match (certificate, key) {
        (Some(certificate), Some(key)) => Ok(Some(TlsFiles { certificate, key })),
        (None, None) => Ok(None),
        _ => Err(ConfigError("server.tls_certificate and server.tls_key come together: set both or neither".into())),
    }
}
