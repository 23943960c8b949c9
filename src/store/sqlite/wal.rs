//! The write-ahead log as bytes: whether it was damaged, or only ends in a write that was never finished.
//!
//! SQLite reads a log up to the first frame that does not fit, and takes the rest for an unfinished write. That is right
//! after a loss of power, and silent loss after damage in the middle. The two can be told apart: each commit is synced
//! before the next is written, so at most one transaction can be unfinished. Where two commits or more lie whole behind the
//! place at which SQLite stops, the first of them was durable, and what stands before it was, too.

use std::fs::File;
use std::io::{BufReader, ErrorKind, Read, Result};
use std::path::{Path, PathBuf};

const HEADER_BYTES: usize = 32;
const FRAME_HEADER_BYTES: usize = 24;
/// Of a log whose header cannot be read; ours are of no other size.
const PAGE_BYTES: usize = 4096;
/// In the header; the last bit says that sums are over big-endian words.
const MAGIC: u32 = 0x377f_0682;

/// What cannot be read of a log, though it was stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Lost {
    /// The first frame that does not fit, from 1.
    pub(super) frame: u64,
    /// Commits that lie whole behind it, at least.
    pub(super) commits: u64,
}

impl std::fmt::Display for Lost {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { frame, commits } = self;
        write!(f, "the write-ahead log is damaged at frame {frame}: at least {commits} later commits cannot be read")
    }
}

/// Where the write-ahead log of a database is.
pub(super) fn path_of(database: &Path) -> PathBuf {
    let mut name = database.as_os_str().to_owned();
    name.push("-wal");
    name.into()
}

/// Whether the database was left with writes that are in its log only.
pub(super) fn is_left(database: &Path) -> bool {
    std::fs::metadata(path_of(database)).is_ok_and(|log| log.len() > 0)
}

/// Looks through the log of a database. A server may be writing to it: what looks like damage is looked at again if the log
/// was begun anew meanwhile.
pub(super) fn lost(database: &Path) -> Result<Option<Lost>> {
    let path = path_of(database);
    let mut before = header(&path)?;
    loop {
        let lost = walk(&path)?;
        let after = header(&path)?;
        if lost.is_none() || before == after {
            return Ok(lost);
        }
        before = after;
    }
}

fn header(path: &Path) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    match File::open(path) {
        Ok(file) => file.take(HEADER_BYTES as u64).read_to_end(&mut bytes)?,
        Err(error) if error.kind() == ErrorKind::NotFound => 0,
        Err(error) => return Err(error),
    };
    Ok(bytes)
}

/// What frames are judged by: the sum and the salts of what stands before them.
struct Chain {
    big_endian: bool,
    sum: [u32; 2],
    salts: [u32; 2],
}

impl Chain {
    /// Whether a frame continues the chain. Either way it is what the next one is judged by, but that the salts of a good
    /// header stay.
    fn follow(&mut self, head: &[u8; FRAME_HEADER_BYTES], page: &[u8], keep_salts: bool) -> bool {
        let salts = [word(head, 8), word(head, 12)];
        let stored = [word(head, 16), word(head, 20)];
        let sum = add(add(self.sum, &head[..8], self.big_endian), page, self.big_endian);
        let fits = word(head, 0) != 0 && salts == self.salts && sum == stored;
        self.sum = stored;
        if !keep_salts {
            self.salts = salts;
        }
        fits
    }
}

fn walk(path: &Path) -> Result<Option<Lost>> {
    let head = header(path)?;
    if head.len() < HEADER_BYTES {
        return Ok(None);
    }
    let big_endian = word(&head, 0) & 1 == 1;
    let sum = [word(&head, 24), word(&head, 28)];
    let is_good = word(&head, 0) & !1 == MAGIC && add([0, 0], &head[..24], big_endian) == sum;
    let page_bytes = if is_good { page_bytes(word(&head, 8)) } else { PAGE_BYTES };
    let mut chain = Chain { big_endian: is_good && big_endian, sum, salts: [word(&head, 16), word(&head, 20)] };
    let mut file = BufReader::with_capacity(1 << 18, File::open(path)?);
    file.read_exact(&mut [0; HEADER_BYTES])?;
    let (mut frame_head, mut page) = ([0; FRAME_HEADER_BYTES], vec![0; page_bytes]);
    let mut stopped_at = if is_good { None } else { Some(1) };
    let (mut frame, mut run, mut longest) = (0, 0, 0);
    while fill(&mut file, &mut frame_head)? && fill(&mut file, &mut page)? {
        frame += 1;
        let fits = chain.follow(&frame_head, &page, is_good);
        if !fits {
            stopped_at = stopped_at.or(Some(frame));
            run = 0;
        } else if stopped_at.is_some() && word(&frame_head, 4) != 0 {
            run += 1;
            longest = longest.max(run);
        }
    }
    Ok(stopped_at.filter(|_| longest >= 2).map(|frame| Lost { frame, commits: longest }))
}

