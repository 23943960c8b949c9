//! When may the server believe that a page has what it was sent? One session's cursors as a plain state machine: no IO, no
//! clock, so that it can be explored exhaustively.
//!
//! The rule for clients that cannot say what they have: the next poll confirms an answer that was completely
//! written before that poll came, with no end of connection, reset or timeout in between. Anything else is sent again.

use super::entry::Seq;

/// What became of the last answer that carried messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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

/// One session's place in the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cursors {
    acked: Seq,
    answer: Answer,
}

impl Cursors {
    /// A session whose page has everything through `acked`.
    pub fn new(acked: Seq) -> Self {
        Self { acked, answer: Answer::Settled }
    }

    /// A session that has just been given a page with everything through `through`.
    pub fn opened(delivered: Seq, through: Seq) -> Self {
        Self { acked: delivered, answer: Answer::Page { through } }
    }

    /// Any request came with the session's ticket. Returns whether it confirmed anything.
    pub fn touched(&mut self) -> bool {
        match self.answer {
            Answer::Page { .. } => self.polled(),
            Answer::Settled | Answer::Writing { .. } | Answer::Written { .. } => false,
        }
    }

    /// Highest confirmed seq: everything up to here the page has.
    pub fn acked(self) -> Seq {
        self.acked
    }

    /// Whether a poll that came now would confirm the last answer.
    pub fn is_written(self) -> bool {
        matches!(self.answer, Answer::Written { .. } | Answer::Page { .. })
    }

    /// A poll came. Returns whether it confirmed anything.
    pub fn polled(&mut self) -> bool {
        let before = self.acked;
        if let Answer::Written { through } | Answer::Page { through } = self.answer {
            self.acked = self.acked.max(through);
        }
        self.answer = Answer::Settled;
        self.acked > before
    }

    /// An answer with everything from `acked` through `through` goes to the socket.
    pub fn answering(&mut self, through: Seq) {
        self.answer = Answer::Writing { through };
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
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_confirmed_by_the_first_request_with_its_ticket() {
        let mut cursors = Cursors::opened(3, 9);
        assert_eq!(cursors.acked(), 3, "nobody may count on an answer that perhaps nobody read");
        assert!(cursors.touched());
        assert_eq!(cursors.acked(), 9);
        assert!(!cursors.touched());
    }

    #[test]
    fn a_poll_confirms_only_what_was_written_before_it() {
        let mut cursors = Cursors::new(3);
        cursors.answering(5);
        assert!(!cursors.polled(), "a poll that overtakes the answer confirms nothing");
        cursors.answering(5);
        cursors.lost();
        cursors.written();
        assert!(!cursors.polled(), "a lost answer confirms nothing");
        cursors.answering(6);
        cursors.written();
        assert!(cursors.polled());
        assert_eq!(cursors.acked(), 6);
        assert!(!cursors.polled(), "the same answer confirms once");
    }
}
