//! One process per data directory: the promises of the log hold only with one writer.

use super::unavailable;
use crate::store::Stored;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Write};
use std::path::Path;

/// Held for as long as the store is open; the operating system lets go of it when the process ends, however it ends.
pub(super) struct DataLock {
    _file: File,
}

/// Takes the lock, or says who has it.
pub(super) fn lock(folder: &Path) -> Stored<DataLock> {
    let path = folder.join("nextim.lock");
    let open = OpenOptions::new().create(true).truncate(false).read(true).write(true).open(&path);
    let mut file = open.map_err(|error| unavailable(format!("{}: {error}", path.display())))?;
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
        Err(TryLockError::Error(error)) => return Err(unavailable(format!("{}: {error}", path.display()))),
    }
    let written = file.set_len(0).and_then(|()| writeln!(file, "{}", std::process::id()));
    written.map_err(|error| unavailable(format!("{}: {error}", path.display())))?;
    Ok(DataLock { _file: file })
}
