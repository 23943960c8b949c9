//! A site: one community on this server, with its own users, rooms and log.

use super::id::SiteNumber;
pub use super::site_options::SiteOptions;
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
    /// Any of them signs the sign-in tokens of this site, the newest first. Never logged: `Site` is not `Debug`.
    pub token_secrets: Box<[Box<str>]>,
    /// Random name of the log's present life; changes when the log is restored or rewritten.
    pub epoch: Arc<str>,
    /// Keys with which the site's own server proves itself; only their digests are known.
    pub server_keys: Box<[KeyDigest]>,
    /// Whether it is switched off for now.
    pub suspended: bool,
    /// How it is served.
    pub options: SiteOptions,
}

/// SHA-256 of a key that a site's own server holds.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct KeyDigest(pub [u8; 32]);

/// Keys and secrets of one kind that are good at once: the one in use, and the one that follows it.
pub const KEYS_MAX: usize = 2;

/// A kind of key of which a site has two while one replaces the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyKind {
    /// `sk_…`: the site's own server shows it.
    Server,
    /// `ts_…`: the site's own server signs with it.
    Token,
}

impl KeyKind {
    /// The word in the store.
    pub fn word(self) -> &'static str {
        match self {
            Self::Server => "server",
            Self::Token => "token",
        }
    }
}

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

impl Site {
    /// Whether `domain`, as a client sends it, means this site. Domains are the same in capitals.
    pub fn answers_to(&self, domain: &str) -> bool {
        self.name.eq_ignore_ascii_case(domain) || *self.public_key == *domain
    }

    /// Whether `key` is one of its server's. Digests are compared: how long that takes says nothing about the key.
    pub fn is_server_key(&self, key: &str) -> bool {
        self.has_server_key(KeyDigest::of(key))
    }

    /// The same of a digest.
    pub fn has_server_key(&self, digest: KeyDigest) -> bool {
        self.server_keys.contains(&digest)
    }
}

/// The name of a site is its domain, as plugins send it; any short word will do for a site that has none.
pub fn is_site_name(name: &str) -> bool {
    let odd = |c: char| c.is_whitespace() || c.is_control() || "/,\"'<>&\\?#@".contains(c);
    !name.is_empty()
        && name.len() <= SITE_NAME_BYTES_MAX
        && !name.starts_with(['-', '.'])
        && !name.starts_with("pk_")
        && !name.contains(odd)
}

/// Longest name of a site, in bytes.
const SITE_NAME_BYTES_MAX: usize = 190;
