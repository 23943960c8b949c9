//! Holes of the sessions that reading and the random plays have found, each as the shortest play that shows it.

use crate::live::world::{Arriving, SITE, START_MS, TIMES, key, row};
use nextim::chat::delivery::Asks;
use nextim::chat::entry::Seq;
use nextim::chat::script_request::ScriptRequest;
use nextim::live::{Cut, Holder, Live, PollEnd, PollHandle};
use std::task::{Poll, Waker};

fn script(number: u64) -> Asks {
    Asks::Script(ScriptRequest::of(&format!("jsonp{number}"), ""))
}

fn begin(live: &Live, holder: &Holder, asks: Asks, now_ms: u64) -> PollHandle {
    live.begin_poll(holder, asks, now_ms).expect("a live ticket").0
}

fn look(live: &Live, poll: PollHandle, now_ms: u64) -> Option<PollEnd> {
    match live.look(poll, now_ms, Waker::noop()) {
        Poll::Ready(end) => Some(end),
        Poll::Pending => None,
    }
}

fn rows(end: Option<PollEnd>) -> Vec<Seq> {
    let Some(PollEnd::Packet(packet)) = end else { panic!("no packet but {end:?}") };
    packet.entries.iter().map(|entry| entry.seq()).collect()
}

fn push(live: &Live, seqs: std::ops::RangeInclusive<Seq>) {
    for seq in seqs {
        live.push(key(1), &row(seq, 2, 1, None, "x"), None);
        live.advance(SITE, seq);
    }
}

/// The answer to `online` never came and the process was killed: the stored cursor says what the page carried, and nobody
/// has seen it.
///
/// Negative control: let `Session::restore` begin with `Cursors::new(cursor, sent)`.
#[test]
fn a_restored_session_that_nobody_uses_delivers_nothing() {
    let live = Live::new(TIMES, START_MS);
    live.advance(SITE, 9);
    let never_read = Arriving::new(1, &[], 1);
    live.restore(never_read.arrival(), &[], 9, START_MS);
    live.end(&never_read.holder(), START_MS);
    assert_eq!(live.arrive(Arriving::new(1, &[], 2).arrival(), START_MS).delivered, 0);
}

/// One tab opens while another gets and confirms a row that is not in the first one's page any more.
///
/// Negative control: let `Cursors::opened` begin at `delivered`.
#[test]
fn what_another_tab_confirms_while_a_page_opens_comes_to_both() {
    let live = Live::new(TIMES, START_MS);
    let faster = Arriving::new(1, &[], 1).open(&live, 0, START_MS);
    let opening = Arriving::new(1, &[], 2);
    live.arrive(opening.arrival(), START_MS);
    push(&live, 1..=1);
    live.begin_stream(&faster, Asks::Ack(0), START_MS).map(|(stream, _)| look(&live, stream, START_MS));
    assert!(live.acknowledge(&faster, 1).confirmed);
    live.open(&opening.holder(), &[], &[], Cut { through: 0, more: false, rows: false }, START_MS);
    let poll = begin(&live, &opening.holder(), Asks::Plain, START_MS);
    assert_eq!(rows(look(&live, poll, START_MS)), [1]);
}

/// A script's session overflows after its first answer: the second poll finds nothing in memory, and what the log gives it
/// is only what was carried before.
///
/// Negative control: let `Session::begin_poll` look at the outbox's rows alone.
#[test]
fn what_is_carried_again_from_the_log_comes_soon() {
    let live = Live::new(TIMES, START_MS);
    let holder = Arriving::new(1, &[], 1).open(&live, 0, START_MS);
    push(&live, 1..=500);
    let poll = begin(&live, &holder, script(1), START_MS);
    assert_eq!(rows(look(&live, poll, START_MS)).len(), 500);
    live.end_poll(poll, true, START_MS);
    push(&live, 501..=501);
    let poll = begin(&live, &holder, script(2), START_MS);
    assert_eq!(live.begin_fill(&holder), Some(0));
    live.finish_fill(&holder, (1..=500).map(|seq| row(seq, 2, 1, None, "x")).collect(), 500, true);
    assert_eq!(rows(look(&live, poll, START_MS + 1_000)).len(), 500);
}

/// A request is repeated twice before its first copy's connection has looked again: an empty packet there would tell the
/// page that its poll went well, and its rows stand in an answer that nobody reads.
///
/// Negative control: let only the copy before the last be abandoned.
#[test]
fn no_copy_but_the_last_is_answered() {
    let live = Live::new(TIMES, START_MS);
    let holder = Arriving::new(1, &[], 1).open(&live, 0, START_MS);
    let copies = [0; 3].map(|_| begin(&live, &holder, script(1), START_MS));
    push(&live, 1..=1);
    assert!(matches!(look(&live, copies[0], START_MS), Some(PollEnd::Abandoned)));
    assert!(matches!(look(&live, copies[1], START_MS), Some(PollEnd::Abandoned)));
    assert_eq!(rows(look(&live, copies[2], START_MS)), [1]);
}

/// Negative control: let `Session::begin_poll` treat a late request as any other.
#[test]
fn a_late_request_does_not_disturb_the_poll_that_is_held() {
    let live = Live::new(TIMES, START_MS);
    let holder = Arriving::new(1, &[], 1).open(&live, 0, START_MS);
    let held = begin(&live, &holder, script(2), START_MS);
    assert!(look(&live, held, START_MS).is_none());
    let late = begin(&live, &holder, script(1), START_MS);
    assert!(matches!(look(&live, late, START_MS), Some(PollEnd::Superseded)));
    live.end_poll(late, true, START_MS);
    live.lost(late);
    push(&live, 1..=1);
    assert_eq!(rows(look(&live, held, START_MS)), [1]);
}
