//! The site's people.

use super::paging::Page;
use super::problem::Problem;
use super::shapes::{User, UserIn};
use super::{Call, done, ok};
use crate::actions::erase_member::erase_member;
use crate::actions::read_directory;
use crate::actions::vouch::{self, Says};
use crate::chat::id::{ID_BYTES_MAX, UserId, UserNumber};
use crate::chat::link;
use crate::chat::refusal::Refusal;
use crate::chat::user::Profile;
use crate::edge::reply::Reply;
use crate::edge::sign_in::token::is_guest;
use serde::Serialize;
use utoipa::ToSchema;

/// The site of the key.
#[derive(Serialize, ToSchema)]
pub(super) struct SiteOut<'a> {
    /// Its name.
    site: &'a str,
    /// The key that pages may show.
    public_key: &'a str,
}

#[utoipa::path(
    get, path = "/api/v1/site", tag = "site", operation_id = "getSite",
    summary = "The site of the key",
    responses((status = 200, description = "The site", body = SiteOut)),
)]
#[expect(clippy::unnecessary_wraps, reason = "as every call")]
pub(super) fn site(call: &Call<'_>) -> Result<Reply, Problem> {
    Ok(ok(&SiteOut { site: &call.site.name, public_key: &call.site.public_key }))
}

#[utoipa::path(
    get, path = "/api/v1/users", tag = "users", operation_id = "listUsers",
    summary = "All people, in pages",
    params(
        ("cursor" = Option<String>, Query, description = "`next_cursor` of the page before"),
        ("limit" = Option<u16>, Query, minimum = 1, maximum = 1000, description = "Items in the page, 100 by default")
    ),
    responses((status = 200, description = "A page", body = Page<User>)),
)]
pub(super) async fn list(call: &Call<'_>) -> Result<Reply, Problem> {
    let page = call.page()?;
    let found = read_directory::users(&call.edge.ctx, call.site.number, UserNumber(page.after), page.rows()).await?;
    Ok(ok(&page.of(found, |user| user.number.0, User::from)))
}

#[utoipa::path(
    get, path = "/api/v1/users/{id}", tag = "users", operation_id = "getUser",
    summary = "One person",
    params(("id" = String, Path, description = "The site's own id, percent-encoded")),
    responses((status = 200, description = "The person", body = User)),
)]
pub(super) async fn get(call: &Call<'_>, id: UserId) -> Result<Reply, Problem> {
    Ok(ok(&User::from(profile(call, id).await?)))
}

#[utoipa::path(
    put, path = "/api/v1/users/{id}", tag = "users", operation_id = "putUser",
    summary = "Make or change a person",
    params(("id" = String, Path, description = "The site's own id, percent-encoded")),
    request_body = UserIn,
    responses((status = 200, description = "The person as they are now", body = User)),
)]
pub(super) async fn put(call: &Call<'_>, id: UserId) -> Result<Reply, Problem> {
    check_is_members(&id)?;
    let UserIn { name, avatar, url } = call.body()?;
    if let Some(name) = &name {
        check_name(name)?;
    }
    [&avatar, &url].into_iter().flatten().try_for_each(|address| check_address(address))?;
    vouch::vouch(&call.edge.ctx, call.site.number, &id, Says { name, avatar, url }).await?;
    get(call, id).await
}

#[utoipa::path(
    delete, path = "/api/v1/users/{id}", tag = "users", operation_id = "eraseUser",
    summary = "Erase a person: what they said, what was said to them alone, settings, sessions",
    params(("id" = String, Path, description = "The site's own id, percent-encoded")),
    responses((status = 204, description = "Nothing is left of them")),
)]
pub(super) async fn delete(call: &Call<'_>, id: UserId) -> Result<Reply, Problem> {
    erase_member(&call.edge.ctx, call.site.number, id).await?;
    Ok(done())
}

/// Somebody who must be there.
pub(super) async fn profile(call: &Call<'_>, id: UserId) -> Result<Profile, Problem> {
    let profile = read_directory::profile(&call.edge.ctx, call.site.number, &id).await?;
    // The id of a visitor who has become a member is nobody's any more.
    Ok(profile.filter(|profile| profile.id == id).ok_or(Refusal::UnknownUser)?)
}

/// Ids of visitors are made here.
pub(super) fn check_is_members(id: &UserId) -> Result<(), Problem> {
    let why = "Ids that begin with `vid:` are those of visitors.";
    if is_guest(id) { Err(Problem::with(Refusal::BadParameter("id"), why)) } else { Ok(()) }
}

pub(super) fn check_name(name: &str) -> Result<(), Problem> {
    let is_good = !name.trim().is_empty() && name.len() <= ID_BYTES_MAX && !name.contains(|c: char| c.is_control());
    let why = "`name` must be 1 to 190 bytes without control characters.";
    if is_good { Ok(()) } else { Err(Problem::with(Refusal::BadParameter("name"), why)) }
}

pub(super) fn check_address(address: &str) -> Result<(), Problem> {
    let is_good = address.len() <= vouch::ADDRESS_BYTES_MAX && link::is_safe(address) && !address.contains('\0');
    let why = "Addresses must be at most 2000 bytes, and lead to http, https, mailto or a place on the site.";
    if is_good { Ok(()) } else { Err(Problem::with(Refusal::BadParameter("url"), why)) }
}
