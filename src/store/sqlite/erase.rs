//! Erasing a person or a whole site: everything there is of them, a part at a time, because others write meanwhile.

use super::SqliteStore;
use super::rows::user_target;
use super::writer::Tx;
use crate::chat::entry::Seq;
use crate::chat::id::{SiteNumber, UserKey};
use crate::store::{Erasure, Stored};
use async_trait::async_trait;
use rusqlite::{Connection, params};

/// Rows of one table that one write erases, and rows of the log that it looks through.
const PART: usize = 2_000;

/// Every table with a site's rows, and the column by which they go in parts. What others refer to goes last.
const TABLES: [(&str, &str); 14] = [
    ("sessions", "digest"),
    ("accounts", "user"),
    ("notifications", "user"),
    ("settings", "user"),
    ("marks", "user"),
    ("passing", "seq"),
    ("log", "seq"),
    ("room_blocks", "user"),
    ("user_blocks", "user"),
    ("memberships", "user"),
    ("buddies", "user"),
    ("rooms", "number"),
    ("users", "number"),
    ("site_keys", "kind"),
];

/// Tables with rows of one person.
const OF_A_PERSON: [(&str, &str); 11] = [
    ("sessions", "user"),
    ("accounts", "user"),
    ("notifications", "user"),
    ("settings", "user"),
    ("marks", "user"),
    ("marks", "peer"),
    ("room_blocks", "user"),
    ("user_blocks", "user"),
    ("user_blocks", "peer"),
    ("buddies", "user"),
    ("buddies", "buddy"),
];

#[async_trait]
impl Erasure for SqliteStore {
    async fn erase_site(&self, site: SiteNumber) -> Stored<bool> {
        self.writer.write(move |tx| erase_site(tx, site)).await
    }

    async fn erase_user(&self, user: UserKey, after: Seq) -> Stored<Option<Seq>> {
        self.writer.write(move |tx| erase_user(tx, user, after)).await
    }
}

fn erase_site(tx: &mut Tx<'_>, site: SiteNumber) -> Stored<bool> {
    tx.forget_site(site);
    for (table, column) in TABLES {
        let part = format!(
            "DELETE FROM {table} WHERE site = ?1 AND {column} IN (SELECT {column} FROM {table} WHERE site = ?1 LIMIT ?2)"
        );
        if tx.sql.prepare_cached(&part)?.execute(params![site.0, PART])? > 0 {
            return Ok(true);
        }
    }
    tx.sql.execute("DELETE FROM site_options WHERE site = ?1", [site.0])?;
    // Its number is not given again: whatever still has it in memory must not speak of another site.
    tx.sql
        .execute("INSERT OR IGNORE INTO removed_sites (site) SELECT number FROM sites WHERE number = ?1", [site.0])?;
    tx.sql.execute("DELETE FROM sites WHERE number = ?1", [site.0])?;
    Ok(false)
}

/// The log first, as much of it as one write may look through; the person themselves in the end.
fn erase_user(tx: &mut Tx<'_>, user: UserKey, after: Seq) -> Stored<Option<Seq>> {
    let (site, number) = (user.site.0, user.user.0);
    let through: Option<Seq> = tx
        .sql
        .prepare_cached(
            "SELECT max(seq) FROM (SELECT seq FROM log WHERE site = ?1 AND seq > ?2 ORDER BY seq LIMIT ?3)",
        )?
        .query_row(params![site, after, PART], |row| row.get(0))?;
    if let Some(through) = through {
        let mut erase = tx.sql.prepare_cached(
            "DELETE FROM log WHERE site = ?1 AND seq > ?2 AND seq <= ?3 AND (sender = ?4 OR (kind = 0 AND target = ?5))",
        )?;
        erase.execute(params![site, after, through, number, user_target(user.user)])?;
        return Ok(Some(through));
    }
    tx.sql.execute(
        "UPDATE rooms SET all_count = all_count - 1 WHERE site = ?1 AND number IN \
         (SELECT room FROM memberships WHERE site = ?1 AND user = ?2 AND through IS NULL)",
        params![site, number],
    )?;
    // Whoever they were as a visitor goes with them, and no number is given again.
    tx.sql.execute(
        "UPDATE sites SET users_through = max(users_through, (SELECT coalesce(max(number), 0) FROM users \
         WHERE site = ?1 AND (number = ?2 OR merged_into = ?2))) WHERE number = ?1",
        params![site, number],
    )?;
    let last = [("memberships", "user"), ("users", "merged_into"), ("users", "number")];
    for (table, column) in OF_A_PERSON.into_iter().chain(last) {
        tx.sql.execute(&format!("DELETE FROM {table} WHERE site = ?1 AND {column} = ?2"), params![site, number])?;
    }
    tx.forget_users();
    Ok(None)
}

/// The number for the next user of a site: one that nobody has had.
pub(super) fn next_user(sql: &Connection, site: SiteNumber) -> Stored<u32> {
    let mut find = sql.prepare_cached(
        "SELECT 1 + max(users_through, (SELECT coalesce(max(number), 0) FROM users WHERE site = ?1)) FROM sites WHERE number = ?1",
    )?;
    Ok(find.query_row([site.0], |row| row.get(0))?)
}
