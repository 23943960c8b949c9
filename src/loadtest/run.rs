//! A test from its beginning to its end: the server, the clients, the load, the sums.

use super::clients::{self, Client, Event, Server};
use super::machine;
use super::own_server::{OwnServer, SITE};
use super::plan::{Plan, SignIn};
use super::report::{Observed, Report};
use super::talk::{Order, Progress, RoomMessage, Word};
use crate::clock::machine_us;
use std::net::ToSocketAddrs;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::Duration;

/// Between an order to begin and the beginning.
const BEGIN_AFTER_US: u64 = 300_000;
/// What is not said within this, beside the time that it takes by itself, will not be said.
const WORD_WITHIN_US: u64 = 120_000_000;
/// Memory is read when the server has had this long to come to rest, in microseconds.
const REST_US: u64 = 1_000_000;

/// What is going on, for whoever watches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// The server gets its members.
    Preparing,
    /// Members come online.
    Connecting,
    /// The load runs.
    Running,
    /// What is under way is waited for.
    Draining,
}

/// How far it is.
#[derive(Debug, Clone, Copy)]
pub struct Seen {
    /// What is going on.
    pub phase: Phase,
    /// Of everybody together.
    pub progress: Progress,
    /// Seconds of the load so far.
    pub second: u64,
}

/// A way to say that the user wants the test to end.
#[derive(Debug, Clone)]
pub struct Interrupt(Sender<Event>);

impl Interrupt {
    /// Says it.
    pub fn now(&self) {
        // A test that is over need not be told.
        drop(self.0.send(Event::Interrupted));
    }
}

struct Test<'t> {
    plan: &'t Plan,
    clients: Vec<Client>,
    events: Receiver<Event>,
    own: Option<OwnServer>,
    pid: Option<u32>,
    progress: Vec<Progress>,
    phase: Phase,
    load_us: u64,
    tell: &'t mut dyn FnMut(Seen),
}

/// Runs a test. `begin` is given a way to interrupt it; `tell` hears every second how far it is. The error says why there is no result.
pub fn run(plan: &Plan, begin: impl FnOnce(Interrupt), tell: &mut dyn FnMut(Seen)) -> Result<Report, String> {
    let (put, events) = channel();
    begin(Interrupt(put.clone()));
    tell(Seen { phase: Phase::Preparing, progress: Progress::default(), second: 0 });
    let (server_cores, client_cores) = share_cores(plan);
    let own = if plan.target.is_none() { Some(OwnServer::start(plan, &server_cores)?) } else { None };
    let server = match &own {
        Some(own) => Server {
            address: own.address,
            authority: own.address.to_string(),
            path: String::new(),
            domain: SITE.to_owned(),
            sign_in: SignIn::Secret(own.token_secret.clone()),
        },
        None => target(plan)?,
    };
    let pid = own.as_ref().map(OwnServer::pid).or(plan.target.as_ref().and_then(|target| target.pid));
    if let Some(pid) = pid.filter(|pid| !machine::is_running(*pid)) {
        return Err(format!("there is no process {pid} on this machine"));
    }
    let empty = pid.and_then(machine::memory_bytes);
    let clients = clients::start(plan, &server, &client_cores, &put)?;
    let progress = vec![Progress::default(); clients.len()];
    let mut test = Test { plan, clients, events, own, pid, progress, phase: Phase::Connecting, load_us: 0, tell };
    let mut observed = Observed { empty_bytes: empty, ..Observed::default() };
    test.connect(&mut observed)?;
    test.load(&mut observed)?;
    let mut report = Report::new(plan, observed);
    report.machine = machine::describe();
    report.clients = test.clients.len();
    report.pinned = (!server_cores.is_empty() && !client_cores.is_empty()).then_some((server_cores, client_cores));
    Ok(report)
}

