//! A page makes another do something: an event, told at most once and never stored, where the site wants that.

use super::Context;
use super::identify::Asker;
use crate::bus::Envelope;
use crate::chat::entry::{Addressee, Party, To};
use crate::chat::event::{EVENT_BYTES_MAX, Event};
use crate::chat::refusal::Refusal;
use std::sync::Arc;

/// Hands an event to pages of its receiver, or of the others in a room.
pub async fn send_event(ctx: &Context, asker: &Asker, to: To, body: String) -> Result<(), Refusal> {
    let site = ctx.sites.by_number(asker.key.site).ok_or(Refusal::Internal)?;
    if !site.options.client_events {
        return Err(Refusal::NotAllowed);
    }
    if body.len() > EVENT_BYTES_MAX {
        return Err(Refusal::TooLarge);
    }
    let to = match to {
        To::User(id) => {
            let found = ctx.store.people(asker.key, vec![id]).await?;
            let profile = found.into_iter().next().ok_or(Refusal::UnknownUser)?.profile;
            Addressee::User(Party { number: profile.number, id: profile.id })
        }
        To::Everyone => return Err(Refusal::NotAllowed),
        To::Room(id) => {
            let known = ctx.store.room(asker.key.site, id.clone()).await?.ok_or(Refusal::UnknownRoom)?;
            if ctx.store.memberships(asker.key, Some(vec![id])).await?.is_empty() {
                return Err(if known.open { Refusal::NotAMember } else { Refusal::UnknownRoom });
            }
            Addressee::Room { number: known.number, id: known.id }
        }
    };
    let (from, at_ms) = (Arc::clone(&asker.identity), ctx.clock.wall_ms());
    let event = Arc::new(Event { from, to, body: body.into(), invitation: None, at_ms });
    ctx.bus.publish(Envelope::Event { site: asker.key.site, event });
    Ok(())
}
