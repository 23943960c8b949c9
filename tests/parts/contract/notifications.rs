//! What a site wants its members to notice, kept until it is read.

use super::Backend;
use super::world::{NOW_MS, World, new_site, user, user_id};
use nextim::chat::id::UserKey;
use nextim::chat::notification::{NOTIFICATIONS_MAX, Notice};

fn notice(text: &str) -> Notice {
    Notice::checked("Board", text, "/board/1").expect("a notice")
}

async fn texts<B: Backend>(world: &World<B>, of: UserKey) -> Vec<String> {
    let all = world.store.notifications(of).await.unwrap();
    assert!(all.windows(2).all(|pair| pair[0].number < pair[1].number), "in order, each with a number of its own");
    all.into_iter().map(|one| one.notice.text.into()).collect()
}

pub async fn notifications_wait_for_their_members_alone<B: Backend>(backend: B) {
    let world = World::new(backend).await;
    let (ann, bob, cid) = (world.key("ann").await, world.key("bob").await, world.key("cid").await);
    let (other, _) = world.store.ensure_site(new_site("other", true)).await.unwrap();
    world.store.change_directory(other.number, vec![user("ann"), user("bob"), user("cid")]).await.unwrap();
    let to = ["ann", "nobody", "bob"].map(user_id).to_vec();
    assert_eq!(world.store.notify(world.site, to.clone(), notice("one"), NOW_MS).await.unwrap(), 2);
    assert_eq!(world.store.notify(world.site, to, notice("two"), NOW_MS).await.unwrap(), 2);
    let world = world.reopened().await;
    assert_eq!(
        (texts(&world, ann).await, texts(&world, bob).await),
        (["one", "two"].map(Into::into).to_vec(), ["one", "two"].map(Into::into).to_vec())
    );
    assert!(texts(&world, cid).await.is_empty());
    for stranger in [ann, bob, cid].map(|key| other.number.user(key.user)) {
        assert!(texts(&world, stranger).await.is_empty(), "another site's");
    }
    let first = world.store.notifications(ann).await.unwrap().swap_remove(0);
    assert_eq!((first.notice, first.at_ms, first.given_at_ms), (notice("one"), NOW_MS, 0));
    world.store.remove_notifications(ann, first.number, None).await.unwrap();
    world.store.remove_notifications(other.number.user(bob.user), u64::MAX >> 1, None).await.unwrap();
    assert_eq!(texts(&world, ann).await, ["two"]);
    assert_eq!(texts(&world, bob).await, ["one", "two"]);
}

pub async fn what_was_given_is_marked_once_and_goes_by_its_time<B: Backend>(backend: B) {
    let world = World::new(backend).await;
    let ann = world.key("ann").await;
    let tell =
        async |text: &str| world.store.notify(world.site, vec![user_id("ann")], notice(text), NOW_MS).await.unwrap();
    tell("one").await;
    let first = world.store.notifications(ann).await.unwrap()[0].number;
    tell("two").await;
    world.store.give_notifications(ann, first, NOW_MS + 5).await.unwrap();
    world.store.give_notifications(ann, u64::MAX >> 1, NOW_MS + 9).await.unwrap();
    tell("three").await;
    let given: Vec<u64> = world.store.notifications(ann).await.unwrap().iter().map(|one| one.given_at_ms).collect();
    assert_eq!(given, [NOW_MS + 5, NOW_MS + 9, 0], "the first time counts");
    world.store.remove_notifications(ann, u64::MAX >> 1, Some(NOW_MS + 9)).await.unwrap();
    assert_eq!(texts(&world, ann).await, ["two", "three"], "those given before, and never one that was not given");
}

/// Negative control: numbers that begin again when all is read. A page that repeats its `read` would remove what it never
/// had.
pub async fn the_newest_are_kept_and_no_number_comes_twice<B: Backend>(backend: B) {
    let world = World::new(backend).await;
    let ann = world.key("ann").await;
    for number in 0..NOTIFICATIONS_MAX + 3 {
        world.store.notify(world.site, vec![user_id("ann")], notice(&number.to_string()), NOW_MS).await.unwrap();
    }
    let kept = texts(&world, ann).await;
    assert_eq!((kept.len(), kept.first().map(String::as_str)), (NOTIFICATIONS_MAX, Some("3")));
    let last = world.store.notifications(ann).await.unwrap().last().expect("one").number;
    world.store.remove_notifications(ann, last, None).await.unwrap();
    let later_ms = NOW_MS + 60_000;
    world.store.notify(world.site, vec![user_id("ann")], notice("new"), later_ms).await.unwrap();
    world.store.remove_notifications(ann, last, None).await.unwrap();
    assert_eq!(texts(&world, ann).await, ["new"]);
}
