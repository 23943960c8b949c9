//! Members who do not want to know of each other: one has blocked the other, and it is the same for both. What was said is decided by
//! where it stands in the log; what is to be seen is decided now.

use super::Live;
use crate::chat::entry::Seq;
use crate::chat::id::{RoomKey, UserKey, UserNumber};
use crate::chat::presence::Visible;
use crate::chat::room::Interval;
use crate::chat::user::Identity;
use rustc_hash::FxHashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, RwLock};

/// One member blocks another, or did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Block {
    /// Who blocks.
    pub by: UserNumber,
    /// Whom.
    pub peer: UserNumber,
    /// Where in the log.
    pub over: Interval,
}

/// All of them, from both sides.
#[derive(Default)]
pub(super) struct Severed {
    /// Mostly there is nobody, and then nothing is looked up.
    any: AtomicBool,
    of: RwLock<FxHashMap<UserKey, Vec<Block>>>,
}

impl Severed {
    fn blocks(&self, one: UserKey, other: UserNumber, is_meant: impl Fn(&Block) -> bool) -> bool {
        if !self.any.load(Ordering::Acquire) {
            return false;
        }
        let of = self.of.read().expect("no panic while held");
        let both =
            |block: &&Block| (block.by, block.peer) == (one.user, other) || (block.by, block.peer) == (other, one.user);
        of.get(&one).is_some_and(|blocks| blocks.iter().filter(both).any(is_meant))
    }

    /// Whether two are severed now.
    pub(super) fn now(&self, one: UserKey, other: UserNumber) -> bool {
        self.blocks(one, other, |block| block.over.through.is_none())
    }

    /// Whether `one` blocks the other now.
    fn is_by(&self, one: UserKey, other: UserNumber) -> bool {
        self.blocks(one, other, |block| block.by == one.user && block.over.through.is_none())
    }

    /// Whether they were at a place in the log.
    pub(super) fn at(&self, one: UserKey, other: UserNumber, seq: Seq) -> bool {
        self.blocks(one, other, |block| block.over.contains(seq))
    }

    /// Those from whom somebody is severed now.
    fn all(&self, one: UserKey) -> Vec<UserNumber> {
        if !self.any.load(Ordering::Acquire) {
            return Vec::new();
        }
        let of = self.of.read().expect("no panic while held");
        let open = of.get(&one).into_iter().flatten().filter(|block| block.over.through.is_none());
        let mut others: Vec<_> = open.map(|block| if block.by == one.user { block.peer } else { block.by }).collect();
        others.sort_unstable_by_key(|number| number.0);
        others.dedup();
        others
    }

    fn put(&self, key: UserKey, block: Block) {
        let mut of = self.of.write().expect("no panic while held");
        for side in [block.by, block.peer] {
            let blocks = of.entry(key.site.user(side)).or_default();
            // What was over before anything was said is no stretch of the log.
            blocks.retain(|known| {
                let is_same = (known.by, known.peer, known.over.after) == (block.by, block.peer, block.over.after);
                !is_same && known.over.through != Some(known.over.after)
            });
            blocks.push(block);
        }
        self.any.store(true, Ordering::Release);
    }

    fn end(&self, key: UserKey, peer: UserNumber, through: Seq) {
        let mut of = self.of.write().expect("no panic while held");
        for side in [key.user, peer] {
            for block in of.get_mut(&key.site.user(side)).into_iter().flatten() {
                if block.by == key.user && block.peer == peer && block.over.through.is_none() {
                    block.over.through = Some(through);
                }
            }
        }
    }
}

impl Live {
    /// Replaces all blocks by those that are stored, each with who blocks.
    pub fn restore_blocks(&self, stored: impl Iterator<Item = (UserKey, Block)>) {
        let mut all: FxHashMap<UserKey, Vec<Block>> = FxHashMap::default();
        for (key, block) in stored {
            for side in [block.by, block.peer] {
                all.entry(key.site.user(side)).or_default().push(block);
            }
        }
        self.severed.any.store(!all.is_empty(), Ordering::Release);
        *self.severed.of.write().expect("no panic while held") = all;
    }

    /// From `seq` on `key` blocks `peer`, or does so no more. Pages that show the other are told as of somebody who went, or came.
    pub fn block(&self, key: UserKey, peer: UserNumber, seq: Seq, blocks: bool, now_ms: u64) {
        let were = self.severed.now(key, peer);
        if blocks == self.severed.is_by(key, peer) {
            return; // said again
        }
        if blocks {
            self.severed.put(key, Block { by: key.user, peer, over: Interval { after: seq, through: None } });
        } else {
            self.severed.end(key, peer, seq);
        }
        if were == self.severed.now(key, peer) {
            return; // the other blocks as well
        }
        let other = key.site.user(peer);
        if !blocks {
            // What was said in rooms between the end of the block in the log and this was not handed out.
            for user in [key, other] {
                if let Some(user) = self.hub.shard(user).users.get_mut(&user) {
                    user.sessions.iter_mut().for_each(super::session::Session::read_again);
                }
            }
        }
        for (viewer, seen) in [(key, other), (other, key)] {
            if let Some((who, _)) = self.hub.seen_online(seen) {
                self.tell_shown(viewer, &who, !were, now_ms);
            }
        }
    }

