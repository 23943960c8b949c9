//! What a page that opens is given: one cut through the log, with nothing missing and nothing twice.

use super::Backend;
use super::world::{NO_SESSION, World, bodies, entry_bodies, friends, in_room, room, room_id, user_id, with};
use nextim::chat::entry::SeatChange::{Blocked, Joined, Left, Unblocked};
use nextim::chat::entry::Seq;
use nextim::chat::history::{History, NEW_ROWS_ALL_ROOMS, NEW_ROWS_MAX, NEW_ROWS_PER_ROOM};
use nextim::store::{Page, PageQuery};
use std::collections::BTreeSet;

fn seqs(page: &Page) -> Vec<Seq> {
    page.new_messages.iter().map(|message| message.seq).collect()
}

fn history_of<'a>(page: &'a Page, conversation: &nextim::chat::history::Conversation) -> Option<&'a History> {
    page.histories.iter().find(|history| history.conversation == *conversation)
}

pub async fn a_page_cuts_the_log_once<B: Backend>(backend: B) {
    let world = World::new(backend).await;
    let empty = world.page("ann", 0).await;
    assert_eq!((empty.through, empty.head, empty.more, empty.new_messages.len()), (0, 0, false, 0));
    world.say("bob", "ann", "seen").await;
    world.say("bob", "ann", "new").await;
    world.say("bob", "cid", "not hers").await;
    let page = world.page("ann", 1).await;
    assert_eq!((bodies(&page.new_messages), page.through, page.head, page.more), (vec!["new"], 3, 3, false));
    let page = world.page("ann", 3).await;
    assert_eq!((page.new_messages.len(), page.through, page.histories.len()), (0, 3, 0));
}

pub async fn the_oldest_five_hundred_come_first<B: Backend>(backend: B) {
    let world = World::new(backend).await;
    world.join("ann", "room1").await;
    world.join("bob", "room1").await;
    world.say_many("bob", "ann", NEW_ROWS_MAX + 60).await;
    world.say("cid", "ann", "after the cut").await;
    world.say("bob", "room1", "in the room after the cut").await;
    let page = world.page("ann", 0).await;
    let last = 2 + NEW_ROWS_MAX as Seq;
    assert_eq!(seqs(&page), (3..=last).collect::<Vec<Seq>>(), "the oldest so many");
    assert!(page.more);
    assert_eq!((page.through, page.head), (last, world.head().await), "the stream goes on where the page ends");
    assert!(history_of(&page, &with("cid")).is_none(), "the sender of a row behind the cut is no news yet");
    let rest = world.stream("ann", NO_SESSION, page.through, 50).await;
    let rest: Vec<Seq> = rest.iter().map(|entry| entry.seq()).collect();
    assert_eq!(rest, (last + 1..=page.head).collect::<Vec<Seq>>(), "nothing missing, nothing twice");
}

pub async fn own_later_rows_come_along_and_history_ends_before_the_first_new_row<B: Backend>(backend: B) {
    let world = World::new(backend).await;
    for (from, to, body) in [
        ("bob", "ann", "old"),
        ("ann", "bob", "old answer"),
        ("bob", "ann", "new"),
        ("ann", "bob", "own, from the other tab"),
        ("ann", "cid", "own, in a conversation without news"),
        ("bob", "ann", "newer"),
    ] {
        world.say(from, to, body).await;
    }
    let windows = vec![user_id("cid"), user_id("dan")];
    let user = world.key("ann").await;
    let query =
        PageQuery { user, delivered: 2, windows, rooms: vec![room_id("room1")], strangers: vec![], unread: None };
    let page = world.store.page(query).await.unwrap();
    assert_eq!(bodies(&page.new_messages), ["new", "own, from the other tab", "newer"]);
    let bob = history_of(&page, &with("bob")).expect("the history of a sender of new messages is attached");
    assert_eq!(bodies(&bob.messages), ["old", "old answer"]);
    let cid = history_of(&page, &with("cid")).expect("the history of an open window is attached");
    assert_eq!(bodies(&cid.messages), ["own, in a conversation without news"]);
    assert!(history_of(&page, &with("dan")).is_some_and(|history| history.messages.is_empty()));
    assert!(history_of(&page, &in_room("room1")).is_none(), "a room she is not in");
    let mut all: Vec<Seq> = seqs(&page);
    all.extend(page.histories.iter().flat_map(|history| history.messages.iter().map(|message| message.seq)));
    assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), all.len(), "a row stands in the page twice");
}

