//! Damaged rows: shown as notices, everywhere, and only they.

use super::truth::{NOW_MS, Truth, open, populate, room, talk, user};
use super::{FILE, verify};
use crate::crash::Dice;
use nextim::chat::entry::{DAMAGED_BODY, Draft, Party, SeatChange, To};
use nextim::chat::history::Conversation;
use nextim::chat::id::{SiteNumber, UserNumber};
use nextim::store::sqlite::SqliteStore;
use nextim::store::{Directory, Log, Store, Views};
use rusqlite::Connection;
use std::path::Path;

const SITE: SiteNumber = SiteNumber(1);

/// What bits or bytes of a row may become.
const ALTERATIONS: [&str; 16] = [
    "body = body || '.'",
    "body = ''",
    "nick = 'somebody else'",
    "style = 'color: blue'",
    "sender = sender % 4 + 1",
    "sender = 999",
    "target = CASE target WHEN -1 THEN -2 ELSE -1 END",
    "target = 999",
    "hidden = 1",
    "hidden = 1751737444",
    "kind = 1",
    "kind = 77",
    "at_ms = at_ms + 1",
    "origin = 17",
    "cid = 'another'",
    "sum = sum + 1",
];

async fn full(folder: &Path) -> (SqliteStore, Truth) {
    let (store, mut truth) = (open(folder).expect("it opens"), Truth::default());
    populate(&store, &mut truth).await;
    talk(&store, &mut truth, 60, &mut Dice::new(4)).await;
    (store, truth)
}

fn alter(folder: &Path, sql: &str) {
    let changed = Connection::open(folder.join(FILE)).expect("the file").execute(sql, []).expect("a change");
    assert!(changed > 0, "{sql} changes nothing");
}

/// Negative control: with a checksum that is read and not compared the alterations of texts, times and senders are served;
/// with an inner join to the users `sender = 999` vanishes; with `hidden = 0` in the queries `hidden = 1` does.
#[tokio::test]
async fn whatever_a_row_becomes_a_notice_stands_in_its_place() {
    for alteration in ALTERATIONS {
        let folder = tempfile::tempdir().expect("a folder");
        let (store, truth) = full(folder.path()).await;
        let (site, seq) = place_in_the_middle(&truth);
        alter(folder.path(), &format!("UPDATE log SET {alteration} WHERE site = {site} AND seq = {seq}"));
        let reading = truth.read(&store).await;
        assert!(reading.lies.is_empty(), "{alteration}: {:#?}", reading.lies);
        assert!(reading.notices > 0, "{alteration}: not a word of the damage");
        assert_eq!(reading.refused, 0, "{alteration}: one row locks nobody out");
        // SQL moves the row in the indexes along with these; the last is the one value that hides a row.
        let moves =
            ["sender", "target", "kind", "hidden = 1751737444"].iter().any(|words| alteration.starts_with(words));
        assert!(moves || reading.missing.is_empty(), "{alteration}: {:?} is left out in silence", reading.missing);
        store.close().await;
        let (code, text) = verify(folder.path());
        assert_eq!(code, 3, "{alteration}: {text}");
        assert!(text.contains(&format!("site {site}, seq {seq}: ")), "{alteration}: which row? {text}");
    }
}

fn place_in_the_middle(truth: &Truth) -> (u32, u64) {
    let messages = truth.entries.iter().filter(|(_, entry)| {
        entry.message().is_some_and(|message| message.from.id.as_str() != message.to.id() && message.body.len() > 20)
    });
    let all: Vec<_> = messages.map(|((site, seq), _)| (site.0, *seq)).collect();
    all[all.len() / 4]
}

/// The same where the index still finds the row: SQL keeps table and index together, a bad sector does not.
///
/// Negative control: with inner joins to the log the histories leave the row out.
#[tokio::test]
async fn a_row_that_only_the_indexes_have_is_a_notice() {
    let folder = tempfile::tempdir().expect("a folder");
    let (store, truth) = full(folder.path()).await;
    let (site, seq) = place_in_the_middle(&truth);
    store.close().await;
    drop(store);
    behind_the_indexes(folder.path(), &format!("DELETE FROM log WHERE site = {site} AND seq = {seq}"));
    let store = open(folder.path()).expect("it opens");
    let reading = truth.read(&store).await;
    assert!(reading.lies.is_empty(), "{:#?}", reading.lies);
    assert!(reading.notices >= 3, "in two histories and a stream: {reading:?}");
    let only_in_the_log = reading.missing.iter().all(|what| what.contains("not in the log"));
    assert!(only_in_the_log, "a history leaves it out in silence: {:?}", reading.missing);
    store.close().await;
    assert_eq!(verify(folder.path()).0, 3);
}

