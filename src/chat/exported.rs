//! What can be taken away of a site or of one of its members: each kind of thing that is kept, as it is kept, without secrets.

use super::entry::{Addressee, Message, Seq};
use super::id::{RoomId, UserId, UserNumber};
use super::notification::Notification;
use super::presence::Mood;
use super::room::{Interval, Room};
use super::session::{Dialect, SessionNumber};
use super::user::Profile;

/// Somebody, with all that is kept of them in one place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Individual {
    /// Who they are.
    pub profile: Profile,
    /// What they last said about themselves.
    pub mood: Mood,
    /// Highest seq that any of their sessions has confirmed.
    pub delivered: Seq,
    /// Highest seq confirmed by a client that cannot say what was read.
    pub read_through: Seq,
    /// The member whom a visitor has become.
    pub merged_into: Option<UserId>,
}

/// A stretch of the log in which somebody was in a room, or had silenced it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stay {
    /// Who.
    pub user: UserId,
    /// Where.
    pub room: RoomId,
    /// From which seq on, and through which.
    pub over: Interval,
    /// When it began, in milliseconds since 1970, if the log still says it.
    pub began_at_ms: Option<u64>,
    /// The same of its end.
    pub ended_at_ms: Option<u64>,
}

/// A message with all that its row has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Logged {
    /// The message.
    pub message: Message,
    /// Its sender's own name for it.
    pub cid: Option<Box<str>>,
    /// Whether it stands in the place of a row that was damaged on disk.
    pub is_damaged: bool,
}

/// One thing that is taken away.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Exported {
    /// How a site is served: settings that are not the defaults.
    Site {
        /// Its name.
        name: Box<str>,
        /// Whether it is switched off.
        suspended: bool,
        /// Names and values.
        options: Vec<(String, String)>,
    },
    /// Somebody.
    User(Box<Individual>),
    /// A friendship, seen from one side.
    Friendship {
        /// Whose side.
        user: UserId,
        /// The friend.
        buddy: UserId,
        /// The group in which `user` has the friend.
        group: Box<str>,
    },
    /// A room.
    Room(Room),
    /// Somebody in a room.
    Seat(Stay),
    /// Somebody who had silenced a room.
    Silence(Stay),
    /// Somebody who does not want to know of somebody else.
    Block {
        /// Who blocks.
        user: UserId,
        /// Whom.
        peer: UserId,
        /// Where in the log.
        over: Interval,
    },
    /// A message.
    Message(Box<Logged>),
    /// How far a conversation is read and cleared.
    Mark {
        /// By whom.
        user: UserId,
        /// The other side.
        of: Place,
        /// Hidden through here.
        cleared: Seq,
        /// Read through here.
        read: Seq,
    },
    /// A setting.
    Setting {
        /// Whose.
        user: UserId,
        /// Its name.
        name: Box<str>,
        /// JSON.
        value: Box<str>,
    },
    /// Somebody who signs in with a password that is kept here.
    Account {
        /// Who.
        user: UserId,
        /// Since when the password is what it is, in milliseconds since 1970.
        changed_at_ms: u64,
    },
    /// What a site wants somebody to notice.
    Notification {
        /// Whom.
        user: UserId,
        /// What.
        notification: Notification,
    },
    /// A page that is open, without what opens it.
    Session {
        /// Whose.
        user: UserId,
        /// Its name, which messages have as where they came from.
        number: SessionNumber,
        /// The generation of its client.
        dialect: Dialect,
        /// What it has confirmed.
        cursor: Seq,
        /// When it ends whatever happens, in milliseconds since 1970.
        expires_at_ms: u64,
    },
}

/// The other side of a conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// A person.
    With(UserId),
    /// A room.
    In(RoomId),
}

impl Exported {
    /// What kind of thing it is.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Site { .. } => "site",
            Self::User(_) => "user",
            Self::Friendship { .. } => "friendship",
            Self::Room(_) => "room",
            Self::Seat(_) => "seat",
            Self::Silence(_) | Self::Block { .. } => "block",
            Self::Message(_) => "message",
            Self::Mark { .. } => "mark",
            Self::Setting { .. } => "setting",
            Self::Account { .. } => "account",
            Self::Notification { .. } => "notification",
            Self::Session { .. } => "session",
        }
    }

    /// Its long texts, in bytes: what is taken at a time is bounded by them.
    pub fn bytes(&self) -> usize {
        match self {
            Self::User(individual) => individual.profile.picture_url.len() + individual.profile.url.len(),
            Self::Room(room) => room.picture_url.len() + room.url.len(),
            Self::Message(logged) => logged.message.body.len(),
            Self::Setting { value, .. } => value.len(),
            Self::Notification { notification, .. } => notification.notice.text.len() + notification.notice.link.len(),
            Self::Site { .. }
            | Self::Friendship { .. }
            | Self::Seat(_)
            | Self::Silence(_)
            | Self::Block { .. }
            | Self::Mark { .. }
            | Self::Account { .. }
            | Self::Session { .. } => 0,
        }
    }
}

impl Logged {
    /// The message as its sender or one of its readers may know it: that it was kept from its receiver is nobody's business, and
    /// how its sender's page called it is the sender's alone.
    #[must_use]
    pub fn known_to(mut self, reader: UserNumber) -> Self {
        self.message.hidden = false;
        if self.message.from.number != reader {
            self.message.origin = None;
            self.cid = None;
        }
        self
    }

    /// What kind of message it is, in the words of the protocol.
    pub fn word(&self) -> &'static str {
        match self.message.to {
            Addressee::User(_) => "unicast",
            Addressee::Room { .. } => "multicast",
            Addressee::Everyone => "broadcast",
        }
    }
}
