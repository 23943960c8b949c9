//! Starts on data that was not closed in order, or that is not what was left there.

use super::truth::{copy, open, unclean};
use super::{FILE, verify};
use crate::crash::Dice;
use crate::crash::http::Client;
use crate::crash::server::{Server, free_address, refused, serve};
use nextim::store::{Store, StoreError};
use rusqlite::Connection;
use std::fs::OpenOptions;
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::Path;

fn flip(path: &Path, at: u64) {
    let mut file = OpenOptions::new().read(true).write(true).open(path).expect("the file");
    let mut byte = [0];
    file.seek(SeekFrom::Start(at)).and_then(|_| file.read_exact(&mut byte)).expect("a byte");
    file.seek(SeekFrom::Start(at)).and_then(|_| file.write_all(&[byte[0] ^ 16])).expect("written");
}

/// What the real server says on data that it must not serve.
fn refusal(data: &Path) -> String {
    let output = refused(serve(data, free_address()));
    let why = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(3), "{why}");
    assert!(output.stdout.is_empty(), "it says that it listens, and does not");
    assert!(why.contains("nextim verify") && why.contains("nextim restore"), "what is to be done? {why}");
    assert_eq!(verify(data).0, 3);
    why
}

#[tokio::test]
async fn an_unclean_stop_loses_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let truth = unclean(folder.path(), &mut Dice::new(1), 50, 30).await;
    assert_eq!(verify(folder.path()).0, 0);
    let store = open(folder.path()).expect("it opens");
    let reading = truth.read(&store).await;
    assert!(reading.is_whole(), "{reading:#?}");
    store.close().await;
}

/// Negative control: SQLite alone opens it, and half of the acknowledged messages are gone without a word.
#[tokio::test]
async fn damage_in_the_middle_of_the_write_ahead_log_is_not_taken_for_its_end() {
    let folder = tempfile::tempdir().expect("a folder");
    unclean(folder.path(), &mut Dice::new(2), 50, 30).await;
    let log = folder.path().join(format!("{FILE}-wal"));
    let bytes = log.metadata().expect("the log").len();
    flip(&log, bytes / 2);
    let before = std::fs::read(&log).expect("the log");
    let why = refusal(folder.path());
    assert!(why.contains("write-ahead log is damaged at frame"), "{why}");
    assert_eq!(std::fs::read(&log).expect("the log"), before, "nothing was changed");
}

/// Negative control: with a file that is opened whatever its size a new, empty community is served.
#[tokio::test]
async fn data_that_is_gone_is_not_begun_anew() {
    let folder = tempfile::tempdir().expect("a folder");
    unclean(folder.path(), &mut Dice::new(3), 50, 1).await;
    for (what, change) in [("empty", Some(0)), ("malformed", Some(8_192)), ("gone", None)] {
        let damaged = tempfile::tempdir().expect("a folder");
        copy(folder.path(), damaged.path());
        let file = damaged.path().join(FILE);
        match change {
            Some(bytes) => OpenOptions::new().write(true).open(&file).and_then(|file| file.set_len(bytes)),
            None => std::fs::remove_file(&file),
        }
        .expect("a change");
        if what == "gone" {
            let Err(StoreError::Damaged(why)) = open(damaged.path()) else { panic!("{what}: it is begun anew") };
            assert!(why.contains("gone"), "{why}");
        } else {
            let why = refusal(damaged.path());
            assert!(why.contains(what), "{why}");
        }
    }
    let foreign = tempfile::tempdir().expect("a folder");
    Connection::open(foreign.path().join(FILE))
        .and_then(|sql| sql.execute_batch("CREATE TABLE t (x)"))
        .expect("a file");
    assert!(refusal(foreign.path()).contains("not NextIM's"));
    std::fs::write(foreign.path().join(FILE), "no database at all, but long enough to be looked at".repeat(99))
        .expect("a file");
    assert!(refusal(foreign.path()).contains("not a database"));
}

/// A head below its rows would give a seq a second time.
#[tokio::test]
async fn a_head_below_its_rows_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    unclean(folder.path(), &mut Dice::new(4), 50, 1).await;
    let sql = Connection::open(folder.path().join(FILE)).expect("a database");
    sql.execute("UPDATE sites SET head = head - 1 WHERE number = 2", []).expect("a change");
    drop(sql);
    assert!(refusal(folder.path()).contains("after its head"));
}

