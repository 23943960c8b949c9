//! A member signs out, or is signed out: all their tickets end, on every page and device.

use super::{Context, sweep};
use crate::chat::id::UserKey;

/// Ends every session of a member. The tickets are dead when this returns, also for a process that starts later.
pub async fn sign_out(ctx: &Context, member: UserKey) {
    for holder in ctx.live.holders(member) {
        ctx.live.end(&holder, ctx.clock.monotonic_ms());
    }
    sweep::forget_ended(ctx).await;
}
