//! One user in memory: who they are, what they say about themselves, their friends, rooms and sessions.

use super::Times;
use super::session::Session;
use crate::chat::entry::Seq;
use crate::chat::id::{RoomNumber, UserNumber};
use crate::chat::listed::{Listed, Stretch};
use crate::chat::presence::{Mood, Visible};
use crate::chat::room::Membership;
use crate::chat::session::SessionNumber;
use crate::chat::user::Identity;
use std::sync::Arc;

/// Tickets of one user; a further one ends the one that has been idle longest.
const SESSIONS_MAX: usize = 20;

#[derive(Debug)]
pub(super) struct User {
    pub(super) identity: Arc<Identity>,
    pub(super) mood: Mood,
    pub(super) buddies: Arc<[UserNumber]>,
    pub(super) rooms: Vec<RoomNumber>,
    pub(super) sessions: Vec<Session>,
    pub(super) delivered: Seq,
    /// Until when the user counts as here though no session is present.
    grace_until_ms: Option<u64>,
    /// Whether the user counted as here when last looked at.
    here: bool,
    /// Rooms whose seats changed while a first session was opening: there memory knows better than the page's snapshot.
    pub(super) reseated: Vec<RoomNumber>,
    /// What sessions opened by the site left when they ended.
    pub(super) left: Option<Box<Left>>,
    /// The earliest entry in the wheel.
    pub(super) armed_ms: Option<u64>,
}

/// How long what a session left waits for the next one of its user, in milliseconds; how old a message may be that comes then is
/// up to the site.
const LEFT_FOR_MS: u64 = 600_000;

/// See `User::left`.
#[derive(Debug, Default)]
pub(super) struct Left {
    /// Rooms and people that the last of them listed: until the grace is over the user is seen there, and those people are told
    /// when they go.
    rooms: Vec<RoomNumber>,
    people: Vec<UserNumber>,
    /// When that is over, in monotonic milliseconds, once it was looked at.
    until_ms: Option<u64>,
    /// Of each, what of its rooms it had not confirmed.
    unconfirmed: Vec<Unconfirmed>,
    /// Of all of them, what they had confirmed: that is not told again because another had not.
    confirmed: Listed,
}

/// Messages of rooms that a session had on its way when it ended.
#[derive(Debug)]
struct Unconfirmed {
    unread: Listed,
    /// When it is forgotten, in monotonic milliseconds.
    until_ms: u64,
}

/// What a snapshot says that memory did not.
#[derive(Default)]
pub(super) struct Reconciled {
    /// The user's seats, silences included.
    pub(super) seats: Vec<Membership>,
    /// Rooms the user is in no more.
    pub(super) surplus: Vec<RoomNumber>,
    /// Whether a room was missing: its rows have to be read again.
    pub(super) missed: bool,
}

/// What a look at a user at some time found.
#[derive(Default)]
pub(super) struct Sweep {
    /// Sessions that have ended.
    pub(super) ended: Vec<Session>,
    /// Rooms that no session lists any more, of a user who is here.
    pub(super) dropped: Vec<RoomNumber>,
    /// The visit is over.
    pub(super) gone: bool,
    /// When to look again.
    pub(super) next_ms: Option<u64>,
}

impl User {
    pub(super) fn new(
        identity: Arc<Identity>,
        mood: Mood,
        buddies: Arc<[UserNumber]>,
        rooms: Vec<RoomNumber>,
        delivered: Seq,
    ) -> Self {
        Self {
            identity,
            mood,
            buddies,
            rooms,
            sessions: Vec::new(),
            delivered,
            grace_until_ms: None,
            here: false,
            reseated: Vec::new(),
            left: None,
            armed_ms: None,
        }
    }

    pub(super) fn session(&mut self, number: SessionNumber) -> Option<&mut Session> {
        self.sessions.iter_mut().find(|session| session.number == number)
    }

