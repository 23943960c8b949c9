//! People who send as fast as they can and people who listen, whatever becomes of the server; they keep what they were told.

use super::Dice;
use super::checker::{History, Send, Shown};
use super::http::Client;
use serde_json::Value;
use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{JoinHandle, sleep, spawn};
use std::time::Duration;

const SENDERS: [&str; 4] = ["susan", "jack", "mary", "josh"];
const LISTENERS: [&str; 4] = ["susan", "jack", "mary", "josh"];
const ROOM1: [&str; 4] = SENDERS;
const ROOM2: [&str; 2] = ["susan", "jack"];
/// Somebody whom nobody writes to.
const VISITOR: &str = "lee";

/// Attempts with one `cid` before a sender gives up for good, while the server is up.
const PATIENCE: usize = 600;

#[derive(Default)]
struct Shared {
    stop: AtomicBool,
    stop_listening: AtomicBool,
    /// Orders what happened at different people.
    moments: AtomicU64,
    violations: Mutex<Vec<String>>,
}

impl Shared {
    fn moment(&self) -> u64 {
        self.moments.fetch_add(1, Ordering::SeqCst)
    }

    fn violation(&self, what: String) {
        self.violations.lock().unwrap().push(what);
    }
}

pub struct Load {
    address: SocketAddr,
    shared: Arc<Shared>,
    senders: Vec<JoinHandle<Vec<Send>>>,
    listeners: Vec<(String, JoinHandle<Vec<Vec<Shown>>>)>,
}

/// Opens a page and gives its ticket.
pub fn online(client: &mut Client) -> io::Result<String> {
    let (status, body) = client.post("/webim/online", &[("buddy_ids", ""), ("room_ids", "room1")])?;
    let answer: Value = serde_json::from_str(&body).unwrap_or_default();
    let ticket = answer["connection"]["ticket"].as_str().map(str::to_owned);
    ticket.ok_or_else(|| io::Error::other(format!("online: {status} {body}")))
}

fn is_ended(status: u16, body: &str) -> bool {
    status == 401 || status == 404 || body.trim() == "null"
}

impl Load {
    pub fn start(address: SocketAddr, dice: &mut Dice) -> Self {
        let shared = Arc::new(Shared::default());
        let open = |member: &str| {
            let mut client = Client::new(address, member);
            let ticket = online(&mut client).expect("a page opens");
            (client, ticket)
        };
        let listeners = LISTENERS.map(|member| {
            let ((client, ticket), shared) = (open(member), Arc::clone(&shared));
            (member.to_owned(), spawn(move || listen(client, &ticket, &shared)))
        });
        let senders = SENDERS.map(|member| {
            let ((client, ticket), shared) = (open(member), Arc::clone(&shared));
            let dice = Dice::new(dice.roll(u64::MAX));
            spawn(move || Sender { member, client, ticket, shared, dice }.run())
        });
        Self { address, shared, senders: senders.into(), listeners: listeners.into() }
    }

    /// Opens a few pages of somebody at this very moment.
    pub fn open_visitors(&self) -> Vec<String> {
        let mut client = Client::new(self.address, VISITOR);
        (0..3).map_while(|_| online(&mut client).ok()).collect()
    }

    /// A ticket that was given is good, however soon after the server was killed.
    pub fn check_visitors(&self, tickets: &[String]) {
        for ticket in tickets {
            let form = [("ticket", ticket.as_str()), ("ids", VISITOR)];
            let (status, body) = Client::new(self.address, VISITOR).post("/webim/buddies", &form).expect("it is up");
            if status != 200 {
                self.shared.violation(format!("a ticket given just before the kill is refused: {status} {body}"));
            }
        }
    }

    /// Polls of pages that nobody writes to.
    pub fn hold_polls(&self, count: usize) -> Vec<JoinHandle<io::Result<(u16, String)>>> {
        let hold = |_| {
            let mut client = Client::new(self.address, VISITOR);
            let ticket = online(&mut client).expect("a page opens");
            spawn(move || client.get(&format!("/packets?domain=localhost&ticket={ticket}")))
        };
        (0..count).map(hold).collect()
    }

    /// Lets everybody finish what they have begun, and gives what they were told.
    pub fn finish(self) -> History {
        self.shared.stop.store(true, Ordering::SeqCst);
        let sends = self.senders.into_iter().flat_map(|sender| sender.join().expect("a sender")).collect();
        self.shared.stop_listening.store(true, Ordering::SeqCst);
        let shown = self.listeners.into_iter().map(|(who, thread)| (who, thread.join().expect("a listener"))).collect();
        let violations = std::mem::take(&mut *self.shared.violations.lock().unwrap());
        let rooms = [("room1", &ROOM1[..]), ("room2", &ROOM2[..])];
        let owned = |(room, members): (&str, &[&str])| {
            (room.to_owned(), members.iter().map(|member| (*member).to_owned()).collect())
        };
        History { rooms: rooms.into_iter().map(owned).collect(), sends, shown, log: Vec::new(), violations }
    }
}

