//! A member joins an open room. Effective when answered: later messages of the room are theirs.

use super::identify::Asker;
use super::leave_room::change_seat;
use super::{Context, RoomView, invite, read_roster};
use crate::chat::entry::SeatChange;
use crate::chat::id::RoomId;
use crate::chat::refusal::Refusal;
use crate::chat::room::NewRoom;
use crate::chat::session::Dialect;

/// Joins, and gives the room. Where there is none of that id, `name` makes one.
pub async fn join_room(ctx: &Context, asker: &Asker, id: RoomId, name: Option<String>) -> Result<RoomView, Refusal> {
    let mut found = ctx.store.room(asker.key.site, id.clone()).await?;
    if let (None, Some(nick)) = (&found, name) {
        invite::make_room(ctx, asker, NewRoom { id: id.clone(), nick, open: true }).await?;
        found = ctx.store.room(asker.key.site, id.clone()).await?;
    }
    if found.ok_or(Refusal::UnknownRoom)?.open {
        change_seat(ctx, asker, id.clone(), SeatChange::Joined).await?;
    } else if asker.dialect().is_some_and(Dialect::leaves_to_silence) {
        change_seat(ctx, asker, id.clone(), SeatChange::Unblocked).await?;
    }
    let joined = read_roster::rooms(ctx, asker, Some(vec![id])).await?;
    // A closed room is as if it did not exist for those the site has not put in it.
    joined.into_iter().next().ok_or(Refusal::UnknownRoom)
}
