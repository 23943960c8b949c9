//! How far members have read their conversations, and what they have not.
//!
//! Nothing is counted when a message is stored: what is unread is found when a page asks. A row of `marks` for everybody who
//! ever wrote to a member makes that one step into an index for each conversation, and one for each unread message.

use super::blocks::heard;
use super::rows::{room_target, user_id, user_target};
use super::writer::Tx;
use super::{directory, views};
use crate::chat::entry::Seq;
use crate::chat::history::{Conversation, UNREAD_CONVERSATIONS_MAX, UNREAD_COUNT_MAX, Unread};
use crate::chat::id::{RoomNumber, SiteNumber, UserId, UserKey, UserNumber};
use crate::chat::room::Membership;
use crate::store::Stored;
use rusqlite::{Connection, OptionalExtension, params};
use std::cmp::Reverse;

/// Everybody who wrote to ?2, how far that is read (at least through ?3), and the newest unread row through ?4.
const WRITTEN: &str = "SELECT found.peer, u.id, found.read, found.newest FROM ( \
       SELECT m.peer AS peer, max(m.read, m.cleared, ?3) AS read, ( \
         SELECT seq FROM log INDEXED BY log_said \
           WHERE site = ?1 AND sender = m.peer AND target = ?2 AND kind = 0 AND target > 0 AND hidden = 0 \
         AND seq > max(m.read, m.cleared, ?3) AND seq <= ?4 ORDER BY seq DESC LIMIT 1) AS newest \
       FROM marks m WHERE m.site = ?1 AND m.user = ?2 AND m.peer > 0 AND m.peer <> ?2 \
     ) found CROSS JOIN users u ON u.site = ?1 AND u.number = found.peer WHERE found.newest IS NOT NULL";
/// Rows that ?3 wrote to ?2 after ?4 and through ?5, at most ?6.
const COUNT_WRITTEN: &str = "SELECT count(*) FROM (SELECT 1 FROM log INDEXED BY log_said \
     WHERE site = ?1 AND sender = ?3 AND target = ?2 \
     AND kind = 0 AND target > 0 AND hidden = 0 AND seq > ?4 AND seq <= ?5 LIMIT ?6)";
/// The newest row of room target ?3 after ?4 and through ?5 that is not by ?2.
const NEWEST_IN_ROOM: &str = concat!(
    "SELECT seq FROM log i INDEXED BY log_inbox WHERE site = ?1 AND target = ?3 AND kind = 0 AND sender <> ?2 AND ",
    heard!("?2", "i.sender", "i.seq"),
    " AND seq > ?4 AND seq <= ?5 ORDER BY seq DESC LIMIT 1"
);
/// How many of those, at most ?6.
const COUNT_IN_ROOM: &str = concat!(
    "SELECT count(*) FROM (SELECT 1 FROM log i INDEXED BY log_inbox \
     WHERE site = ?1 AND target = ?3 AND kind = 0 AND sender <> ?2 AND ",
    heard!("?2", "i.sender", "i.seq"),
    " AND seq > ?4 AND seq <= ?5 LIMIT ?6)"
);

/// Notes that `from` has written to `to`: from now on their conversation is looked at.
pub(super) fn note_conversation(tx: &Tx<'_>, site: SiteNumber, to: UserNumber, from: UserNumber) -> Stored<()> {
    let mut note = tx.sql.prepare_cached("INSERT OR IGNORE INTO marks (site, user, peer) VALUES (?1, ?2, ?3)")?;
    note.execute(params![site.0, to.0, user_target(from)])?;
    Ok(())
}

/// Marks a conversation as read; gives the mark if it has moved.
pub(super) fn mark_read(tx: &mut Tx<'_>, user: UserKey, of: &Conversation, seq: Seq) -> Stored<Option<Seq>> {
    let peer = match of {
        Conversation::With(id) => tx.user_number(user.site, id)?.map(user_target),
        Conversation::In(id) => {
            let room = directory::room_number(tx.sql, user.site, id)?;
            let is_member = |room: &RoomNumber| directory::is_member(tx.sql, user, *room);
            let entered = room.as_ref().map(is_member).transpose()?.unwrap_or(false);
            room.filter(|_| entered).map(room_target)
        }
    };
    let seq = seq.min(tx.head(user.site)?.seq);
    let Some(peer) = peer.filter(|_| seq > 0) else { return Ok(None) };
    let mut mark = tx.sql.prepare_cached(
        "INSERT INTO marks (site, user, peer, read) VALUES (?1, ?2, ?3, ?4) \
         ON CONFLICT (site, user, peer) DO UPDATE SET read = excluded.read WHERE excluded.read > read",
    )?;
    let moved = mark.execute(params![user.site.0, user.user.0, peer, seq])?;
    Ok((moved > 0).then_some(seq))
}

