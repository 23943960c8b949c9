//! A site or a member as they are taken away. Every query goes on in the key of its table after the row where the last part ended, so
//! that a part costs what it gives; a member's messages are looked for in the log itself, a stretch at a time, because no index has
//! what somebody said in rooms that they are in no more.

use super::blocks::heard;
use super::rows::{self, entries_at, profile_columns, room_columns};
use super::{SqliteStore, notifications, sites};
use crate::chat::entry::Seq;
use crate::chat::exported::{Exported, Individual, Logged, Place, Stay};
use crate::chat::id::{RoomNumber, UserNumber};
use crate::chat::room::Interval;
use crate::chat::session::{Dialect, SessionNumber};
use crate::chat::ticket::TicketDigest;
use crate::store::{Bookmark, Export, Extent, Part, StoreError, Stored};
use async_trait::async_trait;
use rusqlite::types::Type;
use rusqlite::{Connection, Params, Row, params};

/// Rows of a part at most.
const ROWS: usize = 500;
/// Rows of the log in a part at most: SQLite holds them all while it puts them in order, and a text may be long.
const MESSAGES: usize = 200;
/// Text of a part, in bytes: the row that reaches it is the last.
const BYTES: usize = 256 * 1024;
/// Rows of the log that are looked through for one part.
const SCANNED: usize = 2_000;

const USERS: &str = concat!(
    "SELECT ",
    profile_columns!(),
    ", u.show, u.status, u.status_at_ms, u.delivered, u.read_through, m.id \
     FROM users u LEFT JOIN users m ON m.site = ?1 AND m.number = u.merged_into \
     WHERE u.site = ?1 AND u.number > ?2 AND ?3 IS NULL ORDER BY u.number"
);
/// A member, and the visitors who have become them. The plus keeps SQLite from going through everybody after ?2.
const ONE_USER: &str = concat!(
    "SELECT ",
    profile_columns!(),
    ", u.show, u.status, u.status_at_ms, u.delivered, u.read_through, m.id \
     FROM users u LEFT JOIN users m ON m.site = ?1 AND m.number = u.merged_into \
     WHERE u.site = ?1 AND +u.number > ?2 AND u.number IN (SELECT ?3 UNION \
     SELECT v.number FROM users v INDEXED BY users_by_member WHERE v.site = ?1 AND v.merged_into = ?3) ORDER BY u.number"
);
const FRIENDSHIPS: &str = "SELECT b.user, b.buddy, u.id, p.id, b.buddy_group FROM buddies b \
     CROSS JOIN users u ON u.site = ?1 AND u.number = b.user CROSS JOIN users p ON p.site = ?1 AND p.number = b.buddy \
     WHERE b.site = ?1 AND (b.user, b.buddy) > (?2, ?3) AND b.user <= ?4 ORDER BY b.user, b.buddy";
const ROOMS: &str = concat!(
    "SELECT ",
    room_columns!(),
    " FROM rooms r WHERE r.site = ?1 AND r.number > ?2 AND ?3 IS NULL ORDER BY r.number"
);
/// Rooms that a member was ever in.
const ONE_USERS_ROOMS: &str = concat!(
    "SELECT ",
    room_columns!(),
    " FROM rooms r WHERE r.site = ?1 AND +r.number > ?2 AND r.number IN \
     (SELECT m.room FROM memberships m WHERE m.site = ?1 AND m.user = ?3) ORDER BY r.number"
);
/// Stays: of what the log has after its head, nothing.
macro_rules! stays {
    ($table:literal) => {
        concat!(
            "SELECT m.user, m.room, m.after, iif(m.through <= ?6, m.through, NULL), u.id, r.id, b.at_ms, e.at_ms FROM ",
            $table,
            " m CROSS JOIN users u ON u.site = ?1 AND u.number = m.user CROSS JOIN rooms r ON r.site = ?1 AND r.number = m.room \
             LEFT JOIN log b ON b.site = ?1 AND b.seq = m.after \
             LEFT JOIN log e ON e.site = ?1 AND e.seq = m.through AND m.through <= ?6 \
             WHERE m.site = ?1 AND (m.user, m.room, m.after) > (?2, ?3, ?4) AND m.user <= ?5 AND m.after <= ?6 \
             ORDER BY m.user, m.room, m.after"
        )
    };
}
const SEATS: &str = stays!("memberships");
const SILENCES: &str = stays!("room_blocks");
const BLOCKS: &str = "SELECT k.user, k.peer, k.after, iif(k.through <= ?6, k.through, NULL), u.id, p.id FROM user_blocks k \
     CROSS JOIN users u ON u.site = ?1 AND u.number = k.user CROSS JOIN users p ON p.site = ?1 AND p.number = k.peer \
     WHERE k.site = ?1 AND (k.user, k.peer, k.after) > (?2, ?3, ?4) AND k.user <= ?5 AND k.after <= ?6 \
     ORDER BY k.user, k.peer, k.after";
