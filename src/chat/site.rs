//! A site: one community on this server, with its own users, rooms and log.

use super::id::SiteNumber;
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
    /// How its old clients are served.
    pub options: SiteOptions,
}

/// How a site's old clients are served.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SiteOptions {
    /// Whether scripts are given their messages until two answers in a row have carried them.
    pub redelivery: bool,
    /// Whether the 5.x client is told of the WebSocket, which it does not leave again: a closed one ends its page.
    pub old_websocket: bool,
    /// The style sheets and scripts of its old client, which the boot script loads in this order.
    pub old_client: Vec<String>,
}

impl Default for SiteOptions {
    fn default() -> Self {
        Self { redelivery: true, old_websocket: false, old_client: Vec::new() }
    }
}

impl Site {
    /// Whether `domain`, as a client sends it, means this site.
    pub fn answers_to(&self, domain: &str) -> bool {
        *self.name == *domain || *self.public_key == *domain
    }
}
