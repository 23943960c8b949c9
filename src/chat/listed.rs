//! The rooms of a session that its site opened. Such a site keeps rooms and members itself and lists them with every session, so a
//! room's message is for the sessions that list the room at that place of the log.

use super::entry::Seq;
use super::id::RoomNumber;
use super::room::Interval;

/// Rooms, each with the stretches of the log in which they were listed. A stretch without an end goes on.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Listed(Vec<(RoomNumber, Interval)>);

impl Listed {
    /// Rooms listed from `after` on, each once.
    pub fn from(rooms: impl IntoIterator<Item = RoomNumber>, after: Seq) -> Self {
        let mut listed = Self::default();
        for room in rooms {
            listed.open(room, after);
        }
        listed
    }

    /// Stretches as they were stored.
    pub fn of(stretches: Vec<(RoomNumber, Interval)>) -> Self {
        Self(stretches)
    }

    /// Every stretch.
    pub fn stretches(&self) -> &[(RoomNumber, Interval)] {
        &self.0
    }

    /// The rooms that are listed now.
    pub fn rooms(&self) -> impl Iterator<Item = RoomNumber> {
        self.0.iter().filter(|(_, stretch)| stretch.through.is_none()).map(|(room, _)| *room)
    }

    /// Lists a room from `after` on; whether it was not listed.
    pub fn open(&mut self, room: RoomNumber, after: Seq) -> bool {
        let is_new = !self.rooms().any(|known| known == room);
        if is_new {
            self.0.push((room, Interval { after, through: None }));
        }
        is_new
    }

    /// Lists a room no longer than to `through`; whether it was listed.
    pub fn close(&mut self, room: RoomNumber, through: Seq) -> bool {
        let listed = self.0.iter_mut().find(|(known, stretch)| *known == room && stretch.through.is_none());
        match listed {
            Some((_, stretch)) => {
                stretch.through = Some(through.max(stretch.after));
                true
            }
            None => false,
        }
    }

    /// Whether a message at `seq` of a room is for the session.
    pub fn has(&self, room: RoomNumber, seq: Seq) -> bool {
        self.0.iter().any(|(known, stretch)| *known == room && stretch.contains(seq))
    }

    /// The same lists from `after` on.
    pub fn since(&mut self, after: Seq) {
        for (_, stretch) in &mut self.0 {
            stretch.after = stretch.after.max(after);
        }
        self.0.retain(|(_, stretch)| stretch.through.is_none_or(|through| through > stretch.after));
    }

    /// What of these lists lies after `after` and not beyond `through`: what a session leaves to the next one of its user.
    pub fn part(&self, after: Seq, through: Seq) -> Self {
        let cut = self.0.iter().map(|(room, stretch)| {
            let end = stretch.through.unwrap_or(through).min(through);
            (*room, Interval { after: stretch.after.max(after), through: Some(end) })
        });
        Self(cut.filter(|(_, stretch)| stretch.through.is_some_and(|end| end > stretch.after)).collect())
    }

    /// Adds what an earlier session of the same user left.
    pub fn inherit(&mut self, left: Self) {
        self.0.extend(left.0.into_iter().filter(|stretch| !self.0.contains(stretch)).collect::<Vec<_>>());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROOM: RoomNumber = RoomNumber(7);

    #[test]
    fn a_room_is_heard_while_it_is_listed() {
        let mut listed = Listed::from([ROOM, ROOM], 10);
        assert_eq!(listed.rooms().collect::<Vec<_>>(), [ROOM], "once");
        assert!(listed.close(ROOM, 20) && !listed.close(ROOM, 25));
        assert!(listed.open(ROOM, 30) && !listed.open(ROOM, 35));
        let heard: Vec<Seq> = (8..=33).filter(|seq| listed.has(ROOM, *seq)).collect();
        assert_eq!(heard, (11..=20).chain(31..=33).collect::<Vec<_>>());
        assert!(!listed.has(RoomNumber(8), 15));
    }

    /// Negative control: let `part` keep open ends, and the next session hears twice what it lists itself.
    #[test]
    fn what_is_left_to_the_next_session_ends_where_that_one_begins() {
        let mut listed = Listed::from([ROOM, RoomNumber(8)], 10);
        listed.close(RoomNumber(8), 14);
        let left = listed.part(15, 40);
        assert_eq!(left.stretches(), [(ROOM, Interval { after: 15, through: Some(40) })]);
        let mut next = Listed::from([ROOM], 40);
        next.inherit(left.clone());
        next.inherit(left);
        assert_eq!(next.stretches().len(), 2, "left once, however often it is found");
        assert!((16..50).all(|seq| next.has(ROOM, seq)) && !next.has(ROOM, 15));
        next.since(45);
        assert_eq!(next.stretches(), [(ROOM, Interval { after: 45, through: None })]);
    }
}
