//! Membership and silence are intervals of the log: whether a room row is for somebody was decided when it was stored.

use super::Backend;
use super::world::{NO_SESSION, NOW_MS, World, entry_bodies, refusal, room, room_id, user_id};
use nextim::chat::entry::SeatChange::{self, Blocked, Joined, Left, Unblocked};
use nextim::chat::id::RoomId;
use nextim::chat::refusal::Refusal;
use nextim::store::DirectoryChange;

pub async fn a_room_row_is_for_those_who_were_there_and_listening<B: Backend>(backend: B) {
    let world = World::new(backend).await;
    world.join("bob", "room1").await;
    let steps: [(SeatChange, &str); 6] = [
        (Joined, "first member"),
        (Blocked, "silenced"),
        (Unblocked, "heard again"),
        (Left, "left"),
        (Joined, "second member"),
        (Left, "gone"),
    ];
    world.say("bob", "room1", "before").await;
    for (change, then) in steps {
        assert!(world.seat("ann", "room1", change).await.is_some());
        world.say("bob", "room1", then).await;
    }
    let heard = ["first member", "heard again", "second member"];
    for limit in [1, 2, 3, 100] {
        let stream = world.stream("ann", NO_SESSION, 0, limit).await;
        assert_eq!(entry_bodies(&stream), heard, "in portions of {limit}");
    }
    let cid = world.stream("cid", NO_SESSION, 0, 100).await;
    assert!(cid.is_empty(), "somebody who never was in the room hears {:?}", entry_bodies(&cid));
    let world = world.reopened().await;
    assert_eq!(entry_bodies(&world.stream("ann", NO_SESSION, 0, 100).await), heard, "after a restart");
}

pub async fn joining_twice_is_joining_once<B: Backend>(backend: B) {
    let world = World::new(backend).await;
    let changes = [(Left, false), (Joined, true), (Joined, false), (Blocked, true), (Blocked, false)];
    for (change, is_new) in changes.into_iter().chain([(Unblocked, true), (Unblocked, false), (Left, true)]) {
        let head = world.head().await;
        let seq = world.seat("ann", "room1", change).await;
        assert_eq!(seq, is_new.then_some(head + 1), "{change:?}");
        assert_eq!(world.head().await, head + u64::from(is_new), "{change:?}");
    }
    let unknown = world.store.change_seat(world.site, user_id("nobody"), room_id("room1"), Joined, NOW_MS).await;
    assert_eq!(refusal(unknown), Refusal::UnknownUser);
    let unknown = world.store.change_seat(world.site, user_id("ann"), room_id("room9"), Joined, NOW_MS).await;
    assert_eq!(refusal(unknown), Refusal::UnknownRoom);
}

pub async fn only_members_write_and_read_and_count<B: Backend>(backend: B) {
    let world = World::new(backend).await;
    let DirectoryChange::Room { id, nick, picture_url, url, .. } = room("room3") else { unreachable!() };
    let closed = DirectoryChange::Room { id, nick, picture_url, url, open: false };
    world.store.change_directory(world.site, vec![closed]).await.unwrap();
    assert_eq!(refusal(world.try_say("ann", "room1", "x").await), Refusal::NotAMember);
    assert_eq!(refusal(world.try_say("ann", "room3", "x").await), Refusal::UnknownRoom, "a closed room does not show");
    assert_eq!(refusal(world.try_say("ann", "room9", "x").await), Refusal::UnknownRoom);
    for user in ["ann", "bob", "cid"] {
        world.join(user, "room1").await;
    }
    world.join("ann", "room2").await;
    world.seat("cid", "room1", Left).await;
    world.seat("bob", "room1", Blocked).await;
    let (ann, cid) = (world.key("ann").await, world.key("cid").await);
    let members = |viewer, limit| world.store.room_members(viewer, room_id("room1"), limit);
    let (found, all) = members(ann, 10).await.unwrap().expect("ann is in it");
    let ids: Vec<&str> = all.iter().map(|profile| profile.id.as_str()).collect();
    assert_eq!((found.all_count, ids), (2, vec!["ann", "bob"]), "who silences a room stays in it");
    assert_eq!(members(ann, 1).await.unwrap().unwrap().1.len(), 1);
    assert!(members(cid, 10).await.unwrap().is_none(), "who has left may not look in");
    assert!(world.store.room_members(ann, room_id("room9"), 10).await.unwrap().is_none());
    let rooms = |only| world.store.memberships(ann, only);
    let ids = |found: &[nextim::chat::room::Membership]| -> Vec<RoomId> {
        found.iter().map(|membership| membership.room.id.clone()).collect()
    };
    assert_eq!(ids(&rooms(None).await.unwrap()), [room_id("room1"), room_id("room2")]);
    assert_eq!(ids(&rooms(Some(vec![room_id("room2"), room_id("room3")])).await.unwrap()), [room_id("room2")]);
    let bob = world.store.memberships(world.key("bob").await, None).await.unwrap();
    assert!(bob[0].blocked && !rooms(None).await.unwrap()[0].blocked);
    assert_eq!(world.member("bob").await.memberships, bob, "a member comes with the same memberships");
}

/// Leaving ends the silence, or a later member who sees the room as open would hear nothing of it.
pub async fn what_is_left_while_silenced_is_silenced_no_more<B: Backend>(backend: B) {
    let world = World::new(backend).await;
    world.join("bob", "room1").await;
    for change in [Joined, Blocked, Left, Joined] {
        world.seat("ann", "room1", change).await;
    }
    world.say("bob", "room1", "welcome back").await;
    let shown = world.store.memberships(world.key("ann").await, None).await.unwrap()[0].blocked;
    let heard = world.stream("ann", NO_SESSION, 0, 10).await.len();
    assert_eq!(heard, usize::from(!shown), "what is shown and what is delivered differ");
}
