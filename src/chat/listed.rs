//! The rooms of a session that its site opened. Such a site keeps rooms and members itself and lists them with every session, so a
//! room's message is for the sessions that list the room at that place of the log.

use super::entry::Seq;
use super::id::RoomNumber;
use super::room::Interval;

/// A room, and a part of the log in which it was listed. One without an end goes on.
pub type Stretch = (RoomNumber, Interval);

/// Where a session begins that its site opens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SiteCut {
    /// Everything up to here is too old to be told now.
    pub old: Seq,
    /// The head of the log at the cut.
    pub head: Seq,
}

/// Rooms, each with the stretches of the log in which they were listed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Listed {
    /// In order of room and place; those of one room do not touch.
    stretches: Vec<Stretch>,
    /// What is said to the person counts from here on: other pages of theirs had it before.
    pub floor: Seq,
    /// The head of the log when the session opened: what the person said before stands in the site's history.
    pub opened: Seq,
    /// Grows with every change, so that an older state is never stored over a newer one.
    pub revision: u64,
}

impl Listed {
    /// Rooms listed from `after` on, each once.
    pub fn from(rooms: impl IntoIterator<Item = RoomNumber>, after: Seq) -> Self {
        let mut stretches: Vec<Stretch> =
            rooms.into_iter().map(|room| (room, Interval { after, through: None })).collect();
        stretches.sort_unstable_by_key(|(room, _)| *room);
        stretches.dedup_by_key(|(room, _)| *room);
        Self { stretches, opened: after, ..Self::default() }
    }

    /// The same with other stretches, in any order.
    pub fn with(self, stretches: Vec<Stretch>) -> Self {
        let mut listed = Self { stretches: Vec::new(), ..self };
        listed.inherit(stretches);
        listed
    }

    /// Every stretch.
    pub fn stretches(&self) -> &[Stretch] {
        &self.stretches
    }

    /// The rooms that are listed now.
    pub fn rooms(&self) -> impl Iterator<Item = RoomNumber> {
        self.stretches.iter().filter(|(_, stretch)| stretch.through.is_none()).map(|(room, _)| *room)
    }

    /// The stretches of one room.
    fn of(&self, room: RoomNumber) -> &[Stretch] {
        let start = self.stretches.partition_point(|(known, _)| *known < room);
        let rest = &self.stretches[start..];
        &rest[..rest.partition_point(|(known, _)| *known == room)]
    }

    /// Whether a room is listed now.
    pub fn lists(&self, room: RoomNumber) -> bool {
        self.of(room).iter().any(|(_, stretch)| stretch.through.is_none())
    }

    /// Whether a message at `seq` of a room is for the session.
    pub fn has(&self, room: RoomNumber, seq: Seq) -> bool {
        self.of(room).iter().any(|(_, stretch)| stretch.contains(seq))
    }

    /// These stretches without what `other` lists up to `through`.
    pub fn without(&self, other: &Self, through: Seq) -> Self {
        let mut rest = Vec::new();
        for (room, stretch) in &self.stretches {
            let end = stretch.through.unwrap_or(Seq::MAX);
            let mut after = stretch.after;
            for (_, known) in other.of(*room) {
                let (from, to) = (known.after, known.through.unwrap_or(Seq::MAX).min(through));
                if to <= after || from >= end || to <= from {
                    continue;
                }
                if from > after {
                    rest.push((*room, Interval { after, through: Some(from) }));
                }
                after = to;
            }
            if after < end {
                rest.push((*room, Interval { after, through: stretch.through }));
            }
        }
        Self { stretches: rest, ..Self::default() }
    }

    /// Lists a room from `after` on; whether it was not listed.
    pub fn open(&mut self, room: RoomNumber, after: Seq) -> bool {
        let is_new = !self.lists(room);
        if is_new {
            self.inherit(vec![(room, Interval { after, through: None })]);
            self.revision += 1;
        }
        is_new
    }

    /// Lists a room no longer than to `through`; whether it was listed.
    pub fn close(&mut self, room: RoomNumber, through: Seq) -> bool {
        let listed = self.stretches.iter_mut().find(|(known, stretch)| *known == room && stretch.through.is_none());
        let Some((_, stretch)) = listed else { return false };
        stretch.through = Some(through.max(stretch.after));
        self.revision += 1;
        true
    }

    /// Forgets stretches that end before what is confirmed.
    pub fn forget(&mut self, acked: Seq) {
        self.stretches.retain(|(_, stretch)| stretch.through.is_none_or(|through| through > acked));
    }

