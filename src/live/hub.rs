//! Users in memory, sharded: one short lock at a time, never across a wait.

use super::Times;
use super::session::Session;
use super::signal::Signal;
use super::user::User;
use super::wheel::Wheel;
use crate::chat::entry::SharedEntry;
use crate::chat::id::{RoomNumber, SiteNumber, UserKey, UserNumber};
use crate::chat::presence::Visible;
use crate::chat::session::SessionNumber;
use crate::chat::user::Identity;
use rustc_hash::{FxBuildHasher, FxHashMap};
use std::hash::BuildHasher;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};

const SHARDS: usize = 32;

/// Held polls that one shard wakes for presence alone per tick; the others wait for the next tick.
const PRESENCE_WAKES_PER_TICK: usize = 2_000;

/// Users of one shard and their deadlines.
pub(super) struct Shard {
    pub(super) users: FxHashMap<UserKey, User>,
    wheel: Wheel,
    wakes_left: usize,
}

impl Shard {
    /// Has a user looked at at `at_ms`, unless that happens before anyway.
    pub(super) fn arm(&mut self, key: UserKey, at_ms: u64) {
        if let Some(user) = self.users.get_mut(&key)
            && user.armed_ms.is_none_or(|armed| at_ms < armed)
        {
            user.armed_ms = Some(self.wheel.arm(key, at_ms));
        }
    }
}

/// A change of somebody's visible state that has to reach those who watch.
pub(super) struct Ripple {
    pub(super) key: UserKey,
    pub(super) who: Arc<Identity>,
    pub(super) was_online: bool,
    pub(super) is_online: bool,
    pub(super) buddies: Arc<[UserNumber]>,
    /// People that sessions opened by the site list: they are told as friends are.
    pub(super) listed: Vec<UserNumber>,
    pub(super) rooms: Vec<RoomNumber>,
    pub(super) stamp: u64,
    /// The visit is over.
    pub(super) gone: bool,
}

/// What looking at a user brought about.
#[derive(Default)]
pub(super) struct Effects {
    pub(super) ripple: Option<Ripple>,
    pub(super) ended: Vec<(UserKey, Session)>,
    /// Rooms that no session of the user lists any more, and the change's stamp.
    pub(super) dropped: Option<(UserKey, Vec<RoomNumber>, u64)>,
}

pub(super) struct Hub {
    shards: Box<[Mutex<Shard>]>,
    times: Times,
    stamps: AtomicU64,
}

impl Hub {
    pub(super) fn new(times: Times, now_ms: u64) -> Self {
        let shard = |_| {
            Mutex::new(Shard {
                users: FxHashMap::default(),
                wheel: Wheel::new(now_ms),
                wakes_left: PRESENCE_WAKES_PER_TICK,
            })
        };
        Self { shards: (0..SHARDS).map(shard).collect(), times, stamps: AtomicU64::new(1) }
    }

    fn index(key: UserKey) -> usize {
        usize::try_from(FxBuildHasher.hash_one(key) >> 32).unwrap_or(0) % SHARDS
    }

