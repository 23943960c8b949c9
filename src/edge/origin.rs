//! Whose pages may call: those of this server's own address and those of the origins that a site lists. A page of anywhere else
//! is refused where its browser says where it is from, and nobody else's page is let read an answer.

use super::browser::auth;
use super::reply::{Form, Reply};
use super::{Asked, Edge, error};
use crate::actions::identify::Asker;
use crate::chat::id::SiteNumber;
use crate::chat::refusal::Refusal;
use crate::chat::site::Site;
use crate::chat::site_options::is_listed;
use http::header::{
    ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS,
    ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_MAX_AGE, HeaderValue, VARY,
};
use http::{Method, StatusCode};
use std::sync::Arc;

/// The origin that a page is from: as its browser says, else as the address says from which it loads a script.
fn of_page(asked: &Asked) -> Option<&str> {
    asked.header("origin").or_else(|| asked.header("referer").map(origin_of))
}

/// The scheme and host of an address.
pub fn origin_of(url: &str) -> &str {
    let Some(start) = url.find("://") else { return url };
    let end = url[start + 3..].find(['/', '?', '#']).map_or(url.len(), |at| start + 3 + at);
    &url[..end]
}

/// Refuses pages of foreign origins. A site that lists none has not said whose pages are its own: then only the browser's own
/// rule stands, that nobody reads an answer who is not named in it.
pub fn check(edge: &Edge, asked: &Asked, site: &Site) -> Result<(), Refusal> {
    let is_good = of_page(asked).is_none_or(|origin| {
        site.options.origins.is_empty() || auth::is_own(edge, asked, origin) || is_listed(&site.options.origins, origin)
    });
    if is_good { Ok(()) } else { Err(Refusal::ForeignOrigin) }
}

/// The same before it is known for which site somebody comes.
pub fn check_any(edge: &Edge, asked: &Asked) -> Result<(), Refusal> {
    let is_good = asked.header("origin").is_none_or(|origin| {
        let takes = |site: &Arc<Site>| site.options.origins.is_empty() || is_listed(&site.options.origins, origin);
        auth::is_own(edge, asked, origin) || edge.ctx.sites.all().iter().any(takes)
    });
    if is_good { Ok(()) } else { Err(Refusal::ForeignOrigin) }
}

/// What a site says of those who come to it by their browsers: whether it is there, whose pages, and whether in scripts.
pub fn check_site(edge: &Edge, asked: &Asked, number: SiteNumber, is_script: bool) -> Result<Arc<Site>, Refusal> {
    let site = edge.ctx.sites.by_number(number).ok_or(Refusal::TicketEnded)?;
    if site.suspended {
        return Err(Refusal::SiteSuspended);
    }
    if is_script && !site.options.jsonp {
        return Err(Refusal::SwitchedOff("JSONP"));
    }
    check(edge, asked, &site)?;
    Ok(site)
}

/// The same of somebody who is known.
pub fn check_asker(edge: &Edge, asked: &Asked, asker: &Asker, is_script: bool) -> Result<Arc<Site>, Refusal> {
    check_site(edge, asked, asker.key.site, is_script)
}

/// Whose page may read an answer.
#[derive(Debug, Clone)]
pub struct Reader {
    origin: HeaderValue,
    /// Whether its browser may send cookies along.
    with_cookies: bool,
}

/// The origin whose page may read the answer, if some site lists it. Tickets and tokens say who asks from there, so it does not
/// matter which site; what a cookie says is believed of pages alone that its own site lists.
pub fn reader(edge: &Edge, asked: &Asked) -> Option<Reader> {
    let origin = asked.header("origin")?;
    let sites = edge.ctx.sites.all();
    let mut listing = sites.iter().filter(|site| is_listed(&site.options.origins, origin)).peekable();
    listing.peek()?;
    let with_cookies = listing.any(|site| site.options.cookie_url.is_some());
    Some(Reader { origin: HeaderValue::from_str(origin).ok()?, with_cookies })
}

/// Names in an answer who may read it.
pub fn readable(reply: Reply, asked: &Asked, reader: Option<Reader>) -> Reply {
    let reply = if asked.header("origin").is_some() { reply.header(VARY, "origin") } else { reply };
    readable_by(reply, reader)
}

/// The same where the request is not at hand any more.
pub fn readable_by(reply: Reply, reader: Option<Reader>) -> Reply {
    let Some(Reader { origin, with_cookies }) = reader else { return reply };
    let reply = reply.header(VARY, "origin").header(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    if with_cookies { reply.header(ACCESS_CONTROL_ALLOW_CREDENTIALS, "true") } else { reply }
}

/// The answer to a browser that asks whether it may ask.
pub fn preflight(edge: &Edge, asked: &Asked) -> Option<Reply> {
    let is_one = asked.method == Method::OPTIONS && asked.header("access-control-request-method").is_some();
    if !is_one {
        return None;
    }
    let Some(origin) = reader(edge, asked) else {
        return Some(error::reply(&Refusal::ForeignOrigin, &Form::Plain));
    };
    let reply = Reply::text("").status(StatusCode::NO_CONTENT);
    let reply = reply.header(ACCESS_CONTROL_ALLOW_METHODS, "GET, POST");
    let reply = reply.header(ACCESS_CONTROL_ALLOW_HEADERS, "authorization, content-type, last-event-id");
    Some(readable_by(reply.header(ACCESS_CONTROL_MAX_AGE, "600"), Some(origin)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_origin_of_an_address_is_what_stands_before_its_path() {
        assert_eq!(origin_of("https://a.example/b?c"), "https://a.example");
        assert_eq!(origin_of("https://a.example:8443#x"), "https://a.example:8443");
        assert_eq!(origin_of("https://a.example?https://b.example/"), "https://a.example");
        assert_eq!(origin_of("null"), "null");
    }
}
