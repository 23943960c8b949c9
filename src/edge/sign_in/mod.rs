//! Where identities come from: a site's tokens, the demonstration, and visitors. The one seam of sign-in; what a browser hears of
//! a wrong token is the same whatever is wrong with it.

mod cookie;
pub mod keys;
mod provider;
pub mod token;

use super::browser::auth;
use super::demo::sign_in::Demonstration;
use super::params::Params;
use super::{Asked, Edge, origin};
use crate::actions::announce::SYSTEM;
use crate::actions::sign_in;
use crate::actions::vouch::{self, Says};
use crate::actions::{Context, merge_guest};
use crate::chat::id::UserId;
use crate::chat::refusal::Refusal;
use crate::chat::session::Caller;
use crate::chat::site::Site;
use crate::clock::random_digits;
use cookie::{Cookies, Unknown};
use jsonwebtoken::jwk::JwkSet;
use keys::Keys;
use std::sync::Arc;
use token::{Fault, GUEST_PREFIX, Signed};

/// See the module.
#[derive(Default)]
pub struct SignIn {
    demonstration: Option<Demonstration>,
    keys: Keys,
    cookies: Cookies,
}

impl SignIn {
    /// With the demonstration community, if it is served.
    pub fn new(demonstration: Option<Demonstration>) -> Self {
        Self { demonstration, ..Self::default() }
    }

    /// The demonstration, if it is served.
    pub fn demonstration(&self) -> Option<&Demonstration> {
        self.demonstration.as_ref()
    }
}

/// The member whom a token names. They exist from now on, as the token describes them.
pub async fn by_token(edge: &Edge, asked: &Asked, params: &Params, token: &str) -> Result<Caller, Refusal> {
    let site = site_of(edge, params.optional("domain"), token);
    let Some(site) = site else {
        edge.refusals.tell(
            asked,
            edge.ctx.clock,
            "a sign-in token is for no site of this server: send `domain`, or name it in `iss`",
        );
        return Err(Refusal::NotSignedIn);
    };
    // Before anything is changed: a foreign page's word makes nobody.
    origin::check_site(edge, asked, site.number, params.has("callback"))?;
    match checked(edge, asked, &site, token).await {
        Ok(signed) if !token::is_guest(&signed.user) => {
            if let Some(at_ms) = signed.password_at_ms
                && !sign_in::is_current(&edge.ctx, &site, &signed.user, at_ms).await?
            {
                return Err(Refusal::NotSignedIn);
            }
            member(edge, &site, signed).await
        }
        Ok(Signed { user, .. }) => guest(edge, &site, user).await,
        Err(fault) => {
            let what = format!("a sign-in token for {} is not believed: {fault}", site.name);
            edge.refusals.tell(asked, edge.ctx.clock, &what);
            edge.rates.check_wrong_token(asked)?;
            Err(Refusal::NotSignedIn)
        }
    }
}

/// What a token of a site is worth now.
async fn checked(edge: &Edge, asked: &Asked, site: &Site, token: &str) -> Result<Signed, Fault> {
    let found = match token::asks_for_key(token) {
        Some(named) => {
            let may_ask = || edge.rates.check_wrong_token(asked).is_ok();
            edge.sign_in.keys.of(&edge.ctx, site, named.as_deref(), may_ask).await.transpose()
        }
        None => Ok(None),
    };
    judged(&edge.ctx, site, found, token)
}

/// Keys that are set are good without those that cannot be had.
fn judged(
    ctx: &Context,
    site: &Site,
    found: Result<Option<Arc<JwkSet>>, crate::outgoing::Fault>,
    token: &str,
) -> Result<Signed, Fault> {
    let now_s = ctx.clock.wall_ms() / 1000;
    match found {
        Ok(found) => token::check(site, found.as_deref(), token, now_s),
        Err(fault) => token::check(site, None, token, now_s).map_err(|_| Fault::NoKeys(fault)),
    }
}

/// The same with keys that are read now, for whoever wants to know why a token is not believed.
pub async fn checked_afresh(ctx: &Context, site: &Site, token: &str) -> Result<Signed, Fault> {
    let url = site.options.jwks_url.as_deref().filter(|_| token::asks_for_key(token).is_some());
    let found = match url {
        Some(url) => keys::read(&ctx.outgoing, url).await.map(|(set, _)| Some(Arc::new(set))),
        None => Ok(None),
    };
    judged(ctx, site, found, token)
}

/// Whether the password that a token was given for is still the member's; other tokens know of none.
pub async fn still_good(edge: &Edge, site: &Site, token: Option<&str>) -> Result<(), Refusal> {
    let Some(token) = token.filter(|_| site.options.accounts) else { return Ok(()) };
    let Ok(signed) = token::check(site, None, token, edge.ctx.clock.wall_ms() / 1000) else { return Ok(()) };
    let Some(at_ms) = signed.password_at_ms else { return Ok(()) };
    let is_current = sign_in::is_current(&edge.ctx, site, &signed.user, at_ms).await?;
    if is_current { Ok(()) } else { Err(Refusal::NotSignedIn) }
}