fn page_bytes(stored: u32) -> usize {
    usize::try_from(stored)
        .ok()
        .filter(|size| size.is_power_of_two() && (512..=65_536).contains(size))
        .unwrap_or(PAGE_BYTES)
}

/// Whether there was enough.
fn fill(file: &mut impl Read, buffer: &mut [u8]) -> Result<bool> {
    match file.read_exact(buffer) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == ErrorKind::UnexpectedEof => Ok(false),
        Err(error) => Err(error),
    }
}

fn word(bytes: &[u8], at: usize) -> u32 {
    u32::from_be_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
}

/// SQLite's sum over pairs of words.
fn add(mut sum: [u32; 2], bytes: &[u8], big_endian: bool) -> [u32; 2] {
    for pair in bytes.chunks_exact(8) {
        let (mut first, mut second) = (word(pair, 0), word(pair, 4));
        if !big_endian {
            (first, second) = (first.swap_bytes(), second.swap_bytes());
        }
        sum[0] = sum[0].wrapping_add(first).wrapping_add(sum[1]);
        sum[1] = sum[1].wrapping_add(second).wrapping_add(sum[0]);
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;
    use rusqlite::Connection;
    use std::fs::{read, write};

    const FRAME: usize = FRAME_HEADER_BYTES + PAGE_BYTES;

    /// A log of five commits of one frame, which nobody has open.
    fn log() -> (tempfile::TempDir, PathBuf, Vec<u8>) {
        let folder = tempfile::tempdir().expect("a folder");
        let (from, to) = (folder.path().join("a"), folder.path().join("b"));
        let sql = Connection::open(&from).expect("a database");
        let begin = "PRAGMA journal_mode = WAL; CREATE TABLE t (x); PRAGMA wal_checkpoint(TRUNCATE);";
        sql.execute_batch(begin).expect("a table");
        for x in 0..5 {
            sql.execute("INSERT INTO t VALUES (?1)", [x]).expect("a row");
        }
        let bytes = read(path_of(&from)).expect("the log");
        assert_eq!(bytes.len(), HEADER_BYTES + 5 * FRAME);
        (folder, to, bytes)
    }

    /// Negative control: with sums that are not checked every verdict here is "nothing lost".
    #[test]
    fn damage_in_the_middle_is_told_from_an_unfinished_end() {
        let (_folder, database, sound) = log();
        let verdict = |change: &dyn Fn(&mut Vec<u8>)| {
            let mut bytes = sound.clone();
            change(&mut bytes);
            write(path_of(&database), bytes).expect("a log");
            lost(&database).expect("it is read").map(|lost| (lost.frame, lost.commits))
        };
        assert_eq!(verdict(&|_| ()), None);
        assert_eq!(verdict(&Vec::clear), None);
        for frame in 0..5 {
            let at = HEADER_BYTES + frame * FRAME;
            for byte in [at, at + 5, at + 9, at + 17, at + 100, at + FRAME - 1] {
                let found = verdict(&|bytes| bytes[byte] ^= 4);
                // A damaged sum takes the frame behind it along.
                let commits = (if byte == at + 17 { 3_usize } else { 4 }).saturating_sub(frame);
                let expected = (commits >= 2).then_some((frame as u64 + 1, commits as u64));
                assert_eq!(found, expected, "frame {frame}, byte {}", byte - at);
            }
            assert_eq!(verdict(&|bytes| bytes.truncate(at + 30)), None, "cut off in frame {frame}");
            let torn = verdict(&|bytes| bytes[at + 600..].fill(0));
            assert_eq!(torn, None, "nothing whole behind frame {frame}");
        }
        for byte in [0, 8, 17, 25] {
            assert!(verdict(&|bytes| bytes[byte] ^= 4).is_some(), "byte {byte} of the header");
        }
        assert!(verdict(&|bytes| bytes[..HEADER_BYTES].fill(0)).is_some());
        assert_eq!(verdict(&|bytes| bytes.fill(0)), None, "room that was never written to");
    }
}
