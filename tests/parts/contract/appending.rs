//! Messages go into the log: one after the other, once, and answered only when they are durable.

use super::Backend;
use super::world::{NOW_MS, World, refusal, room_id, user_id};
use nextim::chat::entry::{Draft, SeatChange, Seq, To};
use nextim::chat::id::{SiteNumber, UserId};
use nextim::chat::refusal::Refusal;
use nextim::store::{Appended, StoreError, Stored};
use std::sync::Arc;
use tokio::task::JoinSet;

impl<B: Backend> World<B> {
    /// What the observer was told of the site's log, in the order it was told.
    fn observed_seqs(&self) -> Vec<Seq> {
        let observed = self.observed.lock().unwrap();
        let own = observed.iter().filter(|(site, _)| *site == self.site);
        own.flat_map(|(_, entries)| entries.iter().map(|entry| entry.seq())).collect()
    }

    fn spawn_append(&self, all: &mut JoinSet<Stored<Appended>>, draft: Draft) {
        let store = Arc::clone(&self.store);
        all.spawn(async move { store.append(draft).await });
    }
}

pub async fn seq_is_contiguous_under_concurrent_writers<B: Backend>(backend: B) {
    let world = World::new(backend).await;
    let mut writers = JoinSet::new();
    for writer in 0..8 {
        let (store, draft) = (Arc::clone(&world.store), world.draft("ann", "bob", "").await);
        writers.spawn(async move {
            let mut last = 0;
            for index in 0..25 {
                let body = format!("{writer}/{index}").into();
                let seq = store.append(Draft { body, ..draft.clone() }).await.unwrap().message.seq;
                assert!(seq > last, "a later message of one writer got a lower place");
                last = seq;
            }
        });
    }
    while let Some(done) = writers.join_next().await {
        done.unwrap();
    }
    let all: Vec<Seq> = (1..=200).collect();
    assert_eq!(world.log(7).await, all);
    assert_eq!(world.head().await, 200);
    assert_eq!(
        world.seat("ann", "room1", SeatChange::Joined).await,
        Some(201),
        "changes of seat stand in the same log"
    );
}

pub async fn an_answer_comes_after_the_commit<B: Backend>(backend: B) {
    let world = World::new(backend).await;
    let mut all = JoinSet::new();
    for index in 0..40 {
        let (store, folder, site) = (Arc::clone(&world.store), world.path().to_owned(), world.site);
        let draft = world.draft("ann", "bob", &format!("message {index}")).await;
        all.spawn(async move {
            let message = store.append(draft).await.unwrap().message;
            let rows = backend.seen_from_outside(&folder, site).await;
            let found = rows.iter().find(|(seq, _)| *seq == message.seq);
            assert_eq!(found.map(|(_, body)| body.as_str()), Some(&*message.body), "answered before it was committed");
        });
    }
    while let Some(done) = all.join_next().await {
        done.unwrap();
    }
}

pub async fn the_observer_hears_everything_in_order_before_the_answer<B: Backend>(backend: B) {
    let world = World::new(backend).await;
    let mut all = JoinSet::new();
    for index in 0..100 {
        let (store, observed) = (Arc::clone(&world.store), Arc::clone(&world.observed));
        let draft = world.draft("ann", "bob", &format!("message {index}")).await;
        all.spawn(async move {
            let message = store.append(draft).await.unwrap().message;
            let told = observed.lock().unwrap();
            let mut entries = told.iter().flat_map(|(_, entries)| entries);
            let entry = entries.find(|entry| entry.seq() == message.seq);
            assert_eq!(entry.and_then(|entry| entry.message()), Some(&*message), "the observer was told too late");
        });
    }
    while let Some(done) = all.join_next().await {
        done.unwrap();
    }
    world.seat("ann", "room1", SeatChange::Joined).await;
    assert_eq!(world.observed_seqs(), (1..=101).collect::<Vec<Seq>>());
}

pub async fn a_repeat_is_stored_once<B: Backend>(backend: B) {
    let world = World::new(backend).await;
    let draft = Draft { cid: Some("c1".into()), ..world.draft("ann", "bob", "once").await };
    let first = world.store.append(draft.clone()).await.unwrap();
    assert!(!first.repeated);
    world.say("bob", "ann", "between").await;
    let again = world.store.append(Draft { now_ms: NOW_MS + 1, ..draft.clone() }).await.unwrap();
    assert!(again.repeated);
    assert_eq!(again.message, first.message, "a repeat answers the same place and time");
    let world = world.reopened().await;
    let later = world.store.append(draft.clone()).await.unwrap();
    assert!(later.repeated && later.message == first.message, "a restart forgets no cid");
    let other = Draft { from: world.party("cid").await, ..draft };
    assert!(!world.store.append(other).await.unwrap().repeated, "a cid is its sender's own");
    assert_eq!(world.log(10).await, [1, 2, 3]);
    assert_eq!(world.observed_seqs(), [1, 2, 3], "a repeat is no news");
}

/// Who repeats wants to know what became of the first attempt, not what would become of it today.
pub async fn a_repeat_is_answered_whatever_has_changed_since<B: Backend>(backend: B) {
    let world = World::new(backend).await;
    world.join("ann", "room1").await;
    let draft = Draft { cid: Some("c1".into()), ..world.draft("ann", "room1", "once").await };
    let first = world.store.append(draft.clone()).await.unwrap();
    world.seat("ann", "room1", SeatChange::Left).await;
    let again = world.store.append(draft).await.expect("it was stored while she was in the room");
    assert!(again.repeated && again.message == first.message);
}

