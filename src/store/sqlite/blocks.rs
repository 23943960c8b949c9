//! Members who block each other: stretches of the log, from the block on to its end. Between two people it is decided when a message
//! is stored; in rooms by every reader, for each message at its place.

use super::rows::profile_columns;
use super::writer::Tx;
use super::{SqliteStore, rows};
use crate::chat::entry::Seq;
use crate::chat::id::{SiteNumber, UserId, UserKey, UserNumber};
use crate::chat::refusal::Refusal;
use crate::chat::room::Interval;
use crate::chat::user::Profile;
use crate::store::{Blocks, StoreError, Stored, StoredBlock};
use async_trait::async_trait;
use rusqlite::{Connection, OptionalExtension, params};

/// Whether reader `?R` hears what sender `S` said at `Q`: neither blocked the other there. A row that the table lacks has no sender, and
/// is shown as damaged.
macro_rules! heard {
    ($reader:literal, $sender:literal, $seq:literal) => {
        concat!(
            heard!(@one_way $reader, $sender, $seq),
            " AND ",
            heard!(@one_way $sender, $reader, $seq)
        )
    };
    // One look into the table's key for each way; as one query with OR it goes through all blocks of the site.
    (@one_way $by:literal, $peer:literal, $seq:literal) => {
        concat!(
            "NOT EXISTS (SELECT 1 FROM user_blocks k WHERE k.site = ?1 AND k.user = ",
            $by,
            " AND k.peer = ",
            $peer,
            " AND k.after < ",
            $seq,
            " AND (k.through IS NULL OR k.through >= ",
            $seq,
            "))"
        )
    };
}
pub(super) use heard;

#[async_trait]
impl Blocks for SqliteStore {
    async fn block(&self, user: UserKey, peer: UserId, blocks: bool) -> Stored<(UserNumber, Seq)> {
        self.writer.write(move |tx| change(tx, user, &peer, blocks)).await
    }

    async fn blocked(&self, user: UserKey) -> Stored<Vec<Profile>> {
        const QUERY: &str = concat!(
            "SELECT ",
            profile_columns!(),
            " FROM user_blocks k JOIN users u ON u.site = k.site AND u.number = k.peer \
             WHERE k.site = ?1 AND k.user = ?2 AND k.through IS NULL ORDER BY k.after"
        );
        self.readers
            .read(move |sql| {
                let mut find = sql.prepare_cached(QUERY)?;
                let found = find.query_map(params![user.site.0, user.user.0], |row| rows::profile(row, 0))?;
                Ok(found.collect::<Result<_, _>>()?)
            })
            .await
    }

    async fn all_blocks(&self) -> Stored<Vec<StoredBlock>> {
        self.readers
            .read(|sql| {
                let mut find = sql.prepare("SELECT site, user, peer, after, through FROM user_blocks")?;
                let found = find.query_map([], |row| {
                    Ok(StoredBlock {
                        user: SiteNumber(row.get(0)?).user(UserNumber(row.get(1)?)),
                        peer: UserNumber(row.get(2)?),
                        over: Interval { after: row.get(3)?, through: row.get(4)? },
                    })
                })?;
                Ok(found.collect::<Result<_, _>>()?)
            })
            .await
    }
}

/// Where it begins or ends: now, or where it did.
fn change(tx: &mut Tx<'_>, user: UserKey, peer: &UserId, blocks: bool) -> Stored<(UserNumber, Seq)> {
    let peer = tx.user_number(user.site, peer)?.ok_or(StoreError::Refused(Refusal::UnknownUser))?;
    if peer == user.user {
        return Err(StoreError::Refused(Refusal::BadParameter("id")));
    }
    let seq = tx.head(user.site)?.seq;
    let place = params![user.site.0, user.user.0, peer.0, seq];
    let is_open = blocks_now(tx.sql, user, peer)?;
    if is_open == blocks {
        return Ok((peer, since(tx.sql, user, peer)?));
    }
    if blocks && count(tx.sql, user)? >= BLOCKS_MAX {
        return Err(StoreError::Refused(Refusal::QuotaReached("people whom you block")));
    }
    let step = if blocks {
        // One that ended here before anything was said has left nothing.
        "INSERT INTO user_blocks (site, user, peer, after) VALUES (?1, ?2, ?3, ?4) \
         ON CONFLICT (site, user, peer, after) DO UPDATE SET through = NULL"
    } else {
        "UPDATE user_blocks SET through = ?4 WHERE site = ?1 AND user = ?2 AND peer = ?3 AND through IS NULL"
    };
    tx.sql.prepare_cached(step)?.execute(place)?;
    Ok((peer, seq))
}

/// Where the newest block begins that lasts, or ends that is over.
fn since(sql: &Connection, user: UserKey, peer: UserNumber) -> Stored<Seq> {
    let mut find = sql.prepare_cached(
        "SELECT coalesce(through, after) FROM user_blocks WHERE site = ?1 AND user = ?2 AND peer = ?3 ORDER BY after DESC LIMIT 1",
    )?;
    Ok(find.query_row(params![user.site.0, user.user.0, peer.0], |row| row.get(0)).optional()?.unwrap_or(0))
}

/// Whom one member may block at once.
const BLOCKS_MAX: usize = 1_000;

fn count(sql: &Connection, user: UserKey) -> Stored<usize> {
    let mut count =
        sql.prepare_cached("SELECT count(*) FROM user_blocks WHERE site = ?1 AND user = ?2 AND through IS NULL")?;
    Ok(count.query_row(params![user.site.0, user.user.0], |row| row.get(0))?)
}

/// Whether `user` blocks `peer` now.
pub(super) fn blocks_now(sql: &Connection, user: UserKey, peer: UserNumber) -> Stored<bool> {
    let mut find = sql
        .prepare_cached("SELECT 1 FROM user_blocks WHERE site = ?1 AND user = ?2 AND peer = ?3 AND through IS NULL")?;
    Ok(find.exists(params![user.site.0, user.user.0, peer.0])?)
}

/// Whether what `from` says to `to` now is not for them; refused if it is `from` who blocks.
pub(super) fn is_hidden(sql: &Connection, from: UserKey, to: UserNumber) -> Stored<bool> {
    if blocks_now(sql, from, to)? {
        return Err(StoreError::Refused(Refusal::Blocked));
    }
    blocks_now(sql, from.site.user(to), from.user)
}

/// Whether `reader` hears what `sender` said at `seq`.
pub(super) fn hears(sql: &Connection, reader: UserKey, sender: UserNumber, seq: Seq) -> Stored<bool> {
    let mut find = sql.prepare_cached(concat!("SELECT ", heard!("?2", "?3", "?4")))?;
    Ok(find.query_row(params![reader.site.0, reader.user.0, sender.0, seq], |row| row.get(0))?)
}
