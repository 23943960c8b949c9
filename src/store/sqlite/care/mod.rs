//! Care of the data beside a server: copies, checks, bringing a copy back.
//!
//! Promises: a copy is one moment of the data, and under its name only when it is whole, checked and durable; a check changes
//! nothing; nothing is ever written over.

mod backup;
mod restore;
mod verify;

pub use super::examine::{Finding, Report, SiteSummary};
pub use backup::{backup, partial};
pub use restore::restore;
pub use verify::verify;

use super::schema;
use crate::store::StoreError;
use std::fmt::Display;
use std::fs::{File, OpenOptions};
use std::io::ErrorKind;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

/// Why it was not done.
#[derive(Debug, thiserror::Error)]
pub enum CareError {
    /// It could not, as things are.
    #[error("{0}")]
    Failed(String),
    /// What was given is not what this is for.
    #[error("{0}")]
    Wrong(String),
    /// The data is damaged.
    #[error("{why}")]
    Damaged {
        /// What follows from it.
        why: String,
        /// What was found.
        report: Box<Report>,
    },
    /// Something is in the way, and nothing is written over.
    #[error("{0}")]
    InTheWay(String),
}

impl From<StoreError> for CareError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Damaged(why) => damaged(why, Report::default()),
            other => failed(other),
        }
    }
}

fn failed(why: impl Display) -> CareError {
    CareError::Failed(why.to_string())
}

fn damaged(why: impl Display, report: Report) -> CareError {
    CareError::Damaged { why: why.to_string(), report: Box::new(report) }
}

/// Says of a failure which file it is about.
fn at(path: &Path) -> impl Fn(std::io::Error) -> CareError {
    move |error| failed(format!("{}: {error}", path.display()))
}

/// The path with something added to the file's name.
fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

/// Begins a file that only its owner may read and that is renamed when it is complete. What an attempt that was cut off has
/// left there goes; an attempt that goes on is not disturbed.
fn begin(path: &Path) -> Result<File, CareError> {
    let file = OpenOptions::new().create(true).truncate(false).write(true).mode(0o600).open(path).map_err(at(path))?;
    match file.try_lock() {
        Ok(()) => {}
        Err(std::fs::TryLockError::WouldBlock) => {
            return Err(CareError::InTheWay(format!("{} is being written by another process", path.display())));
        }
        Err(std::fs::TryLockError::Error(error)) => return Err(at(path)(error)),
    }
    file.set_permissions(std::fs::Permissions::from_mode(0o600)).map_err(at(path))?;
    file.set_len(0).map_err(at(path))?;
    for suffix in ["-journal", "-wal", "-shm"] {
        let left = with_suffix(path, suffix);
        match std::fs::remove_file(&left) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(at(&left)(error)),
            _ => {}
        }
    }
    Ok(file)
}

/// Gives a complete file its name.
fn finish(file: &File, from: &Path, to: &Path) -> Result<(), CareError> {
    file.sync_all().map_err(at(from))?;
    schema::put_in_place(from, to).map_err(at(to))
}
