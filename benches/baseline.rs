//! The first honest figures, end to end through the real binary on loopback; `docs/performance.md` quotes them.
//!
//! ```text
//! cargo bench --bench baseline -- idle --members 10000 --seconds 20
//! cargo bench --bench baseline -- talk --members 1000 --rate 500 --seconds 10
//! cargo bench --bench baseline -- talk --members 1000 --saturate 64 --seconds 10
//! ```
//!
//! Members are put into the store beforehand with live tickets (100 friends each), so that nothing but the work itself is
//! measured. Client and server share the machine: quote CPU per message and bytes per member, not rates.

use clap::{Parser, Subcommand};
use nextim::chat::id::{SiteNumber, UserId, UserNumber};
use nextim::chat::session::{Dialect, SessionNumber};
use nextim::chat::site::SiteOptions;
use nextim::chat::ticket::Ticket;
use nextim::clock::{Clock, random};
use nextim::store::sqlite::SqliteStore;
use nextim::store::{Directory, DirectoryChange, NewSite, SessionRecord, Sessions, Sites, Store};
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::mpsc;

/// Friends of every member.
const FRIENDS: u32 = 100;

type Failure = Box<dyn std::error::Error + Send + Sync>;

#[derive(Parser)]
struct Arguments {
    #[command(subcommand)]
    work: Work,
    /// Passed by cargo.
    #[arg(long, global = true, hide = true)]
    bench: bool,
}

#[derive(Subcommand)]
enum Work {
    /// Everybody holds a poll; nothing happens.
    Idle {
        #[arg(long, default_value_t = 10_000)]
        members: u32,
        #[arg(long, default_value_t = 20)]
        seconds: u64,
    },
    /// Pairs talk: at a rate (open loop), or so many senders without a pause.
    Talk {
        #[arg(long, default_value_t = 1_000)]
        members: u32,
        #[arg(long, default_value_t = 500)]
        rate: u64,
        #[arg(long)]
        saturate: Option<u32>,
        #[arg(long, default_value_t = 10)]
        seconds: u64,
    },
}

#[expect(clippy::disallowed_methods, reason = "a benchmark measures time")]
fn now() -> Instant {
    Instant::now()
}

#[tokio::main]
async fn main() -> Result<(), Failure> {
    match Arguments::parse().work {
        Work::Idle { members, seconds } => idle(members, seconds).await,
        Work::Talk { members, rate, saturate, seconds } => talk(members, rate, saturate, seconds).await,
    }
}

/// The real server on a prepared folder.
struct Server {
    child: Child,
    address: String,
    _folder: tempfile::TempDir,
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

impl Server {
    async fn start(members: u32) -> Result<(Self, Vec<String>), Failure> {
        let folder = tempfile::tempdir()?;
        let tickets = prepare(folder.path(), members).await?;
        let binary = env!("CARGO_BIN_EXE_nextim");
        let mut child = Command::new(binary)
            .args(["serve", "--listen", "127.0.0.1:0", "--data"])
            .arg(folder.path())
            .env("NEXTIM_STREAM__SESSION_GRACE_MS", "120000")
            .env("NEXTIM_STREAM__TICKET_IDLE_MS", "600000")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        let mut line = String::new();
        BufReader::new(child.stdout.take().ok_or("no output")?).read_line(&mut line)?;
        let address = line.split("http://").nth(1).ok_or("no address")?.trim().trim_end_matches('/').to_owned();
        Ok((Self { child, address, _folder: folder }, tickets))
    }

    /// Resident memory in bytes.
    fn memory(&self) -> Result<u64, Failure> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = status.lines().find(|line| line.starts_with("VmRSS:")).ok_or("no VmRSS")?;
        Ok(line.split_whitespace().nth(1).ok_or("no figure")?.parse::<u64>()? * 1024)
    }

    /// CPU time used so far, user and system, in microseconds.
    fn cpu_us(&self) -> Result<u64, Failure> {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id()))?;
        let fields: Vec<&str> = stat.rsplit(')').next().ok_or("no fields")?.split_whitespace().collect();
        let ticks = fields[11].parse::<u64>()? + fields[12].parse::<u64>()?;
        Ok(ticks * 10_000) // 100 ticks a second on every Linux that matters
    }
}

