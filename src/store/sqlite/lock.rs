//! One process per data directory: the promises of the log hold only with one writer.

use super::unavailable;
use crate::store::{StoreError, Stored};
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{ErrorKind, Read, Write};
use std::path::Path;

/// Held for as long as the store is open; the operating system lets go of it when the process ends, however it ends.
pub(super) struct DataLock {
    _file: File,
}

/// Takes the lock, or says who has it.
pub(super) fn lock(folder: &Path) -> Stored<DataLock> {
    let path = folder.join("nextim.lock");
    let open = OpenOptions::new().create(true).truncate(false).read(true).write(true).open(&path);
    let mut file = open.map_err(|error| cannot_write(folder, &error))?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            let mut holder = String::new();
            drop(file.read_to_string(&mut holder));
            let holder = holder.trim();
            return Err(unavailable(format!(
                "the data directory {} is in use by process {holder}; stop that one first, or give another --data",
                folder.display()
            )));
        }
        Err(TryLockError::Error(error)) => return Err(cannot_write(folder, &error)),
    }
    let written = file.set_len(0).and_then(|()| writeln!(file, "{}", std::process::id()));
    written.map_err(|error| cannot_write(folder, &error))?;
    Ok(DataLock { _file: file })
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
