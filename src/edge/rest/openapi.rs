//! The OpenAPI document of the REST interface, made from the code, and a page to read it.

use super::problem::ProblemWire;
use super::reference;
use super::{buddies, export, messages, rooms, sessions, sync, users};
use crate::edge::Edge;
use crate::edge::json;
use crate::edge::reply::{Form, Reply};
use http::header::CONTENT_SECURITY_POLICY;
use serde_json::Value;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme};
use utoipa::openapi::{ContentBuilder, Ref, RefOr, ResponseBuilder};
use utoipa::{Modify, OpenApi};

#[derive(OpenApi)]
#[openapi(
    info(title = "NextIM REST", description = "For a site's own server: people, friends, rooms, messages, presence. Every path is under the site's secret key; which site follows from the key. Refusals are RFC 9457 problems with the codes of protocol/codes.md; 429 comes with Retry-After.", license(name = "MIT OR Apache-2.0")),
    modifiers(&SecretKey),
    components(schemas(ProblemWire)),
    paths(
        users::site, users::list, users::get, users::put, users::delete, export::begin,
        buddies::list, buddies::replace, buddies::put, buddies::delete,
        buddies::blocks, buddies::block, buddies::unblock,
        sessions::list, sessions::end, sessions::presences, sessions::presences_of_many,
        rooms::list, rooms::get, rooms::put, rooms::members, rooms::add_members, rooms::put_member, rooms::delete_member,
        messages::send, messages::broadcast, messages::notify, messages::history,
        sync::over_http::begin,
    )
)]
struct Document;

/// What holds for every call: the key, and how a refusal looks.
struct SecretKey;

impl Modify for SecretKey {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let scheme =
            HttpBuilder::new().scheme(HttpAuthScheme::Bearer).description(Some("The site's secret key, sk_..."));
        let components = document.components.get_or_insert_default();
        components.add_security_scheme("secret_key", SecurityScheme::Http(scheme.build()));
        document.security = Some(vec![SecurityRequirement::new("secret_key", Vec::<String>::new())]);
        let problem = ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem"))).build();
        let why = ResponseBuilder::new().description("Why not").content("application/problem+json", problem).build();
        for path in document.paths.paths.values_mut() {
            let of_path = [&mut path.get, &mut path.put, &mut path.post, &mut path.delete];
            for operation in of_path.into_iter().flatten() {
                operation.responses.responses.insert("default".into(), RefOr::T(why.clone()));
            }
        }
    }
}

/// The document.
pub fn document() -> Value {
    serde_json::to_value(Document::openapi()).unwrap_or_default()
}

/// The document, with where this server is reached.
pub(super) fn json(edge: &Edge) -> Reply {
    let mut document = document();
    let url = edge.public_url.as_deref().unwrap_or("/");
    document["servers"] = serde_json::json!([{"url": url}]);
    Reply::json(&Form::Plain, &json::encode(&document))
}

/// The same for people.
pub(super) fn viewer() -> Reply {
    let (page, policy) = reference::page(&document());
    Reply::file("text/html; charset=utf-8", page).header(CONTENT_SECURITY_POLICY, policy)
}
