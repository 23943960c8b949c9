//! One session in memory: a ticket's place in the log, what waits for it, and its poll.

mod stream;

use super::CursorAt;
use super::changes::Changes;
use super::notices::Notices;
use super::outbox::Outbox;
use super::signal::Signal;
use super::stranger::Stranger;
use crate::chat::delivery::Cursors;
use crate::chat::entry::{Seq, SharedEntry};
use crate::chat::id::{UserKey, UserNumber};
use crate::chat::listed::Listed;
use crate::chat::session::{Dialect, SessionNumber};
use crate::chat::ticket::TicketDigest;
use crate::chat::user::Identity;
use std::sync::Arc;
use std::task::Waker;

/// Signals that wait for one session; older ones go first, they are worth little by then.
const SIGNALS_MAX: usize = 64;

#[derive(Debug)]
enum Stage {
    /// No poll is held and no stream is open; since when, in monotonic milliseconds.
    Idle { since_ms: u64 },
    /// A poll is held until then, or a stream waits for something to carry; it gives a sign of life then.
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
    /// The rooms it lists, if its site opened it; its strangers are then those its site calls its buddies.
    pub(super) listed: Option<Arc<Listed>>,
    /// Whether that changed while the log was read.
    relisted: bool,
    /// Of such a session, up to where the log was handed to it.
    pub(super) heard: Seq,
    pub(super) expires_at_ms: u64,
    pub(super) cursors: Cursors,
    pub(super) outbox: Outbox,
    changes: Changes,
    pub(super) notices: Notices,
    #[expect(clippy::box_collection, reason = "eight bytes while empty, and it is empty nearly always")]
    signals: Option<Box<Vec<Signal>>>,
    stage: Stage,
    /// On a stream, up to where it has carried the log.
    stream: Option<Seq>,
    /// Counts polls and streams: an older one that is still held finds that it is not the newest.
    generation: u32,
    /// The first poll of the last request: older ones that are held since then were silently repeated, and nobody reads
    /// their answers.
    first: u32,
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

pub(super) use stream::{Look, Taken};

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
            listed: None,
            relisted: false,
            heard: 0,
            expires_at_ms,
            cursors: Cursors::new(0, 0),
            outbox: Outbox::filling(),
            changes: Changes::default(),
            notices: Notices::default(),
            signals: None,
            stage: Stage::Idle { since_ms: now_ms },
            stream: None,
            generation: 0,
            first: 0,
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
        self.outbox.finish_fill(Vec::new(), through, more, self.cursors.acked());
        // The page is answered with everybody's state as it is after this.
        self.forget_changes();
        self.open = true;
        self.stage = Stage::Idle { since_ms: now_ms };
    }

    /// The session outlived the process with everything through `cursor`, if its page has ever been read; its user is known to
    /// have what is `delivered`. It may have been sent what lies up to `sent`.
    pub(super) fn restore(&mut self, delivered: Seq, cursor: Seq, sent: Seq, now_ms: u64) {
        self.cursors = Cursors::restored(delivered, cursor, sent);
        self.outbox = Outbox::behind(cursor);
        self.heard = sent;
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
        let acked = self.cursors.acked();
        if self.outbox.push(entry, acked, self.stream.unwrap_or(acked)) {
            self.wake();
        }
    }

    /// What is for it may be more than it was handed: it reads the log from what it was sent on.
    pub(super) fn read_again(&mut self) {
        let acked = self.cursors.acked();
        self.outbox.overflow(acked, self.stream.unwrap_or(acked));
        self.wake();
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
        self.changes.forget();
        self.notices.forget();
    }

    /// Notes that somebody's visible state changed. `stamp` is that of the change.
    pub(super) fn mark(&mut self, who: &Arc<Identity>, was_online: bool, stamp: u64) {
        // The page was told a later state than the one this change ended: told once too often is better than never.
        let is_late = self.stranger(who.number).is_some_and(|stranger| stranger.since > stamp);
        self.changes.note(who, was_online || is_late);
    }

    /// The page was answered with these people online.
    pub(super) fn page_shows(&mut self, online: &[UserNumber]) {
        self.changes.page_shows(online);
    }

    /// Changes the rooms it lists. A read of the log that is under way may have been made by the old ones.
    pub(super) fn relist(&mut self, change: impl FnOnce(&mut Listed)) {
        let acked = self.cursors.acked();
        if let Some(listed) = self.listed.as_mut().map(Arc::make_mut) {
            // Stretches that are confirmed would only pile up.
            listed.forget(acked);
            change(listed);
            self.relisted = true;
        }
    }

    fn stranger(&self, number: UserNumber) -> Option<Stranger> {
        let found = self.strangers.binary_search_by_key(&number, |stranger| stranger.number);
        found.ok().map(|index| self.strangers[index])
    }

    /// Replaces the strangers by people whose state the page is being told. Gives the old ones. Whatever waits to be told of
    /// the new ones, or is in an answer that may arrive after this, is told again as it is then.
    pub(super) fn watch(&mut self, strangers: Box<[Stranger]>) -> Box<[Stranger]> {
        let old = std::mem::replace(&mut self.strangers, strangers);
        let strangers = &self.strangers;
        let shown = |number: UserNumber| strangers.binary_search_by_key(&number, |stranger| stranger.number).is_ok();
        self.changes.tell_again(shown);
        old
    }

    /// When a held poll may be woken for presence alone; `None` if there is no reason to.
    pub(super) fn presence_due(&self, wake_ms: u64) -> Option<u64> {
        (self.changes.is_some() || self.notices.is_some()).then(|| self.presence_at_ms + wake_ms)
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
}
