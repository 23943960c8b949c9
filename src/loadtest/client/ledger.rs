//! Who was to get what, and who got it: every accepted message is looked for at every receiver.

use crate::loadtest::talk::RoomMessage;
use std::collections::HashMap;

/// Stands in a message for "to the room".
pub const TO_ROOM: u32 = u32::MAX;

/// What stands in the text of every message of a test.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mark {
    /// The message: the client's number in the upper bits, then counted.
    pub id: u64,
    /// The receiving member's number, or [`TO_ROOM`].
    pub to: u32,
    /// When it was due to be sent, by the machine's clock.
    pub due_us: u64,
}

/// Bytes of a mark in a text.
pub const MARK_BYTES: usize = 3 + 8 + 1 + 16 + 1 + 8 + 1 + 16;

impl Mark {
    /// As it is written, for one run.
    pub fn text(&self, run: u32) -> String {
        format!("lt:{run:08x}:{:016x}:{:08x}:{:016x}", self.id, self.to, self.due_us)
    }

    /// All marks of a run in what a server sent.
    pub fn find_all(bytes: &[u8], run: u32) -> Vec<Self> {
        let (begin, mut found, mut rest) = (format!("lt:{run:08x}:"), Vec::new(), bytes);
        while let Some(at) = position(rest, begin.as_bytes()) {
            rest = &rest[at + begin.len()..];
            found.extend(Self::parse(rest));
        }
        found
    }

    fn parse(rest: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(rest.get(..42)?).ok()?;
        let mut parts = text.splitn(3, ':');
        let id = u64::from_str_radix(parts.next()?, 16).ok()?;
        let to = u32::from_str_radix(parts.next()?, 16).ok()?;
        let due_us = u64::from_str_radix(parts.next()?, 16).ok()?;
        Some(Self { id, to, due_us })
    }
}

/// Where a word stands; its first letter is looked for first.
fn position(bytes: &[u8], word: &[u8]) -> Option<usize> {
    let mut from = 0;
    while let Some(at) = bytes[from..].iter().position(|byte| *byte == word[0]) {
        if bytes[from + at..].starts_with(word) {
            return Some(from + at);
        }
        from += at + 1;
    }
    None
}

/// How a message was answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answered {
    /// Not yet, or never: it may have been stored.
    Unknown,
    /// `ok`.
    Accepted,
    /// No.
    Refused,
}

/// A message to one member of this client.
#[derive(Debug, Clone, Copy)]
struct Single {
    answered: Answered,
    delivered: bool,
    /// In which stretch of the receiver's listening it came last.
    stretch: u32,
}

/// What a delivery was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Delivery {
    /// The first.
    First,
    /// Again in the same stretch of listening.
    Duplicate,
    /// Again to a later page, or after a connection broke.
    Again,
    /// Meant for somebody else: one's own message in another tab, for instance.
    Stray,
}

/// The sums.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Sums {
    /// Deliveries of accepted messages.
    pub delivered: u64,
    /// Missing.
    pub lost: u64,
    /// Answered `ok`.
    pub accepted: u64,
    /// Answered by a refusal.
    pub refused: u64,
    /// Not answered.
    pub unknown: u64,
}

/// The members of one client: numbers `first` to `first + members`, of which member n sits in room n modulo `rooms`.
#[derive(Debug)]
pub struct Ledger {
    client: u32,
    first: u32,
    members: u32,
    rooms: u32,
    single: Vec<Single>,
    /// Own messages in rooms.
    in_rooms: Vec<(RoomMessage, Answered)>,
    /// Messages in rooms, anybody's: who of ours has them, a bit each.
    seen: HashMap<u64, Vec<u64>>,
}

/// Bits of a message's number that count; above them is the client.
const COUNT_BITS: u32 = 40;
/// Set in the numbers of messages in rooms.
const IN_ROOM: u64 = 1 << 39;

