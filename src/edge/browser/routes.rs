//! The endpoints under `/webim/`: parameters in, an action, a wire shape out.

use super::{auth, dialect, online_wire, wire};
use crate::actions::connect::{Connect, connect};
use crate::actions::identify::Asker;
use crate::actions::read_history::Named;
use crate::actions::{
    clear_history, disconnect, join_room, leave_room, read_history, read_room, read_roster, save_settings,
    send_message, send_signal, set_presence, sign_out, silence_room,
};
use crate::chat::entry::To;
use crate::chat::history::Conversation;
use crate::chat::id::{RoomId, UserId};
use crate::chat::presence::Show;
use crate::chat::refusal::Refusal;
use crate::chat::session::{Caller, Dialect};
use crate::chat::settings::{BadSettings, Settings, is_envelope};
use crate::edge::params::Params;
use crate::edge::{Asked, Edge, json};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

/// What can be called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Endpoint {
    /// A page opens.
    Online,
    /// A page closes, or its member goes.
    Offline,
    /// A member signs out everywhere.
    SignOut,
    /// People by id.
    Buddies,
    /// Rooms by id.
    Rooms,
    /// Into a room.
    Join,
    /// Out of a room.
    Leave,
    /// Who is in a room.
    Members,
    /// What was said.
    Histories,
    /// Say something.
    Message,
    /// Clear what was said.
    ClearHistory,
    /// Typing.
    Status,
    /// What to be seen as.
    Presence,
    /// Settings.
    Setting,
    /// Silence a room.
    Block,
    /// Listen to it again.
    Unblock,
}

impl Endpoint {
    /// The endpoint of a path below `/webim/`, with the family's aliases.
    pub fn parse(name: &str) -> Option<Self> {
        Some(match name {
            "online" => Self::Online,
            // Both end this ticket and nothing else; the grace makes a reload of one and a departure of the other.
            "offline" | "refresh" | "deactivate" => Self::Offline,
            "sign_out" => Self::SignOut,
            "buddies" | "buddy" => Self::Buddies,
            "rooms" => Self::Rooms,
            "join" | "room/join" => Self::Join,
            "leave" | "room/leave" => Self::Leave,
            "members" | "room/members" => Self::Members,
            "histories" | "history" => Self::Histories,
            "message" => Self::Message,
            "clear_history" | "history/clear" | "clear" => Self::ClearHistory,
            "status" | "statuses" => Self::Status,
            "presence" => Self::Presence,
            "setting" => Self::Setting,
            "block" | "room/block" => Self::Block,
            "unblock" | "room/unblock" => Self::Unblock,
            _ => return None,
        })
    }

    /// Whether it may be called over a WebSocket.
    pub fn is_for_streams(self) -> bool {
        matches!(self, Self::Message | Self::Status | Self::Presence)
    }
}

/// What an endpoint answers.
pub enum Answer {
    /// The seed's `ok`.
    Ok,
    /// A JSON text.
    Json(Vec<u8>),
}

/// Carries out a call.
pub async fn carry_out(edge: &Edge, asked: &Asked, endpoint: Endpoint, params: &Params) -> Result<Answer, Refusal> {
    if endpoint == Endpoint::Online {
        let caller = auth::caller(edge, asked, params).await?;
        return online(edge, asked, params, &caller).await;
    }
    let asker = auth::asker(edge, asked, params).await?;
    carry_out_for(edge, endpoint, params, &asker).await
}

