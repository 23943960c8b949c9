//! Histories: the newest rows of a conversation, oldest first, for those whose conversation it is.

use super::Backend;
use super::world::{World, bodies, in_room, with};
use nextim::chat::entry::SeatChange;

pub async fn the_newest_rows_of_both_sides_oldest_first<B: Backend>(backend: B) {
    let world = World::new(backend).await;
    let mut said = Vec::new();
    for index in 0..9 {
        let (from, to) = if index % 3 == 0 { ("bob", "ann") } else { ("ann", "bob") };
        said.push(format!("{index}"));
        world.say(from, to, &said[index]).await;
        world.say("cid", "ann", "of another conversation").await;
    }
    world.say("ann", "ann", "a note").await;
    let (ann, bob) = (world.key("ann").await, world.key("bob").await);
    for (me, other) in [(ann, "bob"), (bob, "ann")] {
        for limit in [1, 4, 9, 100] {
            let found = world.store.histories(me, vec![with(other)], None, limit).await.unwrap();
            assert_eq!(bodies(&found[0].messages), said[said.len().saturating_sub(limit)..], "the newest {limit}");
        }
    }
    assert_eq!(world.history("ann", with("ann")).await, ["a note"]);
    let of = vec![with("nobody"), with("cid"), with("dan"), in_room("room9")];
    let found = world.store.histories(ann, of, None, 30).await.unwrap();
    let named: Vec<_> = found.iter().map(|history| history.conversation.clone()).collect();
    assert_eq!(named, [with("cid"), with("dan")], "unknown ones are left out, empty ones are not");
    assert!(found[1].messages.is_empty());
}

pub async fn room_histories_are_for_members<B: Backend>(backend: B) {
    let world = World::new(backend).await;
    for user in ["ann", "bob"] {
        world.join(user, "room1").await;
    }
    for index in 0..4 {
        world.say(if index % 2 == 0 { "ann" } else { "bob" }, "room1", &format!("{index}")).await;
    }
    let (ann, cid) = (world.key("ann").await, world.key("cid").await);
    let found = world.store.histories(ann, vec![in_room("room1")], None, 3).await.unwrap();
    assert_eq!(bodies(&found[0].messages), ["1", "2", "3"]);
    assert!(world.store.histories(cid, vec![in_room("room1")], None, 3).await.unwrap().is_empty());
    world.seat("ann", "room1", SeatChange::Left).await;
    assert!(
        world.store.histories(ann, vec![in_room("room1")], None, 3).await.unwrap().is_empty(),
        "who has left may not"
    );
}
