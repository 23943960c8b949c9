//! What is refused for a reason that its sender is not told: written to the log for the operator, at a steady pace, so that
//! whoever tries keys does not fill the disk.

use super::Asked;
use crate::clock::Clock;
use std::sync::atomic::{AtomicU64, Ordering};

/// How often such a line is written at most, in milliseconds.
const TELL_EVERY_MS: u64 = 1_000;

/// See the module.
#[derive(Default)]
pub struct Refusals(AtomicU64);

impl Refusals {
    /// Tells why something was refused.
    pub(super) fn tell(&self, asked: &Asked, clock: Clock, what: &str) {
        let now_ms = clock.monotonic_ms();
        let next_ms = self.0.load(Ordering::Relaxed);
        if now_ms >= next_ms
            && self.0.compare_exchange(next_ms, now_ms + TELL_EVERY_MS, Ordering::Relaxed, Ordering::Relaxed).is_ok()
        {
            tracing::warn!(from = %asked.client.ip(), path = asked.uri.path(), "{what}");
        }
    }
}