pub async fn a_room_gives_its_newest_thirty<B: Backend>(backend: B) {
    let world = World::new(backend).await;
    for user in ["ann", "bob"] {
        world.join(user, "room1").await;
    }
    world.say_many("bob", "room1", 45).await;
    world.say("bob", "ann", "a letter").await;
    let page = world.page("ann", 0).await;
    let head = world.head().await;
    let newest = head - NEW_ROWS_PER_ROOM as Seq;
    assert_eq!(seqs(&page), (newest..=head).collect::<Vec<Seq>>());
    assert_eq!((page.through, page.more), (head, false), "the others count as received");
    let history = history_of(&page, &in_room("room1")).expect("a room with news");
    let last = history.messages.last().map(|message| message.seq);
    assert_eq!((history.messages.len(), last), (15, Some(newest - 1)), "older ones are in the history");
    assert_eq!(seqs(&world.page("ann", head - 3).await), [head - 2, head - 1, head], "only what is new");
}

pub async fn all_rooms_together_give_their_newest_two_hundred<B: Backend>(backend: B) {
    let world = World::new(backend).await;
    let rooms: Vec<String> = (10..18).map(|index| format!("room{index}")).collect();
    world.store.change_directory(world.site, rooms.iter().map(|id| room(id)).collect()).await.unwrap();
    for id in &rooms {
        world.join("ann", id).await;
        world.join("bob", id).await;
    }
    for id in &rooms {
        world.say_many("bob", id, NEW_ROWS_PER_ROOM).await;
    }
    let page = world.page("ann", 0).await;
    let head = world.head().await;
    assert_eq!(seqs(&page), (head + 1 - NEW_ROWS_ALL_ROOMS as Seq..=head).collect::<Vec<Seq>>());
    assert_eq!((page.through, page.more), (head, false));
}

/// The newest thirty are counted among the rows that are for her.
pub async fn silenced_rows_do_not_push_out_the_heard_ones<B: Backend>(backend: B) {
    let world = World::new(backend).await;
    for user in ["ann", "bob"] {
        world.join(user, "room1").await;
    }
    world.say("bob", "room1", "heard").await;
    world.seat("ann", "room1", Blocked).await;
    world.say_many("bob", "room1", NEW_ROWS_PER_ROOM + 5).await;
    world.seat("ann", "room1", Unblocked).await;
    assert_eq!(bodies(&world.page("ann", 0).await.new_messages), ["heard"]);
}

/// Whether a row is for her was decided when it was stored, not when she comes back.
pub async fn what_was_heard_before_silencing_is_still_new<B: Backend>(backend: B) {
    let world = World::new(backend).await;
    for user in ["ann", "bob"] {
        world.join(user, "room1").await;
    }
    world.say("bob", "room1", "heard").await;
    world.seat("ann", "room1", Blocked).await;
    world.say("bob", "room1", "silenced").await;
    assert_eq!(entry_bodies(&world.stream("ann", NO_SESSION, 0, 10).await), ["heard"], "so says the stream");
    assert_eq!(bodies(&world.page("ann", 0).await.new_messages), ["heard"], "and so must the page");
}

/// The same for a room she has left, and for her earlier time in a room she came back to.
pub async fn what_was_said_before_leaving_is_still_new<B: Backend>(backend: B) {
    let world = World::new(backend).await;
    for user in ["ann", "bob"] {
        world.join(user, "room1").await;
    }
    world.say("bob", "room1", "heard").await;
    world.seat("ann", "room1", Left).await;
    world.say("bob", "room1", "after she left").await;
    assert_eq!(bodies(&world.page("ann", 0).await.new_messages), ["heard"], "in a room she has left");
    world.seat("ann", "room1", Joined).await;
    world.say("bob", "room1", "welcome back").await;
    assert_eq!(bodies(&world.page("ann", 0).await.new_messages), ["heard", "welcome back"]);
}

pub async fn the_people_of_a_page<B: Backend>(backend: B) {
    let world = World::new(backend).await;
    world.store.change_directory(world.site, vec![friends("ann", "crew", "bob", "friend")]).await.unwrap();
    world.join("ann", "room1").await;
    world.say("cid", "ann", "hello").await;
    let (windows, strangers) = (vec![user_id("dan"), user_id("nobody"), user_id("bob")], vec![user_id("cid")]);
    let user = world.key("ann").await;
    let query = PageQuery { user, delivered: 0, windows, rooms: vec![], strangers, unread: None };
    let page = world.store.page(query).await.unwrap();
    let named = |people: &[nextim::chat::user::Person]| -> Vec<(String, Option<String>)> {
        let name = |person: &nextim::chat::user::Person| {
            (person.profile.id.to_string(), person.group.as_ref().map(ToString::to_string))
        };
        people.iter().map(name).collect()
    };
    assert_eq!(named(&page.windows), [("dan".into(), None), ("bob".into(), Some("crew".into()))], "in the order asked");
    assert_eq!(named(&page.strangers), [("cid".into(), None)]);
    assert_eq!(named(&page.senders), [("cid".into(), None)]);
    assert_eq!(page.memberships, world.member("ann").await.memberships);
    assert_eq!(page.memberships[0].room.id, room_id("room1"));
}
