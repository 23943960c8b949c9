//! A visitor turns out to be a member: what they said and heard is the member's, and their id leads to the member.

use super::Backend;
use super::owning::{
    VISITOR, dump, entries, fill, first_difference, furnish, profile_ids, remove, row, say_on, unread,
};
use super::world::{NO_SESSION, NOW_MS, World, entry_bodies, friends, in_room, new_site, room_id, user, user_id, with};
use nextim::chat::entry::{Addressee, Draft, Message, Party, Seq, Voice};
use nextim::chat::id::{SiteNumber, UserKey, UserNumber};
use nextim::chat::settings::Settings;
use nextim::chat::site::KeyKind;
use nextim::store::{SiteChange, Store};
use std::collections::BTreeMap;

/// What bob and the visitor said to each other, and what bob had said to ann before.
const SAID: [&str; 5] =
    ["to the member", "to the visitor", "to the visitor, later", "by the visitor", "by the visitor, later"];

/// A visitor among the others; gives who they are.
async fn visit<B: Backend>(world: &World<B>) -> UserKey {
    let changes = vec![user(VISITOR), friends(VISITOR, "shop", "cid", "shop")];
    world.store.change_directory(world.site, changes).await.unwrap();
    for (id, room) in [("bob", "room1"), (VISITOR, "room1"), ("cid", "room1"), ("ann", "room2"), (VISITOR, "room2")] {
        world.join(id, room).await; // seqs 1 to 5
    }
    let [to_member, to_visitor, to_visitor_later, by_visitor, by_visitor_later] = SAID;
    for (from, to, body) in [
        ("bob", "ann", to_member),
        ("bob", VISITOR, to_visitor),
        ("bob", VISITOR, to_visitor_later),
        (VISITOR, "bob", by_visitor),
        (VISITOR, "bob", by_visitor_later),
        (VISITOR, "room1", "in the room"),
        ("cid", "room1", "in the room, too"),
    ] {
        world.say(from, to, body).await; // seqs 6 to 12
    }
    world.key(VISITOR).await
}

async fn merge<B: Backend>(world: &World<B>, from: UserKey, into: UserKey) {
    world.store.merge_users(from, into.user).await.expect("a merge");
}

async fn messages<B: Backend>(world: &World<B>) -> Vec<Message> {
    entries(world).await.iter().filter_map(|entry| entry.message().cloned()).collect()
}

/// A message as it would be if one person were another.
fn as_if(message: Message, was: &Party, is: &Party) -> Message {
    let of = |party: Party| if party == *was { is.clone() } else { party };
    let to = match message.to {
        Addressee::User(party) => Addressee::User(of(party)),
        other => other,
    };
    Message { from: of(message.from), to, ..message }
}

/// A row whose checksum is not its own would be a notice of damage here.
///
/// Negative controls: leave `sum` out of the update; leave out what the visitor heard, or what they said in rooms.
pub async fn what_a_visitor_said_and_heard_is_the_members<B: Backend>(backend: B) {
    let world = World::new(backend).await;
    let visitor = visit(&world).await;
    let (was, ann) = (world.party(VISITOR).await, world.party("ann").await);
    let expected = messages(&world).await.into_iter().map(|message| as_if(message, &was, &ann)).collect::<Vec<_>>();
    merge(&world, visitor, world.key("ann").await).await;
    assert_eq!(messages(&world).await, expected);
    let world = world.reopened().await;
    assert_eq!(messages(&world).await, expected);
    for (viewer, of) in [("ann", "bob"), ("bob", "ann"), ("bob", VISITOR)] {
        assert_eq!(world.history(viewer, with(of)).await, SAID, "{viewer} of {of}");
    }
    for viewer in ["ann", "bob", "cid"] {
        assert_eq!(world.history(viewer, in_room("room1")).await, ["in the room", "in the room, too"], "{viewer}");
    }
    assert_eq!(world.member(VISITOR).await.profile.id, user_id("ann"), "the id leads to her");
    let listed = world.store.users_after(world.site, UserNumber(0), 10).await.unwrap();
    assert_eq!(profile_ids(&listed), ["ann", "bob", "cid", "dan"], "and nobody is there twice");
}

/// Negative controls: let the visitor's marks, settings or seats replace the member's; leave `all_count` as it is.
pub async fn what_a_visitor_had_is_the_members_beside_their_own<B: Backend>(backend: B) {
    let world = World::new(backend).await;
    let (visitor, store) = (visit(&world).await, &*world.store);
    let (ann, bob, cid) = (world.key("ann").await, world.key("bob").await, world.key("cid").await);
    for (reader, of, seq) in [(ann, "bob", 6), (visitor, "bob", 7), (bob, VISITOR, 9)] {
        assert_eq!(store.mark_read(reader, with(of), seq).await.unwrap(), Some(seq));
    }
    furnish(store, visitor, VISITOR, 7).await;
    furnish(store, ann, "ann", 8).await;
    let sound = Settings(BTreeMap::from([("sound".into(), "1".into())]));
    store.merge_settings(visitor, sound).await.unwrap();
    merge(&world, visitor, ann).await;
    assert_eq!(unread(&world, "ann").await, [row("room1", 1, 0), row("bob", 1, 7)]);
    assert_eq!(unread(&world, "bob").await, [row("room1", 2, 0), row("ann", 1, 9)]);
    let settings = store.settings(ann).await.unwrap().0;
    assert_eq!(settings.into_iter().collect::<Vec<_>>(), [("sound".into(), "1".into()), ("theme".into(), "8".into())]);
    let sessions = store.load_sessions(NOW_MS).await.unwrap();
    assert_eq!(sessions.iter().map(|record| record.user).collect::<Vec<_>>(), [ann], "the visitor's page is gone");
    assert_eq!(&*world.member("ann").await.buddies, [cid.user]);
    assert_eq!(&*world.member("cid").await.buddies, [ann.user]);
    for (id, count, ids) in [("room1", 3, &["ann", "bob", "cid"][..]), ("room2", 1, &["ann"][..])] {
        let (room, members) = store.room_members(ann, room_id(id), 10).await.unwrap().expect("she is in it");
        assert_eq!((room.all_count, profile_ids(&members)), (count, ids.to_vec()), "{id}");
    }
}