pub async fn concurrent_repeats_are_stored_once<B: Backend>(backend: B) {
    let world = World::new(backend).await;
    let draft = Draft { cid: Some("c1".into()), ..world.draft("ann", "bob", "once").await };
    let mut all = JoinSet::new();
    for _ in 0..30 {
        world.spawn_append(&mut all, draft.clone());
    }
    let mut fresh = 0;
    while let Some(done) = all.join_next().await {
        let appended = done.unwrap().unwrap();
        assert_eq!(appended.message.seq, 1);
        fresh += usize::from(!appended.repeated);
    }
    assert_eq!((fresh, world.log(10).await), (1, vec![1]));
}

pub async fn the_same_cid_for_another_message_is_a_conflict<B: Backend>(backend: B) {
    let world = World::new(backend).await;
    world.join("ann", "room1").await;
    let draft = Draft { cid: Some("c1".into()), ..world.draft("ann", "bob", "once").await };
    world.store.append(draft.clone()).await.unwrap();
    let others = [
        Draft { body: "twice".into(), ..draft.clone() },
        Draft { to: To::User(user_id("cid")), ..draft.clone() },
        Draft { to: To::Room(room_id("room1")), ..draft.clone() },
    ];
    for other in others {
        assert_eq!(refusal(world.store.append(other).await), Refusal::CidReused);
    }
    assert_eq!(world.head().await, 2, "a conflict stores nothing");
}

/// Among many at once: refused ones, and such that the store itself trips over.
pub async fn bad_writes_take_no_good_ones_with_them<B: Backend>(backend: B) {
    let world = World::new(backend).await;
    let good = Draft { cid: Some("taken".into()), ..world.draft("ann", "bob", "good").await };
    world.store.append(good.clone()).await.unwrap();
    let (mut fine, mut refused, mut broken) = (JoinSet::new(), JoinSet::new(), JoinSet::new());
    for index in 0..300 {
        let body: Box<str> = format!("good {index}").into();
        let bad = Draft { body: format!("BAD {index}").into(), ..good.clone() };
        match index % 6 {
            1 => world.spawn_append(&mut refused, bad),
            2 => world.spawn_append(&mut refused, Draft { to: To::Room(room_id("room1")), cid: None, ..bad }),
            3 => world.spawn_append(&mut refused, Draft { to: To::User(user_id("nobody")), cid: None, ..bad }),
            4 => world.spawn_append(&mut refused, Draft { site: SiteNumber(4_000), cid: None, ..bad }),
            5 => world.spawn_append(&mut broken, Draft { now_ms: u64::MAX, cid: None, ..bad }),
            _ => world.spawn_append(&mut fine, Draft { body, cid: None, ..good.clone() }),
        }
    }
    while let Some(done) = fine.join_next().await {
        done.unwrap().expect("a good write suffered from a bad one");
    }
    while let Some(done) = refused.join_next().await {
        refusal(done.unwrap());
    }
    while let Some(done) = broken.join_next().await {
        assert!(matches!(done.unwrap(), Err(StoreError::Unavailable(_))));
    }
    assert_eq!(world.log(1_000).await, (1..=51).collect::<Vec<Seq>>());
    assert_eq!(world.observed_seqs(), (1..=51).collect::<Vec<Seq>>());
    let rows = world.backend.seen_from_outside(world.path(), world.site).await;
    assert!(rows.iter().all(|(_, body)| body.starts_with("good")), "a refused message was stored");
    assert_eq!(world.reopened().await.say("ann", "bob", "next").await, 52);
}

pub async fn a_refused_message_leaves_nothing_behind<B: Backend>(backend: B) {
    let world = World::new(backend).await;
    let open = world.store.ensure_site(super::world::new_site("open", false)).await.unwrap().0.number;
    world.store.change_directory(open, vec![super::world::user("ann")]).await.unwrap();
    let ann = world.store.member(open, user_id("ann")).await.unwrap().unwrap().profile;
    let from = nextim::chat::entry::Party { number: ann.number, id: ann.id };
    let first = Draft { site: open, from, cid: Some("c1".into()), ..world.draft("ann", "bob", "x").await };
    world.store.append(first.clone()).await.unwrap();
    let newcomer: UserId = user_id("newcomer");
    let conflict = Draft { to: To::User(newcomer.clone()), ..first };
    assert_eq!(refusal(world.store.append(conflict).await), Refusal::CidReused);
    let found = world.store.member(open, newcomer).await.unwrap();
    assert!(found.is_none(), "the receiver of a refused message was made");
}

pub async fn after_the_close_nothing_is_written<B: Backend>(backend: B) {
    let world = World::new(backend).await;
    let mut all = JoinSet::new();
    for index in 0..50 {
        let draft = world.draft("ann", "bob", &format!("{index}")).await;
        world.spawn_append(&mut all, draft);
    }
    let store = Arc::clone(&world.store);
    tokio::join!(tokio::task::yield_now(), store.close());
    let mut stored = 0;
    while let Some(done) = all.join_next().await {
        match done.unwrap() {
            Ok(_) => stored += 1,
            Err(error) => assert!(matches!(error, StoreError::Unavailable(_))),
        }
    }
    let late = world.draft("ann", "bob", "late");
    assert!(matches!(world.store.append(late.await).await, Err(StoreError::Unavailable(_))));
    assert!(world.store.check().await.is_err(), "a closed store cannot write");
    assert_eq!(world.backend.seen_from_outside(world.path(), world.site).await.len(), stored);
}
