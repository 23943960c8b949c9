//! What a disk may hold when the power goes: everything that was synced, and of the rest anything.
//!
//! The model is as harsh as POSIX allows: a write that is not synced may be there, not be there, or be there in some of its
//! 512-byte sectors; the order of writes that are not synced means nothing; a name in a folder is there for sure only after
//! that folder was synced; what was written when a sync failed is not made good by a later sync that succeeds (Linux marks
//! such pages as clean).

use super::recording::Record;
use crate::crash::Dice;
use crate::crash::faults::Kind;
use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};

const SECTOR: usize = 512;

/// What becomes of what was not synced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Loss {
    All,
    Nothing,
    /// Every write for itself.
    Some,
    /// Every sector for itself.
    Torn,
    /// Everything after some moment.
    Latest,
}

pub const LOSSES: [Loss; 5] = [Loss::All, Loss::Nothing, Loss::Some, Loss::Torn, Loss::Latest];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Pending,
    /// Its sync has failed.
    Doubtful,
    Durable,
}

#[derive(Debug)]
enum Change {
    Write { at: usize, bytes: Vec<u8> },
    Truncate(usize),
}

#[derive(Debug, Default)]
struct Content {
    is_folder: bool,
    durable: Vec<u8>,
    changes: Vec<(State, Change)>,
}

type Number = usize;

#[derive(Debug, Clone)]
enum Naming {
    Name(PathBuf, Number),
    Gone(PathBuf),
    Renamed(PathBuf, PathBuf, Number),
}

/// A disk with a cache.
#[derive(Debug, Default)]
pub struct Platter {
    contents: Vec<Content>,
    /// Names as the process sees them.
    names: HashMap<PathBuf, Number>,
    /// Names that are on the disk.
    durable_names: BTreeMap<PathBuf, Number>,
    /// By folder: what its next sync makes durable.
    namings: BTreeMap<PathBuf, Vec<Naming>>,
}

impl Platter {
    /// Takes in what was done; a sync may be ignored.
    pub fn apply(&mut self, record: &Record, syncs: bool) {
        let path = &record.path;
        match record.kind {
            _ if record.failed && record.kind != Kind::Sync => {}
            Kind::Write => {
                let at = usize::try_from(record.at).expect("an offset");
                self.change(path, Change::Write { at, bytes: record.bytes.clone() });
            }
            Kind::Truncate => self.change(path, Change::Truncate(usize::try_from(record.at).expect("a length"))),
            Kind::Sync if syncs => self.sync(path, record.failed),
            Kind::Sync | Kind::Send => {}
            Kind::Create | Kind::Folder => {
                let number = self.new_content(path, record.kind == Kind::Folder);
                self.rename(path, Naming::Name(path.clone(), number));
            }
            Kind::Unlink => {
                self.names.remove(path);
                self.rename(path, Naming::Gone(path.clone()));
            }
            Kind::Rename => {
                let to = PathBuf::from(std::str::from_utf8(&record.bytes).expect("a path"));
                let number = self.names.remove(path).expect("it was made");
                self.names.insert(to.clone(), number);
                self.rename(path, Naming::Renamed(path.clone(), to, number));
            }
        }
    }

    fn new_content(&mut self, path: &Path, is_folder: bool) -> Number {
        self.contents.push(Content { is_folder, ..Content::default() });
        self.names.insert(path.into(), self.contents.len() - 1);
        self.contents.len() - 1
    }

    fn rename(&mut self, path: &Path, naming: Naming) {
        self.namings.entry(path.parent().expect("a folder").into()).or_default().push(naming);
    }

    fn change(&mut self, path: &Path, change: Change) {
        let number = *self.names.get(path).unwrap_or_else(|| panic!("{} was never made", path.display()));
        self.contents[number].changes.push((State::Pending, change));
    }

    fn sync(&mut self, path: &Path, failed: bool) {
        if let Some(number) = self.names.get(path) {
            self.contents[*number].sync(failed);
        }
        if !failed && let Some(namings) = self.namings.remove(path) {
            for naming in namings {
                name(&mut self.durable_names, &naming);
            }
        }
    }

