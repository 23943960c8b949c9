//! A client process: a part of a test's members on one thread. It is told what to do over standard input, and says what it found.

mod http;
mod ledger;
mod listen;
mod load;
mod member;
mod pace;
mod request;
mod socket;
mod world;

use super::machine;
use super::talk::{Order, RoomMessage, Word};
use crate::clock::machine_us;
use load::Window;
use std::io::{BufRead, Write};
use std::rc::Rc;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::task::{LocalSet, spawn_local};
use tokio::time::{interval, sleep};
use world::World;

/// How often it is looked whether something has come to be.
const LOOK_EVERY: Duration = Duration::from_millis(20);
/// Coming online is given up when nobody has come for this long, in microseconds.
const NOBODY_CAME_US: u64 = 15_000_000;

/// Runs a client until its standard input ends. The error says why it could not.
pub fn run() -> Result<(), String> {
    let (put, mut orders) = mpsc::unbounded_channel();
    // Reading blocks, so it has a thread of its own; with the last order that thread and this process end.
    std::thread::spawn(move || {
        for line in std::io::stdin().lock().lines().map_while(Result::ok) {
            let Ok(order) = serde_json::from_str::<Order>(&line) else { return };
            if put.send(order).is_err() {
                return;
            }
        }
    });
    let Some(Order::Part(part)) = orders.blocking_recv() else { return Err("the first order must be the part".into()) };
    end_with_a_panic();
    machine::pin(&part.cores)?;
    rlimit::increase_nofile_limit(u64::MAX).map_err(|error| error.to_string())?;
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(|error| error.to_string())?;
    let world = Rc::new(World::new(*part));
    LocalSet::new().block_on(&runtime, async {
        spawn_local(tell(Rc::clone(&world)));
        spawn_local(load::acknowledge(Rc::clone(&world)));
        let mut online = 0;
        while let Some(order) = orders.recv().await {
            obey(&world, order, &mut online);
        }
    });
    Ok(())
}

/// A mistake of ours in one member's task must not pass for one of the server's: the whole client ends, and with it the test.
fn end_with_a_panic() {
    let tell = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |what| {
        tell(what);
        std::process::exit(101);
    }));
}

fn obey(world: &Rc<World>, order: Order, online: &mut u32) {
    let world = Rc::clone(world);
    match order {
        Order::Part(_) => {}
        Order::Outage(outage) => world.outage.set(outage),
        Order::Connect(count) => {
            for local in *online..count.min(world.part.members) {
                spawn_local(member::live(Rc::clone(&world), local as usize));
            }
            *online = count;
            spawn_local(async move {
                all_held(&world, u64::from(count)).await;
                say(&Word::Connected);
            });
        }
        Order::Run { start_us, lasts_us, mix, offset, saturate, drain_us } => {
            let window = Window { start_us, end_us: start_us + lasts_us };
            world.load_us.set(start_us);
            spawn_local(async move {
                let senders = async {
                    if let Some(senders) = saturate {
                        load::closed_loop(&world, senders, window).await;
                    }
                };
                tokio::join!(load::open_loop(&world, mix, window, offset), senders);
                let left_us = window.end_us.saturating_sub(machine_us());
                sleep(Duration::from_micros(left_us)).await;
                until(drain_us, || world.under_way.get() == 0).await;
                say(&Word::Sent(world.ledger.borrow().accepted_in_rooms()));
            });
        }
        Order::Reckon { room_messages, drain_us } => {
            spawn_local(reckon(world, room_messages, drain_us));
        }
    }
}

/// Waits for what is missing, and a moment longer for what comes twice.
async fn reckon(world: Rc<World>, room_messages: Vec<RoomMessage>, drain_us: u64) {
    const TWICE: Duration = Duration::from_millis(500);
    until(drain_us, || world.ledger.borrow().sums(&room_messages).lost == 0).await;
    sleep(TWICE).await;
    say(&Word::Reckoned(Box::new(world.reckon(&room_messages))));
}

/// Waits until something is so, or for as long as it may take.
async fn until(within_us: u64, so: impl Fn() -> bool) {
    let end_us = machine_us() + within_us;
    while !so() && machine_us() < end_us {
        sleep(LOOK_EVERY).await;
    }
}

/// Waits until so many listen, or until nobody comes any more.
async fn all_held(world: &World, count: u64) {
    let (mut most, mut since_us) = (0, machine_us());
    while most < count && machine_us() < since_us + NOBODY_CAME_US {
        sleep(LOOK_EVERY).await;
        let held = world.counts.borrow().so_far.held;
        if held > most {
            (most, since_us) = (held, machine_us());
        }
    }
}

/// Says once a second how it goes; in an outage, where it counts when everybody is back, ten times.
async fn tell(world: Rc<World>) {
    let mut tenths = interval(Duration::from_millis(100));
    for nth in 0_u64.. {
        tenths.tick().await;
        if world.outage.get() || nth % 10 == 0 {
            say(&Word::Progress(world.progress()));
        }
    }
}

fn say(word: &Word) {
    let text = serde_json::to_string(word).expect("words have string keys and finite numbers");
    let mut out = std::io::stdout().lock();
    // Whoever does not listen any more has ended, and so does this process.
    drop(writeln!(out, "{text}").and_then(|()| out.flush()));
}
