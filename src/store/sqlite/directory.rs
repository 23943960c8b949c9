//! Users, friends, rooms.

use super::log;
use super::rows::{self, profile_columns, room_columns};
use super::writer::Tx;
use super::{SqliteStore, erase, introduce, merge, people};
use crate::chat::entry::SeatChange;
use crate::chat::id::{RoomId, RoomNumber, SiteNumber, UserId, UserKey, UserNumber};
use crate::chat::refusal::Refusal;
use crate::chat::room::{Membership, NewRoom, Room};
use crate::chat::user::{Member, Person, Profile};
use crate::store::{Changed, Directory, DirectoryChange, Known, Spoken, StoreError, Stored};
use async_trait::async_trait;
use rusqlite::{Connection, OptionalExtension, Params, params};

#[async_trait]
impl Directory for SqliteStore {
    async fn member(&self, site: SiteNumber, id: UserId) -> Stored<Option<Member>> {
        self.readers
            .read(move |sql| match user_number(sql, site, &id)? {
                Some(number) => member(sql, site.user(number)),
                None => Ok(None),
            })
            .await
    }

    async fn members_by_number(&self, site: SiteNumber, numbers: Vec<UserNumber>) -> Stored<Vec<Member>> {
        self.readers
            .read(move |sql| {
                let members = numbers.into_iter().map(|number| member(sql, site.user(number)));
                Ok(members.collect::<Stored<Vec<_>>>()?.into_iter().flatten().collect())
            })
            .await
    }

    async fn people(&self, viewer: UserKey, ids: Vec<UserId>) -> Stored<Vec<Person>> {
        self.readers.read(move |sql| people(sql, viewer, &ids)).await
    }

    async fn people_by_number(&self, viewer: UserKey, numbers: Vec<UserNumber>) -> Stored<Vec<Person>> {
        self.readers
            .read(move |sql| {
                let people = numbers
                    .into_iter()
                    .map(|number| person(sql, PERSON_BY_NUMBER, params![viewer.site.0, number.0, viewer.user.0]));
                Ok(people.collect::<Stored<Vec<_>>>()?.into_iter().flatten().collect())
            })
            .await
    }

    async fn people_named(&self, viewer: UserKey, id: String, folded: String, limit: usize) -> Stored<Vec<Person>> {
        self.lookups.read(viewer, move |sql| people::named(sql, viewer, &id, &folded, limit)).await
    }

    async fn memberships(&self, viewer: UserKey, only: Option<Vec<RoomId>>) -> Stored<Vec<Membership>> {
        self.readers
            .read(move |sql| {
                let mut all = memberships(sql, viewer)?;
                if let Some(only) = only {
                    all.retain(|membership| only.contains(&membership.room.id));
                }
                Ok(all)
            })
            .await
    }

    async fn room_ids(&self, site: SiteNumber, numbers: Vec<RoomNumber>) -> Stored<Vec<(RoomNumber, RoomId)>> {
        self.readers
            .read(move |sql| {
                let mut find = sql.prepare_cached("SELECT id FROM rooms WHERE site = ?1 AND number = ?2")?;
                let mut found = Vec::new();
                for number in numbers {
                    let id = find.query_row(params![site.0, number.0], |row| rows::room_id(row, 0)).optional()?;
                    found.extend(id.map(|id| (number, id)));
                }
                Ok(found)
            })
            .await
    }

    async fn room(&self, site: SiteNumber, id: RoomId) -> Stored<Option<Room>> {
        self.readers.read(move |sql| room(sql, site, &id)).await
    }

    async fn room_members(&self, viewer: UserKey, room: RoomId, limit: usize) -> Stored<Option<(Room, Vec<Profile>)>> {
        self.readers.read(move |sql| room_members(sql, viewer, &room, limit)).await
    }

    async fn introduce(&self, site: SiteNumber, spoken: Spoken) -> Stored<Known> {
        introduce::introduce(self, site, spoken).await
    }

