//! Who and what a site's own server speaks of: read first, and written only where something is new, because a site opens a session
//! for every page of its members.

use super::directory::{add_bare_room, add_bare_user, room};
use super::rows::{self, profile_columns};
use super::{SqliteStore, writer::Tx};
use crate::chat::id::{SiteNumber, UserId};
use crate::chat::user::Profile;
use crate::store::{Known, Spoken, StoreError, Stored};
use rusqlite::{Connection, OptionalExtension, params};
use std::sync::Arc;

/// How many people or rooms are added by one write.
const PART: usize = 500;

pub(super) async fn introduce(store: &SqliteStore, site: SiteNumber, spoken: Spoken) -> Stored<Known> {
    let spoken = Arc::new(spoken);
    let asked = Arc::clone(&spoken);
    if let Some(known) = store.readers.read(move |sql| find(sql, site, &asked)).await? {
        return Ok(known);
    }
    let mut all = Known::default();
    for part in parts(&spoken) {
        let added = store.writer.write(move |tx| {
            add(tx, site, &part)?;
            find(tx.sql, site, &part)?.ok_or_else(|| StoreError::Unavailable("what was just added is not there".into()))
        });
        let known = added.await?;
        all.people.extend(known.people);
        all.rooms.extend(known.rooms);
    }
    Ok(all)
}

/// A site may name thousands at a time, and other writes wait meanwhile.
fn parts(spoken: &Spoken) -> Vec<Spoken> {
    let people = spoken.people.chunks(PART).map(|people| Spoken { people: people.to_vec(), ..Spoken::default() });
    let rooms = spoken.rooms.chunks(PART).map(|rooms| Spoken { rooms: rooms.to_vec(), ..Spoken::default() });
    people.chain(rooms).collect()
}

/// `None` if anything is new.
fn find(sql: &Connection, site: SiteNumber, spoken: &Spoken) -> Stored<Option<Known>> {
    let mut known = Known::default();
    for (id, nick) in &spoken.people {
        match profile(sql, site, id)? {
            Some(profile) if nick.as_ref().is_none_or(|nick| **nick == *profile.nick) => known.people.push(profile),
            _ => return Ok(None),
        }
    }
    for id in &spoken.rooms {
        match room(sql, site, id)? {
            Some(room) => known.rooms.push(room),
            None => return Ok(None),
        }
    }
    Ok(Some(known))
}

fn add(tx: &Tx<'_>, site: SiteNumber, spoken: &Spoken) -> Stored<()> {
    for (id, nick) in &spoken.people {
        if profile(tx.sql, site, id)?.is_none() {
            add_bare_user(tx.sql, site, id)?;
        }
        if let Some(nick) = nick {
            let mut rename = tx.sql.prepare_cached("UPDATE users SET nick = ?3 WHERE site = ?1 AND id = ?2")?;
            rename.execute(params![site.0, id.as_str(), nick])?;
        }
    }
    for id in &spoken.rooms {
        if room(tx.sql, site, id)?.is_none() {
            add_bare_room(tx.sql, site, id)?;
        }
    }
    Ok(())
}

fn profile(sql: &Connection, site: SiteNumber, id: &UserId) -> Stored<Option<Profile>> {
    let mut find =
        sql.prepare_cached(concat!("SELECT ", profile_columns!(), " FROM users v JOIN users u ON u.site = v.site AND u.number = coalesce(v.merged_into, v.number) WHERE v.site = ?1 AND v.id = ?2"))?;
    Ok(find.query_row(params![site.0, id.as_str()], |row| rows::profile(row, 0)).optional()?)
}