/// What became of one attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    /// Acknowledged at this place.
    Ok(u64),
    Refused,
    Unknown,
}

struct Sender {
    member: &'static str,
    client: Client,
    ticket: String,
    shared: Arc<Shared>,
    dice: Dice,
}

impl Sender {
    fn run(mut self) -> Vec<Send> {
        let mut sends = Vec::new();
        while !self.shared.stop.load(Ordering::SeqCst) {
            sends.push(self.send(sends.len()));
        }
        sends
    }

    fn send(&mut self, index: usize) -> Send {
        let (to, is_room) = match self.dice.roll(6) {
            0 | 1 => ("room1", true),
            2 if ROOM2.contains(&self.member) => ("room2", true),
            other => {
                let others: Vec<&str> = SENDERS.into_iter().filter(|other| *other != self.member).collect();
                (others[usize::try_from(other).unwrap_or(0) % others.len()], false)
            }
        };
        let cid = format!("{}-{index}", self.member);
        let body = format!("{}/{index}/{:x}", self.member, self.dice.roll(1 << 40));
        // Some give up after an error; whether the message was stored, nobody knows then.
        let gives_up = self.dice.roll(3) == 0;
        let begun = self.shared.moment();
        let (mut ok, mut refused) = (None, true);
        for _ in 0..PATIENCE {
            match self.attempt(to, is_room, &cid, &body) {
                Outcome::Ok(seq) => {
                    ok = Some((seq, self.shared.moment()));
                    break;
                }
                outcome => refused &= outcome == Outcome::Refused,
            }
            if gives_up {
                break;
            }
            sleep(Duration::from_millis(20));
        }
        if ok.is_none() && !gives_up {
            self.shared.violation(format!("{cid} could not be sent in {PATIENCE} attempts"));
        }
        Send {
            from: self.member.to_owned(),
            to: to.to_owned(),
            is_room,
            body,
            begun,
            ok,
            refused: refused && ok.is_none(),
        }
    }

    fn attempt(&mut self, to: &str, is_room: bool, cid: &str, body: &str) -> Outcome {
        let kind = if is_room { "multicast" } else { "unicast" };
        let form = [("ticket", self.ticket.as_str()), ("type", kind), ("to", to), ("body", body), ("cid", cid)];
        let Ok((status, answer)) = self.client.post("/webim/message", &form) else { return Outcome::Unknown };
        let value: Value = serde_json::from_str(&answer).unwrap_or_default();
        if is_ended(status, &answer) {
            self.shared.violation(format!("{}'s ticket is refused: {status} {answer}", self.member));
        }
        match value["seq"].as_u64() {
            Some(seq) if status == 200 && value["status"] == "ok" => Outcome::Ok(seq),
            _ if status == 503 && value["code"] == "unavailable" => Outcome::Refused,
            _ => Outcome::Unknown,
        }
    }
}

/// Polls until it is told to stop and has heard nothing new for a while. Gives answer by answer what was shown.
fn listen(mut client: Client, ticket: &str, shared: &Shared) -> Vec<Vec<Shown>> {
    let (mut answers, mut quiet) = (Vec::new(), 0);
    let target = format!("/packets?domain=localhost&ticket={ticket}");
    while quiet < 2 {
        let Ok((status, body)) = client.get(&target) else {
            sleep(Duration::from_millis(10));
            continue;
        };
        if is_ended(status, &body) {
            shared.violation(format!("a listener's ticket is refused: {status} {body}"));
            return answers;
        }
        let packet: Value = serde_json::from_str(&body).unwrap_or_default();
        let messages = packet["messages"].as_array().cloned().unwrap_or_default();
        let is_last = shared.stop_listening.load(Ordering::SeqCst);
        quiet = if messages.is_empty() && is_last { quiet + 1 } else { 0 };
        let text = |message: &Value, name: &str| message[name].as_str().unwrap_or_default().to_owned();
        let shown = messages.iter().map(|message| Shown {
            seq: message["seq"].as_u64().unwrap_or(0),
            from: text(message, "from"),
            to: text(message, "to"),
            body: text(message, "body"),
        });
        answers.push(shown.collect());
    }
    answers
}
