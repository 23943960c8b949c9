//! The embedded store: one SQLite file in WAL mode with `synchronous=FULL`, one writer thread, a few readers.
//!
//! Promises what `store` promises on the process dying and on power loss: an answer is given only after COMMIT returned.

mod checkpoint;
mod choices;
mod directory;
mod disk;
mod lock;
mod log;
mod reader;
mod rows;
mod schema;
mod sessions;
mod sites;
mod views;
mod writer;

use super::{CommitObserver, Store, StoreError, Stored};
use async_trait::async_trait;
use std::fs::{DirBuilder, OpenOptions};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;

/// Threads that read. Reads are short; two keep one long history from delaying a page.
const READERS: usize = 2;

/// The embedded store.
pub struct SqliteStore {
    writer: writer::Writer,
    readers: reader::Readers,
    _lock: lock::DataLock,
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
        let path = folder.join("nextim.sqlite3");
        disk::write_again(&folder.join("nextim.sqlite3-wal")).map_err(|error| lock::cannot_write(folder, &error))?;
        let private = OpenOptions::new().create(true).truncate(false).write(true).mode(0o600).open(&path);
        private.map_err(|error| lock::cannot_write(folder, &error))?;
        let connection = schema::open_writer(&path).map_err(|error| at(&path, &error))?;
        disk::sync_names(folder)?;
        let writer = writer::Writer::start(connection, observer)?;
        let readers = reader::Readers::start(&path, READERS)?;
        Ok(Self { writer, readers, _lock: lock })
    }
}

#[async_trait]
impl Store for SqliteStore {
    async fn check(&self) -> Stored<()> {
        self.writer.write(|tx| tx.touch()).await
    }

    async fn close(&self) {
        self.writer.close().await;
    }
}

/// Says of an error at opening which file it is about.
fn at(path: &Path, error: &StoreError) -> StoreError {
    let why = match error {
        StoreError::Unavailable(why) => why.clone(),
        StoreError::Refused(refusal) => refusal.to_string(),
    };
    unavailable(format!("{}: {why}; if it is not NextIM's, move it away or give another --data", path.display()))
}

/// An SQL error before anything was promised.
fn unavailable(error: impl std::fmt::Display) -> StoreError {
    StoreError::Unavailable(error.to_string())
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        unavailable(error)
    }
}
