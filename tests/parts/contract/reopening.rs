//! Stops and starts: everything is there again, one process at a time, and no version touches data it does not know.

use super::Backend;
use super::world::{NO_SESSION, NOW_MS, World, in_room, observer, with};
use nextim::chat::entry::SeatChange;
use nextim::chat::session::{Dialect, SessionNumber};
use nextim::chat::ticket::TicketDigest;
use nextim::store::{SessionRecord, StoreError};

impl<B: Backend> World<B> {
    async fn everything(&self) -> String {
        let ann = self.key("ann").await;
        format!(
            "{:#?}",
            (
                self.store.entries_after(self.site, 0, 1_000).await.unwrap(),
                self.store.addressed(ann, NO_SESSION, None, 0, 1_000).await.unwrap(),
                self.store.histories(ann, vec![with("bob"), in_room("room1")], None, 100).await.unwrap(),
                self.member("ann").await,
                self.page("ann", 0).await,
                self.store.load_sessions(NOW_MS).await.unwrap(),
                self.store.heads().await.unwrap(),
                self.store.sites().await.unwrap().iter().map(|site| site.epoch.to_string()).collect::<Vec<_>>(),
            )
        )
    }
}

pub async fn everything_is_there_after_reopening<B: Backend>(backend: B) {
    let world = World::new(backend).await;
    for user in ["ann", "bob"] {
        world.join(user, "room1").await;
    }
    world.say("ann", "bob", "one\u{0} 陈 \u{1f6a3} \r\n ' \" \\").await;
    world.say("bob", "room1", "two").await;
    world.seat("ann", "room1", SeatChange::Blocked).await;
    let record = SessionRecord {
        user: world.key("ann").await,
        number: SessionNumber(3),
        digest: TicketDigest([9; 32]),
        dialect: Dialect::Native,
        cursor: 2,
        strangers: vec![],
        listed: None,
        expires_at_ms: NOW_MS * 2,
    };
    world.store.save_sessions(vec![record]).await.unwrap();
    world.deliver("ann", 2).await;
    let before = world.everything().await;
    assert!(before.contains("one"));
    let world = world.reopened().await;
    let after = world.everything().await;
    assert_eq!(before, after);
    assert_eq!(world.say("ann", "bob", "three").await, 6);
}

/// Negative control: with an image of the file alone, without its log, the users are not there.
pub async fn what_was_answered_is_there_after_a_crash<B: Backend>(backend: B) {
    let mut world = World::new(backend).await;
    for round in 1..=3_u64 {
        world.join("ann", if round == 1 { "room1" } else { "room2" }).await;
        world.say("ann", "bob", "one").await;
        world.deliver("bob", round).await;
        let before = world.everything().await;
        let image = tempfile::tempdir().unwrap();
        backend.crash_image(world.path(), image.path()).await;
        world.store.close().await;
        let store = backend.open(image.path(), observer(&world.observed)).await.expect("it opens after a crash");
        world = World { store, folder: image, ..world };
        assert_eq!(world.everything().await, before, "after crash {round}");
        let head = world.head().await;
        assert_eq!(world.say("bob", "ann", "the log goes on").await, head + 1);
    }
}

/// Negative control: with a lock that goes only when the store is dropped the second opening is refused.
pub async fn a_folder_is_opened_once_and_the_refusal_names_the_holder<B: Backend>(backend: B) {
    let world = World::new(backend).await;
    let Err(StoreError::InUse(why)) = backend.open(world.path(), observer(&world.observed)).await else {
        panic!("one folder was opened twice")
    };
    assert!(why.contains(&std::process::id().to_string()), "who has it? {why}");
    world.say("ann", "bob", "the first one goes on").await;
    // A task that is about to end may hold the old store for a moment longer.
    let held = std::sync::Arc::clone(&world.store);
    let world = world.reopened().await;
    drop(held);
    assert_eq!(world.head().await, 1, "a store that was closed lets go of its folder");
}

pub async fn data_of_a_newer_version_is_refused_and_left_alone<B: Backend>(backend: B) {
    let World { folder, store, observed, site, .. } = World::new(backend).await;
    store.close().await;
    drop(store);
    let before = backend.set_schema_version(folder.path(), 99).await;
    let Err(StoreError::Unavailable(why)) = backend.open(folder.path(), observer(&observed)).await else {
        panic!("data of an unknown version was opened")
    };
    assert!(why.contains("newer") && why.contains("99"), "what is to be done? {why}");
    backend.set_schema_version(folder.path(), before).await;
    let store = backend.open(folder.path(), observer(&observed)).await.expect("nothing was touched");
    let world = World { backend, folder, store, observed, site };
    world.say("ann", "bob", "as before").await;
}
