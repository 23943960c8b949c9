//! When may the server believe that a page has what it was sent? One session's cursors as a plain state machine: no IO, no
//! clock, so that it can be explored exhaustively (`tests/parts/model`). Every transport confirms through this file.
//!
//! - A client that can say what it has (`ack` on a poll, an ack frame, `Last-Event-ID`, the echo of a PING) is believed up to
//!   what it was sent. Cumulative; a lower or repeated word is legal.
//! - A browser's script cannot, and repeats requests silently. It stops at the second failure in a row, so what stood in the
//!   answers to two requests of different identity has arrived when a third identity comes (*carry-2*). A request that comes
//!   after a later one of its page is one the page has given up: it counts for nothing.
//! - Anybody else: the next poll confirms an answer that was completely written before that poll came, with no end of
//!   connection, reset or timeout in between. Anything else is sent again.

use super::entry::Seq;
use super::script_request::ScriptRequest;

/// Requests with the identity of the one before that count as its repetition. One more, and the client simply never changes its
/// identity: it must not be given the same answer for ever.
const REPEATS_MAX: u8 = 2;

/// So many requests in a row may be earlier than the latest. One more, and the client's numbers do not grow after all.
const LATE_MAX: u8 = 8;

/// After a restart so many script requests do not count: they may be early ones that were long on their way, and what came
/// after them is forgotten. A page gives up a request after 40 s, and two in a row are its end: this covers two minutes.
const DOUBTFUL: u8 = 2;

/// How a request says what its page has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Asks {
    /// It does not.
    Plain,
    /// A browser's script request.
    Script(ScriptRequest),
    /// "All up to here is processed."
    Ack(Seq),
}

/// What a request brought about.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Heard {
    /// Something is confirmed that was not before.
    pub confirmed: bool,
    /// The page claims what it was never sent: it has to begin anew.
    pub resync: bool,
    /// It is the request before once more.
    pub repeated: bool,
    /// It was sent before the request that came last: its page does not wait for an answer any more.
    pub late: bool,
}

/// What became of the last answer that carried messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Answer {
    /// None is under way, and none waits for a poll to confirm it.
    Settled,
    /// The answer to `online` itself: any request with the new ticket proves that the page has it.
    Page { through: Seq },
    /// Handed to the socket, not completely written yet.
    Writing { through: Seq },
    /// Completely written.
    Written { through: Seq },
}

/// By which rule the session's answers are confirmed: that of its last request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Rule {
    Plain,
    /// Nothing is known yet of a session that outlived the process.
    Restored,
    Script(Carry),
    /// It has acknowledged once; from then on nothing else counts.
    Acks,
}

/// carry-2: two answers in a row to different identities.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Carry {
    identity: ScriptRequest,
    repeats: u8,
    late: u8,
    /// This request and so many more but one do not count.
    doubtful: u8,
    given: Given,
    /// Where the answer to the identity before reached, if that counts.
    before: Option<Seq>,
}

/// What stands in the answers to one identity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Given {
    /// It was not answered yet.
    Nothing,
    /// Everything through there at least: of several answers the first counts, because which of them the page runs nobody
    /// knows.
    Through(Seq),
    /// What must not count: an answer was lost, or the request may be one that its page has given up.
    Void,
}

impl Given {
    fn through(self) -> Option<Seq> {
        match self {
            Given::Through(seq) => Some(seq),
            Given::Nothing | Given::Void => None,
        }
    }
}

/// One session's place in the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Cursors {
    acked: Seq,
    sent: Seq,
    answer: Answer,
    rule: Rule,
}

impl Cursors {
    /// A session whose page has everything through `acked` and may have been sent what lies up to `sent`.
    pub fn new(acked: Seq, sent: Seq) -> Self {
        Self { acked, sent: sent.max(acked), answer: Answer::Settled, rule: Rule::Plain }
    }

    /// A session that has just been given a page with everything through `through`. What another session of the user was
    /// `delivered` after that is still to come here.
    pub fn opened(delivered: Seq, through: Seq) -> Self {
        Self { answer: Answer::Page { through }, ..Self::new(delivered.min(through), through) }
    }

    /// A session that outlived the process. Its cursor was stored with everything its page carried, read or not: beyond what
    /// is known to be `delivered` it counts from the first request with its ticket.
    pub fn restored(delivered: Seq, cursor: Seq, sent: Seq) -> Self {
        let acked = delivered.min(cursor);
        let cursors = Self::new(acked, sent.max(cursor));
        Self { answer: Answer::Page { through: cursor }, rule: Rule::Restored, ..cursors }
    }

    /// Highest confirmed seq: everything up to here the page has.
    pub fn acked(self) -> Seq {
        self.acked
    }

    /// Highest seq that was ever handed to the page.
    pub fn sent(self) -> Seq {
        self.sent
    }

    /// What lies after this is worth answering a poll for at once; the rest was carried before and only waits to be
    /// carried again.
    pub fn fresh_after(self) -> Seq {
        match self.rule {
            Rule::Script(Carry { given: Given::Nothing, before: Some(before), .. }) => self.acked.max(before),
            Rule::Script(_) | Rule::Plain | Rule::Restored | Rule::Acks => self.acked,
        }
    }

