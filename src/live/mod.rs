//! Who is here now: sessions, outboxes, presence, watchers. Memory only; everything in it can be rebuilt from the store.
//!
//! State has one owner: a user's shard. Every method takes one short lock at a time and none waits while holding it. Only
//! `actions::deliver` pushes messages in; only `actions::listen` takes them out.

mod hub;
mod outbox;
mod positions;
mod rooms;
mod session;
mod tickets;
mod user;
mod watchers;
mod wheel;

pub use session::{Cut, Signal};
pub use tickets::Holder;
pub use wheel::TICK_MS;

use crate::chat::entry::{Seat, SeatChange, Seq, SharedEntry};
use crate::chat::history::clear_point;
use crate::chat::id::{RoomKey, SiteNumber, UserKey, UserNumber};
use crate::chat::presence::{Mood, NoticeKind, Show, Visible, notice};
use crate::chat::room::Membership;
use crate::chat::session::{Dialect, SessionNumber};
use crate::chat::ticket::TicketDigest;
use crate::chat::user::{Identity, Member};
use hub::{Effects, Hub, Ripple};
use positions::Positions;
use rooms::Rooms;
use session::{Look, Session};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Poll, Waker};
use tickets::Tickets;
use user::User;
use watchers::{Watcher, Watchers};

/// How long things last here, in milliseconds.
#[derive(Debug, Clone, Copy)]
pub struct Times {
    /// A poll with nothing to say is answered after this.
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
    /// When it ends whatever happens, in monotonic milliseconds.
    pub expires_at_ms: u64,
}

/// What became of an arrival.
#[derive(Debug)]
pub struct Arrived {
    /// What the user says about themselves now.
    pub mood: Mood,
    /// The user's delivered cursor, which may be ahead of the stored one.
    pub delivered: Seq,
    /// The ticket that had to make room, if the user had too many.
    pub evicted: Option<TicketDigest>,
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
}

/// One held poll.
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
}

/// The contents of one answer of the stream.
#[derive(Debug, Default)]
pub struct Packet {
    /// Messages, in seq order.
    pub entries: Vec<SharedEntry>,
    /// Presence changes since the last answer.
    pub presences: Vec<PresenceNotice>,
    /// Typing.
    pub signals: Vec<Signal>,
}

/// How a poll ends.
#[derive(Debug)]
pub enum PollEnd {
    /// With a packet, possibly empty.
    Packet(Packet),
    /// A newer poll took over: an ordinary empty packet.
    Superseded,
    /// The ticket is not live any more.
    Ended,
}