    /// People whom sessions opened by the site list.
    pub(super) fn listed_people(&self) -> Vec<UserNumber> {
        let listing = self.sessions.iter().filter(|session| session.listed.is_some());
        let listed = listing.flat_map(|session| session.strangers.iter().map(|stranger| stranger.number));
        let mut people: Vec<UserNumber> =
            listed.chain(self.left.iter().flat_map(|left| left.people.iter().copied())).collect();
        people.sort_unstable();
        people.dedup();
        people
    }

    /// Whether a session lists the room, or did when the grace began.
    pub(super) fn lists(&self, room: RoomNumber) -> bool {
        let mut listed = self.sessions.iter().filter_map(|session| session.listed.as_ref());
        listed.any(|listed| listed.lists(room)) || self.left.as_ref().is_some_and(|left| left.rooms.contains(&room))
    }

    /// The rooms the user is in as a member, and those that their sessions list.
    pub(super) fn all_rooms(&self) -> Vec<RoomNumber> {
        let mut rooms = self.rooms.clone();
        let listed = self.sessions.iter().filter_map(|session| session.listed.as_ref());
        rooms.extend(listed.flat_map(|listed| listed.rooms()));
        rooms.extend(self.left.iter().flat_map(|left| &left.rooms));
        rooms.sort_unstable();
        rooms.dedup();
        rooms
    }

    /// A session that the site opened has ended: what it had not confirmed waits for the next one, and what it listed stays for the
    /// grace if no other session of its kind is there. Under the same lock as its end, so that a page that opens meanwhile finds
    /// either.
    fn leave(&mut self, session: &Session, now_ms: u64) {
        // One whose page was never answered leaves nothing.
        let Some(listed) = session.listed.as_ref().filter(|_| session.open) else { return };
        let unread = self.unread(listed.part(session.cursors.acked(), session.heard));
        let is_last = self.sessions.iter().all(|other| other.listed.is_none());
        let left = self.left.get_or_insert_default();
        if !unread.stretches().is_empty() {
            left.unconfirmed.push(Unconfirmed { unread, until_ms: now_ms + LEFT_FOR_MS });
        }
        if !is_last || !left.unconfirmed.is_empty() {
            left.confirmed.inherit(listed.part(0, session.cursors.acked()));
        }
        if is_last {
            left.rooms = listed.rooms().collect();
            left.people = session.strangers.iter().map(|stranger| stranger.number).collect();
            left.until_ms = None;
        }
    }

    /// What of these stretches no page of the user is known to have.
    fn unread(&self, stretches: Vec<Stretch>) -> Listed {
        let mut unread = Listed::default().with(stretches);
        for session in self.sessions.iter().filter(|session| session.open) {
            if let Some(listed) = &session.listed {
                unread = unread.without(listed, session.cursors.acked());
            }
        }
        match &self.left {
            Some(left) => unread.without(&left.confirmed, Seq::MAX),
            None => unread,
        }
    }

    /// What the user's sessions, and those that have ended, leave to one that opens now.
    pub(super) fn inheritance(&self) -> Listed {
        let open = self.sessions.iter().filter(|session| session.open);
        let on_its_way =
            open.filter_map(|session| Some(session.listed.as_ref()?.part(session.cursors.acked(), session.heard)));
        let left = self.left.iter().flat_map(|left| &left.unconfirmed).flat_map(|left| left.unread.stretches());
        self.unread(left.copied().chain(on_its_way.flatten()).collect())
    }

    /// A session of the same kind is there: nothing waits any more. Gives the rooms that the last one left.
    pub(super) fn take_left(&mut self) -> Vec<RoomNumber> {
        let Some(left) = &mut self.left else { return Vec::new() };
        left.unconfirmed.clear();
        left.people.clear();
        std::mem::take(&mut left.rooms)
    }

    /// Whether the visit is over: a session that comes now is the first of a new one, and all but what waits is read anew.
    pub(super) fn has_gone(&self) -> bool {
        !self.here && self.sessions.is_empty()
    }

