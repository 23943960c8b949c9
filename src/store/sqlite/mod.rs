//! The embedded store: one SQLite file in WAL mode with `synchronous=FULL`, one writer thread, a few readers.
//!
//! Promises what `store` promises on the process dying and on power loss: an answer is given only after COMMIT returned.

mod accounts;
mod blocks;
pub mod care;
mod check;
mod checkpoint;
mod choices;
mod damage;
mod directory;
mod disk;
mod erase;
mod examine;
mod export;
mod introduce;
mod lock;
mod log;
mod marks;
mod merge;
mod notifications;
mod passing;
mod people;
mod reader;
mod rows;
mod schema;
mod search;
mod sessions;
mod sites;
mod sums;
mod views;
mod wal;
mod writer;

use super::{CommitObserver, Store, StoreError, Stored, WriteCounts};
use async_trait::async_trait;
use rusqlite::Connection;
use std::fs::{DirBuilder, OpenOptions};
use std::io::ErrorKind;
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;
use std::sync::Mutex;
use tokio::sync::Semaphore;

/// The database in a data folder.
const FILE_NAME: &str = "nextim.sqlite3";

/// Threads for pages that open and sessions that read what they missed; histories and searches have one of their own.
const READERS: usize = 2;

/// The embedded store.
pub struct SqliteStore {
    writer: writer::Writer,
    readers: reader::Readers,
    check: Mutex<Option<check::Background>>,
    lookups: reader::Lookups,
    /// One part of an export is read at a time, so that others' lookups wait for one at most.
    exporting: Semaphore,
    lock: Mutex<Option<lock::DataLock>>,
}

impl SqliteStore {
    /// Opens the database in `folder`, making or migrating it as needed, and checks that it keeps its promises.
    /// `observer` hears of every commit, in order.
    pub fn open(folder: &Path, observer: CommitObserver) -> Stored<Self> {
        // Messages and secrets are nobody else's.
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(folder)
            .map_err(|error| lock::cannot_write(folder, &error))?;
        let lock = lock::lock(folder)?;
        let path = folder.join(FILE_NAME);
        disk::write_again(&folder.join("nextim.sqlite3-wal")).map_err(|error| lock::cannot_write(folder, &error))?;
        let (connection, unclean) = Self::open_file(&path).map_err(|error| at(&path, &error))?;
        disk::sync_names(folder)?;
        let writer = writer::Writer::start(connection, observer)?;
        let readers = reader::Readers::start(&path, "reader", READERS)?;
        let check = unclean.then(|| check::Background::start(&path)).transpose()?;
        let lookups = reader::Lookups::start(&path)?;
        let exporting = Semaphore::new(1);
        Ok(Self { writer, readers, lookups, exporting, check: Mutex::new(check), lock: Mutex::new(Some(lock)) })
    }

    /// The connection that writes, and whether the last process did not close.
    fn open_file(path: &Path) -> Stored<(Connection, bool)> {
        match OpenOptions::new().write(true).open(path).and_then(|file| file.metadata()) {
            Ok(file) if file.len() == 0 => return Err(damaged("the file is empty")),
            Ok(_) => {}
            Err(error) if error.kind() == ErrorKind::NotFound => {
                if wal::is_left(path) {
                    return Err(damaged("the file is gone, and its write-ahead log is there"));
                }
                schema::create(path)?;
            }
            Err(error) => return Err(unavailable(error)),
        }
        let unclean = check::before_opening(path)?;
        let connection = schema::open_writer(path)?;
        check::after_opening(&connection, unclean.as_ref())?;
        Ok((connection, unclean.is_some()))
    }
}

#[async_trait]
impl Store for SqliteStore {
    async fn check(&self) -> Stored<()> {
        self.writer.write(|tx| tx.touch()).await
    }

    fn counts(&self) -> WriteCounts {
        self.writer.counts()
    }

    async fn close(&self) {
        let check = self.check.lock().expect("no panic while held").take();
        if let Some(check) = check {
            // Its snapshot would keep the last checkpoint from finishing.
            drop(tokio::task::spawn_blocking(move || check.stop()).await);
        }
        self.writer.close().await;
        // Nothing is written any more, whoever still holds this store.
        drop(self.lock.lock().expect("no panic while held").take());
    }
}

const WHAT_TO_DO: &str = "see what `nextim verify` says, and restore a backup into a new folder with `nextim restore`; if \
    the file is not NextIM's, move it away or give another --data";

/// Says of an error at opening which file it is about.
fn at(path: &Path, error: &StoreError) -> StoreError {
    let path = path.display();
    match error {
        StoreError::Damaged(why) => damaged(format!("{path}: {why}; {WHAT_TO_DO}")),
        StoreError::Unavailable(why) | StoreError::InUse(why) => unavailable(format!("{path}: {why}")),
        StoreError::Refused(refusal) => unavailable(format!("{path}: {refusal}")),
    }
}

/// An SQL error before anything was promised.
fn unavailable(error: impl std::fmt::Display) -> StoreError {
    StoreError::Unavailable(error.to_string())
}

fn damaged(error: impl std::fmt::Display) -> StoreError {
    StoreError::Damaged(error.to_string())
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        if damage::is_damage(&error) { damaged(error) } else { unavailable(error) }
    }
}
