//! The answer of `online`: the seed's nine keys and those its clients really read.

use super::wire::{
    MessageWire, PersonWire, ProfileWire, RoomWire, clock_time, histories, message, person, profile, room,
};
use super::{dialect, legacy};
use crate::actions::RoomView;
use crate::actions::connect::Connected;
use crate::chat::history::{Conversation, History, Unread};
use crate::chat::presence::{Mood, Visible};
use crate::chat::session::Dialect;
use crate::chat::settings::{SILENCED_ROOMS, Settings};
use crate::chat::user::Profile;
use serde::Serialize;
use serde_json::Value;
use std::borrow::Cow;
use std::collections::BTreeMap;

/// How to reach the stream (the seed's `connection`).
#[derive(Serialize)]
pub struct ConnectionWire<'a> {
    domain: &'a str,
    ticket: &'a str,
    server: &'a str,
    jsonpd: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    websocket: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sse: Option<&'a str>,
}

/// The member (the seed's `userInfo`).
#[derive(Serialize)]
pub(super) struct UserWire<'a> {
    #[serde(flatten)]
    profile: ProfileWire<'a>,
    presence: &'static str,
    show: &'static str,
    status: Cow<'a, str>,
    status_time: String,
}

fn user<'a>(own: &'a Profile, mood: &'a Mood, dialect: Dialect) -> UserWire<'a> {
    UserWire {
        profile: profile(own, dialect),
        presence: "online",
        show: mood.show.word(),
        status: legacy::text(&mood.status, dialect),
        status_time: clock_time(mood.status_at_ms),
    }
}

/// The member while their page is not open yet.
pub(super) fn absent_user<'a>(own: &'a Profile, mood: &'a Mood, dialect: Dialect) -> UserWire<'a> {
    UserWire { presence: Visible::Offline.word(), show: Visible::Offline.show_word(), ..user(own, mood, dialect) }
}

/// The answer of `online`: the seed's nine keys, and those that its clients really read.
#[derive(Serialize)]
struct OnlineWire<'a> {
    success: bool,
    server_time: u64,
    user: UserWire<'a>,
    connection: ConnectionWire<'a>,
    setting: BTreeMap<&'a str, Value>,
    buddy_online_ids: &'a str,
    online_buddy_ids: &'a str,
    presence_buddies: &'a [PersonWire<'a>],
    buddies: &'a [PersonWire<'a>],
    presence_rooms: &'a [RoomWire<'a>],
    rooms: RoomsWire<'a>,
    histories: BTreeMap<&'a str, Vec<MessageWire<'a>>>,
    new_messages: Vec<MessageWire<'a>>,
    presences: BTreeMap<&'a str, &'static str>,
    seq: u64,
    epoch: &'a str,
    more: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    unread: Option<Vec<UnreadWire<'a>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    guest_token: Option<&'a str>,
}

/// The member's rooms, as a list or by their ids.
#[derive(Serialize)]
#[serde(untagged)]
enum RoomsWire<'a> {
    List(&'a [RoomWire<'a>]),
    ById(BTreeMap<&'a str, &'a RoomWire<'a>>),
}

/// COMPAT: the early clients mark `rooms[id]` as silenced for each id in their setting. In a list that is another room where
/// an id reads as one of its places, and in a map it is the right one.
fn rooms_wire<'a>(rooms: &'a [RoomWire<'a>], dialect: Dialect) -> RoomsWire<'a> {
    let is_place = |room: &RoomWire<'_>| room.id().parse().is_ok_and(|place: usize| place < rooms.len());
    if dialect::manners(dialect).rooms_by_place && rooms.iter().any(is_place) {
        RoomsWire::ById(rooms.iter().map(|room| (room.id(), room)).collect())
    } else {
        RoomsWire::List(rooms)
    }
}

/// A conversation with messages that the member has not read.
#[derive(Serialize)]
pub struct UnreadWire<'a> {
    r#type: &'static str,
    id: &'a str,
    count: usize,
    read: u64,
}

/// Such a conversation. A list of them, and no map: a user and a room may have the same id.
pub fn unread(unread: &Unread, dialect: Dialect) -> UnreadWire<'_> {
    let of = &unread.conversation;
    let r#type = dialect::conversation_type(dialect, of);
    UnreadWire { r#type, id: of.id(), count: unread.count, read: unread.read }
}

