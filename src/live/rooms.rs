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
    /// Whether the user has silenced the room.
    pub(super) blocked: bool,
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
        let old = self.seats.get(&user).copied();
        if old.is_some_and(|old| old.stamp > seat.stamp) {
            return;
        }
        self.visible -= u32::from(old.is_some_and(|old| old.visible));
        self.visible += u32::from(seat.visible);
        self.seats.insert(user, seat);
    }

    fn remove(&mut self, user: UserNumber, stamp: u64) {
        if let Some(old) = self.seats.get(&user).copied().filter(|old| old.stamp <= stamp) {
            self.visible -= u32::from(old.visible);
            self.seats.remove(&user);
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

    pub(super) fn put(&self, room: RoomKey, id: &RoomId, user: UserNumber, seat: Seat) {
        self.shard(room).entry(room).or_insert_with(|| Room::new(id)).put(user, seat);
    }

    /// Others see the user, or do not, as of `stamp`; an older word than the last changes nothing.
    pub(super) fn show(&self, room: RoomKey, user: UserNumber, stamp: u64, visible: bool) {
        let mut shard = self.shard(room);
        let Some(room) = shard.get_mut(&room) else { return };
        if let Some(seat) = room.seats.get(&user).copied() {
            room.put(user, Seat { stamp, visible, ..seat });
        }
    }

    /// The user silences the room, or listens again. Only the tail says so, in order.
    pub(super) fn silence(&self, room: RoomKey, user: UserNumber, blocked: bool) {
        let mut shard = self.shard(room);
        if let Some(seat) = shard.get_mut(&room).and_then(|room| room.seats.get_mut(&user)) {
            seat.blocked = blocked;
        }
    }

    pub(super) fn remove(&self, room: RoomKey, user: UserNumber, stamp: u64) {
        let mut shard = self.shard(room);
        if let Some(entry) = shard.get_mut(&room) {
            entry.remove(user, stamp);
            if entry.seats.is_empty() {
                shard.remove(&room);
            }
        }
    }

    /// How many members others see online.
    pub(super) fn visible_count(&self, room: RoomKey) -> u32 {
        self.shard(room).get(&room).map_or(0, |room| room.visible)
    }

    /// Members others see online, at most `limit`.
    pub(super) fn visible_members(&self, room: RoomKey, limit: usize) -> Vec<UserNumber> {
        let shard = self.shard(room);
        let seats = shard.get(&room).into_iter().flat_map(|room| &room.seats);
        seats.filter(|(_, seat)| seat.visible).map(|(user, _)| *user).take(limit).collect()
    }

    /// Members in memory who listen to the room.
    pub(super) fn listeners(&self, room: RoomKey) -> Vec<UserNumber> {
        let shard = self.shard(room);
        let seats = shard.get(&room).into_iter().flat_map(|room| &room.seats);
        seats.filter(|(_, seat)| !seat.blocked).map(|(user, _)| *user).collect()
    }

    /// The same, with the room's id; none if more than `most` members are seen online. Of those who are not seen so many
    /// hear, too: how many there are must not show in what the others hear.
    pub(super) fn audience(&self, room: RoomKey, most: u32) -> Option<(RoomId, Vec<UserNumber>)> {
        let shard = self.shard(room);
        let room = shard.get(&room).filter(|room| room.visible <= most)?;
        let (mut unseen, mut listeners) = (0, Vec::new());
        for (user, seat) in room.seats.iter().filter(|(_, seat)| !seat.blocked) {
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
        let id = RoomId::parse("r").unwrap();
        rooms.put(room, &id, user, Seat { stamp: 5, visible: true, blocked: false });
        rooms.remove(room, user, 4);
        assert_eq!(rooms.visible_count(room), 1, "a removal from an earlier life of the user");
        rooms.put(room, &id, user, Seat { stamp: 3, visible: false, blocked: true });
        assert_eq!((rooms.visible_count(room), rooms.listeners(room)), (1, vec![user]));
        rooms.show(room, user, 4, false);
        assert_eq!(rooms.visible_count(room), 1, "an older word");
        rooms.show(room, user, 6, false);
        assert_eq!(rooms.visible_count(room), 0);
        rooms.silence(room, user, true);
        assert!(rooms.listeners(room).is_empty());
        rooms.remove(room, user, 7);
        assert!(rooms.listeners(room).is_empty());
    }

    /// Negative control: let the bound of `audience` count all seats, and who is not seen silences the room.
    #[test]
    fn a_large_room_has_no_audience_and_those_who_are_not_seen_do_not_make_it_large() {
        let (rooms, room, id) = (Rooms::new(), SiteNumber(1).room(RoomNumber(1)), RoomId::parse("r").unwrap());
        for user in 0..4 {
            rooms.put(room, &id, UserNumber(user), Seat { stamp: 1, visible: user != 2, blocked: user == 1 });
        }
        let heard =
            |most| rooms.audience(room, most).map(|(_, users)| users.iter().map(|user| user.0).collect::<Vec<_>>());
        assert_eq!(heard(3), Some(vec![0, 2, 3]), "whoever listens, seen or not");
        assert_eq!(heard(2), None);
        for user in 4..9 {
            rooms.put(room, &id, UserNumber(user), Seat { stamp: 1, visible: false, blocked: false });
        }
        assert_eq!(heard(3), Some(vec![0, 2, 3, 4, 5]), "as many of them as may be seen");
    }
}
