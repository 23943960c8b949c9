//! Views of the log: a page's snapshot, what is for one session, histories.

mod addressed;

use super::blocks::heard;
use super::rows::{self, EVERYONE, entries_at, room_target, user_target};
use super::{SqliteStore, choices, directory, log, marks, search};
use crate::chat::entry::{Addressee, Message, Party, Seq};
use crate::chat::history::{
    ANSWER_BYTES_MAX, Conversation, HISTORY_ROWS, History, NEW_ROWS_ALL_ROOMS, NEW_ROWS_MAX, NEW_ROWS_PER_ROOM,
    NEW_ROWS_TO_EVERYONE,
};
use crate::chat::id::{RoomNumber, SiteNumber, UserId, UserKey};
use crate::chat::listed::Listed;
use crate::chat::refusal::Refusal;
use crate::chat::room::{self, Interval};
use crate::chat::search::{Found, Search};
use crate::chat::session::SessionNumber;
use crate::store::{Page, PageQuery, SiteCut, StoreError, Stored, Stretch, Views};
use addressed::Reader;
use async_trait::async_trait;
use rusqlite::{Connection, OptionalExtension, params};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

// Damage: what is not in the index (`f`) comes by an outer join, so that a row the index lists and the table does not have
// is not left out. 1751737444 is `sums::HIDDEN`. The second text says what the rows must be like if the index is sound.

/// No session has this name: rows from all of them are wanted.
const FROM_ANY: i64 = -1;

/// One-to-one rows for ?2 after ?3, but those from session ?5.
const INBOX: &str = entries_at!(
    "SELECT i.seq FROM log i INDEXED BY log_inbox LEFT JOIN log f ON f.site = ?1 AND f.seq = i.seq \
     WHERE i.site = ?1 AND i.target = ?2 AND i.kind = 0 AND i.seq > ?3 \
     AND f.hidden IS NOT 1751737444 AND f.origin IS NOT ?5 ORDER BY i.seq LIMIT ?4",
    "l.target = ?2"
);
/// Rows that ?2 said to ?3 after ?4, but those from session ?6.
const SAID: &str = entries_at!(
    "SELECT i.seq FROM log i INDEXED BY log_said LEFT JOIN log f ON f.site = ?1 AND f.seq = i.seq \
     WHERE i.site = ?1 AND i.sender = ?2 AND i.target = ?3 AND i.kind = 0 AND i.target > 0 AND i.seq > ?4 \
     AND f.origin IS NOT ?6 ORDER BY i.seq LIMIT ?5",
    "l.sender = ?2 AND l.target = ?3"
);
/// Rows of target ?2, a room or everybody, after ?3 and up to ?4, the newest that ?6 hears.
const NEWEST_TO: &str = entries_at!(
    concat!(
        "SELECT i.seq FROM log i INDEXED BY log_inbox LEFT JOIN log f ON f.site = ?1 AND f.seq = i.seq \
         WHERE i.site = ?1 AND i.target = ?2 AND i.kind = 0 AND i.seq > ?3 AND i.seq <= ?4 AND ",
        heard!("?6", "f.sender", "i.seq"),
        " ORDER BY i.seq DESC LIMIT ?5"
    ),
    "l.target = ?2"
);
/// The newest rows between ?2 and ?3, after ?4 and before ?5; what ?3 said to everybody is among them.
const BETWEEN: &str = entries_at!(
    "SELECT seq FROM ( \
       SELECT * FROM (SELECT seq FROM log INDEXED BY log_said \
         WHERE site = ?1 AND sender = ?2 AND target = ?3 AND kind = 0 AND target > 0 \
         AND seq > ?4 AND seq < ?5 ORDER BY seq DESC LIMIT ?6) \
       UNION \
       SELECT * FROM (SELECT i.seq FROM log i INDEXED BY log_said LEFT JOIN log f ON f.site = ?1 AND f.seq = i.seq \
         WHERE i.site = ?1 AND i.sender = ?3 AND i.target = ?2 AND i.kind = 0 AND i.target > 0 \
         AND f.hidden IS NOT 1751737444 AND i.seq > ?4 AND i.seq < ?5 ORDER BY i.seq DESC LIMIT ?6) \
       UNION \
       SELECT * FROM (SELECT i.seq FROM log i INDEXED BY log_inbox LEFT JOIN log f ON f.site = ?1 AND f.seq = i.seq \
         WHERE i.site = ?1 AND i.target = 0 AND i.kind = 0 AND f.sender IS ?3 \
         AND i.seq > ?4 AND i.seq < ?5 ORDER BY i.seq DESC LIMIT ?6) \
     ) ORDER BY seq DESC LIMIT ?6",
    "(l.sender = ?2 AND l.target = ?3) OR (l.sender = ?3 AND l.target IN (0, ?2))"
);
/// The newest rows of room target ?2 that ?6 hears, after ?3 and before ?4.
const ROOM_BEFORE: &str = entries_at!(
    concat!(
        "SELECT i.seq FROM log i INDEXED BY log_inbox LEFT JOIN log f ON f.site = ?1 AND f.seq = i.seq \
         WHERE i.site = ?1 AND i.target = ?2 AND i.kind = 0 AND i.seq > ?3 AND i.seq < ?4 AND ",
        heard!("?6", "f.sender", "i.seq"),
        " ORDER BY i.seq DESC LIMIT ?5"
    ),
    "l.target = ?2"
);

