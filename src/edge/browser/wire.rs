//! The shapes on the wire, with the seed's names and their later aliases. Ids and bodies are always strings; domain types
//! never leave this server as they are.

use super::{dialect, legacy};
use crate::actions::read_room::MemberView;
use crate::actions::{PersonView, RoomView};
use crate::chat::entry::Message;
use crate::chat::event::Event;
use crate::chat::history::{Conversation, History};
use crate::chat::id::UserId;
use crate::chat::presence::Visible;
use crate::chat::search::Found;
use crate::chat::session::Dialect;
use crate::chat::user::Profile;
use crate::live::{Packet, PresenceNotice, Signal};
use serde::Serialize;
use std::borrow::Cow;
use std::collections::BTreeMap;

/// The group of somebody who is not a friend.
const STRANGER: &str = "stranger";
/// The same of a visitor, whom the family knows by how the id begins.
const VISITOR: (&str, &str) = ("vid:", "visitor");

/// A message (the seed's `logItem`).
#[derive(Serialize)]
pub struct MessageWire<'a> {
    r#type: &'static str,
    to: &'a str,
    from: &'a str,
    nick: Cow<'a, str>,
    style: Cow<'a, str>,
    body: Cow<'a, str>,
    timestamp: String,
    /// Events have no place in the log.
    #[serde(skip_serializing_if = "Option::is_none")]
    seq: Option<u64>,
}

/// A message in the words of `dialect`.
pub fn message(message: &Message, dialect: Dialect) -> MessageWire<'_> {
    MessageWire {
        r#type: dialect::message_type(dialect, &message.to),
        to: message.to.id(),
        from: message.from.id.as_str(),
        nick: legacy::text(&message.nick, dialect),
        style: legacy::style(&message.style),
        body: legacy::body(&message.body, dialect),
        timestamp: message.at_ms.to_string(),
        seq: Some(message.seq),
    }
}

/// An event: a message that stands nowhere.
fn event(event: &Event, dialect: Dialect) -> MessageWire<'_> {
    MessageWire {
        r#type: dialect::message_type(dialect, &event.to),
        to: event.to.id(),
        from: event.from.id.as_str(),
        nick: legacy::text(&event.from.nick, dialect),
        style: "".into(),
        body: legacy::event(&event.body, dialect),
        timestamp: event.at_ms.to_string(),
        seq: None,
    }
}

/// A history's messages, oldest first.
pub fn messages(history: &History, dialect: Dialect) -> Vec<MessageWire<'_>> {
    history.messages.iter().map(|item| message(item, dialect)).collect()
}

/// A map of histories. Where a user and a room have the same id, the user's history stands there.
pub fn histories(histories: &[History], dialect: Dialect) -> BTreeMap<&str, Vec<MessageWire<'_>>> {
    let rooms_first = |history: &&History| matches!(history.conversation, Conversation::With(_));
    let mut ordered: Vec<&History> = histories.iter().collect();
    ordered.sort_by_key(rooms_first);
    ordered.into_iter().map(|history| (history.conversation.id(), messages(history, dialect))).collect()
}

/// One answer of the stream.
#[derive(Serialize)]
struct PacketWire<'a> {
    status: &'static str,
    messages: Vec<MessageWire<'a>>,
    presences: Vec<PresenceWire<'a>>,
    statuses: Vec<StatusWire<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    reads: Vec<ReadWire<'a>>,
    seq: u64,
    epoch: &'a str,
    more: bool,
    resync: bool,
}

#[derive(Serialize)]
struct PresenceWire<'a> {
    from: &'a str,
    nick: Cow<'a, str>,
    r#type: &'static str,
    show: &'static str,
    status: Cow<'a, str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    to: Option<&'a str>,
}

#[derive(Serialize)]
struct StatusWire<'a> {
    from: &'a str,
    nick: Cow<'a, str>,
    to: &'a str,
    show: &'static str,
}

/// How far another page of the member has read a conversation.
#[derive(Serialize)]
struct ReadWire<'a> {
    r#type: &'static str,
    id: &'a str,
    seq: u64,
}

/// A packet: always three lists, then where it reaches in which life of the log. `resync` tells a page that it has to begin
/// anew.
pub fn packet<'a>(packet: &'a Packet, dialect: Dialect, epoch: &'a str, resync: bool) -> impl Serialize + 'a {
    PacketWire {
        status: "ok",
        messages: packet
            .entries
            .iter()
            .filter_map(|entry| entry.message())
            .map(|item| message(item, dialect))
            .chain(packet.signals.iter().filter_map(Signal::event).map(|item| event(item, dialect)))
            .collect(),
        presences: packet.presences.iter().map(|notice| presence(notice, dialect)).collect(),
        statuses: packet.signals.iter().filter_map(|signal| status(signal, dialect)).collect(),
        reads: packet.signals.iter().filter_map(|signal| read(signal, dialect)).collect(),
        seq: packet.through,
        epoch,
        more: packet.more,
        resync,
    }
}

