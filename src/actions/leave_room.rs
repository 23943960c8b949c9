//! A member leaves a room.

use super::Context;
use super::identify::Asker;
use crate::chat::entry::SeatChange;
use crate::chat::id::RoomId;
use crate::chat::refusal::Refusal;

/// Leaves; whoever is not in the room has left it already.
pub async fn leave_room(ctx: &Context, asker: &Asker, id: RoomId) -> Result<(), Refusal> {
    change_seat(ctx, asker, id, SeatChange::Left).await
}

/// Changes the asker's place in a room and waits until this node's deliveries go by it.
pub(super) async fn change_seat(ctx: &Context, asker: &Asker, id: RoomId, change: SeatChange) -> Result<(), Refusal> {
    let user = asker.identity.id.clone();
    let changed = ctx.store.change_seat(asker.key.site, user, id, change, ctx.clock.wall_ms()).await?;
    if let Some(seq) = changed {
        ctx.live.reached(asker.key.site, seq).await;
    }
    Ok(())
}
