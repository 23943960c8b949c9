//! Limits of the views of the log: how much history, how many new messages.

use super::entry::{Addressee, Message, Seq};
use super::id::{RoomId, UserId, UserNumber};
use std::sync::Arc;

/// Messages in an attached or requested history.
pub const HISTORY_ROWS: usize = 30;
/// Messages that one call may ask for of one conversation.
pub const HISTORY_ROWS_MAX: usize = 200;
/// The same over all conversations of one call.
pub const HISTORY_ROWS_ALL_MAX: usize = 60_000;
/// How far the messages of one conversation are counted that somebody has not read.
pub const UNREAD_COUNT_MAX: usize = 999;
/// Conversations with unread messages that a page is told of, the newest.
pub const UNREAD_CONVERSATIONS_MAX: usize = 200;
/// Messages in `new_messages`; the oldest so many, polls bring the rest.
pub const NEW_ROWS_MAX: usize = 500;
/// Message text in one answer of the stream or one page, in bytes; a single longer message goes alone.
pub const ANSWER_BYTES_MAX: usize = 256 * 1024;
/// Room messages per room in `new_messages`, the newest.
pub const NEW_ROWS_PER_ROOM: usize = 30;
/// Room messages in `new_messages` over all rooms.
pub const NEW_ROWS_ALL_ROOMS: usize = 200;

/// Announcements to everybody in `new_messages`, the newest.
pub const NEW_ROWS_TO_EVERYONE: usize = 10;

/// One conversation of a user, by the site's ids.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Conversation {
    /// With one other user.
    With(UserId),
    /// In a room.
    In(RoomId),
}

impl Conversation {
    /// The conversation of `user` that `message` stands in.
    pub fn of(user: UserNumber, message: &Message) -> Self {
        match &message.to {
            Addressee::Room { id, .. } => Self::In(id.clone()),
            Addressee::User(to) if to.number == user => Self::With(message.from.id.clone()),
            // What is said to everybody is said to each of them.
            Addressee::Everyone => Self::With(message.from.id.clone()),
            Addressee::User(to) => Self::With(to.id.clone()),
        }
    }

    /// The id that a map of histories is keyed by.
    pub fn id(&self) -> &str {
        match self {
            Self::With(user) => user.as_str(),
            Self::In(room) => room.as_str(),
        }
    }
}

/// The newest messages of a conversation as its owner may see them, oldest first.
#[derive(Debug, Clone)]
pub struct History {
    /// Which conversation.
    pub conversation: Conversation,
    /// Its messages.
    pub messages: Vec<Arc<Message>>,
}

/// A conversation with messages from others that somebody has not read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unread {
    /// Which conversation.
    pub conversation: Conversation,
    /// How many such messages; at least so many if it is [`UNREAD_COUNT_MAX`].
    pub count: usize,
    /// Everything of it up to here is read.
    pub read: Seq,
}

/// Up to where a session that asks to clear a conversation has seen it: all of the log, if nothing is on its way to that
/// session, else everything before the first message it has not confirmed.
pub fn clear_point(position: Seq, first_unconfirmed: Option<Seq>) -> Seq {
    first_unconfirmed.map_or(position, |seq| position.min(seq - 1))
}
