//! The moments at which something is due, told when they have come. The runtime's own timers go by milliseconds, which would be
//! counted as latency, so a thread sleeps in their place.

use crate::clock::machine_us;
use std::time::Duration;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

/// Every `interval_us` from `start_us` until `end_us`, beginning a part of an interval later. Whoever is late finds all of them.
pub fn moments(start_us: u64, end_us: u64, interval_us: f64, offset: f64) -> UnboundedReceiver<u64> {
    let (put, moments) = unbounded_channel();
    std::thread::spawn(move || {
        for nth in 0_u64.. {
            let due_us = start_us + ((nth as f64 + offset) * interval_us) as u64;
            if due_us >= end_us {
                return;
            }
            let early_us = due_us.saturating_sub(machine_us());
            if early_us > 0 {
                std::thread::sleep(Duration::from_micros(early_us));
            }
            if put.send(due_us).is_err() {
                return;
            }
        }
    });
    moments
}
