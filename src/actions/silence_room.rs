//! A member silences a room they stay in, or listens again.

use super::Context;
use super::identify::Asker;
use super::leave_room::change_seat;
use crate::chat::entry::SeatChange;
use crate::chat::id::RoomId;
use crate::chat::refusal::Refusal;

/// Blocks or unblocks a room of the asker.
pub async fn silence_room(ctx: &Context, asker: &Asker, id: RoomId, blocked: bool) -> Result<(), Refusal> {
    let known = ctx.store.memberships(asker.key, Some(vec![id.clone()])).await?;
    if known.is_empty() {
        return Err(Refusal::NotAMember);
    }
    change_seat(ctx, asker, id, if blocked { SeatChange::Blocked } else { SeatChange::Unblocked }).await
}

/// Makes exactly `wanted` the asker's silenced rooms: old clients keep that list in their settings.
pub async fn silence_exactly(ctx: &Context, asker: &Asker, wanted: &[RoomId]) -> Result<(), Refusal> {
    for membership in ctx.store.memberships(asker.key, None).await? {
        let blocked = wanted.contains(&membership.room.id);
        if blocked != membership.blocked {
            silence_room(ctx, asker, membership.room.id, blocked).await?;
        }
    }
    Ok(())
}
