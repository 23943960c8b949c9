//! One session in memory: a ticket's place in the log, what waits for it, and its poll.

use super::news::News;
use super::outbox::Outbox;
use crate::chat::delivery::{Asks, Cursors, Heard};
use crate::chat::entry::{Seq, SharedEntry};
use crate::chat::id::UserNumber;
use crate::chat::session::{Dialect, SessionNumber};
use crate::chat::ticket::TicketDigest;
use crate::chat::user::Identity;
use std::sync::Arc;
use std::task::Waker;

/// A script's poll with nothing but rows that were carried before is answered after this, in milliseconds: soon, because in
/// case the answer before was lost its rows are missing, and not at once, so that new rows can come along.
const CARRY_AGAIN_MS: u64 = 500;

/// Signals that wait for one session; older ones go first, they are worth little by then.
const SIGNALS_MAX: usize = 64;

/// The generation of a poll that nobody waits for: it is answered with an empty packet and changes nothing.
const NOBODYS: u32 = 0;

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
}

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
    pub(super) strangers: Box<[UserNumber]>,
    pub(super) expires_at_ms: u64,
    pub(super) cursors: Cursors,
    pub(super) outbox: Outbox,
    news: News,
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

/// What one answer carries, before presence is looked up.
pub(super) struct Taken {
    pub(super) entries: Vec<SharedEntry>,
    pub(super) changed: Vec<(Arc<Identity>, bool)>,
    pub(super) signals: Vec<Signal>,
    /// Everything through here is in this answer or was in an earlier one.
    pub(super) through: Seq,
    /// Whether more is in the log already.
    pub(super) more: bool,
}

/// What a poll or stream finds.
pub(super) enum Look {
    /// Nothing yet.
    Wait,
    /// Something, or the hold is over.
    Take,
    /// A newer poll came on the same ticket.
    Superseded,
    /// The same poll came again.
    Abandoned,
    /// A stream has carried as much as may be under way; it goes on when its client has confirmed some of it.
    Full,
}

