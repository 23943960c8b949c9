//! A page changes whom it shows: what the call answers and what the stream tells add up to what is, whatever happens around.

use super::config;
use super::world::{Arriving, START_MS, TIMES, Tab, key};
use nextim::chat::id::UserNumber;
use nextim::chat::presence::{Mood, NoticeKind, Show, Visible};
use nextim::live::{Live, Packet, PollEnd, Times};
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::sync::{Arc, Barrier};

/// The page's member; 2 to 4 are those it may show, and 4 is also a friend.
const OWN: u32 = 1;

struct Play {
    live: Arc<Live>,
    tab: Tab,
    /// What the page believes of those it shows.
    believed: BTreeMap<u32, bool>,
    /// An answer on its way.
    flying: Option<Packet>,
    now_ms: u64,
}

impl Play {
    /// 2 has these friends, who are not here.
    fn new(friends: &[u32]) -> Self {
        let live = Arc::new(Live::new(Times { presence_wake_ms: 0, ..TIMES }, START_MS));
        for user in 2..=4 {
            let friends = [friends, &[], &[OWN]][user as usize - 2];
            let holder = Arriving::new(user, friends, 7).open(&live, 0, START_MS);
            Tab::new(holder).poll(&live, START_MS); // held all the time
        }
        let holder = Arriving::new(OWN, &[4], 1).open(&live, 0, START_MS);
        Self { live, tab: Tab::new(holder), believed: BTreeMap::new(), flying: None, now_ms: START_MS }
    }

    fn watch(&mut self, people: &[u32]) {
        let numbers: Vec<UserNumber> = people.iter().map(|user| UserNumber(*user)).collect();
        let seen = self.live.watch(&self.tab.holder, &numbers).expect("a live session");
        self.believed = people.iter().copied().zip(seen.iter().map(Visible::is_online)).collect();
    }

    /// Polls, and takes what there is; it is on its way then.
    fn take(&mut self) {
        if self.flying.is_none() {
            self.now_ms += 1;
            self.tab.poll(&self.live, self.now_ms);
            match self.tab.look(&self.live, self.now_ms) {
                Some(PollEnd::Packet(packet)) => self.flying = Some(packet),
                _ => self.tab.answered(&self.live, false, self.now_ms),
            }
        }
    }

    fn land(&mut self, arrives: bool) {
        let Some(packet) = self.flying.take() else { return };
        self.tab.answered(&self.live, arrives, self.now_ms);
        for notice in packet.presences.iter().filter(|_| arrives) {
            if let Some(online) = self.believed.get_mut(&notice.who.number.0) {
                *online = notice.kind != NoticeKind::Offline;
            }
        }
    }

    /// Everything has arrived: what the page believes is what is.
    fn end(&mut self) -> Result<(), String> {
        self.land(true);
        for _ in 0..3 {
            self.take();
            self.land(true);
        }
        let is = self.believed.keys().map(|user| (*user, self.live.visible(key(*user)).is_online())).collect();
        if self.believed == is {
            Ok(())
        } else {
            Err(format!("the page believes {:?}, and it is {is:?}", self.believed))
        }
    }
}

fn set(live: &Live, user: u32, show: Show, now_ms: u64) {
    live.set_mood(key(user), Mood { show, ..Mood::default() }, now_ms);
}

#[derive(Debug, Clone)]
enum Act {
    Set(u32, Show),
    Watch(Vec<u32>),
    Take,
    Land(bool),
}

fn act() -> impl Strategy<Value = Act> {
    let show = prop_oneof![4 => Just(Show::Available), 1 => Just(Show::Away), 5 => Just(Show::Invisible)];
    let people = proptest::sample::subsequence(vec![2, 3, 4], 0..=3);
    prop_oneof![
        6 => (prop_oneof![4 => Just(2_u32), 1 => Just(3), 1 => Just(4)], show).prop_map(|(user, show)| Act::Set(user, show)),
        3 => prop_oneof![1 => people, 2 => Just(vec![2, 3])].prop_map(Act::Watch),
        1 => Just(Act::Take),
        1 => any::<bool>().prop_map(Act::Land),
    ]
}