    /// Writes one of the states that the disk may be in, with what was in `from` in `to`.
    pub fn image(&self, loss: Loss, dice: &mut Dice, from: &Path, to: &Path) {
        let mut names = self.durable_names.clone();
        for namings in self.namings.values() {
            let kept = dice.roll(namings.len() as u64 + 1);
            for (naming, index) in namings.iter().zip(0..) {
                if loss.keeps(index, kept, dice) {
                    name(&mut names, naming);
                }
            }
        }
        for (path, number) in &names {
            // A file in a folder that has lost its name is lost with it.
            let mut folders = path.ancestors().skip(1).take_while(|folder| *folder != from);
            if !folders.all(|folder| names.contains_key(folder)) {
                continue;
            }
            let target = to.join(path.strip_prefix(from).expect("it is below the watched folder"));
            let content = &self.contents[*number];
            let written = if content.is_folder {
                std::fs::create_dir(&target)
            } else {
                std::fs::write(&target, content.image(loss, dice))
            };
            written.unwrap_or_else(|error| panic!("{}: {error}", target.display()));
        }
    }
}

fn name(names: &mut BTreeMap<PathBuf, Number>, naming: &Naming) {
    match naming {
        Naming::Name(path, number) => drop(names.insert(path.clone(), *number)),
        Naming::Gone(path) => drop(names.remove(path)),
        Naming::Renamed(from, to, number) => {
            names.remove(from);
            names.insert(to.clone(), *number);
        }
    }
}

impl Loss {
    /// Whether the change at `index` is kept; `kept` of them are by [`Loss::Latest`].
    fn keeps(self, index: u64, kept: u64, dice: &mut Dice) -> bool {
        match self {
            Self::All => false,
            Self::Nothing => true,
            Self::Some | Self::Torn => dice.roll(2) == 0,
            Self::Latest => index < kept,
        }
    }
}

impl Content {
    fn sync(&mut self, failed: bool) {
        for (state, change) in &mut self.changes {
            *state = match (*state, &change) {
                (State::Pending, Change::Write { .. }) if failed => State::Doubtful,
                (State::Pending, _) => State::Durable,
                (known, _) => known,
            };
        }
        self.settle();
    }

    /// Takes what is durable, and has nothing doubtful before it, out of the list.
    fn settle(&mut self) {
        let overwritten = |at: usize, len: usize, later: &[(State, Change)]| {
            later.iter().any(|(state, change)| match change {
                Change::Write { at: over, bytes } => {
                    *state == State::Durable && *over <= at && at + len <= over + bytes.len()
                }
                Change::Truncate(to) => *state == State::Durable && *to <= at,
            })
        };
        let mut index = 0;
        while index < self.changes.len() {
            let (now, later) = self.changes.split_at(index + 1);
            match &now[index] {
                (State::Doubtful, Change::Write { at, bytes }) if overwritten(*at, bytes.len(), later) => {
                    self.changes.remove(index);
                }
                _ => index += 1,
            }
        }
        let sure = self.changes.iter().take_while(|(state, _)| *state == State::Durable).count();
        for (_, change) in self.changes.drain(..sure) {
            change.carry_out(&mut self.durable);
        }
    }

    fn image(&self, loss: Loss, dice: &mut Dice) -> Vec<u8> {
        let mut bytes = self.durable.clone();
        let kept = dice.roll(self.changes.len() as u64 + 1);
        for ((state, change), index) in self.changes.iter().zip(0..) {
            match change {
                Change::Write { at, bytes: written } if loss == Loss::Torn && *state != State::Durable => {
                    tear(&mut bytes, *at, written, dice);
                }
                _ if *state == State::Durable || loss.keeps(index, kept, dice) => change.carry_out(&mut bytes),
                _ => {}
            }
        }
        bytes
    }
}

impl Change {
    fn carry_out(&self, content: &mut Vec<u8>) {
        match self {
            Self::Write { at, bytes } => {
                content.resize(content.len().max(at + bytes.len()), 0);
                content[*at..at + bytes.len()].copy_from_slice(bytes);
            }
            Self::Truncate(len) => content.resize(*len, 0),
        }
    }
}

