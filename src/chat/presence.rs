//! Presence: what others may know about somebody. One rule matters most: *invisible is offline* to everybody else.

use super::id::RoomId;
use std::sync::Arc;

/// The six states a member can choose (the seed's `show`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Show {
    /// Here.
    #[default]
    Available,
    /// Not at the keyboard.
    Away,
    /// Wants to talk.
    Chat,
    /// Do not disturb.
    Dnd,
    /// Busy.
    Busy,
    /// Here, but to everybody else offline.
    Invisible,
}

impl Show {
    /// All six, in the seed's order.
    pub const ALL: [Self; 6] = [Self::Available, Self::Away, Self::Chat, Self::Dnd, Self::Busy, Self::Invisible];

    /// The word on the wire and in the store.
    pub fn word(self) -> &'static str {
        match self {
            Self::Available => "available",
            Self::Away => "away",
            Self::Chat => "chat",
            Self::Dnd => "dnd",
            Self::Busy => "busy",
            Self::Invisible => "invisible",
        }
    }

    /// The state a word names.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|show| show.word() == word)
    }
}

/// What somebody says about themselves.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Mood {
    /// The chosen state.
    pub show: Show,
    /// A line of text, possibly empty.
    pub status: Box<str>,
    /// When `status` was last changed, in milliseconds since 1970; 0 if never.
    pub status_at_ms: u64,
}

/// What everybody else may observe of somebody. The only value that presence answers are made from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Visible {
    /// Away or invisible: there is no way to tell.
    Offline,
    /// Here.
    Online(Mood),
}

impl Visible {
    /// The view others get of a user that is or is not `here` and says `mood`.
    pub fn of(here: bool, mood: &Mood) -> Self {
        if here && mood.show != Show::Invisible { Self::Online(mood.clone()) } else { Self::Offline }
    }

    /// Whether others see this user online.
    pub fn is_online(&self) -> bool {
        matches!(self, Self::Online(_))
    }

    /// The `presence` word of the seed.
    pub fn word(&self) -> &'static str {
        if self.is_online() { "online" } else { "offline" }
    }

    /// The `show` word others see.
    pub fn show_word(&self) -> &'static str {
        match self {
            Self::Online(mood) => mood.show.word(),
            Self::Offline => "unavailable",
        }
    }

    /// The status line others see.
    pub fn status(&self) -> &str {
        match self {
            Self::Online(mood) => &mood.status,
            Self::Offline => "",
        }
    }
}

/// What a watcher is told when somebody's visible state changed from `was_online` to `now`; `None` where nothing is worth
/// telling (came and went unseen).
pub fn notice(was_online: bool, now: &Visible) -> Option<NoticeKind> {
    match (was_online, now) {
        (false, Visible::Offline) => None,
        (false, Visible::Online(_)) => Some(NoticeKind::Online),
        (true, Visible::Offline) => Some(NoticeKind::Offline),
        (true, Visible::Online(_)) => Some(NoticeKind::Show),
    }
}

/// The room that a notice is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// Its id.
    pub id: RoomId,
    /// Its display name, for somebody who may not know it yet.
    pub nick: Option<Arc<str>>,
}

/// What the others in a room are told when a member's visible state changed from `was_online` to `now`.
pub fn room_notice(was_online: bool, now: &Visible) -> Option<NoticeKind> {
    match (was_online, now.is_online()) {
        (false, true) => Some(NoticeKind::RoomOnline),
        (true, false) => Some(NoticeKind::RoomOffline),
        (false, false) | (true, true) => None,
    }
}

/// The kinds of presence packet: the seed's three, and what the later clients hear of their rooms.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoticeKind {
    /// Came.
    Online,
    /// Left, or turned invisible.
    Offline,
    /// Was here already and changed state or status.
    Show,
    /// Became a member of a room.
    Join,
    /// Is a member of it no more.
    Leave,
    /// A member of a room came.
    RoomOnline,
    /// A member of a room left, or turned invisible.
    RoomOffline,
    /// Wants somebody in a room.
    Invite,
}

impl NoticeKind {
    /// The packet's `type`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Online => "online",
            Self::Offline => "offline",
            Self::Show => "show",
            Self::Join => "join",
            Self::Leave => "leave",
            Self::RoomOnline => "grponline",
            Self::RoomOffline => "grpoffline",
            Self::Invite => "invite",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn mood(show: Show, status: &str) -> Mood {
        Mood { show, status: status.into(), status_at_ms: 7 }
    }

    proptest! {
        /// Negative control: let `Visible::of` ignore `Invisible` and this fails at once.
        #[test]
        fn invisible_equals_offline(here: bool, status in ".{0,20}", was_online: bool) {
            let invisible = Visible::of(here, &mood(Show::Invisible, &status));
            let offline = Visible::of(false, &mood(Show::Available, &status));
            prop_assert_eq!(&invisible, &offline);
            prop_assert_eq!(notice(was_online, &invisible), notice(was_online, &offline));
            prop_assert_eq!(room_notice(was_online, &invisible), room_notice(was_online, &offline));
            prop_assert_eq!((invisible.word(), invisible.show_word(), invisible.status()), ("offline", "unavailable", ""));
        }
    }

    #[test]
    fn words_round_trip() {
        for show in Show::ALL {
            assert_eq!(Show::parse(show.word()), Some(show));
        }
        assert_eq!(Show::parse("unavailable"), None);
    }
}
