//! One process per data directory: the promises of the log hold only with one writer.

use super::unavailable;
use crate::store::StoreError;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{ErrorKind, Read, Write};
use std::path::Path;

/// Held for as long as the store is open; the operating system lets go of it when the process ends, however it ends.
pub(super) struct DataLock {
    file: File,
}

impl Drop for DataLock {
    /// Said, not left to the closing of the file: a child of this process that has not begun its program yet holds the file, too.
    fn drop(&mut self) {
        drop(self.file.unlock());
    }
}

/// Why the lock was not taken.
#[derive(Debug)]
pub(super) enum NotLocked {
    /// Another process has it.
    Held(String),
    /// The folder cannot be used.
    Failed(StoreError),
}

impl From<NotLocked> for StoreError {
    fn from(error: NotLocked) -> Self {
        match error {
            NotLocked::Held(why) => StoreError::InUse(why),
            NotLocked::Failed(error) => error,
        }
    }
}

/// Takes the lock, or says who has it.
pub(super) fn lock(folder: &Path) -> Result<DataLock, NotLocked> {
    let failed = |error| NotLocked::Failed(cannot_write(folder, &error));
    let path = folder.join("nextim.lock");
    let open = OpenOptions::new().create(true).truncate(false).read(true).write(true).open(&path);
    let mut file = open.map_err(failed)?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            let mut holder = String::new();
            drop(file.read_to_string(&mut holder));
            let holder = holder.trim();
            return Err(NotLocked::Held(format!(
                "the data directory {} is in use by process {holder}; stop that one first, or give another --data",
                folder.display()
            )));
        }
        Err(TryLockError::Error(error)) => return Err(failed(error)),
    }
    let written = file.set_len(0).and_then(|()| writeln!(file, "{}", std::process::id()));
    written.map_err(failed)?;
    Ok(DataLock { file })
}

/// For a folder that cannot be used.
pub(super) fn cannot_write(folder: &Path, error: &std::io::Error) -> StoreError {
    let folder = folder.display();
    unavailable(match error.kind() {
        ErrorKind::AlreadyExists | ErrorKind::NotADirectory => format!("{folder} is a file; --data needs a folder"),
        _ => format!(
            "cannot write in the data folder {folder}: {error}; give another with --data, or make it writable for this user"
        ),
    })
}
