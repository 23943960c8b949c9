//! A page closes: its ticket ends, and with the last one, after the grace, its member's presence.

use super::identify::Asker;
use super::{Context, sweep};

/// Ends the asker's session.
pub async fn disconnect(ctx: &Context, asker: &Asker) {
    let Some(holder) = asker.holder() else { return };
    ctx.live.end(holder, ctx.clock.monotonic_ms());
    sweep::forget_ended(ctx).await;
}