    /// Tells those pages of `viewer` that show somebody that there is something new to be seen of them.
    fn tell_shown(&self, viewer: UserKey, who: &Arc<Identity>, was_online: bool, now_ms: u64) {
        let was = (was_online, self.hub.stamp());
        let is_friend = self
            .hub
            .shard(viewer)
            .users
            .get(&viewer)
            .is_some_and(|user| user.buddies.contains(&who.number) || user.listed_people().contains(&who.number));
        if is_friend {
            self.hub.mark(viewer, None, who, was, now_ms);
        }
        for watcher in self.watchers.of(viewer.site.user(who.number)) {
            if watcher.user == viewer {
                self.hub.mark(viewer, Some(watcher.session), who, was, now_ms);
            }
        }
    }

    /// Whether somebody blocks anybody, or is blocked, or did or was.
    pub fn has_blocks(&self, key: UserKey) -> bool {
        self.severed.of.read().expect("no panic while held").contains_key(&key)
    }

    /// Whether two do not hear or see each other now.
    pub fn is_severed(&self, one: UserKey, other: UserNumber) -> bool {
        self.severed.now(one, other)
    }

    /// What `viewer` sees of somebody.
    pub fn seen_by(&self, viewer: UserKey, who: UserKey) -> Visible {
        if self.severed.now(viewer, who.user) { Visible::Offline } else { self.hub.visible(who) }
    }

    /// The same with a stamp that orders this look among the changes.
    pub(super) fn seen_by_stamped(&self, viewer: UserKey, who: UserKey) -> (Visible, u64) {
        let (visible, stamp) = self.hub.seen(who);
        (if self.severed.now(viewer, who.user) { Visible::Offline } else { visible }, stamp)
    }

    /// Who somebody is and what `viewer` sees of them, if they see them online.
    pub fn seen_online_by(&self, viewer: UserKey, who: UserKey) -> Option<(Arc<Identity>, Visible)> {
        if self.severed.now(viewer, who.user) { None } else { self.hub.seen_online(who) }
    }

    /// How many members of a room `viewer` sees online.
    pub fn room_online_count_for(&self, viewer: UserKey, room: RoomKey) -> u32 {
        let unseen = self.severed.all(viewer).into_iter();
        let unseen = unseen.filter(|other| self.rooms.is_visible(room, *other)).count();
        self.rooms.visible_count(room).saturating_sub(u32::try_from(unseen).unwrap_or(u32::MAX))
    }

    /// Members of a room whom `viewer` sees online, and how; at most `limit`.
    pub fn room_online_for(&self, viewer: UserKey, room: RoomKey, limit: usize) -> Vec<(Arc<Identity>, Visible)> {
        let unseen = self.severed.all(viewer);
        let mut seen = self.room_online(room, limit + unseen.len());
        seen.retain(|(who, _)| !unseen.contains(&who.number));
        seen.truncate(limit);
        seen
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::id::SiteNumber;

    #[test]
    fn a_block_is_the_same_for_both_and_lasts_as_long_as_one_of_them_blocks() {
        let (severed, site) = (Severed::default(), SiteNumber(1));
        let (ann, bob, cid) = (site.user(UserNumber(1)), site.user(UserNumber(2)), UserNumber(3));
        severed.put(ann, Block { by: ann.user, peer: bob.user, over: Interval { after: 10, through: None } });
        assert!(
            severed.now(ann, bob.user)
                && severed.now(bob, ann.user)
                && !severed.now(ann, cid)
                && !severed.now(ann, ann.user)
        );
        assert!(!severed.now(SiteNumber(2).user(ann.user), bob.user), "another site");
        severed.put(bob, Block { by: bob.user, peer: ann.user, over: Interval { after: 12, through: None } });
        severed.end(ann, bob.user, 20);
        assert!(severed.now(ann, bob.user), "the other blocks, too");
        severed.end(bob, ann.user, 30);
        assert!(!severed.now(ann, bob.user) && severed.all(ann).is_empty());
        let hidden: Vec<Seq> = (8..=32).filter(|seq| severed.at(bob, ann.user, *seq)).collect();
        assert_eq!(hidden, (11..=30).collect::<Vec<_>>(), "what was said meanwhile stays unheard");
    }
}
