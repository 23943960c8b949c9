//! Sessions come and go: arrival, opening, return after a restart, end.

use super::session::Session;
use super::stranger::Stranger;
use super::user::{Reconciled, User};
use super::watchers::Watcher;
use super::{Arrival, Arrived, Cut, Holder, Listing, Live};
use crate::chat::entry::Seq;
use crate::chat::id::{SiteNumber, UserKey, UserNumber};
use crate::chat::presence::Show;
use crate::chat::room::Membership;
use crate::chat::session::Dialect;
use crate::chat::ticket::TicketDigest;
use crate::chat::user::{Identity, Member};
use std::sync::Arc;

impl Live {
    /// Makes room for a session: from here on, rows for it are kept. It is nobody's presence until `open`.
    pub fn arrive(&self, arrival: Arrival, now_ms: u64) -> Arrived {
        let Arrival { key, member, session, digest, dialect, show, listing, expires_at_ms } = arrival;
        let memberships = member.memberships.clone();
        let mut made = Session::new(session, digest, dialect, Box::default(), expires_at_ms, now_ms);
        let rooms = listing.map(|Listing { listed, rooms }| {
            made.listed = Some(Arc::new(listed));
            rooms
        });
        let ((mood, delivered, read_through, fresh, evicted), effects) = self.hub.with_or_insert(
            key,
            now_ms,
            || new_user(member),
            |user, fresh| {
                match show {
                    Some(Show::Invisible) => user.mood.show = Show::Invisible,
                    // Somebody invisible is not shown by a page that merely opens again.
                    Some(show) if fresh || (!user.is_here() && user.mood.show != Show::Invisible) => {
                        user.mood.show = show;
                    }
                    _ => {}
                }
                let evicted = user.add(made, now_ms);
                (user.mood.clone(), user.delivered, user.read_through(), fresh, evicted)
            },
        );
        self.tickets.put(digest, key, session);
        if fresh {
            self.take_seats(key, &memberships);
        }
        self.take_listed_seats(key, &rooms.unwrap_or_default());
        self.apply(effects, now_ms);
        self.bury(evicted.into_iter().map(|session| (key, session)).collect());
        Arrived { mood, delivered, read_through }
    }

    /// The page is answered with everything up to `cut`: the session counts from now on. `memberships` are those of the
    /// same snapshot: what changed since `arrive` is made good by reading the log again.
    pub fn open(&self, holder: &Holder, strangers: &[UserNumber], memberships: &[Membership], cut: Cut, now_ms: u64) {
        let watcher = Watcher { user: holder.key, session: holder.session };
        self.watchers.add(watcher, strangers);
        let opened = self.hub.with(holder.key, now_ms, |user| {
            let known = user.session(holder.session).is_some();
            let seats = if known { user.reconcile(memberships) } else { Reconciled::default() };
            let delivered = user.delivered;
            if let Some(session) = user.session(holder.session) {
                session.strangers = Stranger::all(strangers);
                session.activate(delivered, Cut { more: cut.more || seats.missed, ..cut }, now_ms);
            }
            (known, seats)
        });
        let Some(((known, seats), effects)) = opened else { return self.watchers.remove(watcher, strangers) };
        if !known {
            self.watchers.remove(watcher, strangers); // ended meanwhile
        }
        self.take_seats(holder.key, &seats.seats);
        for room in seats.surplus {
            self.rooms.remove(holder.key.site.room(room), holder.key.user, self.hub.stamp());
        }
        self.apply(effects, now_ms);
    }

    /// The answer to a page that was opened shows these people online. They were looked at after `open`, one by one, while they
    /// came and went.
    pub fn page_shows(&self, holder: &Holder, online: &[UserNumber]) {
        self.on_session(holder, |session| session.page_shows(online));
    }

    /// Seats a user in rooms. What others see of them is read and stamped under one lock, and read again once the seats are
    /// there, for a change that came in between.
    pub(super) fn take_seats(&self, key: UserKey, memberships: &[Membership]) {
        if memberships.is_empty() {
            return;
        }
        let (visible, stamp) = self.hub.seen(key);
        for membership in memberships {
            let (room, online) = (&membership.room, visible.is_online());
            self.rooms.put(key.site.room(room.number), &room.id, key.user, stamp, online, membership.blocked);
        }
        let (visible, stamp) = self.hub.seen(key);
        for membership in memberships {
            self.rooms.show(key.site.room(membership.room.number), key.user, stamp, visible.is_online());
        }
    }

