//! After a start: tails begin at the heads, and sessions whose tickets are still good go on where they were.

use super::{Context, block_user};
use crate::chat::id::UserKey;
use crate::chat::user::Member;
use crate::live::{Arrival, Listing};
use crate::store::{SessionRecord, Stored};
use std::collections::HashMap;

/// Members read at a time.
const CHUNK: usize = 1_000;

/// Restores what outlived the process. Gives the number of sessions.
pub async fn restore(ctx: &Context) -> Stored<usize> {
    for (site, head) in ctx.store.heads().await? {
        ctx.live.advance(site, head);
    }
    block_user::restore(ctx).await?;
    let records = ctx.store.load_sessions(ctx.clock.wall_ms()).await?;
    let count = records.len();
    for chunk in records.chunks(CHUNK) {
        let members = members_of(ctx, chunk).await?;
        for record in chunk {
            if let Some(member) = members.get(&record.user) {
                let listing = listing(ctx, record).await?;
                restore_session(ctx, record, member.clone(), listing);
            }
        }
    }
    ctx.live.forget_changes();
    Ok(count)
}

async fn members_of(ctx: &Context, records: &[SessionRecord]) -> Stored<HashMap<UserKey, Member>> {
    let mut by_site: HashMap<_, Vec<_>> = HashMap::new();
    for record in records {
        by_site.entry(record.user.site).or_default().push(record.user.user);
    }
    let mut members = HashMap::new();
    for (site, numbers) in by_site {
        let found = ctx.store.members_by_number(site, numbers).await?;
        members.extend(found.into_iter().map(|member| (site.user(member.profile.number), member)));
    }
    Ok(members)
}

/// What a session lists that its site opened.
async fn listing(ctx: &Context, record: &SessionRecord) -> Stored<Option<Listing>> {
    let Some(listed) = record.listed.clone() else { return Ok(None) };
    let rooms = ctx.store.room_ids(record.user.site, listed.rooms().collect()).await?;
    Ok(Some(Listing { listed, rooms }))
}

fn restore_session(ctx: &Context, record: &SessionRecord, member: Member, listing: Option<Listing>) {
    let now_ms = ctx.clock.monotonic_ms();
    let left_ms = record.expires_at_ms.saturating_sub(ctx.clock.wall_ms());
    let arrival = Arrival {
        key: record.user,
        member,
        session: record.number,
        digest: record.digest,
        dialect: record.dialect,
        show: None,
        listing,
        expires_at_ms: now_ms + left_ms,
    };
    ctx.live.restore(arrival, &record.strangers, record.cursor, now_ms);
}