/// Negative control: let `user_number` find the visitor's own number, or remember it over the merge.
pub async fn what_is_said_to_a_visitor_later_reaches_the_member<B: Backend>(backend: B) {
    let world = World::new(backend).await;
    let visitor = visit(&world).await;
    let ann = world.key("ann").await;
    merge(&world, visitor, ann).await;
    let head = world.head().await;
    let said = world.try_say("bob", VISITOR, "at once").await.unwrap();
    assert!(matches!(&said.message.to, Addressee::User(to) if to.number == ann.user));
    let world = world.reopened().await;
    world.say("bob", VISITOR, "after a restart").await;
    assert_eq!(entry_bodies(&world.stream("ann", NO_SESSION, head, 10).await), ["at once", "after a restart"]);
    assert_eq!(unread(&world, "ann").await.iter().find(|(id, _, _)| id == "bob"), Some(&row("bob", 5, 0)));
}

/// Negative controls: leave out the look at `merged_into`, or those who became the one that becomes another.
pub async fn a_visitor_becomes_one_member_once<B: Backend>(backend: B) {
    let world = World::new(backend).await;
    let visitor = visit(&world).await;
    let (ann, cid, dan) = (world.key("ann").await, world.key("cid").await, world.key("dan").await);
    let nobody = world.site.user(UserNumber(900));
    merge(&world, visitor, ann).await;
    let before = dump(&*world.store, world.site).await;
    for (from, into) in [(visitor, ann), (visitor, cid), (ann, visitor), (ann, ann), (nobody, ann), (ann, nobody)] {
        merge(&world, from, into).await;
        let after = dump(&*world.store, world.site).await;
        assert!(after == before, "{from:?} into {into:?}: {}", first_difference(&before, &after));
    }
    merge(&world, ann, dan).await;
    for id in [VISITOR, "ann"] {
        assert_eq!(world.member(id).await.profile.id, user_id("dan"), "{id} leads to whom she became");
        assert_eq!(world.history("bob", with(id)).await, SAID);
    }
}

/// A page that got no answer says it again, whoever its receiver has become meanwhile.
///
/// Negative controls: take the `cid` from rows that the visitor heard; compare the receiver of a repeat by id.
pub async fn a_repeat_is_known_whoever_its_receiver_has_become<B: Backend>(backend: B) {
    let world = World::new(backend).await;
    let visitor = visit(&world).await;
    let before = Draft { cid: Some("before".into()), ..world.draft("bob", VISITOR, "before").await };
    world.store.append(before.clone()).await.unwrap();
    merge(&world, visitor, world.key("ann").await).await;
    let after = Draft { cid: Some("after".into()), ..world.draft("bob", VISITOR, "after").await };
    world.store.append(after.clone()).await.unwrap();
    let rows: Vec<Seq> = world.log(100).await;
    for draft in [before, after] {
        let body = draft.body.clone();
        let again = world.store.append(draft).await;
        assert!(again.as_ref().is_ok_and(|again| again.repeated), "{body}: {again:?}");
    }
    assert_eq!(world.log(100).await, rows, "nothing was stored twice");
}

async fn assert_as_before(store: &dyn Store, site: SiteNumber, before: &str, what: &str) {
    let after = dump(store, site).await;
    assert!(after == before, "{what}: {}", first_difference(before, &after));
}

/// Negative control: leave `site` out of one condition of `merge.rs` or `erase.rs`.
pub async fn erasing_and_merging_on_one_site_leave_the_other_as_it_was<B: Backend>(backend: B) {
    let world = World::new(backend).await;
    let store = &*world.store;
    let mut numbers = Vec::new();
    for name in ["red", "blue"] {
        let (site, _) = store.ensure_site(new_site(name, false)).await.unwrap();
        fill(&world, site.number).await;
        store.change_directory(site.number, vec![user(VISITOR)]).await.unwrap();
        say_on(&world, site.number, (4, VISITOR), "bob", Voice::Member).await;
        say_on(&world, site.number, (2, "bob"), VISITOR, Voice::Member).await;
        numbers.push(site.number);
    }
    let (red, blue) = (numbers[0], numbers[1]);
    let before = dump(store, blue).await;
    let described = store.sites().await.unwrap();
    store.merge_users(red.user(UserNumber(4)), UserNumber(1)).await.unwrap();
    assert_as_before(store, blue, &before, "a merge").await;
    let mut after = 0;
    while let Some(through) = store.erase_user(red.user(UserNumber(2)), after).await.unwrap() {
        after = through;
    }
    assert_as_before(store, blue, &before, "the erasure of a person").await;
    let key = SiteChange::AddKey { kind: KeyKind::Token, value: "red, too".into(), now_ms: NOW_MS };
    for change in [key, SiteChange::Options(Box::default()), SiteChange::Suspended(true)] {
        store.change_site(red, change).await.unwrap();
    }
    remove(store, red).await;
    assert_as_before(store, blue, &before, "the removal of a site").await;
    let left = store.sites().await.unwrap();
    let others: Vec<_> = described.into_iter().filter(|site| site.number != red).collect();
    assert!(left == others, "the other sites are described as before");
}
