//! Members, tabs and polls by short names, for everything that plays with `Live`.

use nextim::chat::delivery::Asks;
use nextim::chat::entry::{Addressee, Entry, Message, Party, Seat, SeatChange, Seq, SharedEntry};
use nextim::chat::id::{RoomId, RoomNumber, SiteNumber, UserId, UserKey, UserNumber};
use nextim::chat::presence::{Mood, NoticeKind, Show};
use nextim::chat::room::{Membership, Room};
use nextim::chat::session::{Dialect, SessionNumber};
use nextim::chat::ticket::TicketDigest;
use nextim::chat::user::{Member, Profile};
use nextim::live::{Arrival, Cut, Holder, Live, Packet, PollEnd, PollHandle, Times};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Poll, Wake, Waker};

/// The times of the original.
pub const TIMES: Times = Times {
    poll_hold_ms: 25_000,
    session_grace_ms: 8_000,
    user_grace_ms: 8_000,
    ticket_idle_ms: 120_000,
    presence_wake_ms: 1_000,
};

/// When every play begins.
pub const START_MS: u64 = 1_000_000;

pub const SITE: SiteNumber = SiteNumber(1);

pub fn key(user: u32) -> UserKey {
    SITE.user(UserNumber(user))
}

pub fn party(user: u32) -> Party {
    Party { number: UserNumber(user), id: UserId::parse(&format!("user{user}")).expect("an id") }
}

pub fn membership(room: u32) -> Membership {
    let id = RoomId::parse(&format!("room{room}")).expect("an id");
    let nick: Box<str> = "".into();
    let (picture_url, url) = (nick.clone(), nick.clone());
    let room =
        Room { number: RoomNumber(room), id, nick, picture_url, url, open: true, all_count: 9, temporary: false };
    Membership { room, joined_seq: 0, blocked: false }
}

/// A member as the store would give them.
pub fn member(user: u32, buddies: &[u32], rooms: &[u32]) -> Member {
    let Party { number, id } = party(user);
    let profile = Profile { number, id, nick: "".into(), picture_url: "".into(), url: "".into() };
    Member {
        profile,
        mood: Mood::default(),
        buddies: buddies.iter().map(|buddy| UserNumber(*buddy)).collect(),
        memberships: rooms.iter().map(|room| membership(*room)).collect(),
        delivered: 0,
    }
}

/// A change of somebody's place in a room.
pub fn seat(seq: Seq, user: u32, room: u32, change: SeatChange) -> Seat {
    let (room, room_id) = (RoomNumber(room), membership(room).room.id);
    Seat { seq, at_ms: 0, user: party(user), room, room_id, change }
}

/// A message from one user to another.
pub fn row(seq: Seq, from: u32, to: u32, origin: Option<SessionNumber>, body: &str) -> SharedEntry {
    Arc::new(Entry::Message(Message {
        seq,
        at_ms: 0,
        from: party(from),
        nick: "".into(),
        to: Addressee::User(party(to)),
        style: "".into(),
        body: body.into(),
        origin,
        hidden: false,
    }))
}

/// A session that wants in.
#[derive(Clone)]
pub struct Arriving {
    pub key: UserKey,
    pub member: Member,
    pub session: u64,
    pub show: Option<Show>,
    pub dialect: Dialect,
}

impl Arriving {
    pub fn new(user: u32, buddies: &[u32], session: u64) -> Self {
        Self { key: key(user), member: member(user, buddies, &[]), session, show: None, dialect: Dialect::D1 }
    }

    pub fn holder(&self) -> Holder {
        Holder { key: self.key, session: SessionNumber(self.session) }
    }

    pub fn arrival(&self) -> Arrival {
        let mut digest = [0; 32];
        digest[..8].copy_from_slice(&self.session.to_le_bytes());
        digest[8..12].copy_from_slice(&self.key.user.0.to_le_bytes());
        Arrival {
            key: self.key,
            member: self.member.clone(),
            session: SessionNumber(self.session),
            digest: TicketDigest(digest),
            dialect: self.dialect,
            show: self.show,
            listing: None,
            expires_at_ms: u64::MAX,
        }
    }

    /// The same in these rooms, by a client of this generation.
    pub fn in_rooms(mut self, rooms: &[u32], dialect: Dialect) -> Self {
        self.member.memberships = rooms.iter().map(|room| membership(*room)).collect();
        Self { dialect, ..self }
    }

    /// Arrives, and has its page at once.
    pub fn open(self, live: &Live, through: Seq, now_ms: u64) -> Holder {
        self.open_with(live, &[], through, now_ms)
    }

    /// The same on a page that shows `strangers`.
    pub fn open_with(self, live: &Live, strangers: &[UserNumber], through: Seq, now_ms: u64) -> Holder {
        live.arrive(self.arrival(), now_ms);
        let cut = Cut { through, more: false, rows: false };
        live.open(&self.holder(), strangers, &self.member.memberships, cut, now_ms);
        self.holder()
    }
}

/// Counts how often a held poll was woken.
#[derive(Default)]
struct Wakes(AtomicUsize);

impl Wake for Wakes {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

/// One tab of somebody, with the poll it holds.
pub struct Tab {
    pub holder: Holder,
    pub poll: Option<PollHandle>,
    wakes: Arc<Wakes>,
}

impl Tab {
    pub fn new(holder: Holder) -> Self {
        Self { holder, poll: None, wakes: Arc::default() }
    }

    pub fn wakes(&self) -> usize {
        self.wakes.0.load(Ordering::Relaxed)
    }

    /// Polls anew.
    pub fn poll(&mut self, live: &Live, now_ms: u64) {
        self.poll = live.begin_poll(&self.holder, Asks::Plain, now_ms).map(|(poll, _)| poll);
    }

    /// What the held poll gets, if anything yet.
    pub fn look(&self, live: &Live, now_ms: u64) -> Option<PollEnd> {
        match live.look(self.poll?, now_ms, &Waker::from(Arc::clone(&self.wakes))) {
            Poll::Ready(end) => Some(end),
            Poll::Pending => None,
        }
    }

    /// The answer of the poll was written, or lost; no poll is held then.
    pub fn answered(&mut self, live: &Live, written: bool, now_ms: u64) {
        if let Some(poll) = self.poll.take() {
            live.end_poll(poll, written, now_ms);
        }
    }

    /// Takes a packet if there is one, and polls again at once.
    pub fn listen(&mut self, live: &Live, now_ms: u64) -> Option<Packet> {
        if self.poll.is_none() {
            self.poll(live, now_ms);
        }
        let end = self.look(live, now_ms)?;
        self.answered(live, true, now_ms);
        self.poll(live, now_ms);
        match end {
            PollEnd::Packet(packet) => Some(packet),
            _ => None,
        }
    }

    /// What is heard of others, and when, while time goes by.
    pub fn hear(&mut self, live: &Live, from_ms: u64, to_ms: u64) -> Vec<(u64, u32, NoticeKind)> {
        let mut heard = Vec::new();
        for now_ms in (from_ms..=to_ms).step_by(50) {
            live.tick(now_ms);
            let packet = self.listen(live, now_ms).unwrap_or_default();
            heard.extend(packet.presences.iter().map(|notice| (now_ms, notice.who.number.0, notice.kind)));
        }
        heard
    }
}
