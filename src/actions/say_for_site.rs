//! A site's own server says something: for one of its people, or in its own name, to somebody, in a room, or to everybody. Whom it
//! names exists, and who may speak where is its affair.

use super::Context;
use super::identify::Asker;
use super::send_message::{Send, check};
use crate::bus::Envelope;
use crate::chat::entry::{Addressee, Draft, Party, To, Voice};
use crate::chat::event::{EVENT_BYTES_MAX, Event, is_event};
use crate::chat::id::{SiteNumber, UserId};
use crate::chat::refusal::Refusal;
use crate::chat::style::sanitise;
use crate::chat::user::Identity;
use crate::store::{Appended, Spoken};
use std::sync::Arc;

/// Who speaks.
#[derive(Debug, Clone)]
pub enum Speaker {
    /// Somebody from one of their pages, which shows it by itself.
    Page(Asker),
    /// Somebody whom the site names.
    Named(UserId),
}

/// Stores what the site says, or, if it is an event, hands it to the pages that read events; then there is nothing stored to tell of. `nick` is the name it is said under;
/// the speaker's own if the site does not give one.
pub async fn say_for_site(
    ctx: &Context,
    site: SiteNumber,
    speaker: Speaker,
    nick: Option<String>,
    send: Send,
    voice: Voice,
) -> Result<Option<Appended>, Refusal> {
    check(&send)?;
    let (from, origin) = match speaker {
        Speaker::Page(asker) => {
            let holder = asker.holder().copied();
            (asker.identity, holder.map(|holder| holder.session))
        }
        Speaker::Named(id) => {
            // A plugin tells what its people are called now; else it is only what this is said under.
            let called = if voice == Voice::Plugin { nick.clone() } else { None };
            let spoken = Spoken { people: vec![(id, called.clone())], ..Spoken::default() };
            let known = ctx.store.introduce(site, spoken).await?.people.into_iter().next();
            let profile = known.ok_or(Refusal::Internal)?;
            if let Some(nick) = &called {
                ctx.live.rename(site.user(profile.number), nick);
            }
            (Arc::new(Identity { number: profile.number, id: profile.id, nick: profile.nick }), None)
        }
    };
    if is_event(&send.body) {
        return tell(ctx, site, from, send).await.map(|()| None);
    }
    let draft = Draft {
        site,
        from: Party { number: from.number, id: from.id.clone() },
        nick: nick.map_or_else(|| from.nick.clone(), Into::into),
        to: send.to,
        style: sanitise(&send.style).into(),
        body: send.body.into(),
        origin,
        by: voice,
        cid: send.cid.map(Into::into),
        now_ms: ctx.clock.wall_ms(),
    };
    Ok(Some(ctx.store.append(draft).await?))
}

/// COMPAT: the 5.x plugin invites into a room by sending events.
async fn tell(ctx: &Context, site: SiteNumber, from: Arc<Identity>, send: Send) -> Result<(), Refusal> {
    if send.body.len() > EVENT_BYTES_MAX {
        return Err(Refusal::TooLarge);
    }
    let spoken = match &send.to {
        To::User(id) => Spoken { people: vec![(id.clone(), None)], rooms: Vec::new() },
        To::Room(id) => Spoken { people: Vec::new(), rooms: vec![id.clone()] },
        To::Everyone => return Err(Refusal::BadParameter("type")),
    };
    let known = ctx.store.introduce(site, spoken).await?;
    let user = known.people.into_iter().next();
    let user = user.map(|profile| Addressee::User(Party { number: profile.number, id: profile.id }));
    let room = known.rooms.into_iter().next().map(|room| Addressee::Room { number: room.number, id: room.id });
    let to = user.or(room).ok_or(Refusal::Internal)?;
    let event = Event { from, to, body: send.body.into(), invitation: None, at_ms: ctx.clock.wall_ms() };
    ctx.bus.publish(Envelope::Event { site, event: Arc::new(event) });
    Ok(())
}
