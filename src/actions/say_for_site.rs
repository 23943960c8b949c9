//! A site's own server says something: for one of its people, or in its own name, to somebody, in a room, or to everybody. Whom it
//! names exists, and who may speak where is its affair.

use super::Context;
use super::identify::Asker;
use super::send_message::{Send, check};
use crate::chat::entry::{Draft, Party};
use crate::chat::id::{SiteNumber, UserId};
use crate::chat::refusal::Refusal;
use crate::chat::style::sanitise;
use crate::store::{Appended, Spoken};

/// Who speaks.
#[derive(Debug, Clone)]
pub enum Speaker {
    /// Somebody from one of their pages, which shows it by itself.
    Page(Asker),
    /// Somebody whom the site names.
    Named(UserId),
}

/// Stores what the site says. `nick` is the name it is said under; the speaker's own if the site does not give one.
pub async fn say_for_site(
    ctx: &Context,
    site: SiteNumber,
    speaker: Speaker,
    nick: Option<String>,
    send: Send,
) -> Result<Appended, Refusal> {
    check(&send)?;
    let (from, own_nick, origin) = match speaker {
        Speaker::Page(asker) => {
            let from = Party { number: asker.identity.number, id: asker.identity.id.clone() };
            (from, asker.identity.nick.clone(), asker.holder().map(|holder| holder.session))
        }
        Speaker::Named(id) => {
            let spoken = Spoken { people: vec![(id, nick.clone())], ..Spoken::default() };
            let known = ctx.store.introduce(site, spoken).await?.people.into_iter().next();
            let profile = known.ok_or(Refusal::Internal)?;
            (Party { number: profile.number, id: profile.id }, profile.nick, None)
        }
    };
    let draft = Draft {
        site,
        from,
        nick: nick.map_or(own_nick, Into::into),
        to: send.to,
        style: sanitise(&send.style).into(),
        body: send.body.into(),
        origin,
        by_site: true,
        cid: send.cid.map(Into::into),
        now_ms: ctx.clock.wall_ms(),
    };
    Ok(ctx.store.append(draft).await?)
}