/// All rows after ?2 and up to ?3.
const LOG: &str = entries_at!("SELECT seq FROM log WHERE site = ?1 AND seq > ?2 AND seq <= ?3 ORDER BY seq LIMIT ?4");
/// How far a stretch of rows goes.
const STRETCH: &str =
    "SELECT max(seq) FROM (SELECT seq FROM log WHERE site = ?1 AND seq > ?2 AND seq <= ?3 ORDER BY seq LIMIT ?4)";
/// Messages after ?2 and up to ?3 that are ?5's: what they said, and what they heard. 1751737444 is `sums::HIDDEN`.
const LOG_OF_ONE: &str = entries_at!(concat!(
    "SELECT seq FROM log WHERE site = ?1 AND seq > ?2 AND seq <= ?3 AND kind = 0 AND (sender = ?5 \
     OR (target = ?5 AND hidden IS NOT 1751737444) \
     OR (target = 0 AND ",
    heard!("?5", "log.sender", "log.seq"),
    ") OR (target < 0 AND EXISTS (SELECT 1 FROM memberships m WHERE m.site = ?1 AND m.user = ?5 AND m.room = -log.target \
     AND m.after < log.seq AND (m.through IS NULL OR m.through >= log.seq)) \
     AND NOT EXISTS (SELECT 1 FROM room_blocks m WHERE m.site = ?1 AND m.user = ?5 AND m.room = -log.target \
     AND m.after < log.seq AND (m.through IS NULL OR m.through >= log.seq)) AND ",
    heard!("?5", "log.sender", "log.seq"),
    ")) ORDER BY seq LIMIT ?4"
));
const MARKS: &str = "SELECT m.user, m.peer, m.cleared, m.read, u.id, p.id, r.id FROM marks m \
     CROSS JOIN users u ON u.site = ?1 AND u.number = m.user LEFT JOIN users p ON p.site = ?1 AND p.number = m.peer \
     LEFT JOIN rooms r ON r.site = ?1 AND r.number = -m.peer \
     WHERE m.site = ?1 AND (m.user, m.peer) > (?2, ?3) AND m.user <= ?4 ORDER BY m.user, m.peer";
const SETTINGS: &str = "SELECT s.user, s.name, s.value, u.id FROM settings s CROSS JOIN users u ON u.site = ?1 AND u.number = s.user \
     WHERE s.site = ?1 AND (s.user, s.name) > (?2, ?3) AND s.user <= ?4 ORDER BY s.user, s.name";
const ACCOUNTS: &str = "SELECT a.user, a.changed_at_ms, u.id FROM accounts a CROSS JOIN users u ON u.site = ?1 AND u.number = a.user \
     WHERE a.site = ?1 AND a.user > ?2 AND a.user <= ?3 ORDER BY a.user";
const NOTIFICATIONS: &str = "SELECT n.number, n.at_ms, n.given_at_ms, n.sender, n.text, n.link, n.user, u.id FROM notifications n \
     CROSS JOIN users u ON u.site = ?1 AND u.number = n.user \
     WHERE n.site = ?1 AND (n.user, n.number) > (?2, ?3) AND n.user <= ?4 ORDER BY n.user, n.number";
