//! A member opens a page: a new session, and everything the page needs from one cut through the log.

use super::opening::{Coming, Opening};
use super::{Context, PersonView, RoomView, pull_people, read_room, read_roster, sweep};
use crate::chat::entry::{Message, Seq};
use crate::chat::history::{History, Unread};
use crate::chat::id::{IDS_MAX, RoomId, SiteNumber, UserId, UserKey, UserNumber};
use crate::chat::presence::{Mood, Show, Visible};
use crate::chat::refusal::Refusal;
use crate::chat::room::Membership;
use crate::chat::session::{Caller, Dialect};
use crate::chat::settings::Settings;
use crate::chat::ticket::Ticket;
use crate::chat::user::{Identity, Person, Profile};
use crate::live::{Arrived, Cut};
use crate::store::{Page, PageQuery};
use std::collections::HashSet;
use std::sync::Arc;

/// Members listed with an open room.
const ROOM_MEMBERS_SHOWN: usize = 200;

/// Which friends the answer holds in full; all others who are online are only ids.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BuddyScope {
    /// Those the page shows: open windows, senders of new messages.
    Shown,
    /// All who are online too.
    Online,
    /// All, online ones first.
    All,
}

/// Rooms of one page that are listed with all their members.
const WHOLE_ROOMS_MAX: usize = 50;

/// What a page asks for.
#[derive(Debug, Clone)]
pub struct Connect {
    /// The generation of its client.
    pub dialect: Dialect,
    /// Which friends it wants in full.
    pub scope: BuddyScope,
    /// Other users whose windows are open.
    pub windows: Vec<UserId>,
    /// Rooms whose windows are open; `None` if the page does not say, then all count as open.
    pub rooms: Option<Vec<RoomId>>,
    /// Whether open rooms are wanted with all their members, or with none if they have more than are shown.
    pub whole_rooms: bool,
    /// Users the page shows who may not be friends.
    pub strangers: Vec<UserId>,
    /// The state the member wants to be in.
    pub show: Option<Show>,
}

/// What a page gets.
pub struct Connected {
    /// The new session's secret.
    pub ticket: Ticket,
    /// The member.
    pub profile: Profile,
    /// What the member says about themselves.
    pub mood: Mood,
    /// Friends who are seen online.
    pub online: Vec<(Arc<Identity>, Visible)>,
    /// People in full.
    pub people: Vec<PersonView>,
    /// The member's rooms.
    pub rooms: Vec<RoomView>,
    /// Histories of the open windows and of those with new messages.
    pub histories: Vec<History>,
    /// Messages that no session of the member has yet.
    pub new_messages: Vec<Arc<Message>>,
    /// The member's settings.
    pub settings: Settings,
    /// Everything of the log for this member up to here is in the page; the stream brings what follows.
    pub through: Seq,
    /// Whether more new messages are in the log already.
    pub more: bool,
    /// Conversations with messages that the member has not read; `None` for clients that cannot say what was.
    pub unread: Option<Vec<Unread>>,
}

/// Opens a session for `caller`.
pub async fn connect(ctx: &Arc<Context>, caller: &Caller, ask: Connect) -> Result<Connected, Refusal> {
    let (site, user) = caller.person().ok_or(Refusal::NotSignedIn)?;
    sweep::store_ended_cursors(ctx).await;
    let mut member = ctx.store.member(site, user.clone()).await?.ok_or(Refusal::NotSignedIn)?;
    if matches!(caller, Caller::Member { .. })
        && pull_people::pull_people(ctx, &member, site.user(member.profile.number)).await
    {
        member = ctx.store.member(site, user.clone()).await?.ok_or(Refusal::NotSignedIn)?;
    }
    if member.profile.id != *user {
        return Err(Refusal::NotSignedIn);
    }
    let key = site.user(member.profile.number);
    if !ctx.live.is_here(key) {
        check_room_for(ctx, site)?;
    }
    let (profile, buddies, stored_mood) = (member.profile.clone(), member.buddies.clone(), member.mood.clone());
    let coming = Coming { member, dialect: ask.dialect, show: ask.show, listing: None };
    let (opening, arrived) = Opening::begin(ctx, key, coming);
    let page = ctx.store.page(page_query(key, &arrived, &ask)).await?;
    let strangers: Vec<UserNumber> = page.strangers.iter().map(|person| person.profile.number).collect();
    opening.save(page.through, &strangers, None).await?;
    opening.save_mood(&arrived.mood, &stored_mood).await;
    let cut = Cut { through: page.through, more: page.more, rows: !page.new_messages.is_empty() };
    let holder = opening.holder;
    ctx.live.open(&holder, &strangers, &page.memberships, cut, ctx.clock.monotonic_ms());
    let ticket = opening.done();
    ctx.live.follow_unseen(&holder, page.new_messages.iter().map(|message| &**message), ctx.clock.monotonic_ms());
    let connected = answer(ctx, key, ticket, profile, arrived.mood, &buddies, page, &ask).await?;
    let people = connected.people.iter().filter(|view| view.visible.is_online());
    let people = people.map(|view| view.person.profile.number);
    let shown: Vec<UserNumber> = connected.online.iter().map(|(who, _)| who.number).chain(people).collect();
    ctx.live.page_shows(&holder, &shown);
    Ok(connected)
}

