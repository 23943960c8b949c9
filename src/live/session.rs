//! One session in memory: a ticket's place in the log, what waits for it, and its poll.

use super::CursorAt;
use super::outbox::Outbox;
use crate::chat::delivery::Cursors;
use crate::chat::entry::{Seq, SharedEntry};
use crate::chat::history::Conversation;
use crate::chat::id::{UserKey, UserNumber};
use crate::chat::session::{Dialect, SessionNumber};
use crate::chat::ticket::TicketDigest;
use crate::chat::user::Identity;
use rustc_hash::FxHashMap;
use std::sync::Arc;
use std::task::Waker;

/// Signals that wait for one session; older ones go first, they are worth little by then.
const SIGNALS_MAX: usize = 64;

/// At most once, never in the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Signal {
    /// Somebody types to us, or stopped.
    Typing {
        /// Who.
        from: Arc<Identity>,
        /// Our id, as the packet repeats it.
        to: crate::chat::id::UserId,
        /// True while typing.
        typing: bool,
    },
    /// Another page of the same member has read a conversation.
    Read {
        /// Which.
        conversation: Conversation,
        /// Through where.
        seq: Seq,
    },
}

impl Signal {
    /// Whether an older signal says nothing more.
    fn replaces(&self, older: &Self) -> bool {
        match (self, older) {
            (Self::Read { conversation, .. }, Self::Read { conversation: known, .. }) => conversation == known,
            (Self::Typing { .. } | Self::Read { .. }, _) => false,
        }
    }
}

/// Somebody the page shows who may not be a friend.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stranger {
    pub(super) number: UserNumber,
    /// The stamp of the state of them that the page was told; older changes may still be on their way.
    pub(super) since: u64,
}

impl Stranger {
    /// Strangers as a session keeps them.
    pub(super) fn sorted(mut strangers: Vec<Self>) -> Box<[Self]> {
        strangers.sort_unstable_by_key(|stranger| stranger.number);
        strangers.into()
    }

    /// Those that a page opens with.
    pub(super) fn all(numbers: &[UserNumber]) -> Box<[Self]> {
        Self::sorted(numbers.iter().map(|number| Self { number: *number, since: 0 }).collect())
    }
}

/// Whose visible state changed, and whether they were online when this session last heard of them.
pub(super) type Changed = FxHashMap<UserNumber, (Arc<Identity>, bool)>;

#[derive(Debug)]
enum Stage {
    /// No poll is held; since when, in monotonic milliseconds.
    Idle { since_ms: u64 },
    /// A poll is held until then.
    Parked { waker: Option<Waker>, until_ms: u64 },
    /// An answer is being written.
    Answering,
}

/// The memory of one session.
#[derive(Debug)]
pub(super) struct Session {
    pub(super) number: SessionNumber,
    pub(super) digest: TicketDigest,
    pub(super) dialect: Dialect,
    pub(super) strangers: Box<[Stranger]>,
    pub(super) expires_at_ms: u64,
    pub(super) cursors: Cursors,
    pub(super) outbox: Outbox,
    changed: Option<Box<Changed>>,
    /// The same, in an answer that is not confirmed yet: state that was told into a void has to be told again.
    told: Option<Box<Changed>>,
    #[expect(clippy::box_collection, reason = "eight bytes while empty, and it is empty nearly always")]
    signals: Option<Box<Vec<Signal>>>,
    stage: Stage,
    /// Counts polls: an older one that is still held finds that it is not the newest.
    generation: u32,
    /// Whether the page was given its answer; before that the session is nobody's presence.
    pub(super) open: bool,
    /// When presence alone last woke or answered a poll.
    presence_at_ms: u64,
    /// Whether the page came with new messages, so that confirming it confirms rows.
    page_rows: bool,
    /// Whether a confirmed row is not stored yet.
    pub(super) dirty: bool,
}

/// Where the page of a new session cuts the log.
#[derive(Debug, Clone, Copy)]
pub struct Cut {
    /// Everything for the session up to here is in the page.
    pub through: Seq,
    /// Whether there is more in the log already.
    pub more: bool,
    /// Whether the page carries new messages.
    pub rows: bool,
}

/// What one answer carries, before presence is looked up.
pub(super) struct Taken {
    pub(super) entries: Vec<SharedEntry>,
    pub(super) changed: Vec<(Arc<Identity>, bool)>,
    pub(super) signals: Vec<Signal>,
}

