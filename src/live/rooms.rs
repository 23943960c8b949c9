//! Who is in which room among the users in memory. Every change carries the stamp of the user's state it comes from; an
//! older stamp never overwrites a newer one, so no lock is held across two users or a user and a room.

use crate::chat::id::{RoomId, RoomKey, UserNumber};
use rustc_hash::{FxBuildHasher, FxHashMap};
use std::collections::BTreeMap;
use std::hash::BuildHasher;
use std::sync::{Mutex, MutexGuard};

const SHARDS: usize = 16;

/// One user's place in a room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Seat {
    /// Orders what is said of one user's visibility, and their coming and going.
    pub(super) stamp: u64,
    /// Whether others see the user online.
    pub(super) visible: bool,
    /// Whether the user has silenced the room, as its member.
    pub(super) blocked: bool,
    /// Whether the user is its member.
    pub(super) member: bool,
    /// Whether a session of the user lists it.
    pub(super) listed: bool,
}

/// Somebody in memory who is in a room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seated {
    /// Who.
    pub user: UserNumber,
    /// Whether they have silenced the room, as its member.
    pub silenced: bool,
}

struct Room {
    id: RoomId,
    /// In the order of numbers: what is listed must not depend on who is here unseen.
    seats: BTreeMap<UserNumber, Seat>,
    visible: u32,
}

impl Room {
    fn new(id: &RoomId) -> Self {
        Self { id: id.clone(), seats: BTreeMap::new(), visible: 0 }
    }

    fn put(&mut self, user: UserNumber, seat: Seat) {
        let old = self.seats.insert(user, seat);
        self.visible -= u32::from(old.is_some_and(|old| old.visible));
        self.visible += u32::from(seat.visible);
    }

    /// What is said of a user as of `stamp` changes their seat, unless something later was said.
    fn change(&mut self, user: UserNumber, stamp: u64, change: impl FnOnce(&mut Seat)) {
        let old = self.seats.get(&user).copied();
        if old.is_some_and(|old| old.stamp > stamp) {
            return;
        }
        let empty = Seat { stamp, visible: false, blocked: false, member: false, listed: false };
        let mut seat = Seat { stamp, ..old.unwrap_or(empty) };
        change(&mut seat);
        if seat.member || seat.listed {
            self.put(user, seat);
        } else if let Some(old) = self.seats.remove(&user) {
            self.visible -= u32::from(old.visible);
        }
    }
}

/// The rooms that have anybody in memory.
pub(super) struct Rooms {
    shards: Box<[Mutex<FxHashMap<RoomKey, Room>>]>,
}

impl Rooms {
    pub(super) fn new() -> Self {
        Self { shards: (0..SHARDS).map(|_| Mutex::default()).collect() }
    }

