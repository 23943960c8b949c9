//! The client processes as the test sees them: orders go in, words come out.

use super::machine;
use super::plan::{Part, Plan, SignIn};
use super::talk::{Order, Word};
use std::io::{BufRead, BufReader, Write};
use std::net::SocketAddr;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::Sender;

/// Descriptors of a client that are not members' connections.
const SPARE: u64 = 600;

/// What happens to a test.
#[derive(Debug)]
pub enum Event {
    /// A client said something.
    Said(usize, Box<Word>),
    /// A client ended.
    Gone,
    /// The user wants it to end.
    Interrupted,
}

/// One client process, which ends with this value.
#[derive(Debug)]
pub struct Client {
    child: Child,
    orders: Option<ChildStdin>,
    /// How many members it has.
    pub members: u32,
}

impl Client {
    fn start(part: Part, index: usize, events: Sender<Event>) -> Result<Self, String> {
        let binary = std::env::current_exe().map_err(|error| format!("where this program is: {error}"))?;
        let spawned =
            Command::new(binary).args(["loadtest", "client"]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
        let mut child = spawned.map_err(|error| format!("a client: {error}"))?;
        let (orders, words) = (child.stdin.take(), child.stdout.take());
        let mut client = Self { child, orders, members: part.members };
        let words = words.ok_or("a client without output")?;
        std::thread::spawn(move || {
            for line in BufReader::new(words).lines().map_while(Result::ok) {
                let said = serde_json::from_str(&line).map(|word| Event::Said(index, Box::new(word)));
                if said.is_err() || said.is_ok_and(|said| events.send(said).is_err()) {
                    break;
                }
            }
            // Nobody is interested once the test is over.
            drop(events.send(Event::Gone));
        });
        client.tell(&Order::Part(Box::new(part)))?;
        Ok(client)
    }

    /// Gives an order.
    pub fn tell(&mut self, order: &Order) -> Result<(), String> {
        let text = serde_json::to_string(order).map_err(|error| error.to_string())?;
        let orders = self.orders.as_mut().ok_or("a client without input")?;
        writeln!(orders, "{text}").and_then(|()| orders.flush()).map_err(|error| format!("a client has ended: {error}"))
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        self.orders = None;
        // Its input has ended, and it ends at once; where it does not, it is made to.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// How many clients there are: one for each core of theirs, and more where one's descriptors do not suffice.
pub fn count(plan: &Plan, cores: usize) -> u32 {
    let (_, hard) = rlimit::getrlimit(rlimit::Resource::NOFILE).unwrap_or((1024, 1024));
    let room = u32::try_from(hard.saturating_sub(SPARE).max(100)).unwrap_or(u32::MAX);
    let by_cores = u32::try_from(cores).unwrap_or(1).min(plan.members / 2).max(1);
    plan.clients.unwrap_or_else(|| by_cores.max(plan.members.div_ceil(room)))
}

/// Starts all of them, each with its share of the members: an even number, because members go in pairs.
pub fn start(plan: &Plan, server: &Server, cores: &[usize], events: &Sender<Event>) -> Result<Vec<Client>, String> {
    let clients = count(plan, if cores.is_empty() { machine::cores().len() } else { cores.len() });
    let share = plan.members.div_ceil(clients).next_multiple_of(2);
    let run = u32::from_le_bytes(crate::clock::random());
    let mut started = Vec::new();
    for client in 0..clients {
        let first = client * share;
        let members = share.min(plan.members.saturating_sub(first));
        if members == 0 {
            break;
        }
        let part = Part {
            scenario: plan.scenario,
            client,
            cores: cores.to_vec(),
            address: server.address,
            authority: server.authority.clone(),
            path: server.path.clone(),
            domain: server.domain.clone(),
            sign_in: server.sign_in.clone(),
            id_template: plan.id_template.clone(),
            first,
            members,
            transports: plan.transports.clone(),
            rooms: plan.rooms,
            join: plan.target.is_some(),
            body_bytes: plan.body_bytes,
            run,
        };
        started.push(Client::start(part, started.len(), events.clone())?);
    }
    Ok(started)
}

/// The server as clients see it.
#[derive(Debug, Clone)]
pub struct Server {
    /// Where it is.
    pub address: SocketAddr,
    /// What it is called in requests.
    pub authority: String,
    /// What stands before `/webim/...`.
    pub path: String,
    /// The site.
    pub domain: String,
    /// How members sign in.
    pub sign_in: SignIn,
}
