//! Housekeeping at steady intervals: deadlines, cursors, and a look at the heads of all logs in case the bus lost a hint.

use super::Context;
use crate::bus::Envelope;
use crate::chat::id::SiteNumber;
use crate::chat::ticket::TicketDigest;
use crate::live::{CursorAt, TICK_MS};
use crate::store::CursorMove;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Interval, MissedTickBehavior, interval};

/// How often cursors are stored.
const CURSORS_EVERY: Duration = Duration::from_secs(5);
/// How often heads are compared.
const HEADS_EVERY: Duration = Duration::from_secs(3);

/// Fires deadlines until it is dropped. Waits for nothing but the clock: a slow disk must not hold up a poll's end.
pub async fn run_deadlines(ctx: Arc<Context>) {
    let mut tick = steadily(Duration::from_millis(TICK_MS));
    loop {
        tick.tick().await;
        let ended = ctx.live.tick(ctx.clock.monotonic_ms());
        if !ended.is_empty() {
            let ctx = Arc::clone(&ctx);
            tokio::spawn(async move { forget(&ctx, ended).await });
        }
    }
}

/// Brings memory and store in line until it is dropped.
pub async fn run_upkeep(ctx: Arc<Context>) {
    let (mut cursors, mut heads) = (steadily(CURSORS_EVERY), steadily(HEADS_EVERY));
    loop {
        tokio::select! {
            _ = cursors.tick() => store_cursors(&ctx).await,
            _ = heads.tick() => announce_heads(&ctx).await,
        }
    }
}

fn steadily(period: Duration) -> Interval {
    let mut interval = interval(period);
    interval.set_missed_tick_behavior(MissedTickBehavior::Delay);
    interval
}

/// Takes ended sessions out of the store. They are dead here already; a row that stays goes when it expires.
pub(super) async fn forget(ctx: &Context, ended: Vec<(SiteNumber, TicketDigest)>) {
    if let Err(error) = ctx.store.end_sessions(ended).await {
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
