//! The demonstration's sign-in: anybody may be anybody. It exists only on a loopback listener, and `start` refuses any other.
//!
//! A page carries a token of its own, so that two members can live in two tabs of one browser whatever the cookie says.

use super::people::MEMBERS;
use crate::chat::id::{SiteNumber, UserId};
use crate::chat::session::Caller;
use crate::chat::site::Site;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, Mac};
use sha2::Sha256;

/// The cookie that says who `GET /demo/as/…` signed in.
pub(super) const COOKIE: &str = "nextim_demo";

/// See the module.
pub struct Demonstration {
    site: SiteNumber,
    secret: Box<str>,
}

impl Demonstration {
    /// The sign-in of the demonstration's site.
    pub fn new(site: &Site) -> Self {
        Self { site: site.number, secret: site.token_secrets.first().cloned().unwrap_or_default() }
    }

    /// Its site.
    pub fn site(&self) -> SiteNumber {
        self.site
    }

    fn mac(&self, id: &str) -> Hmac<Sha256> {
        let mut mac = Hmac::new_from_slice(self.secret.as_bytes()).expect("HMAC takes keys of any length");
        mac.update(b"demonstration:");
        mac.update(id.as_bytes());
        mac
    }

    /// A token for a member's page.
    pub(super) fn token(&self, id: &str) -> String {
        format!("{id}.{}", URL_SAFE_NO_PAD.encode(self.mac(id).finalize().into_bytes()))
    }

    /// Whom a token names.
    pub(in crate::edge) fn by_token(&self, token: &str) -> Option<Caller> {
        let (id, signature) = token.rsplit_once('.')?;
        let signature = URL_SAFE_NO_PAD.decode(signature).ok()?;
        self.mac(id).verify_slice(&signature).ok()?;
        self.member(id)
    }

    /// Whom a cookie header names.
    pub(in crate::edge) fn by_cookie(&self, cookies: &str) -> Option<Caller> {
        let pairs = cookies.split(';').filter_map(|pair| pair.trim().split_once('='));
        let (_, id) = pairs.into_iter().find(|(name, _)| *name == COOKIE)?;
        self.member(id)
    }

    fn member(&self, id: &str) -> Option<Caller> {
        let card = MEMBERS.iter().find(|card| card.id == id)?;
        Some(Caller::Member { site: self.site, user: UserId::parse(card.id).ok()? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_tokens_made_here_are_believed() {
        let site = |secret: &str| Demonstration { site: SiteNumber(1), secret: secret.into() };
        let (ours, theirs) = (site("one"), site("two"));
        assert!(ours.by_token(&ours.token("susan")).is_some());
        assert!(ours.by_token(&theirs.token("susan")).is_none());
        assert!(ours.by_token(&ours.token("susan").replace("susan", "jack")).is_none());
        assert!(ours.by_token("susan.").is_none());
        assert!(ours.by_cookie("a=b; nextim_demo=jack").is_some());
        assert!(ours.by_cookie("nextim_demo=nobody").is_none());
    }
}
