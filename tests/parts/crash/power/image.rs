//! Opens what a disk may hold with the real store, and compares it with what people had been told.

use super::run::{CLEARED, DATA, Deed, Told};
use nextim::chat::entry::Addressee;
use nextim::chat::history::Conversation;
use nextim::chat::id::{SiteNumber, UserId};
use nextim::chat::ticket::TicketDigest;
use nextim::store::sqlite::SqliteStore;
use nextim::store::{Directory, Log, Sessions, Sites, Store, Stored, Views};
use std::collections::{BTreeSet, HashMap, HashSet};
use std::path::Path;

/// What was known when the power went.
pub struct Known<'a> {
    /// Answered before.
    done: Vec<&'a Told>,
    /// By body, everything that was ever begun.
    begun: &'a HashMap<&'a str, &'a Told>,
    all: &'a [Told],
    at: u64,
}

/// Everything that was said, by its body.
pub fn by_body(told: &[Told]) -> HashMap<&str, &Told> {
    let said = told.iter().filter_map(|told| match &told.deed {
        Deed::Said { body, .. } => Some((body.as_str(), told)),
        _ => None,
    });
    said.collect()
}

impl<'a> Known<'a> {
    pub fn new(all: &'a [Told], begun: &'a HashMap<&'a str, &'a Told>, at: u64) -> Self {
        let done = all.iter().filter(|told| told.at.is_some_and(|told_at| told_at <= at)).collect();
        Self { done, begun, all, at }
    }

    fn has_begun(&self, told: &Told) -> bool {
        told.begun <= self.at
    }
}

/// Everything that is wrong with the image in `disk`.
pub async fn check(disk: &Path, known: &Known<'_>) -> Vec<String> {
    let data = disk.join(DATA);
    let store = match SqliteStore::open(&data, Box::new(|_, _| {})) {
        Ok(store) => store,
        Err(error) => return vec![format!("it does not open: {error}")],
    };
    let mut bad = Vec::new();
    if let Err(error) = look(&store, known, &mut bad).await {
        bad.push(format!("it cannot be read: {error}"));
    }
    bad.extend(damage(&data.join("nextim.sqlite3")));
    store.close().await;
    bad
}

fn damage(path: &Path) -> Option<String> {
    let answer = rusqlite::Connection::open(path)
        .and_then(|connection| connection.query_row("PRAGMA integrity_check", [], |row| row.get::<_, String>(0)));
    match answer {
        Ok(text) if text == "ok" => None,
        Ok(text) => Some(format!("corrupt: {text}")),
        Err(error) => Some(format!("corrupt: {error}")),
    }
}

async fn look(store: &SqliteStore, known: &Known<'_>, bad: &mut Vec<String>) -> Stored<()> {
    let sites = store.sites().await?;
    let Some(site) = sites.iter().find(|site| &*site.name == "localhost") else {
        bad.extend(known.done.first().map(|told| format!("lost: {told:?} and the whole site")));
        return Ok(());
    };
    look_at_log(store, site.number, known, bad).await?;
    let sessions: HashSet<[u8; 32]> =
        store.load_sessions(0).await?.into_iter().map(|session| session.digest.0).collect();
    for told in &known.done {
        if let Deed::Opened { ticket } = &told.deed
            && !sessions.contains(&TicketDigest::of(ticket).0)
        {
            bad.push(format!("lost: a ticket that was given, {told:?}"));
        }
    }
    look_at_seats(store, site.number, known, bad).await?;
    look_at_clears(store, site.number, known, bad).await
}