/// What `online` answers around a `Connected`.
pub struct Around<'a> {
    /// The site's name.
    pub domain: &'a str,
    /// The address of the stream.
    pub server: &'a str,
    /// The same for clients that speak WebSocket.
    pub websocket: Option<&'a str>,
    /// The same for clients that take server-sent events.
    pub sse: Option<&'a str>,
    /// The life of the site's log.
    pub epoch: &'a str,
    /// Milliseconds since 1970.
    pub server_time: u64,
    /// The client's generation.
    pub dialect: Dialect,
    /// What makes a visitor the same one the next time.
    pub guest_token: Option<String>,
}

/// The JSON of `online`.
pub fn online(connected: &Connected, around: &Around<'_>) -> Vec<u8> {
    let dialect = around.dialect;
    let of = |id: &str, room: bool| {
        let is_it = |history: &&History| {
            history.conversation.id() == id && matches!(history.conversation, Conversation::In(_)) == room
        };
        connected.histories.iter().find(is_it)
    };
    let people = connected.people.iter().map(|view| person(view, of(view.person.profile.id.as_str(), false), dialect));
    let people: Vec<PersonWire<'_>> = people.collect();
    let rooms = connected.rooms.iter().map(|view| room(view, of(view.membership.room.id.as_str(), true), dialect));
    let rooms: Vec<RoomWire<'_>> = rooms.collect();
    let online_ids: Vec<&str> = connected.online.iter().map(|(who, _)| who.id.as_str()).collect();
    let online_ids = online_ids.join(",");
    let seen = connected.people.iter().map(|view| (view.person.profile.id.as_str(), view.visible.show_word()));
    let online = connected.online.iter().map(|(who, visible)| (who.id.as_str(), visible.show_word()));
    crate::edge::json::encode(&OnlineWire {
        success: true,
        server_time: around.server_time,
        user: user(&connected.profile, &connected.mood, dialect),
        connection: ConnectionWire {
            domain: around.domain,
            ticket: connected.ticket.as_str(),
            server: around.server,
            jsonpd: around.server,
            websocket: around.websocket,
            sse: around.sse,
        },
        setting: settings(&connected.settings, &silenced(&connected.rooms), dialect),
        buddy_online_ids: &online_ids,
        online_buddy_ids: &online_ids,
        presence_buddies: &people,
        buddies: &people,
        presence_rooms: &rooms,
        rooms: rooms_wire(&rooms, dialect),
        histories: histories(&connected.histories, dialect),
        new_messages: connected.new_messages.iter().map(|item| message(item, dialect)).collect(),
        presences: seen.chain(online).collect(),
        seq: connected.through,
        epoch: around.epoch,
        more: connected.more,
        guest_token: around.guest_token.as_deref(),
        unread: connected.unread.as_ref().map(|all| all.iter().map(|item| unread(item, dialect)).collect()),
    })
}

/// The ids of the rooms that are silenced.
fn silenced(rooms: &[RoomView]) -> Vec<&str> {
    let blocked = rooms.iter().map(|view| &view.membership).filter(|membership| membership.blocked);
    blocked.map(|membership| membership.room.id.as_str()).collect()
}

/// Settings as JSON values. A list of silenced rooms among them says what is silenced now, whichever page or call did it.
pub(super) fn settings<'a>(settings: &'a Settings, silenced: &[&str], dialect: Dialect) -> BTreeMap<&'a str, Value> {
    let value = |name: &str, json: &str| {
        let is_list = SILENCED_ROOMS.contains(&name);
        if is_list { silenced.to_vec().into() } else { serde_json::from_str(json).unwrap_or(Value::Null) }
    };
    let all = settings.0.iter().map(|(name, json)| (name.as_str(), value(name, json)));
    if dialect::manners(dialect).flat_settings {
        all.filter_map(|(name, value)| Some((name, flat(value)?))).collect()
    } else {
        all.collect()
    }
}

/// COMPAT: the first client takes a list for a change on every start, so it gets the comma text it sent.
fn flat(value: Value) -> Option<Value> {
    match value {
        // What holds more than words comes back as it was sent: not at all, or the first client would lose it.
        Value::Array(items) if items.iter().any(|item| item.is_array() || item.is_object()) => None,
        Value::Array(items) => {
            let words: Vec<String> =
                items.iter().map(|item| item.as_str().map_or_else(|| item.to_string(), Into::into)).collect();
            Some(Value::String(words.join(",")))
        }
        Value::Object(_) => None,
        plain => Some(plain),
    }
}
