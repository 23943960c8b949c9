//! Every message that is pushed to a session comes out once and in order under the confirm rule, whatever happens between:
//! answers lost, newer polls, outboxes that overflow and are filled from the log while the tail goes on.

use super::world::{Arriving, SITE, START_MS, TIMES, Tab, row};
use nextim::chat::entry::{Seq, SharedEntry};
use nextim::chat::session::SessionNumber;
use nextim::live::{Cut, Holder, Live, PollEnd, PollHandle};
use proptest::prelude::*;

const ME: u32 = 1;
const OTHER: u32 = 2;
const SESSION: u64 = 7;

#[derive(Debug, Clone)]
enum Step {
    /// So many rows are committed, for the session or not, with so many bytes each.
    Commit {
        rows: usize,
        mine: bool,
        bytes: usize,
    },
    /// The tail hands out so many committed rows.
    Tail(usize),
    /// The page of a session that opens is read, or a row's worth of the log for a session that is behind.
    Read {
        limit: usize,
    },
    /// What was read arrives.
    Arrive,
    /// The read fails.
    Fail,
    Poll,
    Look,
    Written,
    Lost,
    /// The connections of polls that a newer one has replaced notice it; what they were answered was written or not.
    Replaced {
        written: bool,
    },
    /// The connection shows after the answer was written that it was not read.
    Reset,
    /// Another request with the ticket.
    Touch,
}

fn step() -> impl Strategy<Value = Step> {
    let rows = prop_oneof![8 => 1..4_usize, 1 => 490..520_usize];
    let bytes = prop_oneof![5 => Just(1_usize), 1 => Just(64 * 1024)];
    prop_oneof![
        4 => (rows, prop::bool::weighted(0.7), bytes).prop_map(|(rows, mine, bytes)| {
            Step::Commit { rows, mine, bytes: if rows > 10 { 1 } else { bytes } }
        }),
        3 => prop_oneof![1..4_usize, Just(usize::MAX)].prop_map(Step::Tail),
        3 => prop_oneof![1..4_usize, Just(500)].prop_map(|limit| Step::Read { limit }),
        3 => Just(Step::Arrive),
        1 => Just(Step::Fail),
        4 => Just(Step::Poll),
        4 => Just(Step::Look),
        4 => Just(Step::Written),
        2 => any::<bool>().prop_map(|written| Step::Replaced { written }),
        2 => Just(Step::Lost),
        1 => Just(Step::Reset),
        1 => Just(Step::Touch),
    ]
}

#[derive(Debug, PartialEq)]
enum Answer {
    None,
    Writing(Vec<Seq>),
    Written(Vec<Seq>),
}

struct Read {
    entries: Vec<SharedEntry>,
    through: Seq,
    more: bool,
}

/// A session, the log behind it, and a page in front of it that keeps to the confirm rule.
struct Play {
    live: Live,
    tab: Tab,
    log: Vec<(SharedEntry, bool)>,
    tailed: usize,
    /// A session that is filled reads after this place.
    filling: Option<Seq>,
    read: Option<Read>,
    is_open: bool,
    /// Rows that came with the page itself.
    page: Vec<Seq>,
    answer: Answer,
    /// The poll that `answer` belongs to.
    last: Option<PollHandle>,
    /// Polls that a newer one has replaced, and whose connections have not noticed yet.
    replaced: Vec<PollHandle>,
    confirmed: Vec<Seq>,
    now_ms: u64,
}

impl Play {
    /// A session that opens (`cursor` is none) or that outlived the process, on a log that is there already.
    fn new(before: usize, cursor: Option<Seq>) -> Self {
        let arriving = Arriving::new(ME, &[], SESSION);
        let mut play = Self {
            live: Live::new(TIMES, START_MS),
            tab: Tab::new(arriving.holder()),
            log: Vec::new(),
            tailed: 0,
            filling: None,
            read: None,
            is_open: cursor.is_some(),
            page: Vec::new(),
            answer: Answer::None,
            last: None,
            replaced: Vec::new(),
            confirmed: Vec::new(),
            now_ms: START_MS,
        };
        play.commit(before, true, 1);
        match cursor {
            None => drop(play.live.arrive(arriving.arrival(), START_MS)),
            Some(cursor) => {
                play.tail(usize::MAX);
                play.live.restore(arriving.arrival(), &[], cursor, START_MS);
                play.confirmed = play.mine_between(0, cursor, usize::MAX);
            }
        }
        play
    }