async fn look_at_log(store: &SqliteStore, site: SiteNumber, known: &Known<'_>, bad: &mut Vec<String>) -> Stored<()> {
    let stretch = store.entries_after(site, 0, 1_000_000).await?;
    let (mut places, mut present, mut latest_ms) = (HashMap::new(), BTreeSet::new(), 0);
    let mut seeded = true;
    for entry in &stretch.entries {
        present.insert(entry.seq());
        let Some(message) = entry.message() else { continue };
        if message.at_ms < latest_ms {
            bad.push(format!("order: {} is older than what stands before it", message.seq));
        }
        latest_ms = message.at_ms;
        let (from, to, is_room) =
            (message.from.id.as_str(), message.to.id(), matches!(message.to, Addressee::Room { .. }));
        match known.begun.get(&*message.body).map(|told| (&told.deed, *told)) {
            Some((Deed::Said { from: by, to: whom, is_room: room, .. }, told))
                if (by.as_str(), whom.as_str(), *room) == (from, to, is_room) && known.has_begun(told) =>
            {
                seeded = false;
            }
            None if seeded => {} // what the demonstration began with
            _ => bad.push(format!("phantom: nobody had said {message:?}")),
        }
        if places.insert(message.body.to_string(), message.seq).is_some() {
            bad.push(format!("doubled: {message:?}"));
        }
    }
    let mut may_be_gone = BTreeSet::new();
    let is_clearing = known.all.iter().any(|told| matches!(told.deed, Deed::Cleared { .. }) && known.has_begun(told));
    for told in &known.done {
        let Deed::Said { from, body, seq, .. } = &told.deed else { continue };
        if is_clearing && CLEARED.contains(&from.as_str()) {
            may_be_gone.insert(*seq);
        }
        match places.get(body) {
            Some(place) if place == seq => {}
            None if may_be_gone.contains(seq) => {}
            Some(place) => bad.push(format!("moved: {seq} stands at {place}")),
            None => bad.push(format!("lost: {seq}, said by {from}")),
        }
    }
    let head = present.last().copied().unwrap_or(0).max(stretch.through);
    bad.extend(
        (1..=head).filter(|seq| !present.contains(seq) && !may_be_gone.contains(seq)).map(|seq| format!("gap: {seq}")),
    );
    Ok(())
}

/// The last seat of the one who sits down and leaves, unless the next change had begun.
async fn look_at_seats(store: &SqliteStore, site: SiteNumber, known: &Known<'_>, bad: &mut Vec<String>) -> Stored<()> {
    let seats: Vec<&Told> = known.all.iter().filter(|told| matches!(told.deed, Deed::Sat { .. })).collect();
    let Some(last) = seats.iter().rposition(|told| told.at.is_some_and(|at| at <= known.at)) else { return Ok(()) };
    if seats.get(last + 1).is_some_and(|next| known.has_begun(next)) {
        return Ok(());
    }
    let Deed::Sat { user, room, joined } = &seats[last].deed else { return Ok(()) };
    let member = store.member(site, UserId::parse(user).expect("an id")).await?;
    let Some(member) = member else {
        bad.push(format!("lost: {user}"));
        return Ok(());
    };
    let rooms = store.memberships(site.user(member.profile.number), None).await?;
    if rooms.iter().any(|seat| seat.room.id.as_str() == room) != *joined {
        bad.push(format!("lost: {:?}", seats[last]));
    }
    Ok(())
}

/// What was cleared stays cleared.
async fn look_at_clears(store: &SqliteStore, site: SiteNumber, known: &Known<'_>, bad: &mut Vec<String>) -> Stored<()> {
    for member in CLEARED {
        let last = known.done.iter().rev().find_map(|told| match &told.deed {
            Deed::Cleared { user, peer, gone } if user == member => Some((peer, gone)),
            _ => None,
        });
        let Some((peer, gone)) = last else { continue };
        let Some(who) = store.member(site, UserId::parse(member).expect("an id")).await? else { continue };
        let of = vec![Conversation::With(UserId::parse(peer).expect("an id"))];
        let shown = store.histories(site.user(who.profile.number), of, None, 1_000).await?;
        let back = shown
            .iter()
            .flat_map(|history| &history.messages)
            .find(|message| gone.iter().any(|body| **body == *message.body));
        bad.extend(back.map(|message| format!("lost: {member} had cleared {}", message.seq)));
    }
    Ok(())
}
