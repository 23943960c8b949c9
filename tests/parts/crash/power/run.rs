//! A run of the real server whose writes are recorded: people talk, sit down, leave, clear and open pages, through restarts
//! of every kind; with each answer stands how much had reached the disk by then.

use crate::crash::Dice;
use crate::crash::faults::{Action, Class, Errno, Faults, Kind, Rule};
use crate::crash::http::Client;
use crate::crash::server::{ENDS_WITHIN, Plan, free_address};
use serde_json::Value;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::Duration;

/// Pages of the write-ahead log before a checkpoint, here: so that there are many checkpoints and resets.
const CHECKPOINT_PAGES: &str = "150";

/// What somebody did.
#[derive(Debug, Clone)]
pub enum Deed {
    Said { from: String, to: String, is_room: bool, body: String, seq: u64 },
    Opened { ticket: String },
    Sat { user: String, room: String, joined: bool },
    Cleared { user: String, peer: String, gone: Vec<String> },
}

/// A deed, and the lengths of the log before it was begun and after it was answered `ok`, if it was.
#[derive(Debug, Clone)]
pub struct Told {
    pub deed: Deed,
    pub begun: u64,
    pub at: Option<u64>,
}

/// Whose conversation is cleared again and again.
pub const CLEARED: [&str; 2] = ["nora", "wei"];
const TALKERS: [&str; 4] = ["susan", "jack", "mary", "josh"];
const SITTER: &str = "lee";

/// The recorded run. Its folders go away with it.
pub struct Run {
    folder: tempfile::TempDir,
    pub told: Vec<Told>,
}

impl Run {
    /// Where the disk of this run is.
    pub fn watched(&self) -> PathBuf {
        watched(self.folder.path())
    }

    pub fn log(&self) -> PathBuf {
        self.folder.path().join("faults.log")
    }
}

/// Of the watched folder; the server makes all folders below it.
pub const DATA: &str = "deep/data";

fn watched(folder: &Path) -> PathBuf {
    let watched = folder.join("disk");
    watched.canonicalize().unwrap_or(watched)
}

/// Memory, where there is a folder of it: what a disk does is the model's matter.
pub fn scratch() -> tempfile::TempDir {
    let memory = Path::new("/dev/shm");
    if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() }.expect("a folder")
}

/// Four lives: ended by a stop in order, by SIGKILL, by a sync that fails, and again in order.
pub fn record(dice: &mut Dice, messages: usize) -> Run {
    let folder = scratch();
    std::fs::create_dir(folder.path().join("disk")).expect("a folder");
    let watched = watched(folder.path());
    let faults = Faults::recording(&watched, folder.path());
    let (address, data) = (free_address(), watched.join(DATA));
    let mut told = Vec::new();
    for life in 0..4 {
        let environment = vec![("NEXTIM_CHECKPOINT_PAGES", CHECKPOINT_PAGES.to_owned())];
        let usual = Plan::new(&data, address, 100);
        let mut server = Plan { logs: folder.path(), faults: Some(&faults), environment, ..usual }.start();
        told.extend(live(&faults, address, dice, life, messages / 4));
        match life {
            1 => server.kill(),
            2 => {
                let rule = Rule::new(Action::Fail(Errno::Io), &[Kind::Sync], &[Class::Wal], 1);
                faults.arm(&rule);
                told.extend(live(&faults, address, dice, life + 10, 4));
                assert_eq!(server.ended(ENDS_WITHIN).code(), Some(74), "a sync has failed");
                faults.disarm();
            }
            _ => assert_eq!(server.terminate(), Some(0), "a stop in order"),
        }
    }
    Run { folder, told }
}

