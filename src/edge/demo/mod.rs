//! Harbour, the demonstration community: a small real site served by this binary, to see and try the chat on. It is an
//! ordinary site that embeds the chat bar by one script tag, and exists on loopback only.

mod community;
mod pages;
mod people;
pub mod seed;
pub mod sign_in;

use super::browser::auth;
use super::reply::Reply;
use super::{Asked, Edge};
use crate::chat::refusal::Refusal;
use crate::chat::site::Site;
use community::{Card, Page};
use http::StatusCode;
use http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, SET_COOKIE};
use maud::Markup;
use people::{MEMBERS, ROOMS};
use sign_in::COOKIE;

/// What the pages may load: only files of this server, of which the chat bar is one. Nothing of it needs more.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; \
                      form-action 'self'; base-uri 'self'; frame-ancestors 'none'; \
                      require-trusted-types-for 'script'; trusted-types nextim";

/// Answers for the demonstration's pages and files.
pub(super) async fn answer(edge: &Edge, asked: &Asked, path: &str) -> Result<Reply, Refusal> {
    let Some(demonstration) = edge.sign_in.demonstration() else {
        return if path == "/" {
            Ok(Reply::text("This is NextIM. The demonstration is off here (server.demonstration).\n"))
        } else {
            Err(Refusal::NotFound)
        };
    };
    auth::check_host(edge, asked)?;
    asked.reads()?;
    let segments: Vec<&str> = path.trim_start_matches('/').split('/').collect();
    Ok(match segments[..] {
        ["" | "demo"] => Reply::see_other("/demo/"),
        ["favicon.ico"] => picture("favicon"),
        ["demo", ""] => page(&pages::front(&MEMBERS)),
        ["demo", "as", id] => sign_in(id),
        ["demo", "assets", name] => asset(name),
        ["demo", "assets", "pictures", name] => name.strip_suffix(".svg").map_or_else(not_found, picture),
        ["demo", me, ref rest @ ..] => {
            let site = edge.ctx.sites.by_number(demonstration.site()).ok_or(Refusal::UnknownSite)?;
            member_page(&site, me, rest)
        }
        _ => not_found(),
    })
}

fn card(id: &str) -> Option<&'static Card> {
    MEMBERS.iter().find(|card| card.id == id)
}

fn sign_in(id: &str) -> Reply {
    let Some(card) = card(id) else { return not_found() };
    let cookie = format!("{COOKIE}={}; Path=/; HttpOnly; SameSite=Lax", card.id);
    Reply::see_other(&format!("/demo/{}/", card.id)).header(SET_COOKIE, cookie)
}

fn member_page(site: &Site, me: &str, rest: &[&str]) -> Reply {
    let Some(me) = card(me) else { return not_found() };
    let Some(token) = sign_in::token_of(site, me.id) else { return not_found() };
    let here = Page { me, site: &site.name, token: &token, members: &MEMBERS, rooms: &ROOMS };
    match rest {
        [] => Reply::see_other(&format!("/demo/{}/", me.id)),
        [""] => page(&pages::home(&here)),
        ["visitors"] => page(&pages::visitors(&here)),
        ["members", id] => card(id).map_or_else(not_found, |who| page(&pages::profile(&here, who))),
        ["rooms", id] => {
            let room = ROOMS.iter().find(|room| room.id == *id);
            room.map_or_else(not_found, |room| page(&pages::room(&here, room)))
        }
        _ => not_found(),
    }
}

fn page(markup: &Markup) -> Reply {
    Reply::file("text/html; charset=utf-8", markup.0.clone()).header(CONTENT_SECURITY_POLICY, POLICY)
}

fn not_found() -> Reply {
    page(&pages::not_found()).status(StatusCode::NOT_FOUND)
}

fn asset(name: &str) -> Reply {
    let (media_type, text) = match name {
        "demo.css" => ("text/css; charset=utf-8", include_str!("assets/demo.css")),
        "demo.js" => ("text/javascript; charset=utf-8", include_str!("assets/demo.js")),
        _ => return not_found(),
    };
    Reply::file(media_type, text).header(CACHE_CONTROL, "no-cache")
}

macro_rules! pictures {
    ($($name:literal),+ $(,)?) => {
        fn picture_text(name: &str) -> Option<&'static str> {
            match name {
                $($name => Some(include_str!(concat!("assets/pictures/", $name, ".svg"))),)+
                _ => None,
            }
        }
    };
}
pictures!("default", "favicon", "harbour", "jack", "josh", "lee", "mary", "nora", "room1", "room2", "susan", "wei");

fn picture(name: &str) -> Reply {
    picture_text(name).map_or_else(not_found, |text| {
        Reply::file("image/svg+xml", text).header(CACHE_CONTROL, "max-age=3600").header(CONTENT_TYPE, "image/svg+xml")
    })
}
