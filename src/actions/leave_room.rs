//! A member leaves a room.

use super::Context;
use super::identify::Asker;
use crate::chat::entry::SeatChange;
use crate::chat::id::RoomId;
use crate::chat::refusal::Refusal;
use crate::chat::room::Room;
use crate::chat::session::Dialect;

/// Leaves; whoever is not in the room has left it already.
///
/// COMPAT: pages before 5.4 leave a room to silence it. From one that only its site puts people into there would be no way back, so
/// there it is silenced, until they join it again.
pub async fn leave_room(ctx: &Context, asker: &Asker, id: RoomId) -> Result<(), Refusal> {
    let silences = asker.dialect().is_some_and(Dialect::leaves_to_silence);
    let is_sites = |room: &Room| !room.open && !room.temporary;
    if silences && ctx.store.room(asker.key.site, id.clone()).await?.is_some_and(|room| is_sites(&room)) {
        return change_seat(ctx, asker, id, SeatChange::Blocked).await;
    }
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
