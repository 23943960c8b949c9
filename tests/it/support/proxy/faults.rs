//! Which connection is broken how: drawn from a seed, with offsets that reach every byte when there are enough of them.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// How a connection ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum End {
    /// At once, with a reset.
    Rst,
    /// In order.
    Fin,
    /// Not for now: the other side does not learn anything.
    Kept,
}

/// Whether the server was told that an answer which it wrote completely did not arrive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Told {
    /// By a reset, clearly before the next request.
    InTime,
    /// By a reset, with the request's repetition right behind it.
    Late,
    /// Not at all, or by an orderly end, which looks the same as a page that has read everything.
    Never,
}

/// Which connection breaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Side {
    Page,
    Server,
}

/// What is under way when it does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum While {
    Asking,
    Answering,
}

/// What happens to an exchange, or to a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    None,
    /// After `at` bytes, counted modulo their number.
    Cut {
        side: Side,
        when: While,
        at: usize,
        end: End,
        /// What the connection on the other side of the proxy sees.
        other: End,
    },
    /// The answer is held back for a while.
    Stall(Duration),
    /// The server is told that nothing more will come.
    HalfClose(usize),
    /// Byte by byte.
    Dribble,
    /// A GET goes out twice; the first answer counts.
    Twice,
}

/// How a stream's bytes pass until it is cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pace {
    Usual,
    /// The first answer is held back for a while.
    Stall(Duration),
    /// Byte by byte.
    Dribble,
}

/// What has been broken.
#[derive(Debug, Clone, Default)]
pub struct Stats {
    pub cuts: u32,
    /// The bytes after which something was cut, by what.
    pub(super) offsets: BTreeMap<(Side, While, End), BTreeSet<usize>>,
    pub retries: u32,
    pub stalls: u32,
    pub half_closes: u32,
    pub dribbles: u32,
    pub twice: u32,
    /// Bodies in answers that were completely read from the server and not completely given to the page, by what the server
    /// was told of it.
    pub destroyed: BTreeMap<Told, BTreeSet<String>>,
}

impl Stats {
    /// At how many different bytes something was cut.
    pub fn places(&self) -> usize {
        self.offsets.values().map(BTreeSet::len).sum()
    }

    pub(super) fn cut(&mut self, side: Side, when: While, end: End, at: usize) {
        self.cuts += 1;
        self.offsets.entry((side, when, end)).or_default().insert(at);
    }

    pub(super) fn destroyed(&mut self, answer: &[u8], told: Told) {
        let text = String::from_utf8_lossy(answer);
        let bodies = text.split("\"body\":\"").skip(1).filter_map(|rest| rest.split('"').next());
        self.destroyed.entry(told).or_default().extend(bodies.map(str::to_owned));
    }
}

/// See the module.
pub struct Faults {
    state: u64,
    /// Cuts still to be made.
    budget: u32,
    offset: usize,
    pub(super) stats: Stats,
}

/// A prime, so that its multiples reach every offset of a message in turn.
const STRIDE: usize = 617;
/// A stream is cut within so many bytes.
const STREAM_BYTES: usize = 2_500;

impl Faults {
    pub fn new(seed: u64, budget: u32) -> Self {
        let state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
        let offset = usize::try_from(seed % 100_000).expect("small") * 31;
        Self { state, budget, offset, stats: Stats::default() }
    }

    pub(super) fn heal(&mut self) {
        self.budget = 0;
    }

    pub(super) fn is_done(&self) -> bool {
        self.budget == 0
    }

    fn draw(&mut self, below: u64) -> u64 {
        self.state ^= self.state << 13;
        self.state ^= self.state >> 7;
        self.state ^= self.state << 17;
        (self.state >> 16) % below
    }

    /// What becomes of the next exchange.
    pub(super) fn next(&mut self, is_get: bool) -> Fault {
        if self.budget == 0 {
            return Fault::None;
        }
        self.offset += STRIDE;
        match self.draw(100) {
            0..=3 => Fault::Dribble,
            4..=7 => Fault::HalfClose(self.offset),
            8..=12 => Fault::Stall(self.moment()),
            13 => Fault::Stall(Duration::from_millis(2_500)),
            14..=18 if is_get => Fault::Twice,
            19..=45 => Fault::None,
            _ => self.cut(self.offset),
        }
    }

    /// What becomes of the answer to a request that was repeated.
    pub(super) fn again(&mut self) -> Option<Fault> {
        if self.budget == 0 || self.draw(2) == 0 {
            return None;
        }
        self.offset += STRIDE;
        match self.cut(self.offset) {
            Fault::Cut { at, end, other, .. } => {
                Some(Fault::Cut { side: Side::Page, when: While::Answering, at, end, other })
            }
            other => Some(other),
        }
    }

    /// What becomes of the next stream.
    pub(super) fn next_stream(&mut self) -> (Fault, Pace) {
        if self.budget == 0 {
            return (Fault::None, Pace::Usual);
        }
        self.offset += STRIDE;
        let pace = match self.draw(10) {
            0 => Pace::Dribble,
            1 => Pace::Stall(self.moment()),
            _ => Pace::Usual,
        };
        let at = self.offset % STREAM_BYTES;
        let fault = if self.draw(12) == 0 { Fault::HalfClose(at) } else { self.cut(at) };
        (fault, pace)
    }

    fn moment(&mut self) -> Duration {
        Duration::from_millis(20 + self.draw(130))
    }

    fn cut(&mut self, at: usize) -> Fault {
        self.budget -= 1;
        let end = if self.draw(2) == 0 { End::Rst } else { End::Fin };
        let side = if self.draw(2) == 0 { Side::Page } else { Side::Server };
        let when = if self.draw(3) == 0 { While::Asking } else { While::Answering };
        let other = match self.draw(4) {
            0 => End::Fin,
            1 => End::Kept,
            _ => End::Rst,
        };
        Fault::Cut { side, when, at, end, other }
    }
}
