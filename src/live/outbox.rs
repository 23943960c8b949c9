//! What one session has not confirmed yet: a window on the log, in seq order. It is bounded; past its bounds the buffer is
//! dropped, never the messages: the session is then *behind* and refills from the log.

use crate::chat::entry::{Message, Seq, SharedEntry};
use crate::chat::history::ANSWER_BYTES_MAX;
use std::collections::VecDeque;

/// Rows held for one session.
pub(super) const OUTBOX_ROWS_MAX: usize = 500;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fill {
    /// `rows` is everything after the cursor.
    Current,
    /// A read of the log is under way; rows that arrive meanwhile are kept.
    Filling { overflowed: bool },
    /// There may be more in the log after `enqueued`.
    Behind,
}

#[derive(Debug)]
pub(super) struct Outbox {
    rows: VecDeque<SharedEntry>,
    bytes: usize,
    /// Everything for this session up to here is confirmed, in `rows`, or in flight.
    enqueued: Seq,
    /// Rows up to here went out on a stream and are not in `rows` any more; nothing is read from the log until they are
    /// confirmed. 0 if there are none.
    in_flight: Seq,
    fill: Fill,
}

fn weight(entry: &SharedEntry) -> usize {
    entry.message().map_or(0, |message: &Message| message.body.len())
}

impl Outbox {
    /// Of a session whose page is being read: keeps what arrives.
    pub(super) fn filling() -> Self {
        Self { rows: VecDeque::new(), bytes: 0, enqueued: 0, in_flight: 0, fill: Fill::Filling { overflowed: false } }
    }

    /// Of a session that has everything through `cursor` and may have missed what follows.
    pub(super) fn behind(cursor: Seq) -> Self {
        Self { rows: VecDeque::new(), bytes: 0, enqueued: cursor, in_flight: 0, fill: Fill::Behind }
    }

    /// A row for this session arrived from the tail; everything through `sent` went out on the present stream, or is
    /// confirmed. Returns whether there is something new to send.
    pub(super) fn push(&mut self, entry: &SharedEntry, acked: Seq, sent: Seq) -> bool {
        match self.fill {
            Fill::Behind => return true,
            Fill::Current if entry.seq() <= self.enqueued => return false,
            Fill::Current | Fill::Filling { .. } => {}
        }
        if self.rows.len() >= OUTBOX_ROWS_MAX || self.bytes + weight(entry) > ANSWER_BYTES_MAX {
            self.overflow(acked, sent);
            return true;
        }
        self.bytes += weight(entry);
        self.rows.push_back(entry.clone());
        if self.fill == Fill::Current {
            self.enqueued = entry.seq();
        }
        true
    }

    /// Lets go of everything: it is read from the log again, from what was sent on.
    pub(super) fn overflow(&mut self, acked: Seq, sent: Seq) {
        self.drop_rows();
        if let Fill::Filling { .. } = self.fill {
            self.fill = Fill::Filling { overflowed: true };
        } else {
            self.enqueued = sent;
            self.in_flight = if sent > acked { sent } else { 0 };
            self.fill = Fill::Behind;
        }
    }

    /// A new poll or stream begins: what an earlier stream carried and nobody confirmed is read from the log again.
    pub(super) fn rewind(&mut self, acked: Seq) {
        if self.in_flight > acked {
            self.drop_rows();
            self.enqueued = acked;
            self.fill = Fill::Behind;
        }
        self.in_flight = 0;
    }

    fn drop_rows(&mut self) {
        self.rows = VecDeque::new();
        self.bytes = 0;
    }

    /// Whether the log must be read before anything more can be sent.
    pub(super) fn wants_fill(&self, acked: Seq) -> bool {
        self.fill == Fill::Behind && self.rows.is_empty() && self.in_flight <= acked
    }

    /// Begins to read the log if it must be read; from where.
    pub(super) fn begin_fill(&mut self, acked: Seq) -> Option<Seq> {
        self.wants_fill(acked).then(|| {
            self.fill = Fill::Filling { overflowed: false };
            self.enqueued
        })
    }

