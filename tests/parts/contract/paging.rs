//! A history is read back page by page: every message once and in order, whatever is said meanwhile.

use super::Backend;
use super::world::{World, bodies, in_room, with};
use nextim::chat::entry::Seq;
use nextim::chat::history::{ANSWER_BYTES_MAX, Conversation, HISTORY_ROWS, HISTORY_ROWS_MAX};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, TestRng, TestRunner};
use std::sync::Arc;

/// Who says something to whom.
const WAYS: [(&str, &str); 6] =
    [("ann", "bob"), ("bob", "ann"), ("ann", "room1"), ("bob", "room1"), ("cid", "ann"), ("ann", "ann")];

impl<B: Backend> World<B> {
    /// One page of a history, oldest first.
    async fn part(&self, user: &str, of: &Conversation, before: Option<Seq>, limit: usize) -> Vec<Seq> {
        let found = self.store.histories(self.key(user).await, vec![of.clone()], before, limit).await.expect("a read");
        let page: Vec<Seq> = found[0].messages.iter().map(|message| message.seq).collect();
        assert!(page.iter().all(|seq| before.is_none_or(|before| *seq < before)), "{page:?} before {before:?}");
        page
    }
}

/// Random conversations, page sizes, and messages that are said between two pages.
/// Negative control: `seq <= before` in `BETWEEN` gives the message at each edge twice; `before - 1` leaves one out.
pub async fn pages_give_every_message_once_while_new_ones_come<B: Backend>(backend: B) {
    let config = Config::default();
    let mut runner = TestRunner::new_with_rng(config.clone(), TestRng::deterministic_rng(config.rng_algorithm));
    for _ in 0..(config.cases / 16).max(1) {
        let said =
            prop::collection::vec((0..WAYS.len(), 0..3_usize), 1..40).new_tree(&mut runner).expect("ways").current();
        let sizes = prop::collection::vec(1..9_usize, 1..5).new_tree(&mut runner).expect("sizes").current();
        let cleared = (0..60_u64).new_tree(&mut runner).expect("a mark").current();
        read_back(backend, &said, &sizes, cleared / 10).await;
    }
}

async fn read_back<B: Backend>(backend: B, said: &[(usize, usize)], sizes: &[usize], cleared: Seq) {
    let world = World::new(backend).await;
    for user in ["ann", "bob"] {
        world.join(user, "room1").await;
    }
    let conversations = [with("bob"), in_room("room1"), with("cid"), with("ann")];
    let mut all: [Vec<Seq>; 4] = Default::default();
    for (way, _) in said {
        say_one(&world, *way, &mut all).await;
    }
    world.store.clear(world.key("ann").await, with("bob"), cleared).await.unwrap();
    all[0].retain(|seq| *seq > cleared);
    for (index, of) in conversations.iter().enumerate() {
        let expected = all[index].clone();
        let (mut read, mut before): (Vec<Seq>, Option<Seq>) = (Vec::new(), None);
        for step in 0.. {
            let page = world.part("ann", of, before, sizes[step % sizes.len()]).await;
            let Some(first) = page.first() else { break };
            before = Some(*first);
            read.splice(0..0, page);
            let (way, more) = said[step % said.len()];
            for _ in 0..more {
                say_one(&world, way, &mut all).await;
            }
        }
        assert_eq!(read, expected, "{of:?} of {said:?} in pages of {sizes:?}, cleared through {cleared}");
    }
}

async fn say_one<B: Backend>(world: &World<B>, way: usize, all: &mut [Vec<Seq>; 4]) {
    let seq = world.say(WAYS[way].0, WAYS[way].1, "x").await;
    all[[0, 0, 1, 1, 2, 3][way]].push(seq);
}

/// The same while somebody writes all the time.
pub async fn pages_and_a_writer_at_the_same_time<B: Backend>(backend: B) {
    let world = World::new(backend).await;
    world.say_many("bob", "ann", 300).await;
    let draft = world.draft("bob", "ann", "later").await;
    let store = Arc::clone(&world.store);
    let writing = tokio::spawn(async move {
        loop {
            store.append(draft.clone()).await.expect("stored");
        }
    });
    let mut read = world.part("ann", &with("bob"), None, 7).await;
    while let Some(first) = read.first().copied() {
        let page = world.part("ann", &with("bob"), Some(first), 7).await;
        if page.is_empty() {
            break;
        }
        read.splice(0..0, page);
    }
    writing.abort();
    let last = *read.last().expect("messages");
    assert!(last >= 300);
    assert_eq!(read, (1..=last).collect::<Vec<Seq>>());
}

/// Past the usual thirty, long messages come in smaller portions, from the newest, and none is left out. Negative control:
/// leave `portion` out.
pub async fn a_page_is_bounded_by_its_text<B: Backend>(backend: B) {
    let world = World::new(backend).await;
    let body = "x".repeat(10_000);
    for index in 0..70 {
        world.say("bob", "ann", &format!("{index} {body}")).await;
    }
    world.say_many("bob", "ann", 130).await;
    let (mut read, mut before, mut sizes) = (Vec::new(), None, Vec::new());
    loop {
        let ann = world.key("ann").await;
        let found = world.store.histories(ann, vec![with("bob")], before, HISTORY_ROWS_MAX).await.unwrap();
        let page = &found[0].messages;
        let text = bodies(page).iter().map(|body| body.len()).sum::<usize>();
        assert!(page.len() <= HISTORY_ROWS || text <= ANSWER_BYTES_MAX, "{} messages, {text} bytes", page.len());
        let Some(first) = page.first() else { break };
        before = Some(first.seq);
        read.splice(0..0, page.iter().map(|message| message.seq));
        sizes.push(page.len());
    }
    assert_eq!(read, (1..=200).collect::<Vec<Seq>>());
    assert_eq!(sizes, [156, 30, 14], "short ones and as many long ones as fit; the usual number; the rest");
}

pub async fn an_end_before_the_beginning_or_past_the_head<B: Backend>(backend: B) {
    let world = World::new(backend).await;
    world.say("bob", "ann", "one").await;
    for (before, expected) in [(0, 0), (1, 0), (2, 1), (u64::MAX, 1), (i64::MAX as u64 + 1, 1)] {
        assert_eq!(world.part("ann", &with("bob"), Some(before), 5).await.len(), expected, "before {before}");
    }
}
