//! What one page makes another do: a message whose text is an event, told at most once and never stored. The 5.x clients read
//! it and show nothing; whoever does not know it would show its text.

use super::entry::Addressee;
use super::id::{RoomId, RoomNumber};
use super::room::Room;
use super::user::Identity;
use std::sync::Arc;

/// How the text of every event begins.
const PREFIX: &str = "webim-event:";
/// Stands between the parts of an event.
pub const SEPARATOR: &str = "|,|";

/// Longest event, in bytes: it waits in memory.
pub const EVENT_BYTES_MAX: usize = 4 * 1024;

/// Whether a message's text is an event.
pub fn is_event(body: &str) -> bool {
    body.starts_with(PREFIX)
}

/// See the module.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// Whose page sends it.
    pub from: Arc<Identity>,
    /// To whose pages.
    pub to: Addressee,
    /// The whole text.
    pub body: Box<str>,
    /// The room that the receiver is in now and wanted in, if the event says so.
    pub invitation: Option<Invitation>,
    /// When, in milliseconds since 1970.
    pub at_ms: u64,
}

/// Into which room somebody is invited.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invitation {
    /// The store's number.
    pub number: RoomNumber,
    /// The id.
    pub id: RoomId,
    /// The display name.
    pub nick: Arc<str>,
}

impl Event {
    /// An invitation into a room.
    pub fn invite(from: Arc<Identity>, to: Addressee, room: &Room, at_ms: u64) -> Self {
        let body = format!("{PREFIX}invite{SEPARATOR}{}{SEPARATOR}{}", room.id, room.nick).into();
        let invitation = Invitation { number: room.number, id: room.id.clone(), nick: (*room.nick).into() };
        Self { from, to, body, invitation: Some(invitation), at_ms }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_word_at_the_front_makes_an_event() {
        assert!(is_event("webim-event:") && is_event("webim-event:invite|,|r|,|R"));
        for text in ["", "webim-event", " webim-event:x", "Webim-event:x", "see webim-event:x"] {
            assert!(!is_event(text), "{text}");
        }
    }
}