/// The same for somebody who is known already.
pub async fn carry_out_for(edge: &Edge, endpoint: Endpoint, params: &Params, asker: &Asker) -> Result<Answer, Refusal> {
    match endpoint {
        Endpoint::Online | Endpoint::Offline => {
            params.required("ticket")?;
            disconnect::disconnect(&edge.ctx, asker).await;
            Ok(Answer::Ok)
        }
        Endpoint::SignOut => {
            sign_out::sign_out(&edge.ctx, asker.key).await;
            Ok(Answer::Ok)
        }
        Endpoint::Buddies => buddies(edge, params, asker).await,
        Endpoint::Rooms => rooms(edge, params, asker).await,
        Endpoint::Join => join(edge, params, asker).await,
        Endpoint::Leave => {
            leave_room::leave_room(&edge.ctx, asker, params.room("id")?).await?;
            Ok(Answer::Ok)
        }
        Endpoint::Members => members(edge, params, asker).await,
        Endpoint::Histories => histories(edge, params, asker).await,
        Endpoint::Message => message(edge, params, asker).await,
        Endpoint::ClearHistory => {
            let of = named(params, &ids(params)?)?;
            clear_history::clear_history(&edge.ctx, asker, of).await?;
            Ok(Answer::Ok)
        }
        Endpoint::Status => status(edge, params, asker).await,
        Endpoint::Presence => presence(edge, params, asker).await,
        Endpoint::Setting => setting(edge, params, asker).await,
        Endpoint::Block | Endpoint::Unblock => {
            let blocked = endpoint == Endpoint::Block;
            silence_room::silence_room(&edge.ctx, asker, params.room("id")?, blocked).await?;
            Ok(Answer::Ok)
        }
    }
}

async fn online(edge: &Edge, asked: &Asked, params: &Params, caller: &Caller) -> Result<Answer, Refusal> {
    let (site, _) = caller.person().ok_or(Refusal::NotSignedIn)?;
    let site = edge.ctx.sites.by_number(site).ok_or(Refusal::NotSignedIn)?;
    if params.optional("domain").is_some_and(|domain| !site.answers_to(domain)) {
        return Err(Refusal::BadParameter("domain"));
    }
    if params.optional("client").is_some_and(|word| Dialect::parse(word).is_none()) {
        return Err(Refusal::BadParameter("client"));
    }
    let dialect = dialect::of_page(params, asked.header("accept"));
    let strangers = if params.has("stranger_ids") { "stranger_ids" } else { "chatlink_ids" };
    let ask = Connect {
        dialect,
        scope: dialect::buddy_scope(dialect),
        windows: params.users("buddy_ids")?,
        rooms: if params.has("room_ids") { Some(params.rooms("room_ids")?) } else { None },
        strangers: params.users(strangers)?,
        show: params.optional("show").map(show).transpose()?,
    };
    let connected = connect(&edge.ctx, caller, ask).await?;
    let base = auth::base_url(edge, asked);
    let native = dialect == Dialect::Native;
    let (websocket, sse) = (format!("{}/websocket", base.replacen("http", "ws", 1)), format!("{base}/events"));
    let around = online_wire::Around {
        domain: &site.name,
        server: &format!("{base}/packets"),
        websocket: (native || (dialect == Dialect::D3 && site.options.old_websocket)).then_some(&websocket),
        sse: native.then_some(&sse),
        epoch: &site.epoch,
        server_time: edge.ctx.clock.wall_ms(),
        dialect,
    };
    Ok(Answer::Json(online_wire::online(&connected, &around)))
}

fn show(word: &str) -> Result<Show, Refusal> {
    Show::parse(word).ok_or(Refusal::BadParameter("show"))
}

fn dialect_of(asker: &Asker, params: &Params) -> Dialect {
    asker.dialect().unwrap_or_else(|| dialect::of_request(params))
}

async fn buddies(edge: &Edge, params: &Params, asker: &Asker) -> Result<Answer, Refusal> {
    params.required("ids")?;
    let people = read_roster::people(&edge.ctx, asker, params.users("ids")?).await?;
    let dialect = dialect_of(asker, params);
    let wire: Vec<_> = people.iter().map(|view| wire::person(view, None, dialect)).collect();
    Ok(Answer::Json(json::encode(&wire)))
}

async fn rooms(edge: &Edge, params: &Params, asker: &Asker) -> Result<Answer, Refusal> {
    let only = if params.has("ids") { Some(params.rooms("ids")?) } else { None };
    let rooms = read_roster::rooms(&edge.ctx, asker, only).await?;
    let dialect = dialect_of(asker, params);
    let wire: Vec<_> = rooms.iter().map(|view| wire::room(view, None, dialect)).collect();
    Ok(Answer::Json(json::encode(&wire)))
}