    /// Whether the last answer was completely written.
    pub fn is_written(self) -> bool {
        matches!(self.answer, Answer::Written { .. } | Answer::Page { .. })
    }

    /// Any request came with the session's ticket. Returns whether it confirmed anything.
    pub fn touched(&mut self) -> bool {
        let Answer::Page { through } = self.answer else { return false };
        self.answer = Answer::Settled;
        self.confirm(through)
    }

    /// A poll came, or a stream begins.
    pub fn polled(&mut self, asks: Asks) -> Heard {
        let page = self.touched();
        let mut heard = match (asks, self.rule) {
            (Asks::Ack(seq), _) => {
                self.rule = Rule::Acks;
                self.acknowledged(seq)
            }
            (_, Rule::Acks) => Heard::default(),
            (Asks::Plain, rule) => {
                self.rule = Rule::Plain;
                Heard { confirmed: rule == Rule::Plain && self.confirm_written(), ..Heard::default() }
            }
            (Asks::Script(identity), Rule::Script(carry)) if carry.identity == identity => self.repeated(carry),
            (Asks::Script(identity), Rule::Script(carry)) if identity.is_before(carry.identity) => {
                self.late(identity, carry)
            }
            (Asks::Script(identity), rule) => self.carried(identity, rule),
        };
        if !heard.late {
            self.answer = Answer::Settled;
        }
        heard.confirmed |= page;
        heard
    }

    /// The page says that it has everything through `seq`.
    pub fn acknowledged(&mut self, seq: Seq) -> Heard {
        if seq > self.sent {
            return Heard { resync: true, ..Heard::default() };
        }
        Heard { confirmed: self.confirm(seq), ..Heard::default() }
    }

    /// A script request of another identity: what its two predecessors were both given has arrived.
    fn carried(&mut self, identity: ScriptRequest, rule: Rule) -> Heard {
        let (last, before, doubtful) = match rule {
            Rule::Script(carry) => (carry.given.through(), carry.before, carry.doubtful.saturating_sub(1)),
            Rule::Restored => (None, None, DOUBTFUL),
            Rule::Plain | Rule::Acks => (None, None, 0),
        };
        // An answer may reach less far than the one before it: a session that fell behind reads the log in portions.
        let confirmed = last.zip(before).is_some_and(|(last, before)| self.confirm(last.min(before)));
        let given = if doubtful > 0 { Given::Void } else { Given::Nothing };
        self.rule = Rule::Script(Carry { identity, repeats: 0, late: 0, doubtful, given, before: last });
        Heard { confirmed, ..Heard::default() }
    }

    /// The same script request again.
    fn repeated(&mut self, carry: Carry) -> Heard {
        if carry.repeats < REPEATS_MAX {
            self.rule = Rule::Script(Carry { repeats: carry.repeats + 1, ..carry });
            return Heard { repeated: true, ..Heard::default() };
        }
        self.rule = Rule::Script(Carry { given: Given::Nothing, before: None, ..carry });
        Heard { confirmed: self.confirm_written(), ..Heard::default() }
    }

    /// A script request that was sent before the last one: a repetition of an old one, or one that was long on its way.
    fn late(&mut self, identity: ScriptRequest, carry: Carry) -> Heard {
        if carry.late < LATE_MAX {
            self.rule = Rule::Script(Carry { late: carry.late + 1, ..carry });
            return Heard { late: true, ..Heard::default() };
        }
        self.carried(identity, Rule::Plain)
    }

    fn confirm_written(&mut self) -> bool {
        match self.answer {
            Answer::Written { through } => self.confirm(through),
            Answer::Settled | Answer::Page { .. } | Answer::Writing { .. } => false,
        }
    }

    fn confirm(&mut self, through: Seq) -> bool {
        let before = self.acked;
        self.acked = before.max(through);
        self.acked > before
    }

    /// A poll's answer with everything from `acked` through `through` goes to the socket.
    pub fn answering(&mut self, through: Seq) {
        self.sent = self.sent.max(through);
        self.answer = Answer::Writing { through };
        if let Rule::Script(carry @ Carry { given: Given::Nothing, .. }) = &mut self.rule {
            carry.given = Given::Through(through);
        }
    }

    /// That answer was completely written.
    pub fn written(&mut self) {
        if let Answer::Writing { through } = self.answer {
            self.answer = Answer::Written { through };
        }
    }

    /// Writing failed, or the connection ended before the next poll.
    pub fn lost(&mut self) {
        self.answer = Answer::Settled;
        if let Rule::Script(carry @ Carry { given: Given::Through(_), .. }) = &mut self.rule {
            carry.given = Given::Void;
        }
    }

    /// A stream carries everything through `through`; its client will say when it has it.
    pub fn streamed(&mut self, through: Seq) {
        self.sent = self.sent.max(through);
        self.answer = Answer::Settled;
    }
}

#[cfg(test)]
mod tests;
