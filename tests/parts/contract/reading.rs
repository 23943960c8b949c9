//! What is read and what is not: marks that only move forward, and counts of what others said after them.

use super::Backend;
use super::world::{World, in_room, room, user, with};
use nextim::chat::entry::SeatChange::{self, Blocked, Joined, Left, Unblocked};
use nextim::chat::entry::{Entry, Seq};
use nextim::chat::history::{Conversation, UNREAD_CONVERSATIONS_MAX, UNREAD_COUNT_MAX, Unread};
use nextim::chat::ticket::TicketDigest;
use nextim::store::{CursorMove, PageQuery};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, TestRng, TestRunner};
use std::collections::BTreeMap;

impl<B: Backend> World<B> {
    async fn all_unread(&self, user: &str) -> Vec<Unread> {
        let (user, nothing) = (self.key(user).await, Vec::new);
        let query =
            PageQuery { user, delivered: 0, windows: nothing(), rooms: vec![], strangers: vec![], unread: Some(0) };
        self.store.page(query).await.expect("a page").unread
    }

    /// Ids, counts and marks, the newest conversation first.
    async fn unread(&self, user: &str) -> Vec<(String, usize, Seq)> {
        let all = self.all_unread(user).await;
        all.into_iter().map(|unread| (unread.conversation.id().to_owned(), unread.count, unread.read)).collect()
    }

    async fn read(&self, user: &str, of: Conversation, seq: Seq) -> Option<Seq> {
        self.store.mark_read(self.key(user).await, of, seq).await.expect("a write")
    }
}

fn row(id: &str, count: usize, read: Seq) -> (String, usize, Seq) {
    (id.into(), count, read)
}

/// Negative control: count own rows of a room, or note no conversation when a message is stored.
pub async fn what_others_said_after_the_mark_is_unread<B: Backend>(backend: B) {
    let world = World::new(backend).await;
    for user in ["ann", "bob"] {
        world.join(user, "room1").await; // seqs 1 and 2
    }
    for (from, to) in [("bob", "ann"), ("ann", "bob"), ("cid", "ann"), ("bob", "ann"), ("ann", "ann"), ("bob", "cid")] {
        world.say(from, to, "x").await; // seqs 3 to 8
    }
    assert_eq!(world.unread("ann").await, [row("bob", 2, 0), row("cid", 1, 0)]);
    assert_eq!(world.unread("bob").await, [row("ann", 1, 0)]);
    world.say("ann", "room1", "own").await;
    assert_eq!(world.unread("ann").await.len(), 2, "what she said herself is no news");
    world.say("bob", "room1", "x").await; // 10
    assert_eq!(world.unread("ann").await, [row("room1", 1, 0), row("bob", 2, 0), row("cid", 1, 0)]);
    assert_eq!(world.read("ann", with("bob"), 5).await, Some(5));
    assert_eq!(world.unread("ann").await[1], row("bob", 1, 5));
    assert_eq!(world.read("ann", in_room("room1"), 10).await, Some(10));
    assert_eq!(world.unread("ann").await, [row("bob", 1, 5), row("cid", 1, 0)]);
    assert_eq!(world.unread("bob").await, [row("room1", 1, 0), row("ann", 1, 0)], "her marks are hers");
    let world = world.reopened().await;
    assert_eq!(world.unread("ann").await, [row("bob", 1, 5), row("cid", 1, 0)], "after a restart");
}

pub async fn marks_move_forward_and_not_past_the_head<B: Backend>(backend: B) {
    let world = World::new(backend).await;
    for _ in 0..3 {
        world.say("bob", "ann", "x").await;
    }
    for (seq, moved) in [(0, None), (2, Some(2)), (2, None), (1, None), (1_000, Some(3)), (u64::MAX, None)] {
        assert_eq!(world.read("ann", with("bob"), seq).await, moved, "through {seq}");
    }
    world.say("bob", "ann", "later").await;
    assert_eq!(world.unread("ann").await, [row("bob", 1, 3)], "a mark past the head would have swallowed it");
}

/// Neither a mark nor anything else is left in a conversation that is none of hers. Negative control: mark rooms whoever is
/// in them.
pub async fn foreign_conversations_have_no_mark<B: Backend>(backend: B) {
    let world = World::new(backend).await;
    world.join("bob", "room1").await;
    world.say("bob", "room1", "x").await;
    for of in [in_room("room1"), in_room("room9"), with("nobody")] {
        assert_eq!(world.read("ann", of.clone(), 2).await, None, "{of:?}");
    }
    world.join("ann", "room1").await;
    world.say("bob", "room1", "for her").await;
    assert_eq!(world.unread("ann").await, [row("room1", 1, 0)]);
    world.seat("ann", "room1", Left).await;
    assert!(world.unread("ann").await.is_empty(), "a room she has left");
    assert_eq!(world.read("ann", in_room("room1"), 4).await, None);
}