async fn join(edge: &Edge, params: &Params, asker: &Asker) -> Result<Answer, Refusal> {
    let view = join_room::join_room(&edge.ctx, asker, params.room("id")?).await?;
    Ok(Answer::Json(json::encode(&wire::room(&view, None, dialect_of(asker, params)))))
}

async fn members(edge: &Edge, params: &Params, asker: &Asker) -> Result<Answer, Refusal> {
    let dialect = dialect_of(asker, params);
    if !params.has("ids") && !dialect::members_as_map(dialect) {
        let members = read_room::members(&edge.ctx, asker, params.room("id")?).await?.ok_or(Refusal::UnknownRoom)?;
        return Ok(Answer::Json(json::encode(&wire::members(&members, dialect))));
    }
    let wanted = if params.has("ids") { params.rooms("ids")? } else { vec![params.room("id")?] };
    let mut found = Vec::new();
    for room in wanted {
        if let Some(members) = read_room::members(&edge.ctx, asker, room.clone()).await? {
            found.push((room, members));
        }
    }
    let wire: BTreeMap<_, _> =
        found.iter().map(|(room, members)| (room.as_str(), wire::members(members, dialect))).collect();
    Ok(Answer::Json(json::encode(&wire)))
}

/// The ids of `ids`, or the one of `id`.
fn ids(params: &Params) -> Result<Vec<&str>, Refusal> {
    if params.has("ids") {
        return params.list("ids");
    }
    params.raw("id").filter(|id| !id.is_empty()).map(|id| vec![id]).ok_or(Refusal::MissingParameter("ids"))
}

/// Conversations as the page names them, with or without `type`.
fn named(params: &Params, ids: &[&str]) -> Result<Vec<Named>, Refusal> {
    let to_room = wire::is_to_room(params.optional("type")).ok_or(Refusal::BadParameter("type"))?;
    let name = |id: &&str| {
        let bad = |_| Refusal::BadParameter("ids");
        Ok(match (params.optional("type"), to_room) {
            (None, _) => Named::ById((*id).to_owned()),
            (Some(_), true) => Named::Exactly(Conversation::In(RoomId::parse(id).map_err(bad)?)),
            (Some(_), false) => Named::Exactly(Conversation::With(UserId::parse(id).map_err(bad)?)),
        })
    };
    ids.iter().map(name).collect()
}

async fn histories(edge: &Edge, params: &Params, asker: &Asker) -> Result<Answer, Refusal> {
    let of = named(params, &ids(params)?)?;
    let histories = read_history::histories(&edge.ctx, asker, of).await?;
    let dialect = dialect_of(asker, params);
    if params.has("ids") {
        return Ok(Answer::Json(json::encode(&wire::histories(&histories, dialect))));
    }
    let list = histories.first().map_or_else(Vec::new, |history| wire::messages(history, dialect));
    Ok(Answer::Json(json::encode(&list)))
}

async fn message(edge: &Edge, params: &Params, asker: &Asker) -> Result<Answer, Refusal> {
    let to_room = wire::is_to_room(params.optional("type")).ok_or(Refusal::BadParameter("type"))?;
    let to = if to_room { To::Room(params.room("to")?) } else { To::User(params.user("to")?) };
    let body = params.required("body")?.to_owned();
    let style = params.optional("style").unwrap_or_default().to_owned();
    let cid = params.optional("cid").map(str::to_owned);
    let with_receipt = cid.is_some();
    let cid = cid.or_else(|| derived_cid(params, asker, edge.ctx.clock.wall_ms()));
    let send = send_message::Send { to, body, style, cid };
    let stored = send_message::send_message(&edge.ctx, asker, send).await?;
    if !with_receipt {
        return Ok(Answer::Ok);
    }
    let site = edge.ctx.sites.by_number(asker.key.site).ok_or(Refusal::Internal)?;
    Ok(Answer::Json(json::encode(&wire::sent(&stored.message, &site.epoch, stored.repeated))))
}

/// How far from now an old client's own time may be for its message to be told from a repeat, in milliseconds.
const CLIENT_CLOCK_MS: u64 = 60_000;

