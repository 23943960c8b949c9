//! Searching the log without an index of its words: from the newest message back, through the places that the indexes name
//! as the member's, until there are enough hits or the call has looked at as much as one call may.
//!
//! Every conversation is a source of places in falling order; the sources are merged, so a call reads what it looks at and
//! little more. What lies before the answer's `before` has not been looked at.

use super::rows::{self, entries_at, room_target, user_target};
use super::views::{self, END};
use super::{SqliteStore, blocks, directory};
use crate::chat::entry::{Message, Seq};
use crate::chat::history::{ANSWER_BYTES_MAX, Conversation};
use crate::chat::id::{UserKey, UserNumber};
use crate::chat::search::{BYTES_SCANNED_MAX, Found, ROWS_SCANNED_MAX, Search};
use crate::store::Stored;
use rusqlite::{Connection, OptionalExtension, params};
use rustc_hash::FxHashMap;
use std::collections::{BinaryHeap, VecDeque};
use std::sync::Arc;

/// Places that a source reads at first; each further read takes twice as many.
const BATCH_MIN: usize = 8;
/// Places that a source reads at once.
const BATCH_MAX: usize = 1_024;

/// Places of rows for target ?2 (a user's inbox, or a room) before ?3 and after ?4, the newest.
const FOR_TARGET: &str = "SELECT seq FROM log INDEXED BY log_inbox \
     WHERE site = ?1 AND target = ?2 AND kind = 0 AND seq < ?3 AND seq > ?4 \
     ORDER BY seq DESC LIMIT ?5";
/// Places of rows that ?2 said to ?3 before ?4 and after ?5, the newest.
const SAID_TO: &str = "SELECT seq FROM log INDEXED BY log_said \
     WHERE site = ?1 AND sender = ?2 AND target = ?3 AND kind = 0 AND target > 0 \
     AND seq < ?4 AND seq > ?5 ORDER BY seq DESC LIMIT ?6";
const ROW: &str = "SELECT sender, target, hidden, body FROM log WHERE site = ?1 AND seq = ?2";
const MESSAGE: &str = entries_at!("SELECT ?2 AS seq");

/// Looks for messages. One search at a time: however many are asked for, the other readers stay free.
pub(super) async fn search(store: &SqliteStore, user: UserKey, search: Search) -> Stored<Found> {
    store.lookups.read(user, move |sql| look(sql, user, &search)).await
}

/// Whose rows a source gives.
enum Of {
    /// Those for a user, or in a room.
    Target(i64),
    /// Those of one user to another.
    Said { from: i64, to: i64 },
}

struct Source {
    of: Of,
    /// Nothing up to here.
    floor: Seq,
    /// What lies from here on has been read from the index.
    below: Seq,
    batch: usize,
    next: VecDeque<Seq>,
}

impl Source {
    fn new(of: Of, floor: Seq, below: Seq) -> Self {
        Self { of, floor, below, batch: BATCH_MIN, next: VecDeque::new() }
    }

    /// The next place, downwards.
    fn step(&mut self, sql: &Connection, user: UserKey) -> Stored<Option<Seq>> {
        if self.next.is_empty() && self.below > self.floor {
            self.read(sql, user)?;
        }
        Ok(self.next.pop_front())
    }

    fn read(&mut self, sql: &Connection, user: UserKey) -> Stored<()> {
        let (site, below, floor, batch) = (user.site.0, self.below, self.floor, self.batch);
        let place = |row: &rusqlite::Row<'_>| row.get(0);
        self.next = match self.of {
            Of::Target(target) => sql
                .prepare_cached(FOR_TARGET)?
                .query_map(params![site, target, below, floor, batch], place)?
                .collect::<Result<_, _>>()?,
            Of::Said { from, to } => sql
                .prepare_cached(SAID_TO)?
                .query_map(params![site, from, to, below, floor, batch], place)?
                .collect::<Result<_, _>>()?,
        };
        let is_all = self.next.len() < self.batch;
        self.below = if is_all { self.floor } else { self.next.back().copied().unwrap_or(self.floor) };
        self.batch = (self.batch * 2).min(BATCH_MAX);
        Ok(())
    }
}

/// All sources, and the newest place of each.
struct Sources {
    all: Vec<Source>,
    newest: BinaryHeap<(Seq, usize)>,
}

impl Sources {
    fn new(sql: &Connection, user: UserKey, mut all: Vec<Source>) -> Stored<Self> {
        let mut newest = BinaryHeap::new();
        for (index, source) in all.iter_mut().enumerate() {
            newest.extend(source.step(sql, user)?.map(|seq| (seq, index)));
        }
        Ok(Self { all, newest })
    }

    /// The newest place that was not given yet.
    fn step(&mut self, sql: &Connection, user: UserKey) -> Stored<Option<Seq>> {
        let Some((seq, index)) = self.newest.pop() else { return Ok(None) };
        if let Some(source) = self.all.get_mut(index) {
            self.newest.extend(source.step(sql, user)?.map(|seq| (seq, index)));
        }
        Ok(Some(seq))
    }
}