    fn shard(&self, room: RoomKey) -> MutexGuard<'_, FxHashMap<RoomKey, Room>> {
        let hash = FxBuildHasher.hash_one(room);
        self.shards[usize::try_from(hash >> 32).unwrap_or(0) % SHARDS].lock().expect("no panic while held")
    }

    /// The user is a member of the room.
    pub(super) fn put(&self, room: RoomKey, id: &RoomId, user: UserNumber, stamp: u64, visible: bool, blocked: bool) {
        self.shard(room).entry(room).or_insert_with(|| Room::new(id)).change(user, stamp, |seat| {
            (seat.member, seat.visible, seat.blocked) = (true, visible, blocked);
        });
    }

    /// A session of the user lists the room.
    pub(super) fn list(&self, room: RoomKey, id: &RoomId, user: UserNumber, stamp: u64, visible: bool) {
        self.shard(room).entry(room).or_insert_with(|| Room::new(id)).change(user, stamp, |seat| {
            (seat.listed, seat.visible) = (true, visible);
        });
    }

    /// Others see the user, or do not, as of `stamp`; an older word than the last changes nothing.
    pub(super) fn show(&self, room: RoomKey, user: UserNumber, stamp: u64, visible: bool) {
        self.on_seat(room, user, stamp, |seat| seat.visible = visible);
    }

    fn on_seat(&self, room: RoomKey, user: UserNumber, stamp: u64, change: impl FnOnce(&mut Seat)) {
        let mut shard = self.shard(room);
        let Some(entry) = shard.get_mut(&room).filter(|room| room.seats.contains_key(&user)) else { return };
        entry.change(user, stamp, change);
        if entry.seats.is_empty() {
            shard.remove(&room);
        }
    }

    /// The user silences the room, or listens again. Only the tail says so, in order.
    pub(super) fn silence(&self, room: RoomKey, user: UserNumber, blocked: bool) {
        let mut shard = self.shard(room);
        if let Some(seat) = shard.get_mut(&room).and_then(|room| room.seats.get_mut(&user)) {
            seat.blocked = blocked;
        }
    }

    /// The user is no member of the room any more.
    pub(super) fn remove(&self, room: RoomKey, user: UserNumber, stamp: u64) {
        self.on_seat(room, user, stamp, |seat| (seat.member, seat.blocked) = (false, false));
    }

    /// No session of the user lists the room any more.
    pub(super) fn unlist(&self, room: RoomKey, user: UserNumber, stamp: u64) {
        self.on_seat(room, user, stamp, |seat| seat.listed = false);
    }

    /// The user has left memory.
    pub(super) fn forget(&self, room: RoomKey, user: UserNumber, stamp: u64) {
        self.on_seat(room, user, stamp, |seat| (seat.member, seat.listed) = (false, false));
    }

    /// How many members others see online.
    pub(super) fn visible_count(&self, room: RoomKey) -> u32 {
        self.shard(room).get(&room).map_or(0, |room| room.visible)
    }

    /// Whether others see somebody online in a room.
    pub(super) fn is_visible(&self, room: RoomKey, user: UserNumber) -> bool {
        self.shard(room).get(&room).and_then(|room| room.seats.get(&user)).is_some_and(|seat| seat.visible)
    }

    /// Members others see online, at most `limit`.
    pub(super) fn visible_members(&self, room: RoomKey, limit: usize) -> Vec<UserNumber> {
        let shard = self.shard(room);
        let seats = shard.get(&room).into_iter().flat_map(|room| &room.seats);
        seats.filter(|(_, seat)| seat.visible).map(|(user, _)| *user).take(limit).collect()
    }

    /// Everybody in memory who is in the room.
    pub(super) fn seated(&self, room: RoomKey) -> Vec<Seated> {
        let shard = self.shard(room);
        let seats = shard.get(&room).into_iter().flat_map(|room| &room.seats);
        seats.map(|(user, seat)| Seated { user: *user, silenced: seat.blocked }).collect()
    }

    /// The same, with the room's id; none if more than `most` members are seen online. Of those who are not seen so many
    /// hear, too: how many there are must not show in what the others hear.
    pub(super) fn audience(&self, room: RoomKey, most: u32) -> Option<(RoomId, Vec<UserNumber>)> {
        let shard = self.shard(room);
        let room = shard.get(&room).filter(|room| room.visible <= most)?;
        let (mut unseen, mut listeners) = (0, Vec::new());
        for (user, seat) in room.seats.iter().filter(|(_, seat)| seat.listed || !seat.blocked) {
            unseen += u32::from(!seat.visible);
            if seat.visible || unseen <= most {
                listeners.push(*user);
            }
        }
        Some((room.id.clone(), listeners))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::id::{RoomNumber, SiteNumber};

    #[test]
    fn an_older_change_never_wins() {
        let (rooms, room, user) = (Rooms::new(), SiteNumber(1).room(RoomNumber(1)), UserNumber(7));
        let (id, seated) = (RoomId::parse("r").unwrap(), |silenced| vec![Seated { user, silenced }]);
        rooms.put(room, &id, user, 5, true, false);
        rooms.remove(room, user, 4);
        assert_eq!(rooms.visible_count(room), 1, "a removal from an earlier life of the user");
        rooms.put(room, &id, user, 3, false, true);
        assert_eq!((rooms.visible_count(room), rooms.seated(room)), (1, seated(false)));
        rooms.show(room, user, 4, false);
        assert_eq!(rooms.visible_count(room), 1, "an older word");
        rooms.show(room, user, 6, false);
        assert_eq!(rooms.visible_count(room), 0);
        rooms.silence(room, user, true);
        assert_eq!(rooms.seated(room), seated(true));
        rooms.remove(room, user, 7);
        assert!(rooms.seated(room).is_empty());
    }

    #[test]
    fn who_is_there_in_two_ways_goes_when_both_are_over() {
        let (rooms, room, user) = (Rooms::new(), SiteNumber(1).room(RoomNumber(1)), UserNumber(7));
        let id = RoomId::parse("r").unwrap();
        rooms.put(room, &id, user, 1, true, true);
        rooms.list(room, &id, user, 2, true);
        assert_eq!(rooms.visible_count(room), 1, "counted once");
        rooms.remove(room, user, 3);
        assert_eq!(rooms.seated(room), [Seated { user, silenced: false }], "who left has silenced nothing");
        rooms.unlist(room, user, 4);
        assert_eq!((rooms.visible_count(room), rooms.seated(room)), (0, vec![]));
        rooms.list(room, &id, user, 5, true);
        rooms.forget(room, user, 6);
        assert!(rooms.seated(room).is_empty());
    }

    /// Negative control: let the bound of `audience` count all seats, and who is not seen silences the room.
    #[test]
    fn a_large_room_has_no_audience_and_those_who_are_not_seen_do_not_make_it_large() {
        let (rooms, room, id) = (Rooms::new(), SiteNumber(1).room(RoomNumber(1)), RoomId::parse("r").unwrap());
        for user in 0..4 {
            rooms.put(room, &id, UserNumber(user), 1, user != 2, user == 1);
        }
        let heard =
            |most| rooms.audience(room, most).map(|(_, users)| users.iter().map(|user| user.0).collect::<Vec<_>>());
        assert_eq!(heard(3), Some(vec![0, 2, 3]), "whoever listens, seen or not");
        assert_eq!(heard(2), None);
        for user in 4..9 {
            rooms.put(room, &id, UserNumber(user), 1, false, false);
        }
        assert_eq!(heard(3), Some(vec![0, 2, 3, 4, 5]), "as many of them as may be seen");
    }
}
