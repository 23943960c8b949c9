//! Who is here now: sessions, outboxes, presence, watchers. Memory only; everything in it can be rebuilt from the store.
//!
//! State has one owner: a user's shard. Every method takes one short lock at a time and none waits while holding it. Only
//! `actions::deliver` pushes messages in; only `actions::listen` takes them out.

mod changes;
mod delivery;
mod friends;
mod hub;
mod listing;
mod notices;
mod outbox;
mod positions;
mod presence;
mod rooms;
mod session;
mod sessions;
mod severed;
mod signal;
mod stranger;
mod stream;
mod tickets;
mod upkeep;
mod user;
mod watchers;
mod watching;
mod wheel;

pub use rooms::Seated;
pub use session::Cut;
pub use severed::Block;
pub use signal::Signal;
pub use tickets::Holder;
pub use wheel::TICK_MS;

use crate::chat::entry::{Seq, SharedEntry};
use crate::chat::id::{RoomId, RoomNumber, SiteNumber, UserKey};
use crate::chat::listed::Listed;
use crate::chat::presence::{Mood, NoticeKind, Place, Show, Visible};
use crate::chat::session::{Dialect, SessionNumber};
use crate::chat::ticket::TicketDigest;
use crate::chat::user::{Identity, Member};
use hub::Hub;
use positions::Positions;
use rooms::Rooms;
use rustc_hash::FxHashMap;
use severed::Severed;
use std::sync::atomic::{AtomicBool, AtomicU64};
use std::sync::{Arc, Mutex};
use tickets::Tickets;
use watchers::Watchers;

/// How long things last here, in milliseconds.
#[derive(Debug, Clone, Copy)]
pub struct Times {
    /// A poll with nothing to say is answered, and a silent stream gives a sign of life, after this.
    pub poll_hold_ms: u64,
    /// A session without a poll keeps its user present this long.
    pub session_grace_ms: u64,
    /// A user without a present session stays online this long.
    pub user_grace_ms: u64,
    /// A ticket without a poll ends after this.
    pub ticket_idle_ms: u64,
    /// Presence alone wakes a held poll at most this often.
    pub presence_wake_ms: u64,
}

/// A session that is about to open.
#[derive(Debug)]
pub struct Arrival {
    /// Whose.
    pub key: UserKey,
    /// The member, as stored.
    pub member: Member,
    /// The session's name.
    pub session: SessionNumber,
    /// Digest of its ticket.
    pub digest: TicketDigest,
    /// The generation of its client.
    pub dialect: Dialect,
    /// What the page asks to be: only a first session sets it, but anybody may become invisible.
    pub show: Option<Show>,
    /// The rooms it lists, if its site opens it.
    pub listing: Option<Listing>,
    /// When it ends whatever happens, in monotonic milliseconds.
    pub expires_at_ms: u64,
}

/// Rooms that a site lists with a session.
#[derive(Debug, Clone, Default)]
pub struct Listing {
    /// Where in the log it lists which.
    pub listed: Listed,
    /// The ids of those it lists now.
    pub rooms: Vec<(RoomNumber, RoomId)>,
}

/// What became of an arrival.
#[derive(Debug)]
pub struct Arrived {
    /// What the user says about themselves now.
    pub mood: Mood,
    /// The user's delivered cursor, which may be ahead of the stored one.
    pub delivered: Seq,
    /// What the user has read as clients confirmed that cannot say so, where that is not stored yet; else 0.
    pub read_through: Seq,
}

/// A session's cursor.
#[derive(Debug, Clone, Copy)]
pub struct CursorAt {
    /// Whose session.
    pub key: UserKey,
    /// Its ticket.
    pub digest: TicketDigest,
    /// What it has confirmed.
    pub acked: Seq,
    /// Whether that counts as read, too.
    pub is_read: bool,
}

/// One held poll, or one stream.
#[derive(Debug, Clone, Copy)]
pub struct PollHandle {
    key: UserKey,
    session: SessionNumber,
    generation: u32,
}

/// What somebody is told of somebody else.
#[derive(Debug, Clone)]
pub struct PresenceNotice {
    /// Who.
    pub who: Arc<Identity>,
    /// What happened.
    pub kind: NoticeKind,
    /// What is to be seen now.
    pub now: Visible,
    /// In which room, if it is told to those who are in it.
    pub room: Option<Place>,
}

/// The contents of one answer of the stream.
#[derive(Debug, Default)]
pub struct Packet {
    /// Messages, in seq order.
    pub entries: Vec<SharedEntry>,
    /// Presence changes since the last answer, those in rooms included.
    pub presences: Vec<PresenceNotice>,
    /// Typing, what was read, events.
    pub signals: Vec<Signal>,
    /// Everything of the log through here is in this packet or was in an earlier one.
    pub through: Seq,
    /// Whether more is in the log already: it is worth asking again at once.
    pub more: bool,
}

impl Packet {
    /// Whether it carries nothing.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty() && self.presences.is_empty() && self.signals.is_empty()
    }
}

/// How waiting ends, of a poll or of a stream for its next packet.
#[derive(Debug)]
pub enum PollEnd {
    /// With a packet, possibly empty.
    Packet(Packet),
    /// A newer poll or stream took over: an ordinary empty packet.
    Superseded,
    /// The same poll came again on another connection: whoever reads the answer reads it there.
    Abandoned,
    /// A stream has as much under way as may be: it goes on when its client has confirmed some of it.
    Full,
    /// Not yet: the log must be read first (`begin_fill`).
    Behind,
    /// The process is about to end. Only streams are told: a poll gets its packet.
    Stopping,
    /// The ticket is not live any more.
    Ended,
}

/// See the module.
pub struct Live {
    hub: Hub,
    tickets: Tickets,
    rooms: Rooms,
    watchers: Watchers,
    severed: Severed,
    /// When everybody was counted, and how many each site has.
    census: Mutex<(u64, FxHashMap<SiteNumber, u64>)>,
    positions: Positions,
    times: Times,
    draining: AtomicBool,
    /// Messages that went out in packets, to whom and how often they may have gone before.
    handed: AtomicU64,
    /// Sessions whose cursor passed a row that is not stored yet.
    dirty: Mutex<Vec<Holder>>,
    /// Tickets that have ended and may still be in the store.
    ended: Mutex<Vec<(SiteNumber, TicketDigest)>>,
    /// The same of sessions that have ended.
    ended_dirty: Mutex<Vec<CursorAt>>,
}

impl Live {
    /// Nobody is here yet.
    pub fn new(times: Times, now_ms: u64) -> Self {
        Self {
            hub: Hub::new(times, now_ms),
            tickets: Tickets::new(),
            rooms: Rooms::new(),
            watchers: Watchers::new(),
            severed: Severed::default(),
            census: Mutex::default(),
            positions: Positions::default(),
            times,
            draining: AtomicBool::new(false),
            handed: AtomicU64::new(0),
            dirty: Mutex::default(),
            ended: Mutex::default(),
            ended_dirty: Mutex::default(),
        }
    }
}
