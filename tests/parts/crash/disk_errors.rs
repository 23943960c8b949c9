//! A disk that fails at any single call, or from some call on: nothing false is promised, whatever needs no disk goes on, and
//! so does everything else once the disk is well again.
//!
//! 200 single failures; `NEXTIM_DISK_ERRORS=5000` for more.

use super::checker::{History, Send};
use super::faults::{Action, Class, Errno, FILES, Faults, Kind, Rule};
use super::http::Client;
use super::load::{Load, online};
use super::power::scratch;
use super::server::{Plan, free_address};
use super::{assert_sound, dice, from_environment, read_log};
use serde_json::Value;
use std::net::SocketAddr;
use std::thread::{sleep, spawn};
use std::time::Duration;

const CHECKPOINT_PAGES: &str = "60";

/// Somebody who sends, and keeps what came of it.
struct Writer {
    client: Client,
    ticket: String,
    sends: Vec<Send>,
    moment: u64,
}

impl Writer {
    fn new(address: SocketAddr) -> Self {
        let mut client = Client::new(address, "susan");
        let ticket = online(&mut client).expect("a page");
        Self { client, ticket, sends: Vec::new(), moment: 0 }
    }

    /// Sends once. Gives the status.
    fn attempt(&mut self, cid: &str, body: &str) -> (u16, Value) {
        let form =
            [("ticket", self.ticket.as_str()), ("type", "unicast"), ("to", "jack"), ("body", body), ("cid", cid)];
        let (status, answer) = self.client.post("/webim/message", &form).expect("it is up");
        (status, serde_json::from_str(&answer).unwrap_or_default())
    }

    /// Sends, and again if it was refused, unless this one is not to be stored at all. Whether it was refused first.
    fn send(&mut self, len: usize, again: bool) -> bool {
        let index = self.sends.len();
        let (cid, body) = (format!("cid-{index}"), format!("susan/{index}/{}", "x".repeat(len)));
        let begun = self.moment;
        let (mut status, mut answer) = self.attempt(&cid, &body);
        let refused = status != 200;
        if refused {
            assert_eq!((status, &answer["code"]), (503, &"unavailable".into()), "{answer}");
            assert!(self.client.headers.contains("\nretry-after: "), "{}", self.client.headers);
            if again {
                (status, answer) = self.attempt(&cid, &body);
                assert_eq!(
                    (status, answer.get("dup")),
                    (200, None),
                    "nothing of a refused message was stored: {answer}"
                );
            }
        }
        self.moment += 2;
        let ok = answer["seq"].as_u64().filter(|_| status == 200).map(|seq| (seq, self.moment - 1));
        let (from, to) = ("susan".to_owned(), "jack".to_owned());
        self.sends.push(Send { from, to, is_room: false, body, begun, ok, refused: ok.is_none() });
        refused
    }
}

/// The `at`-th write from now on fails once, wherever it goes to, and the next one of everything goes well: for each `at`.
///
/// Negative control: with `is_before_sync` always false the process ends here; with answers before the commit nobody is
/// refused.
#[tokio::test]
async fn a_write_that_fails_is_refused_and_leaves_nothing() {
    let failures = from_environment("NEXTIM_DISK_ERRORS").unwrap_or(200);
    let (data, beside) = (scratch(), scratch());
    let (address, faults) = (free_address(), Faults::new(data.path(), beside.path()));
    let environment = vec![("NEXTIM_CHECKPOINT_PAGES", CHECKPOINT_PAGES.to_owned())];
    let plan = Plan { faults: Some(&faults), environment, ..Plan::new(data.path(), address, 100) };
    let mut server = plan.start();
    let mut writer = Writer::new(address);
    let io = [
        Action::Fail(Errno::Io),
        Action::FailHalfway(Errno::Io),
        Action::Fail(Errno::NoSpace),
        Action::Fail(Errno::ReadOnly),
    ];
    let (mut refusals, mut unseen) = (0, 0);
    for index in 0..failures {
        let action = io[usize::try_from(index).expect("small") % io.len()];
        // Commits, and now and then a checkpoint.
        let class = if index % 5 == 4 { Class::Database } else { Class::Wal };
        faults.arm(&Rule::new(action, &[Kind::Write, Kind::Truncate], &[class], 1 + index / 4 % 12));
        let again = index % 3 != 0;
        for _ in 0..100 {
            if faults.hits() > 0 {
                break;
            }
            let was_refused = writer.send(if index % 7 == 0 { 9_000 } else { 50 }, again);
            refusals += u64::from(was_refused);
            unseen += u64::from(!was_refused && faults.hits() > 0);
        }
        assert_eq!(faults.hits(), 1, "{action:?} {class:?}: {}", plan.log());
        faults.disarm();
        assert!(!writer.send(50, true), "the disk is well again");
    }
    println!("{failures} failures, {refusals} refusals, {unseen} in checkpoints, which nobody waits for");
    assert!(server.is_alive() && refusals > failures / 2);
    assert_eq!(server.terminate(), Some(0));
    let log = read_log(data.path()).await;
    assert_sound(&History { sends: writer.sends, log, ..History::default() });
}