    pub(super) fn shard(&self, key: UserKey) -> MutexGuard<'_, Shard> {
        self.shards[Self::index(key)].lock().expect("no panic while held")
    }

    /// Does something to a user, then looks at all their deadlines. `None` if the user is not here.
    pub(super) fn with<T>(&self, key: UserKey, now_ms: u64, act: impl FnOnce(&mut User) -> T) -> Option<(T, Effects)> {
        let mut shard = self.shard(key);
        let user = shard.users.get_mut(&key).filter(|user| !user.has_gone())?;
        let before = user.visible();
        let result = act(user);
        let effects = self.look(&mut shard, key, &before, now_ms);
        Some((result, effects))
    }

    /// Puts a user into memory if absent, then does as `with`.
    pub(super) fn with_or_insert<T>(
        &self,
        key: UserKey,
        now_ms: u64,
        make: impl FnOnce() -> User,
        act: impl FnOnce(&mut User, bool) -> T,
    ) -> (T, Effects) {
        let mut shard = self.shard(key);
        let fresh = shard.users.get(&key).is_none_or(User::has_gone);
        // Somebody of whom only something waits is read anew.
        let left = if fresh { shard.users.remove(&key).and_then(|user| user.left) } else { None };
        let user = shard.users.entry(key).or_insert_with(|| {
            let mut user = make();
            user.left = left;
            user
        });
        let before = user.visible();
        let result = act(user, fresh);
        let effects = self.look(&mut shard, key, &before, now_ms);
        (result, effects)
    }

    /// A number that orders what happened to users.
    pub(super) fn stamp(&self) -> u64 {
        self.stamps.fetch_add(1, Ordering::Relaxed)
    }

    fn look(&self, shard: &mut Shard, key: UserKey, before: &Visible, now_ms: u64) -> Effects {
        let Some(user) = shard.users.get_mut(&key) else { return Effects::default() };
        let sweep = user.sweep(&self.times, now_ms);
        let after = user.visible();
        let ripple = (*before != after || sweep.gone).then(|| Ripple {
            key,
            who: Arc::clone(&user.identity),
            was_online: before.is_online(),
            is_online: after.is_online(),
            buddies: Arc::clone(&user.buddies),
            listed: user.listed_people(),
            rooms: user.all_rooms(),
            stamp: self.stamp(),
            gone: sweep.gone,
        });
        if let Some(next) = sweep.next_ms {
            shard.arm(key, next);
        }
        if sweep.gone && !shard.users.get_mut(&key).is_some_and(User::wait) {
            shard.users.remove(&key);
        }
        let ended = sweep.ended.into_iter().map(|session| (key, session)).collect();
        let dropped = (!sweep.dropped.is_empty()).then(|| (key, sweep.dropped, self.stamp()));
        Effects { ripple, ended, dropped }
    }

    /// Looks at everybody whose time has come.
    pub(super) fn tick(&self, now_ms: u64) -> Vec<Effects> {
        let mut all = Vec::new();
        for index in 0..SHARDS {
            let mut shard = self.shards[index].lock().expect("no panic while held");
            shard.wakes_left = PRESENCE_WAKES_PER_TICK;
            for key in shard.wheel.due(now_ms) {
                let Some(user) = shard.users.get_mut(&key) else { continue };
                if user.armed_ms.is_some_and(|armed| armed > now_ms) {
                    continue; // an entry that an earlier one has replaced
                }
                user.armed_ms = None;
                let before = user.visible();
                let effects = self.look(&mut shard, key, &before, now_ms);
                if effects.ripple.is_some() || effects.dropped.is_some() || !effects.ended.is_empty() {
                    all.push(effects);
                }
            }
        }
        all
    }

    /// Notes on every session of `watcher`, or on one, that `who` changed (what they were, and the change's stamp).
    pub(super) fn mark(
        &self,
        watcher: UserKey,
        only: Option<SessionNumber>,
        who: &Arc<Identity>,
        (was_online, stamp): (bool, u64),
        now_ms: u64,
    ) {
        self.note(watcher, now_ms, |session| {
            let is_meant = only.is_none_or(|only| session.number == only);
            if is_meant {
                session.mark(who, was_online, stamp);
            }
            is_meant
        });
    }

    /// Notes something about others on those sessions of a user that `act` says it is for, and wakes held polls that may be
    /// woken for presence.
    pub(super) fn note(&self, key: UserKey, now_ms: u64, act: impl Fn(&mut Session) -> bool) {
        let mut shard = self.shard(key);
        let Shard { users, wheel, wakes_left } = &mut *shard;
        let Some(user) = users.get_mut(&key) else { return };
        for session in &mut user.sessions {
            if !act(session) {
                continue;
            }
            let Some(due) = session.presence_due(self.times.presence_wake_ms) else { continue };
            if due <= now_ms && *wakes_left > 0 {
                *wakes_left -= 1;
                session.wake();
            } else if user.armed_ms.is_none_or(|armed| due < armed) {
                user.armed_ms = Some(wheel.arm(key, due));
            }
        }
    }

    /// Hands a row to all sessions of a user but the one it came from.
    pub(super) fn push(&self, key: UserKey, entry: &SharedEntry, except: Option<SessionNumber>) {
        let mut shard = self.shard(key);
        let Some(user) = shard.users.get_mut(&key) else { return };
        for session in user.sessions.iter_mut().filter(|session| Some(session.number) != except) {
            session.push(entry);
        }
    }

    /// Hands a room's row to those sessions of a user it is for, but the one it came from.
    pub(super) fn push_in_room(
        &self,
        key: UserKey,
        room: RoomNumber,
        silenced: bool,
        entry: &SharedEntry,
        except: Option<SessionNumber>,
    ) {
        let mut shard = self.shard(key);
        let Some(user) = shard.users.get_mut(&key) else { return };
        let is_for_member = !silenced && user.rooms.contains(&room);
        for session in user.sessions.iter_mut().filter(|session| Some(session.number) != except) {
            let is_for = session.listed.as_ref().map_or(is_for_member, |listed| listed.has(room, entry.seq()));
            if is_for {
                session.heard = session.heard.max(entry.seq());
                session.push(entry);
            }
        }
    }

    /// Hands a row to all sessions of a site in shard `index` but those of whom it is not for; false if there is no such shard.
    pub(super) fn push_to_shard(
        &self,
        index: usize,
        site: SiteNumber,
        entry: &SharedEntry,
        is_not_for: impl Fn(UserNumber) -> bool,
    ) -> bool {
        let Some(shard) = self.shards.get(index) else { return false };
        let mut shard = shard.lock().expect("no panic while held");
        let users = shard.users.iter_mut().filter(|(key, _)| key.site == site && !is_not_for(key.user));
        users.flat_map(|(_, user)| &mut user.sessions).for_each(|session| session.push(entry));
        true
    }

    /// Hands a signal to those sessions of a user that it is for.
    pub(super) fn signal(&self, key: UserKey, signal: &Signal, is_for: impl Fn(&Session) -> bool) {
        if let Some(user) = self.shard(key).users.get_mut(&key) {
            for session in user.sessions.iter_mut().filter(|session| is_for(session)) {
                session.signal(signal.clone());
            }
        }
    }

    /// What others see of a user.
    pub(super) fn visible(&self, key: UserKey) -> Visible {
        self.shard(key).users.get(&key).map_or(Visible::Offline, User::visible)
    }

    /// What others see of a user, with a stamp that orders this look among the changes.
    pub(super) fn seen(&self, key: UserKey) -> (Visible, u64) {
        let shard = self.shard(key);
        (shard.users.get(&key).map_or(Visible::Offline, User::visible), self.stamp())
    }

    /// Who a user is and what is to be seen of them, if others see them online.
    pub(super) fn seen_online(&self, key: UserKey) -> Option<(Arc<Identity>, Visible)> {
        let shard = self.shard(key);
        let user = shard.users.get(&key)?;
        let visible = user.visible();
        visible.is_online().then(|| (Arc::clone(&user.identity), visible))
    }

    /// Looks at every user in memory who has not gone, shard by shard.
    pub(super) fn for_each_user(&self, mut look: impl FnMut(UserKey, &User)) {
        for shard in &self.shards {
            let shard = shard.lock().expect("no panic while held");
            shard.users.iter().filter(|(_, user)| !user.has_gone()).for_each(|(key, user)| look(*key, user));
        }
    }

    /// Does something to every session in memory, shard by shard.
    pub(super) fn for_each_session(&self, mut act: impl FnMut(UserKey, &mut Session)) {
        for shard in &self.shards {
            let mut shard = shard.lock().expect("no panic while held");
            for (key, user) in &mut shard.users {
                for session in &mut user.sessions {
                    act(*key, session);
                }
            }
        }
    }
}
