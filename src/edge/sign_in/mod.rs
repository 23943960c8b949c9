//! Where identities come from: a site's tokens, the demonstration, and visitors. The one seam of sign-in; what a browser hears of
//! a wrong token is the same whatever is wrong with it.

mod provider;
pub mod token;

use super::demo::sign_in::Demonstration;
use super::params::Params;
use super::{Asked, Edge, origin};
use crate::actions::merge_guest;
use crate::actions::sign_in;
use crate::actions::vouch::{self, Says};
use crate::chat::id::UserId;
use crate::chat::refusal::Refusal;
use crate::chat::session::Caller;
use crate::chat::site::Site;
use crate::clock::random;
use std::sync::Arc;
use token::{Fault, GUEST_PREFIX, Signed};

/// See the module.
#[derive(Default)]
pub struct SignIn {
    demonstration: Option<Demonstration>,
}

impl SignIn {
    /// With the demonstration community, if it is served.
    pub fn new(demonstration: Option<Demonstration>) -> Self {
        Self { demonstration }
    }

    /// The demonstration, if it is served.
    pub fn demonstration(&self) -> Option<&Demonstration> {
        self.demonstration.as_ref()
    }

    /// Whom a cookie header names.
    pub fn by_cookie(&self, cookies: &str) -> Option<Caller> {
        self.demonstration.as_ref()?.by_cookie(cookies)
    }
}

/// The member whom a token names. They exist from now on, as the token describes them.
pub async fn by_token(edge: &Edge, asked: &Asked, params: &Params, token: &str) -> Result<Caller, Refusal> {
    if let Some(caller) = edge.sign_in.demonstration.as_ref().and_then(|demonstration| demonstration.by_token(token)) {
        return Ok(caller);
    }
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
    match checked(edge, &site, token) {
        Ok(Signed { user, name, avatar, url, password_at_ms, .. }) if !token::is_guest(&user) => {
            if let Some(at_ms) = password_at_ms
                && !sign_in::is_current(&edge.ctx, &site, &user, at_ms).await?
            {
                return Err(Refusal::NotSignedIn);
            }
            vouch::vouch(&edge.ctx, site.number, &user, Says { name, avatar, url }).await?;
            Ok(Caller::Member { site: site.number, user })
        }
        Ok(Signed { user, .. }) => guest(edge, &site, user).await,
        Err(fault) => {
            let what = format!("a sign-in token for {} is not believed: {fault}", site.name);
            edge.refusals.tell(asked, edge.ctx.clock, &what);
            edge.rates.check_arrival(asked)?;
            Err(Refusal::NotSignedIn)
        }
    }
}

/// What a token of a site is worth now.
pub fn checked(edge: &Edge, site: &Site, token: &str) -> Result<Signed, Fault> {
    token::check(site, token, edge.ctx.clock.wall_ms() / 1000)
}

/// The site that a request is about: as it says, else as its token says, else the only one there is.
fn site_of(edge: &Edge, domain: Option<&str>, token: &str) -> Option<Arc<Site>> {
    match domain {
        Some(domain) => edge.ctx.sites.by_domain(domain),
        None => {
            let named = token::named_sites(token);
            named.iter().find_map(|name| edge.ctx.sites.by_domain(name)).or_else(|| edge.ctx.sites.only())
        }
    }
}

/// A visitor who has no token yet, where the site lets visitors chat.
pub async fn new_guest(edge: &Edge, asked: &Asked, params: &Params) -> Result<Caller, Refusal> {
    let site = match params.optional("domain") {
        Some(domain) => edge.ctx.sites.by_domain(domain),
        None => edge.ctx.sites.only(),
    };
    let site = site.ok_or(Refusal::NotSignedIn)?;
    origin::check_site(edge, asked, site.number, params.has("callback"))?;
    guest(edge, &site, fresh_guest()?).await
}

fn fresh_guest() -> Result<UserId, Refusal> {
    let digits: String = random::<12>().iter().map(|byte| format!("{byte:02x}")).collect();
    UserId::parse(&format!("{GUEST_PREFIX}{digits}")).map_err(|_| Refusal::Internal)
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
    token::check(site, given, now_s).ok().map(|signed| signed.user).filter(token::is_guest)
}
