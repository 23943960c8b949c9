//! The wall clock jumps and stands still while people talk: order, receipts, tickets and graces do not depend on it.

use super::Dice;
use super::checker::Send;
use super::faults::{Faults, now};
use super::http::Client;
use super::load::{Load, online};
use super::power::scratch;
use super::server::{Plan, free_address};
use super::{assert_sound, dice, from_environment, read_log};
use nextim::clock::Clock;
use serde_json::Value;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::sleep;
use std::time::Duration;

const SECOND_MS: i64 = 1_000;
const HOUR_MS: i64 = 3_600 * SECOND_MS;
const TEN_YEARS_MS: i64 = 10 * 365 * 24 * HOUR_MS;
const JUMPS: [i64; 6] = [SECOND_MS, -SECOND_MS, HOUR_MS, -HOUR_MS, TEN_YEARS_MS, -TEN_YEARS_MS];
const HOLD_MS: u64 = 400;
const GRACE_MS: u64 = 600;

/// Jumps somewhere, or stops the clock somewhere.
fn jump(faults: &Faults, dice: &mut Dice, index: usize) {
    let by = JUMPS[index % JUMPS.len()];
    if dice.roll(3) == 0 {
        let frozen = Clock::start().wall_ms().checked_add_signed(by).expect("a time");
        faults.freeze_clock(frozen);
    } else {
        faults.shift_clock(by);
    }
}

/// Polls with nothing to hear; each is held as long as it should be.
fn hold(address: SocketAddr, stop: &AtomicBool) -> usize {
    let mut lee = Client::new(address, "lee");
    let poll = format!("/packets?domain=localhost&ticket={}", online(&mut lee).expect("a page"));
    let mut polls = 0;
    while !stop.load(Ordering::SeqCst) {
        let begun = now();
        let (status, packet) = lee.get(&poll).expect("a packet");
        let took = begun.elapsed().as_millis();
        assert!(status == 200 && packet.trim() != "null", "{status} {packet}");
        // Others come and go, and that may end a poll early; nothing may hold it for long.
        assert!(took < u128::from(HOLD_MS) + 3_000, "a poll was held for {took} ms");
        assert!(took + 50 >= u128::from(HOLD_MS) || packet.contains('{'), "a poll ended after {took} ms with {packet}");
        polls += 1;
    }
    polls
}

/// The state in which `who` is seen.
fn presence(client: &mut Client, ticket: &str, who: &str) -> String {
    let (status, answer) = client.post("/webim/buddies", &[("ticket", ticket), ("ids", who)]).expect("an answer");
    assert_eq!(status, 200, "{answer}");
    let people: Value = serde_json::from_str(&answer).expect("people");
    people[0]["presence"].as_str().unwrap_or_default().to_owned()
}

/// A page that polls no more is gone after its graces, neither at once nor never.
fn expect_graces(address: SocketAddr, faults: &Faults, by_ms: i64) {
    let (mut susan, mut nora) = (Client::new(address, "susan"), Client::new(address, "nora"));
    let ticket = online(&mut susan).expect("a page");
    let theirs = online(&mut nora).expect("a page");
    nora.get(&format!("/packets?domain=localhost&ticket={theirs}")).expect("a packet");
    let left = now();
    faults.shift_clock(by_ms);
    assert_eq!(presence(&mut susan, &ticket, "nora"), "online", "a jump by {by_ms} ms has ended a grace");
    while presence(&mut susan, &ticket, "nora") == "online" {
        assert!(left.elapsed() < Duration::from_millis(GRACE_MS * 2 + 5_000), "a jump by {by_ms} ms keeps people here");
        sleep(Duration::from_millis(20));
    }
    assert!(left.elapsed() >= Duration::from_millis(GRACE_MS), "after a jump by {by_ms} ms: {:?}", left.elapsed());
}

/// The same message again after a jump is the same message. Gives it as somebody who does not know what came of it.
fn expect_dedupe(address: SocketAddr, faults: &Faults, by_ms: i64) -> Send {
    let mut nora = Client::new(address, "nora");
    let ticket = online(&mut nora).expect("a page");
    let body = format!("across {by_ms}");
    let form = [("ticket", ticket.as_str()), ("type", "unicast"), ("to", "wei"), ("body", &body), ("cid", &body)];
    let mut say =
        || serde_json::from_str::<Value>(&nora.post("/webim/message", &form).expect("an answer").1).expect("JSON");
    let first = say();
    faults.shift_clock(by_ms);
    let second = say();
    assert_eq!((&first["seq"], &first["timestamp"]), (&second["seq"], &second["timestamp"]));
    assert_eq!(second["dup"], true, "{second}");
    Send { from: "nora".into(), to: "wei".into(), is_room: false, body, begun: 0, ok: None, refused: false }
}

/// Negative control: taking `now_ms` instead of the later of it and the head's time in `store/sqlite/log.rs` fails here with
/// "time"; reading the wall clock in `Clock::monotonic_ms` fails with polls that are held for ever.
#[tokio::test]
async fn a_wall_clock_that_jumps_changes_nothing() {
    let (mut dice, jumps) = (dice(), from_environment("NEXTIM_JUMPS").unwrap_or(24) as usize);
    let (data, beside) = (scratch(), scratch());
    let (address, faults) = (free_address(), Faults::new(data.path(), beside.path()));
    let graces = ["NEXTIM_STREAM__SESSION_GRACE_MS", "NEXTIM_STREAM__USER_GRACE_MS"];
    let environment = graces.map(|name| (name, GRACE_MS.to_string())).into();
    let plan = Plan { faults: Some(&faults), environment, ..Plan::new(data.path(), address, HOLD_MS) };
    let mut server = plan.start();
    let load = Load::start(address, &mut dice);
    let (stop, mut across) = (AtomicBool::new(false), Vec::new());
    let polls = std::thread::scope(|scope| {
        let holding = scope.spawn(|| hold(address, &stop));
        for index in 0..jumps {
            jump(&faults, &mut dice, index);
            sleep(Duration::from_millis(60));
        }
        across.extend(JUMPS.map(|by_ms| expect_dedupe(address, &faults, by_ms)));
        for by_ms in [TEN_YEARS_MS, -TEN_YEARS_MS] {
            expect_graces(address, &faults, by_ms);
        }
        faults.shift_clock(0);
        stop.store(true, Ordering::SeqCst);
        holding.join().expect("somebody who polls")
    });
    println!("{jumps} jumps, {polls} polls held");
    // Once more across a restart whose clock is an hour off, either way.
    for by_ms in [HOUR_MS, -HOUR_MS] {
        let visitors = load.open_visitors();
        faults.shift_clock(by_ms);
        server.kill();
        server = plan.start();
        load.check_visitors(&visitors);
    }
    let mut history = load.finish();
    assert_eq!(server.terminate(), Some(0));
    history.log = read_log(data.path()).await;
    history.sends.extend(across);
    assert_sound(&history);
}
