//! Pages that show somebody who is not their member's friend: who watches whom, for the life of the page.

use crate::chat::id::{UserKey, UserNumber};
use crate::chat::session::SessionNumber;
use rustc_hash::{FxBuildHasher, FxHashMap};
use std::hash::BuildHasher;
use std::sync::{Mutex, MutexGuard};

const SHARDS: usize = 16;

/// A page that watches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Watcher {
    pub(super) user: UserKey,
    pub(super) session: SessionNumber,
}

type Shard = FxHashMap<UserKey, Vec<Watcher>>;

/// Watched users, whether they are in memory or not.
pub(super) struct Watchers {
    shards: Box<[Mutex<Shard>]>,
}

impl Watchers {
    pub(super) fn new() -> Self {
        Self { shards: (0..SHARDS).map(|_| Mutex::default()).collect() }
    }

    fn shard(&self, watched: UserKey) -> MutexGuard<'_, Shard> {
        let hash = FxBuildHasher.hash_one(watched);
        self.shards[usize::try_from(hash >> 32).unwrap_or(0) % SHARDS].lock().expect("no panic while held")
    }

    /// Has each of them watched once more: a page that changes whom it shows adds the new ones before it removes the old ones.
    pub(super) fn add(&self, watcher: Watcher, strangers: &[UserNumber]) {
        for stranger in strangers {
            let watched = watcher.user.site.user(*stranger);
            self.shard(watched).entry(watched).or_default().push(watcher);
        }
    }

    /// Takes back what one `add` did.
    pub(super) fn remove(&self, watcher: Watcher, strangers: &[UserNumber]) {
        for stranger in strangers {
            let watched = watcher.user.site.user(*stranger);
            let mut shard = self.shard(watched);
            if let Some(watchers) = shard.get_mut(&watched) {
                if let Some(index) = watchers.iter().position(|known| *known == watcher) {
                    watchers.swap_remove(index);
                }
                if watchers.is_empty() {
                    shard.remove(&watched);
                }
            }
        }
    }

    pub(super) fn of(&self, watched: UserKey) -> Vec<Watcher> {
        self.shard(watched).get(&watched).cloned().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::id::SiteNumber;

    #[test]
    fn who_is_added_twice_and_removed_once_is_watched() {
        let (watchers, site) = (Watchers::new(), SiteNumber(1));
        let watcher = Watcher { user: site.user(UserNumber(1)), session: SessionNumber(9) };
        let (lee, nora) = (UserNumber(2), UserNumber(3));
        watchers.add(watcher, &[lee]);
        watchers.add(watcher, &[lee, nora]);
        watchers.remove(watcher, &[lee]);
        assert_eq!(watchers.of(site.user(lee)), [watcher], "the page that shows somebody anew goes on showing them");
        watchers.remove(watcher, &[lee, nora]);
        assert!(watchers.of(site.user(lee)).is_empty() && watchers.of(site.user(nora)).is_empty());
    }
}