/// Writes some of the sectors that `written` touches.
fn tear(content: &mut Vec<u8>, at: usize, written: &[u8], dice: &mut Dice) {
    let mut done = 0;
    while done < written.len() {
        let until = ((at + done) / SECTOR + 1) * SECTOR - at;
        let until = until.min(written.len());
        if dice.roll(2) == 0 {
            let sector = Change::Write { at: at + done, bytes: written[done..until].to_vec() };
            sector.carry_out(content);
        }
        done = until;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crash::faults::Class;

    fn record(kind: Kind, path: &str, at: u64, bytes: &[u8]) -> Record {
        let (path, bytes) = (path.into(), bytes.to_vec());
        Record { kind, class: Class::Other, path, failed: false, at, bytes, end: 0 }
    }

    fn states(records: &[Record]) -> std::collections::BTreeSet<Option<Vec<u8>>> {
        let (mut platter, mut dice) = (Platter::default(), Dice::new(7));
        records.iter().for_each(|record| platter.apply(record, true));
        let state = |loss: Loss, dice: &mut Dice| {
            let to = tempfile::tempdir().expect("a folder");
            platter.image(loss, dice, Path::new("/d"), to.path());
            std::fs::read(to.path().join("f")).ok()
        };
        (0..60).map(|index| state(LOSSES[index % LOSSES.len()], &mut dice)).collect()
    }

    #[test]
    fn what_was_synced_is_there_and_anything_of_the_rest_may_be() {
        let made = || {
            vec![
                record(Kind::Create, "/d/f", 0, b""),
                record(Kind::Write, "/d/f", 0, b"aa"),
                record(Kind::Sync, "/d/f", 0, b""),
            ]
        };
        assert!(states(&made()).contains(&None), "a name is not durable before its folder is synced");
        let mut records = made();
        records.push(record(Kind::Sync, "/d", 0, b""));
        assert_eq!(states(&records), [Some(b"aa".to_vec())].into());
        records.push(record(Kind::Write, "/d/f", 2, b"b"));
        records.push(record(Kind::Write, "/d/f", 0, b"c"));
        let wanted = ["aa", "ca", "aab", "cab"].map(|text| Some(text.as_bytes().to_vec()));
        assert_eq!(states(&records), wanted.into());
        records.push(record(Kind::Truncate, "/d/f", 0, b""));
        assert!(states(&records).contains(&Some(Vec::new())));
        records.push(record(Kind::Sync, "/d/f", 0, b""));
        assert_eq!(states(&records), [Some(Vec::new())].into());
    }

    #[test]
    fn a_sync_after_a_failed_one_makes_only_later_writes_good() {
        let mut records = vec![record(Kind::Create, "/d/f", 0, b""), record(Kind::Sync, "/d", 0, b"")];
        records.push(record(Kind::Write, "/d/f", 0, b"a"));
        records.push(Record { failed: true, ..record(Kind::Sync, "/d/f", 0, b"") });
        records.push(record(Kind::Write, "/d/f", 1, b"b"));
        records.push(record(Kind::Sync, "/d/f", 0, b""));
        assert_eq!(states(&records), [Some(b"ab".to_vec()), Some(b"\0b".to_vec())].into());
        records.push(record(Kind::Write, "/d/f", 0, b"ab"));
        records.push(record(Kind::Sync, "/d/f", 0, b""));
        assert_eq!(states(&records), [Some(b"ab".to_vec())].into(), "written again and synced");
    }

    #[test]
    fn writes_are_torn_at_sectors() {
        let mut records = vec![record(Kind::Create, "/d/f", 0, b""), record(Kind::Sync, "/d", 0, b"")];
        records.push(record(Kind::Write, "/d/f", 500, &[1; 24]));
        let torn = states(&records);
        let wanted = [&[0; 512][..], &[1; 12]].concat();
        assert!(torn.contains(&Some(wanted)), "the second sector without the first");
    }
}
