//! Who is in a room the asker is in.

use super::Context;
use super::identify::Asker;
use crate::chat::id::{RoomId, UserKey};
use crate::chat::presence::Visible;
use crate::chat::refusal::Refusal;
use crate::chat::user::{Identity, Profile};
use std::sync::Arc;

/// Members read of one room.
const MEMBERS_MAX: usize = 1_000;

/// A member and what others see of them.
#[derive(Debug, Clone)]
pub struct MemberView {
    /// The member.
    pub profile: Profile,
    /// Their presence.
    pub visible: Visible,
}

/// The members of a room, or `None` if the asker may not know of it.
pub async fn members(ctx: &Context, asker: &Asker, room: RoomId) -> Result<Option<Vec<MemberView>>, Refusal> {
    let Some((_, members)) = ctx.store.room_members(asker.key, room, MEMBERS_MAX).await? else { return Ok(None) };
    let view = |profile: Profile| MemberView {
        visible: ctx.live.seen_by(asker.key, asker.key.site.user(profile.number)),
        profile,
    };
    Ok(Some(members.into_iter().map(view).collect()))
}

/// Everybody in a room that `viewer` is in, whether they are there or not.
pub(super) async fn everybody(
    ctx: &Context,
    viewer: UserKey,
    room: RoomId,
) -> Result<Option<Vec<(Arc<Identity>, Visible)>>, Refusal> {
    let Some((_, members)) = ctx.store.room_members(viewer, room, MEMBERS_MAX).await? else { return Ok(None) };
    let view = |profile: Profile| {
        let visible = ctx.live.seen_by(viewer, viewer.site.user(profile.number));
        (Arc::new(Identity { number: profile.number, id: profile.id, nick: profile.nick }), visible)
    };
    Ok(Some(members.into_iter().map(view).collect()))
}
