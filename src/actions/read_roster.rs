//! People and rooms by id, as the asker may see them now.

use super::identify::Asker;
use super::{Context, PersonView, RoomView};
use crate::chat::entry::Seq;
use crate::chat::id::{IDS_MAX, RoomId, UserId, UserKey, UserNumber};
use crate::chat::refusal::Refusal;
use crate::chat::room::Membership;

/// The people of these ids; unknown ones are left out.
pub async fn people(ctx: &Context, asker: &Asker, ids: Vec<UserId>) -> Result<Vec<PersonView>, Refusal> {
    let found = ctx.store.people(asker.key, ids).await?;
    let view = |person: crate::chat::user::Person| {
        let visible = ctx.live.seen_by(asker.key, asker.key.site.user(person.profile.number));
        PersonView { person, visible }
    };
    Ok(found.into_iter().map(view).collect())
}

/// All of the asker's friends: those online first, and so many at most as ids may be asked for.
pub async fn friends(ctx: &Context, asker: &Asker) -> Result<Vec<PersonView>, Refusal> {
    let member = ctx.store.member(asker.key.site, asker.identity.id.clone()).await?.ok_or(Refusal::NotSignedIn)?;
    let visible = |number: UserNumber| ctx.live.seen_by(asker.key, asker.key.site.user(number));
    let mut numbers = member.buddies.to_vec();
    numbers.sort_by_cached_key(|number| !visible(*number).is_online());
    numbers.truncate(IDS_MAX);
    let found = ctx.store.people_by_number(asker.key, numbers).await?;
    Ok(found.into_iter().map(|person| PersonView { visible: visible(person.profile.number), person }).collect())
}

/// The asker's rooms, or only those of these ids; others are as if they did not exist.
pub async fn rooms(ctx: &Context, asker: &Asker, only: Option<Vec<RoomId>>) -> Result<Vec<RoomView>, Refusal> {
    let found = ctx.store.memberships(asker.key, only).await?;
    Ok(found.into_iter().map(|membership| room_view(ctx, asker.key, membership, Some(MEMBERS_SHOWN))).collect())
}

/// COMPAT: to silence a room, pages before 5.4 note it in their settings and leave it, and to listen again they join it. So that
/// it stays in their list, a room that is `listed` there and that anybody may join is shown to its former member, who `is_in` others,
/// as silenced.
pub async fn left_but_silenced(
    ctx: &Context,
    viewer: UserKey,
    listed: Vec<RoomId>,
    is_in: impl Fn(&RoomId) -> bool,
) -> Result<Vec<RoomView>, Refusal> {
    let mut left: Vec<RoomView> = Vec::new();
    for id in listed.into_iter().filter(|id| !is_in(id)).take(LISTED_MAX) {
        let is_known = left.iter().any(|view| view.membership.room.id == id);
        let Some(room) = ctx.store.room(viewer.site, id).await?.filter(|room| room.open && !is_known) else { continue };
        left.push(room_view(ctx, viewer, Membership { room, joined_seq: Seq::MAX, blocked: true }, None));
    }
    Ok(left)
}

/// Rooms of such a list that are looked at.
const LISTED_MAX: usize = 200;

/// Members listed with a room.
pub const MEMBERS_SHOWN: usize = 200;

/// A room with its online count and, if wanted, up to `members` who are online. The viewer sees themselves.
pub fn room_view(ctx: &Context, viewer: UserKey, mut membership: Membership, members: Option<usize>) -> RoomView {
    let room = viewer.site.room(membership.room.number);
    let online = members.map(|limit| ctx.live.room_online_for(viewer, room, limit));
    let online_count = ctx.live.room_online_count_for(viewer, room);
    // Who is there because the site lists them is no member, and in the room all the same.
    membership.room.all_count = membership.room.all_count.max(online_count);
    RoomView { online_count, online, membership }
}
