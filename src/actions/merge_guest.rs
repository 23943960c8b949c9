//! A visitor signs in: what they said and heard as a visitor is the member's from now on, and so is what is still said to the
//! visitor.

use super::{Context, sign_out};
use crate::chat::id::{SiteNumber, UserId, UserNumber};
use crate::chat::refusal::Refusal;

/// Makes a visitor one with a member. A visitor who is nobody, or somebody else's already, changes nothing.
pub async fn merge_guest(ctx: &Context, site: SiteNumber, guest: &UserId, member: &UserId) -> Result<(), Refusal> {
    let number = |found: Vec<crate::chat::user::Person>| found.into_iter().next().map(|person| person.profile.number);
    // Nobody's view: no user has this number.
    let nobody = site.user(UserNumber(0));
    let was = number(ctx.store.people(nobody, vec![guest.clone()]).await?);
    let is = number(ctx.store.people(nobody, vec![member.clone()]).await?);
    let (Some(was), Some(is)) = (was, is) else { return Ok(()) };
    // Their pages first, so that nothing more is said as the visitor.
    sign_out::sign_out(ctx, site.user(was)).await;
    Ok(ctx.store.merge_users(site.user(was), is).await?)
}
