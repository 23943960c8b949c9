//! Sessions that a site's own server opens: it keeps friends, rooms and history, and lists people and rooms with each session. People
//! see one another both ways while either lists the other, and hear of rooms while they list them.

use super::notices::Happened;
use super::session::{Cut, Session};
use super::stranger::Stranger;
use super::watchers::Watcher;
use super::{Holder, Live};
use crate::chat::entry::Seq;
use crate::chat::id::{RoomId, RoomNumber, UserKey, UserNumber};
use crate::chat::listed::Listed;
use crate::chat::user::Identity;
use rustc_hash::FxHashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

/// How long what a session left waits for the next one of its user; how old a message may be that comes then is up to the site.
const BEQUEST_MS: u64 = 600_000;

/// How often old ones are looked for.
const FORGET_EVERY_MS: u64 = 10_000;

/// Stretches of rooms that ended sessions had not confirmed, with when they are forgotten, in monotonic milliseconds.
#[derive(Default)]
pub(super) struct Bequests {
    left: Mutex<FxHashMap<UserKey, Vec<(Listed, u64)>>>,
    /// When old ones are looked for next.
    next_ms: AtomicU64,
}

impl Bequests {
    fn add(&self, user: UserKey, left: Listed, until_ms: u64) {
        self.left.lock().expect("no panic while held").entry(user).or_default().push((left, until_ms));
    }

    fn take(&self, user: UserKey) -> Vec<Listed> {
        let left = self.left.lock().expect("no panic while held").remove(&user).unwrap_or_default();
        left.into_iter().map(|(left, _)| left).collect()
    }

    pub(super) fn forget_old(&self, now_ms: u64) {
        if now_ms < self.next_ms.load(Ordering::Relaxed) {
            return;
        }
        self.next_ms.store(now_ms + FORGET_EVERY_MS, Ordering::Relaxed);
        self.left.lock().expect("no panic while held").retain(|_, left| {
            left.retain(|(_, until_ms)| *until_ms > now_ms);
            !left.is_empty()
        });
    }
}

impl Live {
    /// A session that its site opens counts from now on, with `people` and `rooms` as its site lists them. It begins at
    /// `cut.through`, and lists the rooms from `head` on; up to there it is given what earlier sessions of the user had listed
    /// and not confirmed. Gives all of what it lists.
    pub fn open_listed(
        &self,
        holder: &Holder,
        people: &[UserNumber],
        rooms: &[RoomNumber],
        (cut, head): (Cut, Seq),
        now_ms: u64,
    ) -> Listed {
        let watcher = Watcher { user: holder.key, session: holder.session };
        self.watchers.add(watcher, people);
        let mut listed = Listed::from(rooms.iter().copied(), head);
        for left in self.bequests.take(holder.key) {
            listed.inherit(left.part(cut.through, head));
        }
        let opened = self.hub.with(holder.key, now_ms, |user| {
            for other in user.sessions.iter().filter(|other| other.number != holder.session) {
                if let Some(theirs) = &other.listed {
                    listed.inherit(theirs.part(cut.through.max(other.cursors.acked()), head));
                }
            }
            let left = user.left.take();
            let surplus: Vec<RoomNumber> = left.map(|left| left.rooms).unwrap_or_default();
            let surplus = surplus.into_iter().filter(|room| !user.lists(*room)).collect::<Vec<_>>();
            let session = user.session(holder.session)?;
            session.strangers = Stranger::all(people);
            session.listed = Some(Box::new(listed.clone()));
            session.activate(cut.through, cut, now_ms);
            Some((surplus, self.hub.stamp()))
        });
        let Some((Some((surplus, stamp)), effects)) = opened else {
            self.watchers.remove(watcher, people); // ended meanwhile
            return listed;
        };
        for room in surplus {
            self.rooms.unlist(holder.key.site.room(room), holder.key.user, stamp);
        }
        self.apply(effects, now_ms);
        listed
    }

    /// What a session lists; `None` if it has ended, or its member opened it.
    pub fn listed(&self, holder: &Holder) -> Option<Listed> {
        let mut listed = None;
        self.on_session(holder, |session| listed = session.listed.as_deref().cloned());
        listed
    }

    /// A session lists a room more, or no longer, from what the tail has handed out on. Gives what it lists now, if that has
    /// changed.
    pub fn relist(&self, holder: &Holder, of: &(RoomNumber, RoomId), lists: bool, now_ms: u64) -> Option<Listed> {
        let room = of.0;
        let after = self.positions.get(holder.key.site);
        let mut now = None;
        let (mut is_listed, mut stamp) = (false, 0);
        let (who, was_there, is_seen);
        {
            let mut shard = self.hub.shard(holder.key);
            let user = shard.users.get_mut(&holder.key)?;
            (who, was_there, is_seen) =
                (Arc::clone(&user.identity), user.all_rooms().contains(&room), user.visible().is_online());
            user.session(holder.session)?.relist(|listed| {
                let changed = if lists { listed.open(room, after) } else { listed.close(room, after) };
                now = changed.then(|| listed.clone());
            });
            if now.is_some() {
                (is_listed, stamp) = (user.lists(room), self.hub.stamp());
            }
        }
        now.as_ref()?;
        if is_listed {
            self.take_listed_seats(holder.key, std::slice::from_ref(of));
        } else {
            self.rooms.unlist(holder.key.site.room(room), holder.key.user, stamp);
        }
        if is_seen && was_there != is_listed {
            let happened = if is_listed { Happened::Joined } else { Happened::Left };
            self.tell_room(holder.key.site.room(room), &who, happened, now_ms);
        }
        now
    }

    /// Seats a user in the rooms that a session lists; as `take_seats` does.
    pub(super) fn take_listed_seats(&self, key: UserKey, rooms: &[(RoomNumber, RoomId)]) {
        if rooms.is_empty() {
            return;
        }
        let (visible, stamp) = self.hub.seen(key);
        for (room, id) in rooms {
            self.rooms.list(key.site.room(*room), id, key.user, stamp, visible.is_online());
        }
        let (visible, stamp) = self.hub.seen(key);
        for (room, _) in rooms {
            self.rooms.show(key.site.room(*room), key.user, stamp, visible.is_online());
        }
    }

    /// A session has ended: what it had not confirmed of its rooms is its user's next session's, and the rooms lose the user
    /// unless another session, or the grace, keeps them there.
    pub(super) fn bequeath(&self, key: UserKey, session: &Session, now_ms: u64) {
        let Some(listed) = &session.listed else { return };
        let left = listed.part(session.cursors.acked(), self.positions.get(key.site));
        if !left.stretches().is_empty() && session.outbox.first_unconfirmed(session.cursors.acked()).is_some() {
            self.bequests.add(key, left, now_ms + BEQUEST_MS);
        }
        let (surplus, stamp) = {
            let shard = self.hub.shard(key);
            let user = shard.users.get(&key);
            let is_kept = |room: &RoomNumber| user.is_some_and(|user| user.lists(*room));
            (listed.rooms().filter(|room| !is_kept(room)).collect::<Vec<_>>(), self.hub.stamp())
        };
        for room in surplus {
            self.rooms.unlist(key.site.room(room), key.user, stamp);
        }
    }

    /// A user goes by another name from now on.
    pub fn rename(&self, key: UserKey, nick: &str) {
        let mut shard = self.hub.shard(key);
        if let Some(user) = shard.users.get_mut(&key).filter(|user| *user.identity.nick != *nick) {
            let (number, id) = (user.identity.number, user.identity.id.clone());
            user.identity = Arc::new(Identity { number, id, nick: nick.into() });
        }
    }
}