/// Fills a folder with members who are friends in a ring, each with a live ticket.
async fn prepare(folder: &Path, members: u32) -> Result<Vec<String>, Failure> {
    let store = SqliteStore::open(folder, Box::new(|_, _| ()))?;
    let new = NewSite {
        name: "localhost".into(),
        public_key: "public".into(),
        token_secret: "secret".into(),
        server_key: None,
        now_ms: 1,
        epoch: "e".into(),
        options: SiteOptions { directory_complete: true, ..SiteOptions::default() },
    };
    let (site, _) = store.ensure_site(new).await?;
    let id = |number: u32| UserId::parse(&format!("u{number}")).map_err(|_| "a bad id");
    let mut changes = Vec::new();
    for number in 0..members {
        let (nick, picture_url, url) = (format!("User {number}"), String::new(), String::new());
        changes.push(DirectoryChange::User { id: id(number)?, nick, picture_url, url });
    }
    for number in 0..members {
        for step in 1..=(FRIENDS / 2).min(members.saturating_sub(1) / 2) {
            let (user, buddy) = (id(number)?, id((number + step) % members)?);
            changes.push(DirectoryChange::Friends {
                user,
                buddy,
                group: "friend".into(),
                buddy_group: "friend".into(),
            });
        }
    }
    for chunk in changes.chunks(50_000) {
        store.change_directory(site.number, chunk.to_vec()).await?;
    }
    let tickets: Vec<Ticket> = (0..members).map(|_| Ticket::new(random())).collect();
    store.save_sessions(sessions(site.number, &tickets)).await?;
    store.close().await;
    Ok(tickets.iter().map(|ticket| ticket.as_str().to_owned()).collect())
}

fn sessions(site: SiteNumber, tickets: &[Ticket]) -> Vec<SessionRecord> {
    let expires_at_ms = Clock::start().wall_ms() + 3_600_000;
    let record = |(index, ticket): (u32, &Ticket)| SessionRecord {
        user: site.user(UserNumber(index + 1)),
        number: SessionNumber(u64::from(index) + 1),
        digest: ticket.digest(),
        dialect: Dialect::D1,
        cursor: 0,
        strangers: Vec::new(),
        listed: None,
        expires_at_ms,
    };
    (0..).zip(tickets).map(record).collect()
}

/// A connection that asks and reads answers.
struct Client {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Client {
    async fn connect(address: &str) -> Result<Self, Failure> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, buffer: Vec::with_capacity(512) })
    }

    async fn ask(&mut self, request: &[u8]) -> Result<(), Failure> {
        Ok(self.stream.write_all(request).await?)
    }

    /// The body of the next answer; fails if it is not a 200.
    async fn answer(&mut self) -> Result<String, Failure> {
        loop {
            if let Some((head, body)) = self.whole() {
                let text = String::from_utf8_lossy(&self.buffer[head..body]).into_owned();
                let good = self.buffer.starts_with(b"HTTP/1.1 200");
                self.buffer.drain(..body);
                return if good { Ok(text) } else { Err(format!("refused: {text}").into()) };
            }
            if self.stream.read_buf(&mut self.buffer).await? == 0 {
                return Err("the server closed".into());
            }
        }
    }

    /// Where the body starts and ends, once it is all there.
    fn whole(&self) -> Option<(usize, usize)> {
        let head = self.buffer.windows(4).position(|window| window == b"\r\n\r\n")? + 4;
        let headers = std::str::from_utf8(&self.buffer[..head]).ok()?;
        let length =
            headers.lines().find_map(|line| line.strip_prefix("content-length: "))?.trim().parse::<usize>().ok()?;
        (self.buffer.len() >= head + length).then_some((head, head + length))
    }
}

fn poll_request(ticket: &str) -> Vec<u8> {
    format!("GET /packets?domain=localhost&ticket={ticket} HTTP/1.1\r\nHost: localhost\r\n\r\n").into_bytes()
}

fn message_request(ticket: &str, to: u32, sent: Duration) -> Vec<u8> {
    // About 80 bytes of text that carries the intended time of sending.
    let body = format!("sent:{:020}:{}", sent.as_nanos(), "x".repeat(54));
    let form = format!("ticket={ticket}&type=unicast&to=u{to}&offline=0&body={body}");
    let length = form.len();
    let head = "POST /webim/message HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded";
    format!("{head}\r\nContent-Length: {length}\r\n\r\n{form}").into_bytes()
}

async fn idle(members: u32, seconds: u64) -> Result<(), Failure> {
    let (empty, _) = Server::start(0).await?;
    let empty_memory = empty.memory()?;
    drop(empty);
    let (server, tickets) = Server::start(members).await?;
    let state = server.memory()?;
    let mut clients = Vec::new();
    for ticket in &tickets {
        let mut client = Client::connect(&server.address).await?;
        client.ask(&poll_request(ticket)).await?;
        clients.push(client);
    }
    tokio::time::sleep(Duration::from_secs(3)).await;
    let (held, cpu) = (server.memory()?, server.cpu_us()?);
    tokio::time::sleep(Duration::from_secs(seconds)).await;
    let idle_us = server.cpu_us()? - cpu;
    let per = |bytes: u64| bytes / u64::from(members.max(1));
    println!("members held                      {members}");
    println!("server memory, empty              {} KiB", empty_memory / 1024);
    println!("state per member, {FRIENDS} friends     {} B", per(state.saturating_sub(empty_memory)));
    println!("held poll per member              {} B", per(held.saturating_sub(state)));
    println!("all in per member                 {} B", per(held.saturating_sub(empty_memory)));
    println!("CPU while idle                    {:.2} % of a core", idle_us as f64 / (seconds as f64 * 10_000.0));
    Ok(())
}