/// A first start of which a sync fails, and two more lives. `None` if there are not so many syncs.
pub fn record_first_start(dice: &mut Dice, class: Class, at: u64) -> Option<Run> {
    let folder = scratch();
    std::fs::create_dir(folder.path().join("disk")).expect("a folder");
    let watched = watched(folder.path());
    let faults = Faults::recording(&watched, folder.path());
    let (address, data) = (free_address(), watched.join(DATA));
    let plan = Plan { logs: folder.path(), faults: Some(&faults), ..Plan::new(&data, address, 100) };
    faults.arm(&Rule::new(Action::Fail(Errno::Io), &[Kind::Sync], &[class], at));
    match plan.try_start() {
        Ok(_) if faults.hits() == 0 => return None,
        // SQLite goes on if its own sync of the folder fails, and the store syncs it once more; and it begins again if it
        // could not turn the file into one with a write-ahead log. Whether that is enough is seen in the images.
        Ok(mut server) if class != Class::Wal => server.kill(),
        Ok(server) => assert_eq!(server.ended(ENDS_WITHIN).code(), Some(74), "{class:?} {at}"),
        Err(status) => assert!(matches!(status.code(), Some(1 | 74)), "{class:?} {at}: {status}"),
    }
    faults.disarm();
    let mut server = plan.start();
    let told = live(&faults, address, dice, 0, 12);
    server.kill();
    plan.start().kill();
    Some(Run { folder, told })
}

/// Everybody at once; gives what they were told.
fn live(faults: &Faults, address: SocketAddr, dice: &mut Dice, life: usize, messages: usize) -> Vec<Told> {
    std::thread::scope(|scope| {
        let mut all = Vec::new();
        for member in TALKERS {
            let dice = Dice::new(dice.roll(u64::MAX));
            all.push(
                scope.spawn(move || Person::new(faults, address, member, life, dice).talk(messages / TALKERS.len())),
            );
        }
        let [one, two] = CLEARED;
        let seeds = [dice.roll(u64::MAX), dice.roll(u64::MAX)];
        all.push(scope.spawn(move || clear(faults, address, [one, two], life, messages / 40, seeds)));
        let dice = Dice::new(dice.roll(u64::MAX));
        all.push(scope.spawn(move || Person::new(faults, address, SITTER, life, dice).sit(messages / 10)));
        all.into_iter().flat_map(|person| person.join().expect("a person")).collect()
    })
}

struct Person<'a> {
    faults: &'a Faults,
    client: Client,
    member: &'static str,
    ticket: String,
    life: usize,
    dice: Dice,
    told: Vec<Told>,
}

impl<'a> Person<'a> {
    fn new(faults: &'a Faults, address: SocketAddr, member: &'static str, life: usize, dice: Dice) -> Self {
        let client = Client::new(address, member);
        let mut person = Self { faults, client, member, ticket: String::new(), life, dice, told: Vec::new() };
        person.open();
        person
    }

    /// Calls, and notes the deed that it says was done.
    fn call(&mut self, path: &str, form: &[(&str, &str)], deed: impl FnOnce(&Value) -> Deed) -> Option<Value> {
        let begun = self.faults.log_len();
        let answer = self.client.post(path, form).ok().filter(|(status, _)| *status == 200);
        let at = answer.is_some().then(|| self.faults.log_len());
        let answer: Option<Value> = answer.and_then(|(_, body)| serde_json::from_str(&body).ok());
        let deed = deed(answer.as_ref().unwrap_or(&Value::Null));
        self.told.push(Told { deed, begun, at });
        answer
    }

    fn open(&mut self) {
        let form = [("buddy_ids", ""), ("room_ids", "")];
        let ticket = |answer: &Value| answer["connection"]["ticket"].as_str().unwrap_or_default().to_owned();
        let opened = self.call("/webim/online", &form, |answer| Deed::Opened { ticket: ticket(answer) });
        self.ticket = opened.as_ref().map(ticket).unwrap_or_default();
    }

