//! Accounts: one row for each member who has a password here.

use super::SqliteStore;
use super::rows::{self, profile_columns, signed};
use super::writer::Tx;
use crate::chat::id::{SiteNumber, UserId, UserKey, UserNumber};
use crate::chat::password::PasswordHash;
use crate::chat::session::SessionNumber;
use crate::chat::user::Profile;
use crate::store::{Account, Accounts, Stored};
use async_trait::async_trait;
use rusqlite::{OptionalExtension, params};

#[async_trait]
impl Accounts for SqliteStore {
    async fn account(&self, site: SiteNumber, id: UserId) -> Stored<Option<Account>> {
        self.readers
            .read(move |sql| {
                let mut find = sql.prepare_cached(
                    "SELECT a.user, a.hash, a.changed_at_ms FROM users u JOIN accounts a ON a.site = u.site AND a.user = u.number \
                     WHERE u.site = ?1 AND u.id = ?2",
                )?;
                let found = find.query_row(params![site.0, id.as_str()], |row| {
                    let (user, hash) = (site.user(UserNumber(row.get(0)?)), row.get::<_, String>(1)?);
                    let hash = PasswordHash::stored(&hash);
                    Ok(Account { user, id: id.clone(), hash, changed_at_ms: row.get(2)? })
                });
                Ok(found.optional()?)
            })
            .await
    }

    async fn add_account(&self, user: UserKey, hash: PasswordHash, now_ms: u64) -> Stored<bool> {
        self.writer
            .write(move |tx| {
                let mut add = tx.sql.prepare_cached(
                    "INSERT OR IGNORE INTO accounts (site, user, hash, changed_at_ms) VALUES (?1, ?2, ?3, ?4)",
                )?;
                Ok(add.execute(params![user.site.0, user.user.0, hash.as_str(), now_ms])? > 0)
            })
            .await
    }

    async fn set_password(
        &self,
        user: UserKey,
        hash: PasswordHash,
        keep: Option<SessionNumber>,
        now_ms: u64,
    ) -> Stored<Option<u64>> {
        self.writer
            .write(move |tx| {
                let mut set = tx.sql.prepare_cached(
                    "UPDATE accounts SET hash = ?3, changed_at_ms = max(?4, changed_at_ms + 1) WHERE site = ?1 AND user = ?2 \
                     RETURNING changed_at_ms",
                )?;
                let place = params![user.site.0, user.user.0, hash.as_str(), now_ms];
                let changed_at_ms = set.query_row(place, |row| row.get(0)).optional()?;
                if changed_at_ms.is_some() {
                    forget_sessions(tx, user, keep)?;
                }
                Ok(changed_at_ms)
            })
            .await
    }

    async fn remove_account(&self, user: UserKey) -> Stored<bool> {
        self.writer
            .write(move |tx| {
                let mut remove = tx.sql.prepare_cached("DELETE FROM accounts WHERE site = ?1 AND user = ?2")?;
                let was_there = remove.execute(params![user.site.0, user.user.0])? > 0;
                if was_there {
                    forget_sessions(tx, user, None)?;
                }
                Ok(was_there)
            })
            .await
    }

    async fn accounts_after(&self, site: SiteNumber, after: UserNumber, limit: usize) -> Stored<Vec<(Profile, u64)>> {
        const QUERY: &str = concat!(
            "SELECT ",
            profile_columns!(),
            ", a.changed_at_ms FROM accounts a CROSS JOIN users u ON u.site = ?1 AND u.number = a.user \
             WHERE a.site = ?1 AND a.user > ?2 ORDER BY a.user LIMIT ?3"
        );
        self.readers
            .read(move |sql| {
                let mut find = sql.prepare_cached(QUERY)?;
                let found =
                    find.query_map(params![site.0, after.0, limit], |row| Ok((rows::profile(row, 0)?, row.get(5)?)))?;
                Ok(found.collect::<Result<_, _>>()?)
            })
            .await
    }
}

/// Whoever starts next knows nothing of them.
fn forget_sessions(tx: &mut Tx<'_>, user: UserKey, keep: Option<SessionNumber>) -> Stored<()> {
    let mut forget =
        tx.sql.prepare_cached("DELETE FROM sessions WHERE site = ?1 AND user = ?2 AND (?3 IS NULL OR number <> ?3)")?;
    forget.execute(params![user.site.0, user.user.0, keep.map(signed)])?;
    Ok(())
}
