//! Who is asking. A ticket wins over a token, a token over a cookie, so that identity belongs to
//! the tab that asks.

use crate::actions::identify::{self, Asker};
use crate::actions::listen::{Ack, acknowledge};
use crate::chat::refusal::Refusal;
use crate::chat::session::Caller;
use crate::chat::site::Site;
use crate::chat::site_options::is_listed;
use crate::edge::params::Params;
use crate::edge::{Asked, Edge, origin, sign_in};

/// The demonstration signs anybody in, so it answers only under names of this machine: a page on another name that points
/// here (DNS rebinding) is refused.
pub fn check_host(edge: &Edge, asked: &Asked) -> Result<(), Refusal> {
    if edge.sign_in.demonstration().is_none() {
        return Ok(());
    }
    let host = asked.host().unwrap_or("localhost");
    let public = edge.public_url.as_deref().and_then(authority_of);
    if is_local(host) || public.is_some_and(|public| public.eq_ignore_ascii_case(host)) {
        Ok(())
    } else {
        Err(Refusal::ForeignHost)
    }
}

fn is_local(host: &str) -> bool {
    let Ok(authority) = host.parse::<http::uri::Authority>() else { return false };
    if authority.as_str().contains('@') {
        return false;
    }
    let name = authority.host().trim_start_matches('[').trim_end_matches(']').to_ascii_lowercase();
    let loopback = name.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback());
    loopback || name == "localhost" || name.ends_with(".localhost")
}

/// The host and port of an address.
fn authority_of(url: &str) -> Option<&str> {
    url.split_once("://").map(|(_, rest)| rest.split(['/', '?', '#']).next().unwrap_or(rest))
}

/// The person who asks. Whatever they ask for, their page may say along with it what it has of the stream.
pub async fn asker(edge: &Edge, asked: &Asked, params: &Params) -> Result<Asker, Refusal> {
    match ticket(params) {
        Some(ticket) => {
            let asker = identify::by_ticket(&edge.ctx, ticket, params.optional("domain"))?;
            origin::check_asker(edge, asked, &asker, params.has("callback"))?;
            if let Some(ack) = ack(params)? {
                acknowledge(&edge.ctx, &asker, &ack);
            }
            Ok(asker)
        }
        None => {
            let caller = signed_in(edge, asked, params).await?;
            check_caller(edge, asked, params, &caller)?;
            identify::by_caller(&edge.ctx, &caller).await
        }
    }
}

/// What a page says it has: `ack`, and the `epoch` it belongs to.
pub fn ack(params: &Params) -> Result<Option<Ack>, Refusal> {
    let Some(seq) = params.optional("ack") else { return Ok(None) };
    let seq = seq.parse().map_err(|_| Refusal::BadParameter("ack"))?;
    Ok(Some(Ack { seq, epoch: params.optional("epoch").map(Into::into) }))
}

/// The ticket that was given, whatever stands there: a page that gives one means to be its holder, and nobody else.
fn ticket(params: &Params) -> Option<&str> {
    params.raw("ticket").filter(|ticket| !ticket.is_empty())
}

/// The person a new page is for: the old ticket of a tab that opens anew still says who it is. If it has ended, a token says
/// it, but not a cookie, which another tab may have changed meanwhile.
pub async fn caller(edge: &Edge, asked: &Asked, params: &Params) -> Result<Caller, Refusal> {
    let caller = caller_of(edge, asked, params).await?;
    check_caller(edge, asked, params, &caller)?;
    Ok(caller)
}

fn check_caller(edge: &Edge, asked: &Asked, params: &Params, caller: &Caller) -> Result<(), Refusal> {
    let (site, _) = caller.person().ok_or(Refusal::NotSignedIn)?;
    origin::check_site(edge, asked, site, params.has("callback")).map(drop)
}

async fn caller_of(edge: &Edge, asked: &Asked, params: &Params) -> Result<Caller, Refusal> {
    let Some(ticket) = ticket(params) else {
        return match signed_in(edge, asked, params).await {
            // A token that is not believed does not make a visitor of somebody.
            Err(Refusal::NotSignedIn) if token(asked, params).is_none() => {
                edge.rates.check_arrival(asked)?;
                sign_in::new_guest(edge, asked, params).await
            }
            caller => caller,
        };
    };
    match identify::by_ticket(&edge.ctx, ticket, params.optional("domain")) {
        // Its site alone opens pages for its people.
        Ok(asker) if asker.is_from_site => Err(Refusal::NotAllowed),
        Ok(asker) if sign_in::token::is_guest(&asker.identity.id) => {
            Ok(Caller::Guest { site: asker.key.site, user: asker.identity.id.clone() })
        }
        Ok(asker) => Ok(Caller::Member { site: asker.key.site, user: asker.identity.id.clone() }),
        Err(refusal) => match token(asked, params) {
            Some(token) => sign_in::by_token(edge, asked, params, token).await,
            None => Err(refusal),
        },
    }
}