    async fn change_directory(&self, site: SiteNumber, changes: Vec<DirectoryChange>) -> Stored<Vec<Changed>> {
        let work = move |tx: &mut Tx<'_>| {
            tx.all_or_none(|tx| changes.iter().map(|change| carry_out(tx, site, change)).collect())
        };
        self.writer.write(work).await
    }

    async fn merge_users(&self, from: UserKey, into: UserNumber) -> Stored<()> {
        self.writer.write(move |tx| merge::merge(tx, from, into)).await
    }

    async fn users_after(&self, site: SiteNumber, after: UserNumber, limit: usize) -> Stored<Vec<Profile>> {
        const QUERY: &str = concat!(
            "SELECT ",
            profile_columns!(),
            " FROM users u WHERE u.site = ?1 AND u.number > ?2 AND u.merged_into IS NULL ORDER BY u.number LIMIT ?3"
        );
        self.readers.read(move |sql| profiles(sql, QUERY, params![site.0, after.0, limit])).await
    }

    async fn rooms_after(&self, site: SiteNumber, after: RoomNumber, limit: usize) -> Stored<Vec<Room>> {
        self.readers
            .read(move |sql| {
                let mut find = sql.prepare_cached(concat!(
                    "SELECT ",
                    room_columns!(),
                    " FROM rooms r WHERE r.site = ?1 AND r.number > ?2 ORDER BY r.number LIMIT ?3"
                ))?;
                let found = find.query_map(params![site.0, after.0, limit], rows::room)?;
                Ok(found.collect::<Result<_, _>>()?)
            })
            .await
    }

    async fn seats_after(
        &self,
        site: SiteNumber,
        room: RoomNumber,
        after: UserNumber,
        limit: usize,
    ) -> Stored<Vec<Profile>> {
        const QUERY: &str = concat!(
            "SELECT ",
            profile_columns!(),
            " FROM memberships m JOIN users u ON u.site = m.site AND u.number = m.user \
             WHERE m.site = ?1 AND m.room = ?4 AND m.user > ?2 AND m.through IS NULL ORDER BY m.user LIMIT ?3"
        );
        self.readers.read(move |sql| profiles(sql, QUERY, params![site.0, after.0, limit, room.0])).await
    }
}

/// A visitor's id leads to the member whom they have become.
const PERSON_BY_ID: &str = concat!(
    "SELECT ",
    profile_columns!(),
    ", b.buddy_group FROM users v JOIN users u ON u.site = v.site AND u.number = coalesce(v.merged_into, v.number) \
     LEFT JOIN buddies b ON b.site = ?1 AND b.user = ?3 AND b.buddy = u.number WHERE v.site = ?1 AND v.id = ?2"
);
const PERSON_BY_NUMBER: &str = concat!(
    "SELECT ",
    profile_columns!(),
    ", b.buddy_group FROM users u \
     LEFT JOIN buddies b ON b.site = ?1 AND b.user = ?3 AND b.buddy = u.number WHERE u.site = ?1 AND u.number = ?2"
);

/// The number of a user, in a reader's snapshot.
pub(super) fn user_number(sql: &Connection, site: SiteNumber, id: &UserId) -> Stored<Option<UserNumber>> {
    let mut find = sql.prepare_cached("SELECT coalesce(merged_into, number) FROM users WHERE site = ?1 AND id = ?2")?;
    Ok(find.query_row(params![site.0, id.as_str()], |row| row.get(0)).optional()?.map(UserNumber))
}

/// The id of a user.
pub(super) fn user_id(sql: &Connection, user: UserKey) -> Stored<Option<UserId>> {
    let mut find = sql.prepare_cached("SELECT id FROM users WHERE site = ?1 AND number = ?2")?;
    Ok(find.query_row(params![user.site.0, user.user.0], |row| rows::user_id(row, 0)).optional()?)
}

