//! What is for one session, in order: the reading side of everything that a session missed.

use super::super::blocks::heard;
use super::super::log;
use super::super::rows::{self, entries_at, room_target, signed, user_target};
use super::{END, INBOX, SAID, heard_in, portion, rooms_since};
use crate::chat::entry::{Seq, SharedEntry};
use crate::chat::id::{RoomNumber, SiteNumber, UserKey, UserNumber};
use crate::chat::listed::Listed;
use crate::chat::room::Interval;
use crate::chat::session::SessionNumber;
use crate::store::{Stored, Stretch};
use rusqlite::{Connection, params};
use std::collections::BTreeMap;

/// Rows of room target ?2 after ?3 and up to ?4, the oldest, but those from session ?6, and
/// those that ?7 said before or at ?8.
const ROOM_OLDEST: &str = entries_at!(
    concat!(
        "SELECT i.seq FROM log i INDEXED BY log_inbox LEFT JOIN log f ON f.site = ?1 AND f.seq = i.seq \
         WHERE i.site = ?1 AND i.target = ?2 AND i.kind = 0 AND i.seq > ?3 AND i.seq <= ?4 \
         AND f.origin IS NOT ?6 AND (f.sender IS NOT ?7 OR i.seq > ?8) AND ",
        heard!("?7", "f.sender", "i.seq"),
        " ORDER BY i.seq LIMIT ?5"
    ),
    "l.target = ?2"
);
/// Rows to everybody after ?2, the oldest, but those that ?3 said.
const TO_EVERYONE: &str = entries_at!(
    concat!(
        "SELECT i.seq FROM log i INDEXED BY log_inbox LEFT JOIN log f ON f.site = ?1 AND f.seq = i.seq \
         WHERE i.site = ?1 AND i.target = 0 AND i.kind = 0 AND i.seq > ?2 AND f.sender IS NOT ?3 AND ",
        heard!("?3", "f.sender", "i.seq"),
        " ORDER BY i.seq LIMIT ?4"
    ),
    "l.target = 0"
);

/// The partner of ?2 that comes after ?3. One range only, written as the index is: of two SQLite takes the first and goes
/// through all that lies in it.
const NEXT_PARTNER: &str = "SELECT min(target) FROM log INDEXED BY log_said \
     WHERE site = ?1 AND sender = ?2 AND (target, seq) > (?3, 9223372036854775807) AND kind = 0 AND target > 0";

/// Who reads, and what of.
pub(super) struct Reader {
    pub(super) user: UserKey,
    pub(super) session: SessionNumber,
    pub(super) listed: Option<Listed>,
}

/// What is for one session: its user's inbox, what the user said from elsewhere, what was said to everybody, and the rooms.
pub(super) fn addressed(sql: &Connection, reader: &Reader, after: Seq, limit: usize) -> Stored<Stretch> {
    let user = reader.user;
    let head = log::head(sql, user.site)?;
    let (ask, own) = (limit + 1, signed(reader.session));
    let mut all: BTreeMap<Seq, SharedEntry> = BTreeMap::new();
    // What a site keeps itself is told anew only where nobody had it.
    let (floor, opened) = reader.listed.as_ref().map_or((0, 0), |listed| (listed.floor, listed.opened));
    let (to_me, said) = (after.max(floor), after.max(opened));
    if head > after {
        collect(&mut all, rows::entries(sql, INBOX, params![user.site.0, user_target(user.user), to_me, ask, own])?);
        for peer in partners(sql, user.site, user.user)? {
            collect(&mut all, rows::entries(sql, SAID, params![user.site.0, user.user.0, peer, said, ask, own])?);
        }
        collect(&mut all, rows::entries(sql, TO_EVERYONE, params![user.site.0, to_me, user.user.0, ask])?);
        match &reader.listed {
            None => {
                for room in rooms_since(sql, user, after)? {
                    collect(&mut all, room_rows(sql, reader, room, &heard_in(sql, user, room)?, after, ask)?);
                }
            }
            Some(listed) => {
                for (room, stretch) in listed.stretches() {
                    collect(&mut all, room_rows(sql, reader, *room, &[*stretch], after, ask)?);
                }
            }
        }
    }
    let found = all.len();
    let size = |entry: &SharedEntry| entry.message().map_or(0, |message| message.body.len());
    let entries = portion(all.into_values(), limit, size);
    let more = entries.len() < found;
    let through = if more { entries.last().map_or(head, |entry| entry.seq()) } else { head };
    Ok(Stretch { entries, through, more })
}