/// An index that leads to a sound row of somebody else must not show it to the wrong person.
///
/// Negative control: without the second text of `entries_at!` messages between two others are shown.
#[tokio::test]
async fn a_row_that_the_indexes_give_to_the_wrong_person_is_not_shown() {
    let (ours, other) = (tempfile::tempdir().expect("a folder"), tempfile::tempdir().expect("a folder"));
    let (store, _) = full(ours.path()).await;
    store.close().await;
    drop(store);
    let (store, mut truth) = (open(other.path()).expect("it opens"), Truth::default());
    populate(&store, &mut truth).await;
    talk(&store, &mut truth, 60, &mut Dice::new(5)).await;
    store.close().await;
    // The rows of one life of the site under the indexes of another.
    let change = format!(
        "ATTACH '{}' AS other; DELETE FROM log; INSERT INTO log SELECT * FROM other.log; \
         UPDATE sites SET head = (SELECT head FROM other.sites o WHERE o.number = sites.number)",
        other.path().join(FILE).display()
    );
    behind_the_indexes(ours.path(), &change);
    let store = open(ours.path()).expect("it opens");
    let reading = truth.read(&store).await;
    assert!(reading.lies.is_empty(), "{:#?}", reading.lies);
    assert!(reading.notices > 0, "{reading:?}");
    store.close().await;
    assert_eq!(verify(ours.path()).0, 3);
}

/// An entry of the inbox index with another receiver: it is as many entries as before, and every row is sound.
///
/// Negative control: without SQLite's own check `verify` finds nothing, and without the second text of `entries_at!` the
/// wrong receiver reads the message.
#[tokio::test]
async fn an_entry_of_an_index_that_was_altered_is_found() {
    let folder = tempfile::tempdir().expect("a folder");
    let (store, truth) = full(folder.path()).await;
    store.close().await;
    drop(store);
    let file = folder.path().join(FILE);
    let sql = Connection::open(&file).expect("the file");
    let root = "SELECT rootpage FROM sqlite_schema WHERE name = 'log_inbox'";
    let root: usize = sql.query_row(root, [], |row| row.get(0)).expect("a page");
    sql.close().expect("closed");
    let mut bytes = std::fs::read(&file).expect("the file");
    let page = &mut bytes[(root - 1) * 4096..root * 4096];
    assert_eq!(page[0], 10, "all of the index is in one page");
    let cells =
        (0..usize::from(page[4])).map(|cell| usize::from(page[8 + 2 * cell]) * 256 + usize::from(page[9 + 2 * cell]));
    // Of site 1 (which takes no byte): length, length of the head, three types, target, seq; for the first user.
    let cell = cells.into_iter().find(|at| page[at + 1..at + 6] == [4, 9, 1, 1, 2]).expect("an entry");
    page[cell + 5] = 3;
    std::fs::write(&file, bytes).expect("written");
    let (code, said) = verify(folder.path());
    assert_eq!(code, 3, "{said}");
    let store = open(folder.path()).expect("it opens");
    let reading = truth.read(&store).await;
    assert!(reading.lies.is_empty(), "{:#?}", reading.lies);
    store.close().await;
}

/// Two leaves of the log that have changed places: SQLite then finds sound rows under keys that are not theirs, of other
/// sites, too.
///
/// Negative control: with rows that are not compared with the place that was wanted a message of one site is read in the
/// log of the other.
#[tokio::test]
async fn leaves_that_changed_places_show_no_row_where_it_does_not_stand() {
    let folder = tempfile::tempdir().expect("a folder");
    let (store, truth) = full(folder.path()).await;
    store.close().await;
    drop(store);
    let file = folder.path().join(FILE);
    let sound = std::fs::read(&file).expect("the file");
    let leaves = leaves_of_the_log(&file, &sound);
    assert!(leaves.len() >= 4, "{leaves:?}");
    for (index, one) in leaves.iter().enumerate() {
        for other in &leaves[index + 1..] {
            let mut bytes = sound.clone();
            let page = bytes[one * 4096..(one + 1) * 4096].to_vec();
            bytes.copy_within(other * 4096..(other + 1) * 4096, one * 4096);
            bytes[other * 4096..(other + 1) * 4096].copy_from_slice(&page);
            let damaged = tempfile::tempdir().expect("a folder");
            std::fs::write(damaged.path().join(FILE), bytes).expect("written");
            let (code, said) = verify(damaged.path());
            assert_eq!(code, 3, "pages {one} and {other}: {said}");
            let Ok(store) = open(damaged.path()) else { continue };
            let reading = truth.read(&store).await;
            assert!(reading.lies.is_empty(), "pages {one} and {other}: {:#?}", reading.lies);
            store.close().await;
        }
    }
}

/// The pages, from 0, that the root of the log points to.
fn leaves_of_the_log(file: &Path, bytes: &[u8]) -> Vec<usize> {
    let sql = Connection::open(file).expect("the file");
    let root = "SELECT rootpage FROM sqlite_schema WHERE name = 'log'";
    let root: usize = sql.query_row(root, [], |row| row.get(0)).expect("a page");
    let page = &bytes[(root - 1) * 4096..root * 4096];
    assert_eq!(page[0], 2, "the root has leaves");
    let number = |at: usize| page[at..at + 4].iter().fold(0, |number, byte| number * 256 + usize::from(*byte));
    let cells = (0..usize::from(page[4])).map(|cell| number(12 + 2 * cell) >> 16);
    cells.map(number).chain([number(8)]).map(|page| page - 1).collect()
}