/// The same while many send at once, so that a failed batch is done again message by message.
#[tokio::test]
async fn a_write_that_fails_under_load_loses_and_doubles_nothing() {
    let mut dice = dice();
    let (data, beside) = (scratch(), scratch());
    let (address, faults) = (free_address(), Faults::new(data.path(), beside.path()));
    let environment = vec![("NEXTIM_CHECKPOINT_PAGES", CHECKPOINT_PAGES.to_owned())];
    let plan = Plan { faults: Some(&faults), environment, ..Plan::new(data.path(), address, 500) };
    let mut server = plan.start();
    let load = Load::start(address, &mut dice);
    for index in 0..100 {
        let errno = [Errno::Io, Errno::NoSpace, Errno::ReadOnly][index % 3];
        let classes = [Class::Wal, Class::Database];
        faults.arm(&Rule::new(Action::Fail(errno), &[Kind::Write], &classes, 1 + dice.roll(40)));
        faults.wait_for_hit(Duration::from_secs(20));
        faults.disarm();
    }
    let mut history = load.finish();
    assert_eq!(server.terminate(), Some(0));
    history.log = read_log(data.path()).await;
    assert_sound(&history);
}

/// Every write from some moment on fails: a full disk, or one that has become read-only.
#[tokio::test]
async fn while_nothing_can_be_written_all_else_goes_on_and_then_everything() {
    for (errno, at) in [(Errno::NoSpace, 1), (Errno::NoSpace, 6), (Errno::ReadOnly, 1), (Errno::ReadOnly, 4)] {
        let (data, beside) = (scratch(), scratch());
        let (address, faults) = (free_address(), Faults::new(data.path(), beside.path()));
        let plan = Plan { faults: Some(&faults), ..Plan::new(data.path(), address, 100) };
        let mut server = plan.start();
        let mut writer = Writer::new(address);
        let mut jack = Client::new(address, "jack");
        let ticket = online(&mut jack).expect("a page");
        let poll = format!("/packets?domain=localhost&ticket={ticket}");
        assert!(!writer.send(50, true));
        let kinds = [Kind::Write, Kind::Truncate, Kind::Create, Kind::Unlink];
        faults.arm(&Rule::new(Action::Fail(errno), &kinds, &FILES, at).and_later());
        for _ in 0..5 {
            writer.send(5_000, false);
        }
        assert!(writer.send(50, false), "{errno:?} {at}");
        let (status, packet) = jack.get(&poll).expect("the stream stays up");
        assert!(status == 200 && packet.contains("susan/0/"), "{packet}");
        assert_eq!(jack.get(&poll).expect("the stream stays up").0, 200);
        assert_eq!(jack.get("/healthz").expect("an answer").0, 200);
        assert_eq!(jack.get("/readyz").expect("an answer").0, 503);
        let late = online(&mut Client::new(address, "mary")).expect("signing in still works");
        assert!(writer.send(50, false), "{errno:?} {at}");
        faults.disarm();
        assert!(!writer.send(50, true), "without a restart");
        // Who signed in meanwhile is stored later: within a few seconds, and at a stop in order.
        assert_eq!(server.terminate(), Some(0), "{}", plan.log());
        let mut server = plan.start();
        let poll = format!("/packets?domain=localhost&ticket={late}");
        let (status, packet) = Client::new(address, "mary").get(&poll).expect("an answer");
        assert!(status == 200 && packet.trim() != "null", "{packet}");
        assert_eq!(server.terminate(), Some(0));
        let log = read_log(data.path()).await;
        let stored = log.iter().filter(|row| row.body.starts_with("susan/")).count();
        assert_eq!(stored, writer.sends.iter().filter(|send| send.ok.is_some()).count(), "{errno:?} {at}");
    }
}

