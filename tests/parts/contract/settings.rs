//! What members choose: settings that merge within limits, and moods.

use super::Backend;
use super::world::{World, refusal};
use nextim::chat::presence::{Mood, Show};
use nextim::chat::refusal::Refusal;
use nextim::chat::settings::{SETTINGS_BYTES_MAX, SETTINGS_MAX, Settings};

fn settings<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> Settings {
    Settings(pairs.into_iter().map(|(name, json)| (name.to_owned(), json.to_owned())).collect())
}

pub async fn settings_merge_and_others_survive<B: Backend>(backend: B) {
    let world = World::new(backend).await;
    let (ann, bob) = (world.key("ann").await, world.key("bob").await);
    let save = |newer| world.store.merge_settings(ann, newer);
    assert_eq!(world.store.settings(ann).await.unwrap(), Settings::default());
    save(settings([("a", "1"), ("b", "\"\u{fffd}\u{0}陈\"")])).await.unwrap();
    save(settings([("a", "{\"deep\":[2]}"), ("c", "null")])).await.unwrap();
    let expected = settings([("a", "{\"deep\":[2]}"), ("b", "\"\u{fffd}\u{0}陈\""), ("c", "null")]);
    assert_eq!(world.store.settings(ann).await.unwrap(), expected);
    assert_eq!(world.store.settings(bob).await.unwrap(), Settings::default(), "settings are one member's own");
    assert_eq!(world.page("ann", 0).await.settings, expected, "a page comes with them");
    assert_eq!(world.reopened().await.store.settings(ann).await.unwrap(), expected);
}

pub async fn too_many_settings_change_nothing<B: Backend>(backend: B) {
    let world = World::new(backend).await;
    let ann = world.key("ann").await;
    let names: Vec<String> = (0..SETTINGS_MAX).map(|index| format!("n{index}")).collect();
    let full = settings(names.iter().map(|name| (name.as_str(), "1")));
    world.store.merge_settings(ann, full.clone()).await.unwrap();
    let one_more = world.store.merge_settings(ann, settings([("n0", "2"), ("x", "1")])).await;
    assert_eq!(refusal(one_more), Refusal::TooLarge);
    let long = "1".repeat(SETTINGS_BYTES_MAX);
    assert_eq!(refusal(world.store.merge_settings(ann, settings([("n0", &*long)])).await), Refusal::TooLarge);
    assert_eq!(world.store.settings(ann).await.unwrap(), full, "a refusal has changed something");
    world.store.merge_settings(ann, settings([("n0", "2")])).await.expect("a known name is no further setting");
}

pub async fn moods_are_kept<B: Backend>(backend: B) {
    let world = World::new(backend).await;
    let (ann, before) = (world.key("ann").await, world.member("bob").await.mood);
    for show in Show::ALL {
        let mood = Mood { show, status: format!("I am {} 陈", show.word()).into(), status_at_ms: 5 };
        world.store.save_mood(ann, mood.clone()).await.unwrap();
        assert_eq!(world.member("ann").await.mood, mood);
    }
    let world = world.reopened().await;
    assert_eq!(world.member("ann").await.mood.show, Show::Invisible, "nobody reappears by a restart");
    assert_eq!(world.member("bob").await.mood, before);
}
