//! `nextim backup` and `nextim restore`, by the real binary, while the real server takes messages as fast as it can.

use super::truth::{NOW_MS, Truth, open, populate, talk, user};
use super::{FILE, nextim, outcome, verify};
use crate::crash::Dice;
use crate::crash::http::Client;
use crate::crash::server::{Server, free_address};
use nextim::chat::entry::{Draft, Party, To};
use nextim::store::{Directory, Log, Sites, Store};
use rusqlite::Connection;
use serde_json::Value;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{JoinHandle, sleep, spawn};
use std::time::Duration;

/// People who write at once; together about a thousand messages a second.
const WRITERS: usize = 12;

#[derive(Default)]
struct Shared {
    stop: AtomicBool,
    /// Acknowledged messages: seq and body.
    acknowledged: Mutex<BTreeMap<u64, String>>,
}

fn online(client: &mut Client) -> String {
    let (_, body) = client.post("/webim/online", &[("buddy_ids", ""), ("room_ids", "")]).expect("an answer");
    let answer: Value = serde_json::from_str(&body).expect("JSON");
    answer["connection"]["ticket"].as_str().expect("a ticket").to_owned()
}

fn write(address: SocketAddr, writer: usize, shared: &Shared) {
    let mut client = Client::new(address, "susan");
    let ticket = online(&mut client);
    for index in 0.. {
        if shared.stop.load(Ordering::SeqCst) {
            return;
        }
        let body = format!("{writer}/{index} {}", "x".repeat(200));
        let cid = format!("{writer}-{index}");
        let form = [("ticket", &*ticket), ("to", "jack"), ("body", &body), ("cid", &cid)];
        let (status, answer) = client.post("/webim/message", &form).expect("an answer");
        let answer: Value = serde_json::from_str(&answer).expect("JSON");
        assert!(status == 200 && answer["status"] == "ok", "{status} {answer}");
        shared.acknowledged.lock().expect("no panic").insert(answer["seq"].as_u64().expect("a seq"), body);
    }
}

fn start_writing(address: SocketAddr) -> (Arc<Shared>, Vec<JoinHandle<()>>) {
    let shared = Arc::new(Shared::default());
    let writers = (0..WRITERS).map(|writer| {
        let shared = Arc::clone(&shared);
        spawn(move || write(address, writer, &shared))
    });
    (Arc::clone(&shared), writers.collect())
}

async fn messages(data: &Path) -> BTreeMap<u64, String> {
    let store = open(data).expect("it opens");
    let site = store.sites().await.expect("a read").first().expect("the site is in the backup").number;
    let (mut all, mut after) = (BTreeMap::new(), 0);
    loop {
        let stretch = store.entries_after(site, after, 1_000).await.expect("a read");
        let messages = stretch.entries.iter().filter_map(|entry| entry.message());
        all.extend(messages.map(|message| (message.seq, message.body.to_string())));
        after = stretch.through;
        if !stretch.more {
            break;
        }
    }
    store.close().await;
    all
}

fn epochs(path: &Path) -> Vec<String> {
    let sql = Connection::open(path).expect("a database");
    let mut find = sql.prepare("SELECT epoch FROM sites ORDER BY number").expect("sites");
    find.query_map([], |row| row.get(0)).expect("sites").collect::<Result<_, _>>().expect("epochs")
}

/// A row to everybody has no one addressee, and is whole all the same.
///
/// Negative control: let `examine.rs` look for the addressee of every row among people and rooms.
#[tokio::test]
async fn a_word_to_everybody_is_no_damage() {
    let (data, elsewhere) = (tempfile::tempdir().expect("a folder"), tempfile::tempdir().expect("a folder"));
    let store = open(data.path()).expect("it opens");
    let mut truth = Truth::default();
    populate(&store, &mut truth).await;
    talk(&store, &mut truth, 3, &mut Dice::new(1)).await;
    let site = truth.sites[0];
    let from = store.member(site, user("ann")).await.expect("a read").expect("a member").profile.number;
    let draft = Draft {
        site,
        from: Party { number: from, id: user("ann") },
        nick: "Ann".into(),
        to: To::Everyone,
        style: "".into(),
        body: "All of you".into(),
        origin: None,
        by: nextim::chat::entry::Voice::Plugin,
        cid: None,
        now_ms: NOW_MS + 10,
    };
    store.append(draft).await.expect("stored");
    store.close().await;
    let (code, said) = verify(data.path());
    assert_eq!(code, 0, "{said}");
    let file = elsewhere.path().join("backup");
    let (code, said) = outcome(&nextim(&["backup", "--data", "PATH", "--to", "PATH"], &[data.path(), &file]));
    assert_eq!(code, 0, "{said}");
    let (code, said) = verify(&file);
    assert_eq!(code, 0, "{said}");
}