impl Ledger {
    /// For a client and its members.
    pub fn new(client: u32, first: u32, members: u32, rooms: u32) -> Self {
        Self { client, first, members, rooms, single: Vec::new(), in_rooms: Vec::new(), seen: HashMap::new() }
    }

    /// A number for a message to one member.
    pub fn next_single(&mut self) -> u64 {
        self.single.push(Single { answered: Answered::Unknown, delivered: false, stretch: 0 });
        (u64::from(self.client) << COUNT_BITS) | (self.single.len() as u64 - 1)
    }

    /// A number for a message in a room.
    pub fn next_in_room(&mut self, room: u32, sender: u32) -> u64 {
        let id = (u64::from(self.client) << COUNT_BITS) | IN_ROOM | self.in_rooms.len() as u64;
        self.in_rooms.push((RoomMessage { id, room, sender }, Answered::Unknown));
        id
    }

    /// A message of this client was answered.
    pub fn answered(&mut self, id: u64, answered: Answered) {
        let count = usize::try_from(id & (IN_ROOM - 1)).unwrap_or(usize::MAX);
        if id & IN_ROOM != 0 {
            if let Some(entry) = self.in_rooms.get_mut(count) {
                entry.1 = answered;
            }
        } else if let Some(single) = self.single.get_mut(count) {
            single.answered = answered;
        }
    }

    /// A member found a message in what the server sent, in a stretch of listening that began at `since_us`.
    pub fn delivered(&mut self, member: u32, stretch: u32, since_us: u64, mark: Mark) -> Delivery {
        if mark.to == TO_ROOM {
            return self.delivered_in_room(member, since_us, mark);
        }
        let own = mark.to == member && mark.id >> COUNT_BITS == u64::from(self.client);
        let count = usize::try_from(mark.id & (IN_ROOM - 1)).unwrap_or(usize::MAX);
        let Some(single) = self.single.get_mut(count).filter(|_| own) else { return Delivery::Stray };
        if !single.delivered {
            (single.delivered, single.stretch) = (true, stretch);
            return Delivery::First;
        }
        if single.stretch == stretch {
            return Delivery::Duplicate;
        }
        single.stretch = stretch;
        Delivery::Again
    }

    fn delivered_in_room(&mut self, member: u32, since_us: u64, mark: Mark) -> Delivery {
        let local = (member - self.first) as usize;
        let words = (self.members as usize).div_ceil(64);
        let bits = self.seen.entry(mark.id).or_insert_with(|| vec![0; words]);
        let bit = 1 << (local % 64);
        if bits[local / 64] & bit == 0 {
            bits[local / 64] |= bit;
            return Delivery::First;
        }
        // Which stretch had it is not kept for rooms: what was due before this one began may have come in another.
        if mark.due_us < since_us { Delivery::Again } else { Delivery::Duplicate }
    }

    /// The messages in rooms that were accepted.
    pub fn accepted_in_rooms(&self) -> Vec<RoomMessage> {
        self.in_rooms
            .iter()
            .filter(|(_, answered)| *answered == Answered::Accepted)
            .map(|(message, _)| *message)
            .collect()
    }

    /// What came of the messages to this client's members, and of those in rooms that were accepted anywhere.
    pub fn sums(&self, in_rooms: &[RoomMessage]) -> Sums {
        let mut sums = Sums::default();
        for single in &self.single {
            count(&mut sums, single.answered);
            if single.answered == Answered::Accepted {
                *(if single.delivered { &mut sums.delivered } else { &mut sums.lost }) += 1;
            }
        }
        for (_, answered) in &self.in_rooms {
            count(&mut sums, *answered);
        }
        for message in in_rooms {
            let seen =
                self.seen.get(&message.id).map_or(0, |bits| bits.iter().map(|word| u64::from(word.count_ones())).sum());
            sums.delivered += seen;
            sums.lost += self.audience(*message).saturating_sub(seen);
        }
        sums
    }

