//! Invisible is offline: the same history of others is played twice, once while somebody is away all the time and once while
//! they are here but invisible. Whatever anybody else can observe must be equal, order and wake-ups included.

use super::world::{Arriving, SITE, START_MS, TIMES, Tab, key, party, row, seat};
use nextim::chat::entry::{SeatChange, Seq};
use nextim::chat::id::{RoomNumber, UserNumber};
use nextim::chat::presence::{Mood, Show};
use nextim::chat::session::Dialect;
use nextim::chat::user::Identity;
use nextim::live::{Live, Packet, PollEnd, Signal, Times};
use proptest::prelude::*;
use std::fmt::Write;
use std::sync::Arc;

/// The one who is away or invisible.
const X: u32 = 1;
const OTHERS: [u32; 4] = [2, 3, 4, 5];
const ROOMS: [u32; 2] = [1, 2];
const TABS: u64 = 3;

#[derive(Debug, Clone)]
enum Step {
    /// A tab opens, or is reloaded.
    Open {
        user: u32,
        tab: u64,
        show: Option<Show>,
    },
    End {
        user: u32,
        tab: u64,
    },
    Poll {
        user: u32,
        tab: u64,
    },
    /// Takes what there is; the answer arrives or is lost.
    Take {
        user: u32,
        tab: u64,
        written: bool,
    },
    Mood {
        user: u32,
        show: Show,
        status: u8,
    },
    /// The site changes somebody's place in a room, X's too.
    Seat {
        user: u32,
        room: u32,
        change: SeatChange,
    },
    Message {
        from: u32,
        to: u32,
    },
    Typing {
        from: u32,
        to: u32,
    },
    Wait(u64),
}

fn step() -> impl Strategy<Value = Step> {
    // X acts as often as all others together.
    let user = || prop_oneof![3 => Just(X), 3 => prop::sample::select(OTHERS.to_vec())];
    let other = || prop::sample::select(OTHERS.to_vec());
    let anybody = || 1..6_u32;
    let tab = || 0..TABS;
    let show = || prop::sample::select(Show::ALL.to_vec());
    let change =
        prop::sample::select(vec![SeatChange::Joined, SeatChange::Left, SeatChange::Blocked, SeatChange::Unblocked]);
    let wait = prop_oneof![Just(50_u64), 100..3_000_u64, 3_000..30_000_u64, 110_000..130_000_u64];
    prop_oneof![
        4 => (user(), tab(), prop::option::of(show())).prop_map(|(user, tab, show)| Step::Open { user, tab, show }),
        2 => (user(), tab()).prop_map(|(user, tab)| Step::End { user, tab }),
        5 => (user(), tab()).prop_map(|(user, tab)| Step::Poll { user, tab }),
        5 => (user(), tab(), any::<bool>()).prop_map(|(user, tab, written)| Step::Take { user, tab, written }),
        3 => (user(), show(), any::<u8>()).prop_map(|(user, show, status)| Step::Mood { user, show, status }),
        2 => (anybody(), 1..3_u32, change).prop_map(|(user, room, change)| Step::Seat { user, room, change }),
        2 => (other(), anybody()).prop_map(|(from, to)| Step::Message { from, to }),
        1 => (other(), anybody()).prop_map(|(from, to)| Step::Typing { from, to }),
        4 => wait.prop_map(|ms| Step::Wait(ms / 50 * 50)),
    ]
}

/// One run of a history.
struct Run {
    live: Live,
    x_is_here: bool,
    tabs: Vec<(u32, u64, Tab)>,
    sessions: u64,
    moods: Vec<Mood>,
    seq: Seq,
    now_ms: u64,
    /// Everything the others could observe.
    observed: String,
}

impl Run {
    fn new(x_is_here: bool) -> Self {
        let mut moods = vec![Mood::default(); 6];
        moods[X as usize].show = Show::Invisible;
        Self {
            live: Live::new(TIMES, START_MS),
            x_is_here,
            tabs: Vec::new(),
            sessions: 0,
            moods,
            seq: 0,
            now_ms: START_MS,
            observed: String::new(),
        }
    }

    fn tab(&mut self, user: u32, tab: u64) -> Option<&mut Tab> {
        self.tabs.iter_mut().find(|(of, name, _)| (*of, *name) == (user, tab)).map(|(_, _, tab)| tab)
    }

