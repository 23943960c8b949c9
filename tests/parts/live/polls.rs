//! Held polls: the newest wins, nothing wakes them without reason, a message takes presence along.

use super::world::{Arriving, SITE, START_MS, TIMES, Tab, key, member, party, row};
use nextim::chat::delivery::Asks;
use nextim::chat::id::UserNumber;
use nextim::chat::presence::{Mood, NoticeKind, Show};
use nextim::chat::user::Identity;
use nextim::live::{Live, PollEnd, Signal};
use std::sync::Arc;

fn live() -> Live {
    Live::new(TIMES, START_MS)
}

#[test]
fn the_newest_poll_wins_and_the_older_is_released_at_once() {
    let live = live();
    let mut tab = Tab::new(Arriving::new(1, &[], 1).open(&live, 0, START_MS));
    tab.poll(&live, START_MS);
    assert!(tab.look(&live, START_MS).is_none());
    let older = tab.poll;
    tab.poll(&live, START_MS + 1);
    assert_eq!(tab.wakes(), 1, "the older poll learns of it");
    let newer = std::mem::replace(&mut tab.poll, older);
    assert!(matches!(tab.look(&live, START_MS + 1), Some(PollEnd::Superseded)));
    tab.answered(&live, true, START_MS + 1);
    tab.poll = newer;
    live.push(key(1), &row(1, 2, 1, None, "x"), None);
    assert!(matches!(tab.look(&live, START_MS + 2), Some(PollEnd::Packet(packet)) if packet.entries.len() == 1));
}

#[test]
fn a_hold_ends_with_an_empty_packet_and_costs_one_wake() {
    let live = live();
    let mut tab = Tab::new(Arriving::new(1, &[2], 1).open(&live, 0, START_MS));
    Arriving::new(2, &[1], 1).open(&live, 0, START_MS);
    tab.hear(&live, START_MS, START_MS + 20_000); // the other comes and goes
    tab.answered(&live, true, START_MS + 20_000);
    let since = START_MS + 30_000;
    tab.poll(&live, since);
    assert!(tab.look(&live, since).is_none());
    let (wakes, visible) = (tab.wakes(), live.visible(key(1)));
    for now_ms in (since..since + TIMES.poll_hold_ms).step_by(50) {
        live.tick(now_ms);
        assert!(live.take_ended().is_empty());
        assert_eq!(tab.wakes(), wakes, "a tick without news woke a poll, {} ms after it began", now_ms - since);
    }
    assert_eq!(live.visible(key(1)), visible);
    assert!(live.take_dirty().is_empty(), "and nothing is to be stored");
    let end = since + TIMES.poll_hold_ms + 100;
    live.tick(end);
    assert_eq!(tab.wakes(), wakes + 1, "the end of the hold");
    let Some(PollEnd::Packet(packet)) = tab.look(&live, end) else { panic!("the hold is over") };
    assert!(packet.entries.is_empty() && packet.presences.is_empty() && packet.signals.is_empty());
}

#[test]
fn presence_alone_wakes_at_most_once_a_second_and_a_message_takes_it_along() {
    let live = live();
    let mut tab = Tab::new(Arriving::new(1, &[2], 1).open(&live, 0, START_MS));
    Arriving::new(2, &[1], 1).open(&live, 0, START_MS);
    let first = tab.listen(&live, START_MS).expect("somebody came");
    assert_eq!(first.presences[0].kind, NoticeKind::Online);
    let set = |status: &str, now_ms| {
        live.set_mood(key(2), Mood { show: Show::Away, status: status.into(), status_at_ms: 0 }, now_ms);
    };
    for step in 1..10 {
        set(&step.to_string(), START_MS + step * 90);
        assert!(tab.listen(&live, START_MS + step * 90).is_none(), "woken {} ms after the last time", step * 90);
    }
    assert_eq!(tab.hear(&live, START_MS + 850, START_MS + 1_100).len(), 1, "nine changes are one notice");
    set("late", START_MS + 1_200);
    live.push(key(1), &row(1, 2, 1, None, "x"), None);
    let packet = tab.listen(&live, START_MS + 1_201).expect("a message waits for nothing");
    assert_eq!((packet.entries.len(), packet.presences.len()), (1, 1));
    assert_eq!(packet.presences[0].now.status(), "late", "the state when the answer is written, not when it changed");
}

#[test]
fn what_happened_between_two_answers_is_told_as_one_change() {
    let live = live();
    let mut tab = Tab::new(Arriving::new(1, &[2], 1).open(&live, 0, START_MS));
    let wait = |from_ms: u64| (from_ms..=from_ms + 20_000).step_by(50).for_each(|now_ms| live.tick(now_ms));
    let other = Arriving::new(2, &[1], 1).open(&live, 0, START_MS);
    live.end(&other, START_MS);
    wait(START_MS);
    let told = |tab: &mut Tab, now_ms| {
        let packet = tab.listen(&live, now_ms).unwrap_or_default();
        packet.presences.iter().map(|notice| notice.kind).collect::<Vec<_>>()
    };
    assert!(told(&mut tab, START_MS + 20_000).is_empty(), "came and went unseen");
    let again = Arriving::new(2, &[1], 2).open(&live, 0, START_MS + 22_000);
    assert_eq!(told(&mut tab, START_MS + 22_000), [NoticeKind::Online]);
    tab.answered(&live, false, START_MS + 22_000);
    live.end(&again, START_MS + 22_000);
    wait(START_MS + 22_000);
    assert!(!live.visible(key(2)).is_online());
    Arriving::new(2, &[1], 3).open(&live, 0, START_MS + 43_000);
    assert_eq!(told(&mut tab, START_MS + 43_000), [NoticeKind::Show], "was there, and is there again");
}

