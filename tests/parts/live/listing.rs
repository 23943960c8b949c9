//! Sessions that a site opens: who they list sees them and is seen, rooms are heard while they are listed, and what one of them
//! leaves unconfirmed is the next one's.

use super::world::{Arriving, SITE, START_MS, TIMES, Tab, key, party};
use nextim::chat::entry::{Addressee, Entry, Message, Seat, SeatChange, Seq, SharedEntry};
use nextim::chat::id::{RoomId, RoomKey, RoomNumber, UserNumber};
use nextim::chat::listed::{Listed, SiteCut};
use nextim::chat::presence::NoticeKind::{Offline, Online};
use nextim::chat::presence::Show;
use nextim::live::{Arrival, Holder, Listing, Live};
use proptest::prelude::*;
use std::sync::Arc;

const R1: RoomNumber = RoomNumber(1);

fn room(number: RoomNumber) -> RoomKey {
    SITE.room(number)
}

fn named(number: RoomNumber) -> (RoomNumber, RoomId) {
    (number, RoomId::parse(&format!("room{}", number.0)).unwrap())
}

/// The site opens a session at a log with `head` rows, of which those after `old` are young.
fn site_opens(
    live: &Live,
    arriving: &Arriving,
    people: &[u32],
    rooms: &[RoomNumber],
    (old, head): (Seq, Seq),
    now_ms: u64,
) -> (Holder, Listed) {
    let listed = Listed::from(rooms.iter().copied(), 0);
    let listing = Some(Listing { listed, rooms: rooms.iter().map(|number| named(*number)).collect() });
    live.arrive(Arrival { listing, ..arriving.arrival() }, now_ms);
    let people: Vec<UserNumber> = people.iter().map(|number| UserNumber(*number)).collect();
    let holder = arriving.holder();
    let (listed, _) = live.open_listed(&holder, &people, rooms, SiteCut { old, head }, now_ms);
    (holder, listed)
}

fn in_room(seq: Seq, from: u32, number: RoomNumber) -> SharedEntry {
    let (number, id) = named(number);
    let (nick, style, body): (Box<str>, Box<str>, Box<str>) = ("".into(), "".into(), "x".into());
    let to = Addressee::Room { number, id };
    let from = party(from);
    Arc::new(Entry::Message(Message { seq, at_ms: 0, from, nick, to, style, body, origin: None, hidden: false }))
}

/// As `deliver` hands a room's row out.
fn say(live: &Live, seq: Seq, from: u32, number: RoomNumber) {
    let entry = in_room(seq, from, number);
    for seated in live.seated(room(number)) {
        live.push_in_room(room(number), seated, &entry, None);
    }
    live.advance(SITE, seq);
}

/// Ann's site lists Bob; Bob's page, which is there already, does not list Ann.
///
/// Negative control: leave `listed` out of `apply`, and Bob hears nothing of Ann.
#[test]
fn who_is_listed_sees_the_one_who_lists_them() {
    let live = Live::new(TIMES, START_MS);
    let mut bob = Tab::new(site_opens(&live, &Arriving::new(2, &[], 1), &[], &[], (0, 0), START_MS).0);
    bob.poll(&live, START_MS);
    let ann = site_opens(&live, &Arriving::new(1, &[], 2), &[2], &[], (0, 0), START_MS).0;
    let heard = bob.hear(&live, START_MS, START_MS + 2_000);
    assert_eq!(heard.iter().map(|(_, who, kind)| (*who, *kind)).collect::<Vec<_>>(), [(1, Online)]);
    live.end(&ann, START_MS + 2_000);
    let heard = bob.hear(&live, START_MS + 2_000, START_MS + 60_000);
    let [(at_ms, 1, Offline)] = heard[..] else { panic!("{heard:?}") };
    assert!((10_000..11_200).contains(&(at_ms - START_MS)), "after the grace, not at once: {at_ms}");
    assert_eq!(live.visible(key(1)).word(), "offline");
}

/// Negative control: let `leave` keep nothing, and the room is one short between the pages.
#[test]
fn between_two_pages_nobody_sees_anything() {
    let live = Live::new(TIMES, START_MS);
    let mut bob = Tab::new(site_opens(&live, &Arriving::new(2, &[], 1), &[1], &[R1], (0, 0), START_MS).0);
    bob.poll(&live, START_MS);
    let ann = site_opens(&live, &Arriving::new(1, &[], 2), &[2], &[R1], (0, 0), START_MS).0;
    bob.hear(&live, START_MS, START_MS + 2_000);
    assert_eq!(live.room_online_count(room(R1)), 2);
    live.end(&ann, START_MS + 2_000);
    assert_eq!(live.room_online_count(room(R1)), 2, "in the grace");
    site_opens(&live, &Arriving::new(1, &[], 3), &[2], &[RoomNumber(2)], (0, 0), START_MS + 5_000);
    let counts = |number| live.room_online_count(room(number));
    assert_eq!((counts(R1), counts(RoomNumber(2))), (1, 1), "the new page lists other rooms");
    assert!(bob.hear(&live, START_MS + 2_000, START_MS + 12_000).is_empty());
}