    fn commit(&mut self, rows: usize, mine: bool, bytes: usize) {
        let body = "x".repeat(bytes);
        for _ in 0..rows {
            let seq = self.log.len() as Seq + 1;
            let (from, to) = if mine { (OTHER, ME) } else { (ME, OTHER) };
            let origin = (!mine).then_some(SessionNumber(SESSION));
            self.log.push((row(seq, from, to, origin, &body), mine));
        }
    }

    fn tail(&mut self, rows: usize) {
        let end = self.tailed.saturating_add(rows).min(self.log.len());
        for (entry, mine) in &self.log[self.tailed..end] {
            // Every second foreign row is for others alone.
            if *mine || entry.seq().is_multiple_of(2) {
                let origin = entry.message().and_then(|message| message.origin);
                self.live.push(self.tab.holder.key, entry, origin);
            }
            self.live.advance(SITE, entry.seq());
        }
        self.tailed = end;
    }

    fn mine_between(&self, after: Seq, through: Seq, limit: usize) -> Vec<Seq> {
        self.mine_rows(after, through).take(limit).map(|entry| entry.seq()).collect()
    }

    fn mine_rows(&self, after: Seq, through: Seq) -> impl Iterator<Item = &SharedEntry> {
        let mine = self.log.iter().filter(|(_, mine)| *mine).map(|(entry, _)| entry);
        mine.filter(move |entry| entry.seq() > after && entry.seq() <= through)
    }

    /// Reads what follows `after` as the store would: at most `limit` rows of the log as it is now.
    fn read(&mut self, limit: usize) {
        let after = if self.is_open { self.filling } else { Some(0) };
        let (Some(after), None) = (after, &self.read) else { return };
        let head = self.log.len() as Seq;
        let entries: Vec<SharedEntry> = self.mine_rows(after, head).take(limit).cloned().collect();
        let more = self.mine_rows(after, head).count() > limit;
        let through = if more { entries.last().map_or(head, |entry| entry.seq()) } else { head };
        self.read = Some(Read { entries, through, more });
    }

    fn arrive(&mut self) {
        let Some(Read { entries, through, more }) = self.read.take() else { return };
        let holder: Holder = self.tab.holder;
        if self.is_open {
            self.filling = None;
            self.live.finish_fill(&holder, entries, through, more);
        } else {
            self.is_open = true;
            self.page = entries.iter().map(|entry| entry.seq()).collect();
            let cut = Cut { through, more, rows: !entries.is_empty() };
            self.live.open(&holder, &[], &[], cut, self.now_ms);
        }
    }

    fn confirm_page(&mut self) {
        self.confirmed.append(&mut self.page);
    }

    fn poll(&mut self) {
        self.confirm_page();
        if let Answer::Written(rows) = std::mem::replace(&mut self.answer, Answer::None) {
            self.confirmed.extend(rows);
        }
        self.replaced.extend(self.tab.poll);
        self.tab.poll(&self.live, self.now_ms);
    }

    /// As a poll does: first what is missing, then what is there.
    fn look(&mut self) {
        if self.tab.poll.is_none() || self.answer != Answer::None {
            return;
        }
        if self.filling.is_none() {
            self.filling = self.live.begin_fill(&self.tab.holder);
            if self.filling.is_some() {
                return;
            }
        }
        let packet = match self.tab.look(&self.live, self.now_ms) {
            Some(PollEnd::Packet(packet)) => packet,
            None => return,
            Some(other) => panic!("the newest poll got {other:?}"),
        };
        let sent: Vec<Seq> = packet.entries.iter().map(|entry| entry.seq()).collect();
        let due = self.mine_between(0, Seq::MAX, usize::MAX).split_off(self.confirmed.len());
        let due = &due[..sent.len().min(due.len())];
        assert!(sent == due, "sent {:?}.., but {:?}.. is due", &sent[..sent.len().min(5)], &due[..due.len().min(5)]);
        (self.answer, self.last) = (Answer::Writing(sent), self.tab.poll);
    }

