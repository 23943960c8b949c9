//! What the members of a room are told of each other's coming and going. Signals: told at most once, never stored, and of nobody
//! who is not seen. They ride like presence does, under the same budget of wake-ups, and like presence who came or went is looked
//! up when a packet is made, so that whoever went and came back meanwhile is not told of.

use super::{Live, PresenceNotice, Signal};
use crate::chat::event::Event;
use crate::chat::id::{RoomKey, RoomNumber, UserKey, UserNumber};
use crate::chat::presence::{NoticeKind, Place, room_notice};
use crate::chat::user::Identity;
use std::sync::Arc;

/// Members of a room who are seen online past which nobody is told of the others: each of them would be told of every one.
const AUDIENCE_MAX: u32 = 500;

/// Notes that wait for one page; the oldest go first.
const NOTES_MAX: usize = 64;

/// What happened, as far as it is known already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Happened {
    /// Somebody who is seen became a member.
    Joined,
    /// Somebody who is seen is a member no more.
    Left,
    /// A member was seen, or was not, and that changed.
    Changed { was_online: bool },
    /// Somebody wants us in the room.
    Invited,
}

/// One note for one page.
#[derive(Debug, Clone)]
pub(super) struct Note {
    room: RoomNumber,
    place: Place,
    who: Arc<Identity>,
    happened: Happened,
}

/// What waits for one page. One word while nothing does.
#[derive(Debug, Default)]
pub(super) struct Notices {
    #[expect(clippy::box_collection, reason = "eight bytes while empty, and it is empty nearly always")]
    noted: Option<Box<Vec<Note>>>,
}

impl Note {
    /// Who invites, if that is what it is.
    pub(super) fn inviter(&self) -> Option<&Arc<Identity>> {
        (self.happened == Happened::Invited).then_some(&self.who)
    }
}

impl Notices {
    /// Notes something. Of somebody's coming and going only the first note counts: it knows what they were.
    pub(super) fn note(&mut self, note: Note) {
        let noted = self.noted.get_or_insert_default();
        let is_change = |note: &Note| matches!(note.happened, Happened::Changed { .. });
        let same = |known: &Note| known.room == note.room && known.who.number == note.who.number;
        if is_change(&note) && noted.iter().any(|known| is_change(known) && same(known)) {
            return;
        }
        if noted.len() >= NOTES_MAX {
            noted.remove(0);
        }
        noted.push(note);
    }

    /// Whether there is something to tell.
    pub(super) fn is_some(&self) -> bool {
        self.noted.is_some()
    }

    /// Everything that is to be told now.
    pub(super) fn tell(&mut self) -> Vec<Note> {
        self.noted.take().map_or_else(Vec::new, |noted| *noted)
    }

    /// Whoever leaves a room or silences it hears nothing more of it.
    pub(super) fn forget_room(&mut self, room: RoomNumber) {
        if let Some(noted) = &mut self.noted {
            noted.retain(|note| note.room != room);
            if noted.is_empty() {
                self.noted = None;
            }
        }
    }

    /// Nobody needs to hear of any of it.
    pub(super) fn forget(&mut self) {
        self.noted = None;
    }
}

impl Live {
    /// Tells those who listen to a room, but for whom it is about.
    pub(super) fn tell_room(&self, room: RoomKey, who: &Arc<Identity>, happened: Happened, now_ms: u64) {
        let Some((id, audience)) = self.rooms.audience(room, AUDIENCE_MAX) else { return };
        let note = Note { room: room.room, place: Place { id, nick: None }, who: Arc::clone(who), happened };
        let hears = |user: &UserNumber| *user != who.number && !self.severed.now(room.site.user(*user), who.number);
        for user in audience.into_iter().filter(hears) {
            self.hub.note(room.site.user(user), now_ms, |session| {
                let hears = session.dialect.hears_of_rooms();
                if hears {
                    session.notices.note(note.clone());
                }
                hears
            });
        }
    }

    /// Hands an event to those pages of a user that know what to do with it: as it is, or, if it invites, as a note.
    pub fn tell_event(&self, key: UserKey, event: &Arc<Event>, now_ms: u64) {
        if self.severed.now(key, event.from.number) {
            return;
        }
        self.hub.note(key, now_ms, |session| {
            if session.dialect.reads_events() {
                session.signal(Signal::Event(Arc::clone(event)));
                return false; // it has woken its poll
            }
            let Some(invitation) = event.invitation.as_ref().filter(|_| session.dialect.hears_of_rooms()) else {
                return false;
            };
            let place = Place { id: invitation.id.clone(), nick: Some(Arc::clone(&invitation.nick)) };
            let (room, who) = (invitation.number, Arc::clone(&event.from));
            session.notices.note(Note { room, place, who, happened: Happened::Invited });
            true
        });
    }

    /// A note as it is told now.
    pub(super) fn room_notice(&self, viewer: UserKey, note: Note) -> Option<PresenceNotice> {
        let Note { place, who, happened, .. } = note;
        let now = self.seen_by(viewer, viewer.site.user(who.number));
        let kind = match happened {
            Happened::Joined => NoticeKind::Join,
            Happened::Left => NoticeKind::Leave,
            Happened::Changed { was_online } => room_notice(was_online, &now)?,
            Happened::Invited => NoticeKind::Invite,
        };
        Some(PresenceNotice { who, kind, now, room: Some(place) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::id::{RoomId, UserId, UserNumber};

    fn note(room: u32, user: u32, happened: Happened) -> Note {
        let id = UserId::parse(&user.to_string()).unwrap();
        let who = Arc::new(Identity { number: UserNumber(user), id, nick: "".into() });
        let place = Place { id: RoomId::parse("r").unwrap(), nick: None };
        Note { room: RoomNumber(room), place, who, happened }
    }

    fn told(notices: &mut Notices) -> Vec<(u32, u32, Happened)> {
        notices.tell().into_iter().map(|note| (note.room.0, note.who.number.0, note.happened)).collect()
    }

    /// Negative control: keep the newest change of somebody in place of the first, and who came and went meanwhile is told of
    /// as somebody who has gone.
    #[test]
    fn of_each_member_of_a_room_the_first_change_counts_and_all_joining_and_leaving() {
        let mut notices = Notices::default();
        let (came, went) = (Happened::Changed { was_online: false }, Happened::Changed { was_online: true });
        for happened in [came, Happened::Joined, went, Happened::Left, Happened::Joined] {
            notices.note(note(1, 7, happened));
        }
        notices.note(note(2, 7, went));
        notices.note(note(1, 8, went));
        let joined = [(1, 7, came), (1, 7, Happened::Joined), (1, 7, Happened::Left), (1, 7, Happened::Joined)];
        assert_eq!(told(&mut notices), [&joined[..], &[(2, 7, went), (1, 8, went)]].concat());
        assert!(!notices.is_some() && told(&mut notices).is_empty(), "told once");
    }

    #[test]
    fn what_waits_is_bounded_and_goes_with_the_room() {
        let mut notices = Notices::default();
        for user in 0..100 {
            notices.note(note(1 + user % 2, user, Happened::Joined));
        }
        let users: Vec<u32> =
            notices.noted.iter().flat_map(|noted| noted.iter()).map(|note| note.who.number.0).collect();
        assert_eq!(users, (36..100).collect::<Vec<_>>(), "the newest");
        notices.forget_room(RoomNumber(1));
        assert!(notices.is_some());
        notices.forget_room(RoomNumber(2));
        assert!(!notices.is_some());
    }
}