/// All of a site's: there is no index by whose they are.
const SESSIONS: &str = "SELECT s.digest, s.user, s.number, s.dialect, s.cursor, s.expires_at_ms, u.id FROM sessions s \
     CROSS JOIN users u ON u.site = ?1 AND u.number = s.user WHERE s.site = ?1 AND s.digest > ?2 ORDER BY s.digest";

#[async_trait]
impl Export for SqliteStore {
    async fn export(&self, of: Extent, from: Bookmark) -> Stored<Part> {
        let closed = |_| StoreError::Unavailable("the store is closed".into());
        let _turn = self.exporting.acquire().await.map_err(closed)?;
        let reader = of.site.user(of.user.unwrap_or(UserNumber(0)));
        self.lookups.read(reader, move |sql| part(sql, of, from)).await
    }
}

impl Extent {
    /// Whose number is the last of what is wanted.
    fn last(&self) -> u32 {
        self.user.map_or(u32::MAX, |user| user.0)
    }

    /// Before everything that is wanted.
    fn first(&self) -> UserNumber {
        self.user.unwrap_or(UserNumber(0))
    }

    fn number(&self) -> Option<u32> {
        self.user.map(|user| user.0)
    }
}

fn part(sql: &Connection, of: Extent, from: Bookmark) -> Stored<Part> {
    let (site, last) = (of.site.0, of.last());
    let (me, none) = (of.first(), UserNumber(0));
    match from {
        Bookmark::Start => site_itself(sql, of),
        Bookmark::Users(after) => {
            let query = if of.user.is_some() { ONE_USER } else { USERS };
            let next = Bookmark::Friendships(me, none);
            page(sql, query, params![site, after.0, of.number()], next, individual)
        }
        Bookmark::Friendships(user, buddy) => {
            page(sql, FRIENDSHIPS, params![site, user.0, buddy.0, last], Bookmark::Rooms(RoomNumber(0)), friendship)
        }
        Bookmark::Rooms(after) => {
            let next = Bookmark::Seats(me, RoomNumber(0), 0);
            let query = if of.user.is_some() { ONE_USERS_ROOMS } else { ROOMS };
            page(sql, query, params![site, after.0, of.number()], next, |row| {
                let room = rows::room(row)?;
                Ok((Bookmark::Rooms(room.number), Some(Exported::Room(room))))
            })
        }
        Bookmark::Seats(user, room, after) => {
            let (place, next) =
                (params![site, user.0, room.0, after, last, of.head], Bookmark::Silences(me, RoomNumber(0), 0));
            page(sql, SEATS, place, next, |row| stay(row, Bookmark::Seats, Exported::Seat))
        }
        Bookmark::Silences(user, room, after) => {
            let (place, next) = (params![site, user.0, room.0, after, last, of.head], Bookmark::Blocks(me, none, 0));
            page(sql, SILENCES, place, next, |row| stay(row, Bookmark::Silences, Exported::Silence))
        }
        Bookmark::Blocks(user, peer, after) => {
            page(sql, BLOCKS, params![site, user.0, peer.0, after, last, of.head], Bookmark::Messages(0), block)
        }
        Bookmark::Messages(after) => messages(sql, of, after),
        Bookmark::Marks(user, peer) => {
            page(sql, MARKS, params![site, user.0, peer, last], Bookmark::Settings(me, String::new()), mark)
        }
        Bookmark::Settings(user, name) => {
            let next = Bookmark::Accounts(UserNumber(me.0.saturating_sub(1)));
            page(sql, SETTINGS, params![site, user.0, name, last], next, setting)
        }
        Bookmark::Accounts(after) => {
            page(sql, ACCOUNTS, params![site, after.0, last], Bookmark::Notifications(me, 0), account)
        }
        Bookmark::Notifications(user, number) => {
            let next = Bookmark::Sessions(TicketDigest([0; 32]));
            page(sql, NOTIFICATIONS, params![site, user.0, number, last], next, notification)
        }
        Bookmark::Sessions(after) => sessions(sql, of, after),
    }
}

