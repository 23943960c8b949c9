//! Opening the file: migrations, and reading back that SQLite is set as the guarantees need it.

use super::unavailable;
use crate::store::{StoreError, Stored};
use rusqlite::{Connection, OpenFlags};
use std::path::Path;
use std::time::Duration;

/// Every migration in order; `PRAGMA user_version` counts those done.
const MIGRATIONS: [&str; 1] = [include_str!("../../../migrations/sqlite/0001_start.sql")];

/// Versions before this one can lose a WAL reset.
const SQLITE_VERSION_MIN: i32 = 3_051_003;

/// Opens the only connection that writes.
pub(super) fn open_writer(path: &Path) -> Stored<Connection> {
    if rusqlite::version_number() < SQLITE_VERSION_MIN {
        return Err(unavailable(format!("SQLite {} is too old to be safe", rusqlite::version())));
    }
    let mut connection = Connection::open(path)?;
    tune(&connection)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    // The writer sees to checkpoints, so that their errors are seen.
    connection.pragma_update(None, "wal_autocheckpoint", 0)?;
    read_back(&connection)?;
    migrate(&mut connection)?;
    Ok(connection)
}

/// Opens a connection that only reads.
pub(super) fn open_reader(path: &Path) -> Stored<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    tune(&connection)?;
    Ok(connection)
}

fn tune(connection: &Connection) -> Stored<()> {
    connection.busy_timeout(Duration::from_secs(5))?;
    connection.set_prepared_statement_cache_capacity(64);
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    connection.pragma_update(None, "cache_size", -8_000)?;
    Ok(())
}

fn read_back(connection: &Connection) -> Stored<()> {
    let mode: String = connection.pragma_query_value(None, "journal_mode", |row| row.get(0))?;
    let synchronous: i64 = connection.pragma_query_value(None, "synchronous", |row| row.get(0))?;
    if mode != "wal" || synchronous != 2 {
        return Err(unavailable(format!(
            "SQLite does not keep its promises here: journal_mode={mode}, synchronous={synchronous} (wal and 2 are needed)"
        )));
    }
    Ok(())
}

fn migrate(connection: &mut Connection) -> Stored<()> {
    let done: usize = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    if done > MIGRATIONS.len() {
        return Err(StoreError::Unavailable(format!(
            "this data was written by a newer NextIM (schema {done}, this binary knows {}); start that version",
            MIGRATIONS.len()
        )));
    }
    for (index, sql) in MIGRATIONS.iter().enumerate().skip(done) {
        let tx = connection.transaction()?;
        tx.execute_batch(sql)?;
        tx.pragma_update(None, "user_version", index + 1)?;
        tx.commit()?;
    }
    Ok(())
}
