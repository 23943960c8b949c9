//! Users, friends and rooms as the site describes them.

use super::Backend;
use super::world::{NO_SESSION, World, entry_bodies, friends, new_site, refusal, room, room_id, to, user, user_id};
use nextim::chat::entry::{Draft, Party};
use nextim::chat::id::{SiteNumber, UserNumber};
use nextim::chat::refusal::Refusal;
use nextim::chat::user::Person;
use nextim::store::DirectoryChange;

fn ids(people: &[Person]) -> Vec<&str> {
    people.iter().map(|person| person.profile.id.as_str()).collect()
}

pub async fn a_second_description_replaces_the_first<B: Backend>(backend: B) {
    let world = World::new(backend).await;
    let (before, before_room) = (world.member("ann").await, world.store.room(world.site, room_id("room1")).await);
    world.join("ann", "room1").await;
    world.store.merge_settings(world.key("ann").await, Default::default()).await.unwrap();
    let (nick, picture_url, url) = ("陈 伟".to_owned(), "p.png".to_owned(), "/ann".to_owned());
    let (texts, id) = ((nick.clone(), picture_url.clone(), url.clone()), user_id("ann"));
    let again = DirectoryChange::User { id, nick: texts.0, picture_url: texts.1, url: texts.2 };
    let id = room_id("room1");
    let room_again = DirectoryChange::Room { id, nick, picture_url, url, open: false };
    world.store.change_directory(world.site, vec![again, room_again]).await.unwrap();
    let after = world.member("ann").await;
    assert_eq!(after.profile.number, before.profile.number, "a user keeps the number");
    assert_eq!((&*after.profile.nick, &*after.profile.picture_url, &*after.profile.url), ("陈 伟", "p.png", "/ann"));
    let room = world.store.room(world.site, room_id("room1")).await.unwrap().unwrap();
    assert_eq!(room.number, before_room.unwrap().unwrap().number, "a room keeps the number");
    assert_eq!((room.open, room.all_count), (false, 1), "its members stay");
    assert!(world.store.room(world.site, room_id("room9")).await.unwrap().is_none());
    assert!(world.store.member(world.site, user_id("nobody")).await.unwrap().is_none());
}

pub async fn friendship_has_two_sides<B: Backend>(backend: B) {
    let world = World::new(backend).await;
    let changes = vec![friends("ann", "crew", "bob", "boss"), friends("cid", "old", "ann", "older")];
    world.store.change_directory(world.site, changes).await.unwrap();
    let group = async |viewer: &str, who: &str| {
        let people = world.store.people(world.key(viewer).await, vec![user_id(who)]).await.unwrap();
        people[0].group.as_ref().map(ToString::to_string)
    };
    assert_eq!(group("ann", "bob").await.as_deref(), Some("crew"));
    assert_eq!(group("bob", "ann").await.as_deref(), Some("boss"));
    assert_eq!(group("ann", "cid").await.as_deref(), Some("older"));
    assert_eq!(group("bob", "cid").await, None);
    let number = async |id: &str| world.member(id).await.profile.number;
    let buddies = world.member("ann").await.buddies;
    assert_eq!(buddies.iter().collect::<std::collections::BTreeSet<_>>().len(), 2);
    assert!(buddies.contains(&number("bob").await) && buddies.contains(&number("cid").await));
    assert_eq!(&*world.member("bob").await.buddies, [number("ann").await]);
    world.store.change_directory(world.site, vec![friends("bob", "b", "ann", "a")]).await.unwrap();
    assert_eq!(group("ann", "bob").await.as_deref(), Some("a"), "a second word counts, from either side");
    assert_eq!(world.member("ann").await.buddies.len(), 2, "and makes no second friend");
}

pub async fn changes_are_all_or_none<B: Backend>(backend: B) {
    let world = World::new(backend).await;
    let changes = vec![user("eve"), room("room7"), friends("eve", "x", "nobody", "y")];
    let refused = world.store.change_directory(world.site, changes).await;
    assert_eq!(refusal(refused), Refusal::UnknownUser);
    assert!(world.store.member(world.site, user_id("eve")).await.unwrap().is_none(), "eve was made all the same");
    assert!(world.store.room(world.site, room_id("room7")).await.unwrap().is_none(), "the room was made all the same");
    world.store.change_directory(world.site, vec![user("fay")]).await.unwrap();
    assert_eq!(refusal(world.try_say("ann", "eve", "x").await), Refusal::UnknownUser, "memory remembers eve");
    world.say("ann", "fay", "for fay").await;
    assert_eq!(entry_bodies(&world.stream("fay", NO_SESSION, 0, 10).await), ["for fay"]);
}