    /// How many of ours are to get it.
    fn audience(&self, message: RoomMessage) -> u64 {
        let numbers = self.first..self.first + self.members;
        let sits = |number: u32| self.rooms > 0 && number % self.rooms == message.room;
        let below = |end: u32| u64::from(end.saturating_sub(message.room).div_ceil(self.rooms.max(1)));
        let all = below(numbers.end) - below(numbers.start);
        all - u64::from(numbers.contains(&message.sender) && sits(message.sender))
    }
}

fn count(sums: &mut Sums, answered: Answered) {
    match answered {
        Answered::Accepted => sums.accepted += 1,
        Answered::Refused => sums.refused += 1,
        Answered::Unknown => sums.unknown += 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mark(id: u64, to: u32) -> Mark {
        Mark { id, to, due_us: 77 }
    }

    #[test]
    fn marks_are_found_in_what_surrounds_them() {
        let one = Mark { id: 3, to: 9, due_us: 1_234_567 };
        let other = Mark { id: u64::MAX, to: TO_ROOM, due_us: 0 };
        assert_eq!(one.text(5).len(), MARK_BYTES);
        let text = format!("lt:lt:{{\"body\":\"{}\"}}{}xx{}", one.text(5), one.text(6), other.text(5));
        assert_eq!(Mark::find_all(text.as_bytes(), 5), [one, other]);
        assert_eq!(Mark::find_all(&text.as_bytes()[..30], 5), []);
    }

    #[test]
    fn a_message_is_delivered_lost_or_duplicated() {
        let mut ledger = Ledger::new(2, 10, 4, 0);
        let ids: Vec<u64> = (0..4).map(|_| ledger.next_single()).collect();
        for id in &ids[..3] {
            ledger.answered(*id, Answered::Accepted);
        }
        ledger.answered(ids[3], Answered::Refused);
        assert_eq!(ledger.delivered(11, 1, 0, mark(ids[0], 11)), Delivery::First);
        assert_eq!(ledger.delivered(11, 1, 0, mark(ids[0], 11)), Delivery::Duplicate);
        assert_eq!(ledger.delivered(11, 2, 0, mark(ids[0], 11)), Delivery::Again);
        assert_eq!(ledger.delivered(11, 2, 0, mark(ids[0], 11)), Delivery::Duplicate, "page and stream both had it");
        assert_eq!(ledger.delivered(12, 1, 0, mark(ids[1], 11)), Delivery::Stray);
        assert_eq!(ledger.delivered(13, 1, 0, mark(ids[1], 13)), Delivery::First);
        let sums = ledger.sums(&[]);
        assert_eq!((sums.delivered, sums.lost, sums.accepted, sums.refused), (2, 1, 3, 1));
    }

    #[test]
    fn a_message_in_a_room_is_looked_for_at_everybody_but_its_sender() {
        // Of 10 to 16, room 1 of three has 10, 13 and 16.
        let mut ledger = Ledger::new(0, 10, 7, 3);
        let id = ledger.next_in_room(1, 13);
        ledger.answered(id, Answered::Accepted);
        let accepted = ledger.accepted_in_rooms();
        assert_eq!(ledger.sums(&accepted).lost, 2);
        assert_eq!(ledger.delivered(10, 0, 0, mark(id, TO_ROOM)), Delivery::First);
        assert_eq!(ledger.delivered(10, 0, 0, mark(id, TO_ROOM)), Delivery::Duplicate);
        assert_eq!(ledger.delivered(10, 1, 100, mark(id, TO_ROOM)), Delivery::Again);
        assert_eq!((ledger.sums(&accepted).delivered, ledger.sums(&accepted).lost), (1, 1));
        let elsewhere = RoomMessage { id: 1 << 40, room: 1, sender: 4 };
        assert_eq!(ledger.sums(&[elsewhere]).lost, 3, "one of another client is for all three");
    }
}