/// The number of a room.
pub(super) fn room_number(sql: &Connection, site: SiteNumber, id: &RoomId) -> Stored<Option<RoomNumber>> {
    let mut find = sql.prepare_cached("SELECT number FROM rooms WHERE site = ?1 AND id = ?2")?;
    Ok(find.query_row(params![site.0, id.as_str()], |row| row.get(0)).optional()?.map(RoomNumber))
}

/// Whether somebody is in a room now.
pub(super) fn is_member(sql: &Connection, user: UserKey, room: RoomNumber) -> Stored<bool> {
    let mut find = sql
        .prepare_cached("SELECT 1 FROM memberships WHERE site = ?1 AND user = ?2 AND room = ?3 AND through IS NULL")?;
    Ok(find.exists(params![user.site.0, user.user.0, room.0])?)
}

/// Whether unknown ids are to be refused.
pub(super) fn is_complete(sql: &Connection, site: SiteNumber) -> Stored<bool> {
    let mut find = sql.prepare_cached("SELECT directory_complete FROM sites WHERE number = ?1")?;
    Ok(find.query_row([site.0], |row| row.get(0))?)
}

/// Adds a user of whom nothing but the id is known.
pub(super) fn add_bare_user(sql: &Connection, site: SiteNumber, id: &UserId) -> Stored<UserNumber> {
    upsert_user(sql, site, id, id.as_str(), "", "")
}

/// People by id, in the order asked for; unknown ones are left out.
pub(super) fn people(sql: &Connection, viewer: UserKey, ids: &[UserId]) -> Stored<Vec<Person>> {
    let people = ids.iter().map(|id| person(sql, PERSON_BY_ID, params![viewer.site.0, id.as_str(), viewer.user.0]));
    Ok(people.collect::<Stored<Vec<_>>>()?.into_iter().flatten().collect())
}

/// Adds a room of which nothing but the id is known. Nobody joins it by themselves.
pub(super) fn add_bare_room(sql: &Connection, site: SiteNumber, id: &RoomId) -> Stored<RoomNumber> {
    upsert_room(sql, site, id, id.as_str(), "", "", false)?;
    room_number(sql, site, id)?.ok_or(StoreError::Refused(Refusal::UnknownRoom))
}

fn person(sql: &Connection, query: &'static str, params: impl Params) -> Stored<Option<Person>> {
    Ok(sql.prepare_cached(query)?.query_row(params, rows::person).optional()?)
}

fn member(sql: &Connection, user: UserKey) -> Stored<Option<Member>> {
    let mut find = sql.prepare_cached(concat!(
        "SELECT ",
        profile_columns!(),
        ", u.show, u.status, u.status_at_ms, u.delivered \
         FROM users u WHERE u.site = ?1 AND u.number = ?2"
    ))?;
    let found = find
        .query_row(params![user.site.0, user.user.0], |row| {
            Ok((rows::profile(row, 0)?, rows::mood(row, 5)?, row.get(8)?))
        })
        .optional()?;
    let Some((profile, mood, delivered)) = found else { return Ok(None) };
    let buddies = buddy_numbers(sql, user)?;
    let memberships = memberships(sql, user)?;
    Ok(Some(Member { profile, mood, buddies, memberships, delivered }))
}

fn buddy_numbers(sql: &Connection, user: UserKey) -> Stored<Box<[UserNumber]>> {
    let mut find = sql.prepare_cached("SELECT buddy FROM buddies WHERE site = ?1 AND user = ?2")?;
    let numbers = find.query_map(params![user.site.0, user.user.0], |row| Ok(UserNumber(row.get(0)?)))?;
    Ok(numbers.collect::<Result<_, _>>()?)
}