/// Negative control: as a plain copy of the file the backup lacks what is in the write-ahead log only; without the new
/// epochs the last comparison fails.
#[tokio::test(flavor = "multi_thread")]
async fn a_backup_under_load_has_everything_that_was_acknowledged_before_and_comes_back() {
    let (data, elsewhere) = (tempfile::tempdir().expect("a folder"), tempfile::tempdir().expect("a folder"));
    let address = free_address();
    let mut server = Server::start(data.path(), address, 500);
    let ticket = online(&mut Client::new(address, "lee"));
    let (shared, writers) = start_writing(address);
    for _ in 0..1_500 {
        if shared.acknowledged.lock().expect("no panic").len() >= 800 {
            break;
        }
        sleep(Duration::from_millis(20));
    }
    let before = shared.acknowledged.lock().expect("no panic").clone();
    let file = elsewhere.path().join("backup");
    let (code, said) = outcome(&nextim(&["backup", "--data", "PATH", "--to", "PATH"], &[data.path(), &file]));
    let during = shared.acknowledged.lock().expect("no panic").len() - before.len();
    shared.stop.store(true, Ordering::SeqCst);
    writers.into_iter().for_each(|writer| writer.join().expect("a writer"));
    assert_eq!(code, 0, "{said}");
    println!("{} acknowledged before the backup, {during} while it was made: {said}", before.len());
    assert!(before.len() > 500 && during > 20, "too little happened to prove anything");
    assert_eq!(file.metadata().expect("the backup").permissions().mode() & 0o777, 0o600);
    assert!(!elsewhere.path().join("backup.partial").exists());
    assert_eq!(verify(&file).0, 0);
    server.kill();

    let restored = elsewhere.path().join("restored");
    let (code, said) = outcome(&nextim(&["restore", "PATH", "--data", "PATH"], &[&file, &restored]));
    assert_eq!(code, 0, "{said}");
    assert!(said.contains("nextim serve --data"), "what now? {said}");
    let found = messages(&restored).await;
    let lost: Vec<_> = before.iter().filter(|(seq, body)| found.get(seq) != Some(body)).collect();
    assert!(lost.is_empty(), "{} of {} are not in the backup: {:?}", lost.len(), before.len(), &lost[0]);
    let all = shared.acknowledged.lock().expect("no panic").clone();
    let altered = found.iter().filter(|(seq, body)| all.get(seq).is_some_and(|sent| sent != *body)).count();
    assert_eq!(altered, 0);
    assert_ne!(epochs(&restored.join(FILE)), epochs(&file), "clients must read everything anew");

    let mut server = Server::start(&restored, address, 500);
    let form = [("ticket", ticket.as_str()), ("to", "jack"), ("body", "after the restore"), ("cid", "new")];
    let (status, answer) = Client::new(address, "lee").post("/webim/message", &form).expect("an answer");
    assert!(status == 200 && answer.contains("\"ok\""), "a live ticket goes on: {status} {answer}");
    assert_eq!(server.terminate(), Some(0));
}

async fn small(folder: &Path) {
    let (store, mut truth) = (open(folder).expect("it opens"), Truth::default());
    populate(&store, &mut truth).await;
    talk(&store, &mut truth, 30, &mut Dice::new(9)).await;
    store.close().await;
}