/// How far a user has cleared each conversation, where they have.
type Cleared = FxHashMap<i64, Seq>;

fn look(sql: &Connection, user: UserKey, search: &Search) -> Stored<Found> {
    let before = search.before.unwrap_or(END).min(END);
    let cleared = cleared(sql, user)?;
    let sources = match &search.only {
        Some(only) => of_one(sql, user, only, &cleared, before)?,
        None => of_all(sql, user, &cleared, before)?,
    };
    let mut sources = Sources::new(sql, user, sources)?;
    let (mut found, mut rows, mut bytes, mut answer_bytes) = (Found { messages: Vec::new(), before: None }, 0, 0, 0);
    let (mut folded, mut last) = (String::new(), before);
    while let Some(seq) = sources.step(sql, user)? {
        if seq == last {
            continue; // a note to oneself has two sources
        }
        if rows >= ROWS_SCANNED_MAX || bytes >= BYTES_SCANNED_MAX || found.messages.len() >= search.limit {
            found.before = Some(last);
            break;
        }
        rows += 1;
        last = seq;
        let Some(body) = visible_body(sql, user, seq, &cleared)? else { continue };
        bytes += search.terms.cost(body.len());
        if !search.terms.are_in(&body, &mut folded) {
            continue;
        }
        answer_bytes += body.len();
        if answer_bytes > ANSWER_BYTES_MAX && !found.messages.is_empty() {
            found.before = Some(seq + 1);
            break;
        }
        found.messages.extend(message(sql, user, seq)?);
    }
    Ok(found)
}

fn cleared(sql: &Connection, user: UserKey) -> Stored<Cleared> {
    let mut find =
        sql.prepare_cached("SELECT peer, cleared FROM marks WHERE site = ?1 AND user = ?2 AND cleared > 0")?;
    let marks = find.query_map(params![user.site.0, user.user.0], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(marks.collect::<Result<_, _>>()?)
}

fn floor(cleared: &Cleared, peer: i64) -> Seq {
    cleared.get(&peer).copied().unwrap_or(0)
}

/// The sources of one conversation; none if it is not the user's.
fn of_one(sql: &Connection, user: UserKey, only: &Conversation, cleared: &Cleared, before: Seq) -> Stored<Vec<Source>> {
    let me = user_target(user.user);
    Ok(match only {
        Conversation::With(id) => {
            let Some(peer) = directory::user_number(sql, user.site, id)?.map(user_target) else {
                return Ok(Vec::new());
            };
            let floor = floor(cleared, peer);
            let said = |from, to| Source::new(Of::Said { from, to }, floor, before);
            if peer == me { vec![said(me, me)] } else { vec![said(me, peer), said(peer, me)] }
        }
        Conversation::In(id) => match directory::room_number(sql, user.site, id)? {
            Some(room) if directory::is_member(sql, user, room)? => {
                let target = room_target(room);
                vec![Source::new(Of::Target(target), floor(cleared, target), before)]
            }
            Some(_) | None => Vec::new(),
        },
    })
}

/// The inbox, everything said to each partner, and the rooms.
fn of_all(sql: &Connection, user: UserKey, cleared: &Cleared, before: Seq) -> Stored<Vec<Source>> {
    let me = user_target(user.user);
    let mut sources = vec![Source::new(Of::Target(me), 0, before)];
    for to in views::partners(sql, user.site, user.user)? {
        sources.push(Source::new(Of::Said { from: me, to }, floor(cleared, to), before));
    }
    for membership in directory::memberships(sql, user)? {
        let target = room_target(membership.room.number);
        sources.push(Source::new(Of::Target(target), floor(cleared, target), before));
    }
    Ok(sources)
}

/// The text of a row, if the user may see it. Only a hit is read as a message; damage shows there.
fn visible_body(sql: &Connection, user: UserKey, seq: Seq, cleared: &Cleared) -> Stored<Option<String>> {
    let mut find = sql.prepare_cached(ROW)?;
    let row = find.query_row(params![user.site.0, seq], |row| {
        let body = std::str::from_utf8(row.get_ref(3)?.as_bytes()?).map(str::to_owned);
        Ok((UserNumber(row.get(0)?), row.get::<_, i64>(1)?, row.get::<_, bool>(2)?, body.ok()))
    });
    let Some((sender, target, hidden, body)) = row.optional()? else { return Ok(None) };
    let (me, is_mine) = (user_target(user.user), sender == user.user);
    let is_visible = if target != me {
        // Said by the user, or in a room: the source begins after what was cleared.
        is_mine || blocks::hears(sql, user, sender, seq)?
    } else {
        (is_mine || !hidden) && seq > floor(cleared, user_target(sender))
    };
    Ok(body.filter(|_| is_visible))
}

fn message(sql: &Connection, user: UserKey, seq: Seq) -> Stored<Option<Arc<Message>>> {
    Ok(rows::messages(sql, MESSAGE, params![user.site.0, seq])?.into_iter().next())
}
