//! Who is here, and on which pages.

use super::problem::Problem;
use super::rooms::IDS_MAX;
use super::shapes::Ids;
use super::users::profile;
use super::{Call, done, ok, user};
use crate::actions::{read_presences, sign_out};
use crate::chat::id::{IDS_MAX as IDS_IN_QUERY_MAX, UserId};
use crate::chat::refusal::Refusal;
use crate::edge::reply::Reply;
use serde::Serialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// An open page or device of a person.
#[derive(Serialize, ToSchema)]
pub(super) struct Session {
    /// Names it for as long as it lives.
    id: String,
    /// The generation of its client: native, d1, d2, d2-late or d3.
    client: &'static str,
}

#[utoipa::path(
    get, path = "/api/v1/users/{id}/sessions", tag = "presence", operation_id = "listSessions",
    summary = "A person's open pages",
    params(("id" = String, Path, description = "The site's own id, percent-encoded")),
    responses((status = 200, description = "All of them", body = Vec<Session>)),
)]
pub(super) async fn list(call: &Call<'_>, id: UserId) -> Result<Reply, Problem> {
    let key = call.site.number.user(profile(call, id).await?.number);
    let sessions = sign_out::sessions(&call.edge.ctx, key).into_iter();
    let wire = sessions.map(|(session, dialect)| Session { id: format!("{:012x}", session.0), client: dialect.word() });
    Ok(ok(&wire.collect::<Vec<_>>()))
}

#[utoipa::path(
    delete, path = "/api/v1/users/{id}/sessions", tag = "presence", operation_id = "signOut",
    summary = "Sign a person out everywhere, at once",
    params(("id" = String, Path, description = "The site's own id, percent-encoded")),
    responses((status = 204, description = "All their tickets are dead")),
)]
pub(super) async fn end(call: &Call<'_>, id: UserId) -> Result<Reply, Problem> {
    let key = call.site.number.user(profile(call, id).await?.number);
    sign_out::sign_out(&call.edge.ctx, key).await;
    Ok(done())
}

#[utoipa::path(
    get, path = "/api/v1/presences", tag = "presence", operation_id = "getPresences",
    summary = "Who of these is seen online, and how",
    params(("ids" = String, Query, description = "Ids, comma-separated, at most 2,000")),
    responses((status = 200, description = "Id to show (available, away, chat, dnd or busy); whoever is not seen is not in it", body = BTreeMap<String, String>)),
)]
pub(super) async fn presences(call: &Call<'_>) -> Result<Reply, Problem> {
    let given = call.query.required("ids")?;
    if given.split(',').count() > IDS_IN_QUERY_MAX {
        return Err(Refusal::TooManyIds.into());
    }
    let ids = given.split(',').map(user).collect::<Result<Vec<_>, _>>()?;
    shows(call, ids).await
}

#[utoipa::path(
    post, path = "/api/v1/presences", tag = "presence", operation_id = "postPresences",
    summary = "The same of up to 20,000",
    request_body = Ids,
    responses((status = 200, description = "Id to show; whoever is not seen is not in it", body = BTreeMap<String, String>)),
)]
pub(super) async fn presences_of_many(call: &Call<'_>) -> Result<Reply, Problem> {
    let Ids { ids } = call.body()?;
    if ids.len() > IDS_MAX {
        return Err(Refusal::TooManyIds.into());
    }
    shows(call, ids.iter().map(|id| user(id)).collect::<Result<Vec<_>, _>>()?).await
}

async fn shows(call: &Call<'_>, ids: Vec<UserId>) -> Result<Reply, Problem> {
    let seen = read_presences::of_people(&call.edge.ctx, call.site.number, ids).await?;
    let shows: BTreeMap<&str, &str> =
        seen.iter().map(|(who, visible)| (who.id.as_str(), visible.show_word())).collect();
    Ok(ok(&shows))
}
