//! What a member's page knows of them before it opens.

use super::Context;
use crate::chat::id::{RoomId, SiteNumber};
use crate::chat::refusal::Refusal;
use crate::chat::session::Caller;
use crate::chat::settings::Settings;
use crate::chat::user::Member;

/// A member, as they know themselves.
#[derive(Debug, Clone)]
pub struct Own {
    /// Whose member.
    pub site: SiteNumber,
    /// The member, as stored.
    pub member: Member,
    /// Their settings.
    pub settings: Settings,
    /// The rooms they have silenced.
    pub silenced: Vec<RoomId>,
}

/// The member that the site's sign-in named.
pub async fn read_self(ctx: &Context, caller: &Caller) -> Result<Own, Refusal> {
    let (site, user) = caller.person().ok_or(Refusal::NotSignedIn)?;
    let member = ctx.store.member(site, user.clone()).await?.ok_or(Refusal::NotSignedIn)?;
    let settings = ctx.store.settings(site.user(member.profile.number)).await?;
    let blocked = member.memberships.iter().filter(|membership| membership.blocked);
    let silenced = blocked.map(|membership| membership.room.id.clone()).collect();
    Ok(Own { site, member, settings, silenced })
}