/// What a poll finds.
pub(super) enum Look {
    /// Nothing yet.
    Wait,
    /// Something, or the hold is over.
    Take,
    /// A newer poll came on the same ticket.
    Superseded,
}

impl Session {
    pub(super) fn new(
        number: SessionNumber,
        digest: TicketDigest,
        dialect: Dialect,
        strangers: Box<[Stranger]>,
        expires_at_ms: u64,
        now_ms: u64,
    ) -> Self {
        Self {
            number,
            digest,
            dialect,
            strangers,
            expires_at_ms,
            cursors: Cursors::new(0),
            outbox: Outbox::filling(),
            changed: None,
            told: None,
            signals: None,
            stage: Stage::Idle { since_ms: now_ms },
            generation: 0,
            open: false,
            presence_at_ms: 0,
            page_rows: false,
            dirty: false,
        }
    }

    /// The page is answered with everything through `through`.
    pub(super) fn activate(&mut self, delivered: Seq, cut: Cut, now_ms: u64) {
        let Cut { through, more, rows } = cut;
        self.page_rows = rows;
        self.cursors = Cursors::opened(delivered, through);
        self.outbox.finish_fill(Vec::new(), through, more);
        // The page is answered with everybody's state as it is after this.
        self.changed = None;
        self.open = true;
        self.stage = Stage::Idle { since_ms: now_ms };
    }

    /// The session outlived the process with everything through `cursor`.
    pub(super) fn restore(&mut self, cursor: Seq, now_ms: u64) {
        self.cursors = Cursors::new(cursor);
        self.outbox = Outbox::behind(cursor);
        self.open = true;
        self.stage = Stage::Idle { since_ms: now_ms };
    }

    /// Its cursor, as it is stored.
    pub(super) fn cursor_at(&self, key: UserKey) -> CursorAt {
        let is_read = self.dialect.delivered_is_read();
        CursorAt { key, digest: self.digest, acked: self.cursors.acked(), is_read }
    }

    /// Until when this session makes its user present; `None` if without end.
    pub(super) fn present_until(&self, grace_ms: u64) -> Option<u64> {
        match self.stage {
            Stage::Idle { since_ms } if self.open => Some(since_ms + grace_ms),
            Stage::Idle { .. } => Some(0),
            Stage::Parked { .. } | Stage::Answering => None,
        }
    }

    /// Since when no poll is held, if none is.
    pub(super) fn idle_since(&self) -> Option<u64> {
        match self.stage {
            Stage::Idle { since_ms } => Some(since_ms),
            Stage::Parked { .. } | Stage::Answering => None,
        }
    }

    pub(super) fn push(&mut self, entry: &SharedEntry) {
        if self.outbox.push(entry, self.cursors.acked()) {
            self.wake();
        }
    }

    pub(super) fn signal(&mut self, signal: Signal) {
        let signals = self.signals.get_or_insert_default();
        signals.retain(|known| !signal.replaces(known));
        if signals.len() >= SIGNALS_MAX {
            signals.remove(0);
        }
        signals.push(signal);
        self.wake();
    }

    /// Forgets presence changes that nobody needs to hear of.
    pub(super) fn forget_changes(&mut self) {
        self.changed = None;
        self.told = None;
    }

    /// Notes that somebody's visible state changed. The first note since the last answer remembers what the page knew.
    /// `stamp` is that of the change.
    pub(super) fn mark(&mut self, who: &Arc<Identity>, was_online: bool, stamp: u64) {
        // The page was told a later state than the one this change ended: told once too often is better than never.
        let is_late = self.stranger(who.number).is_some_and(|stranger| stranger.since > stamp);
        let changed = self.changed.get_or_insert_default();
        changed.entry(who.number).or_insert_with(|| (Arc::clone(who), was_online || is_late));
    }

    fn stranger(&self, number: UserNumber) -> Option<Stranger> {
        let found = self.strangers.binary_search_by_key(&number, |stranger| stranger.number);
        found.ok().map(|index| self.strangers[index])
    }

