//! Sessions that outlive the process.

use super::SqliteStore;
use super::rows::signed;
use crate::chat::entry::Seq;
use crate::chat::id::{RoomNumber, SiteNumber, UserNumber};
use crate::chat::listed::Listed;
use crate::chat::room::Interval;
use crate::chat::session::{Dialect, SessionNumber};
use crate::chat::ticket::TicketDigest;
use crate::store::{CursorMove, SessionRecord, Sessions, Stored};
use async_trait::async_trait;
use rusqlite::types::Type;
use rusqlite::{Connection, OptionalExtension, Row, params};

#[async_trait]
impl Sessions for SqliteStore {
    async fn save_sessions(&self, records: Vec<SessionRecord>) -> Stored<()> {
        self.writer.write(move |tx| records.iter().try_for_each(|record| save(tx.sql, record))).await
    }

    async fn move_cursors(&self, moves: Vec<CursorMove>) -> Stored<()> {
        self.writer.write(move |tx| moves.iter().try_for_each(|step| move_cursor(tx.sql, step))).await
    }

    async fn replace_strangers(
        &self,
        site: SiteNumber,
        digest: TicketDigest,
        strangers: Vec<UserNumber>,
    ) -> Stored<()> {
        let update = "UPDATE sessions SET strangers = ?3 WHERE site = ?1 AND digest = ?2";
        self.change_session(update, site, digest, comma_list(&strangers)).await
    }

    async fn replace_listed(&self, site: SiteNumber, digest: TicketDigest, listed: Listed) -> Stored<()> {
        self.writer
            .write(move |tx| {
                let mut find = tx.sql.prepare_cached("SELECT listed FROM sessions WHERE site = ?1 AND digest = ?2")?;
                let stored: Option<String> =
                    find.query_row(params![site.0, digest.0], |row| row.get(0)).optional()?.flatten();
                // Two changes at a time may come here in the other order.
                if stored.is_some_and(|stored| read(&stored).revision > listed.revision) {
                    return Ok(());
                }
                let mut update =
                    tx.sql.prepare_cached("UPDATE sessions SET listed = ?3 WHERE site = ?1 AND digest = ?2")?;
                update.execute(params![site.0, digest.0, written(&listed)])?;
                Ok(())
            })
            .await
    }

    async fn set_dialect(&self, site: SiteNumber, digest: TicketDigest, dialect: Dialect) -> Stored<()> {
        let update = "UPDATE sessions SET dialect = ?3 WHERE site = ?1 AND digest = ?2";
        self.change_session(update, site, digest, dialect.word().to_owned()).await
    }

    async fn end_sessions(&self, which: Vec<(SiteNumber, TicketDigest)>) -> Stored<()> {
        self.writer
            .write(move |tx| {
                for (site, digest) in &which {
                    let mut delete = tx.sql.prepare_cached("DELETE FROM sessions WHERE site = ?1 AND digest = ?2")?;
                    delete.execute(params![site.0, digest.0])?;
                }
                Ok(())
            })
            .await
    }

    async fn load_sessions(&self, now_ms: u64) -> Stored<Vec<SessionRecord>> {
        self.writer
            .write(move |tx| {
                tx.sql.execute("DELETE FROM sessions WHERE expires_at_ms <= ?1", [now_ms])?;
                let mut find = tx.sql.prepare(
                    "SELECT site, user, number, digest, dialect, cursor, strangers, expires_at_ms, listed FROM sessions \
                     ORDER BY expires_at_ms",
                )?;
                let records = find.query_map([], record)?;
                Ok(records.collect::<Result<_, _>>()?)
            })
            .await
    }
}

impl SqliteStore {
    /// Changes one column of a stored session.
    async fn change_session(
        &self,
        update: &'static str,
        site: SiteNumber,
        digest: TicketDigest,
        value: String,
    ) -> Stored<()> {
        self.writer
            .write(move |tx| {
                tx.sql.prepare_cached(update)?.execute(params![site.0, digest.0, value])?;
                Ok(())
            })
            .await
    }
}

fn save(sql: &Connection, record: &SessionRecord) -> Stored<()> {
    let mut insert = sql.prepare_cached(
        "INSERT OR REPLACE INTO sessions (site, digest, number, user, dialect, cursor, strangers, expires_at_ms, listed) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
    )?;
    insert.execute(params![
        record.user.site.0,
        record.digest.0,
        signed(record.number),
        record.user.user.0,
        record.dialect.word(),
        record.cursor,
        comma_list(&record.strangers),
        record.expires_at_ms,
        record.listed.as_ref().map(written)
    ])?;
    Ok(())
}

fn comma_list(numbers: &[UserNumber]) -> String {
    let numbers: Vec<String> = numbers.iter().map(|number| number.0.to_string()).collect();
    numbers.join(",")
}

/// `revision;floor;opened;` and `room:after-through` of every stretch.
fn written(listed: &Listed) -> String {
    let end = |stretch: &Interval| stretch.through.map(|through| through.to_string()).unwrap_or_default();
    let stretches =
        listed.stretches().iter().map(|(room, stretch)| format!("{}:{}-{}", room.0, stretch.after, end(stretch)));
    let stretches = stretches.collect::<Vec<_>>().join(",");
    format!("{};{};{};{stretches}", listed.revision, listed.floor, listed.opened)
}

fn read(text: &str) -> Listed {
    let stretch = |text: &str| {
        let (room, stretch) = text.split_once(':')?;
        let (after, through) = stretch.split_once('-')?;
        let through = if through.is_empty() { None } else { Some(through.parse::<Seq>().ok()?) };
        Some((RoomNumber(room.parse().ok()?), Interval { after: after.parse().ok()?, through }))
    };
    let mut parts = text.splitn(4, ';');
    let mut number = || parts.next().and_then(|number| number.parse().ok()).unwrap_or(0);
    let mut listed = Listed::default();
    (listed.revision, listed.floor, listed.opened) = (number(), number(), number());
    listed.with(parts.next().unwrap_or_default().split(',').filter_map(stretch).collect())
}

fn move_cursor(sql: &Connection, step: &CursorMove) -> Stored<()> {
    let site = step.user.site.0;
    let mut session =
        sql.prepare_cached("UPDATE sessions SET cursor = max(cursor, ?3) WHERE site = ?1 AND digest = ?2")?;
    session.execute(params![site, step.digest.0, step.cursor])?;
    let read_through = if step.is_read { step.cursor } else { 0 };
    let mut user = sql.prepare_cached(
        "UPDATE users SET delivered = max(delivered, ?3), read_through = max(read_through, ?4) \
         WHERE site = ?1 AND number = ?2",
    )?;
    user.execute(params![site, step.user.user.0, step.cursor, read_through])?;
    Ok(())
}

fn record(row: &Row<'_>) -> rusqlite::Result<SessionRecord> {
    let dialect: String = row.get(4)?;
    let strangers: String = row.get(6)?;
    Ok(SessionRecord {
        user: SiteNumber(row.get(0)?).user(UserNumber(row.get(1)?)),
        number: SessionNumber(row.get::<_, i64>(2)?.cast_unsigned()),
        digest: TicketDigest(row.get(3)?),
        dialect: Dialect::parse(&dialect).ok_or_else(|| rusqlite::Error::InvalidColumnType(4, dialect, Type::Text))?,
        cursor: row.get(5)?,
        strangers: strangers.split(',').filter_map(|number| number.parse().ok().map(UserNumber)).collect(),
        expires_at_ms: row.get(7)?,
        listed: row.get::<_, Option<String>>(8)?.as_deref().map(read),
    })
}
