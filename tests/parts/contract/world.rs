//! A store in a folder of its own, with short words for what the suite does to it.

use super::Backend;
use nextim::chat::entry::{Draft, Message, Party, SeatChange, Seq, SharedEntry, To};
use nextim::chat::history::{Conversation, HISTORY_ROWS};
use nextim::chat::id::{RoomId, SiteNumber, UserId, UserKey};
use nextim::chat::refusal::Refusal;
use nextim::chat::session::SessionNumber;
use nextim::chat::site::SiteOptions;
use nextim::chat::ticket::TicketDigest;
use nextim::chat::user::Member;
use nextim::store::{
    Appended, CommitObserver, CursorMove, DirectoryChange, NewSite, Page, PageQuery, Store, StoreError, Stored,
};
use std::path::Path;
use std::sync::{Arc, Mutex};
use tempfile::TempDir;

/// What the observer was told, call by call.
pub type Observed = Arc<Mutex<Vec<(SiteNumber, Vec<SharedEntry>)>>>;

/// A time like today's.
pub const NOW_MS: u64 = 1_760_000_000_000;

/// The session that nobody writes from.
pub const NO_SESSION: SessionNumber = SessionNumber(u64::MAX);

pub struct World<B> {
    pub backend: B,
    pub folder: TempDir,
    pub store: Arc<dyn Store>,
    pub observed: Observed,
    pub site: SiteNumber,
}

pub fn user_id(id: &str) -> UserId {
    UserId::parse(id).expect("an id")
}

pub fn room_id(id: &str) -> RoomId {
    RoomId::parse(id).expect("an id")
}

pub fn with(id: &str) -> Conversation {
    Conversation::With(user_id(id))
}

pub fn in_room(id: &str) -> Conversation {
    Conversation::In(room_id(id))
}

pub fn to(id: &str) -> To {
    if id.starts_with("room") { To::Room(room_id(id)) } else { To::User(user_id(id)) }
}

/// An observer that writes down what it hears.
pub fn observer(observed: &Observed) -> CommitObserver {
    let observed = Arc::clone(observed);
    Box::new(move |site, entries| observed.lock().expect("not poisoned").push((site, entries)))
}

pub fn new_site(name: &str, directory_complete: bool) -> NewSite {
    NewSite {
        name: name.into(),
        public_key: format!("pk_{name}"),
        token_secret: name.into(),
        server_key: None,
        epoch: format!("epoch of {name}"),
        options: SiteOptions { directory_complete, ..SiteOptions::default() },
        now_ms: NOW_MS,
    }
}

pub fn user(id: &str) -> DirectoryChange {
    DirectoryChange::User { id: user_id(id), nick: id.to_uppercase(), picture_url: "".into(), url: "".into() }
}

pub fn room(id: &str) -> DirectoryChange {
    DirectoryChange::Room { id: room_id(id), nick: id.into(), picture_url: "".into(), url: "".into(), open: true }
}

pub fn friends(user: &str, group: &str, buddy: &str, buddy_group: &str) -> DirectoryChange {
    let (user, buddy) = (user_id(user), user_id(buddy));
    DirectoryChange::Friends { user, buddy, group: group.into(), buddy_group: buddy_group.into() }
}

/// The refusal in an answer that must be one.
pub fn refusal<T: std::fmt::Debug>(answer: Stored<T>) -> Refusal {
    match answer {
        Err(StoreError::Refused(refusal)) => refusal,
        other => panic!("a refusal was expected, not {other:?}"),
    }
}

pub fn bodies<'a>(messages: impl IntoIterator<Item = &'a Arc<Message>>) -> Vec<&'a str> {
    messages.into_iter().map(|message| &*message.body).collect()
}

/// The bodies of the messages among entries.
pub fn entry_bodies(entries: &[SharedEntry]) -> Vec<&str> {
    entries.iter().filter_map(|entry| entry.message()).map(|message| &*message.body).collect()
}