/// Both what came after the last checkpoint and what came before it is found after an unclean stop: the one before the
/// server listens, the other in the background. Nobody is locked out by it.
///
/// Negative control: with a check that begins after the heads of now the first is not found; without the background check
/// the other is not.
#[tokio::test]
async fn damaged_rows_are_found_after_an_unclean_stop_and_lock_nobody_out() {
    let (folder, data) = (tempfile::tempdir().expect("a folder"), tempfile::tempdir().expect("a folder"));
    let truth = unclean(folder.path(), &mut Dice::new(5), 50, 30).await;
    let all = truth.entries.iter().filter(|((site, _), entry)| site.0 == 1 && entry.message().is_some());
    let places: Vec<u64> = all.map(|((_, seq), _)| *seq).collect();
    let (early, late) = (places[0], places[places.len() - 1]);
    let sql = Connection::open(folder.path().join(FILE)).expect("a database");
    let change =
        format!("PRAGMA wal_autocheckpoint = 0; UPDATE log SET body = 'x' WHERE site = 1 AND seq IN ({early}, {late})");
    sql.execute_batch(&change).expect("a change");
    copy(folder.path(), data.path());
    drop(sql);
    let address = free_address();
    let mut server = Server::start(data.path(), address, 500);
    let log = || std::fs::read_to_string(data.path().join("server.log")).expect("its log");
    let end = "all of the data has been checked";
    let waited = (0..400).find(|_| {
        std::thread::sleep(std::time::Duration::from_millis(25));
        log().contains(end)
    });
    assert!(waited.is_some(), "the check does not end: {}", log());
    let log = log();
    let line = |words: &str| log.lines().position(|line| line.contains(words));
    let (first, whole, up) = (line("rows since the last checkpoint are checked"), line(end), line("started"));
    assert!(first < up && up.is_some(), "first the newest rows, then service: {log}");
    let [early, late] = [early, late].map(|seq| line(&format!("site 1, seq {seq}: the row is damaged")));
    assert!(late.is_some() && late < first, "{log}");
    assert!(early.is_some() && early > first && early < whole, "{log}");
    assert_eq!(Client::new(address, "susan").get("/readyz").expect("an answer").0, 200);
    assert_eq!(server.terminate(), Some(0));
}

/// How long a start takes after an unclean stop, with a database of `NEXTIM_START_MB` megabytes (300) and a write-ahead log
/// as long as it gets: `cargo test --test parts large_database -- --ignored --nocapture`.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "writes hundreds of megabytes"]
async fn a_large_database_starts_at_once() {
    let megabytes = std::env::var("NEXTIM_START_MB").map_or(300, |value| value.parse().expect("a number"));
    let (live, data) = (tempfile::tempdir().expect("a folder"), tempfile::tempdir().expect("a folder"));
    fill(live.path(), megabytes * 1_000_000).await.close().await;
    let store = fill(live.path(), megabytes * 1_000_000 + 36_000_000).await;
    copy(live.path(), data.path());
    store.close().await;
    let size = |name: &str| data.path().join(name).metadata().map_or(0, |file| file.len());
    let (file, log) = (size(FILE), size("nextim.sqlite3-wal"));
    let clock = nextim::clock::Clock::start();
    let mut server = Server::start(data.path(), free_address(), 500);
    let took_ms = clock.monotonic_ms() - 1_000_000;
    println!("{file} bytes and {log} in the write-ahead log: it listens after {took_ms} ms");
    server.kill();
    let (clock, copy) = (nextim::clock::Clock::start(), data.path().join("copy"));
    let backup = super::nextim(&["backup", "--data", "PATH", "--to", "PATH"], &[data.path(), &copy]);
    println!("{}", super::outcome(&backup).1);
    println!("{}", verify(data.path()).1);
    println!("both in {} ms", clock.monotonic_ms() - 1_000_000);
    assert!(took_ms < 2_000);
}

/// Writes rows of usual size until file and log have that many bytes.
async fn fill(folder: &Path, bytes: u64) -> nextim::store::sqlite::SqliteStore {
    use super::truth::{NOW_MS, Truth, populate, user};
    use nextim::chat::entry::{Draft, Party, To};
    let store = std::sync::Arc::new(open(folder).expect("it opens"));
    let mut truth = Truth::default();
    populate(&store, &mut truth).await;
    let site = truth.sites[0];
    let size = |name: &str| folder.join(name).metadata().map_or(0, |file| file.len());
    let from = nextim::store::Directory::member(&*store, site, user("ann")).await.expect("a read").expect("a member");
    while size(FILE) + size("nextim.sqlite3-wal") < bytes {
        let mut all = tokio::task::JoinSet::new();
        for index in 0..1_000 {
            let store = std::sync::Arc::clone(&store);
            let draft = Draft {
                site,
                from: Party { number: from.profile.number, id: user("ann") },
                nick: "ANN".into(),
                to: To::User(user("bob")),
                style: "".into(),
                body: format!("{index} {}", "x".repeat(200)).into(),
                origin: None,
                by: nextim::chat::entry::Voice::Member,
                cid: None,
                now_ms: NOW_MS,
            };
            all.spawn(async move { nextim::store::Log::append(&*store, draft).await.expect("stored").message.seq });
        }
        while all.join_next().await.is_some() {}
    }
    std::sync::Arc::into_inner(store).expect("nobody else has it")
}
