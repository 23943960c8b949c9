//! What the log is made of. Every site has one append-only log; an entry's `seq` is its place in it.

use super::id::{RoomId, RoomNumber, SiteNumber, UserId, UserNumber};
use super::session::SessionNumber;
use std::sync::Arc;

/// Place of an entry in its site's log: contiguous from 1.
pub type Seq = u64;

/// Longest message body, in bytes of UTF-8.
pub const BODY_BYTES_MAX: usize = 64 * 1024;
/// Longest `style`, in bytes.
pub const STYLE_BYTES_MAX: usize = 150;
/// Longest `cid`, in bytes.
pub const CID_BYTES_MAX: usize = 128;

/// What is shown in the place of a message that the store cannot vouch for any more.
pub const DAMAGED_BODY: &str = "[This message was damaged on disk and cannot be shown.]";

/// A user named both ways.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Party {
    /// The store's number.
    pub number: UserNumber,
    /// The site's id.
    pub id: UserId,
}

/// Whom a stored message is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Addressee {
    /// One user.
    User(Party),
    /// A room.
    Room {
        /// The store's number.
        number: RoomNumber,
        /// The site's id.
        id: RoomId,
    },
    /// Everybody on the site.
    Everyone,
}

impl Addressee {
    /// Whether it is whom a draft was for.
    pub fn is(&self, to: &To) -> bool {
        match (self, to) {
            (Self::User(party), To::User(id)) => party.id == *id,
            (Self::Room { id, .. }, To::Room(wanted)) => id == wanted,
            (Self::Everyone, To::Everyone) => true,
            (Self::User(_) | Self::Room { .. } | Self::Everyone, _) => false,
        }
    }

    /// The site's id of it; everybody together has none.
    pub fn id(&self) -> &str {
        match self {
            Self::User(party) => party.id.as_str(),
            Self::Room { id, .. } => id.as_str(),
            Self::Everyone => "",
        }
    }
}

/// A stored message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Its place.
    pub seq: Seq,
    /// When it was stored, in milliseconds since 1970; never decreasing along the log. For display only.
    pub at_ms: u64,
    /// Who said it.
    pub from: Party,
    /// The sender's display name at that time.
    pub nick: Box<str>,
    /// Whom it is for.
    pub to: Addressee,
    /// CSS declarations for showing it; may be empty.
    pub style: Box<str>,
    /// The text, raw.
    pub body: Box<str>,
    /// The session it came from, which shows it by itself and gets no echo.
    pub origin: Option<SessionNumber>,
    /// Stored, but not for its receiver.
    pub hidden: bool,
}

impl Message {
    /// The message as one of its readers sees it: what is said to everybody is said to them.
    pub fn to_reader(&self, reader: Party) -> Self {
        Self { to: Addressee::User(reader), ..self.clone() }
    }
}

/// What can happen to somebody's place in a room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SeatChange {
    /// Became a member.
    Joined,
    /// Is a member no more.
    Left,
    /// Silenced the room.
    Blocked,
    /// Listens again.
    Unblocked,
}

/// A change of membership. It stands in the log so that every reader applies it at exactly its place among the messages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seat {
    /// Its place.
    pub seq: Seq,
    /// When, in milliseconds since 1970.
    pub at_ms: u64,
    /// Whose.
    pub user: Party,
    /// In which room.
    pub room: RoomNumber,
    /// The same by id.
    pub room_id: RoomId,
    /// What happened.
    pub change: SeatChange,
}

/// One row of the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Entry {
    /// A message.
    Message(Message),
    /// A change of membership.
    Seat(Seat),
}

impl Entry {
    /// Its place.
    pub fn seq(&self) -> Seq {
        match self {
            Self::Message(message) => message.seq,
            Self::Seat(seat) => seat.seq,
        }
    }

    /// When it was stored, in milliseconds since 1970.
    pub fn at_ms(&self) -> u64 {
        match self {
            Self::Message(message) => message.at_ms,
            Self::Seat(seat) => seat.at_ms,
        }
    }

    /// The message, if it is one.
    pub fn message(&self) -> Option<&Message> {
        match self {
            Self::Message(message) => Some(message),
            Self::Seat(_) => None,
        }
    }
}

/// Entries as they travel: shared, never copied per reader.
pub type SharedEntry = Arc<Entry>;

/// Whom a message that is not stored yet should go to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum To {
    /// One user.
    User(UserId),
    /// A room the sender is in.
    Room(RoomId),
    /// Everybody on the site. Only the site says that.
    Everyone,
}

/// In whose voice something is said, and so whose rules it is under.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Voice {
    /// A member's own: in rooms they are in, and to people whom the directory knows, if it is complete.
    Member,
    /// A site's that keeps people, rooms and history itself: whom it names exists, and the row is here to be delivered.
    Plugin,
    /// A site's whose directory and history are here.
    Site,
}

/// A message that wants to be stored.
#[derive(Debug, Clone)]
pub struct Draft {
    /// In which site's log.
    pub site: SiteNumber,
    /// Who says it.
    pub from: Party,
    /// The sender's display name.
    pub nick: Box<str>,
    /// Whom it is for.
    pub to: To,
    /// CSS declarations; may be empty.
    pub style: Box<str>,
    /// The text.
    pub body: Box<str>,
    /// The session it comes from, if any.
    pub origin: Option<SessionNumber>,
    /// In whose voice it is said.
    pub by: Voice,
    /// The sender's own name for it: a repeat under the same `cid` is stored once.
    pub cid: Option<Box<str>>,
    /// The present time in milliseconds since 1970.
    pub now_ms: u64,
}
