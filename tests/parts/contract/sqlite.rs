//! The SQLite backend in the suite, and what is promised of its file alone.

use super::Backend;
use async_trait::async_trait;
use nextim::chat::entry::Seq;
use nextim::chat::id::SiteNumber;
use nextim::store::sqlite::SqliteStore;
use nextim::store::{CommitObserver, Store, Stored};
use rusqlite::{Connection, OpenFlags};
use std::path::Path;
use std::sync::Arc;

#[derive(Clone, Copy)]
pub struct Sqlite;

fn outside(folder: &Path) -> Connection {
    let path = folder.join("nextim.sqlite3");
    Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY).expect("the file is there")
}

#[async_trait]
impl Backend for Sqlite {
    async fn open(self, folder: &Path, observer: CommitObserver) -> Stored<Arc<dyn Store>> {
        Ok(Arc::new(SqliteStore::open(folder, observer)?))
    }

    async fn seen_from_outside(self, folder: &Path, site: SiteNumber) -> Vec<(Seq, String)> {
        let sql = outside(folder);
        let mut find = sql.prepare("SELECT seq, body FROM log WHERE site = ?1 AND kind = 0 ORDER BY seq").unwrap();
        let rows = find.query_map([site.0], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
        rows.collect::<Result<_, _>>().unwrap()
    }

    async fn crash_image(self, folder: &Path, image: &Path) {
        for name in ["nextim.sqlite3", "nextim.sqlite3-wal"] {
            std::fs::copy(folder.join(name), image.join(name)).unwrap();
        }
    }

    async fn set_schema_version(self, folder: &Path, version: u32) -> u32 {
        let sql = Connection::open(folder.join("nextim.sqlite3")).unwrap();
        let before = sql.pragma_query_value(None, "user_version", |row| row.get(0)).unwrap();
        sql.pragma_update(None, "user_version", version).unwrap();
        before
    }
}

#[test]
fn the_library_is_one_that_cannot_lose_a_wal_reset() {
    assert!(rusqlite::version_number() >= 3_051_003, "SQLite {} is too old", rusqlite::version());
}

#[tokio::test]
async fn the_file_is_in_wal_mode_and_every_table_is_strict_and_led_by_site() {
    let folder = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(folder.path(), Box::new(|_, _| {})).unwrap();
    let sql = outside(folder.path());
    let mode: String = sql.pragma_query_value(None, "journal_mode", |row| row.get(0)).unwrap();
    assert_eq!(mode, "wal");
    let mut tables = sql.prepare("SELECT name, strict FROM pragma_table_list WHERE schema = 'main'").unwrap();
    let tables = tables.query_map([], |row| Ok((row.get::<_, String>(0)?, row.get::<_, bool>(1)?))).unwrap();
    for (name, strict) in tables.map(Result::unwrap).filter(|(name, _)| !name.starts_with("sqlite_")) {
        assert!(strict, "{name} takes values of any type");
        let first = "SELECT name FROM pragma_table_info(?1) WHERE pk = 1";
        let first: String = sql.query_row(first, [&name], |row| row.get(0)).unwrap();
        assert!(first == "site" || name == "sites", "the key of {name} begins with {first}");
    }
    let mut indexes = sql
        .prepare(
            "SELECT l.name, c.name FROM sqlite_schema t, pragma_index_list(t.name) l, pragma_index_info(l.name) c \
                  WHERE t.type = 'table' AND t.name <> 'sites' AND c.seqno = 0",
        )
        .unwrap();
    let indexes = indexes.query_map([], |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?))).unwrap();
    for (name, first) in indexes.map(Result::unwrap) {
        assert_eq!(first, "site", "the index {name} mixes sites");
    }
    store.close().await;
}

