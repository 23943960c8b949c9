//! A coarse timer wheel: one bucket of users per tick. Nothing that waits owns a timer; a deadline is an entry here, checked
//! against the user's real state when it fires, so moving a deadline back costs nothing.

use crate::chat::id::UserKey;

/// Milliseconds per bucket.
pub const TICK_MS: u64 = 50;
/// Buckets; a deadline further away is looked at again after one turn.
const BUCKETS: usize = 1024;

/// Deadlines of the users of one shard.
pub(super) struct Wheel {
    buckets: Vec<Vec<UserKey>>,
    /// The tick that was last fired.
    fired: u64,
}

impl Wheel {
    pub(super) fn new(now_ms: u64) -> Self {
        Self { buckets: vec![Vec::new(); BUCKETS], fired: now_ms / TICK_MS }
    }

    /// Has `user` looked at when `at_ms` has passed, or after one turn; gives the time at which that will be.
    pub(super) fn arm(&mut self, user: UserKey, at_ms: u64) -> u64 {
        let tick = (at_ms / TICK_MS + 1).clamp(self.fired + 1, self.fired + BUCKETS as u64);
        let bucket = usize::try_from(tick).unwrap_or(0) % BUCKETS;
        self.buckets[bucket].push(user);
        tick * TICK_MS
    }

    /// The users whose time has come.
    pub(super) fn due(&mut self, now_ms: u64) -> Vec<UserKey> {
        let now = now_ms / TICK_MS;
        let mut due = Vec::new();
        let turns = now.saturating_sub(self.fired).min(BUCKETS as u64);
        for _ in 0..turns {
            self.fired += 1;
            let bucket = usize::try_from(self.fired).unwrap_or(0) % BUCKETS;
            due.append(&mut self.buckets[bucket]);
        }
        self.fired = self.fired.max(now);
        due
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::id::{SiteNumber, UserNumber};

    #[test]
    fn fires_once_at_or_after_the_deadline_and_far_ones_early() {
        let user = SiteNumber(1).user(UserNumber(1));
        let mut wheel = Wheel::new(0);
        assert_eq!(wheel.arm(user, 120), 150);
        assert!(wheel.due(120).is_empty(), "not before its time");
        assert_eq!(wheel.due(200), [user]);
        assert!(wheel.due(1_000_000).is_empty());
        wheel.arm(user, 1_000_000 + 10_000_000);
        assert_eq!(wheel.due(1_000_000 + TICK_MS * BUCKETS as u64), [user], "looked at again after one turn");
    }
}
