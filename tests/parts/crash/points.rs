//! Ended at a chosen point: before and after each kind of call that matters. People talk on across all of it, and the
//! history is checked as after any other kill.
//!
//! Each point once; `NEXTIM_POINTS=20` for that many rounds.

use super::faults::{Action, Class, Errno, Faults, Kind, Rule};
use super::load::{Load, online};
use super::power::scratch;
use super::server::{ENDS_WITHIN, Plan, free_address};
use super::{assert_sound, dice, from_environment, read_log};
use crate::crash::http::Client;
use std::os::unix::process::ExitStatusExt;
use std::time::Duration;

const KILLED: i32 = 9;
/// Checkpoints come often.
const CHECKPOINT_PAGES: &str = "100";
/// After a header of the write-ahead log: its first frame.
const WAL_HEADER_AT: u64 = 0;
const STRIKES_WITHIN: Duration = Duration::from_secs(20);

fn before_and_after(rule: impl Fn(Action) -> Rule) -> [Rule; 2] {
    [rule(Action::KillBefore), rule(Action::KillAfter)]
}

/// Points that come by themselves under load.
fn points_under_load() -> Vec<(&'static str, Rule)> {
    let mut points = Vec::new();
    let mut add = |name: &'static str, rules: [Rule; 2]| points.extend(rules.map(|rule| (name, rule)));
    for at in [1, 2, 4, 7] {
        add("a frame of a commit", before_and_after(|act| Rule::new(act, &[Kind::Write], &[Class::Wal], at)));
    }
    for at in [1, 3] {
        add("the sync of a commit", before_and_after(|act| Rule::new(act, &[Kind::Sync], &[Class::Wal], at)));
        add("the answer to a sender", before_and_after(|act| Rule::sending(act, r#""status":"ok","id""#, at)));
        add("a packet for a listener", before_and_after(|act| Rule::sending(act, r#""messages":[{"#, at)));
        add("a page of a checkpoint", before_and_after(|act| Rule::new(act, &[Kind::Write], &[Class::Database], at)));
    }
    add("the sync of a checkpoint", before_and_after(|act| Rule::new(act, &[Kind::Sync], &[Class::Database], 1)));
    let reset = |act| Rule { offset: Some(WAL_HEADER_AT), ..Rule::new(act, &[Kind::Write], &[Class::Wal], 1) };
    add("the reset of the log", before_and_after(reset));
    points
}

/// Points of a stop in order, with nobody there any more: the cursors, then the last checkpoint.
fn points_of_a_stop() -> Vec<(&'static str, Rule)> {
    let mut points = Vec::new();
    let mut add = |name: &'static str, kind: Kind, class: Class, at: u64| {
        points.extend(before_and_after(|act| Rule::new(act, &[kind], &[class], at)).map(|rule| (name, rule)));
    };
    add("a frame of the cursors", Kind::Write, Class::Wal, 1);
    add("the sync of the cursors", Kind::Sync, Class::Wal, 1);
    add("a page of the last checkpoint", Kind::Write, Class::Database, 1);
    add("the sync of the last checkpoint", Kind::Sync, Class::Database, 1);
    add("the end of the log", Kind::Truncate, Class::Wal, 1);
    points
}

/// Points of a start on data that a killed process has left.
fn points_of_a_start() -> Vec<(&'static str, Rule)> {
    let mut points = Vec::new();
    let mut add = |name: &'static str, kind: Kind, class: Class| {
        points.extend(before_and_after(|act| Rule::new(act, &[kind], &[class], 1)).map(|rule| (name, rule)));
    };
    add("the lock is emptied", Kind::Truncate, Class::Lock);
    add("the lock is written", Kind::Write, Class::Lock);
    add("the log is written again", Kind::Write, Class::Wal);
    add("the log is synced again", Kind::Sync, Class::Wal);
    add("the names are synced", Kind::Sync, Class::Directory);
    points
}

/// Negative control: settling a batch before its COMMIT loses messages here.
#[tokio::test]
async fn a_kill_at_any_point_loses_nothing() {
    let (mut dice, rounds) = (dice(), from_environment("NEXTIM_POINTS").unwrap_or(1));
    let (data, beside) = (scratch(), scratch());
    let (address, faults) = (free_address(), Faults::new(data.path(), beside.path()));
    let environment = vec![("NEXTIM_CHECKPOINT_PAGES", CHECKPOINT_PAGES.to_owned())];
    let plan = Plan { faults: Some(&faults), environment, ..Plan::new(data.path(), address, 500) };
    let mut server = plan.start();
    let load = Load::start(address, &mut dice);
    let mut struck = 0;
    for _ in 0..rounds {
        for (name, rule) in points_under_load() {
            let visitors = load.open_visitors();
            faults.arm(&rule);
            let status = server.ended(STRIKES_WITHIN);
            assert_eq!((status.signal(), faults.hits()), (Some(KILLED), 1), "{name}, {rule:?}: {}", plan.log());
            faults.disarm();
            server = plan.start();
            load.check_visitors(&visitors);
            struck += 1;
        }
        for (name, rule) in points_of_a_start() {
            server.kill();
            faults.arm(&rule);
            let Err(status) = plan.try_start() else { panic!("{name}: it started") };
            assert_eq!((status.signal(), faults.hits()), (Some(KILLED), 1), "{name}, {rule:?}");
            faults.disarm();
            server = plan.start();
            struck += 1;
        }
    }
    println!("{struck} points");
    let mut history = load.finish();
    assert_eq!(server.terminate(), Some(0));
    history.log = read_log(data.path()).await;
    assert_sound(&history);
}

/// Says `count` things to `to`; what was not acknowledged is said again under the same name until it is.
fn say(client: &mut Client, ticket: &str, to: &str, round: usize, count: usize) -> Vec<String> {
    let say = |index: usize| {
        let (body, cid) = (format!("{round}/{index}"), format!("{round}-{index}"));
        let form = [("ticket", ticket), ("type", "unicast"), ("to", to), ("body", &body), ("cid", &cid)];
        let (status, answer) = client.post("/webim/message", &form).expect("an answer");
        assert_eq!(status, 200, "{answer}");
        body
    };
    (0..count).map(say).collect()
}

#[tokio::test]
async fn a_kill_at_any_point_of_a_stop_loses_nothing() {
    let (data, beside) = (scratch(), scratch());
    let (address, faults) = (free_address(), Faults::new(data.path(), beside.path()));
    let plan = Plan { faults: Some(&faults), ..Plan::new(data.path(), address, 100) };
    let mut server = plan.start();
    let (mut susan, mut jack) = (Client::new(address, "susan"), Client::new(address, "jack"));
    let (from, to) = (online(&mut susan).expect("a page"), online(&mut jack).expect("a page"));
    let poll = format!("/packets?domain=localhost&ticket={to}");
    let mut said = Vec::new();
    for (round, (name, rule)) in points_of_a_stop().into_iter().enumerate() {
        said.extend(say(&mut susan, &from, "jack", round, 3));
        while !jack.get(&poll).expect("a packet").1.contains(&format!("\"{round}/2\"")) {}
        // The next poll confirms; it has nothing to hear.
        assert!(!jack.get(&poll).expect("a packet").1.contains(&format!("\"{round}/")), "{name}");
        faults.arm(&rule);
        let signal = server.stop(ENDS_WITHIN).signal();
        assert_eq!((signal, faults.hits()), (Some(KILLED), 1), "{name}, {rule:?}: {}", plan.log());
        faults.disarm();
        server = plan.start();
        (susan, jack) = (Client::new(address, "susan"), Client::new(address, "jack"));
        let again = jack.get(&poll).expect("a packet").1;
        assert!(!again.contains(&format!("\"{round}/")) || rule_leaves_cursors(&rule), "{name}: {again}");
    }
    assert_eq!(server.terminate(), Some(0));
    let log = read_log(data.path()).await;
    let stored: Vec<&String> = log.iter().map(|row| &row.body).filter(|body| said.contains(body)).collect();
    assert_eq!(stored, said.iter().collect::<Vec<_>>(), "each once, in order");
}

/// Whether a stop that is cut short there may not have stored its cursors.
fn rule_leaves_cursors(rule: &Rule) -> bool {
    rule.classes == [Class::Wal] && rule.kinds != [Kind::Truncate]
}

/// The demonstration as an undisturbed first start makes it.
async fn first_start(data: &std::path::Path) -> Vec<(String, String)> {
    let log = read_log(data).await;
    log.into_iter().map(|row| (row.from, row.body)).collect()
}

/// Migrations and the first rows: cut short anywhere, the next start makes good what is missing.
///
/// Negative control: this failed while "somebody has said something" counted as a first start that was complete.
#[tokio::test]
async fn a_first_start_that_is_killed_anywhere_is_made_good_by_the_next() {
    let counted = [(Kind::Write, Class::Database), (Kind::Write, Class::Wal), (Kind::Sync, Class::Wal)];
    let others = [
        (Kind::Create, Class::Lock),
        (Kind::Create, Class::Database),
        (Kind::Create, Class::Journal),
        (Kind::Create, Class::Wal),
        (Kind::Unlink, Class::Journal),
        (Kind::Sync, Class::Journal),
        (Kind::Sync, Class::Database),
        (Kind::Sync, Class::Directory),
    ];
    let (whole, beside) = (scratch(), scratch());
    let faults = Faults::new(whole.path(), beside.path());
    let start = Plan { faults: Some(&faults), ..Plan::new(whole.path(), free_address(), 100) };
    let server = start.start();
    let count = |(kind, class)| faults.count(kind, class);
    let spread = |what| {
        let all = count(what);
        // How the first rows fall into transactions differs from start to start: not the very last calls.
        (0..6).map(move |step| (what, 1 + step * (all.saturating_sub(1) * 4 / 5) / 5))
    };
    let points: Vec<_> = counted.into_iter().flat_map(spread).chain(others.map(|what| (what, 1))).collect();
    let counts = counted.map(count);
    let mut server = server;
    server.kill();
    let wanted = first_start(whole.path()).await;
    println!("a first start: {counts:?} of {counted:?}, {} entries", wanted.len());
    for ((kind, class), at) in points {
        for action in [Action::KillBefore, Action::KillAfter] {
            let (data, beside) = (scratch(), scratch());
            let faults = Faults::new(data.path(), beside.path());
            let plan = Plan { faults: Some(&faults), ..Plan::new(data.path(), free_address(), 100) };
            faults.arm(&Rule::new(action, &[kind], &[class], at));
            match plan.try_start() {
                Err(status) => assert_eq!(status.signal(), Some(KILLED), "{kind:?} {class:?} {at}: {}", plan.log()),
                Ok(server) => assert_eq!(server.ended(ENDS_WITHIN).signal(), Some(KILLED)),
            }
            faults.disarm();
            let mut server = plan.start();
            assert!(online(&mut Client::new(plan.address, "susan")).is_ok());
            server.kill();
            assert_eq!(first_start(data.path()).await, wanted, "{action:?} {kind:?} {class:?} {at}");
        }
    }
}

/// A failed sync: the process ends with 74, and the next one has everything that was acknowledged.
///
/// Negative control: with SQLite's own checkpoints inside COMMIT the process went on after the sync of one had failed.
#[tokio::test]
async fn a_failed_sync_ends_the_process_and_the_next_has_everything() {
    let mut dice = dice();
    let (data, beside) = (scratch(), scratch());
    let (address, faults) = (free_address(), Faults::new(data.path(), beside.path()));
    let environment = vec![("NEXTIM_CHECKPOINT_PAGES", CHECKPOINT_PAGES.to_owned())];
    let plan = Plan { faults: Some(&faults), environment, ..Plan::new(data.path(), address, 500) };
    let mut server = plan.start();
    let load = Load::start(address, &mut dice);
    let syncs = (1..=12).map(|at| (Class::Wal, at)).chain((1..=3).map(|at| (Class::Database, at)));
    for (class, at) in syncs {
        faults.arm(&Rule::new(Action::Fail(Errno::Io), &[Kind::Sync], &[class], at));
        let status = server.ended(STRIKES_WITHIN);
        assert_eq!((status.code(), faults.hits()), (Some(74), 1), "{class:?} {at}: {}", plan.log());
        faults.disarm();
        server = plan.start();
    }
    let mut history = load.finish();
    assert_eq!(server.terminate(), Some(0));
    history.log = read_log(data.path()).await;
    assert_sound(&history);
}