    /// The visit is over and everybody has been told. Whether anything waits for the next one.
    pub(super) fn wait(&mut self) -> bool {
        let Some(left) = self.left.as_mut().filter(|left| !left.unconfirmed.is_empty()) else { return false };
        (left.rooms, left.people, self.rooms) = (Vec::new(), Vec::new(), Vec::new());
        self.buddies = Arc::new([]);
        true
    }

    /// Forgets what has waited long enough. Gives the rooms that are not listed any more though the user is here.
    fn forget_left(&mut self, times: &Times, now_ms: u64, next_ms: &mut Option<u64>) -> Vec<RoomNumber> {
        let has_gone = self.has_gone();
        let is_alone = self.sessions.iter().all(|session| session.listed.is_none());
        let Some(left) = &mut self.left else { return Vec::new() };
        left.unconfirmed.retain(|left| left.until_ms > now_ms);
        if let Some(until_ms) = left.unconfirmed.iter().map(|left| left.until_ms).min() {
            earliest(next_ms, until_ms);
        } else if is_alone {
            left.confirmed = Listed::default();
        }
        let mut dropped = Vec::new();
        if !left.rooms.is_empty() || !left.people.is_empty() {
            let until_ms = *left.until_ms.get_or_insert(now_ms + times.user_grace_ms);
            // Who has gone altogether leaves the rooms with the visit.
            if until_ms > now_ms {
                earliest(next_ms, until_ms);
            } else if !has_gone {
                left.people = Vec::new();
                dropped = std::mem::take(&mut left.rooms);
            }
        }
        if left.rooms.is_empty() && left.people.is_empty() && left.unconfirmed.is_empty() && is_alone {
            self.left = None;
        }
        dropped.retain(|room| !self.lists(*room));
        dropped
    }

    /// What others see.
    pub(super) fn visible(&self) -> Visible {
        Visible::of(self.here, &self.mood)
    }

    /// Whether somebody is present, or was just now; others may see it or not.
    pub(super) fn is_here(&self) -> bool {
        self.here
    }

    /// Whether some session's page has been answered: from then on memory follows every change of seat.
    pub(super) fn is_open(&self) -> bool {
        self.sessions.iter().any(|session| session.open)
    }

    /// Brings the rooms in line with a first page's snapshot, which is later than the read the user was made from.
    pub(super) fn reconcile(&mut self, memberships: &[Membership]) -> Reconciled {
        if self.is_open() {
            return Reconciled::default();
        }
        let reseated = std::mem::take(&mut self.reseated);
        let is_in = |room: RoomNumber| memberships.iter().any(|membership| membership.room.number == room);
        let (kept, surplus) = self.rooms.iter().partition(|room| is_in(**room) || reseated.contains(room));
        self.rooms = kept;
        let as_read = memberships.iter().filter(|membership| !reseated.contains(&membership.room.number));
        let seats: Vec<Membership> = as_read.cloned().collect();
        let known = self.rooms.len();
        for membership in &seats {
            if !self.rooms.contains(&membership.room.number) {
                self.rooms.push(membership.room.number);
            }
        }
        Reconciled { missed: self.rooms.len() > known, seats, surplus }
    }

    /// Adds a session; gives the one that had to make room.
    pub(super) fn add(&mut self, session: Session, now_ms: u64) -> Option<Session> {
        let full = self.sessions.len() >= SESSIONS_MAX;
        let oldest = full.then(|| {
            let idle = self.sessions.iter().enumerate();
            let by_idleness = idle.min_by_key(|(_, session)| session.idle_since().unwrap_or(u64::MAX));
            by_idleness.map_or(0, |(index, _)| index)
        });
        // Of those that are idle alike, after a restart, the first to be added goes: the list keeps its order.
        let ended = oldest.map(|index| self.sessions.remove(index));
        if let Some(ended) = &ended {
            self.leave(ended, now_ms);
        }
        // One at a time: nearly everybody has one, and room for four is a kilobyte.
        self.sessions.reserve_exact(1);
        self.sessions.push(session);
        ended
    }

