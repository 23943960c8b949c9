//! Opening the file: migrations, and reading back that SQLite is set as the guarantees need it.

use super::{damaged, unavailable};
use crate::store::{StoreError, Stored};
use percent_encoding::{NON_ALPHANUMERIC, percent_encode};
use rusqlite::{Connection, OpenFlags};
use std::fs::{File, OpenOptions};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::time::Duration;

/// Every migration in order; `PRAGMA user_version` counts those done.
const MIGRATIONS: [&str; 4] = [
    include_str!("../../../migrations/sqlite/0001_start.sql"),
    include_str!("../../../migrations/sqlite/0002_family.sql"),
    include_str!("../../../migrations/sqlite/0003_sites.sql"),
    include_str!("../../../migrations/sqlite/0004_accounts.sql"),
];

/// Versions before this one can lose a WAL reset.
const SQLITE_VERSION_MIN: i32 = 3_051_003;

/// Makes the database at `path`, whole or not at all: a file that is there and empty has lost what was in it.
pub(super) fn create(path: &Path) -> Stored<()> {
    let new = path.with_extension("sqlite3.new");
    for left in ["sqlite3.new", "sqlite3.new-journal"] {
        drop(std::fs::remove_file(path.with_extension(left)));
    }
    let file = OpenOptions::new().create_new(true).write(true).mode(0o600).open(&new).map_err(unavailable)?;
    let mut connection = Connection::open(&new)?;
    tune(&connection)?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    migrate(&mut connection)?;
    drop(connection);
    file.sync_all().map_err(unavailable)?;
    put_in_place(&new, path).map_err(unavailable)
}

/// Renames a file that is complete, and makes that durable.
pub(super) fn put_in_place(from: &Path, to: &Path) -> std::io::Result<()> {
    std::fs::rename(from, to)?;
    let folder = to.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder)?.sync_all()
}

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

/// Opens the file alone, as it was at the last checkpoint, whatever its log says.
pub(super) fn open_without_log(path: &Path) -> Stored<Connection> {
    let path = std::path::absolute(path).map_err(unavailable)?;
    let name = percent_encode(path.as_os_str().as_bytes(), NON_ALPHANUMERIC);
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_URI;
    Ok(Connection::open_with_flags(format!("file:{name}?immutable=1"), flags)?)
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

/// How many migrations a database has; an error if it is from a version that is not known, or not NextIM's.
pub(super) fn known_version(connection: &Connection) -> Stored<usize> {
    let done: i64 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    let tables: i64 = connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    match usize::try_from(done) {
        Ok(done) if done > MIGRATIONS.len() => Err(StoreError::Unavailable(format!(
            "this data was written by a newer NextIM (schema {done}, this binary knows {}); use that version",
            MIGRATIONS.len()
        ))),
        // Not even a version: the header is damaged, or the file is somebody else's.
        Ok(0) if tables > 0 => Err(damaged("it has tables, but not NextIM's")),
        Ok(done) if done > 0 && tables == 0 => Err(damaged("it has no tables")),
        Ok(done) => Ok(done),
        Err(_) => Err(damaged(format!("it says that it has schema {done}"))),
    }
}

fn migrate(connection: &mut Connection) -> Stored<()> {
    let done = known_version(connection)?;
    for (index, sql) in MIGRATIONS.iter().enumerate().skip(done) {
        let tx = connection.transaction()?;
        tx.execute_batch(sql)?;
        tx.pragma_update(None, "user_version", index + 1)?;
        tx.commit()?;
    }
    Ok(())
}
