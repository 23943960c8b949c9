//! What the members of a room hear of each other: the later clients only, at most once, under the budget of presence.

use super::world::{Arriving, SITE, START_MS, TIMES, Tab, key, seat};
use nextim::chat::entry::SeatChange::{Blocked, Joined, Left};
use nextim::chat::event::Event;
use nextim::chat::id::UserNumber;
use nextim::chat::presence::{Mood, NoticeKind, Show};
use nextim::chat::session::Dialect;
use nextim::chat::user::Identity;
use nextim::live::{Live, Packet, Signal};
use std::sync::Arc;

const ROOM: u32 = 7;

fn live() -> Live {
    Live::new(TIMES, START_MS)
}

/// Somebody in the room, with no friends.
fn member(live: &Live, user: u32, dialect: Dialect, now_ms: u64) -> Tab {
    Tab::new(Arriving::new(user, &[], 1).in_rooms(&[ROOM], dialect).open(live, 0, now_ms))
}

/// Who, what, and the room that it stands for.
fn told(packet: Option<Packet>) -> Vec<(u32, NoticeKind, Option<String>)> {
    let presences = packet.unwrap_or_default().presences.into_iter();
    presences.map(|told| (told.who.number.0, told.kind, told.room.map(|place| place.id.to_string()))).collect()
}

fn in_room(user: u32, kind: NoticeKind) -> (u32, NoticeKind, Option<String>) {
    (user, kind, Some(format!("room{ROOM}")))
}

#[test]
fn the_later_clients_hear_who_comes_and_goes_and_the_earlier_ones_nothing() {
    let live = live();
    let mut tabs: Vec<(Dialect, Tab)> = Vec::new();
    for (user, dialect) in (10..).zip(Dialect::ALL) {
        tabs.push((dialect, member(&live, user, dialect, START_MS)));
    }
    for (_, tab) in &mut tabs {
        tab.listen(&live, START_MS); // those who came after them
    }
    let other = Arriving::new(2, &[], 1).in_rooms(&[ROOM], Dialect::D1).open(&live, 0, START_MS + 2_000);
    let joins = Arriving::new(3, &[], 1).in_rooms(&[], Dialect::D1).open(&live, 0, START_MS + 2_000);
    live.change_seat(SITE, &seat(1, 3, ROOM, Joined), START_MS + 2_100);
    live.change_seat(SITE, &seat(2, 3, ROOM, Left), START_MS + 2_200);
    for (dialect, tab) in &mut tabs {
        let heard = told(tab.listen(&live, START_MS + 3_000));
        let all = [(2, NoticeKind::RoomOnline), (3, NoticeKind::Join), (3, NoticeKind::Leave)];
        let all = all.map(|(user, kind)| in_room(user, kind));
        let hears = matches!(dialect, Dialect::D3 | Dialect::Native);
        assert_eq!(heard, if hears { all.to_vec() } else { Vec::new() }, "{dialect:?}");
        assert_eq!(told(tab.listen(&live, START_MS + 6_000)), [], "{dialect:?}: once");
    }
    live.end(&other, START_MS + 7_000);
    live.end(&joins, START_MS + 7_000);
    for (dialect, tab) in &mut tabs {
        assert_eq!(told(tab.listen(&live, START_MS + 14_000)), [], "{dialect:?}: within the grace");
    }
    live.tick(START_MS + 15_100);
    for (dialect, tab) in &mut tabs {
        let heard = told(tab.listen(&live, START_MS + 15_200));
        let hears = matches!(dialect, Dialect::D3 | Dialect::Native);
        assert_eq!(heard, if hears { vec![in_room(2, NoticeKind::RoomOffline)] } else { Vec::new() }, "{dialect:?}");
    }
}

/// Negative control: let `room_notice` of `Live` believe what was noted, and not look at what is to be seen now.
#[test]
fn who_comes_and_goes_between_two_packets_is_not_told_of() {
    let live = live();
    let mut tab = member(&live, 1, Dialect::D3, START_MS);
    let other = Arriving::new(2, &[], 1).in_rooms(&[ROOM], Dialect::D1).open(&live, 0, START_MS);
    live.set_mood(key(2), Mood { show: Show::Invisible, ..Mood::default() }, START_MS);
    assert_eq!(told(tab.listen(&live, START_MS + 1_000)), []);
    let changes = [(2_000, Show::Away, NoticeKind::RoomOnline), (4_000, Show::Invisible, NoticeKind::RoomOffline)];
    for (after_ms, show, kind) in changes {
        live.set_mood(key(2), Mood { show, ..Mood::default() }, START_MS + after_ms);
        let packet = tab.listen(&live, START_MS + after_ms + 1_500).expect("something is told");
        let shown = packet.presences[0].now.show_word();
        assert_eq!((packet.presences[0].kind, shown == "unavailable"), (kind, kind == NoticeKind::RoomOffline));
    }
    live.end(&other, START_MS + 10_000);
}

