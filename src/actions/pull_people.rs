//! A member comes online whose site can be asked for its people: what has changed there is carried over into the directory. That the site
//! does not answer keeps nobody out; they come in with what is stored.
//!
//! Whom the site names is the whole truth about friends: others are friends no more. Of rooms it is the truth about those that only a site
//! puts people into: open ones, and those that members made, are left alone. It is a truth of the moment when the site was asked: what has
//! changed here since then is newer. And a list that was cut says nothing of those who are not in it.

use super::people_sources::{Oddities, Turn};
use super::sync_directory::change_directory;
use super::{Context, announce, vouch};
use crate::chat::entry::SeatChange;
use crate::chat::id::{RoomId, RoomNumber, UserId, UserKey, UserNumber};
use crate::chat::refusal::Refusal;
use crate::chat::room::{Membership, Room};
use crate::chat::site::Site;
use crate::chat::user::{Member, Person, Profile};
use crate::people::{Asked, AskedBuddy, AskedRoom, Described};
use crate::store::DirectoryChange;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// Changes of one write: others write, too.
const PART: usize = 500;
/// The group of friends of whom it is not said.
const GROUP: &str = "friend";

/// Carries over what the member's site says, if it can be asked and it is time to. Whether the member is to be read again. `member` is as
/// they were read just now.
///
/// On a task of its own: whoever opens the page may go away, and what was answered must not be carried over by halves.
pub(super) async fn pull_people(ctx: &Arc<Context>, member: &Member, key: UserKey) -> bool {
    let Some(site) = ctx.sites.by_number(key.site) else { return false };
    let Some(source) = ctx.people.of(&site.name) else { return false };
    let user = member.profile.id.clone();
    if !source.is_due(&user, ctx.clock.monotonic_ms()) {
        return false;
    }
    let (ctx, before) = (Arc::clone(ctx), Before::of(member));
    let pulling = tokio::spawn(async move {
        let Some(source) = ctx.people.of(&site.name) else { return };
        if let Some(turn) = source.turn(&user, &ctx.clock).await {
            ask(&ctx, turn, &site, &user, key, before).await;
        }
    });
    // If it panics the log says so; that keeps nobody out, either.
    drop(pulling.await);
    true
}

async fn ask(ctx: &Context, mut turn: Turn<'_>, site: &Site, user: &UserId, key: UserKey, before: Before) {
    let source = turn.source;
    let put_ms = ctx.clock.monotonic_ms();
    let asked = source.ask(site, user).await;
    turn.leave_place();
    let answered_ms = ctx.clock.monotonic_ms();
    let asked = match asked {
        Ok(Some(asked)) => asked,
        // A member who has signed in is one, whether or not the source knows them yet.
        Ok(None) => return source.answered(user, Oddities::default(), put_ms, answered_ms),
        Err(error) => return source.failed(user, &error, put_ms, answered_ms),
    };
    let odd = Oddities::of(&asked);
    match carry_over(ctx, user, key, before, asked).await {
        Ok(()) => source.answered(user, odd, put_ms, answered_ms),
        Err(refusal) => source.not_stored(user, &refusal, put_ms, answered_ms),
    }
}

/// Whose friend and where the member was before the site was asked.
struct Before {
    buddies: HashSet<UserNumber>,
    rooms: HashSet<RoomNumber>,
}

impl Before {
    fn of(member: &Member) -> Self {
        let rooms = member.memberships.iter().map(|membership| membership.room.number);
        Self { buddies: member.buddies.iter().copied().collect(), rooms: rooms.collect() }
    }
}

/// What is stored of those of whom the site speaks, now that it has answered.
struct Known {
    before: Before,
    profiles: HashMap<UserId, Profile>,
    /// Friends, with the groups in which the member has them.
    groups: HashMap<UserId, String>,
    /// Of some friends, the groups in which they have the member.
    groups_of_others: HashMap<UserId, String>,
    /// Rooms in which the member is.
    memberships: Vec<Membership>,
    /// Other rooms that are spoken of.
    rooms: HashMap<RoomId, Room>,
}

impl Known {
    /// Whether somebody has made or ended a friendship since the site was asked: then what it said is older.
    fn is_changed_since(&self, buddy: &UserId) -> bool {
        let number = self.profiles.get(buddy).map(|profile| profile.number);
        let was = number.is_some_and(|number| self.before.buddies.contains(&number));
        was != self.groups.contains_key(buddy)
    }

    /// The same for a room.
    fn is_seat_changed_since(&self, room: &Room) -> bool {
        self.before.rooms.contains(&room.number) != self.is_in(&room.id)
    }

    fn is_in(&self, room: &RoomId) -> bool {
        self.memberships.iter().any(|membership| membership.room.id == *room)
    }