    /// The log was read: `entries` are all rows for this session through `through`. What was confirmed during the read is
    /// not kept: it would stand in the way of reading on.
    pub(super) fn finish_fill(&mut self, entries: Vec<SharedEntry>, through: Seq, more: bool, acked: Seq) {
        let overflowed = self.fill == Fill::Filling { overflowed: true };
        let through = through.max(acked);
        let arrived: Vec<_> =
            std::mem::take(&mut self.rows).into_iter().filter(|entry| entry.seq() > through).collect();
        self.rows = entries.into_iter().filter(|entry| entry.seq() > acked).collect();
        self.enqueued = through;
        self.bytes = self.rows.iter().chain(&arrived).map(weight).sum();
        let fits = self.rows.len() + arrived.len() <= OUTBOX_ROWS_MAX && self.bytes <= ANSWER_BYTES_MAX;
        if more || overflowed || !(fits || arrived.is_empty()) {
            self.fill = Fill::Behind;
            self.bytes = self.rows.iter().map(weight).sum();
            return;
        }
        self.fill = Fill::Current;
        self.enqueued = arrived.last().map_or(through, |entry| entry.seq());
        self.rows.extend(arrived);
    }

    /// The read failed or was given up.
    pub(super) fn abort_fill(&mut self) {
        if let Fill::Filling { .. } = self.fill {
            self.drop_rows();
            self.fill = Fill::Behind;
        }
    }

    /// Drops what is confirmed. Returns whether any row was.
    pub(super) fn confirm(&mut self, acked: Seq) -> bool {
        let before = self.rows.len();
        while self.rows.front().is_some_and(|entry| entry.seq() <= acked) {
            if let Some(entry) = self.rows.pop_front() {
                self.bytes -= weight(&entry);
            }
        }
        if self.rows.is_empty() {
            self.rows.shrink_to(0);
        }
        if !matches!(self.fill, Fill::Filling { .. }) {
            self.enqueued = self.enqueued.max(acked);
        }
        self.rows.len() < before
    }

    /// Everything after `after` that is here, and the seq that sending all of it reaches. `position` is how far the tail
    /// has handed out: with nothing left to send the cursor moves there.
    pub(super) fn contents(&self, after: Seq, position: Seq) -> (Vec<SharedEntry>, Seq) {
        let rows = self.rows.iter().filter(|entry| entry.seq() > after).cloned().collect();
        let through = if self.fill == Fill::Current { self.enqueued.max(position) } else { self.enqueued };
        (rows, through)
    }

    /// Whether there is a row after `after`.
    pub(super) fn has_after(&self, after: Seq) -> bool {
        self.rows.back().is_some_and(|entry| entry.seq() > after)
    }

    /// Whether there may be more in the log than is here.
    pub(super) fn is_behind(&self) -> bool {
        self.fill == Fill::Behind
    }

    /// Whether everything after the cursor is here.
    pub(super) fn is_current(&self) -> bool {
        self.fill == Fill::Current
    }

    /// Whether a read of the log is under way.
    pub(super) fn is_filling(&self) -> bool {
        matches!(self.fill, Fill::Filling { .. })
    }

