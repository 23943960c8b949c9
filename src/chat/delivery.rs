//! When may the server believe that a page has what it was sent? One session's cursors as a plain state machine: no IO, no
//! clock, so that it can be explored exhaustively (`tests/parts/model`). Every transport confirms through this file.
//!
//! - A client that can say what it has (`ack` on a poll, an ack frame, `Last-Event-ID`, the echo of a PING) is believed up to
//!   what it was sent. Cumulative; a lower or repeated word is legal.
//! - A browser's script cannot, and repeats requests silently. What stood in the answers to two requests of different identity
//!   has arrived when a third comes (*carry-2*, in `carry`).
//! - Anybody else: the next poll confirms an answer that was completely written before that poll came, with no end of
//!   connection, reset or timeout in between. Anything else is sent again.

pub use super::carry::Identity;

use super::carry::{Carry, Further};
use super::entry::Seq;

/// How a request says what its page has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Asks {
    /// It does not.
    Plain,
    /// A browser's script request.
    Script(Identity),
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
            Rule::Script(carry) => self.acked.max(carry.carried().unwrap_or_default()),
            Rule::Plain | Rule::Restored | Rule::Acks => self.acked,
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
            (Asks::Script(identity), Rule::Script(carry)) => self.scripted(identity, carry),
            (Asks::Script(identity), rule) => {
                self.rule = Rule::Script(Carry::begin(identity, rule == Rule::Restored));
                Heard::default()
            }
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

    /// A further request of a script.
    fn scripted(&mut self, identity: Identity, mut carry: Carry) -> Heard {
        let further = carry.hear(identity);
        self.rule = Rule::Script(carry);
        match further {
            Further::New(arrived) => {
                Heard { confirmed: arrived.is_some_and(|through| self.confirm(through)), ..Heard::default() }
            }
            Further::Repeated => Heard { repeated: true, ..Heard::default() },
            Further::Constant => Heard { confirmed: self.confirm_written(), ..Heard::default() },
            Further::Late => Heard { late: true, ..Heard::default() },
        }
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
        if let Rule::Script(carry) = &mut self.rule {
            carry.answering(through);
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
        if let Rule::Script(carry) = &mut self.rule {
            carry.lost();
        }
    }

    /// A stream carries everything through `through`; its client will say when it has it.
    pub fn streamed(&mut self, through: Seq) {
        self.sent = self.sent.max(through);
        self.answer = Answer::Settled;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn poll(cursors: &mut Cursors, asks: Asks, through: Seq) -> Seq {
        cursors.polled(asks);
        let acked = cursors.acked();
        cursors.answering(through);
        cursors.written();
        acked
    }

    fn script(number: u64) -> Asks {
        Asks::Script(Identity::of(&format!("jsonp{number}"), ""))
    }

    #[test]
    fn a_page_is_confirmed_by_the_first_request_with_its_ticket() {
        let mut cursors = Cursors::opened(3, 9);
        assert_eq!(cursors.acked(), 3, "nobody may count on an answer that perhaps nobody read");
        assert!(cursors.touched());
        assert_eq!(cursors.acked(), 9);
        assert!(!cursors.touched());
        assert_eq!(Cursors::opened(9, 7).acked(), 7, "another tab was faster");
        for asks in [Asks::Plain, script(1), Asks::Ack(9), Asks::Ack(0)] {
            let mut cursors = Cursors::opened(3, 9);
            assert!(cursors.polled(asks).confirmed);
            assert_eq!(cursors.acked(), 9);
        }
    }

    #[test]
    fn a_poll_confirms_only_what_was_written_before_it() {
        let mut cursors = Cursors::new(3, 3);
        cursors.answering(5);
        assert!(!cursors.polled(Asks::Plain).confirmed, "a poll that overtakes the answer confirms nothing");
        cursors.answering(5);
        cursors.lost();
        cursors.written();
        assert!(!cursors.polled(Asks::Plain).confirmed, "a lost answer confirms nothing");
        cursors.answering(6);
        cursors.written();
        assert!(cursors.polled(Asks::Plain).confirmed);
        assert_eq!(cursors.acked(), 6);
        assert!(!cursors.polled(Asks::Plain).confirmed, "the same answer confirms once");
    }

    #[test]
    fn an_ack_is_believed_up_to_what_was_sent() {
        let mut cursors = Cursors::new(3, 3);
        cursors.answering(8);
        assert_eq!(cursors.polled(Asks::Ack(9)), Heard { resync: true, ..Heard::default() });
        assert_eq!(cursors.acked(), 3);
        assert!(cursors.polled(Asks::Ack(5)).confirmed);
        assert_eq!(cursors.polled(Asks::Ack(4)), Heard::default(), "a lower one is legal and changes nothing");
        assert_eq!(cursors.acked(), 5);
        cursors.answering(8);
        cursors.written();
        cursors.polled(Asks::Plain);
        cursors.polled(script(1));
        assert_eq!(cursors.acked(), 5, "from who acknowledges nothing else counts");
        assert!(Cursors::new(3, 20).polled(Asks::Ack(17)).confirmed, "what an earlier process may have sent");
    }

    #[test]
    fn a_script_is_confirmed_by_the_third_identity() {
        let mut cursors = Cursors::new(3, 3);
        assert_eq!(poll(&mut cursors, script(1), 5), 3);
        assert_eq!(cursors.fresh_after(), 3);
        cursors.polled(script(2));
        assert_eq!((cursors.acked(), cursors.fresh_after()), (3, 5), "5 is to be carried again");
        cursors.answering(6);
        assert_eq!(poll(&mut cursors, script(3), 6), 5);
        assert_eq!(poll(&mut cursors, script(4), 6), 6);
    }

    #[test]
    fn a_silent_repetition_of_a_script_counts_once() {
        let mut cursors = Cursors::new(3, 3);
        poll(&mut cursors, script(1), 5);
        assert!(cursors.polled(script(1)).repeated);
        assert_eq!(cursors.fresh_after(), 3, "the same answer again, at once");
        cursors.answering(7);
        cursors.written();
        assert_eq!(poll(&mut cursors, script(2), 8), 3);
        assert_eq!(poll(&mut cursors, script(3), 8), 5, "of 7 nobody knows");
    }

    #[test]
    fn an_answer_that_was_lost_begins_the_count_anew() {
        let mut cursors = Cursors::new(3, 3);
        poll(&mut cursors, script(1), 5);
        cursors.polled(script(2));
        cursors.answering(5);
        cursors.lost();
        assert_eq!(poll(&mut cursors, script(3), 5), 3);
        assert_eq!(poll(&mut cursors, script(4), 5), 3);
        assert_eq!(poll(&mut cursors, script(5), 5), 5);
    }

    /// Found by the model: the page gave up the first request and got an answer to the second; the first came after it.
    #[test]
    fn a_request_that_was_long_on_its_way_counts_for_nothing() {
        let mut cursors = Cursors::new(3, 3);
        assert_eq!(poll(&mut cursors, script(2), 4), 3);
        let before = cursors;
        assert!(cursors.polled(script(1)).late);
        assert_eq!((cursors.acked(), cursors.answer), (before.acked(), before.answer), "as if it had not come");
        assert_eq!(poll(&mut cursors, script(3), 5), 3, "this answer is lost");
        assert_eq!(poll(&mut cursors, script(4), 5), 4, "5 stood in one answer that counts");
        assert_eq!(poll(&mut cursors, script(5), 5), 5);
    }

    /// Found by the model: the answer to the first copy was read, one to a later copy was known to be lost, and the next one
    /// would have counted for rows that the first did not have.
    #[test]
    fn an_identity_with_a_lost_answer_does_not_count() {
        let mut cursors = Cursors::new(3, 3);
        assert_eq!(poll(&mut cursors, script(1), 4), 3);
        cursors.polled(script(1));
        cursors.answering(4);
        cursors.lost();
        cursors.polled(script(1));
        cursors.answering(5);
        assert_eq!(poll(&mut cursors, script(2), 5), 3);
        assert_eq!(poll(&mut cursors, script(3), 5), 3);
    }

    /// Found by the model: the page with rows 4 to 9 never arrived, and the process was killed.
    #[test]
    fn a_restored_cursor_counts_from_the_first_request() {
        let mut cursors = Cursors::restored(3, 9, 12);
        assert_eq!(cursors.acked(), 3);
        assert!(cursors.polled(script(1)).confirmed);
        assert_eq!(cursors.acked(), 9);
        assert_eq!(Cursors::restored(9, 5, 12).acked(), 5, "another tab has more");
        assert!(Cursors::restored(3, 9, 12).polled(Asks::Ack(11)).confirmed, "what the process before may have sent");
    }

    /// Found by the model: requests 1 and 3 were given up, 2 and 4 answered, the process was killed; then came 1 and 3.
    #[test]
    fn the_first_requests_after_a_restart_do_not_count() {
        let mut cursors = Cursors::restored(3, 3, 12);
        for number in [1, 3, 5, 6] {
            assert_eq!(poll(&mut cursors, script(number), 10), 3, "the answer to 5 is lost");
        }
        assert_eq!(poll(&mut cursors, script(7), 10), 10);
    }

    #[test]
    fn a_constant_callback_never_loops_on_one_answer() {
        let mut cursors = Cursors::new(3, 3);
        let mut polls = 0;
        while poll(&mut cursors, script(1), 5) < 5 {
            polls += 1;
            assert!(polls < 5);
        }
        assert_eq!(poll(&mut cursors, script(1), 9), 5);
        assert_eq!(poll(&mut cursors, script(1), 9), 9, "from then on every next poll confirms");
    }
}
