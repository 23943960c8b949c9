//! `nextim verify`: whether a file holds what was written to it.

use super::{CareError, Report, at, failed};
use crate::store::StoreError;
use crate::store::sqlite::{FILE_NAME, examine, schema, wal};
use std::path::{Path, PathBuf};

/// Examines a database: a backup, a data folder, or the database in one, whether a server has it open or not. Nothing is
/// changed. Damage is in the report, not an error.
pub fn verify(path: &Path) -> Result<Report, CareError> {
    let path = database(path)?;
    let mut report = Report::default();
    if std::fs::metadata(&path).map_err(at(&path))?.len() == 0 {
        report.add(examine::Finding::Other("the file is empty".into()));
        return Ok(report);
    }
    if let Some(lost) = wal::lost(&path).map_err(at(&path))? {
        report.add(examine::Finding::Other(lost.to_string()));
    }
    match examine_file(&path, &mut report) {
        Err(StoreError::Damaged(why)) => report.add(examine::Finding::Other(why)),
        Err(error) => return Err(failed(format!("{}: {error}", path.display()))),
        Ok(()) => {}
    }
    Ok(report)
}

fn examine_file(path: &Path, report: &mut Report) -> Result<(), StoreError> {
    let sql = schema::open_reader(path)?;
    // One moment of it, while a server may be writing.
    sql.execute_batch("BEGIN")?;
    report.schema = schema::known_version(&sql)?;
    if report.schema == 0 {
        return Err(StoreError::Damaged("it holds nothing of NextIM's".into()));
    }
    examine::all(&sql, report)
}

/// The database that is meant.
pub(super) fn database(path: &Path) -> Result<PathBuf, CareError> {
    let path = if path.is_dir() { path.join(FILE_NAME) } else { path.to_owned() };
    match path.try_exists() {
        Ok(true) => Ok(path),
        Ok(false) => Err(failed(format!("{} is not there", path.display()))),
        Err(error) => Err(at(&path)(error)),
    }
}
