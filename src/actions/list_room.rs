//! A site says that a page of one of its people lists a room more, or no longer. Effective when answered.

use super::Context;
use super::identify::Asker;
use crate::chat::id::RoomId;
use crate::chat::refusal::Refusal;
use crate::store::Spoken;

/// Rooms that one page lists.
const LISTED_MAX: usize = 20_000;

/// Lists the room with the asker's session, or no longer. Gives how many are seen online there then. A page that its member
/// opened lists nothing: for it nothing happens.
pub async fn list_room(ctx: &Context, asker: &Asker, room: RoomId, lists: bool) -> Result<u32, Refusal> {
    let holder = *asker.holder().ok_or(Refusal::TicketEnded)?;
    let site = asker.key.site;
    let known = ctx.store.introduce(site, Spoken { rooms: vec![room], ..Spoken::default() }).await?;
    let room = known.rooms.into_iter().next().ok_or(Refusal::Internal)?;
    let of = (room.number, room.id);
    let is_full = ctx.live.listed(&holder).is_some_and(|listed| listed.rooms().count() >= LISTED_MAX);
    if lists && is_full {
        return Err(Refusal::TooManyIds);
    }
    let digest = ctx.live.digest(&holder).ok_or(Refusal::TicketEnded)?;
    if let Some(listed) = ctx.live.relist(&holder, &of, lists, ctx.clock.monotonic_ms()) {
        ctx.correct_unsaved(digest, |record| record.listed = Some(listed.clone()));
        ctx.store.replace_listed(site, digest, listed).await?;
    }
    Ok(ctx.live.room_online_count(site.room(of.0)))
}
