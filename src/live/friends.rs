//! Two members are friends no more: neither hears of the other from now on, unless their page shows them as a stranger.

use super::Live;
use crate::chat::id::{SiteNumber, UserNumber};

impl Live {
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
