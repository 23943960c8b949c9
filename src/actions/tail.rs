//! The tail follows each site's log in seq order and has every row delivered once. What the bus lost it reads from the log.

use super::Context;
use super::deliver::{deliver, deliver_signal};
use crate::bus::Envelope;
use crate::chat::entry::{Seq, SharedEntry};
use crate::chat::id::SiteNumber;
use std::sync::Arc;
use tokio::sync::mpsc::Receiver;

/// Rows read at a time to close a gap.
const GAP_ROWS: usize = 500;

/// Follows the bus until it is closed.
pub async fn run(ctx: Arc<Context>, mut feed: Receiver<Envelope>) {
    while let Some(envelope) = feed.recv().await {
        match envelope {
            Envelope::Appended { site, entries } => follow(&ctx, site, entries).await,
            Envelope::Head { site, seq } => drop(catch_up(&ctx, site, seq).await),
            Envelope::Typing { .. } | Envelope::Read { .. } | Envelope::Event { .. } => {
                deliver_signal(&ctx, envelope).await;
            }
        }
    }
}

async fn follow(ctx: &Context, site: SiteNumber, entries: Vec<SharedEntry>) {
    let Some(first) = entries.first().map(|entry| entry.seq()) else { return };
    if catch_up(ctx, site, first - 1).await {
        hand_out(ctx, site, &entries).await;
    }
}

async fn hand_out(ctx: &Context, site: SiteNumber, entries: &[SharedEntry]) {
    let position = ctx.live.position(site);
    for entry in entries.iter().filter(|entry| entry.seq() > position) {
        deliver(ctx, site, entry).await;
        ctx.live.advance(site, entry.seq());
    }
}

/// Reads the log until everything through `seq` has been handed out; whether it got there. Where it did not, nothing later
/// may be handed out: the next look at the heads begins at the gap again.
async fn catch_up(ctx: &Context, site: SiteNumber, seq: Seq) -> bool {
    while ctx.live.position(site) < seq {
        let position = ctx.live.position(site);
        match ctx.store.entries_after(site, position, GAP_ROWS).await {
            Ok(stretch) => {
                hand_out(ctx, site, &stretch.entries).await;
                // Numbers without a row were erased: nothing is missing there.
                ctx.live.advance(site, stretch.through);
            }
            Err(error) => {
                tracing::error!(%error, "the tail cannot read the log; the next sweep tries again");
                return false;
            }
        }
    }
    true
}