/// Text of all histories in one answer: whoever reads slowly holds that much.
const HISTORIES_BYTES_MAX: usize = 2 * 1024 * 1024;

pub(super) use addressed::partners;

/// Larger than any seq.
pub(super) const END: Seq = i64::MAX as Seq;

#[async_trait]
impl Views for SqliteStore {
    async fn page(&self, query: PageQuery) -> Stored<Page> {
        self.readers.read(move |sql| page(sql, &query)).await
    }

    async fn cut(&self, site: SiteNumber, since_ms: u64) -> Stored<SiteCut> {
        self.readers.read(move |sql| site_cut(sql, site, since_ms)).await
    }

    async fn addressed(
        &self,
        user: UserKey,
        session: SessionNumber,
        listed: Option<Listed>,
        after: Seq,
        limit: usize,
    ) -> Stored<Stretch> {
        let reader = Reader { user, session, listed };
        self.readers.read(move |sql| addressed::addressed(sql, &reader, after, limit)).await
    }

    async fn histories(
        &self,
        user: UserKey,
        of: Vec<Conversation>,
        before: Option<Seq>,
        limit: usize,
    ) -> Stored<Vec<History>> {
        let before = before.unwrap_or(END).min(END);
        self.lookups
            .read(user, move |sql| {
                let (mut histories, mut bytes) = (Vec::new(), 0);
                for conversation in of {
                    let Some(found) = history(sql, user, conversation, before, limit)? else { continue };
                    bytes += found.messages.iter().map(|message| message.body.len()).sum::<usize>();
                    if bytes > HISTORIES_BYTES_MAX && !histories.is_empty() {
                        return Err(StoreError::Refused(Refusal::TooManyIds));
                    }
                    histories.push(found);
                }
                Ok(histories)
            })
            .await
    }

    async fn search(&self, user: UserKey, question: Search) -> Stored<Found> {
        search::search(self, user, question).await
    }
}

fn page(sql: &Connection, query: &PageQuery) -> Stored<Page> {
    let user = query.user;
    let head = log::head(sql, user.site)?;
    let memberships = directory::memberships(sql, user)?;
    let new_messages = new_messages(sql, user, query.delivered)?;
    let found = new_messages.len();
    let mut new_messages = portion(new_messages.into_iter(), NEW_ROWS_MAX, |message| message.body.len());
    personal(sql, user, &mut new_messages)?;
    let more = new_messages.len() < found;
    let through = if more { new_messages.last().map_or(head, |message| message.seq) } else { head };
    let firsts = first_rows(user, &new_messages);
    let senders: Vec<UserId> = firsts.keys().filter_map(partner).cloned().collect();
    Ok(Page {
        windows: directory::people(sql, user, &query.windows)?,
        strangers: directory::people(sql, user, &query.strangers)?,
        senders: directory::people(sql, user, &senders)?,
        histories: page_histories(sql, query, &firsts, through)?,
        settings: choices::settings(sql, user)?,
        unread: match query.unread {
            Some(known) => marks::unread(sql, user, &memberships, known, through)?,
            None => Vec::new(),
        },
        new_messages,
        through,
        more,
        head,
        memberships,
    })
}

