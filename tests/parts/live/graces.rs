//! Presence over several tabs: one `online` when the first comes, one `offline` when the last is gone and the graces are
//! over, and nothing at all for a reload.

use super::world::{Arriving, START_MS, TIMES, Tab, key};
use nextim::chat::presence::NoticeKind::{self, Offline, Online, Show};
use nextim::live::{Arrival, Cut, Live};
use proptest::prelude::*;
use std::collections::BTreeMap;

const TICK: u64 = nextim::live::TICK_MS;

/// Ann (1), and her friend Bob (2), who listens all the time.
struct Play {
    live: Live,
    bob: Tab,
    now_ms: u64,
}

impl Play {
    fn new() -> Self {
        let live = Live::new(TIMES, START_MS);
        let bob = Tab::new(Arriving::new(2, &[1], 1).open(&live, 0, START_MS));
        Self { live, bob, now_ms: START_MS }
    }

    fn ann(&self, session: u64) -> Tab {
        Tab::new(Arriving::new(1, &[2], session).open(&self.live, 0, self.now_ms))
    }

    /// What Bob hears until then, in milliseconds from now.
    fn hear(&mut self, for_ms: u64) -> Vec<(u64, NoticeKind)> {
        let from_ms = self.now_ms;
        self.now_ms += for_ms;
        let heard = self.bob.hear(&self.live, from_ms, self.now_ms);
        heard.into_iter().map(|(at_ms, _, kind)| (at_ms - from_ms, kind)).collect()
    }

    fn kinds(&mut self, for_ms: u64) -> Vec<NoticeKind> {
        self.hear(for_ms).into_iter().map(|(_, kind)| kind).collect()
    }
}

#[test]
fn an_explicit_end_is_heard_once_after_one_grace() {
    let mut play = Play::new();
    let mut ann = play.ann(1);
    ann.poll(&play.live, play.now_ms);
    assert_eq!(play.kinds(3_000), [Online]);
    play.live.end(&ann.holder, play.now_ms);
    let heard = play.hear(60_000);
    let [(at_ms, Offline)] = heard[..] else { panic!("{heard:?}") };
    assert!((TIMES.user_grace_ms..=TIMES.user_grace_ms + 2 * TICK).contains(&at_ms), "offline after {at_ms} ms");
}

#[test]
fn a_silent_tab_is_heard_once_after_both_graces() {
    let mut play = Play::new();
    let mut ann = play.ann(1);
    ann.poll(&play.live, play.now_ms);
    assert_eq!(play.kinds(3_000), [Online]);
    ann.answered(&play.live, false, play.now_ms); // its connection has closed
    let both = TIMES.session_grace_ms + TIMES.user_grace_ms;
    let heard = play.hear(60_000);
    let [(at_ms, Offline)] = heard[..] else { panic!("{heard:?}") };
    assert!((both..=both + 3 * TICK).contains(&at_ms), "offline after {at_ms} ms");
    ann.poll(&play.live, play.now_ms);
    assert_eq!(play.kinds(1_000), [Online], "it was asleep and comes back with the same ticket");
}

#[test]
fn a_reload_inside_the_grace_is_not_heard() {
    let mut play = Play::new();
    let mut ann = play.ann(1);
    assert_eq!(play.kinds(2_000), [Online]);
    for (session, away_ms) in [(2, 50), (3, 4_000), (4, TIMES.user_grace_ms - TICK)] {
        ann.poll(&play.live, play.now_ms);
        play.live.end(&ann.holder, play.now_ms);
        assert_eq!(play.kinds(away_ms), [], "away for {away_ms} ms");
        ann = play.ann(session);
        assert_eq!(play.kinds(2_000), [], "back after {away_ms} ms");
    }
    let silent = TIMES.session_grace_ms + TIMES.user_grace_ms - 3_000;
    assert_eq!(play.kinds(silent), [], "a page that was closed without a word");
    play.ann(5);
    assert_eq!(play.kinds(2_000), []);
}

/// The last session ends here too, so the same grace is due (a page's client opens a new ticket in it).
#[test]
fn a_ticket_that_expires_under_a_held_poll_leaves_the_same_grace() {
    let mut play = Play::new();
    let arriving = Arriving::new(1, &[2], 1);
    let arrival = Arrival { expires_at_ms: START_MS + 10_000, ..arriving.arrival() };
    play.live.arrive(arrival, START_MS);
    play.live.open(&arriving.holder(), &[], &[], Cut { through: 0, more: false, rows: false }, START_MS);
    let mut ann = Tab::new(arriving.holder());
    ann.poll(&play.live, START_MS);
    assert_eq!(play.kinds(10_500), [Online], "the ticket has just ended");
    play.ann(2);
    assert_eq!(play.kinds(5_000), [], "a new one within the grace");
}

