//! Between rows and nouns: every column list and every conversion stands here once.

use super::damage;
use super::sums::{HIDDEN, LogRow, log_columns};
use crate::chat::entry::{Addressee, Entry, Message, Party, Seat, SeatChange, Seq, SharedEntry};
use crate::chat::exported::Logged;
use crate::chat::id::{BadId, RoomId, RoomNumber, SiteNumber, UserId, UserNumber};
use crate::chat::presence::{Mood, Show};
use crate::chat::room::{Membership, Room};
use crate::chat::session::SessionNumber;
use crate::chat::user::{Person, Profile};
use crate::store::Stored;
use rusqlite::{Connection, Params, Row, types::Type};
use std::sync::Arc;

/// `kind` of a message row.
pub(super) const KIND_MESSAGE: i64 = 0;

/// Columns of [`entries_at!`] before those of the row itself: site, place, whether it fits, three ids, three keys that those
/// were found under.
const COLUMNS_BEFORE: usize = 12;

/// An entry with the ids of everybody in it. `$places` is a query that gives the wanted `seq`s of site `?1`, `$fits` says
/// what those rows must be like: places come from an index, and an index can be damaged, too. All joins are outer ones: a
/// row that is wanted and not there, or whose sender is not there, is damaged, and must not be left out in silence.
macro_rules! entries_at {
    ($places:expr) => {
        entries_at!($places, "1")
    };
    ($places:expr, $fits:literal) => {
        concat!(
            "SELECT ?1, p.seq, ",
            $fits,
            ", s.id, u.id, r.id, s.site, s.number, u.site, u.number, r.site, -r.number, ",
            $crate::store::sqlite::sums::log_columns!(),
            " ",
            "FROM (",
            $places,
            ") p ",
            "LEFT JOIN log l ON l.site = ?1 AND l.seq = p.seq ",
            "LEFT JOIN users s ON s.site = ?1 AND s.number = l.sender ",
            "LEFT JOIN users u ON u.site = ?1 AND u.number = l.target ",
            "LEFT JOIN rooms r ON r.site = ?1 AND r.number = -l.target ",
            "ORDER BY p.seq"
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
        "r.number, r.id, r.nick, r.picture_url, r.url, r.open, r.all_count, r.temporary"
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

/// The log target of what is for everybody.
pub(super) const EVERYONE: i64 = 0;

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
    let mut found = Vec::new();
    each(sql, query, params, |read| found.push(Arc::new(read.unwrap_or_else(Entry::Message))))?;
    Ok(found)
}

/// The same where all rows are messages.
pub(super) fn messages(sql: &Connection, query: &'static str, params: impl Params) -> Stored<Vec<Arc<Message>>> {
    let mut found = Vec::new();
    each(sql, query, params, |read| match read {
        Ok(Entry::Message(message)) | Err(message) => found.push(Arc::new(message)),
        Ok(Entry::Seat(_)) => {}
    })?;
    Ok(found)
}

/// The one message of a query, unless it is damaged.
pub(super) fn sound_message(
    sql: &Connection,
    query: &'static str,
    params: impl Params,
) -> Stored<Option<Arc<Message>>> {
    let mut found = None;
    each(sql, query, params, |read| {
        if let Ok(Entry::Message(message)) = read {
            found = Some(Arc::new(message));
        }
    })?;
    Ok(found)
}

/// Gives the messages of a query with all that their rows have, in order, until `take` wants no more; the place of the last row that
/// was looked at, whatever it was.
pub(super) fn logged(
    sql: &Connection,
    query: &'static str,
    params: impl Params,
    mut take: impl FnMut(Logged) -> bool,
) -> Stored<Option<Seq>> {
    let mut last = None;
    each_until(sql, query, params, |read, row| {
        let is_damaged = read.is_err();
        let entry = read.unwrap_or_else(Entry::Message);
        last = Some(entry.seq());
        let Entry::Message(message) = entry else { return true };
        let cid = row.get_ref(COLUMNS_BEFORE + 11).ok().and_then(|cid| cid.as_str().ok().map(Box::from));
        take(Logged { message, cid: cid.filter(|_| !is_damaged), is_damaged })
    })?;
    Ok(last)
}

/// Gives every row of a query, in order: what was written, or what is shown in the place of a damaged row.
fn each(
    sql: &Connection,
    query: &'static str,
    params: impl Params,
    mut take: impl FnMut(Result<Entry, Message>),
) -> Stored<()> {
    each_until(sql, query, params, |read, _| {
        take(read);
        true
    })
}

/// The same until `take` wants no more.
fn each_until(
    sql: &Connection,
    query: &'static str,
    params: impl Params,
    mut take: impl FnMut(Result<Entry, Message>, &Row<'_>) -> bool,
) -> Stored<()> {
    let mut statement = sql.prepare_cached(query)?;
    let mut rows = statement.query(params)?;
    let mut at_ms = 0;
    while let Some(row) = rows.next()? {
        let read = if let Some(entry) = entry(row)? {
            at_ms = entry.at_ms();
            Ok(entry)
        } else if let Some(notice) = damage::notice(sql, row, at_ms)? {
            Err(notice)
        } else {
            continue;
        };
        if !take(read, row) {
            break;
        }
    }
    Ok(())
}

/// The entry of a row; `None` if the row is damaged.
fn entry(row: &Row<'_>) -> rusqlite::Result<Option<Entry>> {
    let raw = if fits(row)? { LogRow::read(row, COLUMNS_BEFORE)? } else { None };
    // In a table whose pages have changed places SQLite finds a row under a key that is not its own.
    let (site, place) = (integer(row, 0), integer(row, 1));
    let is_wanted = |raw: &LogRow<'_>| Some(i64::from(raw.site)) == site && i64::try_from(raw.seq).ok() == place;
    let Some(raw) = raw.filter(is_wanted) else { return Ok(None) };
    let (Some(from), Some(to)) = (sender(row), addressee(row)) else { return Ok(None) };
    Ok(match (seat_change(raw.kind), to) {
        (None, to) if raw.kind == KIND_MESSAGE => Some(Entry::Message(Message {
            seq: raw.seq,
            at_ms: raw.at_ms,
            from,
            nick: raw.nick.into(),
            to,
            style: raw.style.into(),
            body: raw.body.into(),
            origin: raw.origin.map(|origin| SessionNumber(origin.cast_unsigned())),
            hidden: raw.hidden == HIDDEN,
        })),
        (Some(change), Addressee::Room { number: room, id: room_id }) => {
            Some(Entry::Seat(Seat { seq: raw.seq, at_ms: raw.at_ms, user: from, room, room_id, change }))
        }
        _ => None,
    })
}

/// Whether the row is one that the query is about.
pub(super) fn fits(row: &Row<'_>) -> rusqlite::Result<bool> {
    Ok(row.get_ref(2)?.as_i64() == Ok(1))
}

/// Who the row says it is from, if there is such a user.
pub(super) fn sender(row: &Row<'_>) -> Option<Party> {
    let sender = integer(row, COLUMNS_BEFORE + 4)?;
    let id = id(row, 3, sender, UserId::parse)?;
    Some(Party { number: UserNumber(u32::try_from(sender).ok()?), id })
}

/// Whom the row says it is for, if there is such a user or room.
pub(super) fn addressee(row: &Row<'_>) -> Option<Addressee> {
    let target = integer(row, COLUMNS_BEFORE + 5)?;
    let number = u32::try_from(target.unsigned_abs()).ok()?;
    Some(if target == 0 {
        Addressee::Everyone
    } else if target > 0 {
        Addressee::User(Party { number: UserNumber(number), id: id(row, 4, target, UserId::parse)? })
    } else {
        Addressee::Room { number: RoomNumber(number), id: id(row, 5, target, RoomId::parse)? }
    })
}

/// The id in a column, if it stands in the wanted site's directory under `number`.
fn id<T>(row: &Row<'_>, column: usize, number: i64, parse: impl Fn(&str) -> Result<T, BadId>) -> Option<T> {
    let key = 2 * column;
    if integer(row, key) != integer(row, 0) || integer(row, key + 1) != Some(number) {
        return None;
    }
    row.get_ref(column).ok()?.as_str().ok().and_then(|text| parse(text).ok())
}

fn integer(row: &Row<'_>, column: usize) -> Option<i64> {
    row.get_ref(column).ok()?.as_i64().ok()
}

/// The time of the newest sound row of a log, or 0: a damaged one would push all later ones into a wrong time.
pub(super) fn newest_at_ms(sql: &Connection, site: SiteNumber) -> Stored<u64> {
    const NEWEST: &str =
        concat!("SELECT ", log_columns!(), " FROM log l WHERE l.site = ?1 ORDER BY l.seq DESC LIMIT 100");
    let mut find = sql.prepare_cached(NEWEST)?;
    let mut rows = find.query([site.0])?;
    while let Some(row) = rows.next()? {
        if let Some(raw) = LogRow::read(row, 0)?.filter(|raw| raw.site == site.0) {
            return Ok(raw.at_ms);
        }
    }
    Ok(0)
}

/// A user id in a column. Ids were checked when they were stored.
pub(super) fn user_id(row: &Row<'_>, column: usize) -> rusqlite::Result<UserId> {
    let text: String = row.get(column)?;
    UserId::parse(&text).map_err(|_| rusqlite::Error::InvalidColumnType(column, text, Type::Text))
}

/// A room id in a column.
pub(super) fn room_id(row: &Row<'_>, column: usize) -> rusqlite::Result<RoomId> {
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
        temporary: row.get(7)?,
    })
}

/// A room, then `joined_seq` and `blocked`.
pub(super) fn membership(row: &Row<'_>) -> rusqlite::Result<Membership> {
    Ok(Membership { room: room(row)?, joined_seq: row.get(8)?, blocked: row.get(9)? })
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
