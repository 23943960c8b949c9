//! One node: a bounded channel in the process.

use super::{Bus, Envelope};
use tokio::sync::mpsc::{Receiver, Sender, channel};

/// Envelopes that may wait. A batch of a thousand messages is one envelope.
const QUEUE_MAX: usize = 8_192;

/// See the module.
pub struct LocalBus {
    queue: Sender<Envelope>,
}

impl LocalBus {
    /// A bus and its receiving end.
    pub fn new() -> (Self, Receiver<Envelope>) {
        let (queue, feed) = channel(QUEUE_MAX);
        (Self { queue }, feed)
    }
}

impl Bus for LocalBus {
    fn publish(&self, envelope: Envelope) {
        // Full means that the tail is far behind: it will find the gap and read the log.
        drop(self.queue.try_send(envelope));
    }
}
