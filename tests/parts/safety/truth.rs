//! A store that is full of known things, and the question whether what is read is exactly those.

use super::FILE;
use crate::crash::Dice;
use nextim::chat::entry::{Addressee, DAMAGED_BODY, Draft, Entry, Message, Party, SeatChange, Seq, SharedEntry, To};
use nextim::chat::history::Conversation;
use nextim::chat::id::{RoomId, SiteNumber, UserId};
use nextim::chat::session::{Dialect, SessionNumber};
use nextim::chat::site::SiteOptions;
use nextim::chat::ticket::TicketDigest;
use nextim::store::sqlite::SqliteStore;
use nextim::store::{
    Choices, Directory, DirectoryChange, Log, NewSite, PageQuery, SessionRecord, Sessions, Sites, Store, StoreError,
    Stored, Views,
};
use std::collections::BTreeMap;
use std::path::Path;

pub const USERS: [&str; 4] = ["ann", "bob", "cid", "dan"];
pub const ROOMS: [&str; 2] = ["room1", "room2"];
pub const NOW_MS: u64 = 1_760_000_000_000;

pub fn open(folder: &Path) -> Stored<SqliteStore> {
    SqliteStore::open(folder, Box::new(|_, _| ()))
}

pub fn user(id: &str) -> UserId {
    UserId::parse(id).expect("an id")
}

pub fn room(id: &str) -> RoomId {
    RoomId::parse(id).expect("an id")
}

/// What was stored, by site and place.
#[derive(Default)]
pub struct Truth {
    pub entries: BTreeMap<(SiteNumber, Seq), SharedEntry>,
    pub sites: Vec<SiteNumber>,
}

/// What reading everything gave.
#[derive(Debug, Default)]
pub struct Reading {
    /// Wrong in any case: altered, foreign, or nothing that was ever stored.
    pub lies: Vec<String>,
    /// Notices in the place of damaged rows.
    pub notices: usize,
    /// Reads that were refused.
    pub refused: usize,
    /// Entries that the log does not give any more, and messages that no history has.
    pub missing: Vec<String>,
}

impl Reading {
    /// Whether it is all there, and as it was.
    pub fn is_whole(&self) -> bool {
        self.lies.is_empty() && self.notices == 0 && self.refused == 0 && self.missing.is_empty()
    }
}

/// Two sites with people, rooms, sessions and settings.
pub async fn populate(store: &SqliteStore, truth: &mut Truth) {
    for name in ["one", "two"] {
        let new = NewSite {
            name: name.into(),
            public_key: format!("pk_{name}"),
            token_secret: "secret".into(),
            server_key: None,
            now_ms: 1,
            epoch: format!("epoch of {name}"),
            options: SiteOptions { directory_complete: true, ..SiteOptions::default() },
        };
        let site = store.ensure_site(new).await.expect("a site").0.number;
        let nothing = String::new;
        let people = USERS.map(|id| DirectoryChange::User {
            id: user(id),
            nick: id.to_uppercase(),
            picture_url: nothing(),
            url: nothing(),
        });
        let rooms = ROOMS.map(|id| DirectoryChange::Room {
            id: room(id),
            nick: id.into(),
            picture_url: nothing(),
            url: nothing(),
            open: true,
        });
        store.change_directory(site, people.into_iter().chain(rooms).collect()).await.expect("people");
        for id in USERS {
            for place in ROOMS {
                store.change_seat(site, user(id), room(place), SeatChange::Joined, NOW_MS).await.expect("a seat");
            }
            let member = store.member(site, user(id)).await.expect("a read").expect("a member");
            let key = site.user(member.profile.number);
            let record = SessionRecord {
                user: key,
                number: SessionNumber(u64::from(key.user.0)),
                digest: TicketDigest([u8::try_from(key.user.0 + key.site.0 * 8).expect("small"); 32]),
                dialect: Dialect::Native,
                cursor: 1,
                strangers: vec![],
                listed: None,
                expires_at_ms: NOW_MS * 2,
            };
            store.save_sessions(vec![record]).await.expect("a session");
            drop(store.settings(key).await.expect("settings"));
        }
        truth.sites.push(site);
        for entry in everything_after(store, site, 0).await.expect("a read") {
            truth.entries.insert((site, entry.seq()), entry);
        }
    }
}

