//! What the site's own server may read of its people and rooms: everything, as nobody in particular sees it.

use super::Context;
use crate::chat::id::{RoomId, RoomNumber, SiteNumber, UserId, UserKey, UserNumber};
use crate::chat::refusal::Refusal;
use crate::chat::room::Room;
use crate::chat::user::{Person, Profile};

/// Nobody's view: no user has this number.
fn nobody(site: SiteNumber) -> UserKey {
    site.user(UserNumber(0))
}

/// Somebody, if the directory knows them.
pub async fn profile(ctx: &Context, site: SiteNumber, id: &UserId) -> Result<Option<Profile>, Refusal> {
    let found = ctx.store.people(nobody(site), vec![id.clone()]).await?;
    Ok(found.into_iter().next().map(|person| person.profile))
}

/// People in order of their numbers.
pub async fn users(ctx: &Context, site: SiteNumber, after: UserNumber, limit: usize) -> Result<Vec<Profile>, Refusal> {
    Ok(ctx.store.users_after(site, after, limit).await?)
}

/// A member's friends.
pub async fn buddies(ctx: &Context, site: SiteNumber, id: UserId) -> Result<Vec<Person>, Refusal> {
    let member = ctx.store.member(site, id).await?.ok_or(Refusal::UnknownUser)?;
    let viewer = site.user(member.profile.number);
    Ok(ctx.store.people_by_number(viewer, member.buddies.to_vec()).await?)
}

/// Rooms in order of their numbers.
pub async fn rooms(ctx: &Context, site: SiteNumber, after: RoomNumber, limit: usize) -> Result<Vec<Room>, Refusal> {
    Ok(ctx.store.rooms_after(site, after, limit).await?)
}

/// A room.
pub async fn room(ctx: &Context, site: SiteNumber, id: RoomId) -> Result<Room, Refusal> {
    ctx.store.room(site, id).await?.ok_or(Refusal::UnknownRoom)
}

/// Members of a room in order of their numbers.
pub async fn members(
    ctx: &Context,
    site: SiteNumber,
    room: RoomId,
    after: UserNumber,
    limit: usize,
) -> Result<Vec<Profile>, Refusal> {
    let room = self::room(ctx, site, room).await?;
    Ok(ctx.store.seats_after(site, room.number, after, limit).await?)
}