/// COMPAT: clients without `cid` send the millisecond at which their message was written. The same ticket, addressee, text and
/// millisecond again is the same message again (a browser or proxy that repeats a request silently).
fn derived_cid(params: &Params, asker: &Asker, now_ms: u64) -> Option<String> {
    let (holder, _) = asker.session?;
    let written = params.optional("timestamp")?;
    let at_ms = written.parse::<f64>().ok().filter(|at_ms| at_ms.is_finite() && *at_ms > 1e12)?;
    if (at_ms - now_ms as f64).abs() > CLIENT_CLOCK_MS as f64 {
        return None;
    }
    let mut digest = Sha256::new();
    digest.update(holder.session.0.to_le_bytes());
    for part in ["type", "to", "body"].map(|name| params.raw(name).unwrap_or_default()).iter().chain([&written]) {
        digest.update((part.len() as u64).to_le_bytes());
        digest.update(part.as_bytes());
    }
    Some(format!("derived:{}", URL_SAFE_NO_PAD.encode(digest.finalize())))
}

async fn status(edge: &Edge, params: &Params, asker: &Asker) -> Result<Answer, Refusal> {
    let typing = match params.required("show")? {
        "typing" => true,
        "clear" => false,
        _ => return Err(Refusal::BadParameter("show")),
    };
    send_signal::send_typing(&edge.ctx, asker, params.user("to")?, typing).await?;
    Ok(Answer::Ok)
}

async fn presence(edge: &Edge, params: &Params, asker: &Asker) -> Result<Answer, Refusal> {
    let show = show(params.required("show")?)?;
    // An empty status clears the line; the words old clients send for nothing leave it.
    let status = params.raw("status").filter(|status| !matches!(*status, "undefined" | "null"));
    set_presence::set_presence(&edge.ctx, asker, show, status.map(str::to_owned)).await?;
    Ok(Answer::Ok)
}

async fn setting(edge: &Edge, params: &Params, asker: &Asker) -> Result<Answer, Refusal> {
    let values = match params.optional("data") {
        Some(data) => match serde_json::from_str(data) {
            Ok(Value::Object(map)) => map,
            _ => return Err(Refusal::BadParameter("data")),
        },
        None => flat_settings(params),
    };
    let blocked =
        ["block_list", "blocked_rooms"].into_iter().find_map(|name| values.get(name)).map(rooms_of).transpose()?;
    let mut settings = Settings::default();
    for (name, value) in values.iter().filter(|(name, _)| !is_envelope(name)) {
        settings.insert(name, value.to_string()).map_err(|bad| match bad {
            BadSettings::Name => Refusal::BadParameter("data"),
            BadSettings::Size => Refusal::TooLarge,
        })?;
    }
    save_settings::save_settings(&edge.ctx, asker, settings, blocked).await?;
    Ok(Answer::Ok)
}

/// The seed's form: every parameter that is not part of the request itself. `true` and `false` come back as such.
fn flat_settings(params: &Params) -> serde_json::Map<String, Value> {
    let typed = |word: &str| match word {
        "true" => Value::Bool(true),
        "false" => Value::Bool(false),
        word => Value::String(word.to_owned()),
    };
    let named = params.iter().filter(|(name, value)| !is_envelope(name) && !matches!(*value, "undefined" | "null"));
    named.map(|(name, value)| (name.to_owned(), typed(value))).collect()
}

/// The rooms in a `block_list`: a comma text, or a list of texts or numbers. Anything else is refused rather than taken for
/// an empty list, which would end every silence.
fn rooms_of(value: &Value) -> Result<Vec<RoomId>, Refusal> {
    let words: Vec<String> = match value {
        Value::String(text) => text.split(',').map(str::to_owned).collect(),
        Value::Number(number) => vec![number.to_string()],
        Value::Array(items) => {
            items.iter().map(|item| item.as_str().map_or_else(|| item.to_string(), Into::into)).collect()
        }
        _ => return Err(Refusal::BadParameter("block_list")),
    };
    let ids = words.iter().map(|word| word.trim()).filter(|word| !word.is_empty());
    ids.map(|id| RoomId::parse(id).map_err(|_| Refusal::BadParameter("block_list"))).collect()
}