async fn draft_on<B: Backend>(world: &World<B>, site: SiteNumber, from: &str, to_whom: &str) -> Draft {
    let profile = world.store.member(site, user_id(from)).await.unwrap().unwrap().profile;
    let from = Party { number: profile.number, id: profile.id };
    Draft { site, from, to: to(to_whom), ..world.draft("ann", "bob", "hello").await }
}

pub async fn unknown_receivers_are_refused_or_become_bare_users<B: Backend>(backend: B) {
    let world = World::new(backend).await;
    assert_eq!(refusal(world.try_say("ann", "nobody", "x").await), Refusal::UnknownUser, "the directory is complete");
    assert_eq!(world.head().await, 0);
    let (open, _) = world.store.ensure_site(new_site("open", false)).await.unwrap();
    let open = open.number;
    world.store.change_directory(open, vec![user("ann")]).await.unwrap();
    let first = world.store.append(draft_on(&world, open, "ann", "later").await).await.unwrap();
    let bare = world.store.member(open, user_id("later")).await.unwrap().expect("a bare user was made");
    assert_eq!((&*bare.profile.nick, bare.delivered, bare.buddies.len()), ("later", 0, 0));
    let second = world.store.append(draft_on(&world, open, "ann", "later").await).await.unwrap();
    assert_eq!(first.message.to, second.message.to, "and is made once");
    world.store.change_directory(open, vec![user("later")]).await.unwrap();
    let named = world.store.member(open, user_id("later")).await.unwrap().unwrap();
    assert_eq!((named.profile.number, &*named.profile.nick), (bare.profile.number, "LATER"));
    let inbox = world.store.addressed(open.user(named.profile.number), NO_SESSION, None, 0, 10).await.unwrap();
    assert_eq!(inbox.entries.len(), 2, "what was sent before is waiting");
}

pub async fn people_are_given_in_the_order_asked_for<B: Backend>(backend: B) {
    let world = World::new(backend).await;
    let ann = world.key("ann").await;
    let asked = ["dan", "nobody", "ann", "cid"].map(user_id).to_vec();
    let people = world.store.people(ann, asked).await.unwrap();
    assert_eq!(ids(&people), ["dan", "ann", "cid"]);
    let numbers: Vec<UserNumber> = people.iter().map(|person| person.profile.number).chain([UserNumber(999)]).collect();
    assert_eq!(world.store.people_by_number(ann, numbers.clone()).await.unwrap(), people);
    let members = world.store.members_by_number(world.site, numbers).await.unwrap();
    let profiles: Vec<_> = members.into_iter().map(|member| member.profile).collect();
    assert_eq!(profiles, people.into_iter().map(|person| person.profile).collect::<Vec<_>>());
}

pub async fn friendship_ends_on_both_sides<B: Backend>(backend: B) {
    let world = World::new(backend).await;
    let changes = vec![friends("ann", "crew", "bob", "boss"), friends("ann", "old", "cid", "older")];
    world.store.change_directory(world.site, changes).await.unwrap();
    let parted = |user: &str, buddy: &str| {
        let change = DirectoryChange::NotFriends { user: user_id(user), buddy: user_id(buddy) };
        world.store.change_directory(world.site, vec![change])
    };
    parted("bob", "ann").await.unwrap();
    parted("ann", "bob").await.unwrap();
    assert_eq!(refusal(parted("ann", "nobody").await), Refusal::UnknownUser);
    let cid = world.member("cid").await.profile.number;
    assert_eq!((&*world.member("ann").await.buddies, &*world.member("bob").await.buddies), (&[cid][..], &[][..]));
    let people = world.store.people(world.key("ann").await, ["bob", "cid"].map(user_id).to_vec()).await.unwrap();
    assert_eq!(people.iter().map(|person| person.group.is_some()).collect::<Vec<_>>(), [false, true]);
}
