//! Settings and moods: what members choose for themselves.

use super::{SqliteStore, marks};
use crate::chat::entry::Seq;
use crate::chat::history::Conversation;
use crate::chat::id::UserKey;
use crate::chat::presence::Mood;
use crate::chat::refusal::Refusal;
use crate::chat::settings::Settings;
use crate::store::{Choices, StoreError, Stored};
use async_trait::async_trait;
use rusqlite::{Connection, params};

#[async_trait]
impl Choices for SqliteStore {
    async fn settings(&self, user: UserKey) -> Stored<Settings> {
        self.readers.read(move |sql| settings(sql, user)).await
    }

    async fn merge_settings(&self, user: UserKey, newer: Settings) -> Stored<()> {
        self.writer
            .write(move |tx| {
                let merged = settings(tx.sql, user)?.merged(newer.clone());
                merged.map_err(|_| StoreError::Refused(Refusal::TooLarge))?;
                newer.0.iter().try_for_each(|(name, value)| save(tx.sql, user, name, value))
            })
            .await
    }

    async fn mark_read(&self, user: UserKey, conversation: Conversation, seq: Seq) -> Stored<Option<Seq>> {
        self.writer.write(move |tx| marks::mark_read(tx, user, &conversation, seq)).await
    }

    async fn save_mood(&self, user: UserKey, mood: Mood) -> Stored<()> {
        self.writer
            .write(move |tx| {
                let mut update = tx.sql.prepare_cached(
                    "UPDATE users SET show = ?3, status = ?4, status_at_ms = ?5 WHERE site = ?1 AND number = ?2",
                )?;
                update.execute(params![user.site.0, user.user.0, mood.show.word(), mood.status, mood.status_at_ms])?;
                Ok(())
            })
            .await
    }
}

/// A member's settings in a snapshot.
pub(super) fn settings(sql: &Connection, user: UserKey) -> Stored<Settings> {
    let mut find = sql.prepare_cached("SELECT name, value FROM settings WHERE site = ?1 AND user = ?2")?;
    let pairs = find.query_map(params![user.site.0, user.user.0], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(Settings(pairs.collect::<Result<_, _>>()?))
}

fn save(sql: &Connection, user: UserKey, name: &str, value: &str) -> Stored<()> {
    let mut upsert = sql.prepare_cached(
        "INSERT INTO settings (site, user, name, value) VALUES (?1, ?2, ?3, ?4) \
         ON CONFLICT (site, user, name) DO UPDATE SET value = excluded.value",
    )?;
    upsert.execute(params![user.site.0, user.user.0, name, value])?;
    Ok(())
}
