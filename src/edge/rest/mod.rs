//! REST for a site's own server (`/api/v1`): its people, friends and rooms, messages in its name, who is here. The authority is the
//! site's secret key, `Authorization: Bearer sk_...`; which site it is follows from the key, and nothing of another site can be
//! named. Ids in paths are the site's own, percent-encoded.

mod buddies;
pub(super) mod export;
mod messages;
mod openapi;
mod paging;
mod problem;
mod reference;
mod rooms;
mod sessions;
mod shapes;
pub mod sync;
mod users;

use super::params::Params;
use super::reply::Reply;
use super::{Asked, Edge};
use crate::chat::id::{RoomId, UserId};
use crate::chat::refusal::Refusal;
use crate::chat::site::Site;
use http::{Method, StatusCode};
use percent_encoding::percent_decode_str;
use problem::Problem;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::sync::Arc;

pub use openapi::document;

/// A call's body, in bytes; `sync` has none of these bounds.
pub(super) const BODY_MAX: usize = 1024 * 1024;

/// Whether a path is served here.
pub(super) fn is_rest(path: &str) -> bool {
    path.starts_with("/api/v1/") || matches!(path, "/api/openapi.json" | "/api/docs")
}

/// One call of a site that has shown its key.
struct Call<'a> {
    edge: &'a Edge,
    asked: &'a Asked,
    site: Arc<Site>,
    query: Params,
}

/// Answers a call.
pub(super) async fn answer(edge: &Edge, asked: &Asked, path: &str) -> Reply {
    if matches!(path, "/api/openapi.json" | "/api/docs") {
        return match asked.reads() {
            Ok(()) if path == "/api/openapi.json" => openapi::json(edge),
            Ok(()) => openapi::viewer(),
            Err(refusal) => Problem::from(refusal).reply(),
        };
    }
    match carry_out(edge, asked, path).await {
        Ok(reply) => reply,
        Err(problem) => problem.reply(),
    }
}

/// The answer to a call that could not be read.
pub(super) fn unread(refusal: Refusal) -> Reply {
    Problem::from(refusal).reply()
}

async fn carry_out(edge: &Edge, asked: &Asked, path: &str) -> Result<Reply, Problem> {
    let site = site(edge, asked)?;
    let query = Params::parse(asked.uri.query().unwrap_or_default(), b"")?;
    let call = Call { edge, asked, site, query };
    let rest = path.strip_prefix("/api/v1/").ok_or(Refusal::NotFound)?;
    let segments: Vec<String> = rest.split('/').map(decoded).collect::<Result<_, _>>()?;
    let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
    route(&call, &segments).await
}

/// Every path on one screen, but for the two whose answers go on: `sync` and `export`.
async fn route(call: &Call<'_>, path: &[&str]) -> Result<Reply, Problem> {
    let method = match call.asked.method {
        Method::HEAD => "GET",
        ref method => method.as_str(),
    };
    match (path, method) {
        (["site"], "GET") => users::site(call),
        (["users"], "GET") => users::list(call).await,
        (["users", id], "GET") => users::get(call, user(id)?).await,
        (["users", id], "PUT") => users::put(call, user(id)?).await,
        (["users", id], "DELETE") => users::delete(call, user(id)?).await,
        (["users", id, "buddies"], "GET") => buddies::list(call, user(id)?).await,
        (["users", id, "buddies"], "PUT") => buddies::replace(call, user(id)?).await,
        (["users", id, "buddies", buddy], "PUT") => buddies::put(call, user(id)?, user(buddy)?).await,
        (["users", id, "buddies", buddy], "DELETE") => buddies::delete(call, user(id)?, user(buddy)?).await,
        (["users", id, "blocks"], "GET") => buddies::blocks(call, user(id)?).await,
        (["users", id, "blocks", peer], "PUT") => buddies::block(call, user(id)?, user(peer)?).await,
        (["users", id, "blocks", peer], "DELETE") => buddies::unblock(call, user(id)?, user(peer)?).await,
        (["users", id, "sessions"], "GET") => sessions::list(call, user(id)?).await,
        (["users", id, "sessions"], "DELETE") => sessions::end(call, user(id)?).await,
        (["users", id, "history"], "GET") => messages::history(call, user(id)?).await,
        (["presences"], "GET") => sessions::presences(call).await,
        (["presences"], "POST") => sessions::presences_of_many(call).await,
        (["rooms"], "GET") => rooms::list(call).await,
        (["rooms", id], "GET") => rooms::get(call, room(id)?).await,
        (["rooms", id], "PUT") => rooms::put(call, room(id)?).await,
        (["rooms", id, "members"], "GET") => rooms::members(call, room(id)?).await,
        (["rooms", id, "members"], "POST") => rooms::add_members(call, room(id)?).await,
        (["rooms", id, "members", member], "PUT") => rooms::put_member(call, room(id)?, user(member)?).await,
        (["rooms", id, "members", member], "DELETE") => rooms::delete_member(call, room(id)?, user(member)?).await,
        (["messages"], "POST") => messages::send(call).await,
        (["broadcasts"], "POST") => messages::broadcast(call).await,
        (["notifications"], "POST") => messages::notify(call).await,
        (path, _) => match methods(path) {
            Some(methods) => Err(Refusal::MethodNotAllowed(methods).into()),
            None => Err(Refusal::NotFound.into()),
        },
    }
}

