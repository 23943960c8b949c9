//! What is under way between page and server. Both directions are sets: what is in them may arrive at any time, in any order,
//! or never.

/// A poll on its way to the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Request {
    /// The page's polls are numbered from 1.
    pub poll: u8,
    /// What it acknowledges, if its kind does. [`FOREIGN`] is an acknowledgement of another life of the log.
    pub ack: u8,
}

/// See [`Request::ack`].
pub const FOREIGN: u8 = u8::MAX;

/// An answer on its way to the page, with everything after `after` up to `through`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Answer {
    pub poll: u8,
    pub after: u8,
    pub through: u8,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Network {
    /// Sorted, so that states that differ only in the order of sending are one.
    pub requests: Vec<Request>,
    pub answers: Vec<Answer>,
}

impl Network {
    pub fn ask(&mut self, request: Request) {
        self.requests.push(request);
        self.requests.sort_unstable();
    }

    pub fn answer(&mut self, answer: Answer) {
        self.answers.push(answer);
        self.answers.sort_unstable();
        self.answers.dedup();
    }

    /// The page runs one answer to a request, whatever was repeated on the way.
    pub fn forget_answers(&mut self, poll: u8) {
        self.answers.retain(|answer| answer.poll != poll);
    }
}
