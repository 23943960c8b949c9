//! What members do, and when: each deed is due at a moment that was settled beforehand, whatever became of the ones before,
//! and its latency counts from that moment.

use super::http::Answer;
use super::ledger::{Answered, Mark, TO_ROOM};
use super::listen::query;
use super::pace;
use super::request::{call, marked_text, quoted};
use super::world::{Call, Member, World};
use crate::clock::machine_us;
use crate::loadtest::plan::{Mix, Transport, room_id};
use serde_json::{Value, json};
use std::io;
use std::rc::Rc;
use std::time::Duration;
use tokio::sync::oneshot;
use tokio::task::spawn_local;
use tokio::time::{sleep, timeout};

/// A call that is not answered after this is not waited for.
const ANSWERED_WITHIN: Duration = Duration::from_secs(60);
/// What a member may do; in the order of [`Mix::rates`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Deed {
    Message,
    RoomMessage,
    Reload,
    Typing,
    Presence,
}

const DEEDS: [Deed; 5] = [Deed::Message, Deed::RoomMessage, Deed::Reload, Deed::Typing, Deed::Presence];

/// When the load lasts, in microseconds of the machine's clock.
#[derive(Debug, Clone, Copy)]
pub struct Window {
    /// The beginning.
    pub start_us: u64,
    /// The end.
    pub end_us: u64,
}

/// Does everything at its time. `offset`: the part of an interval after which this client begins.
pub async fn open_loop(world: &Rc<World>, mix: Mix, window: Window, offset: f64) {
    let (rates, total) = (mix.rates(), mix.total());
    if total <= 0.0 {
        return;
    }
    let (mut saved, mut turn) = ([0.0; 5], 0);
    let mut moments = pace::moments(window.start_us, window.end_us, 1_000_000.0 / total, offset);
    while let Some(due_us) = moments.recv().await {
        let kind = next_deed(&mut saved, &rates, total);
        begin(world, kind, due_us, &mut turn);
    }
}

/// The kinds take turns by their rates.
fn next_deed(saved: &mut [f64; 5], rates: &[f64; 5], total: f64) -> Deed {
    let mut best = 0;
    for (index, rate) in rates.iter().enumerate() {
        saved[index] += rate / total;
        if saved[index] > saved[best] {
            best = index;
        }
    }
    saved[best] -= 1.0;
    DEEDS[best]
}

fn begin(world: &Rc<World>, kind: Deed, due_us: u64, turn: &mut usize) {
    if kind == Deed::Reload {
        *turn += 1;
        return reload(world, &world.members[*turn % world.members.len()], due_us);
    }
    let local = world.roll(world.members.len());
    let world = Rc::clone(world);
    spawn_local(async move {
        match kind {
            Deed::Message => message(&world, local, due_us, false).await,
            Deed::RoomMessage => message(&world, local, due_us, true).await,
            Deed::Typing | Deed::Presence | Deed::Reload => other(&world, local, due_us, kind).await,
        }
    });
}

/// A page is opened anew. One that is not there yet keeps the moment at which it was due first.
fn reload(world: &World, member: &Member, due_us: u64) {
    if member.reload_us.get().is_some() {
        return world.error("a page was due again before it was there");
    }
    member.reload_us.set(Some(due_us));
    if member.held.get() {
        member.reload.notify_one();
    }
}

/// So many members at once, each writing as soon as it is answered.
pub async fn closed_loop(world: &Rc<World>, senders: u32, window: Window) {
    let sender = |_| {
        let world = Rc::clone(world);
        spawn_local(async move {
            while machine_us() < window.end_us {
                let local = world.roll(world.members.len());
                message(&world, local, machine_us(), false).await;
            }
        })
    };
    let all: Vec<_> = (0..senders).map(sender).collect();
    for task in all {
        drop(task.await);
    }
}

/// Whom a member writes to: members go in pairs.
fn partner(world: &World, local: usize) -> usize {
    let other = local ^ 1;
    if other < world.members.len() { other } else { local.saturating_sub(1) }
}