/// Negative control: let `push_in_room` push to every session of the user.
#[test]
fn a_room_is_heard_by_pages_that_list_it_and_by_pages_of_listening_members() {
    let live = Live::new(TIMES, START_MS);
    let plugin = site_opens(&live, &Arriving::new(1, &[], 1), &[], &[R1], (0, 0), START_MS).0;
    let quiet = site_opens(&live, &Arriving::new(1, &[], 2), &[], &[], (0, 0), START_MS).0;
    let own = Arriving::new(1, &[], 3).open(&live, 0, START_MS);
    let hears = |holder: Holder| {
        let mut tab = Tab::new(holder);
        let packet = tab.listen(&live, START_MS + 10).unwrap_or_default();
        packet.entries.iter().map(|entry| entry.seq()).collect::<Vec<_>>()
    };
    let seat = |seq, change| {
        live.change_seat(
            SITE,
            &Seat { seq, at_ms: 0, user: party(1), room: R1, room_id: named(R1).1, change },
            START_MS,
        );
        live.advance(SITE, seq);
    };
    say(&live, 1, 9, R1);
    seat(2, SeatChange::Joined);
    say(&live, 3, 9, R1);
    seat(4, SeatChange::Blocked);
    say(&live, 5, 9, R1);
    assert!(
        live.relist(&plugin, &named(R1), false, START_MS).is_some()
            && live.relist(&plugin, &named(R1), false, START_MS).is_none()
    );
    say(&live, 6, 9, R1);
    assert_eq!((hears(plugin), hears(quiet), hears(own)), (vec![1, 3, 5], vec![], vec![3]));
}

/// Where an answer with row 2 was on its way; row 1 had been confirmed.
fn page_with_row_2_on_its_way(live: &Live) -> Tab {
    let mut tab = Tab::new(site_opens(live, &Arriving::new(1, &[], 1), &[], &[R1], (0, 0), START_MS).0);
    tab.poll(live, START_MS);
    say(live, 1, 2, R1);
    assert_eq!(tab.listen(live, START_MS).unwrap().entries.len(), 1);
    tab.poll(live, START_MS); // confirms it
    say(live, 2, 2, R1);
    tab.answered(live, false, START_MS); // its connection has closed
    tab
}

fn opens_next(live: &Live, session: u64, old: Seq, now_ms: u64) -> (Holder, Listed) {
    site_opens(live, &Arriving::new(1, &[], session), &[], &[R1], (old, live.position(SITE)), now_ms)
}

/// Negative control: let `leave` keep nothing, or `inheritance` look at no other session.
#[test]
fn what_a_page_did_not_confirm_is_for_the_next_one() {
    for ends_first in [true, false] {
        let live = Live::new(TIMES, START_MS);
        let tab = page_with_row_2_on_its_way(&live);
        if ends_first {
            live.end(&tab.holder, START_MS);
            say(&live, 3, 2, R1);
        }
        let (next, listed) = opens_next(&live, 2, 0, START_MS + 3_000);
        assert!(!listed.has(R1, 1) && listed.has(R1, 2) && listed.has(R1, live.position(SITE) + 1), "{listed:?}");
        assert_eq!(
            listed.has(R1, 3),
            !ends_first,
            "what was said while no page was there stands in the site's history"
        );
        assert_eq!((live.begin_fill(&next), live.listed(&next)), (Some(1), Some(listed)), "it reads the log for them");
    }
}

/// Negative controls: let `wait` say that nothing does, and what is left goes with the visit; leave `clip` out of `open_listed`.
#[test]
fn it_waits_beyond_the_visit_but_not_longer_than_the_site_says() {
    for (after_ms, old, comes) in [(30_000, 0, true), (30_000, 2, false), (700_000, 0, false)] {
        let live = Live::new(TIMES, START_MS);
        let tab = page_with_row_2_on_its_way(&live);
        live.end(&tab.holder, START_MS);
        for at_ms in (START_MS..START_MS + after_ms).step_by(1_000) {
            live.tick(at_ms);
        }
        assert!(live.mood(key(1)).is_none() && live.seated(room(R1)).is_empty(), "the visit is over");
        let (_, listed) = opens_next(&live, 2, old, START_MS + after_ms);
        assert_eq!(listed.has(R1, 2), comes, "{after_ms} {old}");
    }
}

