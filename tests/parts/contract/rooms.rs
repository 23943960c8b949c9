//! Membership and silence are intervals of the log: whether a room row is for somebody was decided when it was stored.

use super::Backend;
use super::world::{NO_SESSION, NOW_MS, World, entry_bodies, refusal, room, room_id, user_id};
use nextim::chat::entry::Entry;
use nextim::chat::entry::SeatChange::{self, Blocked, Joined, Left, Unblocked};
use nextim::chat::id::RoomId;
use nextim::chat::refusal::Refusal;
use nextim::chat::room::NewRoom;
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

fn new_room(id: &str, open: bool) -> NewRoom {
    NewRoom { id: room_id(id), nick: "The crew".into(), open }
}

pub async fn a_room_of_members_is_made_once_and_with_its_maker_in_it<B: Backend>(backend: B) {
    let world = World::new(backend).await;
    let make =
        |id: &str, open, maker: &str| world.store.make_room(world.site, new_room(id, open), user_id(maker), NOW_MS);
    let head = world.head().await;
    assert_eq!(make("room7", false, "ann").await.unwrap(), Some(head + 1));
    assert_eq!(make("room7", true, "bob").await.unwrap(), None, "it is there");
    assert_eq!(make("room1", true, "bob").await.unwrap(), None, "and so is the site's");
    assert_eq!(refusal(make("room8", true, "nobody").await), Refusal::UnknownUser);
    assert_eq!(world.head().await, head + 1);
    assert!(world.store.room(world.site, room_id("room8")).await.unwrap().is_none(), "a refusal leaves nothing behind");
    let room = world.store.room(world.site, room_id("room7")).await.unwrap().unwrap();
    assert_eq!((&*room.nick, room.open, room.temporary, room.all_count), ("The crew", false, true, 1));
    let of = async |user: &str| world.store.memberships(world.key(user).await, None).await.unwrap();
    assert!(of("bob").await.is_empty());
    assert_eq!(of("ann").await.iter().map(|found| &found.room).collect::<Vec<_>>(), [&room]);
    let world = world.reopened().await;
    assert_eq!(world.store.room(world.site, room_id("room7")).await.unwrap(), Some(room.clone()), "after a restart");
    world.store.change_directory(world.site, vec![super::world::room("room7")]).await.unwrap();
    let described = world.store.room(world.site, room_id("room7")).await.unwrap().unwrap();
    assert_eq!((described.number, described.temporary), (room.number, false), "what the site describes is the site's");
}

pub async fn who_is_put_into_a_room_is_told_apart_from_who_was_there<B: Backend>(backend: B) {
    let world = World::new(backend).await;
    world.join("bob", "room1").await;
    let head = world.head().await;
    let users = ["bob", "ann", "nobody", "cid", "ann"].map(user_id).to_vec();
    let seat = |room: &str| world.store.seat_all(world.site, room_id(room), users.clone(), NOW_MS);
    let seated = seat("room1").await.unwrap();
    let seated: Vec<_> = seated.iter().map(|seated| (seated.user.id.as_str(), seated.seq)).collect();
    assert_eq!(seated, [("ann", head + 1), ("cid", head + 2)]);
    assert!(seat("room1").await.unwrap().is_empty(), "they are there");
    assert_eq!(refusal(seat("room9").await), Refusal::UnknownRoom);
    world.say("bob", "room1", "welcome").await;
    assert_eq!(entry_bodies(&world.stream("cid", NO_SESSION, 0, 10).await), ["welcome"]);
    let entries = world.store.entries_after(world.site, head, 1).await.unwrap().entries;
    let Entry::Seat(joined) = &*entries[0] else { panic!("it stands in the log") };
    assert_eq!((joined.user.id.as_str(), joined.room_id.as_str(), joined.change), ("ann", "room1", Joined));
}
