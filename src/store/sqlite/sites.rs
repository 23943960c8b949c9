//! Sites.

use super::SqliteStore;
use crate::chat::id::SiteNumber;
use crate::chat::site::{Site, SiteOptions};
use crate::store::{NewSite, Sites, Stored};
use async_trait::async_trait;
use rusqlite::{OptionalExtension, Row, params};

#[async_trait]
impl Sites for SqliteStore {
    async fn sites(&self) -> Stored<Vec<Site>> {
        self.readers
            .read(|sql| {
                let mut find = sql.prepare(concat!("SELECT ", site_columns!(), " FROM sites ORDER BY number"))?;
                let sites = find.query_map([], site)?;
                Ok(sites.collect::<Result<_, _>>()?)
            })
            .await
    }

    async fn ensure_site(&self, new: NewSite) -> Stored<(Site, bool)> {
        self.writer
            .write(move |tx| {
                let find = concat!("SELECT ", site_columns!(), " FROM sites WHERE name = ?1");
                if let Some(known) = tx.sql.query_row(find, [&new.name], site).optional()? {
                    return Ok((known, false));
                }
                tx.sql.execute(
                    "INSERT INTO sites (name, public_key, token_secret, epoch, directory_complete) VALUES (?1, ?2, ?3, ?4, ?5)",
                    params![new.name, new.public_key, new.token_secret, new.epoch, new.directory_complete],
                )?;
                Ok((tx.sql.query_row(find, [&new.name], site)?, true))
            })
            .await
    }
}

macro_rules! site_columns {
    () => {
        "number, name, public_key, token_secret, epoch, directory_complete"
    };
}
use site_columns;

fn site(row: &Row<'_>) -> rusqlite::Result<Site> {
    Ok(Site {
        number: SiteNumber(row.get(0)?),
        name: row.get(1)?,
        public_key: row.get(2)?,
        token_secret: row.get::<_, Vec<u8>>(3)?.into(),
        epoch: row.get(4)?,
        directory_complete: row.get(5)?,
        server_keys: Box::default(),
        options: SiteOptions::default(),
    })
}