#[test]
fn a_cursor_that_passed_only_the_rows_of_others_is_not_stored() {
    let live = live();
    let mut tab = Tab::new(Arriving::new(1, &[], 1).open(&live, 0, START_MS));
    for seq in 1..5 {
        live.advance(SITE, seq);
        let now_ms = START_MS + seq * TIMES.poll_hold_ms;
        tab.poll(&live, now_ms - TIMES.poll_hold_ms);
        assert!(matches!(tab.look(&live, now_ms), Some(PollEnd::Packet(_))), "the hold is over");
        tab.answered(&live, true, now_ms);
    }
    tab.poll(&live, START_MS + 200_000);
    assert!(live.take_dirty().is_empty(), "a write for nothing");
    live.push(key(1), &row(5, 2, 1, None, "x"), None);
    live.advance(SITE, 5);
    drop(tab.look(&live, START_MS + 200_000));
    tab.answered(&live, true, START_MS + 200_000);
    tab.poll(&live, START_MS + 200_000);
    let stored: Vec<_> = live.take_dirty().iter().map(|at| at.acked).collect();
    assert_eq!(stored, [5], "its own row is worth one");
}

#[test]
fn typing_comes_at_once_and_is_bounded() {
    let live = live();
    let mut tab = Tab::new(Arriving::new(1, &[], 1).open(&live, 0, START_MS));
    tab.poll(&live, START_MS);
    assert!(tab.look(&live, START_MS).is_none());
    let from = Arc::new(Identity { number: UserNumber(2), id: party(2).id, nick: "".into() });
    for _ in 0..10_000 {
        live.signal(key(1), &Signal::Typing { from: Arc::clone(&from), to: party(1).id, typing: true });
    }
    assert_eq!(tab.wakes(), 1);
    let packet = tab.listen(&live, START_MS).expect("typing");
    assert!((1..100).contains(&packet.signals.len()), "{} signals wait for one page", packet.signals.len());
}

#[test]
fn a_user_has_a_bounded_number_of_tickets_and_the_idlest_goes() {
    let live = live();
    let mut tabs: Vec<Tab> = Vec::new();
    for session in 0..21_u64 {
        let arriving = Arriving { member: member(1, &[], &[]), ..Arriving::new(1, &[], session) };
        let now_ms = START_MS + session;
        live.arrive(arriving.arrival(), now_ms);
        let evicted: Vec<_> = live.take_ended().into_iter().map(|(_, digest)| digest).collect();
        let expected = if session == 20 { vec![Arriving::new(1, &[], 1).arrival().digest] } else { Vec::new() };
        assert_eq!(evicted, expected, "tab 0 polls, so tab 1 has been idle longest");
        live.open(&arriving.holder(), &[], &[], nextim::live::Cut { through: 0, more: false, rows: false }, now_ms);
        let mut tab = Tab::new(arriving.holder());
        if session == 0 {
            tab.poll(&live, now_ms);
        }
        tabs.push(tab);
    }
    assert!(live.find(Arriving::new(1, &[], 1).arrival().digest).is_none());
    assert!(live.begin_poll(&tabs[1].holder, Asks::Plain, START_MS + 30).is_none(), "an ended ticket polls in vain");
    assert!(tabs[0].look(&live, START_MS + 30).is_none(), "the others go on");
}

#[test]
fn a_drain_answers_every_held_poll_and_every_later_one() {
    let live = live();
    let mut tab = Tab::new(Arriving::new(1, &[], 1).open(&live, 0, START_MS));
    tab.poll(&live, START_MS);
    assert!(tab.look(&live, START_MS).is_none());
    live.drain();
    assert_eq!(tab.wakes(), 1);
    assert!(matches!(tab.look(&live, START_MS), Some(PollEnd::Packet(_))));
    tab.answered(&live, true, START_MS);
    tab.poll(&live, START_MS);
    assert!(matches!(tab.look(&live, START_MS), Some(PollEnd::Packet(_))));
}

#[test]
fn an_ended_ticket_ends_its_poll_and_its_unconfirmed_rows_are_not_counted() {
    let live = live();
    let mut tab = Tab::new(Arriving::new(1, &[], 1).open(&live, 0, START_MS));
    tab.poll(&live, START_MS);
    live.push(key(1), &row(1, 2, 1, None, "x"), None);
    live.advance(SITE, 1);
    assert!(matches!(tab.look(&live, START_MS), Some(PollEnd::Packet(_))));
    tab.answered(&live, true, START_MS);
    live.end(&tab.holder, START_MS + 1);
    assert!(live.begin_poll(&tab.holder, Asks::Plain, START_MS + 2).is_none());
    assert!(live.take_dirty().is_empty(), "no poll has confirmed it");
    let again = live.arrive(Arriving::new(1, &[], 2).arrival(), START_MS + 3);
    assert_eq!(again.delivered, 0, "so it is new on the next page");
}
