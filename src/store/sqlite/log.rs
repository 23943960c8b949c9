//! Appending to the log, and the changes that stand in it.

use super::rows::{self, EVERYONE, KIND_MESSAGE, cid_hash, entries_at, room_target, seat_kind, signed, user_target};
use super::sums::{HIDDEN, LogRow};
use super::writer::Tx;
use super::{SqliteStore, blocks, directory, marks, passing};
use crate::chat::entry::{Addressee, Draft, Entry, Message, Party, Seat, SeatChange, Seq, SharedEntry, To, Voice};
use crate::chat::history::Conversation;
use crate::chat::id::{RoomId, RoomNumber, SiteNumber, UserId, UserKey, UserNumber};
use crate::chat::refusal::Refusal;
use crate::chat::room::NewRoom;
use crate::store::{Appended, Log, Seated, StoreError, Stored, Stretch};
use async_trait::async_trait;
use rusqlite::{Connection, OptionalExtension, params};
use std::sync::Arc;

const AT_PLACES: &str = entries_at!("SELECT ?2 AS seq");
const AFTER: &str = entries_at!("SELECT seq FROM log WHERE site = ?1 AND seq > ?2 ORDER BY seq LIMIT ?3");

#[async_trait]
impl Log for SqliteStore {
    async fn append(&self, draft: Draft) -> Stored<Appended> {
        self.writer.write(move |tx| append(tx, &draft)).await
    }

    async fn change_seat(
        &self,
        site: SiteNumber,
        user: UserId,
        room: RoomId,
        change: SeatChange,
        now_ms: u64,
    ) -> Stored<Option<Seq>> {
        self.writer.write(move |tx| change_seat(tx, site, &user, &room, change, now_ms)).await
    }

    async fn make_room(&self, site: SiteNumber, new: NewRoom, maker: UserId, now_ms: u64) -> Stored<Option<Seq>> {
        self.writer.write(move |tx| make_room(tx, site, &new, &maker, now_ms)).await
    }

    async fn seat_all(&self, site: SiteNumber, room: RoomId, users: Vec<UserId>, now_ms: u64) -> Stored<Vec<Seated>> {
        self.writer.write(move |tx| seat_all(tx, site, &room, &users, now_ms)).await
    }

    async fn entries_after(&self, site: SiteNumber, after: Seq, limit: usize) -> Stored<Stretch> {
        self.readers
            .read(move |sql| {
                let head = head(sql, site)?;
                let entries = rows::entries(sql, AFTER, params![site.0, after, limit])?;
                let more = entries.len() == limit;
                let through = if more { entries.last().map_or(head, |entry| entry.seq()) } else { head };
                Ok(Stretch { entries, through, more })
            })
            .await
    }

    async fn heads(&self) -> Stored<Vec<(SiteNumber, Seq)>> {
        self.readers
            .read(|sql| {
                let mut statement = sql.prepare_cached("SELECT number, head FROM sites")?;
                let heads = statement.query_map([], |row| Ok((SiteNumber(row.get(0)?), row.get(1)?)))?;
                Ok(heads.collect::<Result<_, _>>()?)
            })
            .await
    }

    async fn clear(&self, user: UserKey, conversation: Conversation, point: Seq) -> Stored<()> {
        self.writer.write(move |tx| clear(tx, user, &conversation, point)).await
    }

    async fn forget_old(&self, site: SiteNumber, before_ms: u64) -> Stored<usize> {
        self.writer.write(move |tx| passing::forget_old(tx.sql, site, before_ms)).await
    }

    async fn forget_passing(&self, before_ms: u64) -> Stored<usize> {
        self.writer.write(move |tx| passing::forget(tx.sql, before_ms)).await
    }
}

/// The head of a log in a reader's snapshot.
pub(super) fn head(sql: &Connection, site: SiteNumber) -> Stored<Seq> {
    Ok(sql.prepare_cached("SELECT head FROM sites WHERE number = ?1")?.query_row([site.0], |row| row.get(0))?)
}