/// The rooms somebody is in now.
pub(super) fn memberships(sql: &Connection, user: UserKey) -> Stored<Vec<Membership>> {
    let mut find = sql.prepare_cached(concat!(
        "SELECT ",
        room_columns!(),
        ", m.after, b.after IS NOT NULL FROM memberships m \
         JOIN rooms r ON r.site = m.site AND r.number = m.room \
         LEFT JOIN room_blocks b ON b.site = m.site AND b.user = m.user AND b.room = m.room AND b.through IS NULL \
         WHERE m.site = ?1 AND m.user = ?2 AND m.through IS NULL"
    ))?;
    let found = find.query_map(params![user.site.0, user.user.0], rows::membership)?;
    Ok(found.collect::<Result<_, _>>()?)
}

/// A room, whoever asks.
pub(super) fn room(sql: &Connection, site: SiteNumber, id: &RoomId) -> Stored<Option<Room>> {
    let mut find =
        sql.prepare_cached(concat!("SELECT ", room_columns!(), " FROM rooms r WHERE r.site = ?1 AND r.id = ?2"))?;
    Ok(find.query_row(params![site.0, id.as_str()], rows::room).optional()?)
}

fn room_members(sql: &Connection, viewer: UserKey, id: &RoomId, limit: usize) -> Stored<Option<(Room, Vec<Profile>)>> {
    let Some(room) = room(sql, viewer.site, id)? else { return Ok(None) };
    if !is_member(sql, viewer, room.number)? {
        return Ok(None);
    }
    let mut find = sql.prepare_cached(concat!(
        "SELECT ",
        profile_columns!(),
        " FROM memberships m JOIN users u ON u.site = m.site AND u.number = m.user \
         WHERE m.site = ?1 AND m.room = ?2 AND m.through IS NULL ORDER BY m.user LIMIT ?3"
    ))?;
    let members = find.query_map(params![viewer.site.0, room.number.0, limit], |row| rows::profile(row, 0))?;
    let members = members.collect::<Result<_, _>>()?;
    Ok(Some((room, members)))
}

fn profiles(sql: &Connection, query: &'static str, params: impl Params) -> Stored<Vec<Profile>> {
    let mut find = sql.prepare_cached(query)?;
    let found = find.query_map(params, |row| rows::profile(row, 0))?;
    Ok(found.collect::<Result<_, _>>()?)
}

fn carry_out(tx: &mut Tx<'_>, site: SiteNumber, change: &DirectoryChange) -> Stored<Changed> {
    match change {
        DirectoryChange::User { id, nick, picture_url, url } => {
            let number = upsert_user(tx.sql, site, id, nick, picture_url, url)?;
            Ok(Changed::User(number, nick.as_str().into()))
        }
        DirectoryChange::Friends { user, buddy, group, buddy_group } => {
            let unknown = || StoreError::Refused(Refusal::UnknownUser);
            let user = tx.user_number(site, user)?.ok_or_else(unknown)?;
            let buddy = tx.user_number(site, buddy)?.ok_or_else(unknown)?;
            add_side(tx.sql, site, user, buddy, group)?;
            add_side(tx.sql, site, buddy, user, buddy_group)?;
            Ok(Changed::Friends(user, buddy))
        }
        DirectoryChange::NotFriends { user, buddy } => {
            let unknown = || StoreError::Refused(Refusal::UnknownUser);
            let user = tx.user_number(site, user)?.ok_or_else(unknown)?;
            let buddy = tx.user_number(site, buddy)?.ok_or_else(unknown)?;
            remove_side(tx.sql, site, user, buddy)?;
            remove_side(tx.sql, site, buddy, user)?;
            Ok(Changed::NotFriends(user, buddy))
        }
        DirectoryChange::Room { id, nick, picture_url, url, open } => {
            empty_if_members_made_it(tx, site, id)?;
            upsert_room(tx.sql, site, id, nick, picture_url, url, *open).map(|()| Changed::Room)
        }
    }
}

