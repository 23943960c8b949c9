//! A client of any kind on a real session of `Live`, with the log in memory and a network that does what it is told to.

use super::plays::{End, Kind, Step};
use crate::live::world::{self, Arriving, SITE, START_MS, row};
use nextim::chat::delivery::Asks;
use nextim::chat::entry::{Seq, SharedEntry};
use nextim::chat::script_request::ScriptRequest;
use nextim::chat::session::SessionNumber;
use nextim::live::{Cut, Holder, Live, PollEnd, PollHandle, Times};
use std::collections::VecDeque;
use std::task::{Poll, Waker};

const ME: u32 = 1;
const OTHER: u32 = 2;
const SESSION: u64 = 7;
/// Rows that one answer may carry.
const ROWS_MAX: usize = 500;

/// Here no ticket ends by itself.
const TIMES: Times = Times { ticket_idle_ms: u64::MAX / 2, ..world::TIMES };

/// What an answer or a frame brings.
#[derive(Debug, Clone)]
struct Carried {
    poll: u64,
    rows: Vec<Seq>,
    through: Seq,
}

struct Read {
    entries: Vec<SharedEntry>,
    through: Seq,
    more: bool,
}

pub struct Play {
    kind: Kind,
    live: Live,
    holder: Holder,
    now_ms: u64,
    log: Vec<(SharedEntry, bool)>,
    tailed: usize,
    filling: Option<Seq>,
    read: Option<Read>,
    /// Polls that the server holds, the stream among them, by the page's number of them.
    held: Vec<(PollHandle, u64)>,
    /// Polls whose answer is being written.
    writing: Vec<PollHandle>,
    last: Option<PollHandle>,
    answers: Vec<Carried>,
    /// The stream's number among the polls, and its frames under way, in order.
    stream: Option<u64>,
    frames: VecDeque<Carried>,
    /// What the store knows of the session, and what its page brought.
    stored: Seq,
    page: Seq,
    // The page.
    polls: u64,
    waiting: bool,
    failed: bool,
    pub closed: bool,
    mark: Seq,
    shown: Vec<Seq>,
}

impl Play {
    pub fn new(kind: Kind, before: usize) -> Self {
        let arriving = Arriving::new(ME, &[], SESSION);
        let mut play = Self {
            kind,
            live: Live::new(TIMES, START_MS),
            holder: arriving.holder(),
            now_ms: START_MS,
            log: Vec::new(),
            tailed: 0,
            filling: None,
            read: None,
            held: Vec::new(),
            writing: Vec::new(),
            last: None,
            answers: Vec::new(),
            stream: None,
            frames: VecDeque::new(),
            stored: 0,
            page: before as Seq,
            polls: 0,
            waiting: false,
            failed: false,
            closed: false,
            mark: 0,
            shown: Vec::new(),
        };
        play.commit(before, true);
        play.tail(usize::MAX);
        play.live.arrive(arriving.arrival(), START_MS);
        let cut = Cut { through: play.page, more: false, rows: before > 0 };
        play.live.open(&play.holder, &[], &[], cut, START_MS);
        play.shown = (1..=play.page).collect();
        if kind.acknowledges() {
            play.mark = play.page;
        }
        play
    }

    pub fn act(&mut self, step: &Step) {
        self.now_ms += 50;
        match *step {
            Step::Commit { rows, mine } => self.commit(rows, mine),
            Step::Tail(rows) => self.tail(rows),
            Step::Read { limit } => self.read(limit),
            Step::Arrive => self.arrive(),
            Step::Fail => self.fail_read(),
            Step::Poll => self.next_poll(),
            Step::Again { back } if self.kind.is_script_or_ack() && self.polls > back => self.ask(self.polls - back),
            Step::Look { at, end, reaches } => self.look(at, end, reaches),
            Step::Run { at, works } => self.run(at, works),
            Step::EndWriting { written } => self.end_writing(written),
            Step::Reset if self.may_reset() => self.last.into_iter().for_each(|poll| self.live.lost(poll)),
            Step::Touch => drop(self.live.touch(&self.holder)),
            Step::Stream if self.kind.has_streams() => self.open_stream(),
            Step::Say { back } if self.kind.acknowledges() => self.say(self.mark.saturating_sub(back)),
            Step::Lie if self.kind.acknowledges() => self.lie(),
            Step::Break => self.cut_stream(),
            Step::Wait => self.now_ms += TIMES.poll_hold_ms,
            Step::Store => self.store(),
            Step::Restart => self.restart(),
            Step::Again { .. } | Step::Reset | Step::Stream | Step::Say { .. } | Step::Lie => {}
        }
        self.check();
    }

