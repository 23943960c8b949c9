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
