//! What is told at most once and never stored.

use crate::chat::entry::Seq;
use crate::chat::event::Event;
use crate::chat::history::Conversation;
use crate::chat::user::Identity;
use std::sync::Arc;

/// At most once, never in the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Signal {
    /// Somebody types to us, or stopped.
    Typing {
        /// Who.
        from: Arc<Identity>,
        /// Our id, as the packet repeats it.
        to: crate::chat::id::UserId,
        /// True while typing.
        typing: bool,
    },
    /// Another page of the same member has read a conversation.
    Read {
        /// Which.
        conversation: Conversation,
        /// Through where.
        seq: Seq,
    },
    /// One page makes another do something.
    Event(Arc<Event>),
}

impl Signal {
    /// The event, if it is one.
    pub fn event(&self) -> Option<&Event> {
        match self {
            Self::Event(event) => Some(event),
            Self::Typing { .. } | Self::Read { .. } => None,
        }
    }

    /// Whether an older signal says nothing more.
    pub(super) fn replaces(&self, older: &Self) -> bool {
        match (self, older) {
            (Self::Read { conversation, .. }, Self::Read { conversation: known, .. }) => conversation == known,
            (Self::Typing { .. } | Self::Read { .. } | Self::Event(_), _) => false,
        }
    }
}