/// Messages of all kinds and sizes, each in a transaction of its own.
pub async fn talk(store: &SqliteStore, truth: &mut Truth, count: usize, dice: &mut Dice) {
    for index in 0..count {
        let site = truth.sites[dice.roll(2) as usize];
        let from = USERS[dice.roll(4) as usize];
        let to = match dice.roll(6) {
            0 => To::Room(room(ROOMS[0])),
            1 => To::Room(room(ROOMS[1])),
            other => To::User(user(USERS[other as usize - 2])),
        };
        let length = if dice.roll(20) == 0 { 9_000 } else { dice.roll(400) as usize };
        let number = store.member(site, user(from)).await.expect("a read").expect("a member").profile.number;
        let draft = Draft {
            site,
            from: Party { number, id: user(from) },
            nick: from.to_uppercase().into(),
            to,
            style: "color: red".into(),
            body: format!("{index} {:x} {}", dice.roll(u64::MAX), "陈x".repeat(length / 4)).into(),
            origin: (dice.roll(2) == 0).then(|| SessionNumber(dice.roll(u64::MAX))),
            by: nextim::chat::entry::Voice::Member,
            cid: (dice.roll(2) == 0).then(|| format!("cid {index} {:x}", dice.roll(u64::MAX)).into()),
            now_ms: NOW_MS + index as u64,
        };
        let message = store.append(draft).await.expect("stored").message;
        truth.entries.insert((site, message.seq), Entry::Message((*message).clone()).into());
    }
}

async fn everything_after(store: &SqliteStore, site: SiteNumber, mut after: Seq) -> Stored<Vec<SharedEntry>> {
    let mut all = Vec::new();
    loop {
        let stretch = store.entries_after(site, after, 200).await?;
        all.extend(stretch.entries);
        if !stretch.more || stretch.through <= after {
            return Ok(all);
        }
        after = stretch.through;
    }
}

impl Truth {
    /// Reads everything there is, in every way there is.
    pub async fn read(&self, store: &SqliteStore) -> Reading {
        let mut reading = Reading::default();
        for site in &self.sites {
            self.read_log(store, *site, &mut reading).await;
            for id in USERS {
                let member = match store.member(*site, user(id)).await {
                    Ok(Some(member)) => member,
                    Ok(None) => {
                        reading.missing.push(format!("{id} is not there"));
                        continue;
                    }
                    Err(error) => {
                        reading.refuse(error);
                        continue;
                    }
                };
                self.read_member(store, site.user(member.profile.number), id, &mut reading).await;
            }
        }
        reading
    }

    async fn read_log(&self, store: &SqliteStore, site: SiteNumber, reading: &mut Reading) {
        let entries = match everything_after(store, site, 0).await {
            Ok(entries) => entries,
            Err(error) => return reading.refuse(error),
        };
        for entry in &entries {
            self.judge(site, entry, reading);
        }
        for (_, seq) in self.entries.range((site, 0)..=(site, Seq::MAX)).map(|(place, _)| place) {
            if !entries.iter().any(|entry| entry.seq() == *seq) {
                reading.missing.push(format!("{seq} of site {} is not in the log", site.0));
            }
        }
    }

    async fn read_member(&self, store: &SqliteStore, me: nextim::chat::id::UserKey, id: &str, reading: &mut Reading) {
        let all = USERS.map(|id| Conversation::With(user(id))).into_iter();
        for conversation in all.chain(ROOMS.map(|id| Conversation::In(room(id)))) {
            let histories = match store.histories(me, vec![conversation.clone()], None, 10_000).await {
                Ok(histories) => histories,
                Err(error) => {
                    reading.refuse(error);
                    continue;
                }
            };
            let found: Vec<_> = histories.into_iter().flat_map(|history| history.messages).collect();
            for message in &found {
                self.judge_in(me.site, id, &conversation, message, reading);
            }
            for ((_, seq), entry) in self.entries.range((me.site, 0)..=(me.site, Seq::MAX)) {
                let belongs = entry.message().is_some_and(|message| stands_in(id, &conversation, message));
                if belongs && !found.iter().any(|message| message.seq == *seq) {
                    reading.missing.push(format!("{seq} of site {} is not in {id}'s {conversation:?}", me.site.0));
                }
            }
        }
        match store.addressed(me, SessionNumber(1), None, 0, 10_000).await {
            Ok(stretch) => stretch.entries.iter().for_each(|entry| self.judge_for(me.site, id, entry, reading)),
            Err(error) => reading.refuse(error),
        }
        let query =
            PageQuery { user: me, delivered: 0, windows: vec![], rooms: vec![], strangers: vec![], unread: Some(0) };
        match store.page(query).await {
            Ok(page) => {
                for message in page.new_messages {
                    self.judge_for(me.site, id, &Entry::Message((*message).clone()).into(), reading);
                }
            }
            Err(error) => reading.refuse(error),
        }
    }