    fn open(&mut self, user: u32, tab: u64, show: Option<Show>) {
        self.end(user, tab);
        self.sessions += 1;
        // Friends of everybody are those with an odd sum; the page shows the others as strangers.
        let buddies: Vec<u32> = (1..6).filter(|other| (user + other) % 2 == 1).collect();
        let strangers: Vec<UserNumber> = (1..6).filter(|other| *other != user).map(UserNumber).collect();
        let mut arriving = Arriving::new(user, &buddies, 1_000 * u64::from(user) + self.sessions);
        // One of each kind hears nothing of the rooms.
        let dialect = [Dialect::D3, Dialect::Native, Dialect::D2][usize::try_from(tab).unwrap_or(0) % 3];
        arriving = arriving.in_rooms(&ROOMS, dialect);
        arriving.member.mood = self.moods[user as usize].clone();
        arriving.show = show;
        if user == X && self.live.mood(key(X)).is_none() {
            arriving.show = show.map(|_| Show::Invisible); // a first session may choose; this one stays invisible
        }
        let holder = arriving.open_with(&self.live, &strangers, self.seq, self.now_ms);
        self.tabs.push((user, tab, Tab::new(holder)));
    }

    fn end(&mut self, user: u32, tab: u64) {
        if let Some(index) = self.tabs.iter().position(|(of, name, _)| (*of, *name) == (user, tab)) {
            let (_, _, tab) = self.tabs.swap_remove(index);
            self.live.end(&tab.holder, self.now_ms);
        }
    }

    fn take(&mut self, user: u32, name: u64, written: bool) {
        let (live, now_ms) = (&self.live, self.now_ms);
        let Some((_, _, tab)) = self.tabs.iter_mut().find(|(of, tab, _)| (*of, *tab) == (user, name)) else { return };
        while let Some(after) = live.begin_fill(&tab.holder) {
            live.finish_fill(&tab.holder, Vec::new(), after.max(self.seq), false);
        }
        let Some(end) = tab.look(live, now_ms) else { return };
        tab.answered(live, written, now_ms);
        if user == X {
            return;
        }
        match end {
            // Where the site's log ends is the same for everybody and says nothing of anybody.
            PollEnd::Packet(packet) => {
                let packet = Packet { through: 0, ..packet };
                writeln!(self.observed, "{user}/{name} gets {packet:?}").unwrap();
            }
            end => writeln!(self.observed, "{user}/{name} {end:?}").unwrap(),
        }
    }

    fn mood(&mut self, user: u32, show: Show, status: u8) {
        let show = if user == X { Show::Invisible } else { show };
        let mood = Mood { show, status: format!("status {status}").into(), status_at_ms: self.now_ms };
        self.moods[user as usize] = mood.clone();
        self.live.set_mood(key(user), mood, self.now_ms);
    }

    fn seat(&mut self, user: u32, room: u32, change: SeatChange) {
        self.seq += 1;
        self.live.change_seat(SITE, &seat(self.seq, user, room, change), self.now_ms);
        self.live.advance(SITE, self.seq);
    }

    fn message(&mut self, from: u32, to: u32) {
        self.seq += 1;
        let entry = row(self.seq, from, to, None, "x");
        for user in [from, to] {
            self.live.push(key(user), &entry, None);
        }
        self.live.advance(SITE, self.seq);
    }

    fn typing(&self, from: u32, to: u32) {
        let Some(mood) = self.live.mood(key(from)) else { return };
        if mood.show != Show::Invisible {
            let from = Arc::new(Identity { number: UserNumber(from), id: party(from).id, nick: "".into() });
            self.live.signal(key(to), &Signal::Typing { from, to: party(to).id, typing: true });
        }
    }

    fn act(&mut self, step: &Step) {
        match *step {
            Step::Open { user: X, .. } | Step::End { user: X, .. } | Step::Poll { user: X, .. } if !self.x_is_here => {}
            Step::Take { user: X, .. } | Step::Mood { user: X, .. } if !self.x_is_here => {}
            Step::Open { user, tab, show } => self.open(user, tab, show),
            Step::End { user, tab } => self.end(user, tab),
            Step::Poll { user, tab: name } => {
                let now_ms = self.now_ms;
                if let Some((_, _, tab)) = self.tabs.iter_mut().find(|(of, tab, _)| (*of, *tab) == (user, name)) {
                    tab.poll(&self.live, now_ms);
                }
                self.take(user, name, true);
            }
            Step::Take { user, tab, written } => self.take(user, tab, written),
            Step::Mood { user, show, status } => self.mood(user, show, status),
            Step::Seat { user, room, change } => self.seat(user, room, change),
            Step::Message { from, to } => self.message(from, to),
            Step::Typing { from, to } => self.typing(from, to),
            Step::Wait(ms) => {
                for _ in 0..ms / 50 {
                    self.now_ms += 50;
                    self.live.tick(self.now_ms);
                    let others = self.tabs.iter().filter(|(user, ..)| *user != X);
                    let wakes: usize = others.map(|(_, _, tab)| tab.wakes()).sum();
                    write!(self.observed, "{wakes} ").unwrap();
                }
            }
        }
    }