/// Two pages; one joins a room that the other does not list. Each is told what its own rooms said, and the next page what either had
/// on its way.
///
/// Negative control: let `unconfirmed` look at no other page, and the third is told what the second has confirmed.
#[test]
fn what_one_page_confirmed_is_not_told_again_because_another_did_not() {
    let live = Live::new(TIMES, START_MS);
    let first = page_with_row_2_on_its_way(&live);
    let (second, _) = opens_next(&live, 2, 0, START_MS + 1_000);
    let mut tab = Tab::new(second);
    assert_eq!(live.begin_fill(&second), Some(1));
    live.finish_fill(&second, vec![in_room(2, 2, R1)], 2, false);
    assert_eq!(tab.listen(&live, START_MS + 1_000).unwrap().entries.len(), 1);
    tab.poll(&live, START_MS + 1_100); // confirms row 2
    live.relist(&second, &named(RoomNumber(2)), true, START_MS + 1_100);
    say(&live, 3, 2, RoomNumber(2));
    tab.answered(&live, false, START_MS + 1_200);
    live.end(&first.holder, START_MS + 1_300);
    let (_, third) = opens_next(&live, 3, 0, START_MS + 2_000);
    assert!(!third.has(R1, 2) && third.has(RoomNumber(2), 3) && !third.has(RoomNumber(2), 4), "{third:?}");
}

/// The second page does not list what lies between, confirms the row, and goes; the first has never come back.
///
/// Negative control: let `leave` not remember what was confirmed.
#[test]
fn what_a_page_confirmed_that_has_gone_is_not_told_again() {
    let live = Live::new(TIMES, START_MS);
    let first = page_with_row_2_on_its_way(&live);
    live.advance(SITE, 20); // rows of other people
    let (second, _) = opens_next(&live, 2, 10, START_MS + 1_000);
    let mut tab = Tab::new(second);
    tab.poll(&live, START_MS + 1_000);
    if live.begin_fill(&second).is_some() {
        live.finish_fill(&second, vec![], 20, false);
    }
    say(&live, 21, 2, R1);
    assert_eq!(tab.listen(&live, START_MS + 1_000).unwrap().entries.len(), 1);
    tab.poll(&live, START_MS + 1_100); // confirms row 21
    tab.answered(&live, false, START_MS + 1_200);
    let (third, listed) = opens_next(&live, 3, 10, START_MS + 2_000);
    assert!(!listed.has(R1, 21) && live.acked(&third).is_some(), "while it is there: {listed:?}");
    live.end(&third, START_MS + 2_100);
    live.end(&second, START_MS + 2_200);
    let (_, listed) = opens_next(&live, 4, 10, START_MS + 3_000);
    assert!(!listed.has(R1, 21), "when it has gone: {listed:?}");
    live.end(&first.holder, START_MS + 3_100);
    let (_, listed) = opens_next(&live, 5, 10, START_MS + 4_000);
    assert!(!listed.has(R1, 21), "when the first has gone, too: {listed:?}");
}

/// Negative control: let `forget_left` drop nothing.
#[test]
fn who_stays_by_another_page_is_not_in_the_rooms_of_the_one_that_closed() {
    let live = Live::new(TIMES, START_MS);
    let plugin = site_opens(&live, &Arriving::new(1, &[], 1), &[], &[R1], (0, 0), START_MS).0;
    let mut own = Tab::new(Arriving::new(1, &[], 2).open(&live, 0, START_MS));
    own.poll(&live, START_MS);
    live.end(&plugin, START_MS + 1_000);
    assert_eq!(live.room_online_count(room(R1)), 1, "in the grace");
    for at_ms in (START_MS + 1_000..START_MS + 20_000).step_by(1_000) {
        live.tick(at_ms);
    }
    assert_eq!((live.room_online_count(room(R1)), live.visible(key(1)).word()), (0, "online"));
}

/// However often a page is opened anew, what is kept does not grow.
///
/// Negative control: let `inherit` keep what touches apart.
#[test]
fn many_reloads_leave_little() {
    let live = Live::new(TIMES, START_MS);
    let mut last = page_with_row_2_on_its_way(&live).holder;
    for at in 0..500 {
        say(&live, 3 + at, 2, R1);
        let (next, listed) = opens_next(&live, 2 + at, 0, START_MS + at);
        assert!(listed.stretches().len() == 1 && listed.has(R1, 2) && listed.has(R1, 3 + at), "{listed:?}");
        live.end(&last, START_MS + at);
        last = next;
    }
}

