//! `nextim backup`: one moment of the data in one file, whether a server has it open or not.
//!
//! Why `VACUUM INTO` and not SQLite's backup in steps: the steps begin again whenever another process writes, so under load
//! they never end. `VACUUM INTO` reads one snapshot and holds nobody up; while it runs the write-ahead log cannot begin anew
//! and grows.

use super::{CareError, Report, at, begin, damaged, failed, finish, verify, with_suffix};
use crate::store::StoreError;
use crate::store::sqlite::{FILE_NAME, examine, schema, wal};
use std::path::{Path, PathBuf};

/// Where a backup is written until it is complete.
pub fn partial(to: &Path) -> PathBuf {
    with_suffix(to, ".partial")
}

/// Copies the data in a folder to a file that does not exist yet. Where the data is damaged, what could be copied stays in
/// [`partial`].
pub fn backup(data: &Path, to: &Path) -> Result<Report, CareError> {
    let source = verify::database(&data.join(FILE_NAME))?;
    if to.symlink_metadata().is_ok() {
        return Err(CareError::InTheWay(format!("{} exists; a backup is written over nothing", to.display())));
    }
    let name = std::path::absolute(partial(to)).map_err(at(to))?;
    let Some(text) = name.to_str() else {
        return Err(CareError::Wrong(format!("{} is not a name that SQLite can write to", to.display())));
    };
    let file = begin(&name)?;
    let report = match copy(&source, text).and_then(|()| verify(&name)) {
        Ok(report) => with_log(report, &source)?,
        Err(error) => {
            // Half a copy is of no use.
            drop(std::fs::remove_file(&name));
            return Err(error);
        }
    };
    if report.found > 0 {
        file.sync_all().map_err(at(&name))?;
        let why = format!("the data is damaged; what could be copied of it is in {}", name.display());
        return Err(damaged(why, report));
    }
    finish(&file, &name, to)?;
    Ok(report)
}

fn copy(source: &Path, to: &str) -> Result<(), CareError> {
    let copied = schema::open_reader(source).and_then(|sql| {
        schema::known_version(&sql)?;
        Ok(sql.execute("VACUUM INTO ?1", [to])?)
    });
    match copied {
        Ok(_) => Ok(()),
        Err(StoreError::Damaged(why)) => {
            let why = format!("{}: {why}; no copy could be made", source.display());
            Err(damaged(why, Report::default()))
        }
        Err(error) => Err(failed(format!("{}: {error}", source.display()))),
    }
}

/// What the log of the source has lost is not in the copy.
fn with_log(mut report: Report, source: &Path) -> Result<Report, CareError> {
    if let Some(lost) = wal::lost(source).map_err(at(source))? {
        report.add(examine::Finding::Other(lost.to_string()));
    }
    Ok(report)
}