    /// What of these stretches lies after `after` and not beyond `through`: what a session leaves to the next one of its user.
    pub fn part(&self, after: Seq, through: Seq) -> Vec<Stretch> {
        let cut = self.stretches.iter().map(|(room, stretch)| {
            let end = stretch.through.unwrap_or(through).min(through);
            (*room, Interval { after: stretch.after.max(after), through: Some(end) })
        });
        cut.filter(|(_, stretch)| stretch.through.is_some_and(|end| end > stretch.after)).collect()
    }

    /// Adds stretches, those that earlier sessions of the same user left among them. What touches becomes one, so that however
    /// often a page is opened anew there is hardly more than one for a room.
    pub fn inherit(&mut self, left: Vec<Stretch>) {
        self.stretches.extend(left);
        self.stretches.sort_unstable_by_key(|(room, stretch)| (*room, stretch.after));
        self.stretches.dedup_by(|(room, next), (known, before)| {
            let touches = room == known && before.through.is_none_or(|through| next.after <= through);
            if touches {
                before.through = before.through.zip(next.through).map(|(one, other)| one.max(other));
            }
            touches
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const ROOM: RoomNumber = RoomNumber(7);

    #[test]
    fn a_room_is_heard_while_it_is_listed() {
        let mut listed = Listed::from([ROOM, RoomNumber(9), ROOM], 10);
        assert_eq!(listed.rooms().collect::<Vec<_>>(), [ROOM, RoomNumber(9)], "once");
        assert!(listed.close(ROOM, 20) && !listed.close(ROOM, 25));
        assert!(listed.open(ROOM, 30) && !listed.open(ROOM, 35));
        let heard: Vec<Seq> = (8..=33).filter(|seq| listed.has(ROOM, *seq)).collect();
        assert_eq!(heard, (11..=20).chain(31..=33).collect::<Vec<_>>());
        assert!(!listed.has(RoomNumber(8), 15) && listed.has(RoomNumber(9), 15));
        assert_eq!(listed.revision, 2, "each change counts");
        listed.forget(20);
        assert_eq!(listed.stretches().len(), 2, "what is confirmed is forgotten");
    }

    /// Negative control: let `part` keep open ends, and the next session hears twice what it lists itself.
    #[test]
    fn what_is_left_to_the_next_session_ends_where_that_one_begins() {
        let mut listed = Listed::from([ROOM, RoomNumber(8)], 10);
        listed.close(RoomNumber(8), 14);
        let left = listed.part(15, 40);
        assert_eq!(left, [(ROOM, Interval { after: 15, through: Some(40) })]);
        let mut next = Listed::from([ROOM], 40);
        next.inherit(left.clone());
        next.inherit(left);
        assert_eq!(next.stretches(), [(ROOM, Interval { after: 15, through: None })], "one, however often it is left");
    }

    fn marks() -> impl Strategy<Value = Vec<Stretch>> {
        let mark = (0..3_u32, 0..30_u64, proptest::option::of(1..12_u64));
        let stretch = mark.prop_map(|(room, after, length)| {
            (RoomNumber(room), Interval { after, through: length.map(|length| after + length) })
        });
        proptest::collection::vec(stretch, 0..20)
    }

    proptest! {
        /// Negative control: let `without` forget `through`, or the part before what it takes away.
        #[test]
        fn what_is_taken_away_is_gone_and_nothing_else(
            one in marks(), other in marks(), through in 0..50_u64,
        ) {
            let (one, other) = (Listed::default().with(one), Listed::default().with(other));
            let rest = one.without(&other, through);
            for room in (0..4).map(RoomNumber) {
                for seq in 0..60 {
                    let is_left = one.has(room, seq) && !(seq <= through && other.has(room, seq));
                    prop_assert_eq!(rest.has(room, seq), is_left, "{} of {:?} without {:?}", seq, one, other);
                }
            }
        }

        /// Stretches that are laid together say of every place what they said one by one, and are few.
        ///
        /// Negative control: let `inherit` compare `next.after < through`, and those that touch stay apart.
        #[test]
        fn stretches_that_touch_become_one(all in marks()) {
            let listed = Listed::default().with(all.clone());
            for room in (0..4).map(RoomNumber) {
                for seq in 0..50 {
                    let one_by_one = all.iter().any(|(known, stretch)| *known == room && stretch.contains(seq));
                    prop_assert_eq!(listed.has(room, seq), one_by_one, "{:?} at {}", listed, seq);
                }
                let of = listed.of(room);
                prop_assert!(of.windows(2).all(|pair| pair[0].1.through.is_some_and(|end| end < pair[1].1.after)));
                prop_assert_eq!(listed.lists(room), of.last().is_some_and(|(_, last)| last.through.is_none()));
            }
        }
    }
}