    /// Puts a session back that outlived the process: its user counts as online until the graces say otherwise.
    pub fn restore(&self, arrival: Arrival, strangers: &[UserNumber], cursor: Seq, now_ms: u64) {
        let holder = Holder { key: arrival.key, session: arrival.session };
        self.arrive(arrival, now_ms);
        // The process before may have sent everything that was stored.
        let sent = self.positions.get(holder.key.site);
        self.watchers.add(Watcher { user: holder.key, session: holder.session }, strangers);
        let restored = self.hub.with(holder.key, now_ms, |user| {
            let delivered = user.delivered;
            if let Some(session) = user.session(holder.session) {
                session.strangers = Stranger::all(strangers);
                session.restore(delivered, cursor, sent, now_ms);
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

    /// All sessions of a user.
    pub fn holders(&self, key: UserKey) -> Vec<Holder> {
        let shard = self.hub.shard(key);
        let sessions = shard.users.get(&key).into_iter().flat_map(|user| &user.sessions);
        sessions.map(|session| Holder { key, session: session.number }).collect()
    }

    /// A user's sessions, with the generations of their clients.
    pub fn sessions_of(&self, key: UserKey) -> Vec<(Holder, Dialect)> {
        let shard = self.hub.shard(key);
        let sessions = shard.users.get(&key).into_iter().flat_map(|user| &user.sessions);
        sessions.map(|session| (Holder { key, session: session.number }, session.dialect)).collect()
    }

    /// All sessions of a site's members.
    pub fn holders_of_site(&self, site: SiteNumber) -> Vec<Holder> {
        let mut all = Vec::new();
        self.hub.for_each_session(|key, session| {
            if key.site == site {
                all.push(Holder { key, session: session.number });
            }
        });
        all
    }

    /// Who a holder is, their client's generation, and whether their site opened the session. Counts as a request with the ticket.
    pub fn touch(&self, holder: &Holder) -> Option<(Arc<Identity>, Dialect, bool)> {
        let mut shard = self.hub.shard(holder.key);
        let user = shard.users.get_mut(&holder.key)?;
        let identity = Arc::clone(&user.identity);
        let session = user.session(holder.session)?;
        let was_dirty = session.dirty;
        session.touch();
        let (acked, dialect, dirty) = (session.cursors.acked(), session.dialect, session.dirty);
        let is_from_site = session.listed.is_some();
        user.raise_delivered(acked);
        drop(shard);
        self.note_dirty(*holder, was_dirty, dirty);
        Some((identity, dialect, is_from_site))
    }

    /// Ends a session. The store forgets it with the next `take_ended`.
    pub fn end(&self, holder: &Holder, now_ms: u64) {
        let times = self.times;
        let ended = self.hub.with(holder.key, now_ms, |user| user.remove(holder.session, &times, now_ms));
        let Some((session, effects)) = ended else { return };
        self.bury(session.into_iter().map(|session| (holder.key, session)).collect());
        self.apply(effects, now_ms);
    }

    /// Forgets what pointed at sessions that have ended, and releases their polls.
    pub(super) fn bury(&self, ended: Vec<(UserKey, Session)>) {
        for (key, mut session) in ended {
            self.tickets.remove(session.digest);
            self.ended.lock().expect("no panic while held").push((key.site, session.digest));
            if session.dirty {
                self.keep_dirty(vec![session.cursor_at(key)]);
            }
            let strangers: Vec<UserNumber> = session.strangers.iter().map(|stranger| stranger.number).collect();
            self.watchers.remove(Watcher { user: key, session: session.number }, &strangers);
            self.unlist_rooms(key, &session);
            session.wake();
        }
    }
}

fn new_user(member: Member) -> User {
    let profile = member.profile;
    let identity = Identity { number: profile.number, id: profile.id, nick: profile.nick };
    let rooms = member.memberships.iter().map(|membership| membership.room.number).collect();
    User::new(Arc::new(identity), member.mood, member.buddies.into(), rooms, member.delivered)
}