pub async fn cleared_and_delivered_to_old_clients_is_read<B: Backend>(backend: B) {
    let world = World::new(backend).await;
    for from in ["bob", "cid", "bob", "cid", "dan"] {
        world.say(from, "ann", "x").await;
    }
    let ann = world.key("ann").await;
    world.store.clear(ann, with("bob"), 1).await.unwrap();
    assert_eq!(world.unread("ann").await, [row("dan", 1, 0), row("cid", 2, 0), row("bob", 1, 1)]);
    let step = |cursor, is_read| CursorMove { user: ann, digest: TicketDigest([3; 32]), cursor, is_read };
    world.store.move_cursors(vec![step(5, false)]).await.unwrap();
    assert_eq!(world.unread("ann").await.len(), 3, "received and not read");
    world.store.move_cursors(vec![step(3, true), step(2, true)]).await.unwrap();
    assert_eq!(world.unread("ann").await, [row("dan", 1, 3), row("cid", 1, 3)]);
    let known =
        PageQuery { user: ann, delivered: 0, windows: vec![], rooms: vec![], strangers: vec![], unread: Some(4) };
    let page = world.store.page(known.clone()).await.unwrap();
    assert_eq!(page.unread, [Unread { conversation: with("dan"), count: 1, read: 4 }], "memory knows more");
    let page = world.store.page(PageQuery { unread: None, ..known }).await.unwrap();
    assert!(page.unread.is_empty(), "nobody asked");
}

/// The stream brings the rest, and a page adds what it brings to the counts.
pub async fn counts_end_where_the_page_ends<B: Backend>(backend: B) {
    let world = World::new(backend).await;
    world.say_many("bob", "ann", 520).await;
    world.say("cid", "ann", "after the cut").await;
    assert_eq!(world.unread("ann").await, [row("bob", 500, 0)]);
}

/// Negative control: leave the `truncate` out.
pub async fn counts_and_conversations_have_an_end<B: Backend>(backend: B) {
    let world = World::new(backend).await;
    world.join("ann", "room1").await;
    world.join("bob", "room1").await;
    world.say_many("bob", "room1", UNREAD_COUNT_MAX + 1).await;
    world.say_many("bob", "ann", UNREAD_COUNT_MAX + 5).await;
    let ann = world.key("ann").await;
    // Everything is delivered, so that the page reaches to the head.
    let query = |delivered| PageQuery {
        user: ann,
        delivered,
        windows: vec![],
        rooms: vec![],
        strangers: vec![],
        unread: Some(0),
    };
    let page = world.store.page(query(world.head().await)).await.unwrap();
    let counts: Vec<usize> = page.unread.iter().map(|unread| unread.count).collect();
    assert_eq!(counts, [UNREAD_COUNT_MAX, UNREAD_COUNT_MAX]);
    let many: Vec<String> = (0..UNREAD_CONVERSATIONS_MAX + 10).map(|index| format!("user{index}")).collect();
    world.store.change_directory(world.site, many.iter().map(|id| user(id)).collect()).await.unwrap();
    for from in &many {
        world.say(from, "ann", "x").await;
    }
    let page = world.store.page(query(world.head().await)).await.unwrap();
    let ids: Vec<&str> = page.unread.iter().map(|unread| unread.conversation.id()).collect();
    assert_eq!(ids, many.iter().rev().take(UNREAD_CONVERSATIONS_MAX).map(String::as_str).collect::<Vec<_>>());
}

/// A user and a room of the same id are two conversations.
pub async fn equal_ids_do_not_meet<B: Backend>(backend: B) {
    let world = World::new(backend).await;
    world.store.change_directory(world.site, vec![user("same"), room("same")]).await.unwrap();
    world.join("ann", "same").await;
    world.join("bob", "same").await;
    let from = world.draft("bob", "ann", "x").await;
    let to = nextim::chat::entry::To::Room(super::world::room_id("same"));
    world.store.append(nextim::chat::entry::Draft { to, ..from }).await.unwrap();
    world.say("same", "ann", "x").await;
    let of = |all: Vec<Unread>| all.into_iter().map(|unread| unread.conversation).collect::<Vec<_>>();
    assert_eq!(of(world.all_unread("ann").await), [with("same"), in_room("same")]);
    assert!(world.read("ann", in_room("same"), 1_000).await.is_some());
    assert_eq!(of(world.all_unread("ann").await), [with("same")]);
}

