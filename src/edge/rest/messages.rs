//! What a site says: for one of its people or in its own name, to somebody, in a room, to everybody.

use super::problem::Problem;
use super::rooms::IDS_MAX;
use super::shapes::MessageOut;
use super::users::profile;
use super::{Call, ok, room, user};
use crate::actions::announce::{self, Said};
use crate::actions::notify::notify_known;
use crate::actions::read_history::{Part, histories_of};
use crate::actions::say_for_site::{Speaker, say_for_site};
use crate::actions::send_message::{SITE_CID_PREFIX, Send};
use crate::chat::entry::{To, Voice};
use crate::chat::event::is_event;
use crate::chat::history::Conversation;
use crate::chat::id::UserId;
use crate::chat::refusal::Refusal;
use crate::edge::reply::Reply;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Longest `Idempotency-Key`, in bytes.
const KEY_BYTES_MAX: usize = 100;
/// Messages of a history that are asked for without saying how many.
const HISTORY_LIMIT: u64 = 30;

/// A message to one person, or in a room.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct MessageIn {
    /// Who says it: somebody whom the directory knows. Left out: the site itself, as `system`.
    from: Option<String>,
    /// The name that it is said under; else the speaker's own.
    name: Option<String>,
    /// To whom.
    to: Option<String>,
    /// In which room; instead of `to`.
    room: Option<String>,
    /// The text, at most 64 KiB.
    body: String,
    /// CSS declarations: color, background-color, font-weight, font-style, text-decoration, font-size.
    #[serde(default)]
    style: String,
}

/// A message that is stored.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Stored {
    /// Its place in the site's log.
    seq: u64,
    /// When it was stored, in milliseconds since 1970.
    at_ms: u64,
    /// Whether it had been stored before under the same `Idempotency-Key`.
    repeated: bool,
}

#[utoipa::path(
    post, path = "/api/v1/messages", tag = "messages", operation_id = "sendMessage",
    summary = "Say something; answered when it is durable",
    request_body = MessageIn,
    params(
        ("Idempotency-Key" = Option<String>, Header, max_length = 100, description = "Names this message: the same key with the same content stores nothing more, with other content it is 409 `cid_reused`")
    ),
    responses((status = 200, description = "It is stored", body = Stored)),
)]
pub(super) async fn send(call: &Call<'_>) -> Result<Reply, Problem> {
    let key = idempotency_key(call)?;
    let said: MessageIn = call.body()?;
    let to = match (&said.to, &said.room) {
        (Some(to), None) => To::User(user(to)?),
        (None, Some(id)) => To::Room(room(id)?),
        _ => return Err(Problem::with(Refusal::MissingParameter("to"), "Give either `to` or `room`.")),
    };
    let speaker = speaker(call, said.from.as_deref()).await?;
    let send = Send { to, body: said.body, style: said.style, cid: key };
    say(call, speaker, said.name, send).await
}

/// Something to everybody, or to everybody who is online, or in a room.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct BroadcastIn {
    /// Who says it; left out: the site itself, as `system`.
    from: Option<String>,
    /// The name that it is said under.
    name: Option<String>,
    /// Who hears it.
    to: Audience,
    /// The room, if `to` is `room`.
    room: Option<String>,
    /// The text.
    body: String,
}

/// Who hears a broadcast.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum Audience {
    /// All members, those too who come later (the newest ten of such).
    All,
    /// Members who are seen online now, 10,000 at most: each gets a message of their own.
    Online,
    /// A room.
    Room,
}

/// What became of a broadcast.
#[derive(Debug, Serialize, ToSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "for the document: each is written where it is known")]
pub(super) enum BroadcastOut {
    /// To all, or in a room.
    Stored(Stored),
    /// To everybody who is online.
    Told(Told),
}

/// To how many something was said.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Told {
    /// People.
    told: usize,
}

#[utoipa::path(
    post, path = "/api/v1/broadcasts", tag = "messages", operation_id = "broadcast",
    summary = "Say something to all, to all who are online, or in a room",
    request_body = BroadcastIn,
    params(("Idempotency-Key" = Option<String>, Header, max_length = 100, description = "As with messages")),
    responses((status = 200, description = "It is stored (to all, in a room), or to how many it was said (online)", body = BroadcastOut)),
)]
pub(super) async fn broadcast(call: &Call<'_>) -> Result<Reply, Problem> {
    let key = idempotency_key(call)?;
    let said: BroadcastIn = call.body()?;
    let speaker = speaker(call, said.from.as_deref()).await?;
    let to = match (said.to, &said.room) {
        (Audience::All, None) => To::Everyone,
        (Audience::Room, Some(id)) => To::Room(room(id)?),
        (Audience::Online, None) => {
            check_said(said.name.as_deref(), &said.body, "")?;
            let what = Said { speaker: speaker_id(&speaker)?, name: said.name, body: said.body, key };
            let told = announce::to_online(&call.edge.ctx, call.site.number, what).await?;
            return Ok(ok(&Told { told }));
        }
        _ => {
            return Err(Problem::with(
                Refusal::BadParameter("room"),
                "`room` is for `to: \"room\"`, and needed there.",
            ));
        }
    };
    let send = Send { to, body: said.body, style: String::new(), cid: key };
    say(call, speaker, said.name, send).await
}

