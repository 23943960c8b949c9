//! What a page shows. The filter is the one of `edge/browser/transport/page_filter`, in words.

use super::network::Answer;

/// How the page keeps from showing a row twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Filter {
    /// Not at all.
    None,
    /// The answer drops what the page has seen; its mark moves after the page's function has returned.
    Answer,
    /// A defect: its mark moves before the function is called.
    MarkFirst,
    /// Our own client: as `Answer`, and its mark follows the packet's `seq`, which may lie beyond its last row.
    Client,
}

/// What became of the page's function.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Call {
    /// It ran and returned.
    Returned,
    /// It is not there, and nothing of the answer runs; or something that is no function stands in its place, and the filter
    /// runs before the error; or it threw before it had shown anything.
    Failed,
}

/// Rows as a set of bits: row `seq` is bit `seq`.
pub type Rows = u16;

/// The rows after `after` and up to `through`.
pub fn rows(after: u8, through: u8) -> Rows {
    (after + 1..=through).fold(0, |rows, seq| rows | 1 << seq)
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Page {
    pub shown: Rows,
    /// The filter's.
    pub mark: u8,
    pub doubled: bool,
    pub disordered: bool,
}

impl Page {
    /// Shows one row.
    fn show(&mut self, seq: u8) {
        let bit = 1 << seq;
        self.doubled |= self.shown & bit != 0;
        self.disordered |= self.shown & bit == 0 && self.shown > bit;
        self.shown |= bit;
    }

    /// Shows what came with the page itself.
    pub fn open(&mut self, rows: Rows) {
        (1..16).filter(|seq| rows & 1 << seq != 0).for_each(|seq| self.show(seq));
    }

    /// An answer is executed. `mine` are the rows that are for this page at all.
    pub fn run(&mut self, answer: &Answer, mine: Rows, filter: Filter, call: Call) {
        let carried = rows(answer.after, answer.through) & mine;
        let passed = if filter == Filter::None { carried } else { carried & !rows(0, self.mark) };
        let last = (1..16).rev().find(|seq| carried & 1 << seq != 0).unwrap_or(0);
        let mark = if filter == Filter::Client { answer.through } else { last };
        if call == Call::Returned {
            self.open(passed);
        }
        if call == Call::Returned || filter == Filter::MarkFirst {
            self.mark = self.mark.max(mark);
        }
    }
}
