//! What sites want their members to notice, kept until it is read.

use super::SqliteStore;
use super::writer::Tx;
use crate::chat::id::{SiteNumber, UserId, UserKey};
use crate::chat::notification::{NOTIFICATIONS_MAX, Notice, Notification};
use crate::store::{Notifications, Stored};
use async_trait::async_trait;
use rusqlite::{Connection, Row, params};

/// A number is the time at which it came, or one more than the last: so none is given again after all have been removed.
const INSERT: &str = "INSERT INTO notifications (site, user, number, at_ms, sender, text, link) \
     VALUES (?1, ?2, max(?3, (SELECT coalesce(max(number), 0) + 1 FROM notifications WHERE site = ?1 AND user = ?2)), \
     ?3, ?4, ?5, ?6)";
const DROP_OLDEST: &str = "DELETE FROM notifications WHERE site = ?1 AND user = ?2 AND number <= \
     (SELECT number FROM notifications WHERE site = ?1 AND user = ?2 ORDER BY number DESC LIMIT 1 OFFSET ?3)";

#[async_trait]
impl Notifications for SqliteStore {
    async fn notify(&self, site: SiteNumber, to: Vec<UserId>, notice: Notice, now_ms: u64) -> Stored<usize> {
        let work = move |tx: &mut Tx<'_>| {
            let mut count = 0;
            for id in &to {
                let Some(user) = tx.user_number(site, id)? else { continue };
                insert(tx.sql, site.user(user), &notice, now_ms)?;
                count += 1;
            }
            Ok(count)
        };
        self.writer.write(work).await
    }

    async fn notifications(&self, user: UserKey) -> Stored<Vec<Notification>> {
        self.readers.read(move |sql| all(sql, user)).await
    }

    async fn give_notifications(&self, user: UserKey, through: u64, now_ms: u64) -> Stored<()> {
        self.writer
            .write(move |tx| {
                let mut give = tx.sql.prepare_cached(
                    "UPDATE notifications SET given_at_ms = ?4 WHERE site = ?1 AND user = ?2 AND number <= ?3 AND given_at_ms = 0",
                )?;
                give.execute(params![user.site.0, user.user.0, through, now_ms])?;
                Ok(())
            })
            .await
    }

    async fn remove_notifications(&self, user: UserKey, through: u64, given_before: Option<u64>) -> Stored<()> {
        self.writer
            .write(move |tx| {
                let mut remove = tx.sql.prepare_cached(
                    "DELETE FROM notifications WHERE site = ?1 AND user = ?2 AND number <= ?3 \
                     AND (?4 IS NULL OR given_at_ms > 0 AND given_at_ms < ?4)",
                )?;
                remove.execute(params![user.site.0, user.user.0, through, given_before])?;
                Ok(())
            })
            .await
    }
}

fn insert(sql: &Connection, user: UserKey, notice: &Notice, now_ms: u64) -> Stored<()> {
    let Notice { sender, text, link } = notice;
    let mut insert = sql.prepare_cached(INSERT)?;
    insert.execute(params![user.site.0, user.user.0, now_ms, sender, text, link])?;
    sql.prepare_cached(DROP_OLDEST)?.execute(params![user.site.0, user.user.0, NOTIFICATIONS_MAX])?;
    Ok(())
}

fn all(sql: &Connection, user: UserKey) -> Stored<Vec<Notification>> {
    let mut find = sql.prepare_cached(
        "SELECT number, at_ms, given_at_ms, sender, text, link FROM notifications WHERE site = ?1 AND user = ?2 ORDER BY number",
    )?;
    let found = find.query_map(params![user.site.0, user.user.0], notification)?;
    Ok(found.collect::<Result<_, _>>()?)
}

pub(super) fn notification(row: &Row<'_>) -> rusqlite::Result<Notification> {
    let notice = Notice { sender: row.get(3)?, text: row.get(4)?, link: row.get(5)? };
    Ok(Notification { number: row.get(0)?, at_ms: row.get(1)?, given_at_ms: row.get(2)?, notice })
}