    /// Takes a session out; the grace starts if it was the last.
    pub(super) fn remove(&mut self, number: SessionNumber, times: &Times, now_ms: u64) -> Option<Session> {
        let index = self.sessions.iter().position(|session| session.number == number)?;
        let session = self.sessions.swap_remove(index);
        self.leave(&session, now_ms);
        self.raise_delivered(session.cursors.acked());
        let was_present = session.present_until(times.session_grace_ms).is_none_or(|until| until > now_ms);
        if was_present {
            self.grace_until_ms = Some(now_ms + times.user_grace_ms);
        }
        Some(session)
    }

    /// What was read on sessions whose clients cannot say so, where that is not stored yet.
    pub(super) fn read_through(&self) -> Seq {
        let unsaid = self.sessions.iter().filter(|session| session.dirty && session.dialect.delivered_is_read());
        unsaid.map(|session| session.cursors.acked()).max().unwrap_or(0)
    }

    pub(super) fn raise_delivered(&mut self, seq: Seq) {
        self.delivered = self.delivered.max(seq);
    }

    /// Looks at all deadlines. The only place where a user becomes online or offline.
    pub(super) fn sweep(&mut self, times: &Times, now_ms: u64) -> Sweep {
        let mut sweep = Sweep::default();
        self.end_expired(times, now_ms, &mut sweep);
        self.here = self.still_here(times, now_ms, &mut sweep.next_ms);
        sweep.dropped = self.forget_left(times, now_ms, &mut sweep.next_ms);
        sweep.gone = self.has_gone();
        self.wake_due(times, now_ms, &mut sweep.next_ms);
        sweep
    }

    fn end_expired(&mut self, times: &Times, now_ms: u64, sweep: &mut Sweep) {
        let mut index = 0;
        while let Some(session) = self.sessions.get(index) {
            let idle_end = session.idle_since().map(|since| since + times.ticket_idle_ms);
            let end = idle_end.unwrap_or(u64::MAX).min(session.expires_at_ms);
            if end > now_ms {
                earliest(&mut sweep.next_ms, end);
                index += 1;
            } else {
                let was_present = session.present_until(times.session_grace_ms).is_none_or(|until| until > now_ms);
                let session = self.sessions.swap_remove(index);
                self.leave(&session, now_ms);
                self.raise_delivered(session.cursors.acked());
                if was_present {
                    self.grace_until_ms = Some(now_ms + times.user_grace_ms);
                }
                sweep.ended.push(session);
            }
        }
    }

    fn still_here(&mut self, times: &Times, now_ms: u64, next_ms: &mut Option<u64>) -> bool {
        let mut present_until = Some(0);
        for session in &self.sessions {
            let until = session.present_until(times.session_grace_ms);
            present_until = present_until.zip(until).map(|(a, b)| a.max(b));
        }
        match present_until {
            None => {
                self.grace_until_ms = None;
                return true;
            }
            Some(until) if until > now_ms => {
                self.grace_until_ms = Some(until + times.user_grace_ms);
                earliest(next_ms, until);
                return true;
            }
            Some(_) => {}
        }
        let graced = self.here && self.grace_until_ms.is_some_and(|until| until > now_ms);
        if let Some(until) = self.grace_until_ms.filter(|_| graced) {
            earliest(next_ms, until);
        }
        graced
    }

    fn wake_due(&mut self, times: &Times, now_ms: u64, next_ms: &mut Option<u64>) {
        for session in &mut self.sessions {
            let Some(hold_until) = session.hold_until() else { continue };
            let due = session.presence_due(times.presence_wake_ms).unwrap_or(u64::MAX).min(hold_until);
            if due <= now_ms {
                session.wake();
            } else {
                earliest(next_ms, due);
            }
        }
    }
}

fn earliest(slot: &mut Option<u64>, at_ms: u64) {
    *slot = Some(slot.map_or(at_ms, |known| known.min(at_ms)));
}
