//! A page closes: its ticket ends, and with the last one, after the grace, its member's presence.

use super::Context;
use super::identify::Asker;

/// Ends the asker's session.
pub async fn disconnect(ctx: &Context, asker: &Asker) {
    let Some(holder) = asker.holder() else { return };
    if let Some(digest) = ctx.live.end(holder, ctx.clock.monotonic_ms())
        && let Err(error) = ctx.store.end_sessions(vec![(asker.key.site, digest)]).await
    {
        // The ticket is dead here; the row goes when it expires at the latest.
        tracing::warn!(%error, "an ended session is still in the store");
    }
}