/// The cores of server and clients: a half each; none where there is one core, or where they are not to be bound.
fn share_cores(plan: &Plan) -> (Vec<usize>, Vec<usize>) {
    let mut cores = machine::cores();
    if !plan.pin || cores.len() < 2 || plan.target.is_some() {
        return (Vec::new(), Vec::new());
    }
    let clients = cores.split_off(cores.len() / 2);
    (cores, clients)
}

fn target(plan: &Plan) -> Result<Server, String> {
    let target = plan.target.as_ref().ok_or("no target")?;
    let authority = &target.authority;
    let with_port = if authority.contains(':') { authority.clone() } else { format!("{authority}:80") };
    let found = with_port.to_socket_addrs().map_err(|error| format!("{authority}: {error}"))?.next();
    Ok(Server {
        address: found.ok_or_else(|| format!("{authority}: no address"))?,
        authority: authority.clone(),
        path: target.path.clone(),
        domain: target.domain.clone(),
        sign_in: target.sign_in.clone(),
    })
}

impl Test<'_> {
    /// Half of the members first, so that what one member costs can be told from what the first one costs.
    fn connect(&mut self, observed: &mut Observed) -> Result<(), String> {
        for half in [true, false] {
            let begun = machine_us();
            for client in &mut self.clients {
                let count = if half { client.members / 2 } else { client.members };
                client.tell(&Order::Connect(count))?;
            }
            self.collect(WORD_WITHIN_US, |word| matches!(word, Word::Connected).then_some(()))?;
            observed.connect_s += (machine_us() - begun) as f64 / 1e6;
            if half {
                observed.half_members = self.clients.iter().map(|client| u64::from(client.members / 2)).sum();
            }
            let memory = match self.pid {
                Some(pid) => {
                    self.watch(machine_us() + REST_US)?;
                    machine::memory_bytes(pid)
                }
                None => None,
            };
            *(if half { &mut observed.half_bytes } else { &mut observed.full_bytes }) = memory;
        }
        observed.held_before = self.sum().held;
        Ok(())
    }

    fn load(&mut self, observed: &mut Observed) -> Result<(), String> {
        let (clients, lasts_us) = (self.clients.len(), self.plan.seconds * 1_000_000);
        let (drain_us, start_us) = (self.plan.drain_s * 1_000_000, machine_us() + BEGIN_AFTER_US);
        let everybody = f64::from(self.plan.members.max(1));
        for (index, client) in self.clients.iter_mut().enumerate() {
            let part = f64::from(client.members) / everybody;
            let senders = |all: u32| (f64::from(all) * part).ceil() as u32;
            client.tell(&Order::Run {
                start_us,
                lasts_us,
                mix: self.plan.mix.share(part),
                offset: index as f64 / clients as f64,
                saturate: self.plan.saturate.map(senders),
                drain_us,
            })?;
        }
        (self.phase, self.load_us) = (Phase::Running, start_us);
        self.watch(start_us)?;
        observed.cpu_start_us = self.pid.and_then(machine::cpu_us);
        if self.plan.restart {
            self.restart(start_us + lasts_us / 3, observed)?;
        }
        self.watch(start_us + lasts_us)?;
        observed.cpu_end_us = self.pid.and_then(machine::cpu_us);
        observed.end_bytes = self.pid.and_then(machine::memory_bytes);
        self.phase = Phase::Draining;
        let patience = WORD_WITHIN_US + 2 * drain_us;
        let sent = self.collect(patience, |word| if let Word::Sent(rooms) = word { Some(rooms) } else { None })?;
        let room_messages: Vec<RoomMessage> = sent.into_iter().flatten().collect();
        for client in &mut self.clients {
            client.tell(&Order::Reckon { room_messages: room_messages.clone(), drain_us })?;
        }
        let take = |word| if let Word::Reckoned(reckoning) = word { Some(*reckoning) } else { None };
        observed.reckonings = self.collect(patience, take)?;
        observed.cpu_drained_us = self.pid.and_then(machine::cpu_us);
        Ok(())
    }

    /// The server is killed and starts again; then everybody has to be back.
    fn restart(&mut self, at_us: u64, observed: &mut Observed) -> Result<(), String> {
        self.watch(at_us)?;
        let held = self.sum().held;
        self.outage(true)?;
        // The clients must know before they see it.
        self.watch(machine_us() + 100_000)?;
        let killed_us = machine_us();
        let Some(own) = &mut self.own else { return Err("only a server of our own can be started again".into()) };
        own.kill();
        own.start_again()?;
        self.pid = Some(own.pid());
        observed.start_again_s = Some((machine_us() - killed_us) as f64 / 1e6);
        // In an outage the counters are a tenth of a second old: first they must show it.
        self.watch(killed_us + 300_000)?;
        let end_us = machine_us() + WORD_WITHIN_US;
        while self.sum().held < held && machine_us() < end_us {
            self.watch(machine_us() + 20_000)?;
        }
        observed.back_s = (self.sum().held >= held).then(|| (machine_us() - killed_us) as f64 / 1e6);
        // A new process counts from nothing.
        observed.cpu_start_us = Some(0);
        self.outage(false)
    }

    fn outage(&mut self, outage: bool) -> Result<(), String> {
        self.clients.iter_mut().try_for_each(|client| client.tell(&Order::Outage(outage)))
    }

    /// Waits for one word of every client.
    fn collect<T>(&mut self, within_us: u64, mut take: impl FnMut(Word) -> Option<T>) -> Result<Vec<T>, String> {
        let (end_us, mut all) = (machine_us() + within_us + self.plan.seconds * 1_000_000, Vec::new());
        while all.len() < self.clients.len() {
            match self.next(end_us)? {
                Some(word) => all.extend(take(word)),
                None => return Err("a client does not answer".into()),
            }
        }
        Ok(all)
    }

    /// Lets time pass, and shows how far it is.
    fn watch(&mut self, until_us: u64) -> Result<(), String> {
        while machine_us() < until_us {
            self.next(until_us)?;
        }
        Ok(())
    }

    /// The next word, if one comes in time; progress is taken on the way.
    fn next(&mut self, until_us: u64) -> Result<Option<Word>, String> {
        loop {
            if let Some(why) = self.own.as_mut().and_then(OwnServer::ended) {
                return Err(why);
            }
            let left = Duration::from_micros(until_us.saturating_sub(machine_us()));
            match self.events.recv_timeout(left) {
                Ok(Event::Said(client, word)) => match *word {
                    Word::Progress(progress) => self.show(client, progress),
                    word => return Ok(Some(word)),
                },
                Ok(Event::Gone) => return Err("a client process ended".into()),
                Ok(Event::Interrupted) => return Err("interrupted: there is no result".into()),
                Err(RecvTimeoutError::Timeout) => return Ok(None),
                Err(RecvTimeoutError::Disconnected) => return Err("all clients ended".into()),
            }
        }
    }

    fn show(&mut self, client: usize, progress: Progress) {
        self.progress[client] = progress;
        if client + 1 == self.clients.len() {
            let second = if self.load_us == 0 { 0 } else { machine_us().saturating_sub(self.load_us) / 1_000_000 };
            let seen = Seen { phase: self.phase, progress: self.sum(), second };
            (self.tell)(seen);
        }
    }

    fn sum(&self) -> Progress {
        self.progress.iter().fold(Progress::default(), |all, one| Progress {
            held: all.held + one.held,
            dropped: all.dropped + one.dropped,
            accepted: all.accepted + one.accepted,
            delivered: all.delivered + one.delivered,
            reloads: all.reloads + one.reloads,
            errors: all.errors + one.errors,
            p50_ms: all.p50_ms.max(one.p50_ms),
            p99_ms: all.p99_ms.max(one.p99_ms),
        })
    }
}