#[test]
fn many_tabs_are_one_presence() {
    let mut play = Play::new();
    let mut tabs: Vec<Tab> = (1..=5).map(|session| play.ann(session)).collect();
    tabs.iter_mut().for_each(|tab| tab.poll(&play.live, play.now_ms));
    assert_eq!(play.kinds(2_000), [Online]);
    let mut last = tabs.remove(0);
    for tab in tabs {
        play.live.end(&tab.holder, play.now_ms);
        assert_eq!(play.kinds(20_000), [], "another tab is still there");
        last.poll(&play.live, play.now_ms);
    }
    play.live.end(&last.holder, play.now_ms);
    assert_eq!(play.kinds(20_000), [Offline]);
    assert_eq!(play.live.mood(key(1)), None, "nothing of her stays in memory");
}

#[derive(Debug, Clone, Copy)]
enum Step {
    Open(u64),
    End(u64),
    Poll(u64),
    Answered(u64, bool),
    Wait(u64),
}

fn step() -> impl Strategy<Value = Step> {
    let wait = prop_oneof![Just(50_u64), 100..2_000_u64, 2_000..9_000_u64];
    prop_oneof![
        3 => (1..4_u64).prop_map(Step::Open),
        2 => (1..4_u64).prop_map(Step::End),
        4 => (1..4_u64).prop_map(Step::Poll),
        3 => (1..4_u64, any::<bool>()).prop_map(|(tab, written)| Step::Answered(tab, written)),
        6 => wait.prop_map(|ms| Step::Wait(ms / TICK * TICK)),
    ]
}

/// The plain rule: a tab is there while it polls and for a grace after; whoever has been there stays online for another.
#[derive(Default)]
struct Model {
    /// Tabs, and since when each is idle (`None`: it polls).
    tabs: BTreeMap<u64, Option<u64>>,
    /// Until when a tab that has ended was there.
    ended: u64,
}

impl Model {
    fn end(&mut self, tab: u64, now_ms: u64) {
        let Some(idle) = self.tabs.remove(&tab) else { return };
        let until = idle.map_or(now_ms, |since| now_ms.min(since + TIMES.session_grace_ms));
        self.ended = self.ended.max(until);
    }

    /// Until when she is online; `None` if without end.
    fn until(&self) -> Option<u64> {
        let tabs = self.tabs.values().map(|idle| idle.map(|since| since + TIMES.session_grace_ms));
        let last = tabs.chain([Some(self.ended)]).reduce(|a, b| a.zip(b).map(|(a, b)| a.max(b))).flatten();
        last.map(|last| if last == 0 { 0 } else { last + TIMES.user_grace_ms })
    }
}

proptest! {
    #![proptest_config(super::config())]

    /// Negative control: start the grace in `User::remove` whether the session was present or not, and this fails.
    #[test]
    fn presence_follows_the_plain_rule(steps in prop::collection::vec(step(), 1..40)) {
        let (mut play, mut model, mut tabs) = (Play::new(), Model::default(), BTreeMap::<u64, Tab>::new());
        let (mut session, mut heard) = (10, Vec::new());
        for step in steps.into_iter().chain([Step::Wait(40_000)]) {
            let now_ms = play.now_ms;
            match step {
                Step::Open(tab) if !tabs.contains_key(&tab) => {
                    session += 1;
                    tabs.insert(tab, play.ann(session));
                    model.tabs.insert(tab, Some(now_ms));
                }
                Step::End(tab) => {
                    if let Some(tab) = tabs.remove(&tab) {
                        play.live.end(&tab.holder, now_ms);
                    }
                    model.end(tab, now_ms);
                }
                Step::Poll(tab) => {
                    if let Some(open) = tabs.get_mut(&tab) {
                        open.poll(&play.live, now_ms);
                        prop_assert!(open.poll.is_some());
                        model.tabs.insert(tab, None);
                    }
                }
                Step::Answered(tab, written) => {
                    if let Some(open) = tabs.get_mut(&tab).filter(|tab| tab.poll.is_some()) {
                        open.answered(&play.live, written, now_ms);
                        model.tabs.insert(tab, Some(now_ms));
                    }
                }
                Step::Wait(ms) => {
                    for _ in 0..ms / TICK {
                        heard.extend(play.kinds(TICK));
                        let (now_ms, until) = (play.now_ms, model.until());
                        let online = play.live.visible(key(1)).is_online();
                        prop_assert!(online || until.is_some_and(|until| now_ms >= until), "offline too early");
                        let late = until.is_some_and(|until| now_ms > until + 2 * TICK);
                        prop_assert!(!(online && late), "online {until:?}, and still at {now_ms}");
                    }
                }
                Step::Open(_) => {}
            }
        }
        // Coming back in the very tick in which the grace ends is told as a change of state: gone and here again in one.
        heard.retain(|kind| *kind != Show);
        let turns: Vec<NoticeKind> = [Online, Offline].into_iter().cycle().take(heard.len()).collect();
        prop_assert_eq!(&heard, &turns, "online and offline must take turns");
    }
}
