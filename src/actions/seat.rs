//! A site puts its people into a room, or takes them out.

use super::Context;
use crate::chat::entry::SeatChange;
use crate::chat::id::{RoomId, SiteNumber, UserId};
use crate::chat::refusal::Refusal;

/// People who are seated in one write: others write, too.
const PART: usize = 200;

/// Puts people into a room; those whom the directory does not know are left out.
pub async fn seat_all(ctx: &Context, site: SiteNumber, room: &RoomId, users: Vec<UserId>) -> Result<(), Refusal> {
    ctx.store.room(site, room.clone()).await?.ok_or(Refusal::UnknownRoom)?;
    for part in users.chunks(PART) {
        ctx.store.seat_all(site, room.clone(), part.to_vec(), ctx.clock.wall_ms()).await?;
    }
    Ok(())
}

/// Takes somebody out of a room.
pub async fn unseat(ctx: &Context, site: SiteNumber, room: &RoomId, user: UserId) -> Result<(), Refusal> {
    let now_ms = ctx.clock.wall_ms();
    ctx.store.change_seat(site, user, room.clone(), SeatChange::Left, now_ms).await?;
    Ok(())
}