impl Session {
    pub(super) fn new(
        number: SessionNumber,
        digest: TicketDigest,
        dialect: Dialect,
        strangers: Box<[UserNumber]>,
        expires_at_ms: u64,
        now_ms: u64,
    ) -> Self {
        Self {
            number,
            digest,
            dialect,
            strangers,
            expires_at_ms,
            cursors: Cursors::new(0, 0),
            outbox: Outbox::filling(),
            news: News::default(),
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
        self.news.forget_changes();
        self.open = true;
        self.stage = Stage::Idle { since_ms: now_ms };
    }

    /// The session outlived the process with everything through `cursor`, if its page has ever been read; its user is known to
    /// have what is `delivered`. It may have been sent what lies up to `sent`.
    pub(super) fn restore(&mut self, delivered: Seq, cursor: Seq, sent: Seq, now_ms: u64) {
        self.cursors = Cursors::restored(delivered, cursor, sent);
        self.outbox = Outbox::behind(cursor);
        self.open = true;
        self.stage = Stage::Idle { since_ms: now_ms };
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

    pub(super) fn signal(&mut self, signal: Signal) {
        let signals = self.signals.get_or_insert_default();
        if signals.len() >= SIGNALS_MAX {
            signals.remove(0);
        }
        signals.push(signal);
        self.wake();
    }

    /// Forgets presence changes that nobody needs to hear of.
    pub(super) fn forget_changes(&mut self) {
        self.news = News::default();
    }

    /// Notes that somebody's visible state changed. The first note since the last answer remembers what the page knew.
    pub(super) fn mark(&mut self, who: &Arc<Identity>, was_online: bool) {
        self.news.mark(who, was_online);
    }

    /// When a held poll may be woken for presence alone; `None` if there is no reason to.
    pub(super) fn presence_due(&self, wake_ms: u64) -> Option<u64> {
        self.news.is_any().then_some(self.presence_at_ms + wake_ms)
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

    /// A poll came: it confirms what its rule says and replaces an older one.
    pub(super) fn begin_poll(&mut self, asks: Asks, until_ms: u64, now_ms: u64) -> (u32, Heard) {
        let heard = self.begin(asks);
        if heard.late {
            return (NOBODYS, heard);
        }
        self.generation += 1;
        if !heard.repeated {
            self.first = self.generation;
        }
        self.stream = None;
        let (acked, fresh) = (self.cursors.acked(), self.cursors.fresh_after());
        let was_carried = fresh > acked && (self.outbox.has_after(acked) || !self.outbox.is_current());
        let until_ms = if heard.resync {
            now_ms
        } else if was_carried && !self.outbox.has_after(fresh) {
            until_ms.min(now_ms + CARRY_AGAIN_MS)
        } else {
            until_ms
        };
        self.stage = Stage::Parked { waker: None, until_ms };
        (self.generation, heard)
    }

    /// A stream opens; it replaces an older one, or a poll.
    pub(super) fn begin_stream(&mut self, asks: Asks, until_ms: u64) -> (u32, Heard) {
        let heard = self.begin(asks);
        self.generation += 1;
        self.first = self.generation;
        self.stream = Some(self.cursors.acked());
        self.stage = Stage::Parked { waker: None, until_ms };
        (self.generation, heard)
    }

    fn begin(&mut self, asks: Asks) -> Heard {
        let was_written = self.stream.is_none() && self.cursors.is_written();
        let heard = self.cursors.polled(asks);
        if heard.confirmed {
            self.settle();
        }
        if heard.late {
            return heard;
        }
        self.wake();
        if was_written {
            self.news.arrived();
        }
        self.acknowledge_presence();
        self.news.untell();
        self.outbox.rewind(self.cursors.acked());
        heard
    }

    /// Whether a stream is open.
    pub(super) fn is_stream(&self) -> bool {
        self.stream.is_some() && !matches!(self.stage, Stage::Idle { .. })
    }

    /// Whether the log must be read before more can be sent; from where.
    pub(super) fn begin_fill(&mut self) -> Option<Seq> {
        self.outbox.begin_fill(self.cursors.acked())
    }

    /// The log was read.
    pub(super) fn finish_fill(&mut self, entries: Vec<SharedEntry>, through: Seq, more: bool) {
        self.outbox.finish_fill(entries, through, more, self.cursors.acked());
        self.wake();
    }

    /// The client of a stream says what it has.
    pub(super) fn acknowledge(&mut self, seq: Seq) -> Heard {
        let heard = self.cursors.acknowledged(seq);
        self.acknowledge_presence();
        if heard.confirmed {
            self.settle();
            self.wake();
        }
        heard
    }

    /// Who has everything of the log that was sent also has what was told beside it.
    fn acknowledge_presence(&mut self) {
        if self.stream.is_some() && self.cursors.acked() == self.cursors.sent() {
            self.news.arrived();
        }
    }

    /// Whether anything is on its way that the client has not confirmed.
    pub(super) fn is_unconfirmed(&self) -> bool {
        self.outbox.first_unconfirmed(self.cursors.acked()).is_some_and(|first| first <= self.cursors.sent())
    }

    pub(super) fn look(&mut self, generation: u32, now_ms: u64, presence_wake_ms: u64, waker: &Waker) -> Look {
        if generation != self.generation {
            return if generation >= self.first { Look::Abandoned } else { Look::Superseded };
        }
        let presence = self.presence_due(presence_wake_ms).is_some_and(|due| now_ms >= due);
        let after = self.stream.unwrap_or(self.cursors.fresh_after());
        let rows = !self.outbox.is_filling() && self.outbox.has_after(after);
        let is_full = self.stream.is_some() && self.outbox.is_behind() && !rows;
        let Stage::Parked { waker: parked, until_ms } = &mut self.stage else { return Look::Superseded };
        if rows || self.signals.is_some() || presence || now_ms >= *until_ms {
            return Look::Take;
        }
        match parked {
            Some(parked) if parked.will_wake(waker) => {}
            slot => *slot = Some(waker.clone()),
        }
        if is_full { Look::Full } else { Look::Wait }
    }

    /// Everything that the answer of the held poll carries, or the stream's next packet.
    pub(super) fn take(&mut self, position: Seq, now_ms: u64, hold_ms: u64) -> Taken {
        let after = self.stream.unwrap_or(self.cursors.acked());
        let (entries, through) =
            if self.outbox.is_filling() { (Vec::new(), after) } else { self.outbox.contents(after, position) };
        if self.news.is_any() {
            self.presence_at_ms = now_ms;
        }
        let changed = self.news.tell();
        let signals = self.signals.take().map_or_else(Vec::new, |signals| *signals);
        if let Some(carried) = &mut self.stream {
            *carried = through;
            self.cursors.streamed(through);
            self.stage = Stage::Parked { waker: None, until_ms: now_ms + hold_ms };
        } else {
            self.cursors.answering(through);
            self.stage = Stage::Answering;
        }
        Taken { entries, changed, signals, through, more: self.outbox.is_behind() }
    }

    /// The written answer of poll `generation` did not arrive after all.
    pub(super) fn lost(&mut self, generation: u32) {
        if generation == self.generation {
            self.cursors.lost();
            self.news.untell();
        }
    }

    /// The answer of poll `generation` was written, or was not; or the stream has ended.
    pub(super) fn end_poll(&mut self, generation: u32, written: bool, now_ms: u64) {
        if generation != self.generation {
            return;
        }
        if self.stream.is_some() {
            // What its client confirmed is confirmed; the next poll or stream begins there.
        } else if written {
            self.cursors.written();
        } else {
            self.cursors.lost();
            self.news.untell();
        }
        self.stage = Stage::Idle { since_ms: now_ms };
    }
}
