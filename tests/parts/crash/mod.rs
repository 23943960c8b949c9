//! The real binary under load, ended without and with notice, again and again: what was answered `ok` is in history once, in
//! order, every page goes on with its ticket, and every page hears everything.
//!
//! Twenty kills; `NEXTIM_KILLS=1000` for more. The seed is printed; `NEXTIM_SEED` repeats it (the schedule of the threads is
//! the machine's own).

mod checker;
mod clocks;
mod disk;
mod disk_errors;
mod faults;
pub mod http;
mod load;
mod points;
mod power;
pub mod server;

use checker::{History, Stored, check};
use load::Load;
use nextim::chat::entry::{Addressee, Entry};
use nextim::clock::random;
use nextim::store::sqlite::SqliteStore;
use nextim::store::{Log, Sites, Store};
use server::{Server, free_address, refused, serve};
use std::net::TcpListener;
use std::path::Path;
use std::thread::sleep;
use std::time::Duration;

/// Small random numbers from a seed.
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Self {
        Self(seed.max(1))
    }

    /// From 0 to `sides` - 1.
    pub fn roll(&mut self, sides: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 20) % sides
    }
}

fn from_environment(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|value| value.parse().unwrap_or_else(|_| panic!("{name} is a number, not {value}")))
}

fn dice() -> Dice {
    let seed = from_environment("NEXTIM_SEED").unwrap_or_else(|| u64::from_le_bytes(random()) >> 32);
    println!("NEXTIM_SEED={seed}");
    Dice::new(seed)
}

/// Everything in the log of the demonstration, read when nobody holds it any more.
async fn read_log(data: &Path) -> Vec<Stored> {
    let store = SqliteStore::open(data, Box::new(|_, _| {})).expect("the server has let go of its data");
    let sites = store.sites().await.unwrap();
    let site = sites.iter().find(|site| &*site.name == "localhost").expect("the demonstration's site").number;
    let (mut log, mut after, mut more) = (Vec::new(), 0, true);
    while more {
        let stretch = store.entries_after(site, after, 1_000).await.unwrap();
        log.extend(stretch.entries.iter().map(|entry| match &**entry {
            Entry::Message(message) => Stored {
                seq: message.seq,
                from: message.from.id.to_string(),
                to: message.to.id().to_owned(),
                is_room: matches!(message.to, Addressee::Room { .. }),
                body: message.body.to_string(),
                at_ms: message.at_ms,
            },
            Entry::Seat(seat) => Stored::other(seat.seq, seat.at_ms),
        }));
        (after, more) = (stretch.through, stretch.more);
    }
    store.close().await;
    log
}

#[track_caller]
fn assert_sound(history: &History) {
    let violations = check(history);
    let acknowledged = history.sends.iter().filter(|send| send.ok.is_some()).count();
    println!("{} sent, {acknowledged} acknowledged, {} in the log", history.sends.len(), history.log.len());
    let first = violations.iter().take(10).cloned().collect::<Vec<_>>().join("\n");
    assert!(violations.is_empty(), "{} violations, the first are\n{first}", violations.len());
    assert!(acknowledged > 50, "too little happened to prove anything");
}

#[tokio::test]
async fn a_kill_in_the_middle_of_traffic_loses_nothing() {
    let (mut dice, kills) = (dice(), from_environment("NEXTIM_KILLS").unwrap_or(20));
    let data = tempfile::tempdir().unwrap();
    let address = free_address();
    let mut server = Server::start(data.path(), address, 500);
    let load = Load::start(address, &mut dice);
    for _ in 0..kills {
        sleep(Duration::from_millis(100 + dice.roll(700)));
        let visitors = load.open_visitors();
        server.kill();
        sleep(Duration::from_millis(dice.roll(60)));
        server = Server::start(data.path(), address, 500);
        load.check_visitors(&visitors);
    }
    sleep(Duration::from_millis(300));
    let mut history = load.finish();
    server.terminate();
    history.log = read_log(data.path()).await;
    assert_sound(&history);
}

#[tokio::test]
async fn a_stop_in_order_answers_every_held_poll_and_loses_nothing() {
    let mut dice = dice();
    let data = tempfile::tempdir().unwrap();
    let address = free_address();
    let mut server = Server::start(data.path(), address, 25_000);
    let load = Load::start(address, &mut dice);
    for _ in 0..2 {
        sleep(Duration::from_millis(300));
        let held = load.hold_polls(3);
        sleep(Duration::from_millis(200));
        assert_eq!(server.terminate(), Some(0), "the exit code of a stop in order");
        for poll in held {
            let (status, body) = poll.join().unwrap().expect("a held poll was cut instead of answered");
            assert!(status == 200 && body.contains("\"status\":\"ok\""), "{status} {body}");
        }
        server = Server::start(data.path(), address, 500);
    }
    sleep(Duration::from_millis(300));
    let mut history = load.finish();
    assert_eq!(server.terminate(), Some(0));
    history.log = read_log(data.path()).await;
    assert_sound(&history);
}

#[test]
fn a_port_that_is_taken_is_named_and_the_data_is_let_go() {
    let (data, taken) = (tempfile::tempdir().unwrap(), TcpListener::bind("127.0.0.1:0").unwrap());
    let address = taken.local_addr().unwrap();
    let output = refused(serve(data.path(), address));
    let why = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{why}");
    assert!(why.contains(&address.to_string()) && why.contains("in use"), "{why}");
    assert!(output.stdout.is_empty(), "it says that it listens, and does not");
    drop(taken);
    assert_eq!(Server::start(data.path(), free_address(), 500).terminate(), Some(0));
}

#[test]
fn a_second_server_on_the_same_data_is_refused_and_told_who_has_it() {
    let data = tempfile::tempdir().unwrap();
    let mut first = Server::start(data.path(), free_address(), 500);
    let output = refused(serve(data.path(), free_address()));
    let why = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{why}");
    assert!(why.contains(&format!("process {}", first.id())), "who has it? {why}");
    assert!(first.is_alive(), "the first one goes on");
    first.kill();
    let mut second = Server::start(data.path(), free_address(), 500);
    assert_eq!(second.terminate(), Some(0), "a process that was killed holds nothing");
}