impl<B: Backend> World<B> {
    /// A store with one site whose directory is complete: users `ann`, `bob`, `cid`, `dan`, rooms `room1`, `room2`.
    pub async fn new(backend: B) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let observed = Observed::default();
        let store = backend.open(folder.path(), observer(&observed)).await.expect("it opens");
        let (site, _) = store.ensure_site(new_site("site", true)).await.expect("a site");
        let world = Self { backend, folder, store, observed, site: site.number };
        let all = ["ann", "bob", "cid", "dan"].map(user).into_iter().chain(["room1", "room2"].map(room));
        world.store.change_directory(world.site, all.collect()).await.expect("people");
        world
    }

    /// The same store after a stop and a start.
    pub async fn reopened(self) -> Self {
        let Self { backend, folder, store, observed, site } = self;
        store.close().await;
        drop(store);
        let store = backend.open(folder.path(), observer(&observed)).await.expect("it opens again");
        Self { backend, folder, store, observed, site }
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    pub async fn member(&self, id: &str) -> Member {
        self.store.member(self.site, user_id(id)).await.expect("a read").expect("a member")
    }

    pub async fn key(&self, id: &str) -> UserKey {
        self.site.user(self.member(id).await.profile.number)
    }

    pub async fn party(&self, id: &str) -> Party {
        Party { number: self.member(id).await.profile.number, id: user_id(id) }
    }

    /// A message that says its own body.
    pub async fn draft(&self, from: &str, to_whom: &str, body: &str) -> Draft {
        Draft {
            site: self.site,
            from: self.party(from).await,
            nick: from.into(),
            to: to(to_whom),
            style: "".into(),
            body: body.into(),
            origin: None,
            by: nextim::chat::entry::Voice::Member,
            cid: None,
            now_ms: NOW_MS,
        }
    }

    pub async fn try_say(&self, from: &str, to: &str, body: &str) -> Stored<Appended> {
        self.store.append(self.draft(from, to, body).await).await
    }

    pub async fn say(&self, from: &str, to: &str, body: &str) -> Seq {
        self.try_say(from, to, body).await.expect("stored").message.seq
    }

    /// The same from one of the sender's sessions.
    pub async fn say_from(&self, session: SessionNumber, from: &str, to: &str, body: &str) -> Seq {
        let draft = Draft { origin: Some(session), ..self.draft(from, to, body).await };
        self.store.append(draft).await.expect("stored").message.seq
    }

    /// Many messages at once, in any order.
    pub async fn say_many(&self, from: &str, to: &str, count: usize) {
        let draft = self.draft(from, to, "").await;
        let mut all = tokio::task::JoinSet::new();
        for index in 0..count {
            let (store, draft) = (Arc::clone(&self.store), draft.clone());
            all.spawn(async move { store.append(Draft { body: format!("{index}").into(), ..draft }).await });
        }
        while let Some(done) = all.join_next().await {
            done.expect("no panic").expect("stored");
        }
    }

    pub async fn seat(&self, user: &str, room: &str, change: SeatChange) -> Option<Seq> {
        let changed = self.store.change_seat(self.site, user_id(user), room_id(room), change, NOW_MS).await;
        changed.expect("a change of seat")
    }

    pub async fn join(&self, user: &str, room: &str) {
        self.seat(user, room, SeatChange::Joined).await;
    }

    /// All that a session which writes nothing gets after `after`, read in portions of `limit`.
    pub async fn stream(&self, user: &str, session: SessionNumber, mut after: Seq, limit: usize) -> Vec<SharedEntry> {
        let key = self.key(user).await;
        let mut all = Vec::new();
        loop {
            let stretch = self.store.addressed(key, session, None, after, limit).await.expect("a read");
            assert!(stretch.entries.len() <= limit, "more than was asked for");
            assert!(stretch.entries.iter().all(|entry| entry.seq() > after && entry.seq() <= stretch.through));
            assert!(stretch.through > after || !stretch.more, "no progress at {after}");
            all.extend(stretch.entries);
            after = stretch.through;
            if !stretch.more {
                return all;
            }
        }
    }

    /// Bodies of a conversation as `user` may see them.
    pub async fn history(&self, user: &str, of: Conversation) -> Vec<String> {
        let found = self.store.histories(self.key(user).await, vec![of], None, HISTORY_ROWS).await.expect("a read");
        let messages = found.into_iter().flat_map(|history| history.messages);
        messages.map(|message| message.body.to_string()).collect()
    }

    /// The page of somebody with nothing open, whose delivered cursor is `delivered`.
    pub async fn page(&self, user: &str, delivered: Seq) -> Page {
        let user = self.key(user).await;
        let nothing = PageQuery { user, delivered, windows: vec![], rooms: vec![], strangers: vec![], unread: None };
        self.store.page(nothing).await.expect("a page")
    }

    /// Confirms everything up to `seq` for a user.
    pub async fn deliver(&self, user: &str, seq: Seq) {
        let (user, digest) = (self.key(user).await, TicketDigest([0; 32]));
        let step = CursorMove { user, digest, cursor: seq, is_read: false };
        self.store.move_cursors(vec![step]).await.expect("a write");
    }

    pub async fn head(&self) -> Seq {
        let heads = self.store.heads().await.expect("a read");
        heads.into_iter().find(|(site, _)| *site == self.site).map_or(0, |(_, head)| head)
    }

    /// Every seq that is in the log, read in portions of `limit`.
    pub async fn log(&self, limit: usize) -> Vec<Seq> {
        let (mut seqs, mut after) = (Vec::new(), 0);
        loop {
            let stretch = self.store.entries_after(self.site, after, limit).await.expect("a read");
            assert!(stretch.through > after || !stretch.more, "no progress at {after}");
            seqs.extend(stretch.entries.iter().map(|entry| entry.seq()));
            after = stretch.through;
            if !stretch.more {
                assert_eq!(after, self.head().await, "the end is the head");
                return seqs;
            }
        }
    }
}