fn collect(all: &mut BTreeMap<Seq, SharedEntry>, entries: impl IntoIterator<Item = SharedEntry>) {
    all.extend(entries.into_iter().map(|entry| (entry.seq(), entry)));
}

/// Everybody `user` ever wrote to: steps from one to the next in the index, so the cost is the number of partners.
pub(in crate::store::sqlite) fn partners(sql: &Connection, site: SiteNumber, user: UserNumber) -> Stored<Vec<i64>> {
    let mut step = sql.prepare_cached(NEXT_PARTNER)?;
    let mut partners = Vec::new();
    let mut last = 0_i64;
    while let Some(next) = step.query_row(params![site.0, user.0, last], |row| row.get::<_, Option<i64>>(0))? {
        partners.push(next);
        last = next;
    }
    Ok(partners)
}

/// Rows of one room, from each stretch in which it was heard.
fn room_rows(
    sql: &Connection,
    reader: &Reader,
    room: RoomNumber,
    heard: &[Interval],
    after: Seq,
    limit: usize,
) -> Stored<Vec<SharedEntry>> {
    let (site, own) = (reader.user.site.0, signed(reader.session));
    let (me, opened) = (reader.user.user.0, reader.listed.as_ref().map_or(0, |listed| listed.opened));
    let mut found = Vec::new();
    for stretch in heard {
        let (from, through) = (stretch.after.max(after), stretch.through.unwrap_or(END));
        if through > from {
            let places = params![site, room_target(room), from, through, limit, own, me, opened];
            found.extend(rows::entries(sql, ROOM_OLDEST, places)?);
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::super::super::SqliteStore;
    use super::*;
    use crate::chat::entry::{Draft, Party, To};
    use crate::chat::id::UserId;
    use crate::chat::site::SiteOptions;
    use crate::store::{Directory, DirectoryChange, Log, NewSite, Sites, Store};
    use rusqlite::StatementStatus;
    use std::sync::Arc;

    /// Negative control: `target > 0 AND target > ?3`, and each step goes through all rows before it.
    #[tokio::test]
    async fn a_step_to_the_next_partner_does_not_read_what_was_said() {
        let folder = tempfile::tempdir().unwrap();
        let store = Arc::new(SqliteStore::open(folder.path(), Box::new(|_, _| {})).unwrap());
        let (name, public_key, epoch) = (String::from("a"), String::from("b"), String::new());
        let (token_secret, options) = (String::new(), SiteOptions::default());
        let new = NewSite { name, public_key, token_secret, server_key: None, epoch, options, now_ms: 1 };
        let site = store.ensure_site(new).await.unwrap().0.number;
        let id = |index: usize| UserId::parse(&format!("user{index}")).unwrap();
        let (nick, picture_url, url) = (String::new(), String::new(), String::new());
        store.change_directory(site, vec![DirectoryChange::User { id: id(0), nick, picture_url, url }]).await.unwrap();
        let from = Party { number: UserNumber(1), id: id(0) };
        let mut storing = tokio::task::JoinSet::new();
        for index in 0..400 {
            let (nick, style, body): (Box<str>, Box<str>, Box<str>) = ("".into(), "".into(), "x".into());
            let (to, origin, cid) = (To::User(id(index % 20)), None, None);
            let draft = Draft {
                site,
                from: from.clone(),
                nick,
                to,
                style,
                body,
                origin,
                by: crate::chat::entry::Voice::Member,
                cid,
                now_ms: 1,
            };
            let store = Arc::clone(&store);
            storing.spawn(async move { store.append(draft).await.map(drop) });
        }
        for stored in storing.join_all().await {
            stored.unwrap();
        }
        let sql = super::super::super::schema::open_reader(&folder.path().join("nextim.sqlite3")).unwrap();
        assert_eq!(partners(&sql, site, from.number).unwrap().len(), 20);
        let steps = sql.prepare_cached(NEXT_PARTNER).unwrap().get_status(StatementStatus::VmStep);
        assert!(steps < 21 * 40, "{steps} steps for 20 partners");
        store.close().await;
    }
}
