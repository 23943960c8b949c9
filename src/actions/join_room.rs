//! A member joins an open room. Effective when answered: later messages of the room are theirs.

use super::identify::Asker;
use super::{Context, RoomView, read_roster};
use crate::chat::entry::SeatChange;
use crate::chat::id::RoomId;
use crate::chat::refusal::Refusal;

/// Joins, and gives the room.
pub async fn join_room(ctx: &Context, asker: &Asker, id: RoomId) -> Result<RoomView, Refusal> {
    let room = ctx.store.room(asker.key.site, id.clone()).await?.ok_or(Refusal::UnknownRoom)?;
    if room.open {
        super::leave_room::change_seat(ctx, asker, id.clone(), SeatChange::Joined).await?;
    }
    let joined = read_roster::rooms(ctx, asker, Some(vec![id])).await?;
    // A closed room is as if it did not exist for those the site has not put in it.
    joined.into_iter().next().ok_or(Refusal::UnknownRoom)
}
