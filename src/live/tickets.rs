//! From the digest of a ticket to its session.

use crate::chat::id::UserKey;
use crate::chat::session::SessionNumber;
use crate::chat::ticket::TicketDigest;
use rustc_hash::FxHashMap;
use std::sync::{Mutex, MutexGuard};

const SHARDS: usize = 16;

/// Whose session a ticket names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Holder {
    /// Whose.
    pub key: UserKey,
    /// Which.
    pub session: SessionNumber,
}

type Shard = FxHashMap<TicketDigest, Holder>;

/// All live tickets. A look-up hashes a secret's digest, so its time says nothing about the secret.
pub(super) struct Tickets {
    shards: Box<[Mutex<Shard>]>,
}

impl Tickets {
    pub(super) fn new() -> Self {
        Self { shards: (0..SHARDS).map(|_| Mutex::default()).collect() }
    }

    fn shard(&self, digest: TicketDigest) -> MutexGuard<'_, Shard> {
        self.shards[usize::from(digest.0[0]) % SHARDS].lock().expect("no panic while held")
    }

    pub(super) fn put(&self, digest: TicketDigest, key: UserKey, session: SessionNumber) {
        self.shard(digest).insert(digest, Holder { key, session });
    }

    pub(super) fn get(&self, digest: TicketDigest) -> Option<Holder> {
        self.shard(digest).get(&digest).copied()
    }

    pub(super) fn remove(&self, digest: TicketDigest) {
        self.shard(digest).remove(&digest);
    }
}
