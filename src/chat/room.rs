//! Rooms and membership. Membership and a member's block of a room are *intervals of seq*: whether a room message is for
//! somebody was decided when it was stored, and is never decided anew.

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
    /// Whether a member made it for some others, and not the site.
    pub temporary: bool,
}

/// A room that a member makes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewRoom {
    /// The id that the member's client gave it.
    pub id: RoomId,
    /// Display name.
    pub nick: String,
    /// Whether whoever knows the id may join; else only who is invited is in it.
    pub open: bool,
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

/// Where somebody with these membership and block intervals heard the room: a room row is theirs if it lies in one of these,
/// which do not overlap and are in order.
pub fn heard(member: &[Interval], blocked: &[Interval]) -> Vec<Interval> {
    let mut heard = member.to_vec();
    for block in blocked {
        heard = heard.into_iter().flat_map(|stretch| without(stretch, *block)).collect();
    }
    heard.sort_unstable_by_key(|stretch| stretch.after);
    heard
}

/// What is left of `stretch` before and after `block`.
fn without(stretch: Interval, block: Interval) -> impl Iterator<Item = Interval> {
    let end = |interval: Interval| interval.through.unwrap_or(Seq::MAX);
    let (before_end, after_start) = (end(stretch).min(block.after), stretch.after.max(end(block)));
    let before = Interval { after: stretch.after, through: Some(before_end) };
    let after = Interval { after: after_start, through: stretch.through };
    let is_apart = end(block) <= stretch.after || block.after >= end(stretch);
    let parts = if is_apart { [Some(stretch), None] } else { [Some(before), Some(after)] };
    parts.into_iter().flatten().filter(move |part| part.after < end(*part))
}

#[cfg(test)]
mod tests {
    use super::*;

    use proptest::prelude::*;

    /// The rule as it is said: in a membership, and in no block.
    fn is_addressed(member: &[Interval], blocked: &[Interval], seq: Seq) -> bool {
        member.iter().any(|interval| interval.contains(seq)) && !blocked.iter().any(|interval| interval.contains(seq))
    }

    #[test]
    fn a_room_row_belongs_to_who_was_there_and_listening() {
        let member = [Interval { after: 10, through: Some(20) }, Interval { after: 30, through: None }];
        let blocked = [Interval { after: 34, through: Some(36) }];
        let stretches = heard(&member, &blocked);
        let rows: Vec<Seq> = (8..=40).filter(|seq| stretches.iter().any(|stretch| stretch.contains(*seq))).collect();
        let expected: Vec<Seq> = (11..=20).chain(31..=34).chain(37..=40).collect();
        assert_eq!(rows, expected);
    }

    /// Turns rising numbers into intervals one after another, the last one open if their count is odd.
    fn intervals(mut marks: Vec<Seq>) -> Vec<Interval> {
        marks.sort_unstable();
        marks.chunks(2).map(|pair| Interval { after: pair[0], through: pair.get(1).copied() }).collect()
    }

    proptest! {
        #[test]
        fn stretches_say_the_same_as_the_rule(
            member in proptest::collection::vec(0..40_u64, 0..7),
            blocked in proptest::collection::vec(0..40_u64, 0..7),
        ) {
            let (member, blocked) = (intervals(member), intervals(blocked));
            let stretches = heard(&member, &blocked);
            for seq in 0..50 {
                let found = stretches.iter().filter(|stretch| stretch.contains(seq)).count();
                prop_assert_eq!(found, usize::from(is_addressed(&member, &blocked, seq)), "{} in {:?}", seq, stretches);
            }
        }
    }
}