/// What the receivers count.
#[derive(Default)]
struct Counts {
    delivered: AtomicU64,
    accepted: AtomicU64,
    refused: AtomicU64,
}

async fn talk(members: u32, rate: u64, saturate: Option<u32>, seconds: u64) -> Result<(), Failure> {
    let (server, tickets) = Server::start(members).await?;
    let start = now();
    let counts = Arc::new(Counts::default());
    let (measured, mut latencies) = mpsc::unbounded_channel();
    for ticket in &tickets {
        let client = Client::connect(&server.address).await?;
        tokio::spawn(receive(client, poll_request(ticket), start, Arc::clone(&counts), measured.clone()));
    }
    drop(measured);
    tokio::time::sleep(Duration::from_secs(2)).await;
    let (cpu, from) = (server.cpu_us()?, now());
    let until = from + Duration::from_secs(seconds);
    let tickets = Arc::new(tickets);
    let senders = u64::from(saturate.unwrap_or(32));
    let mut sending = Vec::new();
    for sender in 0..senders {
        let client = Client::connect(&server.address).await?;
        let pace = saturate.is_none().then(|| Duration::from_secs_f64(senders as f64 / rate as f64));
        let first = from + pace.unwrap_or_default().mul_f64(sender as f64 / senders as f64);
        sending.push(tokio::spawn(send(
            client,
            Arc::clone(&tickets),
            sender,
            (start, first, until),
            pace,
            Arc::clone(&counts),
        )));
    }
    for task in sending {
        task.await?;
    }
    tokio::time::sleep(Duration::from_secs(1)).await;
    let took = now() - from - Duration::from_secs(1);
    let used = server.cpu_us()? - cpu;
    let (delivered, accepted) = (counts.delivered.load(Ordering::Relaxed), counts.accepted.load(Ordering::Relaxed));
    drop(server);
    let mut all = Vec::new();
    while let Ok(latency) = latencies.try_recv() {
        all.push(latency);
    }
    all.sort_unstable();
    let at = |part: f64| all.get((all.len() as f64 * part) as usize).or(all.last()).copied().unwrap_or_default();
    println!("accepted / delivered / refused    {accepted} / {delivered} / {}", counts.refused.load(Ordering::Relaxed));
    println!("messages a second                 {:.0}", delivered as f64 / took.as_secs_f64());
    println!("server CPU per delivered message  {:.1} us", used as f64 / delivered.max(1) as f64);
    println!("latency p50 / p99 / p99.9 / max   {:?} / {:?} / {:?} / {:?}", at(0.5), at(0.99), at(0.999), at(1.0));
    if delivered == accepted { Ok(()) } else { Err("not everything accepted was delivered".into()) }
}

async fn receive(
    mut client: Client,
    poll: Vec<u8>,
    start: Instant,
    counts: Arc<Counts>,
    measured: mpsc::UnboundedSender<Duration>,
) -> Result<(), Failure> {
    loop {
        client.ask(&poll).await?;
        let packet = client.answer().await?;
        let arrived = now() - start;
        for sent in packet.split("\"sent:").skip(1) {
            let nanos: u64 = sent.get(..20).and_then(|text| text.parse().ok()).ok_or("a strange body")?;
            counts.delivered.fetch_add(1, Ordering::Relaxed);
            measured.send(arrived.saturating_sub(Duration::from_nanos(nanos)))?;
        }
    }
}

/// Sends to one member after another, each through that member's partner, at its pace or as fast as it is answered.
async fn send(
    mut client: Client,
    tickets: Arc<Vec<String>>,
    sender: u64,
    (start, first, until): (Instant, Instant, Instant),
    pace: Option<Duration>,
    counts: Arc<Counts>,
) {
    let (mut due, mut turn) = (first, sender * 7_919);
    while due < until && now() < until {
        if pace.is_some() {
            tokio::time::sleep_until(due.into()).await;
        } else {
            due = now();
        }
        let members = tickets.len() as u64;
        let from = turn % members;
        let to = from ^ 1;
        if to < members {
            let request = message_request(&tickets[from as usize], to as u32, due - start);
            let answered = match client.ask(&request).await {
                Ok(()) => client.answer().await,
                Err(error) => Err(error),
            };
            let count = if answered.is_ok_and(|text| text == "ok") { &counts.accepted } else { &counts.refused };
            count.fetch_add(1, Ordering::Relaxed);
        }
        turn += 1;
        due += pace.unwrap_or_default();
    }
}