    /// An entry is what was stored at that place, or a notice.
    fn judge(&self, site: SiteNumber, entry: &SharedEntry, reading: &mut Reading) -> bool {
        if let Some(message) = entry.message().filter(|message| &*message.body == DAMAGED_BODY) {
            reading.notices += 1;
            if !message.nick.is_empty() || !message.style.is_empty() || message.origin.is_some() {
                reading.lies.push(format!("a notice says more than it may: {message:?}"));
            }
            return false;
        }
        match self.entries.get(&(site, entry.seq())) {
            Some(stored) if is_same(stored, entry) => true,
            stored => {
                reading.lies.push(format!("{entry:?} was never stored, but {stored:?}"));
                false
            }
        }
    }

    fn judge_in(&self, site: SiteNumber, me: &str, of: &Conversation, message: &Message, reading: &mut Reading) {
        if self.judge(site, &Entry::Message(message.clone()).into(), reading) && !self.is_in(site, me, of, message) {
            reading.lies.push(format!("{message:?} is shown in {me}'s {of:?}"));
        }
    }

    fn judge_for(&self, site: SiteNumber, me: &str, entry: &SharedEntry, reading: &mut Reading) {
        let mut all = USERS.map(|id| Conversation::With(user(id))).into_iter();
        if self.judge(site, entry, reading)
            && let Some(message) = entry.message()
            && matches!(message.to, Addressee::User(_))
            && !all.any(|of| self.is_in(site, me, &of, message))
        {
            reading.lies.push(format!("{message:?} is shown to {me}"));
        }
    }

    /// By the stored message: ids of people are no part of a row.
    fn is_in(&self, site: SiteNumber, me: &str, of: &Conversation, message: &Message) -> bool {
        let stored = self.entries.get(&(site, message.seq)).and_then(|entry| entry.message());
        stored.is_some_and(|stored| stands_in(me, of, stored))
    }
}

impl Reading {
    fn refuse(&mut self, error: StoreError) {
        match error {
            StoreError::Damaged(_) => self.refused += 1,
            other => self.lies.push(format!("a read failed, and not because of damage: {other}")),
        }
    }
}

fn stands_in(me: &str, of: &Conversation, message: &Message) -> bool {
    let from = message.from.id.as_str();
    match (of, &message.to) {
        (Conversation::In(room), Addressee::Room { id, .. }) => room == id,
        (Conversation::With(other), Addressee::User(to)) => {
            let (other, to) = (other.as_str(), to.id.as_str());
            (from == me && to == other) || (from == other && to == me)
        }
        _ => false,
    }
}

/// Whether two entries are the same but for the ids of people: the checksum of a row vouches for their numbers, ids stand
/// in the directory.
fn is_same(one: &Entry, other: &Entry) -> bool {
    match (one, other) {
        (Entry::Message(one), Entry::Message(other)) => {
            let number = |message: &Message| match &message.to {
                Addressee::User(party) => i64::from(party.number.0),
                Addressee::Room { number, .. } => -i64::from(number.0),
                Addressee::Everyone => 0,
            };
            (one.seq, one.at_ms, one.from.number, number(one), one.origin, one.hidden)
                == (other.seq, other.at_ms, other.from.number, number(other), other.origin, other.hidden)
                && (&one.nick, &one.style, &one.body) == (&other.nick, &other.style, &other.body)
        }
        (Entry::Seat(one), Entry::Seat(other)) => {
            (one.seq, one.at_ms, one.user.number, one.room, one.change)
                == (other.seq, other.at_ms, other.user.number, other.room, other.change)
        }
        _ => false,
    }
}

/// Copies the files of a data folder, as a loss of power would leave them when nothing is being written.
pub fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("a folder");
    for suffix in ["", "-wal"] {
        let name = format!("{FILE}{suffix}");
        match std::fs::copy(from.join(&name), to.join(&name)) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => panic!("{name}: {error}"),
            _ => {}
        }
    }
}

/// A data folder that was not closed: what was said before the last checkpoint is in the file, later rows in the log.
pub async fn unclean(folder: &Path, dice: &mut Dice, before: usize, after: usize) -> Truth {
    let mut truth = Truth::default();
    let live = tempfile::tempdir().expect("a folder");
    let store = open(live.path()).expect("it opens");
    populate(&store, &mut truth).await;
    talk(&store, &mut truth, before, dice).await;
    store.close().await;
    drop(store);
    let store = open(live.path()).expect("it opens again");
    talk(&store, &mut truth, after, dice).await;
    copy(live.path(), folder);
    store.close().await;
    truth
}
