//! Rooms, and who is in them.

use super::paging::Page;
use super::problem::Problem;
use super::shapes::{Ids, RoomIn, RoomOut, User};
use super::users::{check_address, check_name, profile};
use super::{Call, done, ok, user};
use crate::actions::read_directory;
use crate::actions::seat;
use crate::actions::sync_directory::change_directory;
use crate::chat::id::{RoomId, RoomNumber, UserId, UserNumber};
use crate::chat::refusal::Refusal;
use crate::edge::reply::Reply;
use crate::store::DirectoryChange;

/// Ids in one call.
pub(super) const IDS_MAX: usize = 20_000;

#[utoipa::path(
    get, path = "/api/v1/rooms", tag = "rooms", operation_id = "listRooms",
    summary = "All rooms, in pages",
    params(
        ("cursor" = Option<String>, Query, description = "`next_cursor` of the page before"),
        ("limit" = Option<u16>, Query, minimum = 1, maximum = 1000, description = "Items in the page, 100 by default")
    ),
    responses((status = 200, description = "A page", body = Page<RoomOut>)),
)]
pub(super) async fn list(call: &Call<'_>) -> Result<Reply, Problem> {
    let page = call.page()?;
    let found = read_directory::rooms(&call.edge.ctx, call.site.number, RoomNumber(page.after), page.rows()).await?;
    Ok(ok(&page.of(found, |room| room.number.0, RoomOut::from)))
}

#[utoipa::path(
    get, path = "/api/v1/rooms/{id}", tag = "rooms", operation_id = "getRoom",
    summary = "One room",
    params(("id" = String, Path, description = "The site's own id, percent-encoded")),
    responses((status = 200, description = "The room", body = RoomOut)),
)]
pub(super) async fn get(call: &Call<'_>, id: RoomId) -> Result<Reply, Problem> {
    Ok(ok(&RoomOut::from(read_directory::room(&call.edge.ctx, call.site.number, id).await?)))
}

#[utoipa::path(
    put, path = "/api/v1/rooms/{id}", tag = "rooms", operation_id = "putRoom",
    summary = "Make or change a room",
    params(("id" = String, Path, description = "The site's own id, percent-encoded")),
    request_body = RoomIn,
    responses((status = 200, description = "The room as it is now", body = RoomOut)),
)]
pub(super) async fn put(call: &Call<'_>, id: RoomId) -> Result<Reply, Problem> {
    let change = room(id.clone(), call.body()?)?;
    change_directory(&call.edge.ctx, call.site.number, vec![change]).await?;
    get(call, id).await
}

/// A room as it is said.
pub(super) fn room(id: RoomId, said: RoomIn) -> Result<DirectoryChange, Problem> {
    let RoomIn { name, avatar, url, open } = said;
    check_name(&name)?;
    [&avatar, &url].into_iter().try_for_each(|address| check_address(address))?;
    Ok(DirectoryChange::Room { id, nick: name, picture_url: avatar, url, open })
}

#[utoipa::path(
    get, path = "/api/v1/rooms/{id}/members", tag = "rooms", operation_id = "listMembers",
    summary = "Who is in a room, in pages",
    params(
        ("id" = String, Path, description = "The site's own id, percent-encoded"),
        ("cursor" = Option<String>, Query, description = "`next_cursor` of the page before"),
        ("limit" = Option<u16>, Query, minimum = 1, maximum = 1000, description = "Items in the page, 100 by default")
    ),
    responses((status = 200, description = "A page", body = Page<User>)),
)]
pub(super) async fn members(call: &Call<'_>, id: RoomId) -> Result<Reply, Problem> {
    let (page, ctx, site) = (call.page()?, &call.edge.ctx, call.site.number);
    let found = read_directory::members(ctx, site, id, UserNumber(page.after), page.rows()).await?;
    Ok(ok(&page.of(found, |user| user.number.0, User::from)))
}

#[utoipa::path(
    post, path = "/api/v1/rooms/{id}/members", tag = "rooms", operation_id = "addMembers",
    summary = "Put people into a room",
    params(("id" = String, Path, description = "The site's own id, percent-encoded")),
    request_body = Ids,
    responses((status = 204, description = "They are in it; ids of nobody are left out")),
)]
pub(super) async fn add_members(call: &Call<'_>, id: RoomId) -> Result<Reply, Problem> {
    let Ids { ids } = call.body()?;
    if ids.len() > IDS_MAX {
        return Err(Refusal::TooManyIds.into());
    }
    let users = ids.iter().map(|id| user(id)).collect::<Result<Vec<_>, _>>()?;
    seat::seat_all(&call.edge.ctx, call.site.number, &id, users).await?;
    Ok(done())
}

#[utoipa::path(
    put, path = "/api/v1/rooms/{id}/members/{user}", tag = "rooms", operation_id = "putMember",
    summary = "Put somebody into a room",
    params(
        ("id" = String, Path, description = "The site's own id, percent-encoded"),
        ("user" = String, Path, description = "The person's id")
    ),
    responses((status = 204, description = "They are in it")),
)]
pub(super) async fn put_member(call: &Call<'_>, id: RoomId, member: UserId) -> Result<Reply, Problem> {
    profile(call, member.clone()).await?;
    seat::seat_all(&call.edge.ctx, call.site.number, &id, vec![member]).await?;
    Ok(done())
}

#[utoipa::path(
    delete, path = "/api/v1/rooms/{id}/members/{user}", tag = "rooms", operation_id = "deleteMember",
    summary = "Take somebody out of a room",
    params(
        ("id" = String, Path, description = "The site's own id, percent-encoded"),
        ("user" = String, Path, description = "The person's id")
    ),
    responses((status = 204, description = "They are not in it")),
)]
pub(super) async fn delete_member(call: &Call<'_>, id: RoomId, member: UserId) -> Result<Reply, Problem> {
    seat::unseat(&call.edge.ctx, call.site.number, &id, member).await?;
    Ok(done())
}
