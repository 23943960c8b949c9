//! A visitor becomes one with a member: rows of the log change hands, and the visitor's id leads to the member.

use super::rows::{room_target, user_target};
use super::sums::{LogRow, log_columns};
use super::writer::Tx;
use crate::chat::entry::Seq;
use crate::chat::id::{RoomNumber, UserKey, UserNumber};
use crate::store::Stored;
use rusqlite::{Connection, params};

/// What the visitor said to others, and what was said to them.
const SAID: &str =
    "SELECT seq FROM log INDEXED BY log_said WHERE site = ?1 AND sender = ?2 AND kind = 0 AND target > 0";
const HEARD: &str = "SELECT seq FROM log INDEXED BY log_inbox WHERE site = ?1 AND target = ?2 AND kind = 0";
/// What the visitor said in a room.
const SAID_IN_ROOM: &str =
    "SELECT seq FROM log INDEXED BY log_inbox WHERE site = ?1 AND target = ?3 AND kind = 0 AND sender = ?2";

pub(super) fn merge(tx: &mut Tx<'_>, from: UserKey, into: UserNumber) -> Stored<()> {
    let (site, was) = (from.site.0, from.user.0);
    let is_known = |number: u32| {
        let mut find =
            tx.sql.prepare_cached("SELECT 1 FROM users WHERE site = ?1 AND number = ?2 AND merged_into IS NULL")?;
        find.exists(params![site, number])
    };
    if was == into.0 || !is_known(was)? || !is_known(into.0)? {
        return Ok(());
    }
    let mut seqs: Vec<Seq> = places(tx.sql, SAID, params![site, was])?;
    seqs.extend(places(tx.sql, HEARD, params![site, user_target(from.user)])?);
    for room in rooms(tx.sql, from)? {
        seqs.extend(places(tx.sql, SAID_IN_ROOM, params![site, was, room_target(room)])?);
    }
    seqs.sort_unstable();
    seqs.dedup();
    for seq in seqs {
        hand_over(tx.sql, from, into, seq)?;
    }
    hand_over_rest(tx.sql, from, into)?;
    let mut lead = tx
        .sql
        .prepare_cached("UPDATE users SET merged_into = ?3 WHERE site = ?1 AND (number = ?2 OR merged_into = ?2)")?;
    lead.execute(params![site, was, into.0])?;
    tx.forget_users();
    Ok(())
}

fn places(sql: &Connection, query: &'static str, params: impl rusqlite::Params) -> Stored<Vec<Seq>> {
    Ok(sql.prepare_cached(query)?.query_map(params, |row| row.get(0))?.collect::<Result<_, _>>()?)
}

fn rooms(sql: &Connection, user: UserKey) -> Stored<Vec<RoomNumber>> {
    let mut find = sql.prepare_cached("SELECT DISTINCT room FROM memberships WHERE site = ?1 AND user = ?2")?;
    let rooms = find.query_map(params![user.site.0, user.user.0], |row| Ok(RoomNumber(row.get(0)?)))?;
    Ok(rooms.collect::<Result<_, _>>()?)
}

/// A row is the member's now; a damaged one is left as it is. The `cid`s of the visitor's page go with it: the member's pages may have
/// the same.
fn hand_over(sql: &Connection, from: UserKey, into: UserNumber, seq: Seq) -> Stored<()> {
    const FIND: &str = concat!("SELECT ", log_columns!(), " FROM (SELECT * FROM log WHERE site = ?1 AND seq = ?2) l");
    let changed = sql.prepare_cached(FIND)?.query_row(params![from.site.0, seq], |row| {
        Ok(LogRow::read(row, 0)?.map(|row| {
            let sender = if row.sender == from.user.0 { into.0 } else { row.sender };
            let target = if row.target == user_target(from.user) { user_target(into) } else { row.target };
            let cid = if row.sender == from.user.0 { None } else { row.cid };
            (sender, target, cid.is_none(), LogRow { sender, target, cid, ..row }.sum())
        }))
    })?;
    if let Some((sender, target, is_nameless, sum)) = changed {
        let mut update = sql.prepare_cached(
            "UPDATE log SET sender = ?3, target = ?4, sum = ?5, cid = iif(?6, NULL, cid), cid_hash = iif(?6, NULL, cid_hash) \
             WHERE site = ?1 AND seq = ?2",
        )?;
        update.execute(params![from.site.0, seq, sender, target, sum, is_nameless])?;
    }
    Ok(())
}