/// An unread conversation before its messages are counted.
struct Pending {
    newest: Seq,
    read: Seq,
    place: Place,
}

enum Place {
    With(i64, UserId),
    In(RoomNumber, crate::chat::id::RoomId),
}

/// What `user` has not read of the log through `through`, the newest conversations first. `known` is read whatever the store
/// says.
pub(super) fn unread(
    sql: &Connection,
    user: UserKey,
    memberships: &[Membership],
    known: Seq,
    through: Seq,
) -> Stored<Vec<Unread>> {
    let floor = known.max(read_through(sql, user)?);
    let mut pending = written(sql, user, floor, through)?;
    for membership in memberships {
        pending.extend(in_room(sql, user, membership, floor, through)?);
    }
    pending.sort_unstable_by_key(|pending| Reverse(pending.newest));
    pending.truncate(UNREAD_CONVERSATIONS_MAX);
    pending.into_iter().map(|pending| count(sql, user, pending, through)).collect()
}

fn read_through(sql: &Connection, user: UserKey) -> Stored<Seq> {
    let mut find = sql.prepare_cached("SELECT read_through FROM users WHERE site = ?1 AND number = ?2")?;
    Ok(find.query_row(params![user.site.0, user.user.0], |row| row.get(0)).optional()?.unwrap_or(0))
}

fn written(sql: &Connection, user: UserKey, floor: Seq, through: Seq) -> Stored<Vec<Pending>> {
    let mut find = sql.prepare_cached(WRITTEN)?;
    let found = find.query_map(params![user.site.0, user.user.0, floor, through], |row| {
        let place = Place::With(row.get(0)?, user_id(row, 1)?);
        Ok(Pending { newest: row.get(3)?, read: row.get(2)?, place })
    })?;
    Ok(found.collect::<Result<_, _>>()?)
}

/// The stretches of the log in which the user heard a room and has not read it.
fn unread_stretches(sql: &Connection, user: UserKey, room: RoomNumber, read: Seq, end: Seq) -> Stored<Vec<(Seq, Seq)>> {
    let heard = views::heard_in(sql, user, room)?;
    let cut = heard.iter().map(|stretch| (stretch.after.max(read), stretch.through.unwrap_or(end).min(end)));
    Ok(cut.filter(|(after, through)| through > after).collect())
}

fn in_room(sql: &Connection, user: UserKey, of: &Membership, floor: Seq, through: Seq) -> Stored<Option<Pending>> {
    let target = room_target(of.room.number);
    let mut find =
        sql.prepare_cached("SELECT max(read, cleared) FROM marks WHERE site = ?1 AND user = ?2 AND peer = ?3")?;
    let mark: Option<Seq> = find.query_row(params![user.site.0, user.user.0, target], |row| row.get(0)).optional()?;
    let read = floor.max(mark.unwrap_or(0));
    let mut newest = sql.prepare_cached(NEWEST_IN_ROOM)?;
    let mut newest_in = |after: Seq, through: Seq| {
        newest.query_row(params![user.site.0, user.user.0, target, after, through], |row| row.get(0)).optional()
    };
    // Mostly there is nothing at all, and that takes one look.
    if newest_in(read, through)?.is_none() {
        return Ok(None);
    }
    for (after, end) in unread_stretches(sql, user, of.room.number, read, through)?.into_iter().rev() {
        if let Some(newest) = newest_in(after, end)? {
            return Ok(Some(Pending { newest, read, place: Place::In(of.room.number, of.room.id.clone()) }));
        }
    }
    Ok(None)
}

fn count(sql: &Connection, user: UserKey, pending: Pending, through: Seq) -> Stored<Unread> {
    let Pending { read, place, .. } = pending;
    let count_rows = |query, target: i64, after: Seq, through: Seq, limit: usize| -> Stored<usize> {
        let mut count = sql.prepare_cached(query)?;
        Ok(count.query_row(params![user.site.0, user.user.0, target, after, through, limit], |row| row.get(0))?)
    };
    Ok(match place {
        Place::With(peer, id) => {
            let count = count_rows(COUNT_WRITTEN, peer, read, through, UNREAD_COUNT_MAX)?;
            Unread { conversation: Conversation::With(id), count, read }
        }
        Place::In(room, id) => {
            let mut count = 0;
            for (after, end) in unread_stretches(sql, user, room, read, through)? {
                count += count_rows(COUNT_IN_ROOM, room_target(room), after, end, UNREAD_COUNT_MAX - count)?;
            }
            Unread { conversation: Conversation::In(id), count, read }
        }
    })
}