    fn commit(&mut self, rows: usize, mine: bool) {
        for _ in 0..rows {
            let seq = self.log.len() as Seq + 1;
            let (from, to) = if mine { (OTHER, ME) } else { (ME, OTHER) };
            let origin = (!mine).then_some(SessionNumber(SESSION));
            self.log.push((row(seq, from, to, origin, "x"), mine));
        }
    }

    fn tail(&mut self, rows: usize) {
        let end = self.tailed.saturating_add(rows).min(self.log.len());
        for (entry, mine) in &self.log[self.tailed..end] {
            if *mine {
                self.live.push(self.holder.key, entry, None);
            }
            self.live.advance(SITE, entry.seq());
        }
        self.tailed = end;
    }

    fn mine(&self) -> impl Iterator<Item = &SharedEntry> {
        self.log.iter().filter(|(_, mine)| *mine).map(|(entry, _)| entry)
    }

    fn read(&mut self, limit: usize) {
        let (Some(after), None) = (self.filling, &self.read) else { return };
        let mut rows: Vec<SharedEntry> = self.mine().filter(|entry| entry.seq() > after).cloned().collect();
        let more = rows.len() > limit;
        rows.truncate(limit);
        let through = if more { rows.last().map_or(after, |row| row.seq()) } else { self.log.len() as Seq };
        self.read = Some(Read { entries: rows, through, more });
    }

    fn arrive(&mut self) {
        if let Some(Read { entries, through, more }) = self.read.take() {
            self.filling = None;
            self.live.finish_fill(&self.holder, entries, through, more);
        }
    }

    fn fail_read(&mut self) {
        if self.filling.take().is_some() {
            self.read = None;
            self.live.abort_fill(&self.holder);
        }
    }

    fn fail(&mut self) {
        self.waiting = false;
        self.closed |= self.kind == Kind::Script && self.failed;
        self.failed = true;
    }

    /// The page polls, after it has given up what it waited for.
    fn next_poll(&mut self) {
        if self.waiting {
            self.fail();
        }
        if self.closed {
            return;
        }
        self.cut_stream();
        self.polls += 1;
        self.waiting = true;
        if self.kind.is_honest() {
            // What became of the connections is known by now.
            for poll in self.writing.drain(..) {
                self.live.end_poll(poll, false, self.now_ms);
            }
        }
        self.ask(self.polls);
    }

    /// A request, or one once more, comes to the server.
    fn ask(&mut self, poll: u64) {
        let asks = match self.kind {
            Kind::Script => Asks::Script(ScriptRequest::of(&format!("jsonp{poll}"), "")),
            Kind::Constant => Asks::Script(ScriptRequest::of("call", "")),
            Kind::Plain | Kind::Echo => Asks::Plain,
            // What is repeated says less than what is true by now.
            Kind::Ack | Kind::Events => Asks::Ack(self.mark.saturating_sub(self.polls - poll)),
        };
        let (handle, heard) = self.live.begin_poll(&self.holder, asks, self.now_ms).expect("a live ticket");
        assert!(!heard.resync, "an honest page was told to begin anew");
        self.cut_stream();
        self.held.push((handle, poll));
    }

    fn open_stream(&mut self) {
        self.cut_stream();
        self.waiting = false;
        let asks = match self.kind {
            Kind::Echo => Asks::Plain,
            _ => Asks::Ack(self.mark),
        };
        let (handle, heard) = self.live.begin_stream(&self.holder, asks, self.now_ms).expect("a live ticket");
        assert!(!heard.resync, "an honest page was told to begin anew");
        self.polls += 1;
        self.stream = Some(self.polls);
        self.held.push((handle, self.polls));
    }