/// Negative control: let `finish_fill` take what was read for other rooms.
#[test]
fn a_room_that_is_listed_during_a_read_is_read_too() {
    let live = Live::new(TIMES, START_MS);
    live.advance(SITE, 5);
    let holder = site_opens(&live, &Arriving::new(1, &[], 1), &[], &[], (2, 5), START_MS).0;
    assert_eq!(live.begin_fill(&holder), Some(2));
    assert!(live.relist(&holder, &named(R1), true, START_MS).is_some());
    say(&live, 6, 2, R1);
    live.finish_fill(&holder, vec![], 6, false);
    assert_eq!(live.begin_fill(&holder), Some(2), "once more");
    live.finish_fill(&holder, vec![in_room(6, 2, R1)], 6, false);
    assert_eq!(Tab::new(holder).listen(&live, START_MS).unwrap().entries.len(), 1);
}

#[test]
fn a_new_name_is_the_name_from_then_on() {
    let live = Live::new(TIMES, START_MS);
    let holder = site_opens(&live, &Arriving::new(1, &[], 1), &[], &[], (0, 0), START_MS).0;
    live.rename(key(1), "Anna");
    assert_eq!(&*live.touch(&holder).unwrap().0.nick, "Anna");
}

#[derive(Debug, Clone)]
enum Step {
    Open { user: u32, rooms: Vec<u32>, show: bool },
    Browse { user: u32 },
    End { index: usize },
    Relist { index: usize, room: u32, lists: bool },
    Pass { ms: u64 },
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        (1..4_u32, proptest::collection::vec(1..4_u32, 0..3), any::<bool>())
            .prop_map(|(user, rooms, show)| Step::Open { user, rooms, show }),
        (1..4_u32).prop_map(|user| Step::Browse { user }),
        (0..6_usize).prop_map(|index| Step::End { index }),
        (0..6_usize, 1..4_u32, any::<bool>()).prop_map(|(index, room, lists)| Step::Relist { index, room, lists }),
        (0..9_000_u64).prop_map(|ms| Step::Pass { ms }),
    ]
}

proptest! {
    /// Whatever happens, a room counts those who are seen online and nobody else, and when all is over nobody is left in it.
    ///
    /// Negative controls: leave `unlist` out of `bequeath`; let `Room::change` keep an empty seat.
    #[test]
    fn rooms_hold_who_is_there_and_nobody_else(steps in proptest::collection::vec(step(), 1..40)) {
        let live = Live::new(TIMES, START_MS);
        let (mut now_ms, mut sessions, mut holders) = (START_MS, 0, Vec::<Holder>::new());
        for step in steps {
            sessions += 1;
            match step {
                Step::Open { user, rooms, show } => {
                    let show = Some(if show { Show::Available } else { Show::Invisible });
                    let arriving = Arriving { show, ..Arriving::new(user, &[], sessions) };
                    let rooms: Vec<RoomNumber> = rooms.into_iter().map(RoomNumber).collect();
                    holders.push(site_opens(&live, &arriving, &[1, 2], &rooms, (0, 0), now_ms).0);
                }
                Step::Browse { user } => holders.push(Arriving::new(user, &[], sessions).open(&live, 0, now_ms)),
                Step::End { index } if index < holders.len() => live.end(&holders.swap_remove(index), now_ms),
                Step::Relist { index, room, lists } if index < holders.len() => {
                    live.relist(&holders[index], &named(RoomNumber(room)), lists, now_ms);
                }
                Step::End { .. } | Step::Relist { .. } => {}
                Step::Pass { ms } => {
                    for at_ms in (now_ms..now_ms + ms).step_by(500) {
                        live.tick(at_ms);
                    }
                    now_ms += ms;
                }
            }
            for number in (1..4).map(RoomNumber) {
                let seated = live.seated(room(number));
                let seen = seated.iter().filter(|seated| live.visible(SITE.user(seated.user)).is_online()).count();
                prop_assert_eq!(live.room_online_count(room(number)) as usize, seen);
            }
        }
        for at_ms in (now_ms..now_ms + 400_000).step_by(1_000) {
            live.tick(at_ms);
        }
        for number in (1..4).map(RoomNumber) {
            prop_assert_eq!(live.seated(room(number)), vec![]);
        }
    }
}
