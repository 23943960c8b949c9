//! What reached the disk, in order, as `faults.c` has written it down.

use crate::crash::faults::{Class, Kind};
use std::path::{Path, PathBuf};

/// One call that changes what a disk holds.
#[derive(Debug)]
pub struct Record {
    pub kind: Kind,
    pub class: Class,
    pub path: PathBuf,
    /// Whether it failed.
    pub failed: bool,
    /// An offset, or a new length.
    pub at: u64,
    pub bytes: Vec<u8>,
    /// The length of the log with it: what was known before the log was longer was known before the next record.
    pub end: u64,
}

const KINDS: [Kind; 8] =
    [Kind::Write, Kind::Sync, Kind::Truncate, Kind::Unlink, Kind::Create, Kind::Rename, Kind::Send, Kind::Folder];
const CLASSES: [Class; 8] = [
    Class::Database,
    Class::Wal,
    Class::Journal,
    Class::Shared,
    Class::Lock,
    Class::Directory,
    Class::Other,
    Class::Socket,
];
const HEADER: usize = 24;

/// Reads a log. What a killed process has written of its last record is left out.
pub fn read(log: &Path) -> Vec<Record> {
    let bytes = std::fs::read(log).expect("the log of what reached the disk");
    let (mut records, mut rest) = (Vec::new(), &bytes[..]);
    while let Some((header, tail)) = rest.split_at_checked(HEADER) {
        let long = |at: usize| u64::from_le_bytes(header[at..at + 8].try_into().expect("eight bytes"));
        let path_len = usize::from(u16::from_le_bytes([header[2], header[3]]));
        let len = usize::try_from(long(16)).expect("a length");
        let Some((body, tail)) = tail.split_at_checked(path_len + len) else { break };
        let path = std::str::from_utf8(&body[..path_len]).expect("a path");
        records.push(Record {
            kind: KINDS[usize::from(header[0])],
            class: CLASSES[usize::from(header[1])],
            path: path.into(),
            failed: header[4..8] != [0; 4],
            at: long(8),
            bytes: body[path_len..].to_vec(),
            end: (bytes.len() - tail.len()) as u64,
        });
        rest = tail;
    }
    records
}
