//! Who is asking: from a ticket, or from what the site's sign-in said.

use super::Context;
use crate::chat::id::UserKey;
use crate::chat::refusal::Refusal;
use crate::chat::session::{Caller, Dialect};
use crate::chat::ticket::TicketDigest;
use crate::chat::user::Identity;
use crate::live::Holder;
use std::sync::Arc;

/// A person who asks for something.
#[derive(Debug, Clone)]
pub struct Asker {
    /// Their key.
    pub key: UserKey,
    /// Who they are.
    pub identity: Arc<Identity>,
    /// The session they ask from, if they gave its ticket.
    pub session: Option<(Holder, Dialect)>,
    /// Whether their site opened it. Such a site keeps rights and history itself; what its people do goes through it.
    pub is_from_site: bool,
}

impl Asker {
    /// Their session.
    pub fn holder(&self) -> Option<&Holder> {
        self.session.as_ref().map(|(holder, _)| holder)
    }

    /// The generation of their client, if known.
    pub fn dialect(&self) -> Option<Dialect> {
        self.session.map(|(_, dialect)| dialect)
    }
}

/// The holder of a live ticket. `domain`, if given, must mean the ticket's site.
pub fn by_ticket(ctx: &Context, ticket: &str, domain: Option<&str>) -> Result<Asker, Refusal> {
    let holder = ctx.live.find(TicketDigest::of(ticket)).ok_or(Refusal::TicketEnded)?;
    if let Some(domain) = domain {
        let site = ctx.sites.by_domain(domain).ok_or(Refusal::TicketEnded)?;
        if site.number != holder.key.site {
            return Err(Refusal::TicketEnded);
        }
    }
    by_holder(ctx, holder)
}

/// The same asker as before, if their session still lives.
pub fn again(ctx: &Context, asker: &Asker) -> Result<Asker, Refusal> {
    by_holder(ctx, *asker.holder().ok_or(Refusal::TicketEnded)?)
}

fn by_holder(ctx: &Context, holder: Holder) -> Result<Asker, Refusal> {
    let (identity, dialect, is_from_site) = ctx.live.touch(&holder).ok_or(Refusal::TicketEnded)?;
    Ok(Asker { key: holder.key, identity, session: Some((holder, dialect)), is_from_site })
}

/// A person the site's sign-in named.
pub async fn by_caller(ctx: &Context, caller: &Caller) -> Result<Asker, Refusal> {
    let (site, user) = caller.person().ok_or(Refusal::NotSignedIn)?;
    let member = ctx.store.member(site, user.clone()).await?.ok_or(Refusal::NotSignedIn)?;
    let profile = member.profile;
    // A visitor who has become a member is nobody any more, whatever their page has kept.
    if profile.id != *user {
        return Err(Refusal::NotSignedIn);
    }
    let identity = Identity { number: profile.number, id: profile.id, nick: profile.nick };
    Ok(Asker { key: site.user(identity.number), identity: Arc::new(identity), session: None, is_from_site: false })
}