fn append(tx: &mut Tx<'_>, draft: &Draft) -> Stored<Appended> {
    // What is said to a visitor who has become a member is said to the member.
    if let To::User(id) = &draft.to
        && let Some(id) = tx.has_become(draft.site, id)?
    {
        return append(tx, &Draft { to: To::User(id), ..draft.clone() });
    }
    // Whoever was erased, or has become somebody else, while this was on its way says nothing any more.
    if tx.user_number(draft.site, &draft.from.id)? != Some(draft.from.number) {
        return Err(StoreError::Refused(Refusal::TicketEnded));
    }
    // A repeat is answered whatever has changed since, and whatever may be refused comes before the first write.
    if let Some(cid) = &draft.cid
        && let Some(repeated) = find_repeat(tx.sql, draft, cid)?
    {
        return Ok(repeated);
    }
    let to = match (resolve(tx, draft)?, &draft.to) {
        (Some(to), _) => to,
        (None, To::User(id)) => {
            Addressee::User(Party { number: directory::add_bare_user(tx.sql, draft.site, id)?, id: id.clone() })
        }
        (None, To::Room(id)) if draft.by == Voice::Plugin => {
            Addressee::Room { number: directory::add_bare_room(tx.sql, draft.site, id)?, id: id.clone() }
        }
        (None, To::Room(_) | To::Everyone) => return Err(StoreError::Refused(Refusal::UnknownRoom)),
    };
    let hidden = match &to {
        Addressee::User(to) if to.number != draft.from.number => {
            blocks::is_hidden(tx.sql, draft.site.user(draft.from.number), to.number)?
        }
        _ => false,
    };
    let head = tx.head(draft.site)?;
    let message = Message {
        seq: head.seq + 1,
        at_ms: head.at_ms.max(draft.now_ms),
        from: draft.from.clone(),
        nick: draft.nick.clone(),
        to,
        style: draft.style.clone(),
        body: draft.body.clone(),
        origin: draft.origin,
        hidden,
    };
    insert(tx.sql, draft.site, &message, draft.cid.as_deref())?;
    // A site whose directory is here has its histories here, too.
    if draft.by == Voice::Plugin && !directory::is_complete(tx.sql, draft.site)? {
        passing::note(tx.sql, draft.site, message.seq)?;
    }
    if let Addressee::User(to) = &message.to
        && !message.hidden
    {
        marks::note_conversation(tx, draft.site, to.number, message.from.number)?;
    }
    let entry: SharedEntry = Arc::new(Entry::Message(message.clone()));
    tx.advance(draft.site, message.at_ms, entry);
    Ok(Appended { message: Arc::new(message), repeated: false })
}

/// Whom a draft is for; `None` for a user or room that is not known yet and that the site lets us add.
fn resolve(tx: &mut Tx<'_>, draft: &Draft) -> Stored<Option<Addressee>> {
    match &draft.to {
        To::User(id) => match tx.user_number(draft.site, id)? {
            Some(number) => Ok(Some(Addressee::User(Party { number, id: id.clone() }))),
            None => {
                let is_refused = match draft.by {
                    Voice::Member => directory::is_complete(tx.sql, draft.site)?,
                    Voice::Plugin => false,
                    Voice::Site => true,
                };
                if is_refused { Err(StoreError::Refused(Refusal::UnknownUser)) } else { Ok(None) }
            }
        },
        To::Everyone => Ok(Some(Addressee::Everyone)),
        To::Room(id) if draft.by != Voice::Member => {
            let number = directory::room_number(tx.sql, draft.site, id)?;
            Ok(number.map(|number| Addressee::Room { number, id: id.clone() }))
        }
        To::Room(id) => {
            let number = member_of(tx.sql, draft.site, draft.from.number, id)?;
            Ok(Some(Addressee::Room { number, id: id.clone() }))
        }
    }
}

fn member_of(sql: &Connection, site: SiteNumber, user: UserNumber, room: &RoomId) -> Stored<RoomNumber> {
    let number = directory::room_number(sql, site, room)?.ok_or(StoreError::Refused(Refusal::UnknownRoom))?;
    if open_interval(sql, "memberships", site, user, number)?.is_none() {
        // A closed room is as if it did not exist for those who are not in it.
        let open = directory::room(sql, site, room)?.is_some_and(|room| room.open);
        return Err(StoreError::Refused(if open { Refusal::NotAMember } else { Refusal::UnknownRoom }));
    }
    Ok(number)
}