/// What a row gives: where to go on after it, and the thing, unless it is not to be taken.
type Given = (Bookmark, Option<Exported>);

/// Rows of one kind, and where to go on: after the last of them, or with the next kind.
fn page(
    sql: &Connection,
    query: &'static str,
    params: impl Params,
    next_kind: Bookmark,
    read: impl FnMut(&Row<'_>) -> rusqlite::Result<Given>,
) -> Stored<Part> {
    let (items, next) = taken(sql, query, params, read)?;
    Ok(Part { items, next: Some(next.unwrap_or(next_kind)) })
}

/// As many rows as a part may have, and where to go on if there may be more.
fn taken(
    sql: &Connection,
    query: &'static str,
    params: impl Params,
    mut read: impl FnMut(&Row<'_>) -> rusqlite::Result<Given>,
) -> Stored<(Vec<Exported>, Option<Bookmark>)> {
    let mut find = sql.prepare_cached(query)?;
    let mut all = find.query(params)?;
    let (mut items, mut count, mut bytes) = (Vec::new(), 0, 0);
    while let Some(row) = all.next()? {
        let (bookmark, item) = read(row)?;
        count += 1;
        bytes += item.as_ref().map_or(0, Exported::bytes);
        items.extend(item);
        if count >= ROWS || bytes >= BYTES {
            return Ok((items, Some(bookmark)));
        }
    }
    Ok((items, None))
}

/// How the site is served, which is not one member's.
fn site_itself(sql: &Connection, of: Extent) -> Stored<Part> {
    let next = Some(Bookmark::Users(UserNumber(0)));
    let site = if of.user.is_none() { sites::site(sql, of.site)? } else { None };
    let exported = site.map(|site| Exported::Site {
        name: site.name.clone(),
        suspended: site.suspended,
        options: site.options.written(),
    });
    Ok(Part { items: exported.into_iter().collect(), next })
}

fn individual(row: &Row<'_>) -> rusqlite::Result<Given> {
    let profile = rows::profile(row, 0)?;
    let bookmark = Bookmark::Users(profile.number);
    let merged_into = row.get::<_, Option<String>>(10)?.map(|_| rows::user_id(row, 10)).transpose()?;
    let (mood, delivered, read_through) = (rows::mood(row, 5)?, row.get(8)?, row.get(9)?);
    let individual = Individual { profile, mood, delivered, read_through, merged_into };
    Ok((bookmark, Some(Exported::User(Box::new(individual)))))
}

fn friendship(row: &Row<'_>) -> rusqlite::Result<Given> {
    let bookmark = Bookmark::Friendships(UserNumber(row.get(0)?), UserNumber(row.get(1)?));
    let (user, buddy) = (rows::user_id(row, 2)?, rows::user_id(row, 3)?);
    Ok((bookmark, Some(Exported::Friendship { user, buddy, group: row.get(4)? })))
}

fn stay(
    row: &Row<'_>,
    bookmark: fn(UserNumber, RoomNumber, Seq) -> Bookmark,
    exported: fn(Stay) -> Exported,
) -> rusqlite::Result<Given> {
    let over = Interval { after: row.get(2)?, through: row.get(3)? };
    let bookmark = bookmark(UserNumber(row.get(0)?), RoomNumber(row.get(1)?), over.after);
    let (user, room) = (rows::user_id(row, 4)?, rows::room_id(row, 5)?);
    let stay = Stay { user, room, over, began_at_ms: row.get(6)?, ended_at_ms: row.get(7)? };
    Ok((bookmark, Some(exported(stay))))
}

fn block(row: &Row<'_>) -> rusqlite::Result<Given> {
    let over = Interval { after: row.get(2)?, through: row.get(3)? };
    let bookmark = Bookmark::Blocks(UserNumber(row.get(0)?), UserNumber(row.get(1)?), over.after);
    Ok((bookmark, Some(Exported::Block { user: rows::user_id(row, 4)?, peer: rows::user_id(row, 5)?, over })))
}

fn mark(row: &Row<'_>) -> rusqlite::Result<Given> {
    let bookmark = Bookmark::Marks(UserNumber(row.get(0)?), row.get(1)?);
    let place = if row.get_ref(5)?.as_str().is_ok() {
        Some(Place::With(rows::user_id(row, 5)?))
    } else if row.get_ref(6)?.as_str().is_ok() {
        Some(Place::In(rows::room_id(row, 6)?))
    } else {
        None
    };
    let user = rows::user_id(row, 4)?;
    let (cleared, read) = (row.get(2)?, row.get(3)?);
    Ok((bookmark, place.map(|of| Exported::Mark { user, of, cleared, read })))
}

fn setting(row: &Row<'_>) -> rusqlite::Result<Given> {
    let name: String = row.get(1)?;
    let (user, value) = (rows::user_id(row, 3)?, row.get(2)?);
    let setting = Exported::Setting { user, name: name.as_str().into(), value };
    Ok((Bookmark::Settings(UserNumber(row.get(0)?), name), Some(setting)))
}

fn account(row: &Row<'_>) -> rusqlite::Result<Given> {
    let account = Exported::Account { user: rows::user_id(row, 2)?, changed_at_ms: row.get(1)? };
    Ok((Bookmark::Accounts(UserNumber(row.get(0)?)), Some(account)))
}

fn notification(row: &Row<'_>) -> rusqlite::Result<Given> {
    let notification = notifications::notification(row)?;
    let bookmark = Bookmark::Notifications(UserNumber(row.get(6)?), notification.number);
    Ok((bookmark, Some(Exported::Notification { user: rows::user_id(row, 7)?, notification })))
}

/// Messages of a stretch of the log.
fn messages(sql: &Connection, of: Extent, after: Seq) -> Stored<Part> {
    let (site, scanned) = (of.site.0, if of.user.is_some() { SCANNED } else { MESSAGES });
    let mut stretch = sql.prepare_cached(STRETCH)?;
    let through: Option<Seq> = stretch.query_row(params![site, after, of.head, scanned], |row| row.get(0))?;
    let Some(through) = through else {
        return Ok(Part { items: Vec::new(), next: Some(Bookmark::Marks(of.first(), i64::MIN)) });
    };
    let (mut items, mut bytes, mut is_full) = (Vec::new(), 0, false);
    let take = |logged: Logged| {
        bytes += logged.message.body.len();
        let logged = if let Some(reader) = of.user { logged.known_to(reader) } else { logged };
        items.push(Exported::Message(Box::new(logged)));
        is_full = items.len() >= MESSAGES || bytes >= BYTES;
        !is_full
    };
    let last = match of.user {
        None => rows::logged(sql, LOG, params![site, after, through, MESSAGES], take)?,
        Some(user) => rows::logged(sql, LOG_OF_ONE, params![site, after, through, MESSAGES, user.0], take)?,
    };
    // Where the part is not full, the rest of the stretch has nothing more that is wanted.
    let through = last.filter(|_| is_full).unwrap_or(through);
    Ok(Part { items, next: Some(Bookmark::Messages(through)) })
}

fn sessions(sql: &Connection, of: Extent, after: TicketDigest) -> Stored<Part> {
    let (items, next) = taken(sql, SESSIONS, params![of.site.0, after.0], |row| {
        let (bookmark, dialect) = (Bookmark::Sessions(TicketDigest(row.get(0)?)), row.get::<_, String>(3)?);
        let user: u32 = row.get(1)?;
        if of.number().is_some_and(|wanted| wanted != user) {
            return Ok((bookmark, None));
        }
        let session = Exported::Session {
            user: rows::user_id(row, 6)?,
            number: SessionNumber(row.get::<_, i64>(2)?.cast_unsigned()),
            dialect: Dialect::parse(&dialect)
                .ok_or_else(|| rusqlite::Error::InvalidColumnType(3, dialect, Type::Text))?,
            cursor: row.get(4)?,
            expires_at_ms: row.get(5)?,
        };
        Ok((bookmark, Some(session)))
    })?;
    Ok(Part { items, next })
}
