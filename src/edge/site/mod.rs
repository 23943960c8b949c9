//! The site's own server comes in here, by the API of the family in its versions 2 to 5 (`docs/site-api.md`). In this role
//! the site keeps people, friends, rooms and history, and this server is presence, routing and delivery. The authority is the
//! site's key; with it a site speaks for its people.

mod call;
mod calls;
mod version;
mod wire;

pub use call::{Call, Method, NAMES, Named};
pub use version::unescaped;

use super::browser::auth;
use super::params::Params;
use super::reply::Reply;
use super::{Asked, Edge};
use crate::chat::refusal::Refusal;
use crate::chat::site::Site;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use std::sync::Arc;
use version::Version;

/// A call's body, in bytes.
pub(super) const BODY_MAX: usize = 1024 * 1024;
/// Ids in one list of a site.
const IDS_MAX: usize = 20_000;

/// Answers a call.
pub(super) async fn answer(edge: &Edge, asked: &Asked, call: &Call) -> Reply {
    let params = match asked.params() {
        Ok(params) => params,
        Err(refusal) => return wire::refusal(Version::of(call, None), &refusal),
    };
    let version = Version::of(call, params.optional("version"));
    match carry_out(edge, asked, call, &params, version).await {
        Ok(reply) => reply,
        Err(refusal) => wire::refusal(version, &refusal),
    }
}

/// The answer to a call that could not be read.
pub(super) fn unread(call: &Call, refusal: &Refusal) -> Reply {
    wire::refusal(Version::of(call, None), refusal)
}

async fn carry_out(
    edge: &Edge,
    asked: &Asked,
    call: &Call,
    params: &Params,
    version: Version,
) -> Result<Reply, Refusal> {
    auth::check_host(edge, asked)?;
    call.check_method(&asked.method)?;
    let site = site(edge, asked, params)?;
    if !site.options.site_api.iter().any(|allowed| allowed == version.digit()) {
        return Err(Refusal::SwitchedOff("this version of the API"));
    }
    let work = calls::Work { edge, asked, site: &site, params, version };
    work.carry_out(call).await
}

/// The site whose key came, by HTTP Basic or as parameters; a wrong key and an unknown site are the same to the caller.
fn site(edge: &Edge, asked: &Asked, params: &Params) -> Result<Arc<Site>, Refusal> {
    // A browser must never hold the key: whoever sends it from a page has published it.
    let is_browser = asked.headers.keys().any(|name| name == "origin" || name.as_str().starts_with("sec-fetch-"));
    let basic = asked.header("authorization").and_then(basic);
    let given = basic.as_ref().map(|(domain, key)| (domain.as_str(), key.as_str()));
    let given = given.or_else(|| Some((params.raw("domain")?, params.raw("apikey")?)));
    let site = given.and_then(|(domain, key)| {
        let site = edge.ctx.sites.by_domain(domain);
        if site.is_none() {
            edge.refusals.tell(asked, edge.ctx.clock, "a site's server calls with a domain that no site here has");
        }
        site.filter(|site| {
            let is_right = site.is_server_key(key);
            if !is_right {
                edge.refusals.tell(asked, edge.ctx.clock, "a site's server calls with a key that is not its own");
            }
            is_right
        })
    });
    let Some(site) = site else {
        edge.rates.check_key(asked)?;
        return Err(Refusal::BadKey);
    };
    // Whoever shows one site's key and speaks of another has mixed them up.
    let named = params.raw("domain").filter(|domain| !domain.is_empty());
    if named.is_some_and(|domain| !site.answers_to(domain)) {
        return Err(Refusal::BadKey);
    }
    if site.suspended {
        return Err(Refusal::SiteSuspended);
    }
    if is_browser {
        edge.refusals.tell(
            asked,
            edge.ctx.clock,
            "a site's key came from a browser and is known to it now: replace the key",
        );
        return Err(Refusal::KeyInBrowser);
    }
    Ok(site)
}

/// `domain:apikey`. A domain may have a port.
pub fn basic(header: &str) -> Option<(String, String)> {
    let (scheme, encoded) = header.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let text = String::from_utf8(STANDARD.decode(encoded.trim()).ok()?).ok()?;
    let (domain, key) = text.rsplit_once(':')?;
    Some((domain.to_owned(), key.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn basic_is_a_domain_and_a_key() {
        let of = |text: &str| basic(&format!("Basic {}", STANDARD.encode(text)));
        assert_eq!(of("localhost:public"), Some(("localhost".into(), "public".into())));
        assert_eq!(of("example.com:8000:k"), Some(("example.com:8000".into(), "k".into())));
        assert_eq!(of("localhost"), None);
        assert_eq!(basic("Bearer x"), None);
        assert_eq!(basic("Basic ?"), None);
    }
}
