//! Checkpoints: the write-ahead log (WAL) is brought into the database once it is long, after everybody was answered.
//! SQLite would do this by itself inside a COMMIT, but keeps to itself that a sync has failed there.

use super::writer::give_up;
use rusqlite::Connection;
use rusqlite::ffi::{SQLITE_IOERR_DIR_FSYNC, SQLITE_IOERR_FSYNC};

/// Pages in the WAL before a checkpoint (about 40 MB): checkpoints are the rare long pause of the writer.
const PAGES: u64 = 10_000;

/// When there are checkpoints.
pub(super) struct Checkpoints {
    pages: u64,
}

impl Checkpoints {
    /// At the usual length; or at what `NEXTIM_CHECKPOINT_PAGES` says, which is no setting, but for tests that want to see
    /// many checkpoints.
    pub(super) fn new() -> Self {
        let chosen = std::env::var("NEXTIM_CHECKPOINT_PAGES").ok().and_then(|pages| pages.parse().ok());
        Self { pages: chosen.unwrap_or(PAGES) }
    }

    /// Between two transactions.
    pub(super) fn if_due(&self, connection: &Connection) {
        let done = checkpoint(connection, "NOOP").and_then(|(in_log, in_database)| {
            let due = in_log >= self.pages && in_log > in_database;
            if due { checkpoint(connection, "PASSIVE").map(drop) } else { Ok(()) }
        });
        done.unwrap_or_else(|error| failed(&error));
    }

    /// After the last transaction. Leaves the WAL empty, which says that this was a stop in order.
    pub(super) fn last(&self, connection: &Connection) {
        checkpoint(connection, "TRUNCATE").map_or_else(|error| failed(&error), drop);
    }
}

/// Pages in the WAL, and how many of them are in the database.
fn checkpoint(connection: &Connection, how: &str) -> rusqlite::Result<(u64, u64)> {
    let mut pragma = connection.prepare_cached(&format!("PRAGMA wal_checkpoint({how})"))?;
    // A number below 0 says that there is no WAL.
    let pages = |number: i64| u64::try_from(number).unwrap_or(0);
    pragma.query_row([], |row| Ok((pages(row.get(1)?), pages(row.get(2)?))))
}

/// Everything is in the WAL still, so that a checkpoint that found no room may be tried again.
fn failed(error: &rusqlite::Error) {
    let code = error.sqlite_error().map(|error| error.extended_code);
    if matches!(code, Some(SQLITE_IOERR_FSYNC | SQLITE_IOERR_DIR_FSYNC)) {
        give_up(&format!("a checkpoint could not be synced: {error}"));
    }
    tracing::warn!(%error, "a checkpoint is left for later");
}
