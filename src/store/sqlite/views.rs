//! Views of the log: a page's snapshot, what is for one session, histories.

use super::rows::{self, entries_at, room_target, signed, user_target};
use super::{SqliteStore, choices, directory, log, marks, search};
use crate::chat::entry::{Message, Seq, SharedEntry};
use crate::chat::history::{
    ANSWER_BYTES_MAX, Conversation, HISTORY_ROWS, History, NEW_ROWS_ALL_ROOMS, NEW_ROWS_MAX, NEW_ROWS_PER_ROOM,
};
use crate::chat::id::{RoomNumber, SiteNumber, UserId, UserKey, UserNumber};
use crate::chat::refusal::Refusal;
use crate::chat::room::{Interval, heard};
use crate::chat::search::{Found, Search};
use crate::chat::session::SessionNumber;
use crate::store::{Page, PageQuery, StoreError, Stored, Stretch, Views};
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
/// Room rows of target ?2 after ?3 and up to ?4, the newest.
const ROOM_NEWEST: &str = entries_at!(
    "SELECT seq FROM log INDEXED BY log_inbox WHERE site = ?1 AND target = ?2 AND kind = 0 AND seq > ?3 AND seq <= ?4 ORDER BY seq DESC LIMIT ?5",
    "l.target = ?2"
);
/// The oldest of them, but those from session ?6.
const ROOM_OLDEST: &str = entries_at!(
    "SELECT i.seq FROM log i INDEXED BY log_inbox LEFT JOIN log f ON f.site = ?1 AND f.seq = i.seq \
     WHERE i.site = ?1 AND i.target = ?2 AND i.kind = 0 AND i.seq > ?3 AND i.seq <= ?4 \
     AND f.origin IS NOT ?6 ORDER BY i.seq LIMIT ?5",
    "l.target = ?2"
);
/// The newest rows between ?2 and ?3, after ?4 and before ?5.
const BETWEEN: &str = entries_at!(
    "SELECT seq FROM ( \
       SELECT * FROM (SELECT seq FROM log INDEXED BY log_said \
         WHERE site = ?1 AND sender = ?2 AND target = ?3 AND kind = 0 AND target > 0 \
         AND seq > ?4 AND seq < ?5 ORDER BY seq DESC LIMIT ?6) \
       UNION \
       SELECT * FROM (SELECT i.seq FROM log i INDEXED BY log_said LEFT JOIN log f ON f.site = ?1 AND f.seq = i.seq \
         WHERE i.site = ?1 AND i.sender = ?3 AND i.target = ?2 AND i.kind = 0 AND i.target > 0 \
         AND f.hidden IS NOT 1751737444 AND i.seq > ?4 AND i.seq < ?5 ORDER BY i.seq DESC LIMIT ?6) \
     ) ORDER BY seq DESC LIMIT ?6",
    "(l.sender = ?2 AND l.target = ?3) OR (l.sender = ?3 AND l.target = ?2)"
);
/// The newest rows of room target ?2, after ?3 and before ?4.
const ROOM_BEFORE: &str = entries_at!(
    "SELECT seq FROM log INDEXED BY log_inbox WHERE site = ?1 AND target = ?2 AND kind = 0 AND seq > ?3 AND seq < ?4 ORDER BY seq DESC LIMIT ?5",
    "l.target = ?2"
);

/// The partner of ?2 that comes after ?3. One range only, written as the index is: of two SQLite takes the first and goes
/// through all that lies in it.
const NEXT_PARTNER: &str = "SELECT min(target) FROM log INDEXED BY log_said \
     WHERE site = ?1 AND sender = ?2 AND (target, seq) > (?3, 9223372036854775807) AND kind = 0 AND target > 0";

/// Text of all histories in one answer: whoever reads slowly holds that much.
const HISTORIES_BYTES_MAX: usize = 2 * 1024 * 1024;

/// Larger than any seq.
pub(super) const END: Seq = i64::MAX as Seq;

#[async_trait]
impl Views for SqliteStore {
    async fn page(&self, query: PageQuery) -> Stored<Page> {
        self.readers.read(move |sql| page(sql, &query)).await
    }

    async fn addressed(&self, user: UserKey, session: SessionNumber, after: Seq, limit: usize) -> Stored<Stretch> {
        self.readers.read(move |sql| addressed(sql, user, session, after, limit)).await
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
    let new_messages = portion(new_messages.into_iter(), NEW_ROWS_MAX, |message| message.body.len());
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
            let places = params![user.site.0, room_target(room), after, through, wanted];
            newest.extend(rows::messages(sql, ROOM_NEWEST, places)?);
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
    Ok(heard(&intervals(sql, MEMBER, user, room)?, &intervals(sql, BLOCKED, user, room)?))
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
            rows::messages(sql, BETWEEN, params![user.site.0, me, peer, cleared, before, limit])?
        }
        Conversation::In(id) => {
            let Some(room) = directory::room_number(sql, user.site, id)? else { return Ok(None) };
            if !directory::is_member(sql, user, room)? {
                return Ok(None);
            }
            let cleared = cleared(sql, user, room_target(room))?;
            rows::messages(sql, ROOM_BEFORE, params![user.site.0, room_target(room), cleared, before, limit])?
        }
    };
    let fair = portion(messages.iter().rev(), limit, |message| message.body.len()).len();
    let kept = fair.max(messages.len().min(HISTORY_ROWS));
    let messages = messages[messages.len() - kept..].to_vec();
    Ok(Some(History { conversation, messages }))
}