fn find_repeat(sql: &Connection, draft: &Draft, cid: &str) -> Stored<Option<Appended>> {
    let mut find = sql.prepare_cached(
        "SELECT seq FROM log INDEXED BY log_cid \
         WHERE site = ?1 AND sender = ?2 AND cid_hash = ?3 AND cid IS NOT NULL AND cid = ?4",
    )?;
    let place = params![draft.site.0, draft.from.number.0, cid_hash(cid), cid];
    let places = find.query_map(place, |row| row.get(0))?.collect::<Result<Vec<Seq>, _>>()?;
    for place in places {
        // What is damaged cannot be answered for, so it is stored anew.
        let Some(message) = rows::sound_message(sql, AT_PLACES, params![draft.site.0, place])? else { continue };
        if message.body != draft.body || !message.to.is(&draft.to) {
            return Err(StoreError::Refused(Refusal::CidReused));
        }
        return Ok(Some(Appended { message, repeated: true }));
    }
    Ok(None)
}

fn insert(sql: &Connection, site: SiteNumber, message: &Message, cid: Option<&str>) -> Stored<()> {
    let target = match &message.to {
        Addressee::User(party) => user_target(party.number),
        Addressee::Room { number, .. } => room_target(*number),
        Addressee::Everyone => EVERYONE,
    };
    let row = LogRow {
        site: site.0,
        seq: message.seq,
        kind: KIND_MESSAGE,
        at_ms: message.at_ms,
        sender: message.from.number.0,
        target,
        hidden: if message.hidden { HIDDEN } else { 0 },
        origin: message.origin.map(signed),
        nick: &message.nick,
        style: &message.style,
        body: &message.body,
        cid,
    };
    Ok(row.insert(sql)?)
}

/// Where the open interval of `table` starts, if there is one.
fn open_interval(
    sql: &Connection,
    table: &'static str,
    site: SiteNumber,
    user: UserNumber,
    room: RoomNumber,
) -> Stored<Option<Seq>> {
    let query = format!("SELECT after FROM {table} WHERE site = ?1 AND user = ?2 AND room = ?3 AND through IS NULL");
    let mut find = sql.prepare_cached(&query)?;
    Ok(find.query_row(params![site.0, user.0, room.0], |row| row.get(0)).optional()?)
}

/// Opens or closes the interval that `change` is about; `None` if it stood so already.
pub(super) fn change_seat(
    tx: &mut Tx<'_>,
    site: SiteNumber,
    user: &UserId,
    room: &RoomId,
    change: SeatChange,
    now_ms: u64,
) -> Stored<Option<Seq>> {
    let user_number = tx.user_number(site, user)?.ok_or(StoreError::Refused(Refusal::UnknownUser))?;
    let room_number = directory::room_number(tx.sql, site, room)?.ok_or(StoreError::Refused(Refusal::UnknownRoom))?;
    let table = match change {
        SeatChange::Joined | SeatChange::Left => "memberships",
        SeatChange::Blocked | SeatChange::Unblocked => "room_blocks",
    };
    let opens = matches!(change, SeatChange::Joined | SeatChange::Blocked);
    let is_open = |table| Ok::<_, StoreError>(open_interval(tx.sql, table, site, user_number, room_number)?.is_some());
    // Only a member has something to silence.
    if opens == is_open(table)? || (change == SeatChange::Blocked && !is_open("memberships")?) {
        return Ok(None);
    }
    let head = tx.head(site)?;
    let seq = head.seq + 1;
    let place = params![site.0, user_number.0, room_number.0, seq];
    if opens {
        let open = format!("INSERT INTO {table} (site, user, room, after) VALUES (?1, ?2, ?3, ?4)");
        tx.sql.prepare_cached(&open)?.execute(place)?;
    } else {
        // Who leaves a room has it silenced no longer.
        let tables = if change == SeatChange::Left { &["memberships", "room_blocks"][..] } else { &["room_blocks"] };
        for table in tables {
            let close = format!(
                "UPDATE {table} SET through = ?4 WHERE site = ?1 AND user = ?2 AND room = ?3 AND through IS NULL"
            );
            tx.sql.prepare_cached(&close)?.execute(place)?;
        }
    }
    count_members(tx.sql, site, room_number, change)?;
    let at_ms = head.at_ms.max(now_ms);
    let user = Party { number: user_number, id: user.clone() };
    let seat = Seat { seq, at_ms, user, room: room_number, room_id: room.clone(), change };
    insert_seat(tx.sql, site, &seat)?;
    tx.advance(site, at_ms, Arc::new(Entry::Seat(seat)));
    Ok(Some(seq))
}

