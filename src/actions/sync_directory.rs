//! A site tells us its people, friendships and rooms, and what they said before they came to us.

use super::Context;
use super::announce::SYSTEM;
use crate::chat::entry::{Draft, SeatChange, Seq};
use crate::chat::id::{RoomId, SiteNumber, UserId, UserNumber};
use crate::chat::refusal::Refusal;
use crate::chat::ticket::TicketDigest;
use crate::store::{Changed, CursorMove, DirectoryChange};

/// Carries out directory changes, then puts members into rooms, as of `joined_at_ms` (milliseconds since 1970).
pub async fn sync_directory(
    ctx: &Context,
    site: SiteNumber,
    changes: Vec<DirectoryChange>,
    members: Vec<(RoomId, UserId)>,
    joined_at_ms: u64,
) -> Result<(), Refusal> {
    change_directory(ctx, site, changes).await?;
    for (room, user) in members {
        ctx.store.change_seat(site, user, room, SeatChange::Joined, joined_at_ms).await?;
    }
    Ok(())
}

/// Carries out directory changes, all or none, and tells the pages that are open.
pub async fn change_directory(ctx: &Context, site: SiteNumber, changes: Vec<DirectoryChange>) -> Result<(), Refusal> {
    // Else its words would be a member's, and what it says to somebody alone that member's to read.
    if changes.iter().any(|change| matches!(change, DirectoryChange::User { id, .. } if id.as_str() == SYSTEM)) {
        return Err(Refusal::BadParameter("user"));
    }
    for changed in ctx.store.change_directory(site, changes).await? {
        match changed {
            Changed::User(number, nick) => ctx.live.rename(site.user(number), &nick),
            Changed::Friends(one, other) => ctx.live.befriend(site, one, other, ctx.clock.monotonic_ms()),
            Changed::NotFriends(one, other) => ctx.live.part(site, one, other),
            Changed::Room => {}
        }
    }
    Ok(())
}

/// Stores what was said before, in order, with its own times. It is history and not news: everybody in `readers` counts as
/// having received and read it.
pub async fn import_history(
    ctx: &Context,
    drafts: Vec<Draft>,
    readers: &[(SiteNumber, UserNumber)],
) -> Result<(), Refusal> {
    let mut last: Seq = 0;
    for draft in drafts {
        last = ctx.store.append(draft).await?.message.seq;
    }
    let received = |(site, user): &(SiteNumber, UserNumber)| CursorMove {
        user: site.user(*user),
        digest: TicketDigest([0; 32]), // no session has it
        cursor: last,
        is_read: true,
    };
    Ok(ctx.store.move_cursors(readers.iter().map(received).collect()).await?)
}