    /// The stream's connection breaks: what was under way on it is gone.
    fn cut_stream(&mut self) {
        let Some(number) = self.stream.take() else { return };
        self.frames.clear();
        for (handle, _) in self.held.extract_if(.., |(_, poll)| *poll == number) {
            self.live.end_poll(handle, false, self.now_ms);
        }
    }

    fn say(&mut self, seq: Seq) {
        assert!(!self.live.acknowledge(&self.holder, seq).resync);
    }

    fn lie(&mut self) {
        for seq in [self.log.len() as Seq + 1, Seq::MAX] {
            assert!(self.live.acknowledge(&self.holder, seq).resync, "an ack of what does not exist is believed");
        }
    }

    /// As a connection does: first what is missing, then what is there.
    fn look(&mut self, at: usize, end: End, reaches: bool) {
        if self.held.is_empty() {
            return;
        }
        if self.filling.is_none() {
            self.filling = self.live.begin_fill(&self.holder);
            if self.filling.is_some() {
                return;
            }
        }
        let at = at % self.held.len();
        let (handle, poll) = self.held[at];
        let carried = match self.live.look(handle, self.now_ms, Waker::noop()) {
            Poll::Pending | Poll::Ready(PollEnd::Full) => return,
            Poll::Ready(PollEnd::Packet(packet)) => {
                assert!(packet.entries.len() <= ROWS_MAX, "{} rows in one answer", packet.entries.len());
                let rows = packet.entries.iter().map(|entry| entry.seq()).collect();
                Some(Carried { poll, rows, through: packet.through })
            }
            Poll::Ready(PollEnd::Superseded) => Some(Carried { poll, rows: Vec::new(), through: 0 }),
            Poll::Ready(PollEnd::Abandoned) => None,
            Poll::Ready(other) => panic!("a poll got {other:?}"),
        };
        if self.stream == Some(poll) {
            self.frames.extend(carried);
            return;
        }
        self.held.remove(at);
        match carried {
            Some(carried) => self.answered(handle, carried, end, reaches),
            None => self.live.end_poll(handle, false, self.now_ms),
        }
    }

    fn answered(&mut self, handle: PollHandle, carried: Carried, end: End, reaches: bool) {
        let is_read = self.waiting && carried.poll == self.polls;
        // A connection that tells the truth: what was written and not read is seen to be lost.
        let end = if self.kind.is_honest() && end == End::Written && !(reaches && is_read) { End::Lost } else { end };
        match end {
            End::Written => self.live.end_poll(handle, true, self.now_ms),
            End::Lost => self.live.end_poll(handle, false, self.now_ms),
            End::Writing => self.writing.push(handle),
        }
        self.last = Some(handle);
        if !self.kind.is_honest() {
            self.answers.push(carried);
        } else if reaches && is_read && end != End::Lost {
            self.answers = vec![carried];
            self.run(0, true);
        }
    }

    fn end_writing(&mut self, written: bool) {
        for poll in self.writing.drain(..) {
            self.live.end_poll(poll, written && !self.kind.is_honest(), self.now_ms);
        }
    }

    /// A reset of a connection whose answer was read is only seen where connections do not tell the truth.
    fn may_reset(&self) -> bool {
        !self.kind.is_honest()
    }

    /// The next frame of the stream is executed in the page, or an answer.
    fn run(&mut self, at: usize, works: bool) {
        if let Some(frame) = self.frames.pop_front() {
            self.show(&frame);
            if self.kind == Kind::Echo {
                self.say(frame.through);
            }
            return;
        }
        if self.answers.is_empty() || self.closed {
            return;
        }
        let answer = self.answers.remove(at % self.answers.len());
        // Of several answers to one request the page runs one.
        self.answers.retain(|other| other.poll != answer.poll);
        let works = works || self.kind != Kind::Script || answer.rows.is_empty();
        if works {
            self.show(&answer);
        }
        if self.waiting && answer.poll == self.polls {
            if works {
                (self.waiting, self.failed) = (false, false);
            } else {
                self.fail();
            }
        }
    }