/// COMPAT: a room stands in `to` for 5.x from July 2014 on, in `status` for those before.
fn presence(notice: &PresenceNotice, dialect: Dialect) -> PresenceWire<'_> {
    let status = match &notice.room {
        // An id is never altered.
        Some(place) => place.nick.as_deref().map_or(place.id.as_str().into(), |nick| legacy::text(nick, dialect)),
        None => legacy::text(notice.now.status(), dialect),
    };
    PresenceWire {
        from: notice.who.id.as_str(),
        nick: legacy::text(&notice.who.nick, dialect),
        r#type: notice.kind.word(),
        show: notice.now.show_word(),
        status,
        to: notice.room.as_ref().map(|place| place.id.as_str()),
    }
}

fn status(signal: &Signal, dialect: Dialect) -> Option<StatusWire<'_>> {
    let Signal::Typing { from, to, typing } = signal else { return None };
    Some(StatusWire {
        from: from.id.as_str(),
        nick: legacy::text(&from.nick, dialect),
        to: to.as_str(),
        show: if *typing { "typing" } else { "clear" },
    })
}

fn read(signal: &Signal, dialect: Dialect) -> Option<ReadWire<'_>> {
    let Signal::Read { conversation, seq } = signal else { return None };
    Some(ReadWire { r#type: dialect::conversation_type(dialect, conversation), id: conversation.id(), seq: *seq })
}

/// A person as their viewer sees them (the seed's `buddyInfo`).
#[derive(Serialize)]
pub struct PersonWire<'a> {
    #[serde(flatten)]
    profile: ProfileWire<'a>,
    group: Cow<'a, str>,
    presence: &'static str,
    show: &'static str,
    status: Cow<'a, str>,
    status_time: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    history: Option<Vec<MessageWire<'a>>>,
}

/// Who somebody is, under all the names that clients look for.
#[derive(Serialize)]
pub(super) struct ProfileWire<'a> {
    id: &'a str,
    uid: &'a str,
    name: Cow<'a, str>,
    nick: Cow<'a, str>,
    pic_url: Cow<'a, str>,
    avatar: Cow<'a, str>,
    default_pic_url: &'static str,
    default_avatar: &'static str,
    url: Cow<'a, str>,
}

/// A profile.
pub(super) fn profile(profile: &Profile, dialect: Dialect) -> ProfileWire<'_> {
    let picture = legacy::picture(&profile.picture_url, dialect);
    ProfileWire {
        id: profile.id.as_str(),
        uid: profile.id.as_str(),
        name: legacy::text(profile.id.as_str(), dialect),
        nick: legacy::text(&profile.nick, dialect),
        pic_url: picture.clone(),
        avatar: picture,
        default_pic_url: "",
        default_avatar: "",
        url: legacy::page(&profile.url, dialect),
    }
}

/// A person, with the history of the conversation with them, if it was read.
pub fn person<'a>(view: &'a PersonView, history: Option<&'a History>, dialect: Dialect) -> PersonWire<'a> {
    let at_ms = match &view.visible {
        Visible::Online(mood) => mood.status_at_ms,
        Visible::Offline => 0,
    };
    PersonWire {
        profile: profile(&view.person.profile, dialect),
        group: legacy::text(group(view), dialect),
        presence: view.visible.word(),
        show: view.visible.show_word(),
        status: legacy::text(view.visible.status(), dialect),
        status_time: clock_time(at_ms),
        history: history.map(|history| messages(history, dialect)),
    }
}

fn group(view: &PersonView) -> &str {
    let (beginning, visitor) = VISITOR;
    let is_visitor = view.person.profile.id.as_str().starts_with(beginning);
    view.person.group.as_deref().unwrap_or(if is_visitor { visitor } else { STRANGER })
}

/// Hours and minutes in UTC; empty for never.
pub(super) fn clock_time(at_ms: u64) -> String {
    let minutes = at_ms / 60_000;
    if at_ms == 0 { String::new() } else { format!("{:02}:{:02}", minutes / 60 % 24, minutes % 60) }
}

