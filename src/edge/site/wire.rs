//! The answers of the site's API, version by version. Texts are those that plugins know.

use super::version::Version;
use crate::actions::connect_for_site::SiteConnected;
use crate::chat::presence::Visible;
use crate::chat::refusal::Refusal;
use crate::chat::user::Identity;
use crate::edge::browser::legacy;
use crate::edge::error;
use crate::edge::json;
use crate::edge::reply::{Form, Reply};
use http::StatusCode;
use serde::Serialize;
use serde_json::{Map, Value};
use std::borrow::Cow;
use std::sync::Arc;

/// People who are seen online, and how.
pub(super) type Seen<'a> = &'a [(Arc<Identity>, Visible)];

/// Where a page of this version finds its stream.
pub(super) struct Streams {
    /// The poll.
    pub(super) poll: String,
    /// The WebSocket, if old clients are to be told of it.
    pub(super) websocket: Option<String>,
}

/// It is done.
pub(super) fn done(version: Version) -> Reply {
    match version {
        Version::V2 | Version::V3 | Version::V4 => Reply::text("ok"),
        Version::V5 => value(&serde_json::json!({"status": "ok"})),
    }
}

pub(super) fn value(value: &impl Serialize) -> Reply {
    Reply::json(&Form::Plain, &json::encode(value))
}

#[derive(Serialize)]
struct BuddyWire<'a> {
    name: &'a str,
    nick: Cow<'a, str>,
    show: &'a str,
    status: Cow<'a, str>,
}

/// Name to `show`.
pub(super) fn shows(seen: Seen<'_>) -> Map<String, Value> {
    seen.iter().map(|(who, visible)| (who.id.to_string(), visible.show_word().into())).collect()
}

/// The plugin hands it to its page as it is, which puts it into its markup.
fn list(version: Version, seen: Seen<'_>) -> Value {
    let wire = |(who, visible): &(Arc<Identity>, Visible)| {
        serde_json::to_value(BuddyWire {
            name: who.id.as_str(),
            nick: legacy::text(&who.nick, version.dialect()),
            show: visible.show_word(),
            status: legacy::text(visible.status(), version.dialect()),
        })
        .unwrap_or_default()
    };
    Value::Array(seen.iter().map(wire).collect())
}

/// COMPAT: the second version knows no empty map; its plugin reads a list there.
fn second_map(map: Map<String, Value>) -> Value {
    if map.is_empty() { Value::Array(Vec::new()) } else { Value::Object(map) }
}

/// A page was opened.
pub(super) fn online(version: Version, connected: &SiteConnected, streams: &Streams) -> Reply {
    let ticket = connected.ticket.as_str();
    let totals = || connected.rooms.iter().map(|(room, total)| (room.to_string(), Value::from(*total))).collect();
    let people = shows(&connected.online);
    let answer = match version {
        Version::V2 => serde_json::json!({
            "ticket": ticket, "roominfo": second_map(totals()), "buddies": second_map(people),
        }),
        Version::V3 => {
            let rooms = connected.rooms.iter();
            let rooms: Vec<Value> =
                rooms.map(|(room, total)| serde_json::json!({"name": room.as_str(), "total": total})).collect();
            serde_json::json!({"ticket": ticket, "rooms": rooms, "buddies": list(version, &connected.online)})
        }
        Version::V4 | Version::V5 => {
            let mut answer = serde_json::json!({
                "success": true, "ticket": ticket, "server": streams.poll, "jsonpd": streams.poll,
                "presences": people, "buddies": people, "groups": Value::Object(totals()),
            });
            if let (Some(websocket), Some(fields)) = (&streams.websocket, answer.as_object_mut()) {
                fields.insert("websocket".into(), websocket.as_str().into());
            }
            answer
        }
    };
    value(&answer)
}

/// Who of some people is here.
pub(super) fn onlines(version: Version, seen: Seen<'_>) -> Reply {
    match version {
        Version::V2 => value(&second_map(shows(seen))),
        Version::V3 => value(&list(version, seen)),
        Version::V4 | Version::V5 => value(&shows(seen)),
    }
}

/// How many are seen online in a room.
pub(super) fn total(room: &str, total: u32) -> Reply {
    value(&Map::from_iter([(room.to_owned(), Value::from(total))]))
}

/// Who is in a room.
pub(super) fn members(version: Version, seen: Seen<'_>) -> Value {
    let person = |(who, _): &(Arc<Identity>, Visible)| serde_json::json!({"id": who.id.as_str(), "nick": legacy::text(&who.nick, version.dialect())});
    Value::Array(seen.iter().map(person).collect())
}

/// It is not done.
pub(super) fn refusal(version: Version, refusal: &Refusal) -> Reply {
    let own = error::status(refusal);
    match version {
        Version::V2 | Version::V3 => {
            let (status, text) = match refusal {
                Refusal::BadKey => (StatusCode::UNAUTHORIZED, "authentication failed.".to_owned()),
                Refusal::TooLarge => (StatusCode::BAD_REQUEST, "body is too long.".to_owned()),
                Refusal::TicketEnded => (StatusCode::NOT_FOUND, "no client found.".to_owned()),
                other => (own, other.to_string()),
            };
            error::with_headers(Reply::text(text).status(status), refusal)
        }
        Version::V4 | Version::V5 => {
            let (status, message) = match refusal {
                Refusal::BadKey => (StatusCode::UNAUTHORIZED, "authentication failure".to_owned()),
                Refusal::TicketEnded => (StatusCode::BAD_REQUEST, "no client found.".to_owned()),
                other => (own, other.to_string()),
            };
            let body = serde_json::json!({"status": "error", "code": refusal.code(), "message": message});
            error::with_headers(value(&body).status(status), refusal)
        }
    }
}