    /// Replaces the strangers by people whose state the page is being told. Gives the old ones. Whatever waits to be told of
    /// the new ones, or is in an answer that may arrive after this, is told again as it is then.
    pub(super) fn watch(&mut self, strangers: Box<[Stranger]>) -> Box<[Stranger]> {
        let old = std::mem::replace(&mut self.strangers, strangers);
        let waiting = [&self.changed, &self.told].into_iter().flatten().flat_map(|known| known.values());
        let again: Vec<Arc<Identity>> =
            waiting.filter(|(who, _)| self.stranger(who.number).is_some()).map(|(who, _)| Arc::clone(who)).collect();
        for who in again {
            self.changed.get_or_insert_default().insert(who.number, (who, true));
        }
        old
    }

    /// When a held poll may be woken for presence alone; `None` if there is no reason to.
    pub(super) fn presence_due(&self, wake_ms: u64) -> Option<u64> {
        self.changed.as_ref().map(|_| self.presence_at_ms + wake_ms)
    }

    /// When the held poll is to be answered at the latest.
    pub(super) fn hold_until(&self) -> Option<u64> {
        match self.stage {
            Stage::Parked { until_ms, .. } => Some(until_ms),
            Stage::Idle { .. } | Stage::Answering => None,
        }
    }

    pub(super) fn wake(&mut self) {
        if let Stage::Parked { waker, .. } = &mut self.stage
            && let Some(waker) = waker.take()
        {
            waker.wake();
        }
    }

    /// A request came with the ticket.
    pub(super) fn touch(&mut self) {
        if self.cursors.touched() {
            self.settle();
        }
    }

    /// Drops what is confirmed. Only rows are worth a write: an idle cursor that follows the tail is not stored.
    fn settle(&mut self) {
        let rows = self.outbox.confirm(self.cursors.acked());
        self.dirty |= rows || std::mem::take(&mut self.page_rows);
    }

    /// A poll came: it confirms what was written before it and replaces an older one.
    pub(super) fn begin_poll(&mut self, until_ms: u64) -> u32 {
        self.wake();
        if self.cursors.is_written() {
            self.told = None;
        } else {
            self.untell();
        }
        if self.cursors.polled() {
            self.settle();
        }
        self.generation += 1;
        self.stage = Stage::Parked { waker: None, until_ms };
        self.generation
    }

    pub(super) fn look(&mut self, generation: u32, now_ms: u64, wake_ms: u64, waker: &Waker) -> Look {
        if generation != self.generation {
            return Look::Superseded;
        }
        let presence = self.presence_due(wake_ms).is_some_and(|due| now_ms >= due);
        let Stage::Parked { waker: parked, until_ms } = &mut self.stage else { return Look::Superseded };
        let rows = !self.outbox.is_filling() && !self.outbox.is_empty();
        if rows || self.signals.is_some() || presence || now_ms >= *until_ms {
            return Look::Take;
        }
        match parked {
            Some(parked) if parked.will_wake(waker) => {}
            slot => *slot = Some(waker.clone()),
        }
        Look::Wait
    }

    /// Everything that the answer of the held poll carries.
    pub(super) fn take(&mut self, position: Seq, now_ms: u64) -> Taken {
        let (entries, through) =
            if self.outbox.is_filling() { (Vec::new(), self.cursors.acked()) } else { self.outbox.contents(position) };
        let told = self.changed.take();
        if told.is_some() {
            self.presence_at_ms = now_ms;
        }
        let changed = told.as_ref().map_or_else(Vec::new, |told| told.values().cloned().collect());
        self.told = told;
        let signals = self.signals.take().map_or_else(Vec::new, |signals| *signals);
        self.cursors.answering(through);
        self.stage = Stage::Answering;
        Taken { entries, changed, signals }
    }

    /// An answer with presence did not arrive: what it said is to be said again, from what the page really knew.
    fn untell(&mut self) {
        let Some(told) = self.told.take() else { return };
        let changed = self.changed.get_or_insert_default();
        for (number, known) in *told {
            changed.insert(number, known);
        }
    }

    /// The written answer of poll `generation` did not arrive after all.
    pub(super) fn lost(&mut self, generation: u32) {
        if generation == self.generation {
            self.cursors.lost();
            self.untell();
        }
    }

    /// The answer of poll `generation` was written, or was not.
    pub(super) fn end_poll(&mut self, generation: u32, written: bool, now_ms: u64) {
        if generation != self.generation {
            return;
        }
        if written {
            self.cursors.written();
        } else {
            self.cursors.lost();
            self.untell();
        }
        self.stage = Stage::Idle { since_ms: now_ms };
    }
}
