//! Sessions outlive the process: they come back as they were, and cursors only move forward.

use super::Backend;
use super::world::{NOW_MS, World};
use nextim::chat::id::{UserKey, UserNumber};
use nextim::chat::session::{Dialect, SessionNumber};
use nextim::chat::ticket::TicketDigest;
use nextim::store::{CursorMove, SessionRecord};

fn record(user: UserKey, name: u8) -> SessionRecord {
    SessionRecord {
        user,
        number: SessionNumber(u64::MAX - u64::from(name)),
        digest: TicketDigest([name; 32]),
        dialect: Dialect::ALL[usize::from(name) % Dialect::ALL.len()],
        cursor: u64::from(name),
        strangers: (0..u32::from(name)).map(|number| UserNumber(number * 1_000 + 1)).collect(),
        listed: None,
        expires_at_ms: NOW_MS + u64::from(name) * 1_000,
    }
}

impl<B: Backend> World<B> {
    async fn loaded(&self, now_ms: u64) -> Vec<String> {
        let mut found = self.store.load_sessions(now_ms).await.unwrap();
        found.sort_by_key(|record| record.digest.0);
        found.iter().map(|record| format!("{record:?}")).collect()
    }
}

pub async fn sessions_come_back_as_they_were<B: Backend>(backend: B) {
    let world = World::new(backend).await;
    let (ann, bob) = (world.key("ann").await, world.key("bob").await);
    let records: Vec<SessionRecord> = (1..=6).map(|name| record(if name % 2 == 0 { ann } else { bob }, name)).collect();
    let expected: Vec<String> = records.iter().map(|record| format!("{record:?}")).collect();
    world.store.save_sessions(records).await.unwrap();
    assert_eq!(world.loaded(NOW_MS).await, expected);
    assert_eq!(world.reopened().await.loaded(NOW_MS).await, expected, "after a restart");
}

pub async fn strangers_are_replaced_for_good<B: Backend>(backend: B) {
    let world = World::new(backend).await;
    let (ann, bob) = (world.key("ann").await, world.key("bob").await);
    world.store.save_sessions(vec![record(ann, 3), record(bob, 5)]).await.unwrap();
    let before = world.loaded(NOW_MS).await;
    let strangers = vec![UserNumber(7), UserNumber(2)];
    world.store.replace_strangers(world.site, TicketDigest([3; 32]), strangers.clone()).await.unwrap();
    world.store.replace_strangers(world.site, TicketDigest([99; 32]), strangers.clone()).await.unwrap();
    let changed = format!("{:?}", SessionRecord { strangers, ..record(ann, 3) });
    let world = world.reopened().await;
    assert_eq!(world.loaded(NOW_MS).await, [changed, before[1].clone()], "the one that is stored, and nothing else");
    world.store.replace_strangers(world.site, TicketDigest([3; 32]), vec![]).await.unwrap();
    assert!(world.loaded(NOW_MS).await[0].contains("strangers: []"));
}

pub async fn cursors_only_move_forward<B: Backend>(backend: B) {
    let world = World::new(backend).await;
    let (ann, bob) = (world.key("ann").await, world.key("bob").await);
    world.store.save_sessions(vec![record(ann, 1), record(ann, 2), record(bob, 3)]).await.unwrap();
    let step = |user, name, cursor| CursorMove { user, digest: TicketDigest([name; 32]), cursor, is_read: false };
    world.store.move_cursors(vec![step(ann, 1, 40), step(ann, 2, 30), step(ann, 1, 20)]).await.unwrap();
    world.store.move_cursors(vec![step(ann, 1, 10)]).await.unwrap();
    assert_eq!(world.member("ann").await.delivered, 40, "the highest of all sessions");
    assert_eq!(world.member("bob").await.delivered, 0, "another user's cursor has moved");
    let mut found = world.store.load_sessions(NOW_MS).await.unwrap();
    found.sort_by_key(|record| record.digest.0);
    assert_eq!(found.iter().map(|record| record.cursor).collect::<Vec<_>>(), [40, 30, 3]);
    world.store.move_cursors(vec![step(bob, 99, 50)]).await.unwrap();
    assert_eq!(world.member("bob").await.delivered, 50, "a session that has ended has confirmed all the same");
    assert_eq!(world.reopened().await.member("ann").await.delivered, 40);
}

pub async fn ended_and_expired_sessions_are_gone<B: Backend>(backend: B) {
    let world = World::new(backend).await;
    let ann = world.key("ann").await;
    world.store.save_sessions((1..=4).map(|name| record(ann, name)).collect()).await.unwrap();
    let gone = |name| (world.site, TicketDigest([name; 32]));
    world.store.end_sessions(vec![gone(2), gone(77)]).await.unwrap();
    let names = |found: Vec<SessionRecord>| -> Vec<u8> {
        let mut names: Vec<u8> = found.iter().map(|record| record.digest.0[0]).collect();
        names.sort_unstable();
        names
    };
    assert_eq!(names(world.store.load_sessions(NOW_MS).await.unwrap()), [1, 3, 4]);
    assert_eq!(names(world.store.load_sessions(NOW_MS + 3_000).await.unwrap()), [4], "over at its last millisecond");
    assert_eq!(names(world.store.load_sessions(NOW_MS).await.unwrap()), [4], "the expired ones were forgotten");
}
