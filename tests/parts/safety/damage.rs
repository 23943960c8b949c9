//! Files that were damaged: bits, bytes, sectors and pages of the database and of its write-ahead log. Whatever happens to
//! them, every message that is read is what was stored or a notice, and nothing is called sound that is not.
//!
//! 100 cases; `NEXTIM_DAMAGE=2000` for more. The seed is printed; `NEXTIM_SEED` repeats it.

use super::truth::{Truth, copy, open, unclean};
use super::{FILE, verify};
use crate::crash::Dice;
use nextim::clock::random;
use nextim::store::{Store, StoreError};
use std::fs::{read, write};
use std::path::Path;
use tempfile::TempDir;

const PAGE: usize = 4096;
/// A page of the write-ahead log with its header, and the log's own header.
const FRAME: usize = PAGE + 24;
const LOG_HEAD: usize = 32;

fn from_environment(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|value| value.parse().unwrap_or_else(|_| panic!("{name} is a number, not {value}")))
}

/// Damages the file, and says how.
fn damage(bytes: &mut Vec<u8>, unit: usize, head: usize, dice: &mut Dice) -> String {
    let mut roll = |sides: usize| usize::try_from(dice.roll(sides as u64)).expect("small");
    let at = roll(bytes.len());
    let units = (bytes.len() - head) / unit;
    match roll(8) {
        0..=2 => {
            let bit = roll(8);
            bytes[at] ^= 1 << bit;
            format!("bit {bit} of byte {at} is flipped")
        }
        3 => {
            let end = (at + 1 + roll(40)).min(bytes.len());
            bytes[at..end].iter_mut().for_each(|byte| *byte = byte.wrapping_mul(5).wrapping_add(91));
            format!("bytes {at} to {end} are others")
        }
        4 => {
            let (start, end) = (at / 512 * 512, (at / 512 * 512 + 512).min(bytes.len()));
            bytes[start..end].fill(0);
            format!("sector at {start} is zeroed")
        }
        5 => {
            let page = head + roll(units) * unit;
            bytes[page..page + unit].fill(0);
            format!("page at {page} is zeroed")
        }
        6 => {
            let (one, other) = (head + roll(units) * unit, head + roll(units) * unit);
            for index in 0..unit {
                bytes.swap(one + index, other + index);
            }
            format!("pages at {one} and {other} are swapped")
        }
        _ => {
            let end = if roll(2) == 0 { at } else { head + (at / unit) * unit };
            bytes.truncate(end.min(bytes.len()));
            format!("it is cut off at {end}")
        }
    }
}

/// What became of a case.
#[derive(Debug, PartialEq, Eq)]
enum Fate {
    /// Verified, opened, and all as it was.
    Unharmed,
    /// Verified, and the last transactions of the write-ahead log are not there, as if they had never been finished.
    Shortened,
    /// Found by `verify`, and served with notices or refusals.
    Served,
    /// Found by `verify`, and the start refuses.
    Refused,
}

async fn judge(folder: &Path, truth: &Truth, in_log: bool, how: &str) -> Fate {
    let (code, said) = verify(folder);
    let store = match open(folder) {
        Ok(store) => store,
        Err(StoreError::Damaged(why)) => {
            assert_eq!(code, 3, "{how}: the start says {why}, and verify {said}");
            return Fate::Refused;
        }
        Err(error) => {
            // A damaged version number can look like one of the future: refused as that.
            assert!(code == 1 && error.to_string().contains("newer"), "{how}: {error}; {code} {said}");
            return Fate::Refused;
        }
    };
    let reading = truth.read(&store).await;
    store.close().await;
    assert!(reading.lies.is_empty(), "{how}: {:#?}", reading.lies);
    match code {
        3 => Fate::Served,
        0 if reading.is_whole() => Fate::Unharmed,
        0 if in_log => {
            // Damage of the last transaction cannot be told from one that was not finished, nor can a log that was cut off.
            assert!(reading.notices == 0 && reading.refused == 0, "{how}: verify says {said}, and {reading:#?}");
            assert_only_the_end_is_missing(truth, &reading.missing, how);
            Fate::Shortened
        }
        _ => panic!("{how}: verify says {code} {said}, and {reading:#?}"),
    }
}

fn assert_only_the_end_is_missing(truth: &Truth, missing: &[String], how: &str) {
    for site in &truth.sites {
        let places = truth.entries.range((*site, 0)..=(*site, u64::MAX)).map(|((_, seq), _)| seq);
        let gone = |seq: &&u64| missing.contains(&format!("{seq} of site {} is not in the log", site.0));
        let after: Vec<_> = places.skip_while(|seq| !gone(seq)).collect();
        assert!(after.iter().all(gone), "{how}: a hole in site {}: {missing:?}", site.0);
        assert!(how.contains("cut off") || after.len() <= 2, "{how}: {} rows are gone in silence", after.len());
    }
}

/// A folder that is not on a disk, where there is such a thing: nothing here is about syncs, and they take most of the time.
fn in_memory() -> TempDir {
    tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).expect("a folder")
}

/// Negative control: with a checksum that is read and not compared altered bodies are served; with a write-ahead log that
/// is not looked through, more than the last transactions are gone in silence; with an `integrity_check` that is left out
/// things are called sound that are not.
#[tokio::test]
async fn no_damage_is_served_or_called_sound() {
    let cases = from_environment("NEXTIM_DAMAGE").unwrap_or(100);
    let seed = from_environment("NEXTIM_SEED").unwrap_or_else(|| u64::from_le_bytes(random()) >> 32);
    println!("NEXTIM_SEED={seed}");
    let mut dice = Dice::new(seed);
    let image = tempfile::tempdir().expect("a folder");
    let truth = unclean(image.path(), &mut dice, 250, 60).await;
    let closed = tempfile::tempdir().expect("a folder");
    copy(image.path(), closed.path());
    open(closed.path()).expect("it opens").close().await;
    let mut fates = Vec::new();
    for case in 0..cases {
        let (from, name) = match case % 4 {
            0 | 1 => (closed.path(), FILE.to_owned()),
            2 => (image.path(), FILE.to_owned()),
            _ => (image.path(), format!("{FILE}-wal")),
        };
        let in_log = name.ends_with("-wal");
        let folder = in_memory();
        copy(from, folder.path());
        let path = folder.path().join(&name);
        let mut bytes = read(&path).expect("the file");
        let (unit, head) = if in_log { (FRAME, LOG_HEAD) } else { (PAGE, 0) };
        let how = damage(&mut bytes, unit, head, &mut dice);
        write(&path, bytes).expect("written");
        let how = format!("case {case}, {name}: {how}");
        let fate = judge(folder.path(), &truth, in_log, &how).await;
        println!("{how}: {fate:?}");
        fates.push(fate);
    }
    let count = |fate: Fate| fates.iter().filter(|other| **other == fate).count();
    println!(
        "{cases} cases: {} refused at the start, {} served with notices or refusals, {} without the end of the log, {} unharmed",
        count(Fate::Refused),
        count(Fate::Served),
        count(Fate::Shortened),
        count(Fate::Unharmed)
    );
    assert!(cases < 100 || count(Fate::Served) + count(Fate::Refused) > 30, "too little was damaged to prove anything");
}
