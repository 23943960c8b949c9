//! A site: one community on this server, with its own users, rooms and log.

use super::id::SiteNumber;

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
    pub epoch: Box<str>,
    /// Whether the directory lists everybody: then an unknown id is refused, else it becomes a bare user.
    pub directory_complete: bool,
}

impl Site {
    /// Whether `domain`, as a client sends it, means this site.
    pub fn answers_to(&self, domain: &str) -> bool {
        *self.name == *domain || *self.public_key == *domain
    }
}