    /// All that others may ask.
    fn look_around(&mut self) {
        for user in 1..6 {
            write!(self.observed, "\n{user} is {:?}", self.live.visible(key(user))).unwrap();
        }
        for user in OTHERS {
            write!(self.observed, "\n{user} sees {:?}", self.live.online_buddies(key(user))).unwrap();
            let wakes: Vec<usize> = (0..TABS).map(|tab| self.tab(user, tab).map_or(0, |tab| tab.wakes())).collect();
            write!(self.observed, ", woken {wakes:?}").unwrap();
        }
        for room in ROOMS.map(|room| SITE.room(RoomNumber(room))) {
            let (count, all) = (self.live.room_online_count(room), self.live.room_online(room, 100));
            let some = self.live.room_online(room, 2);
            writeln!(self.observed, "\n{room:?}: {count} online, {all:?}, at most two: {some:?}").unwrap();
        }
    }
}

proptest! {
    #![proptest_config(super::config())]

    /// Negative controls: let `Visible::of` ignore `Invisible`, let `take_seats` seat everybody as visible, or let `apply`
    /// tell buddies although nothing visible changed, or `change_seat` tell a room of somebody who is not seen.
    #[test]
    fn nobody_can_tell_invisible_from_offline(steps in prop::collection::vec(step(), 1..60)) {
        let (mut away, mut invisible) = (Run::new(false), Run::new(true));
        for (index, step) in steps.iter().enumerate() {
            for run in [&mut away, &mut invisible] {
                run.observed.clear();
                run.act(step);
                run.look_around();
            }
            let differs = away.observed.lines().zip(invisible.observed.lines()).find(|(away, here)| away != here);
            prop_assert!(away.observed == invisible.observed, "after step {}, {:?}: {:#?}", index, step, differs);
        }
    }
}

/// Not even when somebody invisible goes: a friend's poll that is held all the time is never woken.
///
/// Negative control: let `apply` tell the rooms although nothing visible changed.
#[test]
fn nothing_an_invisible_member_does_wakes_a_friend() {
    let mut run = Run::new(true);
    run.live = Live::new(Times { poll_hold_ms: 600_000, ..TIMES }, START_MS);
    run.open(2, 0, None);
    run.act(&Step::Wait(5_000));
    run.act(&Step::Poll { user: 2, tab: 0 });
    for round in 0..3 {
        run.open(X, 0, Some(Show::Invisible));
        run.open(X, 1, None);
        run.mood(X, Show::Available, round);
        run.act(&Step::Poll { user: X, tab: 1 });
        run.seat(X, 1, SeatChange::Blocked);
        run.end(X, 0);
        run.act(&Step::Wait(3_000));
        run.end(X, 1);
        run.act(&Step::Wait(130_000));
        assert!(run.live.mood(key(X)).is_none(), "X has gone");
        let tab = run.tab(2, 0).expect("it is open");
        assert_eq!(tab.wakes(), 0, "round {round}");
    }
}

/// The plays would prove nothing if nobody ever saw anybody.
#[test]
fn somebody_who_is_not_invisible_is_seen_in_every_way() {
    let mut run = Run::new(true);
    for user in [2, X] {
        run.open(user, 0, None);
    }
    run.act(&Step::Poll { user: 2, tab: 0 });
    run.take(2, 0, true);
    run.observed.clear();
    run.act(&Step::Poll { user: 2, tab: 0 });
    run.live.set_mood(key(X), Mood::default(), run.now_ms);
    run.look_around();
    run.act(&Step::Wait(2_000));
    run.take(2, 0, true);
    for seen in
        ["1 is Online", "2 sees [(Identity { number: UserNumber(1)", "2 online", "kind: Online", "kind: RoomOnline"]
    {
        assert!(run.observed.contains(seen), "{seen} is not in {}", run.observed);
    }
}