fn upsert_user(
    sql: &Connection,
    site: SiteNumber,
    id: &UserId,
    nick: &str,
    picture_url: &str,
    url: &str,
) -> Stored<UserNumber> {
    let mut upsert = sql.prepare_cached(
        "INSERT INTO users (site, number, id, nick, picture_url, url) \
         VALUES (?1, ?6, ?2, ?3, ?4, ?5) \
         ON CONFLICT (site, id) DO UPDATE SET nick = excluded.nick, picture_url = excluded.picture_url, url = excluded.url \
         RETURNING number",
    )?;
    let next = erase::next_user(sql, site)?;
    Ok(UserNumber(upsert.query_row(params![site.0, id.as_str(), nick, picture_url, url, next], |row| row.get(0))?))
}

fn add_side(sql: &Connection, site: SiteNumber, user: UserNumber, buddy: UserNumber, group: &str) -> Stored<()> {
    let mut upsert = sql.prepare_cached(
        "INSERT INTO buddies (site, user, buddy, buddy_group) VALUES (?1, ?2, ?3, ?4) \
         ON CONFLICT (site, user, buddy) DO UPDATE SET buddy_group = excluded.buddy_group",
    )?;
    upsert.execute(params![site.0, user.0, buddy.0, group])?;
    Ok(())
}

fn remove_side(sql: &Connection, site: SiteNumber, user: UserNumber, buddy: UserNumber) -> Stored<()> {
    let mut remove = sql.prepare_cached("DELETE FROM buddies WHERE site = ?1 AND user = ?2 AND buddy = ?3")?;
    remove.execute(params![site.0, user.0, buddy.0])?;
    Ok(())
}

/// Adds a room that members made for themselves; there is none of that id.
pub(super) fn add_room_of_members(sql: &Connection, site: SiteNumber, new: &NewRoom) -> Stored<()> {
    upsert_room(sql, site, &new.id, &new.nick, "", "", new.open)?;
    let mut mark = sql.prepare_cached("UPDATE rooms SET temporary = 1 WHERE site = ?1 AND id = ?2")?;
    mark.execute(params![site.0, new.id.as_str()])?;
    Ok(())
}

/// Whoever has made a room under an id that is the site's must not hear what is said in the site's.
fn empty_if_members_made_it(tx: &mut Tx<'_>, site: SiteNumber, room: &RoomId) -> Stored<()> {
    let mut find = tx.sql.prepare_cached("SELECT number FROM rooms WHERE site = ?1 AND id = ?2 AND temporary = 1")?;
    let Some(number) = find.query_row(params![site.0, room.as_str()], |row| row.get::<_, u32>(0)).optional()? else {
        return Ok(());
    };
    drop(find);
    let mut seated = tx.sql.prepare_cached(
        "SELECT u.id FROM memberships m JOIN users u ON u.site = m.site AND u.number = m.user \
         WHERE m.site = ?1 AND m.room = ?2 AND m.through IS NULL ORDER BY m.user",
    )?;
    let seated: Vec<UserId> =
        seated.query_map(params![site.0, number], |row| rows::user_id(row, 0))?.collect::<Result<_, _>>()?;
    for user in seated {
        // When that was is when the last entry was.
        log::change_seat(tx, site, &user, room, SeatChange::Left, 0)?;
    }
    Ok(())
}

/// A room as the site describes it: whoever made it before, it is the site's now.
fn upsert_room(
    sql: &Connection,
    site: SiteNumber,
    id: &RoomId,
    nick: &str,
    picture_url: &str,
    url: &str,
    open: bool,
) -> Stored<()> {
    let mut upsert = sql.prepare_cached(
        "INSERT INTO rooms (site, number, id, nick, picture_url, url, open) \
         VALUES (?1, (SELECT coalesce(max(number), 0) + 1 FROM rooms WHERE site = ?1), ?2, ?3, ?4, ?5, ?6) \
         ON CONFLICT (site, id) DO UPDATE SET nick = excluded.nick, picture_url = excluded.picture_url, \
         url = excluded.url, open = excluded.open, temporary = 0",
    )?;
    upsert.execute(params![site.0, id.as_str(), nick, picture_url, url, open])?;
    Ok(())
}
