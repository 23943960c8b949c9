//! Endpoints about what is said: messages, histories, what is read, searching.

use super::super::{download, wire};
use super::{Answer, dialect_of};
use crate::actions::identify::Asker;
use crate::actions::read_history::{Named, Part};
use crate::actions::search_messages::{Question, search_messages};
use crate::actions::{clear_history, download_history, find_people, mark_read, read_history, send_event, send_message};
use crate::chat::entry::To;
use crate::chat::event::is_event;
use crate::chat::history::{Conversation, HISTORY_ROWS};
use crate::chat::id::{RoomId, UserId};
use crate::chat::refusal::Refusal;
use crate::chat::search::HITS;
use crate::edge::params::Params;
use crate::edge::{Edge, json};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

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

/// What was said.
pub(super) async fn histories(edge: &Edge, params: &Params, asker: &Asker) -> Result<Answer, Refusal> {
    let of = named(params, &ids(params)?)?;
    let part = Part { before: params.number("before")?, limit: limit(params, HISTORY_ROWS)? };
    let histories = read_history::histories(&edge.ctx, asker, of, part).await?;
    let dialect = dialect_of(asker, params);
    if params.has("ids") {
        return Ok(Answer::Json(json::encode(&wire::histories(&histories, dialect))));
    }
    let list = histories.first().map_or_else(Vec::new, |history| wire::messages(history, dialect));
    Ok(Answer::Json(json::encode(&list)))
}

/// How many messages are asked for; the action knows how many that may be.
fn limit(params: &Params, usual: usize) -> Result<usize, Refusal> {
    let limit = params.number("limit")?;
    limit.map_or(Ok(usual), |limit| usize::try_from(limit).map_err(|_| Refusal::BadParameter("limit")))
}

/// The one conversation of `id`.
fn named_one(params: &Params) -> Result<Named, Refusal> {
    let id = params.required("id")?;
    named(params, &[id])?.pop().ok_or(Refusal::MissingParameter("id"))
}

/// A conversation is read.
pub(super) async fn read(edge: &Edge, params: &Params, asker: &Asker) -> Result<Answer, Refusal> {
    let of = named_one(params)?;
    let seq = params.number("seq")?.ok_or(Refusal::MissingParameter("seq"))?;
    mark_read::mark_read(&edge.ctx, asker, of, seq).await?;
    Ok(Answer::Ok)
}

/// Takes a conversation away as a file.
pub(super) async fn download(edge: &Edge, params: &Params, asker: &Asker) -> Result<Answer, Refusal> {
    let messages = download_history::download_history(&edge.ctx, asker, named_one(params)?).await?;
    Ok(Answer::Whole(download::file(&messages, params, edge.ctx.clock.wall_ms())?))
}

/// Looks for something that was said; for people, as the 5.x client does, if it is a `nick` that is given.
pub(super) async fn search(edge: &Edge, params: &Params, asker: &Asker) -> Result<Answer, Refusal> {
    if let (None, Some(nick)) = (params.raw("q"), params.optional("nick")) {
        let people = find_people::find_people(&edge.ctx, asker, nick).await?;
        let dialect = dialect_of(asker, params);
        let wire: Vec<_> = people.iter().map(|view| wire::person(view, None, dialect)).collect();
        return Ok(Answer::Json(json::encode(&wire)));
    }
    let text = params.required("q")?.to_owned();
    let in_one = params.optional("type").is_some() || params.has("id");
    let only = if in_one { Some(named_one(params)?) } else { None };
    let question = Question { text, only, before: params.number("before")?, limit: limit(params, HITS)? };
    let found = search_messages(&edge.ctx, asker, question).await?;
    Ok(Answer::Json(json::encode(&wire::found(&found, dialect_of(asker, params)))))
}

/// Clears conversations for the caller.
pub(super) async fn clear_history(edge: &Edge, params: &Params, asker: &Asker) -> Result<Answer, Refusal> {
    let of = named(params, &ids(params)?)?;
    clear_history::clear_history(&edge.ctx, asker, of).await?;
    Ok(Answer::Ok)
}

/// Says something.
pub(super) async fn message(edge: &Edge, params: &Params, asker: &Asker) -> Result<Answer, Refusal> {
    if params.optional("type") == Some("broadcast") {
        return Err(Refusal::NotAllowed); // only the site may speak to everybody
    }
    let to_room = wire::is_to_room(params.optional("type")).ok_or(Refusal::BadParameter("type"))?;
    let to = if to_room { To::Room(params.room("to")?) } else { To::User(params.user("to")?) };
    let body = params.required("body")?.to_owned();
    if is_event(&body) {
        send_event::send_event(&edge.ctx, asker, to, body).await?;
        return Ok(Answer::Ok);
    }
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