/// Times do not decrease along the log, so the first row that is young enough is found by halving.
fn site_cut(sql: &Connection, site: SiteNumber, since_ms: u64) -> Stored<SiteCut> {
    let head = log::head(sql, site)?;
    let mut find =
        sql.prepare_cached("SELECT seq, at_ms FROM log WHERE site = ?1 AND seq > ?2 ORDER BY seq LIMIT 1")?;
    let (mut old, mut young) = (0, head);
    while old < young {
        let middle = old + (young - old) / 2;
        // The first row after `middle`: numbers without a row were erased.
        let next =
            find.query_row(params![site.0, middle], |row| Ok((row.get(0)?, row.get::<_, u64>(1)?))).optional()?;
        match next {
            Some((seq, at_ms)) if at_ms < since_ms => old = seq,
            Some(_) | None => young = middle,
        }
    }
    Ok(SiteCut { old, head })
}

/// The first new row of every conversation that has one.
fn first_rows(user: UserKey, new: &[Arc<Message>]) -> BTreeMap<Conversation, Seq> {
    let mut firsts = BTreeMap::new();
    for message in new {
        firsts.entry(Conversation::of(user.user, message)).or_insert(message.seq);
    }
    firsts
}

fn partner(conversation: &Conversation) -> Option<&UserId> {
    match conversation {
        Conversation::With(user) => Some(user),
        Conversation::In(_) => None,
    }
}

/// Everything undelivered, in order, one row more than a page takes if there is more.
fn new_messages(sql: &Connection, user: UserKey, delivered: Seq) -> Stored<Vec<Arc<Message>>> {
    let limit = NEW_ROWS_MAX + 1;
    let inbox = rows::messages(sql, INBOX, params![user.site.0, user_target(user.user), delivered, limit, FROM_ANY])?;
    let mut all: BTreeMap<Seq, Arc<Message>> = BTreeMap::new();
    for (of, first) in first_rows(user, &inbox) {
        let Some(id) = partner(&of) else { continue };
        let Some(peer) = directory::user_number(sql, user.site, id)? else { continue };
        let own =
            rows::messages(sql, SAID, params![user.site.0, user.user.0, user_target(peer), first, limit, FROM_ANY])?;
        all.extend(own.into_iter().map(|message| (message.seq, message)));
    }
    all.extend(inbox.into_iter().map(|message| (message.seq, message)));
    // Somebody who was never here has missed no announcement.
    if delivered > 0 {
        let newest = rows::messages(
            sql,
            NEWEST_TO,
            params![user.site.0, EVERYONE, delivered, END, NEW_ROWS_TO_EVERYONE, user.user.0],
        )?;
        let others = newest.into_iter().filter(|message| message.from.number != user.user);
        all.extend(others.map(|message| (message.seq, message)));
    }
    all.extend(new_in_rooms(sql, user, delivered)?.into_iter().map(|message| (message.seq, message)));
    Ok(all.into_values().take(limit).collect())
}

/// The newest new rows of every room the user was in since `delivered`, own ones of rooms where others spoke included.
fn new_in_rooms(sql: &Connection, user: UserKey, delivered: Seq) -> Stored<Vec<Arc<Message>>> {
    let mut all = Vec::new();
    for room in rooms_since(sql, user, delivered)? {
        let mut newest: Vec<Arc<Message>> = Vec::new();
        for stretch in heard_in(sql, user, room)?.iter().rev() {
            let wanted = NEW_ROWS_PER_ROOM.saturating_sub(newest.len());
            let (after, through) = (stretch.after.max(delivered), stretch.through.unwrap_or(END));
            if wanted == 0 || through <= delivered {
                break;
            }
            let places = params![user.site.0, room_target(room), after, through, wanted, user.user.0];
            newest.extend(rows::messages(sql, NEWEST_TO, places)?);
        }
        newest.sort_unstable_by_key(|message| message.seq);
        // Own rows are news only where they follow somebody else's.
        all.extend(newest.into_iter().skip_while(|message| message.from.number == user.user));
    }
    all.sort_unstable_by_key(|message| message.seq);
    let excess = all.len().saturating_sub(NEW_ROWS_ALL_ROOMS);
    Ok(all.split_off(excess))
}

