//! What all members of a client share: one thread, so nothing here is locked.

use super::http::{Answer, Connection, source};
use super::ledger::{Delivery, Ledger, Mark};
use crate::clock::{machine_us, random};
use crate::loadtest::latency::Latencies;
use crate::loadtest::plan::{Part, Scenario, Transport, member_id};
use crate::loadtest::talk::{Progress, Reckoning, RoomMessage, Second};
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::io;
use std::net::{SocketAddr, ToSocketAddrs};
use std::rc::Rc;
use tokio::sync::{Notify, Semaphore, mpsc, oneshot};

/// Connections for calls beside the members' own, at most.
const CALLING_MAX: usize = 256;
/// Members who come online at once at the beginning.
const COMING_MAX: usize = 64;
/// Kinds of errors that are told apart.
const ERROR_KINDS_MAX: usize = 40;

/// A client's members and what they found.
pub struct World {
    /// Its part of the test.
    pub part: Part,
    /// Who got what.
    pub ledger: RefCell<Ledger>,
    /// Counters and latencies.
    pub counts: RefCell<Counts>,
    /// The members.
    pub members: Vec<Member>,
    /// How many come online at once.
    pub gate: Semaphore,
    /// Whether connections break on purpose.
    pub outage: Cell<bool>,
    /// Calls that are not answered.
    pub under_way: Cell<u32>,
    /// When the load began; 0: not yet.
    pub load_us: Cell<u64>,
    calling: Semaphore,
    idle: RefCell<Vec<Connection>>,
    opened: Cell<u32>,
    dice: Cell<u64>,
    hosts: RefCell<HashMap<String, SocketAddr>>,
}

/// What a member asks over its own socket.
pub struct Call {
    /// The call as JSON, without `id`.
    pub fields: serde_json::Value,
    /// Where status and body go.
    pub answer: oneshot::Sender<Answer>,
}

/// A member of a client.
pub struct Member {
    /// Its number in the whole test.
    pub number: u32,
    /// Its id on the site.
    pub id: String,
    /// How it listens.
    pub transport: Transport,
    /// Its ticket, while there is one, and the site as the server calls it.
    pub ticket: RefCell<Option<Rc<(String, String)>>>,
    /// Its page is to be opened anew.
    pub reload: Notify,
    /// When that was due.
    pub reload_us: Cell<Option<u64>>,
    /// Whether it listens.
    pub held: Cell<bool>,
    /// Counts its pages and broken connections.
    pub stretch: Cell<u32>,
    /// When the present one began.
    pub since_us: Cell<u64>,
    /// Up to where its page has everything and has not said so: sequence number and the log's life.
    pub owed: RefCell<Option<(u64, String)>>,
    /// Its socket, where calls go that way.
    pub socket: RefCell<Option<mpsc::UnboundedSender<Call>>>,
}

/// Counters and latencies.
#[derive(Default)]
pub struct Counts {
    /// For the result; its sums and latencies are filled in at the end.
    pub so_far: Reckoning,
    /// First deliveries of anything.
    pub delivered: u64,
    /// See [`Reckoning`].
    pub delivery: Latencies,
    /// See [`Reckoning`].
    pub answer: Latencies,
    /// See [`Reckoning`].
    pub online: Latencies,
    /// See [`Reckoning`].
    pub call: Latencies,
    seconds: Vec<Latencies>,
    last: Latencies,
}

impl World {
    /// For a part of a test.
    pub fn new(part: Part) -> Self {
        let member = |local: u32| {
            let number = part.first + local;
            let transport = part.transports[local as usize % part.transports.len()];
            Member::new(number, member_id(&part.id_template, number), transport)
        };
        let members = (0..part.members).map(member).collect();
        let ledger = Ledger::new(part.client, part.first, part.members, part.rooms);
        Self {
            ledger: RefCell::new(ledger),
            counts: RefCell::default(),
            members,
            gate: Semaphore::new(COMING_MAX),
            outage: Cell::new(false),
            under_way: Cell::new(0),
            load_us: Cell::new(0),
            calling: Semaphore::new(CALLING_MAX),
            idle: RefCell::default(),
            opened: Cell::new(0),
            dice: Cell::new(u64::from_le_bytes(random())),
            hosts: RefCell::new(HashMap::from([(part.authority.clone(), part.address)])),
            part,
        }
    }

