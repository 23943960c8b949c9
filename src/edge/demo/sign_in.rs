//! The demonstration's sign-in: anybody may be anybody. It exists only on a loopback listener, and `start` refuses any other.
//!
//! A page carries a token of its own, as a site's backend would put it there, so that two members can live in two tabs of one
//! browser whatever the cookie says.

use super::people::MEMBERS;
use crate::chat::id::{SiteNumber, UserId};
use crate::chat::session::Caller;
use crate::chat::site::Site;
use crate::edge::sign_in::token;

/// The cookie that says who `GET /demo/as/…` signed in.
pub(super) const COOKIE: &str = "nextim_demo";

/// See the module.
pub struct Demonstration {
    site: SiteNumber,
}

impl Demonstration {
    /// The sign-in of the demonstration's site.
    pub fn new(site: &Site) -> Self {
        Self { site: site.number }
    }

    /// Its site.
    pub fn site(&self) -> SiteNumber {
        self.site
    }

    /// Whom a cookie header names.
    pub(in crate::edge) fn by_cookie(&self, cookies: &str) -> Option<Caller> {
        let pairs = cookies.split(';').filter_map(|pair| pair.trim().split_once('='));
        let (_, id) = pairs.into_iter().find(|(name, _)| *name == COOKIE)?;
        let card = MEMBERS.iter().find(|card| card.id == id)?;
        Some(Caller::Member { site: self.site, user: UserId::parse(card.id).ok()? })
    }
}

/// A token for a member's page.
pub(super) fn token_of(site: &Site, id: &str) -> Option<String> {
    token::easy_token(site, &UserId::parse(id).ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_members_of_the_community_are_signed_in() {
        let demonstration = Demonstration { site: SiteNumber(1) };
        assert!(demonstration.by_cookie("a=b; nextim_demo=jack").is_some());
        assert!(demonstration.by_cookie("nextim_demo=nobody").is_none());
    }
}
