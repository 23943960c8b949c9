//! Between rows and nouns: every column list and every conversion stands here once.

use super::unavailable;
use crate::chat::entry::{Addressee, Entry, Message, Party, Seat, SeatChange, SharedEntry};
use crate::chat::id::{RoomId, RoomNumber, UserId, UserNumber};
use crate::chat::presence::{Mood, Show};
use crate::chat::room::{Membership, Room};
use crate::chat::session::SessionNumber;
use crate::chat::user::{Person, Profile};
use crate::store::Stored;
use rusqlite::{Connection, Params, Row, types::Type};
use std::sync::Arc;

/// `kind` of a message row.
pub(super) const KIND_MESSAGE: i64 = 0;

/// An entry with the ids of everybody in it. `$places` is a query that gives the wanted `seq`s of site `?1`.
macro_rules! entries_at {
    ($places:literal) => {
        concat!(
            "SELECT l.seq, l.kind, l.at_ms, l.sender, s.id, l.target, u.id, r.id, l.hidden, l.origin, l.nick, l.style, l.body ",
            "FROM (", $places, ") p ",
            "CROSS JOIN log l ON l.site = ?1 AND l.seq = p.seq ",
            "JOIN users s ON s.site = ?1 AND s.number = l.sender ",
            "LEFT JOIN users u ON u.site = ?1 AND u.number = l.target ",
            "LEFT JOIN rooms r ON r.site = ?1 AND r.number = -l.target ",
            "ORDER BY l.seq"
        )
    };
}
pub(super) use entries_at;

/// Columns of a profile of `users u`.
macro_rules! profile_columns {
    () => {
        "u.number, u.id, u.nick, u.picture_url, u.url"
    };
}
pub(super) use profile_columns;

/// Columns of a room `rooms r`.
macro_rules! room_columns {
    () => {
        "r.number, r.id, r.nick, r.picture_url, r.url, r.open, r.all_count"
    };
}
pub(super) use room_columns;

/// A user's number as a log target.
pub(super) fn user_target(user: UserNumber) -> i64 {
    i64::from(user.0)
}

/// A room's number as a log target.
pub(super) fn room_target(room: RoomNumber) -> i64 {
    -i64::from(room.0)
}

/// `kind` of a change of seat.
pub(super) fn seat_kind(change: SeatChange) -> i64 {
    match change {
        SeatChange::Joined => 1,
        SeatChange::Left => 2,
        SeatChange::Blocked => 3,
        SeatChange::Unblocked => 4,
    }
}

fn seat_change(kind: i64) -> Option<SeatChange> {
    [SeatChange::Joined, SeatChange::Left, SeatChange::Blocked, SeatChange::Unblocked]
        .into_iter()
        .find(|change| seat_kind(*change) == kind)
}

