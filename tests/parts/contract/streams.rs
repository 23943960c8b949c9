//! What is for one session after its cursor: the source from which an outbox is filled again.

use super::Backend;
use super::world::{NO_SESSION, World, entry_bodies};
use nextim::chat::entry::{SeatChange, Seq};
use nextim::chat::room::Interval;
use nextim::chat::session::SessionNumber;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, TestRng, TestRunner};

const TAB: SessionNumber = SessionNumber(1);
const OTHER_TAB: SessionNumber = SessionNumber(2);

pub async fn own_rows_come_to_the_other_sessions_only<B: Backend>(backend: B) {
    let world = World::new(backend).await;
    world.join("ann", "room1").await;
    for to in ["bob", "room1", "ann"] {
        world.say_from(TAB, "ann", to, &format!("to {to}")).await;
    }
    world.say("bob", "ann", "answer").await;
    assert_eq!(entry_bodies(&world.stream("ann", TAB, 0, 100).await), ["answer"], "the tab that said it shows it");
    let all = ["to bob", "to room1", "to ann", "answer"];
    assert_eq!(entry_bodies(&world.stream("ann", OTHER_TAB, 0, 100).await), all);
    assert_eq!(entry_bodies(&world.stream("bob", NO_SESSION, 0, 100).await), ["to bob", "answer"]);
}

/// However many rows are passed over, those behind them are not lost: the reader must learn that there is more.
pub async fn rows_that_are_not_for_a_session_hide_none_that_are<B: Backend>(backend: B) {
    for to in ["bob", "room1"] {
        let world = World::new(backend).await;
        world.join("ann", "room1").await;
        for index in 0..8 {
            world.say_from(TAB, "ann", to, &format!("own {index}")).await;
        }
        world.say_from(OTHER_TAB, "ann", to, "from the other tab").await;
        let stream = world.stream("ann", TAB, 0, 3).await;
        assert_eq!(entry_bodies(&stream), ["from the other tab"], "own rows to {to} are in the way");
    }
    let world = World::new(backend).await;
    for user in ["ann", "bob"] {
        world.join(user, "room1").await;
    }
    world.seat("ann", "room1", SeatChange::Blocked).await;
    for index in 0..8 {
        world.say("bob", "room1", &format!("silenced {index}")).await;
    }
    world.seat("ann", "room1", SeatChange::Unblocked).await;
    world.say("bob", "room1", "heard").await;
    assert_eq!(entry_bodies(&world.stream("ann", NO_SESSION, 0, 3).await), ["heard"], "silenced rows are in the way");
}

#[derive(Debug, Clone)]
enum Step {
    Say { from: usize, to: usize, tab: u64 },
    Seat { user: usize, room: usize, change: SeatChange },
}

const NAMES: [&str; 5] = ["ann", "bob", "cid", "room1", "room2"];

fn step() -> impl Strategy<Value = Step> {
    let change = prop::sample::select(vec![
        SeatChange::Joined,
        SeatChange::Joined,
        SeatChange::Left,
        SeatChange::Blocked,
        SeatChange::Unblocked,
    ]);
    prop_oneof![
        3 => (0..3_usize, 0..5_usize, 1..3_u64).prop_map(|(from, to, tab)| Step::Say { from, to, tab }),
        2 => (0..2_usize, 3..5_usize, change).prop_map(|(user, room, change)| Step::Seat { user, room, change }),
    ]
}

/// Ann's view of the log, kept by the plain rule.
#[derive(Default)]
struct Model {
    member: [Vec<Interval>; 2],
    blocked: [Vec<Interval>; 2],
    rows: Vec<Row>,
}

struct Row {
    seq: Seq,
    from: usize,
    to: usize,
    tab: u64,
}

fn close<'a>(open: impl Iterator<Item = &'a mut Interval>, seq: Seq) {
    for interval in open {
        interval.through.get_or_insert(seq);
    }
}

impl Model {
    fn seat(&mut self, room: usize, change: SeatChange, seq: Seq) {
        let (member, blocked) = (&mut self.member[room - 3], &mut self.blocked[room - 3]);
        match change {
            SeatChange::Joined => member.push(Interval { after: seq, through: None }),
            SeatChange::Blocked => blocked.push(Interval { after: seq, through: None }),
            // Leaving ends the silence, too.
            SeatChange::Left => close(member.last_mut().into_iter().chain(blocked.last_mut()), seq),
            SeatChange::Unblocked => close(blocked.last_mut().into_iter(), seq),
        }
    }

    fn addressed(&self, tab: u64, after: Seq) -> Vec<Seq> {
        let heard = |row: &&Row| match row.to {
            0 => true,
            3 | 4 => is_in(&self.member[row.to - 3], row.seq) && !is_in(&self.blocked[row.to - 3], row.seq),
            _ => row.from == 0,
        };
        let rows = self.rows.iter().filter(heard).filter(|row| row.seq > after && (row.from != 0 || row.tab != tab));
        rows.map(|row| row.seq).collect()
    }
}

fn is_in(stretches: &[Interval], seq: Seq) -> bool {
    stretches.iter().any(|stretch| stretch.contains(seq))
}

/// Sessions of different people have different numbers.
fn session(user: usize, tab: u64) -> SessionNumber {
    SessionNumber(user as u64 * 10 + tab)
}

async fn play<B: Backend>(world: &World<B>, steps: &[Step]) -> Model {
    let mut model = Model::default();
    for step in steps {
        match *step {
            Step::Say { from, to, tab } => {
                let draft = world.draft(NAMES[from], NAMES[to], "x").await;
                let draft = nextim::chat::entry::Draft { origin: Some(session(from, tab)), ..draft };
                if let Ok(appended) = world.store.append(draft).await {
                    model.rows.push(Row { seq: appended.message.seq, from, to, tab });
                }
            }
            Step::Seat { user, room, change } => {
                if let Some(seq) = world.seat(NAMES[user], NAMES[room], change).await
                    && user == 0
                {
                    model.seat(room, change, seq);
                }
            }
        }
    }
    model
}

/// Random logs, read in portions of every size from every place, against the plain rule.
pub async fn any_portions_give_exactly_what_was_addressed<B: Backend>(backend: B) {
    let config = Config::default();
    let cases = (config.cases / 8).max(1);
    let mut runner = TestRunner::new_with_rng(config.clone(), TestRng::deterministic_rng(config.rng_algorithm));
    for case in 0..cases {
        let steps = prop::collection::vec(step(), 1..50).new_tree(&mut runner).expect("steps").current();
        let world = World::new(backend).await;
        let model = play(&world, &steps).await;
        let head = world.head().await;
        for (limit, after) in [(1, 0), (2, head / 2), (3, head / 3), (100, 0)] {
            for tab in [1, 2] {
                let stream = world.stream("ann", session(0, tab), after, limit).await;
                let seqs: Vec<Seq> = stream.iter().map(|entry| entry.seq()).collect();
                let expected = model.addressed(tab, after);
                assert_eq!(seqs, expected, "case {case}, tab {tab}, {limit} rows at a time after {after}: {steps:?}");
            }
        }
    }
}