async fn member(edge: &Edge, site: &Site, signed: Signed) -> Result<Caller, Refusal> {
    let Signed { user, name, avatar, url, .. } = signed;
    if user.as_str() == SYSTEM {
        return Err(Refusal::NotSignedIn);
    }
    let says = Says { name, avatar, url };
    // Of a site that is asked for its people, the token would say one thing and the source another, by turns.
    if edge.ctx.people.of(&site.name).is_some() {
        vouch::introduce_once(&edge.ctx, site.number, &user, says).await?;
    } else {
        vouch::vouch(&edge.ctx, site.number, &user, says).await?;
    }
    Ok(Caller::Member { site: site.number, user })
}

/// The member whom a browser's cookies name: the demonstration's, or those of a site whose server says whose they are. A cookie
/// comes along whoever wrote the page, so `may_come` looks at where the page is from before anybody is asked.
pub async fn by_cookie(
    edge: &Edge,
    asked: &Asked,
    params: &Params,
    may_come: impl Fn(Option<&Site>) -> Result<(), Refusal>,
) -> Result<Caller, Refusal> {
    let cookies = asked.cookies().ok_or(Refusal::NotSignedIn)?;
    let in_words = String::from_utf8_lossy(&cookies);
    if let Some(caller) = edge.sign_in.demonstration.as_ref().and_then(|known| known.by_cookie(&in_words)) {
        return may_come(None).map(|()| caller);
    }
    let site = edge.ctx.sites.named_or_only(params.optional("domain")).ok_or(Refusal::NotSignedIn)?;
    let url = site.options.cookie_url.as_deref().filter(|_| !site.suspended).ok_or(Refusal::NotSignedIn)?;
    may_come(Some(&site))?;
    let tell = |what: &str| edge.refusals.tell(asked, edge.ctx.clock, &format!("{}: {what}", site.name));
    if !is_for(edge, asked, &site) {
        tell(
            "cookies came under another host than the site's public_url: they are another site's, and are shown to nobody",
        );
        return Err(Refusal::NotSignedIn);
    }
    if site.options.cookie_names.is_empty() {
        tell("cookie_url is set and cookie_names is not: no cookie is shown");
    }
    match edge.sign_in.cookies.whose(edge, &site, url, &cookies, || edge.rates.check_arrival(asked)).await {
        Ok(Some(signed)) if !token::is_guest(&signed.user) => member(edge, &site, signed).await,
        Ok(_) => Err(Refusal::NotSignedIn),
        // Not "nobody": somebody who is signed in there must not become a visitor here.
        Err(Unknown::Fault(fault)) => {
            tell(&format!("it does not say who a cookie is (cookie_url): {fault}"));
            Err(Refusal::SiteUnavailable)
        }
        Err(Unknown::Busy) => {
            tell("more cookies come than it is asked about at once (cookie_url), or it has just failed");
            Err(Refusal::SiteUnavailable)
        }
        Err(Unknown::Refused(refusal)) => Err(refusal),
    }
}

/// Whether a request's cookies are those of a site: a browser sends them by host, and hosts of several sites may come here.
fn is_for(edge: &Edge, asked: &Asked, site: &Site) -> bool {
    match &site.options.public_url {
        Some(url) => auth::is_asked_under(edge, asked, url),
        None => edge.ctx.sites.only().is_some(),
    }
}

/// The site that a request is about: as it says, else as its token says, else the only one there is.
fn site_of(edge: &Edge, domain: Option<&str>, token: &str) -> Option<Arc<Site>> {
    match domain {
        Some(domain) => edge.ctx.sites.by_domain(domain),
        None => edge.ctx.sites.among_or_only(&token::named_sites(token)),
    }
}

/// A visitor who has no token yet, where the site lets visitors chat.
pub async fn new_guest(edge: &Edge, asked: &Asked, params: &Params) -> Result<Caller, Refusal> {
    let site = edge.ctx.sites.named_or_only(params.optional("domain")).ok_or(Refusal::NotSignedIn)?;
    origin::check_site(edge, asked, site.number, params.has("callback"))?;
    guest(edge, &site, fresh_guest()?).await
}

fn fresh_guest() -> Result<UserId, Refusal> {
    UserId::parse(&format!("{GUEST_PREFIX}{}", random_digits::<12>())).map_err(|_| Refusal::Internal)
}

async fn guest(edge: &Edge, site: &Site, user: UserId) -> Result<Caller, Refusal> {
    if !site.options.guests {
        return Err(Refusal::NotSignedIn);
    }
    // Who has become a member since is another visitor now: the token stays in the browser's storage, whoever uses it next.
    let has_become = merge_guest::has_become(&edge.ctx, site.number, &user).await?;
    let user = if has_become { fresh_guest()? } else { user };
    let short = user.as_str().trim_start_matches(GUEST_PREFIX).chars().take(6);
    let says = Says { name: Some(std::iter::once('v').chain(short).collect()), ..Says::default() };
    vouch::introduce_once(&edge.ctx, site.number, &user, says).await?;
    Ok(Caller::Guest { site: site.number, user })
}

/// The visitor whom a page was before its member signed in.
pub fn former_guest(site: &Site, given: &str, now_s: u64) -> Option<UserId> {
    token::check(site, None, given, now_s).ok().map(|signed| signed.user).filter(token::is_guest)
}