async fn message(world: &World, local: usize, due_us: u64, in_room: bool) {
    world.counts.borrow_mut().so_far.due += 1;
    let (part, member) = (&world.part, &world.members[local]);
    let Some(page) = member.ticket.borrow().clone() else {
        return world.error("a message from a member who is not online yet");
    };
    let (mark, kind, to) = if in_room {
        let room = member.number % part.rooms.max(1);
        let id = world.ledger.borrow_mut().next_in_room(room, member.number);
        (Mark { id, to: TO_ROOM, due_us }, "multicast", room_id(room))
    } else {
        let other = &world.members[partner(world, local)];
        let id = world.ledger.borrow_mut().next_single();
        (Mark { id, to: other.number, due_us }, "unicast", other.id.clone())
    };
    let body = marked_text(mark, part.run, part.body_bytes);
    let cid = format!("lt-{:x}-{:x}", part.run, mark.id);
    let socket = member.socket.borrow().clone();
    let answered = if let Some(socket) = socket {
        let fields = json!({"call": "message", "type": kind, "to": to, "body": body, "cid": cid});
        let (answer, waits) = oneshot::channel();
        let gone = |_| io::Error::from(io::ErrorKind::BrokenPipe);
        let asked = async {
            socket.send(Call { fields, answer }).map_err(|_| io::Error::from(io::ErrorKind::BrokenPipe))?;
            waits.await.map_err(gone)
        };
        ask(world, asked).await
    } else {
        let (to, body, cid) = (quoted(&to), quoted(&body), quoted(&cid));
        let form = format!("{}&type={kind}&to={to}&offline=0&body={body}&cid={cid}", query(&page.1, &page.0));
        ask(world, world.ask(&call(part, "message", None, &form))).await
    };
    let verdict = verdict(world, answered);
    world.ledger.borrow_mut().answered(mark.id, verdict);
    if verdict == Answered::Accepted {
        let mut counts = world.counts.borrow_mut();
        counts.so_far.accepted += 1;
        counts.answer.record(machine_us().saturating_sub(due_us));
    }
}

async fn other(world: &World, local: usize, due_us: u64, kind: Deed) {
    let member = &world.members[local];
    let Some(page) = member.ticket.borrow().clone() else { return };
    let who = query(&page.1, &page.0);
    let request = if kind == Deed::Typing {
        let to = quoted(&world.members[partner(world, local)].id);
        call(&world.part, "status", None, &format!("{who}&to={to}&show=typing"))
    } else {
        let show = ["available", "away", "busy"][world.roll(3)];
        call(&world.part, "presence", None, &format!("{who}&show={show}"))
    };
    let answered = ask(world, world.ask(&request)).await;
    if verdict(world, answered) == Answered::Accepted {
        let mut counts = world.counts.borrow_mut();
        counts.so_far.calls += 1;
        counts.call.record(machine_us().saturating_sub(due_us));
    }
}

/// Waits for an answer, for a while, and counts it as under way.
async fn ask(world: &World, asked: impl Future<Output = io::Result<Answer>>) -> io::Result<Answer> {
    world.under_way.set(world.under_way.get() + 1);
    let answered = timeout(ANSWERED_WITHIN, asked).await;
    world.under_way.set(world.under_way.get() - 1);
    answered?
}

/// What an answer means: `ok` as a word or in JSON; every other one is a refusal, and none may be either.
fn verdict(world: &World, answered: io::Result<Answer>) -> Answered {
    match answered {
        Err(error) => {
            world.error(&format!("calling: {error}"));
            Answered::Unknown
        }
        Ok(answer) => {
            let value: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
            let ok = answer.body.trim_ascii() == b"ok" || value == "ok" || value["status"] == "ok";
            if answer.status == 200 && ok {
                return Answered::Accepted;
            }
            world.error(&format!("refused: {} {}", answer.status, value["code"].as_str().unwrap_or_default()));
            Answered::Refused
        }
    }
}

/// Pages with server-sent events say what they have by calls of their own, every so often.
pub async fn acknowledge(world: Rc<World>) {
    const EVERY: Duration = Duration::from_secs(2);
    loop {
        sleep(EVERY).await;
        for member in world.members.iter().filter(|member| member.transport == Transport::Sse) {
            let Some(page) = member.ticket.borrow().clone() else { continue };
            let Some((seq, epoch)) = member.owed.borrow_mut().take() else { continue };
            let form = format!("{}&ids=&ack={seq}&epoch={}", query(&page.1, &page.0), quoted(&epoch));
            let asked = call(&world.part, "buddies", None, &form);
            if let Err(error) = ask(&world, world.ask(&asked)).await {
                world.error(&format!("acknowledging: {error}"));
            }
        }
    }
}
