//! Somebody types. A signal: at most once, never stored, and nothing at all from somebody invisible.

use super::Context;
use super::identify::Asker;
use crate::bus::Envelope;
use crate::chat::id::UserId;
use crate::chat::presence::Show;
use crate::chat::refusal::Refusal;
use std::sync::Arc;

/// Tells `to` that the asker types, or has stopped.
pub async fn send_typing(ctx: &Context, asker: &Asker, to: UserId, typing: bool) -> Result<(), Refusal> {
    let found = ctx.store.people(asker.key, vec![to]).await?;
    let receiver = found.into_iter().next().ok_or(Refusal::UnknownUser)?.profile;
    // To the other nothing is to be seen, to the asker nothing of that.
    if ctx.live.is_severed(asker.key, receiver.number) {
        return Ok(());
    }
    if ctx.live.mood(asker.key).is_some_and(|mood| mood.show == Show::Invisible) {
        return Ok(());
    }
    ctx.bus.publish(Envelope::Typing {
        to: asker.key.site.user(receiver.number),
        to_id: receiver.id,
        from: Arc::clone(&asker.identity),
        typing,
    });
    Ok(())
}