    fn show(&mut self, answer: &Carried) {
        let is_filtered = !matches!(self.kind, Kind::Plain | Kind::Echo);
        for seq in &answer.rows {
            let known = self.shown.contains(seq);
            if known && (!is_filtered || *seq <= self.mark) {
                continue;
            }
            assert!(!known, "{seq} is shown twice");
            assert!(self.shown.last().is_none_or(|last| last < seq), "{seq} comes after {:?}", self.shown.last());
            self.shown.push(*seq);
        }
        let last = if self.kind.acknowledges() { Some(answer.through) } else { answer.rows.last().copied() };
        self.mark = self.mark.max(last.unwrap_or_default());
    }

    fn store(&mut self) {
        for at in self.live.take_dirty() {
            assert!(Some(at.acked) <= self.live.acked(&self.holder), "stored ahead");
            self.stored = self.stored.max(at.acked);
        }
    }

    fn restart(&mut self) {
        self.cut_stream();
        let mut arriving = Arriving::new(ME, &[], SESSION);
        arriving.member.delivered = self.stored;
        self.live = Live::new(TIMES, self.now_ms);
        self.tailed = self.log.len();
        self.live.advance(SITE, self.tailed as Seq);
        self.live.restore(arriving.arrival(), &[], self.stored.max(self.page), self.now_ms);
        self.held.clear();
        self.writing.clear();
        (self.filling, self.read, self.last) = (None, None, None);
    }

    /// What no page has shown is not confirmed.
    fn check(&self) {
        let acked = self.live.acked(&self.holder).expect("a live ticket");
        let mut confirmed = self.mine().map(|entry| entry.seq()).take_while(|seq| *seq <= acked);
        let unseen = confirmed.find(|seq| self.shown.binary_search(seq).is_err());
        assert_eq!(unseen, None, "confirmed up to {acked}, and never shown");
    }

    /// Goes on without any further fault until all is shown and confirmed; or, if the page is closed, finds the rest in what
    /// the next page is given.
    pub fn finish(mut self) {
        self.tail(usize::MAX);
        let last = self.mine().last().map_or(0, |entry| entry.seq());
        let all = self.mine().count();
        for _ in 0..(all / 100 + 20) {
            if self.closed {
                return self.reopen();
            }
            if self.shown.len() == all && self.live.acked(&self.holder).is_some_and(|acked| acked >= last) {
                return;
            }
            self.round();
        }
        panic!("{} of {all} rows are shown, confirmed up to {:?}", self.shown.len(), self.live.acked(&self.holder));
    }

    fn round(&mut self) {
        self.answers.clear();
        let streams = self.kind.has_streams();
        self.act(if streams { &Step::Stream } else { &Step::Poll });
        for _ in 0..4 {
            self.act(&Step::Read { limit: ROWS_MAX });
            self.act(&Step::Arrive);
            let newest = self.held.len().saturating_sub(1);
            self.act(&Step::Look { at: newest, end: End::Written, reaches: true });
            self.now_ms += 1_000;
        }
        if !streams && self.waiting && self.held.iter().any(|(_, poll)| *poll == self.polls) {
            self.act(&Step::Wait);
            let newest = self.held.len().saturating_sub(1);
            self.act(&Step::Look { at: newest, end: End::Written, reaches: true });
        }
        while !(self.closed || self.answers.is_empty() && self.frames.is_empty()) {
            self.act(&Step::Run { at: 0, works: true });
        }
        if self.kind.acknowledges() {
            self.act(&Step::Say { back: 0 });
        }
    }

    /// What no session has confirmed is in the next page.
    fn reopen(self) {
        let arriving = Arriving { session: SESSION + 1, ..Arriving::new(ME, &[], SESSION) };
        let delivered = self.live.arrive(arriving.arrival(), self.now_ms).delivered;
        let missing = self.mine().map(|entry| entry.seq()).find(|seq| *seq <= delivered && !self.shown.contains(seq));
        assert_eq!(missing, None, "the next page begins after {delivered}");
    }
}
