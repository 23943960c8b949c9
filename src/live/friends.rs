//! Two members become friends, and hear of each other from now on; or are friends no more, and do so only where a page shows the
//! other as a stranger.

use super::Live;
use crate::chat::id::{SiteNumber, UserNumber};

impl Live {
    /// Makes two users friends, for those of the two who are in memory: their pages are told who is here.
    pub fn befriend(&self, site: SiteNumber, one: UserNumber, other: UserNumber, now_ms: u64) {
        for (user, friend) in [(one, other), (other, one)] {
            let key = site.user(user);
            let is_new = self.hub.shard(key).users.get_mut(&key).is_some_and(|user| {
                let is_new = !user.buddies.contains(&friend);
                if is_new {
                    user.buddies = user.buddies.iter().copied().chain([friend]).collect();
                }
                is_new
            });
            if is_new && let Some((who, _)) = self.seen_online_by(key, site.user(friend)) {
                self.hub.mark(key, None, &who, (false, self.hub.stamp()), now_ms);
            }
        }
    }

    /// Ends a friendship on both sides, for those of the two who are in memory.
    pub fn part(&self, site: SiteNumber, one: UserNumber, other: UserNumber) {
        for (user, friend) in [(one, other), (other, one)] {
            let key = site.user(user);
            if let Some(user) = self.hub.shard(key).users.get_mut(&key) {
                user.buddies = user.buddies.iter().copied().filter(|buddy| *buddy != friend).collect();
            }
        }
    }
}