/// Without statistics SQLite prefers the clustered key to an index that does not hold every column that is asked for, and
/// reads a site's whole log for one conversation. So every query that looks for rows by something else names its index
/// (and fails at once if it cannot be used). Negative control: take one `INDEXED BY` out.
#[test]
fn every_query_by_something_else_than_seq_names_its_index() {
    let files = ["log", "marks", "search", "views", "writer", "directory", "rows", "merge", "erase", "export"];
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/store/sqlite");
    let mut count = 0;
    for file in files {
        let text = std::fs::read_to_string(folder.join(file).with_extension("rs")).unwrap();
        for (at, _) in text.match_indices("FROM log ") {
            let query = text[at..].trim_start_matches("FROM log ").trim_start_matches("i ");
            let named = query.starts_with("INDEXED BY log_");
            let query = query.replace("l.", "");
            let by_key =
                ["WHERE site = ?1 AND seq ", "WHERE site = ?1 ORDER BY seq ", "l WHERE site = ?1 ORDER BY seq "]
                    .iter()
                    .any(|start| query.starts_with(start));
            assert!(named || by_key, "{file}.rs: {}", &text[at..text.len().min(at + 80)]);
            count += usize::from(named);
        }
    }
    assert!(count >= 14, "only {count} queries were found");
}

/// A row that is hidden by hand, as a block would: its receiver is not told of it, its sender is.
#[tokio::test]
async fn hidden_rows_are_found_and_counted_by_their_sender_alone() {
    let world = super::world::World::new(Sqlite).await;
    for body in ["a secret", "no secret"] {
        world.say("bob", "ann", body).await;
    }
    let (ann, bob) = (world.key("ann").await, world.key("bob").await);
    let sql = Connection::open(world.path().join("nextim.sqlite3")).unwrap();
    sql.execute("UPDATE log SET hidden = 1 WHERE seq = 1", []).unwrap();
    for (user, other, count) in [(ann, "bob", 1), (bob, "ann", 2)] {
        for only in [None, Some(super::world::with(other))] {
            let terms = nextim::chat::search::Terms::parse("secret").unwrap();
            let search = nextim::chat::search::Search { terms, only: only.clone(), before: None, limit: 20 };
            assert_eq!(world.store.search(user, search).await.unwrap().messages.len(), count, "{other} {only:?}");
        }
    }
    let (windows, rooms, strangers) = (vec![], vec![], vec![]);
    let query = nextim::store::PageQuery { user: ann, delivered: 0, windows, rooms, strangers, unread: Some(0) };
    assert_eq!(world.store.page(query).await.unwrap().unread[0].count, 1);
}

/// Promised before anything is: the last pages of the log are in the file itself when the store was closed in order.
#[tokio::test]
async fn a_close_leaves_one_file() {
    let folder = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(folder.path(), Box::new(|_, _| {})).unwrap();
    store.check().await.unwrap();
    store.close().await;
    let wal = folder.path().join("nextim.sqlite3-wal");
    assert!(std::fs::metadata(wal).map_or(0, |wal| wal.len()) == 0, "the log was not taken over into the file");
}

/// Negative control: give lookups the readers that pages open with, or nobody a share, and nothing is refused.
#[tokio::test]
async fn nobody_has_more_than_a_share_of_the_lookups() {
    let world = super::world::World::new(Sqlite).await;
    let (ann, bob) = (world.key("ann").await, world.key("bob").await);
    let mut asked = tokio::task::JoinSet::new();
    let store = std::sync::Arc::new(world.store);
    let of = || vec![super::world::with("bob")];
    let started = std::sync::Arc::new(tokio::sync::Barrier::new(64));
    for _ in 0..64 {
        let (store, started, of) = (store.clone(), started.clone(), of());
        asked.spawn(async move {
            started.wait().await;
            store.histories(ann, of, None, 30).await
        });
    }
    let all = asked.join_all().await;
    let refused = all.iter().filter(|found| found.is_err()).count();
    assert!(refused > 0 && refused < 64, "{refused} of 64 refused");
    assert!(store.histories(bob, vec![super::world::with("ann")], None, 30).await.is_ok());
    assert!(store.histories(ann, of(), None, 30).await.is_ok(), "and they have their share again");
}