fn cleared(sql: &Connection, user: UserKey, peer: i64) -> Stored<Seq> {
    let mut find = sql.prepare_cached("SELECT cleared FROM marks WHERE site = ?1 AND user = ?2 AND peer = ?3")?;
    let mark = find.query_row(params![user.site.0, user.user.0, peer], |row| row.get(0)).optional()?;
    Ok(mark.unwrap_or(0))
}

/// What is for one session: its user's inbox, what the user said from elsewhere, and the rooms.
fn addressed(sql: &Connection, user: UserKey, session: SessionNumber, after: Seq, limit: usize) -> Stored<Stretch> {
    let head = log::head(sql, user.site)?;
    let (ask, own) = (limit + 1, signed(session));
    let mut all: BTreeMap<Seq, SharedEntry> = BTreeMap::new();
    if head > after {
        collect(&mut all, rows::entries(sql, INBOX, params![user.site.0, user_target(user.user), after, ask, own])?);
        for peer in partners(sql, user.site, user.user)? {
            collect(&mut all, rows::entries(sql, SAID, params![user.site.0, user.user.0, peer, after, ask, own])?);
        }
        for room in rooms_since(sql, user, after)? {
            collect(&mut all, room_rows(sql, user, session, room, after, ask)?);
        }
    }
    let found = all.len();
    let size = |entry: &SharedEntry| entry.message().map_or(0, |message| message.body.len());
    let entries = portion(all.into_values(), limit, size);
    let more = entries.len() < found;
    let through = if more { entries.last().map_or(head, |entry| entry.seq()) } else { head };
    Ok(Stretch { entries, through, more })
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

fn collect(all: &mut BTreeMap<Seq, SharedEntry>, entries: impl IntoIterator<Item = SharedEntry>) {
    all.extend(entries.into_iter().map(|entry| (entry.seq(), entry)));
}

/// Everybody `user` ever wrote to: steps from one to the next in the index, so the cost is the number of partners.
pub(super) fn partners(sql: &Connection, site: SiteNumber, user: UserNumber) -> Stored<Vec<i64>> {
    let mut step = sql.prepare_cached(NEXT_PARTNER)?;
    let mut partners = Vec::new();
    let mut last = 0_i64;
    while let Some(next) = step.query_row(params![site.0, user.0, last], |row| row.get::<_, Option<i64>>(0))? {
        partners.push(next);
        last = next;
    }
    Ok(partners)
}

/// Rows of one room for the user, from each stretch in which they heard it.
fn room_rows(
    sql: &Connection,
    user: UserKey,
    session: SessionNumber,
    room: RoomNumber,
    after: Seq,
    limit: usize,
) -> Stored<Vec<SharedEntry>> {
    let mut found = Vec::new();
    for stretch in heard_in(sql, user, room)? {
        let (from, through) = (stretch.after.max(after), stretch.through.unwrap_or(END));
        if through > from {
            let places = params![user.site.0, room_target(room), from, through, limit, signed(session)];
            found.extend(rows::entries(sql, ROOM_OLDEST, places)?);
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::entry::{Draft, Party, To};
    use crate::store::{Log, NewSite, Sites, Store};
    use rusqlite::StatementStatus;

    /// Negative control: `target > 0 AND target > ?3`, and each step goes through all rows before it.
    #[tokio::test]
    async fn a_step_to_the_next_partner_does_not_read_what_was_said() {
        let folder = tempfile::tempdir().unwrap();
        let store = Arc::new(SqliteStore::open(folder.path(), Box::new(|_, _| {})).unwrap());
        let (name, public_key, epoch) = (String::from("a"), String::from("b"), String::new());
        let new = NewSite { name, public_key, token_secret: vec![], epoch, directory_complete: false };
        let site = store.ensure_site(new).await.unwrap().0.number;
        let id = |index: usize| UserId::parse(&format!("user{index}")).unwrap();
        let from = Party { number: UserNumber(1), id: id(0) };
        let mut storing = tokio::task::JoinSet::new();
        for index in 0..400 {
            let (nick, style, body): (Box<str>, Box<str>, Box<str>) = ("".into(), "".into(), "x".into());
            let (to, origin, cid) = (To::User(id(index % 20)), None, None);
            let draft = Draft { site, from: from.clone(), nick, to, style, body, origin, cid, now_ms: 1 };
            let store = Arc::clone(&store);
            storing.spawn(async move { store.append(draft).await.map(drop) });
        }
        for stored in storing.join_all().await {
            stored.unwrap();
        }
        let sql = super::super::schema::open_reader(&folder.path().join("nextim.sqlite3")).unwrap();
        assert_eq!(partners(&sql, site, from.number).unwrap().len(), 20);
        let steps = sql.prepare_cached(NEXT_PARTNER).unwrap().get_status(StatementStatus::VmStep);
        assert!(steps < 21 * 40, "{steps} steps for 20 partners");
        store.close().await;
    }
}
