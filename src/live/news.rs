//! Whose visible state changed since one page was told, and what has to be told again because its answer did not arrive.

use crate::chat::id::UserNumber;
use crate::chat::user::Identity;
use rustc_hash::FxHashMap;
use std::sync::Arc;

/// Whose visible state changed, and whether they were online when this session last heard of them.
type Changed = FxHashMap<UserNumber, (Arc<Identity>, bool)>;

#[derive(Debug, Default)]
pub(super) struct News {
    changed: Option<Box<Changed>>,
    /// The same, in an answer that is not confirmed yet: state that was told into a void has to be told again.
    told: Option<Box<Changed>>,
}

impl News {
    /// Whether there is anything to tell.
    pub(super) fn is_any(&self) -> bool {
        self.changed.is_some()
    }

    /// The page has everybody's state as it is now.
    pub(super) fn forget_changes(&mut self) {
        self.changed = None;
    }

    /// Notes that somebody changed. The first note since the last answer remembers what the page knew.
    pub(super) fn mark(&mut self, who: &Arc<Identity>, was_online: bool) {
        let changed = self.changed.get_or_insert_default();
        changed.entry(who.number).or_insert_with(|| (Arc::clone(who), was_online));
    }

    /// Everything for the next packet. Remembers what the page knew before it; on a stream that may be older than the last
    /// packet.
    pub(super) fn tell(&mut self) -> Vec<(Arc<Identity>, bool)> {
        let Some(changed) = self.changed.take() else { return Vec::new() };
        let shown = changed.values().cloned().collect();
        match &mut self.told {
            Some(told) => {
                for (number, known) in *changed {
                    told.entry(number).or_insert(known);
                }
            }
            none => *none = Some(changed),
        }
        shown
    }

    /// What was told has arrived.
    pub(super) fn arrived(&mut self) {
        self.told = None;
    }

    /// What was told did not arrive: it is to be said again, from what the page really knew.
    pub(super) fn untell(&mut self) {
        let Some(told) = self.told.take() else { return };
        let changed = self.changed.get_or_insert_default();
        for (number, known) in *told {
            changed.insert(number, known);
        }
    }
}