/// The token that a page gives, wherever it puts it.
pub fn token<'a>(asked: &'a Asked, params: &'a Params) -> Option<&'a str> {
    let bearer = asked.bearer();
    params.optional("token").or(bearer)
}

/// The person whom a script may speak of that any page can include, with or without a `callback`.
pub async fn script_caller(edge: &Edge, asked: &Asked, params: &Params) -> Result<Caller, Refusal> {
    signed_in_for(edge, asked, params, true).await
}

async fn signed_in(edge: &Edge, asked: &Asked, params: &Params) -> Result<Caller, Refusal> {
    signed_in_for(edge, asked, params, params.has("callback")).await
}

async fn signed_in_for(edge: &Edge, asked: &Asked, params: &Params, is_script: bool) -> Result<Caller, Refusal> {
    if let Some(token) = token(asked, params) {
        return sign_in::by_token(edge, asked, params, token).await;
    }
    sign_in::by_cookie(edge, asked, params, |site| check_cookie_origin(edge, asked, is_script, site)).await
}

/// A cookie comes along whoever wrote the page, so the request must come from our own pages, or from those that the site lists. A
/// script can be included by any page without an `Origin`, so there something must show that it was ours.
fn check_cookie_origin(edge: &Edge, asked: &Asked, is_script: bool, site: Option<&Site>) -> Result<(), Refusal> {
    let fetch_site = asked.header("sec-fetch-site");
    let own = |url: &str| {
        is_own(edge, asked, url) || site.is_some_and(|site| is_listed(&site.options.origins, origin::origin_of(url)))
    };
    let named: Vec<&str> = [asked.header("origin"), asked.header("referer")].into_iter().flatten().collect();
    let foreign = fetch_site == Some("cross-site") || named.iter().any(|url| !own(url));
    let shown = matches!(fetch_site, Some("same-origin" | "same-site")) || asked.header("referer").is_some_and(own);
    if foreign || (is_script && !shown) { Err(Refusal::CrossSite) } else { Ok(()) }
}

/// Whether an address is this server's own, as the request was sent to it.
pub fn is_own(edge: &Edge, asked: &Asked, url: &str) -> bool {
    let authority = authority_of(url);
    let public = edge.public_url.as_deref().and_then(authority_of);
    authority.is_some()
        && (authority == asked.host() || authority == forwarded_host(edge, asked) || authority == public)
}

/// Whether a request was sent to the host of an address, as far as we or a proxy that is believed know.
pub fn is_asked_under(edge: &Edge, asked: &Asked, url: &str) -> bool {
    let authority = authority_of(url);
    let is_same =
        |host: Option<&str>| host.zip(authority).is_some_and(|(host, wanted)| host.eq_ignore_ascii_case(wanted));
    is_same(asked.host()) || is_same(forwarded_host(edge, asked))
}

/// Where a site's pages reach this server: as the site says, else as the server's own address is.
pub fn base_url_of(edge: &Edge, asked: &Asked, site: &Site) -> String {
    site.options.public_url.clone().unwrap_or_else(|| base_url(edge, asked))
}

/// Where this server is reached, as the page that asks must call it: as configured, else as the request says. A proxy on
/// this machine may say it in the usual headers.
pub fn base_url(edge: &Edge, asked: &Asked) -> String {
    if let Some(public) = &edge.public_url {
        return public.clone();
    }
    let is_told = behind_proxy(edge, asked) && asked.header("x-forwarded-proto") == Some("https");
    let is_secure = edge.tls.is_some() || is_told;
    let scheme = if is_secure { "https" } else { "http" };
    let host = forwarded_host(edge, asked).or_else(|| asked.host().filter(|host| is_authority(host)));
    format!("{scheme}://{}", host.unwrap_or("localhost"))
}

/// The name that a proxy on this machine was asked under, if it says so.
fn forwarded_host<'a>(edge: &Edge, asked: &'a Asked) -> Option<&'a str> {
    asked.header("x-forwarded-host").filter(|host| behind_proxy(edge, asked) && is_authority(host))
}

fn behind_proxy(edge: &Edge, asked: &Asked) -> bool {
    edge.proxies.iter().any(|net| net.contains(&asked.peer.ip().to_canonical()))
}

fn is_authority(host: &str) -> bool {
    host.parse::<http::uri::Authority>().is_ok() && !host.contains('@')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_of_this_machine_are_local() {
        for host in ["localhost", "localhost:8000", "127.0.0.1:8000", "127.3.2.1", "[::1]:8000", "susan.localhost:1"] {
            assert!(is_local(host), "{host}");
        }
        for host in ["evil.com", "localhost.evil.com:8000", "127.0.0.1.evil.com", "10.0.0.1", "x@localhost", "", "a b"]
        {
            assert!(!is_local(host), "{host}");
        }
    }
}
