//! How a source is to be asked, as the configuration says it once it has been checked.

use super::maps::Map;
use std::fmt;
use std::path::PathBuf;

/// What kind of thing holds the people.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum From {
    /// MySQL or MariaDB.
    Mysql,
    /// PostgreSQL.
    Postgres,
    /// The site's own server.
    Http,
}

/// Which of a member's things are asked for, and how: texts of SQL with one parameter, the member's id.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Queries {
    /// The member: one row, none if the site does not know them.
    pub profile: String,
    /// Their friends, a row each.
    pub buddies: Option<String>,
    /// Their rooms, a row each.
    pub rooms: Option<String>,
}

/// How the way there is kept from others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Tls {
    /// Not at all.
    Off,
    /// TLS; certificates are signed by one of those whom browsers trust.
    PublicRoots,
    /// TLS; certificates are signed by one in this file (PEM).
    RootsIn(PathBuf),
}

/// An address with a password in it: it is not written anywhere.
#[derive(Clone, PartialEq, Eq)]
pub struct SecretUrl(pub String);

impl fmt::Debug for SecretUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretUrl(not shown)")
    }
}

/// One site's source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// What it is.
    pub from: From,
    /// Where it is.
    pub url: SecretUrl,
    /// The ready-made map in use.
    pub map: Option<Map>,
    /// What stands before the names of the map's tables; `None`: what its software is installed with.
    pub table_prefix: Option<String>,
    /// Queries that were written for this site, and count more than the map's.
    pub own: OwnQueries,
    /// Where the site is, without a slash at the end: what relative addresses are relative to. May be empty.
    pub site_url: String,
    /// How old what was answered of a member may be before they are asked for again, in milliseconds.
    pub refresh_ms: u64,
    /// How long an answer is waited for, in milliseconds.
    pub timeout_ms: u64,
    /// Questions at once, and so connections.
    pub connections: usize,
    /// How the way there is kept from others.
    pub tls: Tls,
}

/// Queries as the configuration has them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OwnQueries {
    /// See [`Queries::profile`].
    pub profile: Option<String>,
    /// See [`Queries::buddies`].
    pub buddies: Option<String>,
    /// See [`Queries::rooms`].
    pub rooms: Option<String>,
}

impl Settings {
    /// What is asked: the site's own queries, and the map's where there are none.
    pub fn queries(&self) -> Queries {
        let of_map = self.map.map(|map| map.queries(self.from, self.table_prefix.as_deref())).unwrap_or_default();
        let OwnQueries { profile, buddies, rooms } = self.own.clone();
        Queries {
            profile: profile.unwrap_or(of_map.profile),
            buddies: buddies.or(of_map.buddies),
            rooms: rooms.or(of_map.rooms),
        }
    }
}

/// Where a source is that keeps to itself, for tests of those who ask it.
#[cfg(test)]
pub(super) fn settings(from: From, url: String) -> Settings {
    Settings {
        from,
        url: SecretUrl(url),
        map: Some(Map::Phpbb),
        table_prefix: None,
        own: OwnQueries::default(),
        site_url: String::new(),
        refresh_ms: 60_000,
        timeout_ms: 1_500,
        connections: 1,
        tls: Tls::Off,
    }
}

/// The other side of a connection is gone.
#[cfg(test)]
pub(super) async fn assert_closed(stream: &mut tokio::net::TcpStream) {
    use tokio::io::AsyncReadExt;
    let to_the_end = async {
        let mut rest = Vec::new();
        // Cut or ended: what was still to be read makes it the one or the other.
        drop(stream.read_to_end(&mut rest).await);
    };
    let ended = tokio::time::timeout(std::time::Duration::from_secs(10), to_the_end).await;
    assert!(ended.is_ok(), "the socket is still open");
}
