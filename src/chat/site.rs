//! A site: one community on this server, with its own users, rooms and log.

use super::id::SiteNumber;
use sha2::{Digest, Sha256};
use std::sync::Arc;

/// What the server knows about a site.
#[derive(Clone, PartialEq, Eq)]
pub struct Site {
    /// The store's number.
    pub number: SiteNumber,
    /// The seed's `domain`.
    pub name: Box<str>,
    /// The key a page may show (`pk_…`; `public` for the demonstration).
    pub public_key: Box<str>,
    /// Signs the sign-in tokens of this site. Never leaves the server, never logged: `Site` is not `Debug`.
    pub token_secret: Box<[u8]>,
    /// Random name of the log's present life; changes when the log is restored or rewritten.
    pub epoch: Arc<str>,
    /// Whether the directory lists everybody: then an unknown id is refused, else it becomes a bare user.
    pub directory_complete: bool,
    /// Keys with which the site's own server proves itself; only their digests are known.
    pub server_keys: Box<[KeyDigest]>,
    /// How its old clients are served.
    pub options: SiteOptions,
}

/// SHA-256 of a key that a site's own server holds.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct KeyDigest([u8; 32]);

impl std::fmt::Debug for KeyDigest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("KeyDigest")
    }
}

impl KeyDigest {
    /// The digest of a key as it is presented.
    pub fn of(key: &str) -> Self {
        Self(Sha256::digest(key.as_bytes()).into())
    }
}

/// How a site's old clients are served.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SiteOptions {
    /// Whether scripts are given their messages until two answers in a row have carried them.
    pub redelivery: bool,
    /// Whether the 5.x client is told of the WebSocket, which it does not leave again: a closed one ends its page.
    pub old_websocket: bool,
    /// How old a message may be that a page of a site which keeps its own history is given because an earlier page of the same
    /// person did not confirm it, in milliseconds. What is older stands in the site's history.
    pub legacy_redelivery_ms: u64,
    /// Whether its pages may send each other events, which act in the receiver's page and are not shown.
    pub client_events: bool,
    /// The style sheets and scripts of its old client, which the boot script loads in this order.
    pub old_client: Vec<String>,
}

impl Default for SiteOptions {
    fn default() -> Self {
        Self {
            redelivery: true,
            old_websocket: false,
            legacy_redelivery_ms: 120_000,
            client_events: false,
            old_client: Vec::new(),
        }
    }
}

impl Site {
    /// Whether `domain`, as a client sends it, means this site. Domains are the same in capitals.
    pub fn answers_to(&self, domain: &str) -> bool {
        self.name.eq_ignore_ascii_case(domain) || *self.public_key == *domain
    }

    /// Whether `key` is one of its server's. Digests are compared: how long that takes says nothing about the key.
    pub fn is_server_key(&self, key: &str) -> bool {
        let digest = KeyDigest::of(key);
        self.server_keys.contains(&digest)
    }
}