/// Marks, rooms, settings, friends: where the member has their own, that stays.
fn hand_over_rest(sql: &Connection, from: UserKey, into: UserNumber) -> Stored<()> {
    let all = params![from.site.0, from.user.0, into.0];
    for step in [
        "INSERT INTO marks (site, user, peer, cleared, read) SELECT site, ?3, peer, cleared, read FROM marks \
         WHERE site = ?1 AND user = ?2 ON CONFLICT (site, user, peer) DO UPDATE SET read = max(read, excluded.read)",
        "INSERT INTO marks (site, user, peer, cleared, read) SELECT site, user, ?3, cleared, read FROM marks \
         WHERE site = ?1 AND peer = ?2 ON CONFLICT (site, user, peer) DO UPDATE SET read = max(read, excluded.read)",
        "UPDATE OR IGNORE room_blocks SET user = ?3 WHERE site = ?1 AND user = ?2 AND room NOT IN \
         (SELECT room FROM memberships WHERE site = ?1 AND user = ?3)",
        "UPDATE memberships SET user = ?3 WHERE site = ?1 AND user = ?2 AND room NOT IN \
         (SELECT room FROM memberships WHERE site = ?1 AND user = ?3)",
        "UPDATE OR IGNORE user_blocks SET user = ?3 WHERE site = ?1 AND user = ?2 AND peer <> ?3",
        "UPDATE OR IGNORE user_blocks SET peer = ?3 WHERE site = ?1 AND peer = ?2 AND user <> ?3",
        "INSERT OR IGNORE INTO settings (site, user, name, value) SELECT site, ?3, name, value FROM settings WHERE site = ?1 AND user = ?2",
        // An edge stands twice: whoever has the visitor is whom the visitor has.
        "UPDATE OR IGNORE buddies SET buddy = ?3 WHERE site = ?1 AND buddy = ?2 AND user <> ?3 AND user IN \
         (SELECT buddy FROM buddies WHERE site = ?1 AND user = ?2)",
        "DELETE FROM buddies WHERE site = ?1 AND buddy = ?2 AND user IN \
         (SELECT buddy FROM buddies WHERE site = ?1 AND user = ?2 AND ?3 IS NOT NULL)",
        "UPDATE OR IGNORE buddies SET user = ?3 WHERE site = ?1 AND user = ?2 AND buddy <> ?3",
    ] {
        sql.prepare_cached(step)?.execute(all)?;
    }
    let was = params![from.site.0, from.user.0];
    for step in [
        "UPDATE rooms SET all_count = all_count - 1 WHERE site = ?1 AND number IN \
         (SELECT room FROM memberships WHERE site = ?1 AND user = ?2 AND through IS NULL)",
        "DELETE FROM marks WHERE site = ?1 AND (user = ?2 OR peer = ?2)",
        "DELETE FROM memberships WHERE site = ?1 AND user = ?2",
        "DELETE FROM room_blocks WHERE site = ?1 AND user = ?2",
        "DELETE FROM settings WHERE site = ?1 AND user = ?2",
        "DELETE FROM buddies WHERE site = ?1 AND user = ?2",
        "DELETE FROM sessions WHERE site = ?1 AND user = ?2",
        "DELETE FROM notifications WHERE site = ?1 AND user = ?2",
        "DELETE FROM user_blocks WHERE site = ?1 AND (user = ?2 OR peer = ?2)",
    ] {
        sql.prepare_cached(step)?.execute(was)?;
    }
    Ok(())
}
