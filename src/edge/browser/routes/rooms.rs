//! Endpoints by which members come into rooms: they join, or somebody invites them.

use super::super::{dialect, wire};
use super::{Answer, dialect_of, settings};
use crate::actions::identify::Asker;
use crate::actions::silence_room::silence_room;
use crate::actions::{RoomView, invite, join_room};
use crate::chat::id::RoomId;
use crate::chat::refusal::Refusal;
use crate::chat::session::Dialect;
use crate::edge::params::Params;
use crate::edge::{Edge, json};

/// Length of the ids that 5.0 to 5.2 make for rooms.
const MADE_ID_LENGTH: usize = 16;

/// Joins.
pub(super) async fn join(edge: &Edge, params: &Params, asker: &Asker) -> Result<Answer, Refusal> {
    let id = params.room("id")?;
    let name = name_of_new(params, asker, &id);
    answer(&join_room::join_room(&edge.ctx, asker, id, name).await?, asker, params)
}

/// COMPAT: 5.0 to 5.2 make a room of their own by joining it. Its id looks like nothing that a site would call a room, and `nick`
/// is the room's name; clients before them send the member's own there.
fn name_of_new(params: &Params, asker: &Asker, id: &RoomId) -> Option<String> {
    let makes_rooms = asker.dialect().is_some_and(|dialect| dialect::manners(dialect).makes_rooms_by_joining);
    let id = id.as_str();
    let is_made = id.len() == MADE_ID_LENGTH && id.bytes().all(|byte| byte.is_ascii_alphanumeric());
    params.optional("nick").filter(|_| makes_rooms && is_made).map(str::to_owned)
}

/// Silences a room, or listens again.
///
/// COMPAT: what pages that leave rooms to silence them are shown as silenced, they may be out of (`left_but_silenced`).
pub(super) async fn silence(edge: &Edge, asker: &Asker, id: RoomId, blocked: bool) -> Result<(), Refusal> {
    let done = silence_room(&edge.ctx, asker, id.clone(), blocked).await;
    let leaves_to_silence = asker.dialect().is_some_and(Dialect::leaves_to_silence);
    if done != Err(Refusal::NotAMember) || blocked || !leaves_to_silence {
        return done;
    }
    let shown = settings::listed(&edge.ctx.store.settings(asker.key).await?);
    if shown.contains(&id) { join_room::join_room(&edge.ctx, asker, id, None).await.map(drop) } else { done }
}

/// Invites others, into a new room or one that is there.
pub(super) async fn invite(edge: &Edge, params: &Params, asker: &Asker) -> Result<Answer, Refusal> {
    let nick = params.optional("nick").map(str::trim).filter(|nick| !nick.is_empty());
    let nick = nick.ok_or(Refusal::MissingParameter("nick"))?.to_owned();
    let ask = invite::Invite { room: params.room("id")?, nick, members: params.users("members")? };
    answer(&invite::invite(&edge.ctx, asker, ask).await?, asker, params)
}

fn answer(view: &RoomView, asker: &Asker, params: &Params) -> Result<Answer, Refusal> {
    Ok(Answer::Json(json::encode(&wire::room(view, None, dialect_of(asker, params)))))
}