    /// A room that is spoken of, as it is stored.
    fn room(&self, id: &RoomId) -> Option<&Room> {
        let of_member = self.memberships.iter().map(|membership| &membership.room).find(|room| room.id == *id);
        of_member.or_else(|| self.rooms.get(id))
    }
}

/// What is to be done.
#[derive(Debug, Default)]
struct Difference {
    changes: Vec<DirectoryChange>,
    joins: Vec<RoomId>,
    leaves: Vec<RoomId>,
}

async fn carry_over(ctx: &Context, user: &UserId, key: UserKey, before: Before, asked: Asked) -> Result<(), Refusal> {
    let known = read(ctx, user, key, before, &asked).await?;
    let Difference { changes, joins, leaves } = difference(user, &asked, &known);
    for part in changes.chunks(PART) {
        change_directory(ctx, key.site, part.to_vec()).await?;
    }
    let mut last = None;
    let joins = joins.into_iter().map(|room| (room, SeatChange::Joined));
    for (room, change) in joins.chain(leaves.into_iter().map(|room| (room, SeatChange::Left))) {
        last = ctx.store.change_seat(key.site, user.clone(), room, change, ctx.clock.wall_ms()).await?.max(last);
    }
    if let Some(seq) = last {
        ctx.live.reached(key.site, seq).await;
    }
    Ok(())
}

async fn read(ctx: &Context, user: &UserId, key: UserKey, before: Before, asked: &Asked) -> Result<Known, Refusal> {
    // Not what a page was given before: others may have changed it.
    let member = ctx.store.member(key.site, user.clone()).await?.ok_or(Refusal::UnknownUser)?;
    let friends = ctx.store.people_by_number(key, member.buddies.to_vec()).await?;
    let mut known = Known {
        before,
        profiles: HashMap::from([(user.clone(), member.profile)]),
        groups: HashMap::new(),
        groups_of_others: HashMap::new(),
        memberships: member.memberships,
        rooms: HashMap::new(),
    };
    for Person { profile, group } in friends {
        known.groups.insert(profile.id.clone(), group.map_or_else(|| GROUP.to_owned(), String::from));
        known.profiles.insert(profile.id.clone(), profile);
    }
    let buddies = asked.buddies.as_deref().unwrap_or_default();
    let strangers = buddies.iter().filter(|buddy| !known.profiles.contains_key(&buddy.id));
    let strangers: Vec<UserId> = strangers.map(|buddy| buddy.id.clone()).collect();
    if !strangers.is_empty() {
        let found = ctx.store.people(key, strangers).await?;
        known.profiles.extend(found.into_iter().map(|person| (person.profile.id.clone(), person.profile)));
    }
    let regrouped: Vec<&AskedBuddy> = buddies.iter().filter(|buddy| is_regrouped(&known, buddy)).collect();
    for buddy in regrouped {
        let Some(other) = known.profiles.get(&buddy.id).map(|profile| key.site.user(profile.number)) else { continue };
        let found = ctx.store.people(other, vec![user.clone()]).await?;
        if let Some(group) = found.into_iter().next().and_then(|person| person.group) {
            known.groups_of_others.insert(buddy.id.clone(), group.into());
        }
    }
    for room in asked.rooms.iter().flatten() {
        if !known.is_in(&room.id)
            && let Some(found) = ctx.store.room(key.site, room.id.clone()).await?
        {
            known.rooms.insert(room.id.clone(), found);
        }
    }
    Ok(known)
}

/// Whether a friend is in another group now.
fn is_regrouped(known: &Known, buddy: &AskedBuddy) -> bool {
    match (known.groups.get(&buddy.id), group(buddy)) {
        (Some(stored), Some(said)) => *stored != said,
        _ => false,
    }
}

fn group(buddy: &AskedBuddy) -> Option<String> {
    buddy.group.as_deref().map(vouch::line).filter(|group| !group.is_empty())
}

/// Ids of visitors, and that of the site's own voice, are nobody's on the site.
fn is_nobodys(id: &UserId) -> bool {
    id.as_str().starts_with("vid:") || id.as_str() == announce::SYSTEM
}

fn difference(user: &UserId, asked: &Asked, known: &Known) -> Difference {
    let mut difference = Difference::default();
    difference.changes.extend(person(user, &asked.profile, known));
    if let Some(buddies) = &asked.buddies {
        of_buddies(user, buddies, known, &mut difference.changes);
        if !asked.has_more_buddies {
            parted(user, buddies, known, &mut difference.changes);
        }
    }
    if let Some(rooms) = &asked.rooms {
        of_rooms(rooms, known, &mut difference);
        if !asked.has_more_rooms {
            left(rooms, known, &mut difference.leaves);
        }
    }
    difference
}

