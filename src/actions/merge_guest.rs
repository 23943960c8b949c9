//! A visitor signs in: what they said and heard as a visitor is the member's from now on, and so is what is still said to the
//! visitor.

use super::read_directory::profile;
use super::{Context, block_user, sign_out};
use crate::chat::id::{SiteNumber, UserId};
use crate::chat::refusal::Refusal;

/// Makes a visitor one with a member. A visitor who is nobody, or somebody else's already, changes nothing.
pub async fn merge_guest(ctx: &Context, site: SiteNumber, guest: &UserId, member: &UserId) -> Result<(), Refusal> {
    let (was, is) = (profile(ctx, site, guest).await?, profile(ctx, site, member).await?);
    let (Some(was), Some(is)) = (was.map(|was| was.number), is.map(|is| is.number)) else { return Ok(()) };
    if has_become(ctx, site, guest).await? {
        return Ok(());
    }
    // Their pages first, so that nothing more is said as the visitor.
    sign_out::sign_out(ctx, site.user(was)).await;
    ctx.store.merge_users(site.user(was), is).await?;
    // Whoever blocked the visitor blocks the member.
    if ctx.live.has_blocks(site.user(was)) {
        block_user::restore(ctx).await?;
    }
    Ok(())
}

/// Whether a visitor has become a member.
pub async fn has_become(ctx: &Context, site: SiteNumber, guest: &UserId) -> Result<bool, Refusal> {
    Ok(profile(ctx, site, guest).await?.is_some_and(|now| now.id != *guest))
}
