//! Erases somebody for good: what they said, what was said to them alone, marks, settings, sessions, friendships, seats.

use super::read_directory::profile;
use super::{Context, sign_out};
use crate::chat::id::{SiteNumber, UserId};
use crate::chat::refusal::Refusal;

/// Erases a member. An erasure that is cut short is finished by the next one.
pub async fn erase_member(ctx: &Context, site: SiteNumber, id: UserId) -> Result<(), Refusal> {
    let key = site.user(profile(ctx, site, &id).await?.ok_or(Refusal::UnknownUser)?.number);
    sign_out::sign_out(ctx, key).await;
    let mut after = 0;
    while let Some(through) = ctx.store.erase_user(key, after).await? {
        after = through;
        tokio::task::yield_now().await;
    }
    Ok(())
}
