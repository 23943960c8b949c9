//! Where a site's own people are asked for: one port, and a file for each way there. What is answered here is what the site has, not what
//! is stored; `actions/pull_people` makes the one of the other.

pub mod http;
pub mod maps;
pub mod mysql;
pub mod postgres;
pub mod rows;
pub mod settings;
pub mod tables;

use crate::chat::id::{RoomId, UserId};
use async_trait::async_trait;

/// Friends that are taken of one member at most.
pub const BUDDIES_MAX: usize = 2_000;
/// Rooms that are taken of one member at most.
pub const ROOMS_MAX: usize = 500;

/// Somewhere a site keeps its people.
#[async_trait]
pub trait PeopleSource: Send + Sync {
    /// What the site has of one member; `None` if it does not know them. How long that may take, and how many may be asked for at once, is
    /// for the caller to say: it may be dropped at any `await`.
    async fn ask(&self, whom: &Whom<'_>) -> Result<Option<Asked>, SourceError>;
    /// Whether it could be asked, for whoever sets it up: finds what [`ask`](Self::ask) would stumble over, of whomever it were asked.
    async fn check(&self) -> Result<(), SourceError>;
}

/// Of whom a site is asked.
#[derive(Clone, Copy)]
pub struct Whom<'a> {
    /// The site's name.
    pub site: &'a str,
    /// With which a site is shown that it is we who ask.
    pub secrets: &'a [Box<str>],
    /// The member.
    pub user: &'a UserId,
}

/// What a site has of one member. Names and addresses are as the site has them: nobody has looked whether they are fit to be shown.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Asked {
    /// The member.
    pub profile: Described,
    /// All their friends; `None` if the source does not speak of friends.
    pub buddies: Option<Vec<AskedBuddy>>,
    /// All rooms they are in; `None` if the source does not speak of rooms.
    pub rooms: Option<Vec<AskedRoom>>,
    /// Rows that were left out, because their ids are none.
    pub skipped: usize,
    /// There are more friends than are taken: who is not named may be one all the same.
    pub has_more_buddies: bool,
    /// The same of rooms.
    pub has_more_rooms: bool,
}

/// How somebody or a room is described; what the source does not say is `None`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Described {
    /// Display name.
    pub nick: Option<String>,
    /// Picture address.
    pub picture_url: Option<String>,
    /// Page address.
    pub url: Option<String>,
}

/// A friend.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AskedBuddy {
    /// The site's id.
    pub id: UserId,
    /// How they are described.
    pub described: Described,
    /// The group in which the member has them.
    pub group: Option<String>,
}

/// A room.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AskedRoom {
    /// The site's id.
    pub id: RoomId,
    /// How it is described.
    pub described: Described,
}

/// Why a site's people could not be asked for. Holds no secret: it is for logs and terminals.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what}")]
pub struct SourceError {
    /// What went wrong.
    pub what: String,
    /// What to do about it.
    pub mend: &'static str,
    /// Whether the way there is cut: the connection is no good any more, and others would fare no better.
    pub is_lost: bool,
}

impl SourceError {
    /// Something that is so as long as nobody mends it.
    pub fn lasting(what: impl Into<String>, mend: &'static str) -> Self {
        Self { what: what.into(), mend, is_lost: false }
    }

    /// The way there is cut.
    pub fn lost(what: impl Into<String>, mend: &'static str) -> Self {
        Self { what: what.into(), mend, is_lost: true }
    }
}