const CHANGES: [SeatChange; 4] = [Joined, Left, Blocked, Unblocked];

/// What happens in a random play.
#[derive(Debug, Clone)]
enum Act {
    Say(usize, usize),
    Seat(usize),
    Read(usize, Seq),
    Clear(usize, Seq),
    Deliver(Seq),
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        6 => (0..3_usize, 0..4_usize).prop_map(|(from, to)| Act::Say(from, to)),
        3 => (0..4_usize).prop_map(Act::Seat),
        2 => (0..3_usize, 0..40_u64).prop_map(|(of, seq)| Act::Read(of, seq)),
        1 => (0..3_usize, 0..40_u64).prop_map(|(of, seq)| Act::Clear(of, seq)),
        1 => (0..20_u64).prop_map(Act::Deliver),
    ]
}

/// The counts are what a look at every row of the log gives.
/// Negative control: in `marks.rs`, take one stretch without an end for `heard_in`, or leave `m.cleared` out of
/// `max(m.read, m.cleared, ?3)`.
pub async fn counts_are_what_the_rows_say<B: Backend>(backend: B) {
    let config = Config::default();
    let mut runner = TestRunner::new_with_rng(config.clone(), TestRng::deterministic_rng(config.rng_algorithm));
    for _ in 0..(config.cases / 8).max(1) {
        let acts = prop::collection::vec(act(), 1..40).new_tree(&mut runner).expect("acts").current();
        play(backend, &acts).await;
    }
}

async fn play<B: Backend>(backend: B, acts: &[Act]) {
    const PEOPLE: [&str; 4] = ["ann", "bob", "cid", "room1"];
    let of = |index: usize| if index == 2 { in_room("room1") } else { with(PEOPLE[index + 1]) };
    let world = World::new(backend).await;
    for user in ["bob", "cid"] {
        world.join(user, "room1").await;
    }
    let ann = world.key("ann").await;
    let (mut read, mut floor) = ([0; 3], 0);
    for act in acts {
        match *act {
            // Into a room only if she is in it: else it is refused, and nothing has happened.
            Act::Say(from, to) => drop(world.try_say(PEOPLE[from], PEOPLE[to], "x").await),
            Act::Seat(change) => drop(world.seat("ann", "room1", CHANGES[change]).await),
            Act::Read(index, seq) => {
                if let Some(seq) = world.read("ann", of(index), seq).await {
                    read[index] = read[index].max(seq);
                }
            }
            Act::Clear(index, seq) => {
                world.store.clear(ann, of(index), seq).await.unwrap();
                read[index] = read[index].max(seq.min(world.head().await));
            }
            Act::Deliver(seq) => {
                let step = CursorMove { user: ann, digest: TicketDigest([0; 32]), cursor: seq, is_read: true };
                world.store.move_cursors(vec![step]).await.unwrap();
                floor = floor.max(seq);
            }
        }
    }
    let (mut member, mut silent, mut heard) = (false, false, [Vec::new(), Vec::new(), Vec::new()]);
    for entry in world.store.entries_after(world.site, 0, 1_000).await.unwrap().entries {
        match &*entry {
            Entry::Seat(seat) if seat.user.id.as_str() == "ann" => match seat.change {
                Joined => member = true,
                Left => (member, silent) = (false, false),
                Blocked => silent = true,
                Unblocked => silent = false,
            },
            Entry::Seat(_) => {}
            Entry::Message(message) => match (message.from.id.as_str(), message.to.id()) {
                ("bob", "ann") => heard[0].push(message.seq),
                ("cid", "ann") => heard[1].push(message.seq),
                ("bob" | "cid", "room1") if member && !silent => heard[2].push(message.seq),
                _ => {}
            },
        }
    }
    let mut expected = BTreeMap::new();
    for (index, rows) in heard.iter().enumerate().filter(|(index, _)| *index < 2 || member) {
        let mark = read[index].max(floor);
        let count = rows.iter().filter(|seq| **seq > mark).count();
        if count > 0 {
            expected.insert(of(index), (count, mark));
        }
    }
    let found =
        world.all_unread("ann").await.into_iter().map(|unread| (unread.conversation, (unread.count, unread.read)));
    assert_eq!(found.collect::<BTreeMap<_, _>>(), expected, "after {acts:?}");
}