    /// The first seq that may not be confirmed, if anything may be under way.
    pub(super) fn first_unconfirmed(&self, acked: Seq) -> Option<Seq> {
        match self.rows.front() {
            _ if self.in_flight > acked => Some(acked + 1),
            Some(entry) => Some(entry.seq()),
            None if self.fill == Fill::Current => None,
            None => Some(self.enqueued + 1),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::entry::{Addressee, Entry, Party};
    use crate::chat::id::{UserId, UserNumber};
    use std::sync::Arc;

    fn row(seq: Seq) -> SharedEntry {
        let party = Party { number: UserNumber(1), id: UserId::parse("a").unwrap() };
        Arc::new(Entry::Message(Message {
            seq,
            at_ms: 0,
            from: party.clone(),
            nick: "".into(),
            to: Addressee::User(party),
            style: "".into(),
            body: "x".into(),
            origin: None,
            hidden: false,
        }))
    }

    fn seqs(outbox: &Outbox) -> Vec<Seq> {
        outbox.contents(0, 0).0.iter().map(|entry| entry.seq()).collect()
    }

    /// Negative control: let `finish_fill` drop `arrived` and rows 8 and 9 are lost here.
    #[test]
    fn rows_that_arrive_during_the_cut_are_kept_once() {
        let mut outbox = Outbox::filling();
        for seq in [6, 7, 8, 9] {
            outbox.push(&row(seq), 0, 0);
        }
        outbox.finish_fill(vec![row(5), row(7)], 7, false, 0);
        assert_eq!(seqs(&outbox), [5, 7, 8, 9]);
        assert!(!outbox.push(&row(9), 0, 0), "a row that is there already");
        outbox.push(&row(10), 0, 0);
        outbox.confirm(9);
        assert_eq!(seqs(&outbox), [10]);
    }

    /// Found by a random play: a part of the log was read that was confirmed meanwhile; the session never read on.
    ///
    /// Negative control: let `finish_fill` keep what is confirmed.
    #[test]
    fn what_was_confirmed_during_a_read_does_not_stand_in_the_way() {
        let mut outbox = Outbox::behind(0);
        assert_eq!(outbox.begin_fill(0), Some(0));
        outbox.confirm(4);
        outbox.finish_fill(vec![row(1), row(2)], 2, true, 4);
        assert_eq!(outbox.first_unconfirmed(4), Some(5));
        assert_eq!(outbox.begin_fill(4), Some(4), "it reads on, where it was confirmed");
        outbox.finish_fill(vec![row(5)], 5, false, 5);
        assert_eq!(outbox.first_unconfirmed(5), None);
    }

    #[test]
    fn a_read_and_what_arrived_during_it_keep_within_the_bounds() {
        let mut outbox = Outbox::behind(0);
        outbox.begin_fill(0);
        for seq in 401..=600 {
            outbox.push(&row(seq), 0, 0);
        }
        outbox.finish_fill((1..=400).map(row).collect(), 400, false, 0);
        assert_eq!((seqs(&outbox).len(), outbox.is_behind()), (400, true));
        outbox.confirm(400);
        assert_eq!(outbox.begin_fill(400), Some(400), "the rest is read from the log");
    }

    #[test]
    fn an_overflow_drops_the_buffer_and_refills_from_the_cursor() {
        let mut outbox = Outbox::filling();
        outbox.finish_fill(vec![], 10, false, 10);
        for seq in 11..=(12 + OUTBOX_ROWS_MAX as u64) {
            outbox.push(&row(seq), 10, 10);
        }
        assert!(!outbox.has_after(0));
        assert_eq!(outbox.begin_fill(10), Some(10));
        assert_eq!(outbox.begin_fill(10), None, "one reader at a time");
        outbox.finish_fill((11..=510).map(row).collect(), 510, true, 10);
        assert_eq!(outbox.begin_fill(10), None, "first what is here");
        outbox.confirm(510);
        assert_eq!(outbox.begin_fill(510), Some(510));
    }

    #[test]
    fn an_idle_cursor_moves_with_the_tail_but_not_past_what_is_missing() {
        let mut outbox = Outbox::filling();
        outbox.finish_fill(vec![], 10, false, 10);
        assert_eq!(outbox.contents(10, 25).1, 25);
        assert_eq!(Outbox::behind(10).contents(10, 25).1, 10);
    }

    /// Negative control: let `begin_fill` ignore `in_flight` and a reader that confirms nothing is sent the whole log.
    #[test]
    fn a_stream_that_overflows_waits_for_what_is_in_flight() {
        let mut outbox = Outbox::filling();
        outbox.finish_fill(vec![], 10, false, 10);
        for seq in 11..=(12 + OUTBOX_ROWS_MAX as u64) {
            outbox.push(&row(seq), 10, 300);
        }
        assert_eq!(outbox.begin_fill(10), None, "not before its client has what was sent");
        assert_eq!(outbox.first_unconfirmed(10), Some(11));
        assert_eq!(outbox.begin_fill(300), Some(300));
        outbox.abort_fill();
        outbox.rewind(300);
        assert_eq!(outbox.begin_fill(300), Some(300), "a stream that was confirmed goes on");
        let mut outbox = Outbox::filling();
        outbox.finish_fill(vec![], 10, false, 10);
        for seq in 11..=600 {
            outbox.push(&row(seq), 10, 300);
        }
        outbox.rewind(10);
        assert_eq!(outbox.begin_fill(10), Some(10), "a new one begins where the last was confirmed");
    }
}
