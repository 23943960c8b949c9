//! What SQLite leaves to its user: that the names of files and folders are on the disk before anything is promised, and
//! that what an earlier process could not sync is not built upon.

use super::lock::cannot_write;
use crate::store::Stored;
use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind};
use std::os::unix::fs::FileExt;
use std::path::Path;

/// Bytes written again at a time.
const PIECE: usize = 1 << 20;

/// Makes the names durable that lead to the files in `folder`. SQLite syncs the folder of its files too, but goes on if
/// that fails, and a folder that was just made may be gone after a loss of power with everything in it.
pub(super) fn sync_names(folder: &Path) -> Stored<()> {
    let whole = folder.canonicalize().map_err(|error| cannot_write(folder, &error))?;
    for at in whole.ancestors() {
        sync_folder(at).map_err(|error| cannot_write(at, &error))?;
    }
    Ok(())
}

fn sync_folder(folder: &Path) -> io::Result<()> {
    let opened = match File::open(folder) {
        Ok(opened) => opened,
        // What we may not even read, we have not made.
        Err(error) if error.kind() == ErrorKind::PermissionDenied => return Ok(()),
        Err(error) => return Err(error),
    };
    match opened.sync_all() {
        // Some file systems have nothing to sync in a folder.
        Err(error) if matches!(error.kind(), ErrorKind::InvalidInput | ErrorKind::Unsupported) => Ok(()),
        other => other,
    }
}

/// Writes what the file at `path` holds to the same places again, and syncs it. After a sync that failed the system shows
/// what was written, takes it for stored, and never writes it again: the next process would read commits that are not on
/// the disk, and those that it appends after them would be lost with them. To be done while nobody else writes.
pub(super) fn write_again(path: &Path) -> io::Result<()> {
    let file = match OpenOptions::new().read(true).write(true).open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    };
    let (mut at, mut piece) = (0, vec![0; PIECE]);
    loop {
        let len = file.read_at(&mut piece, at)?;
        if len == 0 {
            break;
        }
        file.write_all_at(&piece[..len], at)?;
        at += len as u64;
    }
    if at > 0 { file.sync_all() } else { Ok(()) }
}