/// Runs a query of [`entries_at!`].
pub(super) fn entries(sql: &Connection, query: &'static str, params: impl Params) -> Stored<Vec<SharedEntry>> {
    let mut statement = sql.prepare_cached(query)?;
    let rows = statement.query_map(params, entry)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The same where all rows are messages.
pub(super) fn messages(sql: &Connection, query: &'static str, params: impl Params) -> Stored<Vec<Arc<Message>>> {
    let mut statement = sql.prepare_cached(query)?;
    let rows = statement.query_map(params, message)?;
    Ok(rows.map(|row| row.map(Arc::new)).collect::<Result<_, _>>()?)
}

fn entry(row: &Row<'_>) -> rusqlite::Result<SharedEntry> {
    let kind: i64 = row.get(1)?;
    let Some(change) = seat_change(kind) else { return Ok(Arc::new(Entry::Message(message(row)?))) };
    let target: i64 = row.get(5)?;
    Ok(Arc::new(Entry::Seat(Seat {
        seq: row.get(0)?,
        at_ms: row.get(2)?,
        user: Party { number: UserNumber(row.get(3)?), id: user_id(row, 4)? },
        room: RoomNumber(number(-target)?),
        change,
    })))
}

fn message(row: &Row<'_>) -> rusqlite::Result<Message> {
    let target: i64 = row.get(5)?;
    let to = if target > 0 {
        Addressee::User(Party { number: UserNumber(number(target)?), id: user_id(row, 6)? })
    } else {
        Addressee::Room { number: RoomNumber(number(-target)?), id: room_id(row, 7)? }
    };
    Ok(Message {
        seq: row.get(0)?,
        at_ms: row.get(2)?,
        from: Party { number: UserNumber(row.get(3)?), id: user_id(row, 4)? },
        nick: row.get(10)?,
        to,
        style: row.get(11)?,
        body: row.get(12)?,
        origin: row.get::<_, Option<i64>>(9)?.map(|origin| SessionNumber(origin.cast_unsigned())),
        hidden: row.get(8)?,
    })
}

fn number(value: i64) -> rusqlite::Result<u32> {
    u32::try_from(value).map_err(|_| rusqlite::Error::IntegralValueOutOfRange(5, value))
}

/// A user id in a column. Ids were checked when they were stored.
pub(super) fn user_id(row: &Row<'_>, column: usize) -> rusqlite::Result<UserId> {
    let text: String = row.get(column)?;
    UserId::parse(&text).map_err(|_| rusqlite::Error::InvalidColumnType(column, text, Type::Text))
}

fn room_id(row: &Row<'_>, column: usize) -> rusqlite::Result<RoomId> {
    let text: String = row.get(column)?;
    RoomId::parse(&text).map_err(|_| rusqlite::Error::InvalidColumnType(column, text, Type::Text))
}

/// A profile in the columns from `at`.
pub(super) fn profile(row: &Row<'_>, at: usize) -> rusqlite::Result<Profile> {
    Ok(Profile {
        number: UserNumber(row.get(at)?),
        id: user_id(row, at + 1)?,
        nick: row.get(at + 2)?,
        picture_url: row.get(at + 3)?,
        url: row.get(at + 4)?,
    })
}

/// A profile in the first columns and the viewer's group for it in the sixth.
pub(super) fn person(row: &Row<'_>) -> rusqlite::Result<Person> {
    Ok(Person { profile: profile(row, 0)?, group: row.get(5)? })
}

/// A room in the first columns.
pub(super) fn room(row: &Row<'_>) -> rusqlite::Result<Room> {
    Ok(Room {
        number: RoomNumber(row.get(0)?),
        id: room_id(row, 1)?,
        nick: row.get(2)?,
        picture_url: row.get(3)?,
        url: row.get(4)?,
        open: row.get(5)?,
        all_count: row.get(6)?,
    })
}

/// A room, then `joined_seq` and `blocked`.
pub(super) fn membership(row: &Row<'_>) -> rusqlite::Result<Membership> {
    Ok(Membership { room: room(row)?, joined_seq: row.get(7)?, blocked: row.get(8)? })
}

/// What a user says about themselves, in three columns from `at`.
pub(super) fn mood(row: &Row<'_>, at: usize) -> rusqlite::Result<Mood> {
    let word: String = row.get(at)?;
    let show = Show::parse(&word).ok_or_else(|| rusqlite::Error::InvalidColumnType(at, word, Type::Text))?;
    Ok(Mood { show, status: row.get(at + 1)?, status_at_ms: row.get(at + 2)? })
}

/// A 64-bit FNV-1a hash of a `cid`, as the index stores it: short keys, the text itself is compared in the row.
pub(super) fn cid_hash(cid: &str) -> i64 {
    let hash = cid
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3));
    hash.cast_signed()
}

/// A randomly chosen number as SQLite keeps it.
pub(super) fn signed(session: SessionNumber) -> i64 {
    session.0.cast_signed()
}

/// An error for a row that must exist and does not.
pub(super) fn vanished(what: &str) -> crate::store::StoreError {
    unavailable(format!("{what} has vanished from the store"))
}