#[test]
fn nobody_hears_of_themselves_of_a_room_they_silenced_or_of_one_they_left() {
    let live = live();
    let mut own = member(&live, 1, Dialect::D3, START_MS);
    live.change_seat(SITE, &seat(1, 1, 8, Joined), START_MS);
    assert_eq!(told(own.listen(&live, START_MS + 100)), []);
    let (mut silent, mut leaves) =
        (member(&live, 2, Dialect::Native, START_MS), member(&live, 3, Dialect::D3, START_MS));
    assert_eq!(told(leaves.listen(&live, START_MS + 100)), []);
    assert_eq!(told(silent.listen(&live, START_MS + 100)), [in_room(3, NoticeKind::RoomOnline)]);
    live.change_seat(SITE, &seat(2, 2, ROOM, Blocked), START_MS + 2_000);
    member(&live, 4, Dialect::D1, START_MS + 2_000);
    assert_eq!(told(silent.listen(&live, START_MS + 3_000)), []);
    live.change_seat(SITE, &seat(3, 3, ROOM, Left), START_MS + 3_000);
    assert_eq!(
        told(leaves.listen(&live, START_MS + 4_000)),
        [],
        "what was noted before they left has gone with the room"
    );
    let heard = told(own.listen(&live, START_MS + 5_000));
    let came = [2, 3, 4].map(|user| in_room(user, NoticeKind::RoomOnline));
    assert_eq!(heard, [&came[..], &[in_room(3, NoticeKind::Leave)]].concat());
}

/// Negative control: wake a session in `Hub::note` whenever it is noted something.
#[test]
fn a_room_wakes_a_held_poll_as_seldom_as_presence_does() {
    let live = live();
    let mut tab = member(&live, 1, Dialect::Native, START_MS);
    member(&live, 2, Dialect::D1, START_MS);
    assert_eq!(told(tab.listen(&live, START_MS)).len(), 1, "the first wakes it at once");
    let (woken, until) = (tab.wakes(), START_MS + TIMES.presence_wake_ms);
    assert!(tab.look(&live, START_MS).is_none());
    for user in 3..60 {
        member(&live, user, Dialect::D1, START_MS + 100);
        live.change_seat(SITE, &seat(u64::from(user), user, 8, Joined), START_MS + 100);
    }
    for now_ms in (START_MS + 100..until).step_by(50) {
        live.tick(now_ms);
        assert_eq!((tab.wakes(), tab.look(&live, now_ms).is_none()), (woken, true), "{} ms", now_ms - START_MS);
    }
    live.tick(until + 50);
    assert_eq!(tab.wakes(), woken + 1);
    assert_eq!(told(tab.listen(&live, until + 50)).len(), 57);
}

#[test]
fn in_a_large_room_nobody_is_told() {
    let live = live();
    let mut tab = member(&live, 1, Dialect::D3, START_MS);
    for user in 2..=500 {
        member(&live, user, Dialect::D1, START_MS);
    }
    assert!(!told(tab.listen(&live, START_MS)).is_empty());
    member(&live, 501, Dialect::D1, START_MS + 2_000);
    assert_eq!(told(tab.listen(&live, START_MS + 3_000)), []);
}

#[test]
fn an_invitation_comes_in_the_words_of_its_reader_and_its_sender_is_seen_to_be_away() {
    let live = live();
    let sender = Arc::new(Identity { number: UserNumber(9), id: super::world::party(9).id, nick: "Nine".into() });
    let room = super::world::membership(ROOM).room;
    for (user, dialect) in (1..).zip(Dialect::ALL) {
        let mut tab = Tab::new(Arriving::new(user, &[], 1).in_rooms(&[], dialect).open(&live, 0, START_MS));
        let to = nextim::chat::entry::Addressee::User(super::world::party(user));
        live.tell_event(key(user), &Arc::new(Event::invite(Arc::clone(&sender), to, &room, 5)), START_MS);
        let packet = tab.listen(&live, START_MS).unwrap_or_default();
        let events: Vec<_> = packet.signals.iter().filter_map(Signal::event).collect();
        let (is_message, is_presence) = (dialect == Dialect::D3, dialect == Dialect::Native);
        assert_eq!(events.len(), usize::from(is_message), "{dialect:?}");
        assert!(events.iter().all(|event| &*event.body == "webim-event:invite|,|room7|,|"), "{events:?}");
        let invited = [in_room(9, NoticeKind::Invite)];
        assert_eq!(told(Some(packet)), if is_presence { invited.to_vec() } else { Vec::new() }, "{dialect:?}");
        let after = told(tab.listen(&live, START_MS + 2_000));
        let unseen = [(9, NoticeKind::Offline, None)];
        assert_eq!(after, if is_message || is_presence { unseen.to_vec() } else { Vec::new() }, "{dialect:?}");
    }
}