/// Rooms the user was in at any time after `seq`.
fn rooms_since(sql: &Connection, user: UserKey, seq: Seq) -> Stored<Vec<RoomNumber>> {
    let mut find = sql.prepare_cached(
        "SELECT DISTINCT room FROM memberships WHERE site = ?1 AND user = ?2 AND (through IS NULL OR through > ?3)",
    )?;
    let rows = find.query_map(params![user.site.0, user.user.0, seq], |row| Ok(RoomNumber(row.get(0)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Where the user heard a room.
pub(super) fn heard_in(sql: &Connection, user: UserKey, room: RoomNumber) -> Stored<Vec<Interval>> {
    const MEMBER: &str = "SELECT after, through FROM memberships WHERE site = ?1 AND user = ?2 AND room = ?3";
    const BLOCKED: &str = "SELECT after, through FROM room_blocks WHERE site = ?1 AND user = ?2 AND room = ?3";
    Ok(room::heard(&intervals(sql, MEMBER, user, room)?, &intervals(sql, BLOCKED, user, room)?))
}

fn intervals(sql: &Connection, query: &'static str, user: UserKey, room: RoomNumber) -> Stored<Vec<Interval>> {
    let mut find = sql.prepare_cached(query)?;
    let rows = find.query_map(params![user.site.0, user.user.0, room.0], |row| {
        Ok(Interval { after: row.get(0)?, through: row.get(1)? })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn page_histories(
    sql: &Connection,
    query: &PageQuery,
    firsts: &BTreeMap<Conversation, Seq>,
    through: Seq,
) -> Stored<Vec<History>> {
    let windows = query.windows.iter().cloned().map(Conversation::With);
    let rooms = query.rooms.iter().cloned().map(Conversation::In);
    let wanted: BTreeSet<Conversation> = windows.chain(rooms).chain(firsts.keys().cloned()).collect();
    let (mut histories, mut bytes) = (Vec::new(), 0);
    for conversation in wanted {
        let before = firsts.get(&conversation).copied().unwrap_or(through + 1);
        let found = history(sql, query.user, conversation, before, HISTORY_ROWS)?;
        bytes += found.iter().flat_map(|history| &history.messages).map(|message| message.body.len()).sum::<usize>();
        // A page asks for a window's history by itself where it finds none.
        if bytes > HISTORIES_BYTES_MAX {
            break;
        }
        histories.extend(found);
    }
    Ok(histories)
}

/// The newest `limit` messages before `before`; past the usual number fewer, if their text is too much for an answer. `None`
/// if the conversation is none of the user's.
fn history(
    sql: &Connection,
    user: UserKey,
    conversation: Conversation,
    before: Seq,
    limit: usize,
) -> Stored<Option<History>> {
    let messages = match &conversation {
        Conversation::With(id) => {
            let Some(peer) = directory::user_number(sql, user.site, id)? else { return Ok(None) };
            let cleared = cleared(sql, user, user_target(peer))?;
            let (me, peer) = (user_target(user.user), user_target(peer));
            let mut found = rows::messages(sql, BETWEEN, params![user.site.0, me, peer, cleared, before, limit])?;
            personal(sql, user, &mut found)?;
            found
        }
        Conversation::In(id) => {
            let Some(room) = directory::room_number(sql, user.site, id)? else { return Ok(None) };
            if !directory::is_member(sql, user, room)? {
                return Ok(None);
            }
            let cleared = cleared(sql, user, room_target(room))?;
            {
                let places = params![user.site.0, room_target(room), cleared, before, limit, user.user.0];
                rows::messages(sql, ROOM_BEFORE, places)?
            }
        }
    };
    let fair = portion(messages.iter().rev(), limit, |message| message.body.len()).len();
    let kept = fair.max(messages.len().min(HISTORY_ROWS));
    let messages = messages[messages.len() - kept..].to_vec();
    Ok(Some(History { conversation, messages }))
}

/// What is said to everybody is said to each reader.
fn personal(sql: &Connection, reader: UserKey, messages: &mut [Arc<Message>]) -> Stored<()> {
    for message in messages.iter_mut().filter(|message| message.to == Addressee::Everyone) {
        let Some(id) = directory::user_id(sql, reader)? else { continue };
        *message = Arc::new(message.to_reader(Party { number: reader.user, id }));
    }
    Ok(())
}

fn cleared(sql: &Connection, user: UserKey, peer: i64) -> Stored<Seq> {
    let mut find = sql.prepare_cached("SELECT cleared FROM marks WHERE site = ?1 AND user = ?2 AND peer = ?3")?;
    let mark = find.query_row(params![user.site.0, user.user.0, peer], |row| row.get(0)).optional()?;
    Ok(mark.unwrap_or(0))
}

/// The first rows that make a fair answer: at most so many, and not too much text, but at least one.
fn portion<T>(rows: impl Iterator<Item = T>, limit: usize, size: impl Fn(&T) -> usize) -> Vec<T> {
    let mut bytes = 0;
    let fits = |(index, row): &(usize, T)| {
        bytes += size(row);
        *index == 0 || (*index < limit && bytes <= ANSWER_BYTES_MAX)
    };
    rows.enumerate().take_while(fits).map(|(_, row)| row).collect()
}