    /// A number below `end`, for whom and when; nothing depends on it being hard to guess.
    pub fn roll(&self, end: usize) -> usize {
        let state = self.dice.get().wrapping_add(0x9E37_79B9_7F4A_7C15);
        self.dice.set(state);
        let mut mixed = (state ^ (state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        usize::try_from((mixed ^ (mixed >> 31)) % (end.max(1) as u64)).unwrap_or(0)
    }

    /// Opens a connection, from the next address that has room.
    pub async fn connect(&self, to: SocketAddr) -> io::Result<Connection> {
        let nth = self.opened.get();
        // Whoever comes back takes a place that was left.
        self.opened.set((nth + 1) % (self.part.members + 2_000));
        Connection::open(to, source(to, self.part.client, nth)).await
    }

    /// Asks over a connection that is kept for such calls.
    pub async fn ask(&self, request: &[u8]) -> io::Result<Answer> {
        let _place = self.calling.acquire().await.map_err(io::Error::other)?;
        let kept = || std::iter::from_fn(|| self.idle.borrow_mut().pop()).find(Connection::is_fresh);
        let mut connection = match kept() {
            Some(connection) => connection,
            None => self.connect(self.part.address).await?,
        };
        let answer = connection.ask(request).await?;
        if !answer.closes {
            self.idle.borrow_mut().push(connection);
        }
        Ok(answer)
    }

    /// The address behind the host of an URL that the server gave.
    pub fn resolve(&self, authority: &str) -> io::Result<SocketAddr> {
        if let Some(known) = self.hosts.borrow().get(authority) {
            return Ok(*known);
        }
        let with_port = if authority.contains(':') { authority.to_owned() } else { format!("{authority}:80") };
        let found = with_port.to_socket_addrs()?.next().ok_or(io::ErrorKind::NotFound)?;
        self.hosts.borrow_mut().insert(authority.to_owned(), found);
        Ok(found)
    }

    /// Something did not work. In an outage that is to be expected.
    pub fn error(&self, what: &str) {
        if self.outage.get() {
            return;
        }
        let errors = &mut self.counts.borrow_mut().so_far.errors;
        let kept = if errors.len() < ERROR_KINDS_MAX || errors.contains_key(what) { what } else { "others" };
        *errors.entry(kept.to_owned()).or_insert(0) += 1;
    }

    /// Whether a member listens from now on.
    pub fn set_held(&self, member: &Member, held: bool) {
        if member.held.replace(held) == held {
            return;
        }
        let mut counts = self.counts.borrow_mut();
        if !held {
            counts.so_far.held -= 1;
            return;
        }
        counts.so_far.held += 1;
        if let Some(due) = member.reload_us.take() {
            counts.so_far.reloads += 1;
            let took = machine_us().saturating_sub(due);
            counts.online.record(took);
            if self.part.scenario == Scenario::Storm {
                counts.in_second(due, self.load_us.get(), took);
            }
        }
    }

    /// The messages of this test in what the server sent to a member.
    pub fn received(&self, member: &Member, bytes: &[u8]) -> usize {
        let marks = Mark::find_all(bytes, self.part.run);
        let (now, mut counts) = (machine_us(), self.counts.borrow_mut());
        for mark in &marks {
            let (stretch, since) = (member.stretch.get(), member.since_us.get());
            match self.ledger.borrow_mut().delivered(member.number, stretch, since, *mark) {
                Delivery::First => {
                    let took = now.saturating_sub(mark.due_us);
                    counts.delivered += 1;
                    counts.delivery.record(took);
                    if self.part.scenario != Scenario::Storm {
                        counts.in_second(mark.due_us, self.load_us.get(), took);
                    }
                }
                Delivery::Duplicate => counts.so_far.duplicated += 1,
                Delivery::Again => counts.so_far.redelivered += 1,
                Delivery::Stray => {}
            }
        }
        marks.len()
    }

    /// Counters so far, with latencies since it was asked last.
    pub fn progress(&self) -> Progress {
        let mut counts = self.counts.borrow_mut();
        let last = std::mem::take(&mut counts.last);
        let so_far = &counts.so_far;
        Progress {
            held: so_far.held,
            dropped: so_far.dropped,
            accepted: so_far.accepted,
            delivered: counts.delivered,
            reloads: so_far.reloads,
            errors: so_far.errors.values().sum(),
            p50_ms: last.at_ms(0.5),
            p99_ms: last.at_ms(0.99),
        }
    }

    /// Everything.
    pub fn reckon(&self, in_rooms: &[RoomMessage]) -> Reckoning {
        let sums = self.ledger.borrow().sums(in_rooms);
        let counts = self.counts.borrow();
        Reckoning {
            accepted: sums.accepted,
            refused: sums.refused,
            unknown: sums.unknown,
            delivered: sums.delivered,
            lost: sums.lost,
            delivery: counts.delivery.pairs(),
            answer: counts.answer.pairs(),
            online: counts.online.pairs(),
            call: counts.call.pairs(),
            seconds: counts.seconds.iter().map(|second| Second { latency: second.pairs() }).collect(),
            ..counts.so_far.clone()
        }
    }
}

impl Counts {
    /// Into the second in which it was due.
    fn in_second(&mut self, due_us: u64, load_us: u64, took_us: u64) {
        self.last.record(took_us);
        if load_us == 0 || due_us < load_us {
            return;
        }
        let index = usize::try_from((due_us - load_us) / 1_000_000).unwrap_or(usize::MAX).min(86_400);
        if self.seconds.len() <= index {
            self.seconds.resize_with(index + 1, Latencies::coarse);
        }
        self.seconds[index].record(took_us);
    }
}

impl Member {
    fn new(number: u32, id: String, transport: Transport) -> Self {
        Self {
            number,
            id,
            transport,
            ticket: RefCell::default(),
            reload: Notify::new(),
            reload_us: Cell::new(None),
            held: Cell::new(false),
            stretch: Cell::new(0),
            since_us: Cell::new(0),
            owed: RefCell::default(),
            socket: RefCell::default(),
        }
    }

    /// A new page, or a new connection after one broke.
    pub fn begin_stretch(&self) {
        self.stretch.set(self.stretch.get().wrapping_add(1));
        self.since_us.set(machine_us());
    }
}