/// A room as its member sees it (the seed's `roomInfo`).
#[derive(Serialize)]
pub struct RoomWire<'a> {
    id: &'a str,
    name: Cow<'a, str>,
    nick: Cow<'a, str>,
    pic_url: Cow<'a, str>,
    avatar: Cow<'a, str>,
    default_pic_url: &'static str,
    default_avatar: &'static str,
    url: Cow<'a, str>,
    all_count: u32,
    count: u32,
    blocked: bool,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    temporary: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    members: Option<Vec<MemberWire<'a>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    history: Option<Vec<MessageWire<'a>>>,
}

impl RoomWire<'_> {
    /// Its id.
    pub fn id(&self) -> &str {
        self.id
    }
}

/// A room, with its history if it was read.
pub fn room<'a>(view: &'a RoomView, history: Option<&'a History>, dialect: Dialect) -> RoomWire<'a> {
    let room = &view.membership.room;
    let picture = legacy::picture(&room.picture_url, dialect);
    RoomWire {
        id: room.id.as_str(),
        name: legacy::text(room.id.as_str(), dialect),
        nick: legacy::text(&room.nick, dialect),
        pic_url: picture.clone(),
        avatar: picture,
        default_pic_url: "",
        default_avatar: "",
        url: legacy::page(&room.url, dialect),
        all_count: room.all_count,
        count: view.online_count,
        blocked: view.membership.blocked,
        temporary: room.temporary,
        members: view
            .online
            .as_ref()
            .map(|online| online.iter().map(|(who, visible)| member(&who.id, &who.nick, visible, dialect)).collect()),
        history: history.map(|history| messages(history, dialect)),
    }
}

/// A member of a room (the seed's `roomMemberInfo`, with the id all clients need).
#[derive(Serialize)]
pub struct MemberWire<'a> {
    id: &'a str,
    name: Cow<'a, str>,
    nick: Cow<'a, str>,
    presence: &'static str,
    show: &'static str,
}

fn member<'a>(id: &'a UserId, nick: &'a str, visible: &Visible, dialect: Dialect) -> MemberWire<'a> {
    let (id, nick) = (id.as_str(), legacy::text(nick, dialect));
    MemberWire { id, name: legacy::text(id, dialect), nick, presence: visible.word(), show: visible.show_word() }
}

/// Members of a room: for the early clients, who cannot tell, only those who are there.
pub fn members(members: &[MemberView], dialect: Dialect) -> Vec<MemberWire<'_>> {
    let shown = |view: &&MemberView| dialect::manners(dialect).all_members || view.visible.is_online();
    members
        .iter()
        .filter(shown)
        .map(|view| member(&view.profile.id, &view.profile.nick, &view.visible, dialect))
        .collect()
}

/// The answer to a message that came with a `cid`.
#[derive(Serialize)]
pub struct SentWire {
    status: &'static str,
    id: String,
    seq: u64,
    timestamp: String,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    dup: bool,
}

/// What was stored, and whether it had been stored before.
pub fn sent(message: &Message, epoch: &str, repeated: bool) -> SentWire {
    SentWire {
        status: "ok",
        id: format!("{epoch}-{}", message.seq),
        seq: message.seq,
        timestamp: message.at_ms.to_string(),
        dup: repeated,
    }
}

/// The answer to a search.
#[derive(Serialize)]
pub struct FoundWire<'a> {
    messages: Vec<MessageWire<'a>>,
    before: Option<u64>,
}

/// What was found, the newest first, and where to go on.
pub fn found(found: &Found, dialect: Dialect) -> FoundWire<'_> {
    let messages = found.messages.iter().map(|item| message(item, dialect)).collect();
    FoundWire { messages, before: found.before }
}

/// The addressee a `type` word means: a user's or a room's id follows.
pub fn is_to_room(word: Option<&str>) -> Option<bool> {
    match word {
        None | Some("unicast" | "chat" | "msg") => Some(false),
        Some("multicast" | "grpchat") => Some(true),
        Some(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::entry::{Addressee, Party};
    use crate::chat::id::{RoomId, RoomNumber, UserId, UserNumber};

    #[test]
    fn every_dialect_reads_back_the_types_it_is_sent() {
        let user = Addressee::User(Party { number: UserNumber(1), id: UserId::parse("a").unwrap() });
        let room = Addressee::Room { number: RoomNumber(1), id: RoomId::parse("a").unwrap() };
        for dialect in Dialect::ALL {
            for to in [&user, &room] {
                let is_room = matches!(to, Addressee::Room { .. });
                assert_eq!(is_to_room(Some(dialect::message_type(dialect, to))), Some(is_room));
            }
        }
        assert_eq!(is_to_room(Some("broadcast")), None);
    }

    #[test]
    fn times_are_hours_and_minutes() {
        assert_eq!(clock_time(0), "");
        assert_eq!(clock_time(((10 * 60 + 55) * 60 + 7) * 1000), "10:55");
    }
}
