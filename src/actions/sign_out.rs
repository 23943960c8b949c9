//! A member signs out, or is signed out: all their tickets end, on every page and device.

use super::{Context, sweep};
use crate::chat::id::UserKey;
use crate::chat::session::{Dialect, SessionNumber};

/// Ends every session of a member. The tickets are dead when this returns, also for a process that starts later.
pub async fn sign_out(ctx: &Context, member: UserKey) {
    sign_out_but(ctx, member, None).await;
}

/// The same of every session but one.
pub async fn sign_out_but(ctx: &Context, member: UserKey, keep: Option<SessionNumber>) {
    for holder in ctx.live.holders(member) {
        if Some(holder.session) != keep {
            ctx.live.end(&holder, ctx.clock.monotonic_ms());
        }
    }
    sweep::forget_ended(ctx).await;
}

/// A member's sessions, with the generations of their clients.
pub fn sessions(ctx: &Context, member: UserKey) -> Vec<(SessionNumber, Dialect)> {
    let found = ctx.live.sessions_of(member).into_iter();
    found.map(|(holder, dialect)| (holder.session, dialect)).collect()
}