fn of_buddies(user: &UserId, buddies: &[AskedBuddy], known: &Known, changes: &mut Vec<DirectoryChange>) {
    let buddies = || buddies.iter().filter(|buddy| !is_nobodys(&buddy.id));
    changes.extend(buddies().filter_map(|buddy| person(&buddy.id, &buddy.described, known)));
    let is_new = |buddy: &AskedBuddy| !known.groups.contains_key(&buddy.id) || is_regrouped(known, buddy);
    for buddy in buddies().filter(|buddy| is_new(buddy) && !known.is_changed_since(&buddy.id)) {
        let buddy_group = known.groups_of_others.get(&buddy.id).cloned().unwrap_or_else(|| GROUP.to_owned());
        let group = group(buddy).unwrap_or_else(|| GROUP.to_owned());
        changes.push(DirectoryChange::Friends { user: user.clone(), buddy: buddy.id.clone(), group, buddy_group });
    }
}

/// Friends who are so no more.
fn parted(user: &UserId, buddies: &[AskedBuddy], known: &Known, changes: &mut Vec<DirectoryChange>) {
    let named: HashSet<&UserId> = buddies.iter().map(|buddy| &buddy.id).filter(|id| !is_nobodys(id)).collect();
    let is_parted = |id: &&UserId| !named.contains(id) && !known.is_changed_since(id);
    let mut parted: Vec<&UserId> = known.groups.keys().filter(is_parted).collect();
    parted.sort();
    let part = |buddy: &UserId| DirectoryChange::NotFriends { user: user.clone(), buddy: buddy.clone() };
    changes.extend(parted.into_iter().map(part));
}

fn of_rooms(rooms: &[AskedRoom], known: &Known, difference: &mut Difference) {
    for AskedRoom { id, described } in rooms {
        let room = known.room(id);
        // Nobody stays in one that members had made under the site's id, from the moment it is the site's.
        let is_taken_over = room.is_some_and(|room| room.temporary);
        difference.changes.extend(changed_room(id, described, room));
        let is_new = !known.is_in(id) && !room.is_some_and(|room| known.is_seat_changed_since(room));
        if is_new || is_taken_over {
            difference.joins.push(id.clone());
        }
    }
}

/// Rooms in which the member is no more.
fn left(rooms: &[AskedRoom], known: &Known, leaves: &mut Vec<RoomId>) {
    let named: HashSet<&RoomId> = rooms.iter().map(|room| &room.id).collect();
    let is_sites =
        |room: &&Room| !room.open && !room.temporary && !named.contains(&room.id) && !known.is_seat_changed_since(room);
    let left = known.memberships.iter().map(|membership| &membership.room).filter(is_sites);
    leaves.extend(left.map(|room| room.id.clone()));
}

/// What changes of how somebody is described.
fn person(id: &UserId, described: &Described, known: &Known) -> Option<DirectoryChange> {
    let stored = known.profiles.get(id);
    let now = stored.map(|profile| [&*profile.nick, &*profile.picture_url, &*profile.url]);
    let [nick, picture_url, url] = merged(id.as_str(), described, now)?;
    Some(DirectoryChange::User { id: id.clone(), nick, picture_url, url })
}

/// What changes of how a room is described. Whether members may join by themselves is not asked for.
fn changed_room(id: &RoomId, described: &Described, stored: Option<&Room>) -> Option<DirectoryChange> {
    let stored = stored.filter(|room| !room.temporary);
    let now = stored.map(|room| [&*room.nick, &*room.picture_url, &*room.url]);
    let [nick, picture_url, url] = merged(id.as_str(), described, now)?;
    let open = stored.is_some_and(|room| room.open);
    Some(DirectoryChange::Room { id: id.clone(), nick, picture_url, url, open })
}

/// Name, picture and page as they should be, if they are not: what is not said, and what is not fit, stays as it is.
fn merged(id: &str, said: &Described, now: Option<[&str; 3]>) -> Option<[String; 3]> {
    let [nick, picture_url, url] = now.unwrap_or([id, "", ""]);
    let wanted = [
        said.nick.as_deref().map(vouch::line).filter(|nick| !nick.is_empty()).unwrap_or_else(|| nick.to_owned()),
        said.picture_url.clone().and_then(vouch::address).unwrap_or_else(|| picture_url.to_owned()),
        said.url.clone().and_then(vouch::address).unwrap_or_else(|| url.to_owned()),
    ];
    let is_same = now.is_some_and(|now| wanted.iter().zip(now).all(|(wanted, now)| wanted == now));
    (!is_same).then_some(wanted)
}

#[cfg(test)]
mod tests;