#[tokio::test]
async fn exit_codes_say_what_happened() {
    let all = tempfile::tempdir().expect("a folder");
    let path = |name: &str| all.path().join(name);
    let (data, file, restored) = (path("data"), path("file"), path("restored"));
    small(&data).await;
    let backup = |from: &Path, to: &Path| outcome(&nextim(&["backup", "--data", "PATH", "--to", "PATH"], &[from, to]));
    let restore = |from: &Path, to: &Path| outcome(&nextim(&["restore", "PATH", "--data", "PATH"], &[from, to]));
    // What an attempt that was cut off has left does not count.
    std::fs::write(path("file.partial"), "half of a backup, or of anything else").expect("written");
    assert_eq!(backup(&data, &file).0, 0);
    assert_eq!((verify(&file).0, verify(&data).0, verify(&data.join(FILE)).0), (0, 0, 0));
    assert_eq!(restore(&file, &restored).0, 0);
    assert_eq!(verify(&restored).0, 0);

    assert_eq!(backup(&path("nowhere"), &path("other")).0, 1);
    assert_eq!(backup(&data, &path("no/such/folder")).0, 1);
    assert_eq!(verify(&path("nowhere")).0, 1);
    assert_eq!(restore(&path("nowhere"), &path("new")).0, 1);
    assert_eq!(outcome(&nextim(&["backup", "--data", "PATH"], &[&data])).0, 2);
    assert_eq!(restore(&data, &path("new")).0, 2, "a data folder is no backup");
    let (code, said) = backup(&data, &file);
    assert!(code == 4 && said.contains("exists"), "{code} {said}");
    let before = std::fs::read(restored.join(FILE)).expect("the data");
    let (code, said) = restore(&file, &restored);
    assert!(code == 4 && said.contains("exists"), "{code} {said}");
    assert_eq!(std::fs::read(restored.join(FILE)).expect("the data"), before, "nothing is written over");
    assert!(!path("other").exists() && !path("other.partial").exists() && !path("new").exists());
    for command in ["", "backup", "verify", "restore"] {
        let arguments: Vec<&str> = [command, "--help"].into_iter().filter(|word| !word.is_empty()).collect();
        let (_, help) = outcome(&nextim(&arguments, &[]));
        assert!(help.contains("Exit codes: 0 done, 1 could not") && help.contains("nextim "), "{help}");
    }
}

/// Negative control: with a verification that is left out of the backup its code is 0.
#[tokio::test]
async fn damaged_data_is_copied_as_far_as_it_goes_and_said_to_be_damaged() {
    let all = tempfile::tempdir().expect("a folder");
    let path = |name: &str| all.path().join(name);
    let (data, file) = (path("data"), path("file"));
    small(&data).await;
    let sql = Connection::open(data.join(FILE)).expect("a database");
    sql.execute("UPDATE log SET body = 'other' WHERE site = 1 AND seq = 20", []).expect("a change");
    drop(sql);
    let (code, said) = outcome(&nextim(&["backup", "--data", "PATH", "--to", "PATH"], &[&data, &file]));
    assert!(code == 3 && said.contains("site 1, seq 20") && said.contains("file.partial"), "{code} {said}");
    assert!(!file.exists() && path("file.partial").exists());
    let restore = |flag: &[&str]| {
        let arguments: Vec<&str> = ["restore", "PATH", "--data", "PATH"].iter().chain(flag).copied().collect();
        outcome(&nextim(&arguments, &[&path("file.partial"), &path("new")]))
    };
    let (code, said) = restore(&[]);
    assert!(code == 3 && said.contains("nothing was restored") && !path("new").exists(), "{code} {said}");
    let (code, said) = restore(&["--with-damaged-rows"]);
    assert!(code == 0 && said.contains("site 1, seq 20"), "{code} {said}");
    // A file that is cut off is not.
    let bytes = std::fs::read(path("file.partial")).expect("the copy");
    std::fs::write(path("short"), &bytes[..bytes.len() - 4096]).expect("written");
    let (code, said) = outcome(&nextim(
        &["restore", "PATH", "--data", "PATH", "--with-damaged-rows"],
        &[&path("short"), &path("other")],
    ));
    assert!(code == 3 && !path("other").exists(), "{code} {said}");
}