/// Changes the table alone: while the schema does not know the indexes, nothing keeps them.
fn behind_the_indexes(folder: &Path, change: &str) {
    let open = || Connection::open(folder.join(FILE)).expect("the file");
    let forget = "PRAGMA writable_schema = ON; CREATE TABLE kept AS SELECT * FROM sqlite_schema WHERE type = 'index' \
                  AND tbl_name = 'log' AND sql IS NOT NULL; DELETE FROM sqlite_schema WHERE name IN (SELECT name FROM kept)";
    open().execute_batch(forget).expect("no indexes");
    open().execute_batch(change).expect("a change");
    let remember = "PRAGMA writable_schema = ON; INSERT INTO sqlite_schema SELECT * FROM kept; DROP TABLE kept;";
    open().execute_batch(remember).expect("the indexes");
}

/// Negative control: with the time of the newest row, sound or not, the next message is of the year 2255.
#[tokio::test]
async fn damage_of_the_newest_row_does_not_spread() {
    let folder = tempfile::tempdir().expect("a folder");
    let (store, _) = full(folder.path()).await;
    store.close().await;
    drop(store);
    alter(folder.path(), "UPDATE log SET at_ms = 9000000000000 WHERE (site, seq) IN (SELECT number, head FROM sites)");
    let store = open(folder.path()).expect("it opens");
    let site = store.member(SITE, user("ann")).await.expect("a read").expect("a member");
    let draft = draft("ann", site.profile.number, To::User(user("bob")), "after the damage");
    let stored = store.append(draft).await.expect("stored").message;
    assert!(stored.at_ms >= NOW_MS && stored.at_ms < NOW_MS + 1_000_000, "{}", stored.at_ms);
    store.close().await;
}

fn draft(from: &str, number: UserNumber, to: To, body: &str) -> Draft {
    Draft {
        site: SITE,
        from: Party { number, id: user(from) },
        nick: from.into(),
        to,
        style: "".into(),
        body: body.into(),
        origin: None,
        by: nextim::chat::entry::Voice::Member,
        cid: Some("the cid".into()),
        now_ms: NOW_MS,
    }
}

/// The sender still has it and asks again: the answer must not point to a row that nobody can read.
///
/// Negative control: with a repeat that is answered from the damaged row the sender hears that the cid was for another
/// message.
#[tokio::test]
async fn a_repeat_of_a_damaged_message_is_stored_anew() {
    let folder = tempfile::tempdir().expect("a folder");
    let (store, _) = full(folder.path()).await;
    let ann = store.member(SITE, user("ann")).await.expect("a read").expect("a member");
    let draft = draft("ann", ann.profile.number, To::User(user("bob")), "once more");
    let first = store.append(draft.clone()).await.expect("stored");
    alter(folder.path(), &format!("UPDATE log SET body = 'x' WHERE site = 1 AND seq = {}", first.message.seq));
    let second = store.append(draft.clone()).await.expect("stored");
    assert!(!second.repeated && second.message.seq > first.message.seq);
    let third = store.append(draft).await.expect("stored");
    assert!(third.repeated && third.message.seq == second.message.seq);
    let history =
        store.histories(SITE.user(ann.profile.number), vec![Conversation::With(user("bob"))], None, 10_000).await;
    let bodies: Vec<_> = history.expect("a read")[0].messages.iter().map(|message| message.body.clone()).collect();
    assert_eq!(bodies[bodies.len() - 2..], [DAMAGED_BODY.into(), "once more".into()]);
    store.close().await;
}

/// Negative control: with seats that are read without their checksum `Left` is read where `Blocked` was written.
#[tokio::test]
async fn a_damaged_change_of_seat_changes_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let (store, _) = full(folder.path()).await;
    let change = store.change_seat(SITE, user("ann"), room("room1"), SeatChange::Blocked, NOW_MS).await;
    let seq = change.expect("a write").expect("a change");
    alter(folder.path(), &format!("UPDATE log SET kind = 2 WHERE site = 1 AND seq = {seq}"));
    let stretch = store.entries_after(SITE, seq - 1, 10).await.expect("a read");
    let [entry] = &stretch.entries[..] else { panic!("{stretch:?}") };
    assert!(entry.message().is_some_and(|message| &*message.body == DAMAGED_BODY), "{entry:?}");
    let ann = store.member(SITE, user("ann")).await.expect("a read").expect("a member");
    assert!(ann.memberships.iter().any(|place| place.room.id == room("room1") && place.blocked), "it is what it was");
    store.close().await;
}
