//! Friends, with the groups that each side has the other in, and whom people do not want to hear or see.

use super::problem::Problem;
use super::shapes::{Buddy, BuddyIn, Groups};
use super::users::profile;
use super::{Call, done, ok, user};
use crate::actions::block_user;
use crate::actions::read_directory;
use crate::actions::sync_directory::change_directory;
use crate::chat::id::{ID_BYTES_MAX, IDS_MAX, UserId};
use crate::chat::refusal::Refusal;
use crate::edge::reply::Reply;
use crate::store::DirectoryChange;
use std::collections::HashSet;

/// Changes of one write.
const PART: usize = 500;

#[utoipa::path(
    get, path = "/api/v1/users/{id}/buddies", tag = "users", operation_id = "listBuddies",
    summary = "A person's friends",
    params(("id" = String, Path, description = "The site's own id, percent-encoded")),
    responses((status = 200, description = "All of them", body = Vec<Buddy>)),
)]
pub(super) async fn list(call: &Call<'_>, id: UserId) -> Result<Reply, Problem> {
    let found = read_directory::buddies(&call.edge.ctx, call.site.number, id).await?;
    Ok(ok(&found.into_iter().map(Buddy::from).collect::<Vec<_>>()))
}

#[utoipa::path(
    put, path = "/api/v1/users/{id}/buddies", tag = "users", operation_id = "replaceBuddies",
    summary = "These are a person's friends, and nobody else",
    params(("id" = String, Path, description = "The site's own id, percent-encoded")),
    request_body = Vec<BuddyIn>,
    responses((status = 200, description = "All of them, as they are now", body = Vec<Buddy>)),
)]
pub(super) async fn replace(call: &Call<'_>, id: UserId) -> Result<Reply, Problem> {
    let wanted: Vec<BuddyIn> = call.list()?;
    if wanted.len() > IDS_MAX {
        return Err(Refusal::TooManyIds.into());
    }
    let (ctx, site) = (&call.edge.ctx, call.site.number);
    let now = read_directory::buddies(ctx, site, id.clone()).await?;
    let kept: HashSet<&str> = wanted.iter().map(|buddy| buddy.id.as_str()).collect();
    let parted = now.into_iter().map(|person| person.profile.id).filter(|buddy| !kept.contains(buddy.as_str()));
    let mut changes: Vec<DirectoryChange> =
        parted.map(|buddy| DirectoryChange::NotFriends { user: id.clone(), buddy }).collect();
    for buddy in wanted {
        changes.push(friends(&id, user(&buddy.id)?, Groups { group: buddy.group, buddy_group: buddy.buddy_group })?);
    }
    for part in changes.chunks(PART) {
        change_directory(ctx, site, part.to_vec()).await?;
    }
    list(call, id).await
}

#[utoipa::path(
    put, path = "/api/v1/users/{id}/buddies/{buddy}", tag = "users", operation_id = "putBuddy",
    summary = "Two people are friends",
    params(
        ("id" = String, Path, description = "The site's own id, percent-encoded"),
        ("buddy" = String, Path, description = "The friend's id")
    ),
    request_body = Groups,
    responses((status = 204, description = "They are friends")),
)]
pub(super) async fn put(call: &Call<'_>, id: UserId, buddy: UserId) -> Result<Reply, Problem> {
    let change = friends(&id, buddy, call.body()?)?;
    change_directory(&call.edge.ctx, call.site.number, vec![change]).await?;
    Ok(done())
}

#[utoipa::path(
    delete, path = "/api/v1/users/{id}/buddies/{buddy}", tag = "users", operation_id = "deleteBuddy",
    summary = "Two people are friends no more",
    params(
        ("id" = String, Path, description = "The site's own id, percent-encoded"),
        ("buddy" = String, Path, description = "The friend's id")
    ),
    responses((status = 204, description = "They are not")),
)]
pub(super) async fn delete(call: &Call<'_>, id: UserId, buddy: UserId) -> Result<Reply, Problem> {
    let change = DirectoryChange::NotFriends { user: id, buddy };
    change_directory(&call.edge.ctx, call.site.number, vec![change]).await?;
    Ok(done())
}

/// A friendship, which nobody has with themselves.
pub(super) fn friends(id: &UserId, buddy: UserId, groups: Groups) -> Result<DirectoryChange, Problem> {
    let is_group = |group: &str| (1..=ID_BYTES_MAX).contains(&group.len()) && !group.contains(|c: char| c.is_control());
    if *id == buddy {
        return Err(Problem::with(Refusal::BadParameter("buddy"), "Nobody is a friend of themselves."));
    }
    if !is_group(&groups.group) || !is_group(&groups.buddy_group) {
        let why = "A group must be 1 to 190 bytes without control characters.";
        return Err(Problem::with(Refusal::BadParameter("group"), why));
    }
    let Groups { group, buddy_group } = groups;
    Ok(DirectoryChange::Friends { user: id.clone(), buddy, group, buddy_group })
}

#[utoipa::path(
    get, path = "/api/v1/users/{id}/blocks", tag = "users", operation_id = "listBlocks",
    summary = "Whom a person blocks",
    params(("id" = String, Path, description = "The site's own id, percent-encoded")),
    responses((status = 200, description = "Ids", body = Vec<String>)),
)]
pub(super) async fn blocks(call: &Call<'_>, id: UserId) -> Result<Reply, Problem> {
    let key = call.site.number.user(profile(call, id).await?.number);
    let blocked = block_user::blocked(&call.edge.ctx, key).await?;
    Ok(ok(&blocked.iter().map(|profile| profile.id.as_str()).collect::<Vec<_>>()))
}

#[utoipa::path(
    put, path = "/api/v1/users/{id}/blocks/{peer}", tag = "users", operation_id = "putBlock",
    summary = "One person blocks another: neither hears or sees the other",
    params(
        ("id" = String, Path, description = "The site's own id, percent-encoded"),
        ("peer" = String, Path, description = "Whom")
    ),
    responses((status = 204, description = "It is so")),
)]
pub(super) async fn block(call: &Call<'_>, id: UserId, peer: UserId) -> Result<Reply, Problem> {
    if id == peer {
        return Err(Problem::with(Refusal::BadParameter("peer"), "Nobody blocks themselves."));
    }
    let key = call.site.number.user(profile(call, id).await?.number);
    block_user::block_user(&call.edge.ctx, key, peer, true).await?;
    Ok(done())
}

#[utoipa::path(
    delete, path = "/api/v1/users/{id}/blocks/{peer}", tag = "users", operation_id = "deleteBlock",
    summary = "One person blocks another no more",
    params(
        ("id" = String, Path, description = "The site's own id, percent-encoded"),
        ("peer" = String, Path, description = "Whom")
    ),
    responses((status = 204, description = "It is so")),
)]
pub(super) async fn unblock(call: &Call<'_>, id: UserId, peer: UserId) -> Result<Reply, Problem> {
    let key = call.site.number.user(profile(call, id).await?.number);
    block_user::block_user(&call.edge.ctx, key, peer, false).await?;
    Ok(done())
}