fn make_room(tx: &mut Tx<'_>, site: SiteNumber, new: &NewRoom, maker: &UserId, now_ms: u64) -> Stored<Option<Seq>> {
    tx.user_number(site, maker)?.ok_or(StoreError::Refused(Refusal::UnknownUser))?;
    if directory::room_number(tx.sql, site, &new.id)?.is_some() {
        return Ok(None);
    }
    directory::add_room_of_members(tx.sql, site, new)?;
    change_seat(tx, site, maker, &new.id, SeatChange::Joined, now_ms)
}

fn seat_all(tx: &mut Tx<'_>, site: SiteNumber, room: &RoomId, users: &[UserId], now_ms: u64) -> Stored<Vec<Seated>> {
    directory::room_number(tx.sql, site, room)?.ok_or(StoreError::Refused(Refusal::UnknownRoom))?;
    let mut seated = Vec::new();
    for id in users {
        let Some(number) = tx.user_number(site, id)? else { continue };
        if let Some(seq) = change_seat(tx, site, id, room, SeatChange::Joined, now_ms)? {
            seated.push(Seated { user: Party { number, id: id.clone() }, seq });
        }
    }
    Ok(seated)
}

fn count_members(sql: &Connection, site: SiteNumber, room: RoomNumber, change: SeatChange) -> Stored<()> {
    let step = match change {
        SeatChange::Joined => 1,
        SeatChange::Left => -1,
        SeatChange::Blocked | SeatChange::Unblocked => return Ok(()),
    };
    let mut update =
        sql.prepare_cached("UPDATE rooms SET all_count = all_count + ?3 WHERE site = ?1 AND number = ?2")?;
    update.execute(params![site.0, room.0, step])?;
    Ok(())
}

fn insert_seat(sql: &Connection, site: SiteNumber, seat: &Seat) -> Stored<()> {
    let row = LogRow {
        site: site.0,
        seq: seat.seq,
        kind: seat_kind(seat.change),
        at_ms: seat.at_ms,
        sender: seat.user.number.0,
        target: room_target(seat.room),
        hidden: 0,
        origin: None,
        nick: "",
        style: "",
        body: "",
        cid: None,
    };
    Ok(row.insert(sql)?)
}

fn clear(tx: &mut Tx<'_>, user: UserKey, conversation: &Conversation, point: Seq) -> Stored<()> {
    let head = tx.head(user.site)?;
    let point = point.min(head.seq);
    match conversation {
        Conversation::With(id) => {
            let peer = tx.user_number(user.site, id)?.ok_or(StoreError::Refused(Refusal::UnknownUser))?;
            mark_cleared(tx.sql, user, user_target(peer), point)?;
            erase(tx.sql, user, peer)
        }
        Conversation::In(id) => {
            let room =
                directory::room_number(tx.sql, user.site, id)?.ok_or(StoreError::Refused(Refusal::UnknownRoom))?;
            mark_cleared(tx.sql, user, room_target(room), point)
        }
    }
}

fn mark_cleared(sql: &Connection, user: UserKey, peer: i64, point: Seq) -> Stored<()> {
    let mut mark = sql.prepare_cached(
        "INSERT INTO marks (site, user, peer, cleared) VALUES (?1, ?2, ?3, ?4) \
         ON CONFLICT (site, user, peer) DO UPDATE SET cleared = max(cleared, excluded.cleared)",
    )?;
    mark.execute(params![user.site.0, user.user.0, peer, point])?;
    Ok(())
}

/// Deletes what both sides have cleared and received.
fn erase(sql: &Connection, user: UserKey, peer: UserNumber) -> Stored<()> {
    let mut erase = sql.prepare_cached(
        "DELETE FROM log INDEXED BY log_said \
         WHERE site = ?1 AND sender = ?2 AND target = ?3 AND kind = 0 AND target > 0 \
         AND seq <= ( \
            SELECT min(coalesce((SELECT cleared FROM marks WHERE site = ?1 AND user = ?2 AND peer = ?3), 0), \
                       coalesce((SELECT cleared FROM marks WHERE site = ?1 AND user = ?3 AND peer = ?2), 0), \
                       (SELECT delivered FROM users WHERE site = ?1 AND number = ?2), \
                       (SELECT delivered FROM users WHERE site = ?1 AND number = ?3)))",
    )?;
    for (from, to) in [(user.user, peer), (peer, user.user)] {
        erase.execute(params![user.site.0, from.0, to.0])?;
    }
    Ok(())
}
