//! A member gathers others in a room, and makes it if there is none of that id. Effective when answered: later messages of the
//! room are theirs.

use super::block_user;
use super::identify::Asker;
use super::{Context, RoomView, read_roster};
use crate::bus::Envelope;
use crate::chat::entry::Addressee;
use crate::chat::event::Event;
use crate::chat::id::{ID_BYTES_MAX, RoomId, UserId};
use crate::chat::refusal::Refusal;
use crate::chat::room::NewRoom;
use crate::store::Seated;
use std::sync::Arc;

/// Users that one call may invite.
const INVITED_MAX: usize = 200;

/// Rooms of their own that one member is in while they make another.
const OWN_ROOMS_MAX: usize = 100;

/// Whom, and where to.
#[derive(Debug, Clone)]
pub struct Invite {
    /// The room.
    pub room: RoomId,
    /// Its display name, if it is made now.
    pub nick: String,
    /// Who is invited; unknown ones are left out.
    pub members: Vec<UserId>,
}

/// Invites, and gives the room.
pub async fn invite(ctx: &Context, asker: &Asker, ask: Invite) -> Result<RoomView, Refusal> {
    if ask.members.len() > INVITED_MAX {
        return Err(Refusal::TooManyIds);
    }
    let new = NewRoom { id: ask.room.clone(), nick: ask.nick, open: false };
    if !make_room(ctx, asker, new).await? {
        check(ctx, asker, &ask.room).await?;
    }
    let (site, now_ms) = (asker.key.site, ctx.clock.wall_ms());
    // Nobody is drawn into a room by somebody whom they do not want to hear.
    let members = block_user::without_severed(ctx, asker.key, ask.members).await?;
    let seated = ctx.store.seat_all(site, ask.room.clone(), members, now_ms).await?;
    if let Some(last) = seated.last() {
        ctx.live.reached(site, last.seq).await;
    }
    let rooms = read_roster::rooms(ctx, asker, Some(vec![ask.room])).await?;
    let view = rooms.into_iter().next().ok_or(Refusal::UnknownRoom)?;
    for Seated { user, .. } in seated.into_iter().filter(|seated| seated.user.number != asker.key.user) {
        let (from, room) = (Arc::clone(&asker.identity), &view.membership.room);
        let event = Event::invite(from, Addressee::User(user), room, now_ms);
        ctx.bus.publish(Envelope::Event { site, event: Arc::new(event) });
    }
    Ok(view)
}

/// Makes a room with the asker in it, unless there is one of that id; whether it was made.
pub(super) async fn make_room(ctx: &Context, asker: &Asker, new: NewRoom) -> Result<bool, Refusal> {
    if new.nick.len() > ID_BYTES_MAX || new.nick.chars().any(char::is_control) {
        return Err(Refusal::BadParameter("nick"));
    }
    if ctx.store.room(asker.key.site, new.id.clone()).await?.is_some() {
        return Ok(false);
    }
    // Old pages put ids into their markup, and ids are never changed on their way. A site knows what it calls its rooms.
    if new.id.as_str().contains(['<', '>', '"', '\'', '`', '&']) {
        return Err(Refusal::BadParameter("id"));
    }
    let known = ctx.store.memberships(asker.key, None).await?;
    if known.iter().filter(|membership| membership.room.temporary).count() >= OWN_ROOMS_MAX {
        return Err(Refusal::TooManyRooms);
    }
    let (site, maker) = (asker.key.site, asker.identity.id.clone());
    let made = ctx.store.make_room(site, new, maker, ctx.clock.wall_ms()).await?;
    if let Some(seq) = made {
        ctx.live.reached(site, seq).await;
    }
    Ok(made.is_some())
}

/// Into a room that is there its members may invite, unless it is for the site to say who is in it.
async fn check(ctx: &Context, asker: &Asker, id: &RoomId) -> Result<(), Refusal> {
    let room = ctx.store.room(asker.key.site, id.clone()).await?.ok_or(Refusal::UnknownRoom)?;
    let is_member = !ctx.store.memberships(asker.key, Some(vec![id.clone()])).await?.is_empty();
    match (is_member, room.open) {
        (true, open) if open || room.temporary => Ok(()),
        (true, _) => Err(Refusal::NotAllowed),
        (false, true) => Err(Refusal::NotAMember),
        // A closed room is as if it did not exist for those who are not in it.
        (false, false) => Err(Refusal::UnknownRoom),
    }
}
