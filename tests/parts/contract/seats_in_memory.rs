//! Memory applies the same changes of seat as the store: who listens to a room is the same in both, after any history.

use super::Backend;
use super::world::{World, room_id};
use crate::live::world::{Arriving, TIMES};
use nextim::chat::entry::{Entry, SeatChange};
use nextim::chat::session::Dialect;
use nextim::live::Live;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, TestRng, TestRunner};

const CHANGES: [SeatChange; 4] = [SeatChange::Joined, SeatChange::Left, SeatChange::Blocked, SeatChange::Unblocked];

pub async fn memory_and_store_agree_about_seats<B: Backend>(backend: B) {
    let config = Config::default();
    let cases = (config.cases / 8).max(1);
    let mut runner = TestRunner::new_with_rng(config.clone(), TestRng::deterministic_rng(config.rng_algorithm));
    for _ in 0..cases {
        let changes = prop::collection::vec(0..4_usize, 1..12).new_tree(&mut runner).expect("changes").current();
        let changes: Vec<SeatChange> = changes.into_iter().map(|index| CHANGES[index]).collect();
        play(backend, &changes).await;
    }
}

async fn play<B: Backend>(backend: B, changes: &[SeatChange]) {
    let world = World::new(backend).await;
    let live = Live::new(TIMES, 1_000_000);
    let member = world.member("ann").await;
    let key = world.key("ann").await;
    Arriving { key, member, session: 1, show: None, dialect: Dialect::D1 }.open(&live, 0, 1_000_000);
    let room = world.store.room(world.site, room_id("room1")).await.unwrap().unwrap().number;
    for (index, change) in changes.iter().enumerate() {
        if let Some(seq) = world.seat("ann", "room1", *change).await {
            let stretch = world.store.entries_after(world.site, seq - 1, 1).await.unwrap();
            let Entry::Seat(seat) = &*stretch.entries[0] else { panic!("a change of seat is in the log") };
            live.change_seat(world.site, seat, 1_000_001);
        }
        let stored = world.store.memberships(key, None).await.unwrap();
        let listens = stored.first().is_some_and(|membership| !membership.blocked);
        let in_memory =
            live.seated(world.site.room(room)).iter().any(|seated| seated.user == key.user && !seated.silenced);
        assert_eq!(in_memory, listens, "memory (left) and store (right) after {:?}", &changes[..=index]);
    }
}
