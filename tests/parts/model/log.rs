//! The log behind a played session: rows are committed, the tail hands them out, the store reads them.

use crate::live::world::{SITE, row};
use nextim::chat::entry::{Seq, SharedEntry};
use nextim::chat::session::SessionNumber;
use nextim::live::{Holder, Live};

const ME: u32 = 1;
const OTHER: u32 = 2;

/// Rows of the log as the store would read them.
pub struct Read {
    pub entries: Vec<SharedEntry>,
    pub through: Seq,
    pub more: bool,
}

/// Every row, and whether it is for the played session.
#[derive(Default)]
pub struct Log {
    rows: Vec<(SharedEntry, bool)>,
    tailed: usize,
}

impl Log {
    pub fn head(&self) -> Seq {
        self.rows.len() as Seq
    }

    pub fn commit(&mut self, rows: usize, mine: bool, session: SessionNumber) {
        for _ in 0..rows {
            let (from, to) = if mine { (OTHER, ME) } else { (ME, OTHER) };
            let origin = (!mine).then_some(session);
            self.rows.push((row(self.head() + 1, from, to, origin, "x"), mine));
        }
    }

    pub fn tail(&mut self, rows: usize, live: &Live, holder: &Holder) {
        let end = self.tailed.saturating_add(rows).min(self.rows.len());
        for (entry, mine) in &self.rows[self.tailed..end] {
            if *mine {
                live.push(holder.key, entry, None);
            }
            live.advance(SITE, entry.seq());
        }
        self.tailed = end;
    }

    /// Another process: it begins at the head.
    pub fn restart(&mut self, live: &Live) {
        self.tailed = self.rows.len();
        live.advance(SITE, self.head());
    }

    /// The rows for the session, in order.
    pub fn mine(&self) -> impl Iterator<Item = &SharedEntry> {
        self.rows.iter().filter(|(_, mine)| *mine).map(|(entry, _)| entry)
    }

    pub fn read(&self, after: Seq, limit: usize) -> Read {
        let mut entries: Vec<SharedEntry> = self.mine().filter(|entry| entry.seq() > after).cloned().collect();
        let more = entries.len() > limit;
        entries.truncate(limit);
        let through = if more { entries.last().map_or(after, |row| row.seq()) } else { self.head() };
        Read { entries, through, more }
    }
}
