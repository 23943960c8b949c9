//! Housekeeping at steady intervals: deadlines, cursors, and a look at the heads of all logs in case the bus lost a hint.

use super::Context;
use crate::bus::Envelope;
use crate::live::{CursorAt, TICK_MS};
use crate::store::CursorMove;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{MissedTickBehavior, interval};

/// How often cursors are stored.
const CURSORS_EVERY: Duration = Duration::from_secs(5);
/// How often heads are compared.
const HEADS_EVERY: Duration = Duration::from_secs(3);

/// Runs until it is dropped.
pub async fn run(ctx: Arc<Context>) {
    let mut tick = interval(Duration::from_millis(TICK_MS));
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut cursors = interval(CURSORS_EVERY);
    let mut heads = interval(HEADS_EVERY);
    loop {
        tokio::select! {
            _ = tick.tick() => end_expired(&ctx).await,
            _ = cursors.tick() => store_cursors(&ctx).await,
            _ = heads.tick() => announce_heads(&ctx).await,
        }
    }
}

async fn end_expired(ctx: &Context) {
    let ended = ctx.live.tick(ctx.clock.monotonic_ms());
    if !ended.is_empty()
        && let Err(error) = ctx.store.end_sessions(ended).await
    {
        tracing::warn!(%error, "ended sessions are still in the store");
    }
}

/// Stores every cursor that has passed a row.
pub async fn store_cursors(ctx: &Context) {
    store(ctx, ctx.live.take_dirty()).await;
}

/// Stores the cursors of sessions that have ended: who comes back must not be given again what they have.
pub async fn store_ended_cursors(ctx: &Context) {
    store(ctx, ctx.live.take_ended_dirty()).await;
}

async fn store(ctx: &Context, cursors: Vec<CursorAt>) {
    if cursors.is_empty() {
        return;
    }
    let moves = cursors.iter().map(|at| CursorMove { user: at.key, digest: at.digest, cursor: at.acked });
    if let Err(error) = ctx.store.move_cursors(moves.collect()).await {
        tracing::warn!(%error, "cursors are stored later");
        ctx.live.keep_dirty(cursors);
    }
}

async fn announce_heads(ctx: &Context) {
    match ctx.store.heads().await {
        Ok(heads) => heads.into_iter().for_each(|(site, seq)| ctx.bus.publish(Envelope::Head { site, seq })),
        Err(error) => tracing::warn!(%error, "the heads of the logs cannot be read"),
    }
}
