//! A site asks who of its people, or who in one of its rooms, is seen online.

use super::Context;
use crate::chat::id::{RoomId, SiteNumber, UserId, UserNumber};
use crate::chat::presence::Visible;
use crate::chat::refusal::Refusal;
use crate::chat::user::Identity;
use std::sync::Arc;

/// Members of a room that are listed.
const MEMBERS_MAX: usize = 10_000;

/// Those of these people who are seen online, and how.
pub async fn of_people(
    ctx: &Context,
    site: SiteNumber,
    ids: Vec<UserId>,
) -> Result<Vec<(Arc<Identity>, Visible)>, Refusal> {
    // Nobody's view: no user has this number.
    let found = ctx.store.people(site.user(UserNumber(0)), ids).await?;
    Ok(found.iter().filter_map(|person| ctx.live.seen_online(site.user(person.profile.number))).collect())
}

/// Those who are seen online in a room, and how.
pub async fn in_room(ctx: &Context, site: SiteNumber, room: RoomId) -> Result<Vec<(Arc<Identity>, Visible)>, Refusal> {
    let Some(room) = ctx.store.room(site, room).await? else { return Ok(Vec::new()) };
    Ok(ctx.live.room_online(site.room(room.number), MEMBERS_MAX))
}