async fn say(call: &Call<'_>, speaker: Speaker, name: Option<String>, send: Send) -> Result<Reply, Problem> {
    check_said(name.as_deref(), &send.body, &send.style)?;
    let said = say_for_site(&call.edge.ctx, call.site.number, speaker, name, send, Voice::Site).await?;
    let said = said.ok_or(Refusal::NotAllowed)?;
    Ok(ok(&Stored { seq: said.message.seq, at_ms: said.message.at_ms, repeated: said.repeated }))
}

/// What may be said. Events act in pages, and are for plugins of the family.
fn check_said(name: Option<&str>, body: &str, style: &str) -> Result<(), Problem> {
    name.map_or(Ok(()), super::users::check_name)?;
    if body.is_empty() {
        return Err(Refusal::MissingParameter("body").into());
    }
    if is_event(body) {
        return Err(Problem::with(Refusal::NotAllowed, "Events (`webim-event:`) are not said by REST."));
    }
    check_text(&[body, style])
}

/// As in the parameters of browsers: no NUL.
fn check_text(texts: &[&str]) -> Result<(), Problem> {
    if texts.iter().any(|text| text.contains('\0')) { Err(Refusal::BadEncoding.into()) } else { Ok(()) }
}

/// Somebody whom the directory knows, or the site itself.
async fn speaker(call: &Call<'_>, from: Option<&str>) -> Result<Speaker, Problem> {
    Ok(Speaker::Named(match from {
        Some(from) => profile(call, user(from)?).await?.id,
        None => user(announce::SYSTEM)?,
    }))
}

fn speaker_id(speaker: &Speaker) -> Result<UserId, Problem> {
    match speaker {
        Speaker::Named(id) => Ok(id.clone()),
        Speaker::Page(_) => Err(Refusal::Internal.into()),
    }
}

/// A key of the site's own stands beside those of its pages.
fn idempotency_key(call: &Call<'_>) -> Result<Option<String>, Problem> {
    let Some(key) = call.asked.headers.get("idempotency-key") else { return Ok(None) };
    let good = key.to_str().ok().filter(|key| (1..=KEY_BYTES_MAX).contains(&key.len()));
    let why = "`Idempotency-Key` must be 1 to 100 visible characters.";
    let key = good.ok_or_else(|| Problem::with(Refusal::BadParameter("cid"), why))?;
    Ok(Some(format!("{SITE_CID_PREFIX}{key}")))
}

/// Something that people are to notice.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NotificationIn {
    /// Who is to notice it.
    to: Vec<String>,
    /// Who or what it is from, for people.
    #[serde(default)]
    from: String,
    /// The text, at most 2,000 bytes.
    text: String,
    /// Where it leads.
    #[serde(default)]
    link: String,
}

#[utoipa::path(
    post, path = "/api/v1/notifications", tag = "messages", operation_id = "notify",
    summary = "Have people notice something",
    request_body = NotificationIn,
    responses((status = 200, description = "How many", body = Told)),
)]
pub(super) async fn notify(call: &Call<'_>) -> Result<Reply, Problem> {
    let NotificationIn { to, from, text, link } = call.body()?;
    if to.len() > IDS_MAX {
        return Err(Refusal::TooManyIds.into());
    }
    check_text(&[&from, &text, &link])?;
    let to = to.iter().map(|id| user(id)).collect::<Result<Vec<_>, _>>()?;
    let told = notify_known(&call.edge.ctx, call.site.number, to, &from, &text, &link).await?;
    Ok(ok(&Told { told }))
}

#[utoipa::path(
    get, path = "/api/v1/users/{id}/history", tag = "messages", operation_id = "getHistory",
    summary = "A conversation, as this person sees it: the oldest first",
    params(
        ("id" = String, Path, description = "Whose view"),
        ("with" = Option<String>, Query, description = "The other person"),
        ("room" = Option<String>, Query, description = "Or a room that they are in"),
        ("before" = Option<u64>, Query, description = "Only what was said before this seq"),
        ("limit" = Option<u16>, Query, minimum = 1, maximum = 200, description = "The newest so many, 30 by default")
    ),
    responses((status = 200, description = "Messages", body = Vec<MessageOut>)),
)]
pub(super) async fn history(call: &Call<'_>, id: UserId) -> Result<Reply, Problem> {
    let viewer = call.site.number.user(profile(call, id).await?.number);
    let of = match (call.query.raw("with"), call.query.raw("room")) {
        (Some(with), None) => Conversation::With(user(with)?),
        (None, Some(id)) => Conversation::In(room(id)?),
        _ => return Err(Problem::with(Refusal::MissingParameter("with"), "Give either `with` or `room`.")),
    };
    let is_room = matches!(of, Conversation::In(_));
    let limit = usize::try_from(call.number("limit")?.unwrap_or(HISTORY_LIMIT)).unwrap_or(usize::MAX);
    let part = Part { before: call.number("before")?, limit };
    let found = histories_of(&call.edge.ctx, viewer, vec![of], part).await?.into_iter().next();
    let found = found.ok_or(if is_room { Refusal::UnknownRoom } else { Refusal::UnknownUser })?;
    Ok(ok(&found.messages.iter().map(|message| MessageOut::from(&**message)).collect::<Vec<_>>()))
}