proptest! {
    #![proptest_config(config())]

    /// Negative control: tell nothing `again` in `Session::watch`; or leave `told` out there.
    #[test]
    fn a_page_believes_what_is(acts in proptest::collection::vec(act(), 1..50)) {
        let mut play = Play::new(&[]);
        for act in acts {
            match act {
                Act::Set(user, show) => set(&play.live, user, show, play.now_ms),
                Act::Watch(people) => play.watch(&people),
                Act::Take => play.take(),
                Act::Land(arrives) => play.land(arrives),
            }
        }
        if let Err(wrong) = play.end() {
            prop_assert!(false, "{}", wrong);
        }
    }
}

/// The case in short: she came before the call and leaves after it, and the stream has said neither yet.
#[test]
fn who_leaves_after_the_answer_is_told_to_have_left() {
    let mut play = Play::new(&[]);
    set(&play.live, 2, Show::Invisible, START_MS);
    play.watch(&[2]);
    set(&play.live, 2, Show::Available, START_MS);
    play.watch(&[2, 3]);
    assert_eq!(play.believed, BTreeMap::from([(2, true), (3, true)]));
    set(&play.live, 2, Show::Invisible, START_MS);
    play.end().unwrap();
    assert_eq!(play.believed, BTreeMap::from([(2, false), (3, true)]));
}

/// The same with a change at any moment of a long call. Negative control: look before watching, in `Live::watch`.
#[test]
fn a_change_during_the_call_is_not_lost() {
    // Others around her make the call long.
    let people: Vec<u32> = (2..=4_000).collect();
    for round in 0..150_u32 {
        let mut play = Play::new(&[]);
        set(&play.live, 2, Show::Invisible, START_MS);
        let (live, start) = (Arc::clone(&play.live), Arc::new(Barrier::new(2)));
        let started = Arc::clone(&start);
        let changing = std::thread::spawn(move || {
            started.wait();
            for _ in 0..round * 100 {
                std::hint::spin_loop();
            }
            set(&live, 2, Show::Available, START_MS);
        });
        start.wait();
        play.watch(&people);
        changing.join().expect("no panic");
        if let Err(wrong) = play.end() {
            panic!("round {round}: {wrong}");
        }
    }
}

/// A change that the answer has already, but that reaches the page's session after it. Negative control: let
/// `Session::mark` forget `is_late`.
#[test]
fn a_change_that_comes_late_is_not_lost() {
    // Her many friends are told first.
    let friends: Vec<u32> = (1_000..30_000).collect();
    for round in 0..20 {
        let mut play = Play::new(&friends);
        set(&play.live, 2, Show::Invisible, START_MS);
        let live = Arc::clone(&play.live);
        let changing = std::thread::spawn(move || {
            set(&live, 2, Show::Available, START_MS);
            set(&live, 2, Show::Invisible, START_MS);
        });
        while !play.live.visible(key(2)).is_online() && !changing.is_finished() {
            std::hint::spin_loop();
        }
        play.watch(&[2, 3]);
        changing.join().expect("no panic");
        if let Err(wrong) = play.end() {
            panic!("round {round}: {wrong}");
        }
    }
}

#[test]
fn who_is_not_shown_any_more_is_not_told_of() {
    let mut play = Play::new(&[]);
    play.watch(&[2, 4]);
    play.watch(&[3]);
    for user in 2..=4 {
        set(&play.live, user, Show::Dnd, START_MS);
    }
    play.take();
    let packet = play.flying.as_ref().expect("something to tell");
    let mut told: Vec<u32> = packet.presences.iter().map(|notice| notice.who.number.0).collect();
    told.sort_unstable();
    assert_eq!(told, [3, 4], "the new stranger, and the friend as ever");
}

#[test]
fn a_session_that_has_ended_watches_nobody() {
    let mut play = Play::new(&[]);
    play.watch(&[2]);
    play.live.end(&play.tab.holder, START_MS);
    assert_eq!(play.live.watch(&play.tab.holder, &[UserNumber(2)]), None);
}
