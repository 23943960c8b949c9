//! Rooms and membership. Membership and a member's block of a room are *intervals of seq*: whether a room message is for
//! somebody was decided when it was stored, and is never decided anew (decision 2).

use super::entry::Seq;
use super::id::{RoomId, RoomNumber};

/// What a site says about a room.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Room {
    /// The number the store gave.
    pub number: RoomNumber,
    /// The site's id.
    pub id: RoomId,
    /// Display name.
    pub nick: Box<str>,
    /// Address of a picture; may be empty.
    pub picture_url: Box<str>,
    /// Address of the room's page; may be empty.
    pub url: Box<str>,
    /// Whether members of the site may join by themselves.
    pub open: bool,
    /// How many users are in it, online or not.
    pub all_count: u32,
}

/// Somebody's present membership of a room.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Membership {
    /// The room.
    pub room: Room,
    /// Messages after this seq are for the member.
    pub joined_seq: Seq,
    /// Whether the member has silenced the room.
    pub blocked: bool,
}

/// A stretch of the log, open at the start: `after < seq <= through`; without `through` it goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Interval {
    /// The last seq before it.
    pub after: Seq,
    /// The last seq in it, or `None` while it lasts.
    pub through: Option<Seq>,
}

impl Interval {
    /// Whether `seq` lies in it.
    pub fn contains(self, seq: Seq) -> bool {
        seq > self.after && self.through.is_none_or(|through| seq <= through)
    }
}

/// Whether a room row at `seq` is for somebody with these membership and block intervals.
pub fn is_addressed(member: &[Interval], blocked: &[Interval], seq: Seq) -> bool {
    member.iter().any(|interval| interval.contains(seq)) && !blocked.iter().any(|interval| interval.contains(seq))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_room_row_belongs_to_who_was_there_and_listening() {
        let member = [Interval { after: 10, through: Some(20) }, Interval { after: 30, through: None }];
        let blocked = [Interval { after: 34, through: Some(36) }];
        let heard: Vec<Seq> = (8..=40).filter(|seq| is_addressed(&member, &blocked, *seq)).collect();
        let expected: Vec<Seq> = (11..=20).chain(31..=34).chain(37..=40).collect();
        assert_eq!(heard, expected);
    }
}
