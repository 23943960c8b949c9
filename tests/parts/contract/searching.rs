//! A search finds what its words are in, of what the member may see in their histories, the newest first, and looks at a
//! bounded part of the log each time.

use super::Backend;
use super::world::{World, bodies, in_room, with};
use nextim::chat::entry::SeatChange::{Left, Unblocked};
use nextim::chat::entry::{SeatChange, Seq};
use nextim::chat::history::{ANSWER_BYTES_MAX, Conversation};
use nextim::chat::search::{BYTES_SCANNED_MAX, Found, ROWS_SCANNED_MAX, Search, Terms};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, TestRng, TestRunner};

fn terms(words: &str) -> Terms {
    Terms::parse(words).expect("words")
}

impl<B: Backend> World<B> {
    async fn look(
        &self,
        user: &str,
        words: &str,
        only: Option<Conversation>,
        before: Option<Seq>,
        limit: usize,
    ) -> Found {
        let search = Search { terms: terms(words), only, before, limit };
        self.store.search(self.key(user).await, search).await.expect("a read")
    }

    /// All hits, asked for until there are no more, and how often it was asked.
    async fn find_all(
        &self,
        user: &str,
        words: &str,
        only: Option<Conversation>,
        limit: usize,
    ) -> (Vec<String>, usize) {
        let (mut all, mut before, mut calls) = (Vec::new(), None, 0);
        loop {
            let found = self.look(user, words, only.clone(), before, limit).await;
            calls += 1;
            assert!(found.messages.len() <= limit, "more than was asked for");
            assert!(found.messages.iter().all(|message| before.is_none_or(|before| message.seq < before)));
            all.extend(bodies(&found.messages).into_iter().map(str::to_owned));
            match found.before {
                Some(next) => {
                    assert!(before.is_none_or(|before| next < before), "no progress at {next}");
                    before = Some(next);
                }
                None => return (all, calls),
            }
        }
    }

    async fn find(&self, user: &str, words: &str) -> Vec<String> {
        self.find_all(user, words, None, 20).await.0
    }
}

pub async fn words_are_found_in_own_conversations_newest_first<B: Backend>(backend: B) {
    let world = World::new(backend).await;
    for user in ["ann", "bob"] {
        world.join(user, "room1").await;
    }
    for (from, to, body) in [
        ("ann", "bob", "Under the FROG?"),
        ("bob", "ann", "青蛙下面？"),
        ("bob", "room1", "ｔｈｅ　ｆｒｏｇ"),
        ("ann", "ann", "frogs: a note"),
        ("cid", "ann", "no toad"),
        ("bob", "cid", "frog of others"),
    ] {
        world.say(from, to, body).await;
    }
    assert_eq!(world.find("ann", "frog").await, ["frogs: a note", "ｔｈｅ　ｆｒｏｇ", "Under the FROG?"]);
    assert_eq!(world.find("ann", "frog THE").await, ["ｔｈｅ　ｆｒｏｇ", "Under the FROG?"]);
    assert_eq!(world.find("ann", "蛙").await, ["青蛙下面？"]);
    assert_eq!(world.find("cid", "frog").await, ["frog of others"]);
    assert_eq!(world.find_all("ann", "frog", Some(with("bob")), 20).await.0, ["Under the FROG?"]);
    assert_eq!(world.find_all("ann", "frog", Some(in_room("room1")), 20).await.0, ["ｔｈｅ　ｆｒｏｇ"]);
    assert_eq!(world.find_all("ann", "frog", Some(with("ann")), 20).await.0, ["frogs: a note"]);
    assert!(world.find("ann", "frog toad").await.is_empty(), "all words in one message");
    let first = world.look("ann", "frog", None, None, 1).await;
    let next = world.look("ann", "frog", None, first.before, 1).await;
    assert_eq!((bodies(&first.messages), bodies(&next.messages)), (vec!["frogs: a note"], vec!["ｔｈｅ　ｆｒｏｇ"]));
    assert_eq!(world.look("ann", "frog", None, Some(u64::MAX), 20).await.messages.len(), 3);
    assert_eq!(world.look("ann", "frog", None, Some(0), 20).await.messages.len(), 0);
}

pub async fn others_conversations_are_not_searched<B: Backend>(backend: B) {
    let world = World::new(backend).await;
    world.join("bob", "room1").await;
    world.say("bob", "cid", "secret").await;
    world.say("cid", "bob", "secret").await;
    world.say("bob", "room1", "secret").await;
    for only in [None, Some(with("bob")), Some(with("cid")), Some(in_room("room1")), Some(in_room("room9"))] {
        let found = world.look("ann", "secret", only.clone(), None, 20).await;
        assert!(found.messages.is_empty() && found.before.is_none(), "{only:?}");
    }
    assert!(world.look("ann", "secret", Some(with("nobody")), None, 20).await.messages.is_empty());
    world.join("ann", "room1").await;
    assert_eq!(world.find("ann", "secret").await, ["secret"], "a room's history is the room's");
    world.seat("ann", "room1", Left).await;
    assert!(world.find("ann", "secret").await.is_empty(), "who has left may not");
}

const WORDS: [&str; 4] = ["frog", "青蛙", "toad frog", "nothing"];
const PEOPLE: [&str; 3] = ["ann", "bob", "cid"];
const PLACES: [&str; 5] = ["ann", "bob", "cid", "room1", "room2"];

