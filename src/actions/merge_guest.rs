//! A visitor signs in: what they said and heard as a visitor is the member's from now on, and so is what is still said to the
//! visitor.

use super::read_directory::profile;
use super::{Context, sign_out};
use crate::chat::id::{SiteNumber, UserId};
use crate::chat::refusal::Refusal;

/// Makes a visitor one with a member. A visitor who is nobody, or somebody else's already, changes nothing.
pub async fn merge_guest(ctx: &Context, site: SiteNumber, guest: &UserId, member: &UserId) -> Result<(), Refusal> {
    let (was, is) = (profile(ctx, site, guest).await?, profile(ctx, site, member).await?);
    let (Some(was), Some(is)) = (was.map(|was| was.number), is.map(|is| is.number)) else { return Ok(()) };
    // Their pages first, so that nothing more is said as the visitor.
    sign_out::sign_out(ctx, site.user(was)).await;
    Ok(ctx.store.merge_users(site.user(was), is).await?)
}
