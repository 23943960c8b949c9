//! Erases somebody for good: what they said, what was said to them alone, marks, settings, sessions, friendships, seats.

use super::read_directory::profile;
use super::{Context, sign_out};
use crate::chat::id::{SiteNumber, UserId};
use crate::chat::refusal::Refusal;
use std::sync::Arc;

/// Erases a member, on a task of its own: whoever asks may go away, and what is begun is finished.
pub async fn erase_member(ctx: &Arc<Context>, site: SiteNumber, id: UserId) -> Result<(), Refusal> {
    let ctx = Arc::clone(ctx);
    tokio::spawn(async move { erase(&ctx, site, id).await }).await.map_err(|_| Refusal::Internal)?
}

async fn erase(ctx: &Context, site: SiteNumber, id: UserId) -> Result<(), Refusal> {
    let known = profile(ctx, site, &id).await?.filter(|known| known.id == id);
    let key = site.user(known.ok_or(Refusal::UnknownUser)?.number);
    sign_out::sign_out(ctx, key).await;
    let mut after = 0;
    while let Some(through) = ctx.store.erase_user(key, after).await? {
        after = through;
        tokio::task::yield_now().await;
    }
    // A page that opened meanwhile.
    sign_out::sign_out(ctx, key).await;
    Ok(())
}
