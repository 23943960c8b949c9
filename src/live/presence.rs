//! What others see of somebody, and how a change reaches those who watch.

use super::Live;
use super::hub::{Effects, Ripple};
use super::notices::Happened;
use crate::chat::id::{RoomKey, SiteNumber, UserKey};
use crate::chat::presence::{Mood, Visible};
use crate::chat::user::Identity;
use rustc_hash::FxHashMap;
use std::sync::Arc;

/// How old a count of everybody may be, in milliseconds.
const CENSUS_EVERY_MS: u64 = 1_000;

impl Live {
    /// Changes what a user says about themselves.
    pub fn set_mood(&self, key: UserKey, mood: Mood, now_ms: u64) {
        if let Some(((), effects)) = self.hub.with(key, now_ms, |user| user.mood = mood) {
            self.apply(effects, now_ms);
        }
    }

    /// What a user says about themselves, if in memory.
    pub fn mood(&self, key: UserKey) -> Option<Mood> {
        self.hub.shard(key).users.get(&key).filter(|user| !user.has_gone()).map(|user| user.mood.clone())
    }

    /// What others see of a user.
    pub fn visible(&self, key: UserKey) -> Visible {
        self.hub.visible(key)
    }

    /// Who somebody is and what is to be seen of them, if they are seen online.
    pub fn seen_online(&self, key: UserKey) -> Option<(Arc<Identity>, Visible)> {
        self.hub.seen_online(key)
    }

    /// Of each site: who is seen online, who is here and not seen, and sessions.
    pub fn census(&self) -> FxHashMap<SiteNumber, (u64, u64, u64)> {
        let mut counts: FxHashMap<SiteNumber, (u64, u64, u64)> = FxHashMap::default();
        self.hub.for_each_user(|key, user| {
            let (online, unseen, sessions) = counts.entry(key.site).or_default();
            *online += u64::from(user.visible().is_online());
            *unseen += u64::from(!user.visible().is_online());
            *sessions += user.sessions.len() as u64;
        });
        counts
    }

    /// How many of a site's members are here, seen or not, as of a second ago at most: everybody is counted at once then.
    pub fn here_count(&self, site: SiteNumber, now_ms: u64) -> u64 {
        let mut census = self.census.lock().expect("no panic while held");
        if now_ms >= census.0 + CENSUS_EVERY_MS {
            let mut counts = FxHashMap::default();
            self.hub.for_each_user(|key, user| {
                *counts.entry(key.site).or_insert(0) += u64::from(!user.sessions.is_empty());
            });
            *census = (now_ms, counts);
        }
        census.1.get(&site).copied().unwrap_or(0)
    }

    /// Whether somebody has a page open.
    pub fn is_here(&self, key: UserKey) -> bool {
        self.hub.shard(key).users.get(&key).is_some_and(|user| !user.sessions.is_empty())
    }

    /// Everybody of a site who is seen online.
    pub fn online_of_site(&self, site: SiteNumber) -> Vec<Arc<Identity>> {
        let mut online = Vec::new();
        self.hub.for_each_user(|key, user| {
            if key.site == site && user.visible().is_online() {
                online.push(Arc::clone(&user.identity));
            }
        });
        online
    }

    /// Those of a user's friends who are seen online, and how.
    pub fn online_buddies(&self, key: UserKey) -> Vec<(Arc<Identity>, Visible)> {
        let buddies = self.hub.shard(key).users.get(&key).map(|user| Arc::clone(&user.buddies));
        let buddies = buddies.unwrap_or_default();
        buddies.iter().filter_map(|buddy| self.seen_online_by(key, key.site.user(*buddy))).collect()
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
    pub(super) fn apply(&self, effects: Effects, now_ms: u64) {
        if let Some(ripple) = &effects.ripple {
            self.update_rooms(ripple);
        }
        if let Some((key, rooms, stamp)) = effects.dropped {
            rooms.into_iter().for_each(|room| self.rooms.unlist(key.site.room(room), key.user, stamp));
        }
        self.bury(effects.ended);
        let Some(ripple) = effects.ripple else { return };
        let was = (ripple.was_online, ripple.stamp);
        if ripple.was_online || ripple.is_online {
            let sees = |viewer: UserKey| !self.severed.now(viewer, ripple.key.user);
            let friends = ripple.buddies.iter().chain(&ripple.listed);
            for buddy in friends.filter(|buddy| sees(ripple.key.site.user(**buddy))) {
                self.hub.mark(ripple.key.site.user(*buddy), None, &ripple.who, was, now_ms);
            }
            for watcher in self.watchers.of(ripple.key).into_iter().filter(|watcher| sees(watcher.user)) {
                self.hub.mark(watcher.user, Some(watcher.session), &ripple.who, was, now_ms);
            }
        }
        if ripple.was_online != ripple.is_online {
            for room in ripple.rooms.iter().map(|room| ripple.key.site.room(*room)) {
                self.tell_room(room, &ripple.who, Happened::Changed { was_online: ripple.was_online }, now_ms);
            }
        }
    }

    fn update_rooms(&self, ripple: &Ripple) {
        for room in ripple.rooms.iter().map(|room| ripple.key.site.room(*room)) {
            if ripple.gone {
                self.rooms.forget(room, ripple.key.user, ripple.stamp);
            } else if ripple.was_online != ripple.is_online {
                self.rooms.show(room, ripple.key.user, ripple.stamp, ripple.is_online);
            }
        }
    }
}
