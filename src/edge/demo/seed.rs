//! Fills the demonstration's site with its people, rooms and history the first time it is started.

use super::people::{FRIENDS, MEMBERS, ROOMS, SAID};
use crate::actions::sync_directory::{import_history, sync_directory};
use crate::actions::{Context, manage_sites};
use crate::chat::entry::{Draft, Party, To};
use crate::chat::id::{BadId, RoomId, SiteNumber, UserId};
use crate::chat::refusal::Refusal;
use crate::chat::site::{Site, SiteOptions};
use crate::store::{DirectoryChange, NewSite};
use std::collections::HashMap;

/// The demonstration's site name.
pub const SITE: &str = "localhost";
/// Its key, known to everybody: it is served on loopback only.
pub const PUBLIC_KEY: &str = "public";

impl From<BadId> for Refusal {
    fn from(_: BadId) -> Self {
        Self::BadParameter("id")
    }
}

/// Makes sure that the demonstration's site is there, with life in it.
pub async fn ensure(ctx: &Context) -> Result<Site, Refusal> {
    let options = SiteOptions { directory_complete: true, ..SiteOptions::default() };
    let new = NewSite { public_key: PUBLIC_KEY.into(), ..manage_sites::new_site(ctx, SITE, options) };
    let (site, _) = ctx.store.ensure_site(new).await?;
    if !is_alive(ctx, site.number).await? {
        let oldest_minutes = SAID.iter().map(|(minutes, ..)| *minutes).max().unwrap_or(0);
        let began_ms = minutes_ago(ctx, oldest_minutes);
        sync_directory(ctx, site.number, directory()?, members()?, began_ms).await?;
        import(ctx, site.number).await?;
    }
    Ok(site)
}

/// Whether a first start came to its end: what it does last is to count the history as received. One that was cut short is
/// made good, for everything in it can be done again.
async fn is_alive(ctx: &Context, site: SiteNumber) -> Result<bool, Refusal> {
    let first = UserId::parse(MEMBERS[0].id)?;
    Ok(ctx.store.member(site, first).await?.is_some_and(|member| member.delivered > 0))
}

fn minutes_ago(ctx: &Context, minutes: u64) -> u64 {
    ctx.clock.wall_ms().saturating_sub(minutes * 60_000)
}

fn picture(id: &str) -> String {
    format!("/demo/assets/pictures/{id}.svg")
}

fn directory() -> Result<Vec<DirectoryChange>, BadId> {
    let mut changes = Vec::new();
    for card in &MEMBERS {
        let (id, nick) = (UserId::parse(card.id)?, card.nick.to_owned());
        let url = format!("members/{}", card.id);
        changes.push(DirectoryChange::User { id, nick, picture_url: picture(card.id), url });
    }
    for (user, group, buddy, buddy_group) in FRIENDS {
        let (user, buddy) = (UserId::parse(user)?, UserId::parse(buddy)?);
        changes.push(DirectoryChange::Friends { user, buddy, group: group.into(), buddy_group: buddy_group.into() });
    }
    for room in &ROOMS {
        let (id, nick) = (RoomId::parse(room.id)?, room.nick.to_owned());
        let url = format!("rooms/{}", room.id);
        changes.push(DirectoryChange::Room { id, nick, picture_url: picture(room.id), url, open: true });
    }
    Ok(changes)
}

fn members() -> Result<Vec<(RoomId, UserId)>, BadId> {
    let pairs = ROOMS.iter().flat_map(|room| room.members.iter().map(|member| (room.id, *member)));
    pairs.map(|(room, member)| Ok((RoomId::parse(room)?, UserId::parse(member)?))).collect()
}

async fn import(ctx: &Context, site: SiteNumber) -> Result<(), Refusal> {
    let mut known = HashMap::new();
    for card in &MEMBERS {
        let id = UserId::parse(card.id)?;
        let member = ctx.store.member(site, id.clone()).await?.ok_or(Refusal::UnknownUser)?;
        known.insert(card.id, (Party { number: member.profile.number, id }, member.profile.nick));
    }
    let mut drafts = Vec::new();
    for (index, (minutes, from, to, body)) in SAID.into_iter().enumerate() {
        let (from, nick) = known.get(from).cloned().ok_or(Refusal::UnknownUser)?;
        let is_room = ROOMS.iter().any(|room| room.id == to);
        let to = if is_room { To::Room(RoomId::parse(to)?) } else { To::User(UserId::parse(to)?) };
        let now_ms = minutes_ago(ctx, minutes);
        drafts.push(Draft {
            site,
            from,
            nick,
            to,
            style: "".into(),
            body: body.into(),
            origin: None,
            by: crate::chat::entry::Voice::Member,
            cid: Some(format!("demonstration:{index}").into()),
            now_ms,
        });
    }
    let readers: Vec<_> = known.values().map(|(party, _)| (site, party.number)).collect();
    import_history(ctx, drafts, &readers).await
}
