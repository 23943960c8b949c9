//! Housekeeping at steady intervals: deadlines, cursors, and a look at the heads of all logs in case the bus lost a hint.

use super::Context;
use crate::bus::Envelope;
use crate::live::{CursorAt, TICK_MS};
use crate::store::CursorMove;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Interval, MissedTickBehavior, interval};

/// How often cursors are stored.
const CURSORS_EVERY: Duration = Duration::from_secs(5);
/// How often heads are compared.
const HEADS_EVERY: Duration = Duration::from_secs(3);
/// How long rows stay that sites keep themselves.
const PASSING_KEPT_MS: u64 = DAY_MS;
const DAY_MS: u64 = 24 * 60 * 60 * 1000;
/// How often older ones are erased.
const PASSING_EVERY: Duration = Duration::from_secs(10 * 60);

/// Fires deadlines until it is dropped. Waits for nothing but the clock: a slow disk must not hold up a poll's end.
pub async fn run_deadlines(ctx: Arc<Context>) {
    let mut tick = steadily(Duration::from_millis(TICK_MS));
    loop {
        tick.tick().await;
        ctx.live.tick(ctx.clock.monotonic_ms());
    }
}

/// Brings memory and store in line until it is dropped.
pub async fn run_upkeep(ctx: Arc<Context>) {
    let (mut cursors, mut heads) = (steadily(CURSORS_EVERY), steadily(HEADS_EVERY));
    let mut passing = steadily(PASSING_EVERY);
    loop {
        tokio::select! {
            _ = passing.tick() => {
                forget_passing(&ctx).await;
                forget_old(&ctx).await;
            }
            _ = cursors.tick() => settle(&ctx).await,
            _ = heads.tick() => announce_heads(&ctx).await,
        }
    }
}

fn steadily(period: Duration) -> Interval {
    let mut interval = interval(period);
    interval.set_missed_tick_behavior(MissedTickBehavior::Delay);
    interval
}

/// Takes ended sessions out of the store. They are dead here already; one that the store keeps would come back to life with
/// the next start, so those it could not forget are tried again.
pub(super) async fn forget_ended(ctx: &Context) {
    let ended = ctx.live.take_ended();
    if !ended.is_empty()
        && let Err(error) = ctx.store.end_sessions(ended.clone()).await
    {
        tracing::warn!(%error, "ended sessions are still in the store");
        ctx.live.keep_ended(ended);
    }
}

/// Keeps sessions that the store had no room for when they opened.
async fn save_unsaved(ctx: &Context) {
    let unsaved = std::mem::take(&mut *ctx.unsaved.lock().expect("no panic while held"));
    let live: Vec<_> = unsaved.into_iter().filter(|record| ctx.live.find(record.digest).is_some()).collect();
    if !live.is_empty() && ctx.store.save_sessions(live.clone()).await.is_err() {
        ctx.unsaved.lock().expect("no panic while held").extend(live);
    }
}

/// Stores what memory alone knows: sessions that found no room, cursors, and which tickets have ended.
pub async fn settle(ctx: &Context) {
    save_unsaved(ctx).await;
    store_cursors(ctx).await;
    forget_ended(ctx).await;
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
    let step = |at: &CursorAt| CursorMove { user: at.key, digest: at.digest, cursor: at.acked, is_read: at.is_read };
    let moves = cursors.iter().map(step);
    if let Err(error) = ctx.store.move_cursors(moves.collect()).await {
        tracing::warn!(%error, "cursors are stored later");
        ctx.live.keep_dirty(cursors);
    }
}

/// Erases what has passed, a part at a time: other writes come between.
async fn forget_passing(ctx: &Context) {
    let before_ms = ctx.clock.wall_ms().saturating_sub(PASSING_KEPT_MS);
    loop {
        match ctx.store.forget_passing(before_ms).await {
            Ok(0) => return,
            Ok(_) => tokio::task::yield_now().await,
            Err(error) => return tracing::warn!(%error, "rows of sites that keep their own history are erased later"),
        }
    }
}

/// Erases what sites do not want kept for so long.
pub async fn forget_old(ctx: &Context) {
    for site in ctx.sites.all() {
        let kept_ms = site.options.retention_days * DAY_MS;
        if kept_ms == 0 {
            continue;
        }
        let before_ms = ctx.clock.wall_ms().saturating_sub(kept_ms);
        loop {
            match ctx.store.forget_old(site.number, before_ms).await {
                Ok(0) => break,
                Ok(_) => tokio::task::yield_now().await,
                Err(error) => return tracing::warn!(%error, site = &*site.name, "old messages are erased later"),
            }
        }
    }
}

async fn announce_heads(ctx: &Context) {
    match ctx.store.heads().await {
        Ok(heads) => heads.into_iter().for_each(|(site, seq)| ctx.bus.publish(Envelope::Head { site, seq })),
        Err(error) => tracing::warn!(%error, "the heads of the logs cannot be read"),
    }
}
