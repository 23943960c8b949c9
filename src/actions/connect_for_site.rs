//! A site's own server opens a session for one of its people. The site keeps friends, rooms and history; what it lists is what the
//! session sees and hears.

use super::connect::check_room_for;
use super::opening::{Coming, Opening};
use super::{Context, sweep};
use crate::chat::id::{RoomId, SiteNumber, UserId, UserNumber};
use crate::chat::listed::Listed;
use crate::chat::presence::{Mood, Show, Visible};
use crate::chat::refusal::Refusal;
use crate::chat::session::Dialect;
use crate::chat::ticket::Ticket;
use crate::chat::user::Identity;
use crate::live::Listing;
use crate::store::Spoken;
use std::sync::Arc;

/// What the site says.
#[derive(Debug, Clone)]
pub struct SiteConnect {
    /// The generation of the page's client.
    pub dialect: Dialect,
    /// Whose page.
    pub user: UserId,
    /// Their display name.
    pub nick: String,
    /// What they are seen as, if they were not here before.
    pub show: Option<Show>,
    /// Their status line, if the site says one.
    pub status: Option<String>,
    /// The people whose presence the page shows.
    pub people: Vec<UserId>,
    /// The rooms they are in.
    pub rooms: Vec<RoomId>,
}

/// What it is answered.
pub struct SiteConnected {
    /// The session's secret.
    pub ticket: Ticket,
    /// Those of the people who are seen online, and how.
    pub online: Vec<(Arc<Identity>, Visible)>,
    /// The rooms, and how many are seen online in each, the new one included.
    pub rooms: Vec<(RoomId, u32)>,
}

/// Opens a session.
pub async fn connect_for_site(ctx: &Context, site: SiteNumber, ask: SiteConnect) -> Result<SiteConnected, Refusal> {
    let redelivery_ms = ctx.sites.by_number(site).ok_or(Refusal::Internal)?.options.legacy_redelivery_ms;
    sweep::store_ended_cursors(ctx).await;
    let me = (ask.user.clone(), Some(ask.nick.clone()));
    let people = ask.people.iter().filter(|id| **id != ask.user).map(|id| (id.clone(), None));
    let spoken = Spoken { people: std::iter::once(me).chain(people).collect(), rooms: ask.rooms.clone() };
    let known = ctx.store.introduce(site, spoken).await?;
    let people: Vec<UserNumber> = known.people.iter().skip(1).map(|profile| profile.number).collect();
    let rooms: Vec<_> = known.rooms.iter().map(|room| room.number).collect();
    let mut member = ctx.store.member(site, ask.user.clone()).await?.ok_or(Refusal::Internal)?;
    // A visitor who has become a member is nobody any more.
    if member.profile.id != ask.user {
        return Err(Refusal::UnknownUser);
    }
    let (key, stored) = (site.user(member.profile.number), member.mood.clone());
    // What somebody says about themselves who is here already stays as it is.
    if let Some(status) = ask.status.filter(|status| **status != *member.mood.status) {
        member.mood = Mood { status: status.into(), status_at_ms: ctx.clock.wall_ms(), ..member.mood };
    }
    // While it opens it lists them from the beginning of the log: what arrives is kept, and cut off where it begins.
    let listing = Listing {
        listed: Listed::from(rooms.iter().copied(), 0),
        rooms: known.rooms.iter().map(|room| (room.number, room.id.clone())).collect(),
    };
    if !ctx.live.is_here(key) {
        check_room_for(ctx, site)?;
    }
    let coming = Coming { member, dialect: ask.dialect, show: ask.show, listing: Some(listing) };
    let (opening, arrived) = Opening::begin(ctx, key, coming);
    ctx.live.rename(key, &ask.nick);
    let since_ms = ctx.clock.wall_ms().saturating_sub(redelivery_ms);
    let at = ctx.store.cut(site, since_ms).await?;
    let (listed, begin) = ctx.live.open_listed(&opening.holder, &people, &rooms, at, ctx.clock.monotonic_ms());
    // Stored before it is answered; a session that is not stored is ended by `opening`.
    opening.save(begin, &people, Some(listed)).await?;
    opening.save_mood(&arrived.mood, &stored).await;
    let opening_key = opening.holder.key;
    let ticket = opening.done();
    let seen = |number: UserNumber| ctx.live.seen_online_by(opening_key, site.user(number));
    let count = |room: &crate::chat::room::Room| {
        (room.id.clone(), ctx.live.room_online_count_for(opening_key, site.room(room.number)))
    };
    Ok(SiteConnected {
        ticket,
        online: people.iter().filter_map(|number| seen(*number)).collect(),
        rooms: known.rooms.iter().map(count).collect(),
    })
}
