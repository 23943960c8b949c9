//! Sites: their keys and settings.

use super::SqliteStore;
use super::writer::Tx;
use crate::chat::id::SiteNumber;
use crate::chat::refusal::Refusal;
use crate::chat::site::{KEYS_MAX, KeyDigest, KeyKind, Site, SiteOptions};
use crate::store::{NewSite, SiteChange, Sites, StoreError, Stored};
use async_trait::async_trait;
use rusqlite::{Connection, OptionalExtension, params};

#[async_trait]
impl Sites for SqliteStore {
    async fn sites(&self) -> Stored<Vec<Site>> {
        self.readers
            .read(|sql| {
                let mut find = sql.prepare("SELECT number FROM sites ORDER BY number")?;
                let numbers = find.query_map([], |row| Ok(SiteNumber(row.get(0)?)))?.collect::<Result<Vec<_>, _>>()?;
                let sites = numbers.into_iter().map(|number| site(sql, number));
                Ok(sites.collect::<Stored<Vec<_>>>()?.into_iter().flatten().collect())
            })
            .await
    }

    async fn ensure_site(&self, new: NewSite) -> Stored<(Site, bool)> {
        self.writer
            .write(move |tx| {
                let is_new = find(tx.sql, &new.name)?.is_none();
                if is_new {
                    add(tx.sql, &new)?;
                }
                let number = find(tx.sql, &new.name)?.ok_or_else(lost)?;
                Ok((site(tx.sql, number)?.ok_or_else(lost)?, is_new))
            })
            .await
    }

    async fn change_site(&self, number: SiteNumber, change: SiteChange) -> Stored<Site> {
        self.writer
            .write(move |tx| {
                site(tx.sql, number)?.ok_or(StoreError::Refused(Refusal::UnknownSite))?;
                carry_out(tx, number, &change)?;
                site(tx.sql, number)?.ok_or_else(lost)
            })
            .await
    }
}

fn lost() -> StoreError {
    StoreError::Unavailable("what was just stored is not there".into())
}

fn find(sql: &Connection, name: &str) -> Stored<Option<SiteNumber>> {
    let mut find = sql.prepare_cached("SELECT number FROM sites WHERE name = ?1 COLLATE NOCASE")?;
    Ok(find.query_row([name], |row| row.get(0)).optional()?.map(SiteNumber))
}

fn add(sql: &Connection, new: &NewSite) -> Stored<()> {
    sql.execute(
        "INSERT INTO sites (number, name, public_key, epoch, directory_complete) \
         SELECT 1 + max((SELECT coalesce(max(number), 0) FROM sites), (SELECT coalesce(max(site), 0) FROM removed_sites)), ?1, ?2, ?3, ?4",
        params![new.name, new.public_key, new.epoch, new.options.directory_complete],
    )?;
    let number = find(sql, &new.name)?.ok_or_else(lost)?;
    add_key(sql, number, KeyKind::Token, new.token_secret.as_bytes(), new.now_ms)?;
    if let Some(KeyDigest(digest)) = &new.server_key {
        add_key(sql, number, KeyKind::Server, digest, new.now_ms)?;
    }
    write_options(sql, number, &new.options)
}

fn carry_out(tx: &Tx<'_>, site: SiteNumber, change: &SiteChange) -> Stored<()> {
    match change {
        SiteChange::Suspended(suspended) => {
            tx.sql.execute("UPDATE sites SET suspended = ?2 WHERE number = ?1", params![site.0, suspended])?;
            Ok(())
        }
        SiteChange::Options(options) => write_options(tx.sql, site, options),
        SiteChange::AddKey { kind, value, now_ms } => add_key(tx.sql, site, *kind, value, *now_ms),
        SiteChange::RetireKeys(kind) => keep_newest(tx.sql, site, *kind, 1),
    }
}

fn add_key(sql: &Connection, site: SiteNumber, kind: KeyKind, value: &[u8], now_ms: u64) -> Stored<()> {
    sql.execute(
        "INSERT OR REPLACE INTO site_keys (site, kind, made_at_ms, value) \
         VALUES (?1, ?2, max(?3, 1 + (SELECT coalesce(max(made_at_ms), 0) FROM site_keys WHERE site = ?1 AND kind = ?2)), ?4)",
        params![site.0, kind.word(), now_ms, value],
    )?;
    keep_newest(sql, site, kind, KEYS_MAX)
}

fn keep_newest(sql: &Connection, site: SiteNumber, kind: KeyKind, count: usize) -> Stored<()> {
    sql.execute(
        "DELETE FROM site_keys WHERE site = ?1 AND kind = ?2 AND value NOT IN \
         (SELECT value FROM site_keys WHERE site = ?1 AND kind = ?2 ORDER BY made_at_ms DESC LIMIT ?3)",
        params![site.0, kind.word(), count],
    )?;
    Ok(())
}

fn write_options(sql: &Connection, site: SiteNumber, options: &SiteOptions) -> Stored<()> {
    sql.execute("DELETE FROM site_options WHERE site = ?1", [site.0])?;
    for (name, value) in options.written() {
        sql.execute("INSERT INTO site_options (site, name, value) VALUES (?1, ?2, ?3)", params![site.0, name, value])?;
    }
    // Here, too, because every message asks for it.
    let complete = params![site.0, options.directory_complete];
    sql.execute("UPDATE sites SET directory_complete = ?2 WHERE number = ?1", complete)?;
    Ok(())
}

pub(super) fn site(sql: &Connection, number: SiteNumber) -> Stored<Option<Site>> {
    let mut find = sql
        .prepare_cached("SELECT name, public_key, epoch, suspended, directory_complete FROM sites WHERE number = ?1")?;
    let found = find.query_row([number.0], |row| {
        Ok(Site {
            number,
            name: row.get(0)?,
            public_key: row.get(1)?,
            epoch: row.get(2)?,
            suspended: row.get(3)?,
            token_secrets: Box::default(),
            server_keys: Box::default(),
            options: SiteOptions { directory_complete: row.get(4)?, ..SiteOptions::default() },
        })
    });
    let Some(site) = found.optional()? else { return Ok(None) };
    let mut given = sql.prepare_cached("SELECT name, value FROM site_options WHERE site = ?1")?;
    let given = given.query_map([number.0], |row| Ok((row.get(0)?, row.get(1)?)))?.collect::<Result<Vec<_>, _>>()?;
    let secrets = keys(sql, number, KeyKind::Token)?.into_iter();
    let digests = keys(sql, number, KeyKind::Server)?.into_iter();
    Ok(Some(Site {
        token_secrets: secrets.filter_map(|secret| String::from_utf8(secret).ok().map(Into::into)).collect(),
        server_keys: digests.filter_map(|digest| digest.try_into().ok().map(KeyDigest)).collect(),
        options: site.options.clone().with(&given),
        ..site
    }))
}

/// The newest first.
fn keys(sql: &Connection, site: SiteNumber, kind: KeyKind) -> Stored<Vec<Vec<u8>>> {
    let mut find =
        sql.prepare_cached("SELECT value FROM site_keys WHERE site = ?1 AND kind = ?2 ORDER BY made_at_ms DESC")?;
    Ok(find.query_map(params![site.0, kind.word()], |row| row.get(0))?.collect::<Result<_, _>>()?)
}
