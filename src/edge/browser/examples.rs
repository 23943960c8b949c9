//! The examples in `protocol/examples/`, which clients are tested with too, are what this server really writes.

use super::{online_wire, wire};
use crate::actions::{PersonView, RoomView};
use crate::chat::entry::{Addressee, Entry, Message, Party};
use crate::chat::event::Event;
use crate::chat::history::{Conversation, UNREAD_COUNT_MAX, Unread};
use crate::chat::id::{RoomId, RoomNumber, UserId, UserNumber};
use crate::chat::presence::{Mood, NoticeKind, Place, Show, Visible};
use crate::chat::refusal::Refusal;
use crate::chat::room::{Membership, Room};
use crate::chat::search::Found;
use crate::chat::session::Dialect;
use crate::chat::user::{Identity, Person, Profile};
use crate::edge::error;
use crate::edge::json::encode;
use crate::edge::reply::Form;
use crate::live::{Packet, PresenceNotice, Signal};
use serde_json::Value;
use std::sync::Arc;

fn same(written: &[u8], example: &str) {
    let (written, example): (Value, Value) =
        (serde_json::from_slice(written).unwrap(), serde_json::from_str(example).unwrap());
    assert_eq!(written, example);
}

fn user(id: &str) -> UserId {
    UserId::parse(id).unwrap()
}

fn susan() -> Arc<Identity> {
    Arc::new(Identity { number: UserNumber(1), id: user("susan"), nick: "Susan Vale".into() })
}

fn away() -> Visible {
    let mood = Mood { show: Show::Away, status: "at lunch".into(), status_at_ms: 1_795_411_491_369 };
    Visible::of(true, &mood)
}

fn message(seq: u64, to: Addressee, style: &str, body: &str) -> Message {
    Message {
        seq,
        at_ms: 1_795_411_491_348 + seq,
        from: Party { number: UserNumber(1), id: user("susan") },
        nick: "Susan Vale".into(),
        to,
        style: style.into(),
        body: body.into(),
        origin: None,
        hidden: false,
    }
}

fn to_jack(seq: u64) -> Message {
    let jack = Addressee::User(Party { number: UserNumber(2), id: user("jack") });
    message(seq, jack, "color:red", "Under the frog?\n青蛙下面？")
}

#[test]
fn a_packet() {
    let room = Addressee::Room { number: RoomNumber(1), id: RoomId::parse("room1").unwrap() };
    let entries = [to_jack(21), message(22, room, "", "<b>Seven.</b>")];
    let notice = |kind, now| PresenceNotice { who: susan(), kind, now, room: None };
    let packet = Packet {
        entries: entries.into_iter().map(|message| Arc::new(Entry::Message(message))).collect(),
        presences: vec![notice(NoticeKind::Online, away()), notice(NoticeKind::Offline, Visible::Offline)],
        signals: vec![Signal::Typing { from: susan(), to: user("jack"), typing: true }],
        through: 25,
        more: false,
    };
    same(
        &encode(&wire::packet(&packet, Dialect::D1, "3f9a", false)),
        include_str!("../../../protocol/examples/packet.json"),
    );
}

#[test]
fn what_is_heard_of_rooms() {
    let id = || RoomId::parse("room1").unwrap();
    let notice = |kind, now, nick: Option<&str>| {
        let room = Some(Place { id: id(), nick: nick.map(Into::into) });
        PresenceNotice { who: susan(), kind, now, room }
    };
    let to = Addressee::User(Party { number: UserNumber(2), id: user("jack") });
    let event = Event::invite(susan(), to, &boathouse(), 1_795_411_491_348);
    let packet = Packet {
        presences: vec![
            notice(NoticeKind::Join, away(), None),
            notice(NoticeKind::RoomOffline, Visible::Offline, None),
            notice(NoticeKind::Invite, away(), Some("Boathouse")),
        ],
        signals: vec![Signal::Event(Arc::new(event))],
        through: 25,
        ..Packet::default()
    };
    let example = include_str!("../../../protocol/examples/packet_rooms.json");
    same(&encode(&wire::packet(&packet, Dialect::D3, "3f9a", false)), example);
}

#[test]
fn what_another_page_has_read() {
    let susan = Signal::Read { conversation: Conversation::With(user("susan")), seq: 21 };
    let room1 = Signal::Read { conversation: Conversation::In(RoomId::parse("room1").unwrap()), seq: 22 };
    let packet = Packet { signals: vec![susan, room1], through: 25, ..Packet::default() };
    let example = include_str!("../../../protocol/examples/packet_reads.json");
    same(&encode(&wire::packet(&packet, Dialect::Native, "3f9a", false)), example);
}

#[test]
fn what_is_unread() {
    let room1 = Conversation::In(RoomId::parse("room1").unwrap());
    let all = [
        Unread { conversation: room1, count: UNREAD_COUNT_MAX, read: 0 },
        Unread { conversation: Conversation::With(user("susan")), count: 2, read: 20 },
    ];
    let written: Vec<_> = all.iter().map(|item| online_wire::unread(item, Dialect::Native)).collect();
    same(&encode(&written), include_str!("../../../protocol/examples/unread.json"));
}

#[test]
fn what_was_found() {
    let found = Found { messages: vec![Arc::new(to_jack(21))], before: Some(21) };
    same(&encode(&wire::found(&found, Dialect::Native)), include_str!("../../../protocol/examples/found.json"));
}

#[test]
fn a_person() {
    let profile = Profile {
        number: UserNumber(1),
        id: user("susan"),
        nick: "Susan Vale".into(),
        picture_url: "/susan.svg".into(),
        url: "/members/susan".into(),
    };
    let view = PersonView { person: Person { profile, group: None }, visible: away() };
    same(&encode(&wire::person(&view, None, Dialect::D1)), include_str!("../../../protocol/examples/person.json"));
}

fn boathouse() -> Room {
    Room {
        number: RoomNumber(1),
        id: RoomId::parse("room1").unwrap(),
        nick: "Boathouse".into(),
        picture_url: "/room1.svg".into(),
        url: "/rooms/room1".into(),
        open: true,
        all_count: 4,
        temporary: false,
    }
}

#[test]
fn a_room() {
    let membership = Membership { room: boathouse(), joined_seq: 0, blocked: true };
    let view = RoomView { membership, online_count: 1, online: Some(vec![(susan(), away())]) };
    same(&encode(&wire::room(&view, None, Dialect::D1)), include_str!("../../../protocol/examples/room.json"));
}

#[test]
fn what_was_sent() {
    same(&encode(&wire::sent(&to_jack(21), "3f9a", true)), include_str!("../../../protocol/examples/sent.json"));
}

#[test]
fn a_refusal() {
    let reply = error::reply(&Refusal::TicketEnded, &Form::Plain).into_bytes(true);
    let text = String::from_utf8(reply).unwrap();
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("HTTP/1.1 401 Unauthorized\r\n"), "{head}");
    same(body.as_bytes(), include_str!("../../../protocol/examples/refusal.json"));
}
