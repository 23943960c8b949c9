//! Clearing hides for one side. Rows go when both sides have cleared them and have received them, and leave a hole that no
//! reader takes for a gap.

use super::Backend;
use super::world::{NO_SESSION, World, entry_bodies, in_room, refusal, with};
use nextim::chat::entry::Seq;
use nextim::chat::refusal::Refusal;

impl<B: Backend> World<B> {
    async fn clear(&self, user: &str, of: &str, point: Seq) {
        let conversation = if of.starts_with("room") { in_room(of) } else { with(of) };
        self.store.clear(self.key(user).await, conversation, point).await.unwrap();
    }
}

pub async fn a_mark_hides_for_one_side_and_never_moves_back<B: Backend>(backend: B) {
    let world = World::new(backend).await;
    world.join("ann", "room1").await;
    world.join("bob", "room1").await;
    for (index, to) in ["bob", "room1", "bob", "room1"].into_iter().enumerate() {
        world.say("ann", to, &format!("{index}")).await; // seqs 3 to 6
    }
    world.say("ann", "cid", "elsewhere").await;
    world.clear("bob", "ann", 3).await;
    world.clear("bob", "room1", 4).await;
    assert_eq!(world.history("bob", with("ann")).await, ["2"]);
    assert_eq!(world.history("bob", in_room("room1")).await, ["3"]);
    assert_eq!(world.history("ann", with("bob")).await, ["0", "2"], "the other side sees everything");
    assert_eq!(world.history("ann", in_room("room1")).await, ["1", "3"]);
    assert_eq!(world.history("cid", with("ann")).await, ["elsewhere"]);
    world.clear("bob", "ann", 1_000).await;
    world.clear("bob", "ann", 1).await;
    assert!(world.history("bob", with("ann")).await.is_empty(), "a mark never moves back");
    world.say("ann", "bob", "later").await;
    assert_eq!(
        world.history("bob", with("ann")).await,
        ["later"],
        "a point past the head clears nothing of the future"
    );
    let bob = world.key("bob").await;
    assert_eq!(refusal(world.store.clear(bob, with("nobody"), 1).await), Refusal::UnknownUser);
    assert_eq!(refusal(world.store.clear(bob, in_room("room9"), 1).await), Refusal::UnknownRoom);
}

pub async fn marks_do_not_touch_delivery<B: Backend>(backend: B) {
    let world = World::new(backend).await;
    world.say("ann", "bob", "unread").await;
    world.clear("ann", "bob", 1).await;
    world.clear("bob", "ann", 1).await;
    assert_eq!(entry_bodies(&world.stream("bob", NO_SESSION, 0, 10).await), ["unread"]);
    assert_eq!(world.page("bob", 0).await.new_messages.len(), 1, "cleared, and yet not received");
}

pub async fn rows_go_when_both_sides_cleared_and_received<B: Backend>(backend: B) {
    let world = World::new(backend).await;
    world.join("ann", "room1").await;
    for (from, to) in [("ann", "bob"), ("bob", "ann"), ("ann", "cid"), ("ann", "room1"), ("bob", "bob"), ("bob", "ann")]
    {
        world.say(from, to, "x").await; // seqs 2 to 7
    }
    let all: Vec<Seq> = (1..=7).collect();
    world.clear("ann", "bob", 6).await;
    assert_eq!(world.log(10).await, all, "one side has cleared");
    world.clear("bob", "ann", 6).await;
    assert_eq!(world.log(10).await, all, "nobody has received");
    world.deliver("ann", 7).await;
    world.clear("ann", "bob", 6).await;
    assert_eq!(world.log(10).await, all, "one side has received");
    world.deliver("bob", 2).await;
    world.clear("bob", "ann", 6).await;
    assert_eq!(world.log(10).await, [1, 3, 4, 5, 6, 7], "as far as both have received");
    world.deliver("bob", 7).await;
    world.clear("bob", "ann", 6).await;
    assert_eq!(world.log(10).await, [1, 4, 5, 6, 7], "as far as both have cleared, and nothing else");
    let outside: Vec<Seq> =
        world.backend.seen_from_outside(world.path(), world.site).await.iter().map(|row| row.0).collect();
    assert_eq!(outside, [4, 5, 6, 7], "gone from the disk");
}

impl<B: Backend> World<B> {
    /// Ann and bob say `hole` messages to each other, which both receive and clear.
    async fn dig(&self, hole: usize) {
        self.say_many("ann", "bob", hole).await;
        let head = self.head().await;
        for (user, other) in [("ann", "bob"), ("bob", "ann")] {
            self.deliver(user, head).await;
            self.clear(user, other, head).await;
        }
    }
}

pub async fn a_tail_reads_over_the_hole<B: Backend>(backend: B) {
    let world = World::new(backend).await;
    world.say("cid", "dan", "before").await;
    world.dig(10).await;
    world.say("cid", "dan", "after").await;
    for limit in [1, 2, 3, 100] {
        assert_eq!(world.log(limit).await, [1, 12], "{limit} at a time");
    }
    let middle = world.store.entries_after(world.site, 5, 10).await.unwrap();
    assert_eq!((middle.entries.len(), middle.through, middle.more), (1, 12, false));
    assert_eq!(entry_bodies(&world.stream("dan", NO_SESSION, 0, 1).await), ["before", "after"]);
}

pub async fn a_hole_at_the_head_is_no_gap_and_no_number_comes_twice<B: Backend>(backend: B) {
    let world = World::new(backend).await;
    world.say("cid", "dan", "before").await;
    world.dig(5).await;
    let end = world.store.entries_after(world.site, 1, 10).await.unwrap();
    assert_eq!((end.entries.len(), end.through, end.more), (0, 6, false), "the tail goes on at the head");
    let dan = world.key("dan").await;
    assert_eq!(world.store.addressed(dan, NO_SESSION, None, 1, 10).await.unwrap().through, 6);
    assert_eq!(world.page("dan", 1).await.through, 6);
    assert_eq!(world.say("cid", "dan", "next").await, 7);
    world.dig(3).await;
    let world = world.reopened().await;
    assert_eq!(world.head().await, 10);
    assert_eq!(world.say("cid", "dan", "after the restart").await, 11, "an erased place is never given again");
}