/// Whether one more may be here.
pub(super) fn check_room_for(ctx: &Context, site: SiteNumber) -> Result<(), Refusal> {
    let most = ctx.sites.by_number(site).map_or(0, |site| site.options.online_max);
    let is_full = most > 0 && ctx.live.here_count(site, ctx.clock.monotonic_ms()) >= most;
    if is_full { Err(Refusal::QuotaReached("members online")) } else { Ok(()) }
}

fn page_query(key: UserKey, arrived: &Arrived, ask: &Connect) -> PageQuery {
    PageQuery {
        user: key,
        delivered: arrived.delivered,
        windows: ask.windows.clone(),
        rooms: ask.rooms.clone().unwrap_or_default(),
        strangers: ask.strangers.clone(),
        unread: (!ask.dialect.delivered_is_read()).then_some(arrived.read_through),
    }
}

#[expect(clippy::too_many_arguments, reason = "the parts of one answer, each from its own source")]
async fn answer(
    ctx: &Context,
    key: UserKey,
    ticket: Ticket,
    profile: Profile,
    mood: Mood,
    buddies: &[UserNumber],
    page: Page,
    ask: &Connect,
) -> Result<Connected, Refusal> {
    let online = ctx.live.online_buddies(key);
    let mut people = shown_people(ctx, key, &page);
    let wanted: Vec<UserNumber> = match ask.scope {
        BuddyScope::Shown => Vec::new(),
        BuddyScope::Online => online.iter().map(|(who, _)| who.number).collect(),
        BuddyScope::All => online.iter().map(|(who, _)| who.number).chain(buddies.iter().copied()).collect(),
    };
    add_friends(ctx, key, wanted, &mut people).await?;
    let rooms = rooms(ctx, key, page.memberships, ask).await?;
    Ok(Connected {
        ticket,
        profile,
        mood,
        rooms,
        online,
        people,
        histories: page.histories,
        new_messages: page.new_messages,
        settings: page.settings,
        through: page.through,
        more: page.more,
        unread: (!ask.dialect.delivered_is_read()).then_some(page.unread),
    })
}

/// The member's rooms; the open ones with members.
async fn rooms(ctx: &Context, key: UserKey, all: Vec<Membership>, ask: &Connect) -> Result<Vec<RoomView>, Refusal> {
    let (mut rooms, mut whole) = (Vec::new(), 0);
    for membership in all {
        let room = &membership.room;
        let is_open = ask.rooms.as_ref().is_none_or(|open| open.contains(&room.id));
        let is_whole = ask.whole_rooms && is_open && whole < WHOLE_ROOMS_MAX;
        let members = match usize::try_from(room.all_count) {
            Ok(1..=ROOM_MEMBERS_SHOWN) if is_whole => {
                whole += 1;
                read_room::everybody(ctx, key, room.id.clone()).await?
            }
            _ => None,
        };
        let limit = (is_open && !ask.whole_rooms).then_some(ROOM_MEMBERS_SHOWN);
        let view = read_roster::room_view(ctx, key, membership, limit);
        rooms.push(RoomView { online: members.or(view.online), ..view });
    }
    Ok(rooms)
}

/// The people of the page: open windows, strangers who are online, senders of new messages; each once.
fn shown_people(ctx: &Context, key: UserKey, page: &Page) -> Vec<PersonView> {
    let view = |person: &Person| {
        let visible = ctx.live.seen_by(key, key.site.user(person.profile.number));
        PersonView { person: person.clone(), visible }
    };
    let strangers = page.strangers.iter().map(view).filter(|view| view.visible.is_online());
    let all = page.windows.iter().map(view).chain(strangers).chain(page.senders.iter().map(view));
    let mut seen = HashSet::new();
    all.filter(|view| seen.insert(view.person.profile.number)).collect()
}

async fn add_friends(
    ctx: &Context,
    key: UserKey,
    wanted: Vec<UserNumber>,
    people: &mut Vec<PersonView>,
) -> Result<(), Refusal> {
    let mut seen: HashSet<UserNumber> = people.iter().map(|view| view.person.profile.number).collect();
    let missing: Vec<UserNumber> = wanted.into_iter().filter(|number| seen.insert(*number)).take(IDS_MAX).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let found = ctx.store.people_by_number(key, missing).await?;
    people.extend(found.into_iter().map(|person| {
        let visible = ctx.live.seen_by(key, key.site.user(person.profile.number));
        PersonView { person, visible }
    }));
    Ok(())
}