/// See the module.
pub struct Live {
    hub: Hub,
    tickets: Tickets,
    rooms: Rooms,
    watchers: Watchers,
    positions: Positions,
    times: Times,
    draining: AtomicBool,
    /// Sessions whose cursor passed a row that is not stored yet.
    dirty: Mutex<Vec<Holder>>,
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
            positions: Positions::default(),
            times,
            draining: AtomicBool::new(false),
            dirty: Mutex::default(),
            ended_dirty: Mutex::default(),
        }
    }

    // --- sessions -----------------------------------------------------------------------------------------------

    /// Makes room for a session: from here on, rows for it are kept. It is nobody's presence until `open`.
    pub fn arrive(&self, arrival: Arrival, now_ms: u64) -> Arrived {
        let Arrival { key, member, session, digest, dialect, show, expires_at_ms } = arrival;
        let memberships = member.memberships.clone();
        let made = Session::new(session, digest, dialect, Box::default(), expires_at_ms, now_ms);
        let ((mood, delivered, fresh, evicted, online), effects) = self.hub.with_or_insert(
            key,
            now_ms,
            || new_user(member),
            |user, fresh| {
                match show {
                    Some(Show::Invisible) => user.mood.show = Show::Invisible,
                    Some(show) if fresh => user.mood.show = show,
                    _ => {}
                }
                let evicted = user.add(made);
                (user.mood.clone(), user.delivered, fresh, evicted, user.visible().is_online())
            },
        );
        self.tickets.put(digest, key, session);
        if fresh {
            self.take_seats(key, &memberships, online);
        }
        self.apply(effects, now_ms);
        let evicted_digest = evicted.as_ref().map(|session| session.digest);
        self.bury(evicted.into_iter().map(|session| (key, session)).collect());
        Arrived { mood, delivered, evicted: evicted_digest }
    }

    /// The page is answered with everything up to `cut`: the session counts from now on. `memberships` are those of the
    /// same snapshot: what changed since `arrive` is made good by reading the log again.
    pub fn open(&self, holder: &Holder, strangers: &[UserNumber], memberships: &[Membership], cut: Cut, now_ms: u64) {
        let watcher = Watcher { user: holder.key, session: holder.session };
        self.watchers.add(watcher, strangers);
        let opened = self.hub.with(holder.key, now_ms, |user| {
            let (missed, surplus) = user.reconcile(memberships);
            let delivered = user.delivered;
            let session = user.session(holder.session)?;
            session.strangers = strangers.into();
            session.activate(delivered, Cut { more: cut.more || !missed.is_empty(), ..cut }, now_ms);
            Some((missed, surplus, user.visible().is_online()))
        });
        let Some((Some((missed, surplus, online)), effects)) = opened else {
            return self.watchers.remove(watcher, strangers); // ended meanwhile
        };
        self.take_seats(holder.key, &missed, online);
        for room in surplus {
            self.rooms.remove(holder.key.site.room(room), holder.key.user, self.hub.stamp());
        }
        self.apply(effects, now_ms);
    }

    fn take_seats(&self, key: UserKey, memberships: &[Membership], visible: bool) {
        for membership in memberships {
            let seat = hub::seat(self.hub.stamp(), visible, membership.blocked);
            self.rooms.put(key.site.room(membership.room.number), key.user, seat);
        }
    }

    /// Puts a session back that outlived the process: its user counts as online until the graces say otherwise.
    pub fn restore(&self, arrival: Arrival, strangers: Box<[UserNumber]>, cursor: Seq, now_ms: u64) {
        let holder = Holder { key: arrival.key, session: arrival.session };
        self.arrive(arrival, now_ms);
        self.watchers.add(Watcher { user: holder.key, session: holder.session }, &strangers);
        let restored = self.hub.with(holder.key, now_ms, |user| {
            if let Some(session) = user.session(holder.session) {
                session.strangers = strangers;
                session.restore(cursor, now_ms);
            }
        });
        if let Some(((), effects)) = restored {
            self.apply(effects, now_ms);
        }
    }

    /// Whose ticket this is.
    pub fn find(&self, digest: TicketDigest) -> Option<Holder> {
        self.tickets.get(digest)
    }

    /// Who a holder is, and their client's generation. Counts as a request with the ticket.
    pub fn touch(&self, holder: &Holder) -> Option<(Arc<Identity>, Dialect)> {
        let mut shard = self.hub.shard(holder.key);
        let user = shard.users.get_mut(&holder.key)?;
        let identity = Arc::clone(&user.identity);
        let session = user.session(holder.session)?;
        let was_dirty = session.dirty;
        session.touch();
        let (acked, dialect, dirty) = (session.cursors.acked(), session.dialect, session.dirty);
        user.raise_delivered(acked);
        drop(shard);
        self.note_dirty(*holder, was_dirty, dirty);
        Some((identity, dialect))
    }

    /// Ends a session. Gives its digest, to be forgotten by the store too.
    pub fn end(&self, holder: &Holder, now_ms: u64) -> Option<TicketDigest> {
        let times = self.times;
        let (session, effects) =
            self.hub.with(holder.key, now_ms, |user| user.remove(holder.session, &times, now_ms))?;
        let session = session?;
        let digest = session.digest;
        self.bury(vec![(holder.key, session)]);
        self.apply(effects, now_ms);
        Some(digest)
    }

    /// Forgets what pointed at sessions that have ended, and releases their polls.
    fn bury(&self, ended: Vec<(UserKey, Session)>) {
        for (key, mut session) in ended {
            self.tickets.remove(session.digest);
            if session.dirty {
                let (digest, acked) = (session.digest, session.cursors.acked());
                self.keep_dirty(vec![CursorAt { key, digest, acked }]);
            }
            self.watchers.remove(Watcher { user: key, session: session.number }, &session.strangers);
            session.wake();
        }
    }

    // --- the stream ---------------------------------------------------------------------------------------------

    /// A poll came: confirms what was written before and releases an older poll. `None` if the ticket is not live.
    pub fn begin_poll(&self, holder: &Holder, now_ms: u64) -> Option<PollHandle> {
        let until_ms = now_ms + self.times.poll_hold_ms;
        let (begun, effects) = self.hub.with(holder.key, now_ms, |user| {
            let session = user.session(holder.session)?;
            let was_dirty = session.dirty;
            let generation = session.begin_poll(until_ms);
            let (acked, dirty) = (session.cursors.acked(), session.dirty);
            user.raise_delivered(acked);
            Some((generation, was_dirty, dirty))
        })?;
        self.apply(effects, now_ms);
        let (generation, was_dirty, dirty) = begun?;
        self.note_dirty(*holder, was_dirty, dirty);
        Some(PollHandle { key: holder.key, session: holder.session, generation })
    }

    /// What the held poll gets, or leaves `waker` to be called when that may have changed.
    pub fn look(&self, poll: PollHandle, now_ms: u64, waker: &Waker) -> Poll<PollEnd> {
        let position = self.positions.get(poll.key.site);
        let draining = self.draining.load(Ordering::Acquire);
        let mut shard = self.hub.shard(poll.key);
        let session = shard.users.get_mut(&poll.key).and_then(|user| user.session(poll.session));
        let Some(session) = session else { return Poll::Ready(PollEnd::Ended) };
        match session.look(poll.generation, now_ms, self.times.presence_wake_ms, waker) {
            Look::Superseded => return Poll::Ready(PollEnd::Superseded),
            Look::Wait if !draining => return Poll::Pending,
            Look::Wait | Look::Take => {}
        }
        let taken = session.take(position, now_ms);
        drop(shard);
        let changed = taken.changed.map_or_else(Vec::new, |changed| changed.into_values().collect());
        self.follow_unseen(poll, &taken.entries, now_ms);
        let presences = changed.into_iter().filter_map(|(who, was)| self.presence_notice(poll.key.site, who, was));
        Poll::Ready(PollEnd::Packet(Packet {
            presences: presences.collect(),
            entries: taken.entries,
            signals: taken.signals,
        }))
    }

    fn presence_notice(&self, site: SiteNumber, who: Arc<Identity>, was_online: bool) -> Option<PresenceNotice> {
        let now = self.hub.visible(site.user(who.number));
        notice(was_online, &now).map(|kind| PresenceNotice { who, kind, now })
    }

    /// Clients mark the sender of a message online; where others do not see the sender online, the next packet puts that
    /// right, the same for those who left and those who are invisible (decision 16).
    fn follow_unseen(&self, poll: PollHandle, entries: &[SharedEntry], now_ms: u64) {
        for message in entries.iter().filter_map(|entry| entry.message()) {
            let from = poll.key.site.user(message.from.number);
            if from == poll.key || self.hub.visible(from).is_online() {
                continue;
            }
            let (number, id, nick) = (message.from.number, message.from.id.clone(), message.nick.clone());
            self.hub.mark(poll.key, Some(poll.session), &Arc::new(Identity { number, id, nick }), true, now_ms);
        }
    }

    /// The poll's answer was completely written, or the connection ended first.
    pub fn end_poll(&self, poll: PollHandle, written: bool, now_ms: u64) {
        let ended = self.hub.with(poll.key, now_ms, |user| {
            if let Some(session) = user.session(poll.session) {
                session.end_poll(poll.generation, written, now_ms);
            }
        });
        if let Some(((), effects)) = ended {
            self.apply(effects, now_ms);
        }
    }

    /// Whether the session has to read the log before more can be sent; from where. The caller promises `finish_fill` or
    /// `abort_fill`.
    pub fn begin_fill(&self, holder: &Holder) -> Option<Seq> {
        let mut shard = self.hub.shard(holder.key);
        shard.users.get_mut(&holder.key)?.session(holder.session)?.outbox.begin_fill()
    }

    /// The log was read.
    pub fn finish_fill(&self, holder: &Holder, entries: Vec<SharedEntry>, through: Seq, more: bool) {
        self.on_session(holder, |session| {
            session.outbox.finish_fill(entries, through, more);
            session.wake();
        });
    }

    /// The log could not be read.
    pub fn abort_fill(&self, holder: &Holder) {
        self.on_session(holder, |session| {
            session.outbox.abort_fill();
            session.wake();
        });
    }

    fn on_session(&self, holder: &Holder, act: impl FnOnce(&mut Session)) {
        let mut shard = self.hub.shard(holder.key);
        if let Some(session) = shard.users.get_mut(&holder.key).and_then(|user| user.session(holder.session)) {
            act(session);
        }
    }

    // --- delivery -----------------------------------------------------------------------------------------------

    /// Hands a row to all sessions of a user but the one it came from.
    pub fn push(&self, key: UserKey, entry: &SharedEntry, except: Option<SessionNumber>) {
        self.hub.push(key, entry, except);
    }

    /// Hands a signal to all sessions of a user.
    pub fn signal(&self, key: UserKey, signal: &Signal) {
        self.hub.signal(key, signal);
    }

    /// Members in memory who listen to a room.
    pub fn room_listeners(&self, room: RoomKey) -> Vec<UserNumber> {
        self.rooms.listeners(room)
    }

    /// Applies a change of membership at its place in the log.
    pub fn change_seat(&self, site: SiteNumber, change: &Seat, now_ms: u64) {
        let key = site.user(change.user.number);
        let changed = self.hub.with(key, now_ms, |user| {
            if !user.is_open() {
                user.reseated.push(change.room);
            }
            match change.change {
                SeatChange::Joined if !user.rooms.contains(&change.room) => user.rooms.push(change.room),
                SeatChange::Left => user.rooms.retain(|room| *room != change.room),
                SeatChange::Joined | SeatChange::Blocked | SeatChange::Unblocked => {}
            }
            user.visible().is_online()
        });
        let Some((online, effects)) = changed else { return };
        let (room, stamp) = (site.room(change.room), self.hub.stamp());
        match change.change {
            SeatChange::Joined => self.rooms.put(room, key.user, hub::seat(stamp, online, false)),
            SeatChange::Left => self.rooms.remove(room, key.user, stamp),
            SeatChange::Blocked => self.rooms.update(room, key.user, stamp, |seat| seat.blocked = true),
            SeatChange::Unblocked => self.rooms.update(room, key.user, stamp, |seat| seat.blocked = false),
        }
        self.apply(effects, now_ms);
    }

    /// How far the tail has handed out a site's log.
    pub fn position(&self, site: SiteNumber) -> Seq {
        self.positions.get(site)
    }

    /// The tail has handed out everything through `seq`.
    pub fn advance(&self, site: SiteNumber, seq: Seq) {
        self.positions.advance(site, seq);
    }

    /// Waits until the tail has handed out everything through `seq`.
    pub async fn reached(&self, site: SiteNumber, seq: Seq) {
        self.positions.reached(site, seq).await;
    }

    // --- presence -----------------------------------------------------------------------------------------------

    /// Changes what a user says about themselves.
    pub fn set_mood(&self, key: UserKey, mood: Mood, now_ms: u64) {
        if let Some(((), effects)) = self.hub.with(key, now_ms, |user| user.mood = mood) {
            self.apply(effects, now_ms);
        }
    }

    /// What a user says about themselves, if in memory.
    pub fn mood(&self, key: UserKey) -> Option<Mood> {
        self.hub.shard(key).users.get(&key).map(|user| user.mood.clone())
    }

    /// Releases a poll's answer that was written but, as its connection shows now, not received.
    pub fn lost(&self, poll: PollHandle) {
        self.on_session(&Holder { key: poll.key, session: poll.session }, |session| session.lost(poll.generation));
    }

    /// What others see of a user.
    pub fn visible(&self, key: UserKey) -> Visible {
        self.hub.visible(key)
    }

    /// Those of a user's friends who are seen online, and how.
    pub fn online_buddies(&self, key: UserKey) -> Vec<(Arc<Identity>, Visible)> {
        let buddies = self.hub.shard(key).users.get(&key).map(|user| Arc::clone(&user.buddies));
        let buddies = buddies.unwrap_or_default();
        buddies.iter().filter_map(|buddy| self.hub.seen_online(key.site.user(*buddy))).collect()
    }

    /// How many members of a room are seen online.
    pub fn room_online_count(&self, room: RoomKey) -> u32 {
        self.rooms.visible_count(room)
    }

    /// Members of a room who are seen online, and how; at most `limit`.
    pub fn room_online(&self, room: RoomKey, limit: usize) -> Vec<(Arc<Identity>, Visible)> {
        let members = self.rooms.visible_members(room, limit);
        members.into_iter().filter_map(|user| self.hub.seen_online(room.site.user(user))).collect()
    }

    /// Lets a change reach those who watch.
    fn apply(&self, effects: Effects, now_ms: u64) {
        self.bury(effects.ended);
        let Some(ripple) = effects.ripple else { return };
        self.update_rooms(&ripple);
        if ripple.was_online || ripple.is_online {
            for buddy in ripple.buddies.iter() {
                self.hub.mark(ripple.key.site.user(*buddy), None, &ripple.who, ripple.was_online, now_ms);
            }
            for watcher in self.watchers.of(ripple.key) {
                self.hub.mark(watcher.user, Some(watcher.session), &ripple.who, ripple.was_online, now_ms);
            }
        }
    }

    fn update_rooms(&self, ripple: &Ripple) {
        for room in ripple.rooms.iter().map(|room| ripple.key.site.room(*room)) {
            if ripple.gone {
                self.rooms.remove(room, ripple.key.user, ripple.stamp);
            } else if ripple.was_online != ripple.is_online {
                self.rooms.update(room, ripple.key.user, ripple.stamp, |seat| seat.visible = ripple.is_online);
            }
        }
    }

    // --- housekeeping -------------------------------------------------------------------------------------------

    /// Looks at everybody whose time has come. Gives the tickets that have ended.
    pub fn tick(&self, now_ms: u64) -> Vec<(SiteNumber, TicketDigest)> {
        let mut ended = Vec::new();
        for effects in self.hub.tick(now_ms) {
            ended.extend(effects.ended.iter().map(|(key, session)| (key.site, session.digest)));
            self.apply(effects, now_ms);
        }
        ended
    }

    fn note_dirty(&self, holder: Holder, before: bool, after: bool) {
        if after && !before {
            self.dirty.lock().expect("no panic while held").push(holder);
        }
    }

    /// Cursors that have passed a row since they were last taken; idle sessions cost nothing here.
    pub fn take_dirty(&self) -> Vec<CursorAt> {
        let holders = std::mem::take(&mut *self.dirty.lock().expect("no panic while held"));
        let mut dirty = self.take_ended_dirty();
        for holder in holders {
            self.on_session(&holder, |session| {
                session.dirty = false;
                dirty.push(CursorAt { key: holder.key, digest: session.digest, acked: session.cursors.acked() });
            });
        }
        dirty
    }

    /// The same of sessions that have ended: a user who comes back must find these stored.
    pub fn take_ended_dirty(&self) -> Vec<CursorAt> {
        std::mem::take(&mut *self.ended_dirty.lock().expect("no panic while held"))
    }

    /// Puts cursors back that could not be stored.
    pub fn keep_dirty(&self, cursors: Vec<CursorAt>) {
        self.ended_dirty.lock().expect("no panic while held").extend(cursors);
    }

    /// Forgets all presence changes: after a start, pages know what they knew.
    pub fn forget_changes(&self) {
        self.hub.for_each_session(|_, session| session.forget_changes());
    }

    /// Up to where a session has seen the log, for clearing what it shows.
    pub fn clear_point(&self, holder: &Holder) -> Option<Seq> {
        let position = self.positions.get(holder.key.site);
        let mut shard = self.hub.shard(holder.key);
        let session = shard.users.get_mut(&holder.key)?.session(holder.session)?;
        Some(clear_point(position, session.outbox.first_unconfirmed()))
    }

    /// The process is about to end: every held poll is answered, later ones at once.
    pub fn drain(&self) {
        self.draining.store(true, Ordering::Release);
        self.hub.for_each_session(|_, session| session.wake());
    }
}

fn new_user(member: Member) -> User {
    let profile = member.profile;
    let identity = Identity { number: profile.number, id: profile.id, nick: profile.nick };
    let rooms = member.memberships.iter().map(|membership| membership.room.number).collect();
    User::new(Arc::new(identity), member.mood, member.buddies.into(), rooms, member.delivered)
}