    fn answered(&mut self, written: bool) {
        if let Answer::Writing(rows) = &mut self.answer {
            self.tab.answered(&self.live, written, self.now_ms);
            self.answer = if written { Answer::Written(std::mem::take(rows)) } else { Answer::None };
        }
    }

    fn act(&mut self, step: &Step) {
        match *step {
            Step::Commit { rows, mine, bytes } => self.commit(rows, mine, bytes),
            Step::Tail(rows) => self.tail(rows),
            Step::Read { limit } => self.read(limit),
            Step::Arrive => self.arrive(),
            Step::Fail if self.is_open && self.filling.take().is_some() => {
                self.read = None;
                self.live.abort_fill(&self.tab.holder);
            }
            Step::Poll if self.is_open => self.poll(),
            Step::Look => self.look(),
            Step::Written => self.answered(true),
            Step::Lost => self.answered(false),
            Step::Replaced { written } => {
                for poll in self.replaced.drain(..) {
                    self.live.end_poll(poll, written, self.now_ms);
                }
            }
            Step::Reset => self.reset(),
            Step::Touch if self.is_open => {
                self.live.touch(&self.tab.holder);
                self.confirm_page();
            }
            Step::Fail | Step::Poll | Step::Touch => {}
        }
    }

    /// What a connection reports that ends with a reset after its answer.
    fn reset(&mut self) {
        if let (Answer::Written(_), Some(poll)) = (&self.answer, self.last) {
            self.live.lost(poll);
            self.answer = Answer::None;
        }
    }

    /// What the store is told must be confirmed.
    fn check_cursor(&self) {
        for at in self.live.take_dirty() {
            let counted = self.mine_between(0, at.acked, usize::MAX);
            assert!(counted.len() <= self.confirmed.len(), "the cursor is at {} too early", at.acked);
        }
    }

    /// Polls on until nothing is left.
    fn finish(mut self) {
        self.tail(usize::MAX);
        if !self.is_open {
            self.read(500);
            self.arrive();
        }
        self.answered(false);
        let all = self.mine_between(0, Seq::MAX, usize::MAX);
        let mut rounds_without_progress = 0;
        while rounds_without_progress < 5 {
            let before = self.confirmed.len();
            self.poll();
            for _ in 0..4 {
                self.read(500);
                self.arrive();
                self.look();
            }
            self.answered(true);
            self.now_ms += TIMES.poll_hold_ms;
            rounds_without_progress = if self.confirmed.len() == before { rounds_without_progress + 1 } else { 0 };
        }
        assert!(
            self.confirmed == all,
            "{} rows were confirmed, {} are for the session",
            self.confirmed.len(),
            all.len()
        );
        self.check_cursor();
        let position = self.log.len() as Seq;
        assert_eq!(self.live.clear_point(&self.tab.holder), Some(position), "an idle cursor follows the tail");
    }
}

proptest! {
    #![proptest_config(super::config())]

    /// Negative controls: let `Outbox::finish_fill` forget the rows that arrived, `Cursors::lost` keep its answer, or
    /// `Outbox::overflow` go on from `enqueued`, and rows are lost here.
    #[test]
    fn every_row_comes_out_once_and_in_order(
        before in 0..6_usize,
        restored in prop::option::of(0..6_usize),
        steps in prop::collection::vec(step(), 0..120),
    ) {
        let mut play = Play::new(before, restored.map(|cursor| cursor.min(before) as Seq));
        for step in &steps {
            play.act(step);
            play.check_cursor();
        }
        play.finish();
    }
}
