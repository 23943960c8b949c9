//! A member says what they want to be seen as. Stored before its `ok`: somebody invisible never reappears by a crash.

use super::Context;
use super::identify::Asker;
use crate::chat::presence::{Mood, Show};
use crate::chat::refusal::Refusal;

/// Longest status line, in bytes.
pub const STATUS_BYTES_MAX: usize = 255;

/// Changes the asker's state, and the status line if one is given.
pub async fn set_presence(ctx: &Context, asker: &Asker, show: Show, status: Option<String>) -> Result<(), Refusal> {
    if status.as_ref().is_some_and(|status| status.len() > STATUS_BYTES_MAX) {
        return Err(Refusal::BadParameter("status"));
    }
    let mood = match (ctx.live.mood(asker.key), status) {
        (old, Some(status)) if old.as_ref().is_none_or(|old| *old.status != *status) => {
            Mood { show, status: status.into(), status_at_ms: ctx.clock.wall_ms() }
        }
        (Some(old), _) => Mood { show, ..old },
        (None, _) => Mood { show, ..stored(ctx, asker).await? },
    };
    ctx.store.save_mood(asker.key, mood.clone()).await?;
    ctx.live.set_mood(asker.key, mood, ctx.clock.monotonic_ms());
    Ok(())
}

async fn stored(ctx: &Context, asker: &Asker) -> Result<Mood, Refusal> {
    let member = ctx.store.member(asker.key.site, asker.identity.id.clone()).await?;
    Ok(member.ok_or(Refusal::NotSignedIn)?.mood)
}
