//! Looking for people by name.

use super::Backend;
use super::world::{World, friends, new_site, user_id};
use nextim::chat::search::folded;
use nextim::store::DirectoryChange;

fn named(id: &str, nick: &str) -> DirectoryChange {
    DirectoryChange::User { id: user_id(id), nick: nick.into(), picture_url: "".into(), url: "".into() }
}

async fn found<B: Backend>(world: &World<B>, viewer: &str, text: &str, limit: usize) -> Vec<String> {
    let viewer = world.key(viewer).await;
    let people = world.store.people_named(viewer, text.into(), folded(text), limit).await.unwrap();
    people.iter().map(|person| person.profile.id.to_string()).collect()
}

/// Negative controls, each seen to fail here: names compared as they are written; the viewer not left out; friends not
/// first; the other site's people.
pub async fn people_are_found_by_a_part_of_their_name_friends_first<B: Backend>(backend: B) {
    let world = World::new(backend).await;
    let people = [
        ("ann", "Ann Heron"),
        ("bob", "bob HERON"),
        ("cid", "Cid"),
        ("dan", "Heronimus"),
        ("heron", "Nobody"),
        ("wei", "苍鹭"),
    ];
    let changes = people.into_iter().map(|(id, nick)| named(id, nick)).chain([friends("ann", "crew", "dan", "crew")]);
    world.store.change_directory(world.site, changes.collect()).await.unwrap();
    let (other, _) = world.store.ensure_site(new_site("other", true)).await.unwrap();
    let spies = (0..9).map(|number| named(&format!("spy{number}"), "Heron Spy")).collect();
    world.store.change_directory(other.number, spies).await.unwrap();
    assert_eq!(found(&world, "ann", "heron", 20).await, ["dan", "heron", "bob"]);
    assert_eq!(found(&world, "ann", "ｈｅｒｏｎ", 2).await, ["dan", "bob"], "full width is the same, an id is not");
    assert_eq!(found(&world, "ann", "heron", 1).await, ["dan"]);
    assert_eq!(found(&world, "bob", "heron", 20).await, ["heron", "ann", "dan"]);
    assert_eq!(found(&world, "ann", "鹭", 20).await, ["wei"]);
    assert!(found(&world, "ann", "h_ron%", 20).await.is_empty(), "no sign stands for another");
    let ann = world.key("ann").await;
    let dan = world.store.people_named(ann, "dan".into(), "dan".into(), 1).await.unwrap().swap_remove(0);
    assert_eq!(dan.group.as_deref(), Some("crew"), "as the viewer sees them");
}