/// Out of descriptors: who is connected goes on, and others are served when there is room again.
#[test]
fn without_descriptors_those_who_are_connected_go_on() {
    let (data, address) = (scratch(), free_address());
    let plan = Plan { descriptors: Some(48), ..Plan::new(data.path(), address, 20_000) };
    let mut server = plan.start();
    let mut writer = Writer::new(address);
    let mut jack = Client::new(address, "jack");
    let poll = format!("/packets?domain=localhost&ticket={}", online(&mut jack).expect("a page"));
    let held = spawn(move || jack.get(&poll).expect("a packet").1);
    let crowd: Vec<_> = (0..100).map_while(|_| std::net::TcpStream::connect(address).ok()).collect();
    assert!(crowd.len() > 48, "the system keeps those that are not accepted yet");
    for _ in 0..100 {
        if plan.log().contains("could not be accepted") {
            break;
        }
        sleep(Duration::from_millis(20));
    }
    assert!(plan.log().contains("could not be accepted"), "there is still room");
    assert!(!writer.send(50, true));
    assert!(held.join().expect("a poll").contains("susan/0/"));
    drop(crowd);
    assert_eq!(Client::new(address, "mary").get("/healthz").expect("there is room again").0, 200);
    assert!(online(&mut Client::new(address, "mary")).is_ok());
    assert_eq!(server.terminate(), Some(0));
}

/// The shared index of the write-ahead log grows after a commit was synced. If it cannot, the message is stored and yet was
/// not answered: nobody may be told that it was refused.
///
/// Negative control: with `is_before_sync` always true it is refused, and stored.
#[tokio::test]
async fn an_index_that_cannot_grow_after_a_commit_ends_the_process() {
    let (data, beside) = (scratch(), scratch());
    let (address, faults) = (free_address(), Faults::new(data.path(), beside.path()));
    let plan = Plan { faults: Some(&faults), ..Plan::new(data.path(), address, 100) };
    let server = plan.start();
    let mut writer = Writer::new(address);
    faults.arm(&Rule::new(Action::Fail(Errno::NoSpace), &[Kind::Write, Kind::Truncate], &[Class::Shared], 1));
    let body = "x".repeat(60_000);
    let ticket = writer.ticket.clone();
    while faults.hits() == 0 {
        let long = [("ticket", ticket.as_str()), ("type", "unicast"), ("to", "jack"), ("body", &body)];
        let answer = writer.client.post("/webim/message", &long).map(|(status, _)| status);
        assert!(matches!(answer, Ok(200)) || (answer.is_err() && faults.hits() == 1), "{answer:?}");
    }
    assert_eq!(server.ended(Duration::from_secs(20)).code(), Some(74), "{}", plan.log());
    faults.disarm();
    let mut server = plan.start();
    writer.client = Client::new(address, "susan");
    let short = [("ticket", ticket.as_str()), ("type", "unicast"), ("to", "jack"), ("body", "after")];
    assert_eq!(writer.client.post("/webim/message", &short).expect("an answer").0, 200);
    assert_eq!(server.terminate(), Some(0));
    let log = read_log(data.path()).await;
    assert!(log.iter().zip(1..).all(|(row, seq)| row.seq == seq) && log.iter().any(|row| row.body == "after"));
}