/// What is served where something is.
fn methods(path: &[&str]) -> Option<&'static str> {
    Some(match path {
        ["users" | "rooms" | "site"] | ["users", _, "blocks" | "history" | "export"] => "GET",
        ["users", _] => "GET, PUT, DELETE",
        ["rooms", _] | ["users", _, "buddies"] => "GET, PUT",
        ["users", _, "buddies" | "blocks", _] | ["rooms", _, "members", _] => "PUT, DELETE",
        ["users", _, "sessions"] => "GET, DELETE",
        ["presences"] | ["rooms", _, "members"] => "GET, POST",
        ["messages" | "broadcasts" | "notifications" | "sync"] => "POST",
        _ => return None,
    })
}

fn decoded(segment: &str) -> Result<String, Problem> {
    let text = percent_decode_str(segment).decode_utf8().map_err(|_| Refusal::BadEncoding)?;
    if text.contains('\0') { Err(Refusal::BadEncoding.into()) } else { Ok(text.into_owned()) }
}

fn user(id: &str) -> Result<UserId, Problem> {
    UserId::parse(id).map_err(|_| Refusal::BadParameter("id").into())
}

fn room(id: &str) -> Result<RoomId, Problem> {
    RoomId::parse(id).map_err(|_| Refusal::BadParameter("id").into())
}

/// The site whose key came. A key that nobody has, and none at all, are the same to the caller.
fn site(edge: &Edge, asked: &Asked) -> Result<Arc<Site>, Problem> {
    super::browser::auth::check_host(edge, asked)?;
    let site = site_of(edge, asked)?;
    // A browser must never hold the key: whoever sends it from a page has published it.
    if asked.headers.keys().any(|name| name == "origin" || name.as_str().starts_with("sec-fetch-")) {
        let what = format!("the secret key of {} came from a browser and is known to it now: replace it", site.name);
        edge.refusals.tell(asked, edge.ctx.clock, &what);
        return Err(Refusal::KeyInBrowser.into());
    }
    if site.suspended {
        return Err(Refusal::SiteSuspended.into());
    }
    edge.rates.check_api(&site)?;
    Ok(site)
}

fn site_of(edge: &Edge, asked: &Asked) -> Result<Arc<Site>, Refusal> {
    if let Some(site) = asked.bearer().and_then(|key| edge.ctx.sites.by_server_key(key)) {
        return Ok(site);
    }
    edge.rates.check_key(asked)?;
    edge.refusals.tell(asked, edge.ctx.clock, "a call of the REST interface came without a key of a site here");
    Err(Refusal::BadKey)
}

/// Whether somebody calls who has a key, before more is looked at.
pub(super) fn check_key(edge: &Edge, asked: &Asked) -> Result<(), Refusal> {
    site_of(edge, asked).map(drop)
}

impl Call<'_> {
    /// The JSON object that was sent.
    fn body<T: DeserializeOwned>(&self) -> Result<T, Problem> {
        // A list of values would do for the fields in their order, as serde reads it.
        self.json(b'{', "its body must be a JSON object")
    }

    /// The list of JSON objects that was sent.
    fn list<T: DeserializeOwned>(&self) -> Result<Vec<T>, Problem> {
        let items: Vec<serde_json::Value> = self.json(b'[', "its body must be a list of JSON objects")?;
        if !items.iter().all(serde_json::Value::is_object) {
            return Err(Refusal::BadRequest("its body must be a list of JSON objects").into());
        }
        let items = items.into_iter().map(serde_json::from_value);
        items.collect::<Result<_, _>>().map_err(|error| Problem::body(&error))
    }

    /// A whole number of the query. The words that old pages send for nothing are no numbers here.
    fn number(&self, name: &'static str) -> Result<Option<u64>, Problem> {
        strict_number(&self.query, name)
    }

    fn json<T: DeserializeOwned>(&self, first: u8, why: &'static str) -> Result<T, Problem> {
        // Whatever it is called: `curl -d` calls everything a form, and the key says who asks.
        if self.asked.body.trim_ascii_start().first().is_some_and(|byte| *byte != first) {
            return Err(Refusal::BadRequest(why).into());
        }
        serde_json::from_slice(&self.asked.body).map_err(|error| Problem::body(&error))
    }
}

/// See [`Call::number`].
fn strict_number(query: &Params, name: &'static str) -> Result<Option<u64>, Problem> {
    match query.raw(name) {
        None => Ok(None),
        Some(text) if !text.is_empty() && query.optional(name).is_some() => Ok(query.number(name)?),
        Some(_) => Err(Refusal::BadParameter(name).into()),
    }
}

/// An answer in JSON.
fn ok(value: &impl Serialize) -> Reply {
    Reply::json(&super::reply::Form::Plain, &super::json::encode(value))
}

/// It is done, and there is nothing to say.
fn done() -> Reply {
    Reply::text("").status(StatusCode::NO_CONTENT)
}
