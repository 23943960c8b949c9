//! What is said to a store and by it, of people, rooms and sites.

use crate::chat::id::{RoomId, UserId, UserNumber};
use crate::chat::room::Room;
use crate::chat::site::{KeyDigest, KeyKind, SiteOptions};
use crate::chat::user::Profile;

/// One change a site makes to its people and rooms.
#[derive(Debug, Clone)]
pub enum DirectoryChange {
    /// A user is so.
    User {
        /// The site's id.
        id: UserId,
        /// Display name.
        nick: String,
        /// Picture address.
        picture_url: String,
        /// Page address.
        url: String,
    },
    /// Two users are friends.
    Friends {
        /// One.
        user: UserId,
        /// The other.
        buddy: UserId,
        /// The group in which `user` has `buddy`.
        group: String,
        /// The group in which `buddy` has `user`.
        buddy_group: String,
    },
    /// Two users are friends no more.
    NotFriends {
        /// One.
        user: UserId,
        /// The other.
        buddy: UserId,
    },
    /// A room is so.
    Room {
        /// The site's id.
        id: RoomId,
        /// Display name.
        nick: String,
        /// Picture address.
        picture_url: String,
        /// Page address.
        url: String,
        /// Whether members of the site may join by themselves.
        open: bool,
    },
}

/// What a change of the directory was about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Changed {
    /// This one is called so now.
    User(UserNumber, Box<str>),
    /// These two are friends now.
    Friends(UserNumber, UserNumber),
    /// These two are friends no more.
    NotFriends(UserNumber, UserNumber),
    /// A room is described otherwise.
    Room,
}

/// People and rooms that a site's own server speaks of, in its words.
#[derive(Debug, Clone, Default)]
pub struct Spoken {
    /// People, with their display names where it gives them.
    pub people: Vec<(UserId, Option<String>)>,
    /// Rooms.
    pub rooms: Vec<RoomId>,
}

/// The same as the directory knows them, in the order they were spoken of.
#[derive(Debug, Clone, Default)]
pub struct Known {
    /// People.
    pub people: Vec<Profile>,
    /// Rooms.
    pub rooms: Vec<Room>,
}

/// A site that is to exist.
#[derive(Clone)]
pub struct NewSite {
    /// Its name, the seed's `domain`.
    pub name: String,
    /// The key pages may show.
    pub public_key: String,
    /// Signs its sign-in tokens.
    pub token_secret: String,
    /// What its own server's key has for a digest, if its server may call.
    pub server_key: Option<KeyDigest>,
    /// Random name for the log's first life.
    pub epoch: String,
    /// How it is served.
    pub options: SiteOptions,
    /// When it is made, in milliseconds since 1970.
    pub now_ms: u64,
}

/// What can change about a site.
#[derive(Clone)]
pub enum SiteChange {
    /// It is switched off, or on again.
    Suspended(bool),
    /// It is served so from now on.
    Options(Box<SiteOptions>),
    /// Another key of a kind is good as well; of more than [`KEYS_MAX`](crate::chat::site::KEYS_MAX) the oldest go.
    AddKey {
        /// Of which kind.
        kind: KeyKind,
        /// The digest of a server key, or a token secret as it is printed.
        value: Vec<u8>,
        /// When it is made, in milliseconds since 1970.
        now_ms: u64,
    },
    /// Only the newest key of a kind is good.
    RetireKeys(KeyKind),
}
