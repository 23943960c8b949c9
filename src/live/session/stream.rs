//! What polls and streams do to a session: they confirm, wait, carry and end.

use super::{Session, Signal, Stage};
use crate::chat::delivery::{Asks, Heard};
use crate::chat::entry::{Seq, SharedEntry};
use crate::chat::user::Identity;
use crate::live::notices::Note;
use std::sync::Arc;
use std::task::Waker;

/// A script's poll with nothing but rows that were carried before is answered after this, in milliseconds: soon, because in
/// case the answer before was lost its rows are missing, and not at once, so that new rows can come along.
const CARRY_AGAIN_MS: u64 = 500;

/// The generation of a poll that its page has given up, as far as anybody can tell: it is answered at once, and whatever it
/// carries counts for nothing.
const LATE: u32 = 0;

/// What one answer carries, before presence is looked up.
pub(in crate::live) struct Taken {
    pub(in crate::live) entries: Vec<SharedEntry>,
    pub(in crate::live) changed: Vec<(Arc<Identity>, bool)>,
    pub(in crate::live) noted: Vec<Note>,
    pub(in crate::live) signals: Vec<Signal>,
    /// Everything through here is in this answer or was in an earlier one.
    pub(in crate::live) through: Seq,
    /// Whether more is in the log already.
    pub(in crate::live) more: bool,
}

/// What a poll or stream finds.
pub(in crate::live) enum Look {
    /// Nothing yet.
    Wait,
    /// Something, or the hold is over.
    Take,
    /// A newer poll came on the same ticket.
    Superseded,
    /// The same poll came again.
    Abandoned,
    /// It is a poll that was sent before the last one.
    Late,
    /// The log must be read first.
    Behind,
    /// A stream has carried as much as may be under way; it goes on when its client has confirmed some of it.
    Full,
}

impl Session {
    /// A poll came: it confirms what its rule says and replaces an older one.
    pub(in crate::live) fn begin_poll(&mut self, asks: Asks, until_ms: u64, now_ms: u64) -> (u32, Heard) {
        let heard = self.begin(asks);
        if heard.late {
            return (LATE, heard);
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
    pub(in crate::live) fn begin_stream(&mut self, asks: Asks, until_ms: u64) -> (u32, Heard) {
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
            self.changes.settle();
        }
        self.acknowledge_presence();
        self.changes.untell();
        self.outbox.rewind(self.cursors.acked());
        heard
    }

    /// Whether a stream is open.
    pub(in crate::live) fn is_stream(&self) -> bool {
        self.stream.is_some() && !matches!(self.stage, Stage::Idle { .. })
    }

    /// Whether the log must be read before more can be sent; from where.
    pub(in crate::live) fn begin_fill(&mut self) -> Option<Seq> {
        let after = self.outbox.begin_fill(self.cursors.acked());
        self.relisted &= after.is_none();
        after
    }

    /// The log was read.
    pub(in crate::live) fn finish_fill(&mut self, entries: Vec<SharedEntry>, through: Seq, more: bool) {
        if self.relisted {
            // It was read for other rooms than it lists now: once more.
            self.outbox.abort_fill();
        } else {
            self.outbox.finish_fill(entries, through, more, self.cursors.acked());
        }
        self.wake();
    }

    /// The client of a stream says what it has.
    pub(in crate::live) fn acknowledge(&mut self, seq: Seq) -> Heard {
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
            self.changes.settle();
        }
    }

    /// Whether anything is on its way that the client has not confirmed.
    pub(in crate::live) fn is_unconfirmed(&self) -> bool {
        self.outbox.first_unconfirmed(self.cursors.acked()).is_some_and(|first| first <= self.cursors.sent())
    }

    pub(in crate::live) fn look(&mut self, generation: u32, now_ms: u64, presence_wake_ms: u64, waker: &Waker) -> Look {
        if generation == LATE {
            return Look::Late;
        }
        if generation != self.generation {
            return if generation >= self.first { Look::Abandoned } else { Look::Superseded };
        }
        if self.outbox.wants_fill(self.cursors.acked()) {
            return Look::Behind;
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

    /// What is not confirmed, for a poll that counts for nothing: in case its page waits for it after all.
    pub(in crate::live) fn peek(&self) -> Taken {
        let acked = self.cursors.acked();
        let (entries, through) =
            if self.outbox.is_filling() { (Vec::new(), acked) } else { self.outbox.contents(acked, acked) };
        Taken { entries, changed: Vec::new(), noted: Vec::new(), signals: Vec::new(), through, more: false }
    }

    /// Everything that the answer of the held poll carries, or the stream's next packet.
    pub(in crate::live) fn take(&mut self, position: Seq, now_ms: u64, hold_ms: u64) -> Taken {
        let after = self.stream.unwrap_or(self.cursors.acked());
        let (entries, through) =
            if self.outbox.is_filling() { (Vec::new(), after) } else { self.outbox.contents(after, position) };
        if self.changes.is_some() || self.notices.is_some() {
            self.presence_at_ms = now_ms;
        }
        let (changed, noted) = (self.changes.tell(), self.notices.tell());
        let signals = self.signals.take().map_or_else(Vec::new, |signals| *signals);
        if let Some(carried) = &mut self.stream {
            *carried = through;
            self.cursors.streamed(through);
            self.stage = Stage::Parked { waker: None, until_ms: now_ms + hold_ms };
        } else {
            self.cursors.answering(through);
            self.stage = Stage::Answering;
        }
        Taken { entries, changed, noted, signals, through, more: self.outbox.is_behind() }
    }

    /// The written answer of poll `generation` did not arrive after all.
    pub(in crate::live) fn lost(&mut self, generation: u32) {
        if generation == self.generation {
            self.cursors.lost();
            self.changes.untell();
        }
    }

    /// The answer of poll `generation` was written, or was not; or the stream has ended.
    pub(in crate::live) fn end_poll(&mut self, generation: u32, written: bool, now_ms: u64) {
        if generation != self.generation {
            return;
        }
        if self.stream.is_some() {
            // What its client confirmed is confirmed; the next poll or stream begins there.
        } else if written {
            self.cursors.written();
        } else {
            self.cursors.lost();
            self.changes.untell();
        }
        self.stage = Stage::Idle { since_ms: now_ms };
    }
}