/// A search gives exactly what its histories show and the words are in, whatever happened before.
/// Negative control: let `visible_body` forget what was cleared, or `floor` be 0 everywhere.
pub async fn a_search_sees_what_histories_show<B: Backend>(backend: B) {
    let config = Config::default();
    let mut runner = TestRunner::new_with_rng(config.clone(), TestRng::deterministic_rng(config.rng_algorithm));
    let said = prop::collection::vec((0..3_usize, 0..5_usize, 0..4_usize), 1..50);
    let seats = prop::collection::vec((0..2_usize, 0..2_usize), 0..8);
    let cleared = prop::collection::vec((0..5_usize, 0..60_u64), 0..4);
    for _ in 0..(config.cases / 16).max(1) {
        let drawn = (said.clone(), seats.clone(), cleared.clone(), 1..6_usize);
        let (said, seats, cleared, limit) = drawn.new_tree(&mut runner).expect("a play").current();
        let world = World::new(backend).await;
        for (from, to, words) in &said {
            let (change, room) = seats.get(said.len() % (from + to + 1)).copied().unwrap_or((0, 0));
            let change = if change == 0 { SeatChange::Joined } else { SeatChange::Left };
            world.seat(PEOPLE[*from], PLACES[3 + room], change).await;
            drop(world.try_say(PEOPLE[*from], PLACES[*to], WORDS[*words]).await);
        }
        let ann = world.key("ann").await;
        let conversation = |index: usize| if index < 3 { with(PLACES[index]) } else { in_room(PLACES[index]) };
        for (index, point) in &cleared {
            world.store.clear(ann, conversation(*index), *point).await.unwrap();
        }
        for words in ["frog", "青", "frog toad"] {
            let mut all = Vec::new();
            for (index, place) in PLACES.iter().enumerate() {
                let shown = world.store.histories(ann, vec![conversation(index)], None, 200).await.unwrap();
                let shown = shown.iter().flat_map(|history| &history.messages);
                let hits = shown.filter(|message| terms(words).are_in(&message.body, &mut String::new()));
                let mut hits: Vec<Seq> = hits.map(|message| message.seq).collect();
                hits.reverse();
                let found = world.look("ann", words, Some(conversation(index)), None, 200).await;
                let found: Vec<Seq> = found.messages.iter().map(|message| message.seq).collect();
                assert_eq!(found, hits, "{words} in {place} after {said:?} {seats:?} {cleared:?}");
                all.extend(hits);
            }
            all.sort_unstable_by(|a, b| b.cmp(a));
            let mut found: Vec<Seq> = Vec::new();
            loop {
                let part = world.look("ann", words, None, found.last().copied(), limit).await;
                found.extend(part.messages.iter().map(|message| message.seq));
                if part.before.is_none() {
                    break;
                }
            }
            assert_eq!(found, all, "{words} after {said:?} {seats:?} {cleared:?}");
        }
    }
}

/// Negative control: take either bound out of `look`, and one call finds the needle.
pub async fn a_call_looks_at_a_bounded_part_and_says_where_to_go_on<B: Backend>(backend: B) {
    let world = World::new(backend).await;
    world.say("bob", "ann", "the needle").await;
    for _ in 0..5 {
        world.say_many("bob", "ann", ROWS_SCANNED_MAX / 5 + 10).await; // less than may wait for the writer at a time
    }
    let first = world.look("ann", "needle", None, None, 20).await;
    assert!(first.messages.is_empty());
    assert_eq!(first.before, Some(52), "so many were looked at, and these were not");
    assert_eq!(world.find_all("ann", "needle", None, 20).await, (vec!["the needle".into()], 2));
}

pub async fn long_messages_count_more<B: Backend>(backend: B) {
    let world = World::new(backend).await;
    world.say("bob", "ann", "the needle").await;
    let body = "蛙".repeat(20_000);
    let count = BYTES_SCANNED_MAX / body.len() + 1;
    for _ in 0..count {
        world.say("ann", "bob", &body).await;
    }
    assert_eq!(world.find_all("ann", "needle", None, 20).await, (vec!["the needle".into()], 2));
    let (_, calls) = world.find_all("ann", "a b c d", None, 20).await;
    assert!(calls >= 4, "{calls} calls for four words");
    let found = world.look("ann", "蛙", None, None, 100).await;
    let size: usize = bodies(&found.messages).iter().map(|body| body.len()).sum();
    assert!(size <= ANSWER_BYTES_MAX && found.messages.len() == ANSWER_BYTES_MAX / body.len(), "{size} bytes");
    assert_eq!(world.find_all("ann", "蛙", None, 100).await.0.len(), count, "and none is left out");
}

pub async fn a_silenced_room_is_searched_like_its_history<B: Backend>(backend: B) {
    let world = World::new(backend).await;
    for user in ["ann", "bob"] {
        world.join(user, "room1").await;
    }
    world.seat("ann", "room1", SeatChange::Blocked).await;
    world.say("bob", "room1", "said meanwhile").await;
    world.seat("ann", "room1", Unblocked).await;
    assert_eq!(world.history("ann", in_room("room1")).await, ["said meanwhile"]);
    assert_eq!(world.find("ann", "meanwhile").await, ["said meanwhile"]);
}