    fn say(&mut self, to: &str, is_room: bool, index: usize) {
        let len = if self.dice.roll(25) == 0 { self.dice.roll(20_000) } else { self.dice.roll(200) };
        let noise: String = (0..len).map(|_| char::from(b'a' + self.dice.roll(26) as u8)).collect();
        let body = format!("{}/{}/{index}/{noise}", self.member, self.life);
        let (ticket, cid) = (self.ticket.clone(), format!("{}-{index}", self.life));
        let kind = if is_room { "multicast" } else { "unicast" };
        let form = [("ticket", ticket.as_str()), ("type", kind), ("to", to), ("body", &body), ("cid", &cid)];
        let from = self.member.to_owned();
        self.call("/webim/message", &form, |answer| Deed::Said {
            from,
            to: to.to_owned(),
            is_room,
            body: body.clone(),
            seq: answer["seq"].as_u64().unwrap_or(0),
        });
    }

    fn talk(mut self, messages: usize) -> Vec<Told> {
        for index in 0..messages {
            match self.dice.roll(5) {
                0 => self.say("room1", true, index),
                1 if index > 0 && index % 7 == 0 => self.open(),
                other => {
                    let others: Vec<&str> = TALKERS.into_iter().filter(|other| *other != self.member).collect();
                    self.say(others[usize::try_from(other).expect("small") % others.len()], false, index);
                }
            }
        }
        self.told
    }

    fn sit(mut self, times: usize) -> Vec<Told> {
        for index in 0..times {
            // Each life ends where it began, so that the next one knows where it is.
            let (joined, room) = (index % 2 == 0, ["room1", "room2"][index / 2 % 2]);
            let path = if joined { "/webim/join" } else { "/webim/leave" };
            let (ticket, user) = (self.ticket.clone(), self.member.to_owned());
            let deed = |_: &Value| Deed::Sat { user, room: room.to_owned(), joined };
            self.call(path, &[("ticket", &ticket), ("id", room)], deed);
            sleep(Duration::from_millis(2));
        }
        self.told
    }

    /// Confirms what there is.
    fn poll(&mut self) {
        let target = format!("/packets?domain=localhost&ticket={}", self.ticket);
        drop(self.client.get(&target));
    }

    fn clear(&mut self, peer: &str) {
        let (ticket, user) = (self.ticket.clone(), self.member.to_owned());
        let named = [("ticket", ticket.as_str()), ("type", "unicast"), ("id", peer)];
        let deed = |_: &Value| Deed::Cleared { user, peer: peer.to_owned(), gone: Vec::new() };
        let cleared = self.call("/webim/clear_history", &named, deed).is_some();
        let left = self.client.get(&format!("/webim/history?ticket={ticket}&type=unicast&id={peer}"));
        let left: Vec<Value> = left.ok().and_then(|(_, body)| serde_json::from_str(&body).ok()).unwrap_or_default();
        let said = self.told.iter().filter_map(|told| match &told.deed {
            Deed::Said { body, .. } => Some(body.clone()),
            _ => None,
        });
        let all: Vec<String> = said.filter(|body| left.iter().all(|shown| shown["body"] != body.as_str())).collect();
        if let Some(Told { deed: Deed::Cleared { gone, .. }, .. }) = self.told.last_mut().filter(|_| cleared) {
            *gone = all;
        }
    }
}

/// Two who clear what they have said, both sides, so that it is erased.
fn clear(
    faults: &Faults,
    address: SocketAddr,
    members: [&'static str; 2],
    life: usize,
    rounds: usize,
    seeds: [u64; 2],
) -> Vec<Told> {
    let [mut one, mut two] = [0, 1].map(|at| Person::new(faults, address, members[at], life, Dice::new(seeds[at])));
    for round in 0..rounds {
        for index in 0..3 {
            one.say(members[1], false, round * 3 + index);
            two.say(members[0], false, round * 3 + index);
        }
        for person in [&mut one, &mut two] {
            person.poll();
            person.poll();
        }
        one.clear(members[1]);
        two.clear(members[0]);
    }
    one.told.into_iter().chain(two.told).collect()
}
