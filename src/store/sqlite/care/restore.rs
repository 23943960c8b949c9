//! `nextim restore`: a backup becomes the data of a server that does not run yet.

use super::{CareError, Report, at, begin, damaged, finish, verify, with_suffix};
use crate::store::sqlite::lock::{self, NotLocked};
use crate::store::sqlite::{FILE_NAME, wal};
use crate::store::{StoreError, Stored};
use rusqlite::Connection;
use std::fs::{DirBuilder, File};
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;

/// Puts a backup into a folder that has no data yet. Every site gets a new epoch from `epoch`: seqs that the backup does
/// not know were given to other messages, and clients that have seen those must read everything anew. Sessions stay: their
/// tickets are good, and go on from the cursors of the backup.
///
/// `with_damaged_rows`: also if rows of its log are damaged, which a server shows as notices.
pub fn restore(
    file: &Path,
    data: &Path,
    with_damaged_rows: bool,
    mut epoch: impl FnMut() -> String,
) -> Result<Report, CareError> {
    if file.is_dir() || wal::is_left(file) {
        let why = "is the data of a server, not a backup; make one of it with `nextim backup`";
        return Err(CareError::Wrong(format!("{} {why}", file.display())));
    }
    let report = verify(file)?;
    if report.found > 0 && !(with_damaged_rows && report.is_only_rows()) {
        return Err(damaged(format!("{} is damaged, and nothing was restored", file.display()), report));
    }
    DirBuilder::new().recursive(true).mode(0o700).create(data).map_err(at(data))?;
    let target = data.join(FILE_NAME);
    refuse_if_there(&target)?;
    let _lock = lock::lock(data).map_err(|error| match error {
        NotLocked::Held(why) => CareError::InTheWay(why),
        NotLocked::Failed(error) => error.into(),
    })?;
    refuse_if_there(&target)?;
    let name = with_suffix(&target, ".restoring");
    let mut copy = begin(&name)?;
    let mut from = File::open(file).map_err(at(file))?;
    std::io::copy(&mut from, &mut copy).map_err(at(&name))?;
    renew_epochs(&name, &mut epoch)?;
    finish(&copy, &name, &target)?;
    Ok(report)
}

/// A write-ahead log alone counts, too: SQLite would take it for the restored file's.
fn refuse_if_there(target: &Path) -> Result<(), CareError> {
    for suffix in ["", "-wal", "-shm", "-journal"] {
        let there = with_suffix(target, suffix);
        if there.symlink_metadata().is_ok() {
            let why = "exists; restore into a new folder, and give that one to the server";
            return Err(CareError::InTheWay(format!("{} {why}", there.display())));
        }
    }
    Ok(())
}

fn renew_epochs(path: &Path, epoch: &mut impl FnMut() -> String) -> Stored<()> {
    let mut sql = Connection::open(path)?;
    // No files beside it that a rename would leave behind.
    sql.pragma_update(None, "journal_mode", "DELETE")?;
    sql.pragma_update(None, "synchronous", "FULL")?;
    let tx = sql.transaction()?;
    let mut find = tx.prepare("SELECT number FROM sites")?;
    let sites = find.query_map([], |row| row.get(0))?.collect::<Result<Vec<i64>, _>>()?;
    for site in sites {
        tx.execute("UPDATE sites SET epoch = ?2 WHERE number = ?1", (site, epoch()))?;
    }
    drop(find);
    tx.commit()?;
    sql.close().map_err(|(_, error)| StoreError::from(error))
}
