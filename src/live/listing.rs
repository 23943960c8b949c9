//! Sessions that a site's own server opens: it keeps friends, rooms and history, and lists people and rooms with each session. People
//! see one another both ways while either lists the other, and hear of rooms while they list them.

use super::notices::Happened;
use super::session::{Cut, Session};
use super::stranger::Stranger;
use super::watchers::Watcher;
use super::{Holder, Live};
use crate::chat::entry::Seq;
use crate::chat::id::{RoomId, RoomNumber, UserKey, UserNumber};
use crate::chat::listed::{Listed, SiteCut};
use crate::chat::user::Identity;
use std::sync::Arc;

impl Live {
    /// A session that its site opens counts from now on, with `people` and `rooms` as its site lists them: the rooms from
    /// `at.head` on. What is younger than `at.old` it is given of what was said to its user and no page has confirmed, and of
    /// what other sessions have on its way, or had when they ended. Gives what it lists, and where in the log it begins.
    pub fn open_listed(
        &self,
        holder: &Holder,
        people: &[UserNumber],
        rooms: &[RoomNumber],
        at: SiteCut,
        now_ms: u64,
    ) -> (Listed, Seq) {
        let SiteCut { old, head } = at;
        let watcher = Watcher { user: holder.key, session: holder.session };
        self.watchers.add(watcher, people);
        let mut listed = Listed::from(rooms.iter().copied(), head);
        let mut low = head;
        let opened = self.hub.with(holder.key, now_ms, |user| {
            user.session(holder.session)?;
            let inherited = user.inheritance().part(old, head);
            listed.floor = user.delivered.min(head).max(old);
            low = inherited.iter().map(|(_, stretch)| stretch.after).fold(listed.floor, Seq::min);
            listed.inherit(inherited);
            let surplus = user.take_left();
            let session = user.session(holder.session)?;
            session.strangers = Stranger::all(people);
            session.listed = Some(Arc::new(listed.clone()));
            session.heard = session.heard.max(head);
            session.activate(low, Cut { through: low, more: head > low, rows: false }, now_ms);
            let surplus = surplus.into_iter().filter(|room| !user.lists(*room)).collect::<Vec<_>>();
            Some((surplus, self.hub.stamp()))
        });
        let Some((Some((surplus, stamp)), effects)) = opened else {
            self.watchers.remove(watcher, people); // ended meanwhile
            return (listed, low);
        };
        for room in surplus {
            self.rooms.unlist(holder.key.site.room(room), holder.key.user, stamp);
        }
        self.apply(effects, now_ms);
        (listed, low)
    }

    /// What a session lists; `None` if it has ended, or its member opened it.
    pub fn listed(&self, holder: &Holder) -> Option<Listed> {
        let mut listed = None;
        self.on_session(holder, |session| listed = session.listed.as_deref().cloned());
        listed
    }

    /// A session lists a room more, or no longer, from what the tail has handed out on. Gives what it lists now, if that has
    /// changed.
    pub fn relist(&self, holder: &Holder, of: &(RoomNumber, RoomId), lists: bool, now_ms: u64) -> Option<Listed> {
        let room = of.0;
        let after = self.positions.get(holder.key.site);
        let mut now = None;
        let (mut is_listed, mut stamp) = (false, 0);
        let (who, was_there, is_seen);
        {
            let mut shard = self.hub.shard(holder.key);
            let user = shard.users.get_mut(&holder.key)?;
            (who, was_there, is_seen) =
                (Arc::clone(&user.identity), user.all_rooms().contains(&room), user.visible().is_online());
            user.session(holder.session)?.relist(|listed| {
                let changed = if lists { listed.open(room, after) } else { listed.close(room, after) };
                now = changed.then(|| listed.clone());
            });
            if now.is_some() {
                (is_listed, stamp) = (user.lists(room), self.hub.stamp());
            }
        }
        now.as_ref()?;
        if is_listed {
            self.take_listed_seats(holder.key, std::slice::from_ref(of));
        } else {
            self.rooms.unlist(holder.key.site.room(room), holder.key.user, stamp);
        }
        if is_seen && was_there != is_listed {
            let happened = if is_listed { Happened::Joined } else { Happened::Left };
            self.tell_room(holder.key.site.room(room), &who, happened, now_ms);
        }
        now
    }

    /// Seats a user in the rooms that a session lists; as `take_seats` does.
    pub(super) fn take_listed_seats(&self, key: UserKey, rooms: &[(RoomNumber, RoomId)]) {
        if rooms.is_empty() {
            return;
        }
        let (visible, stamp) = self.hub.seen(key);
        for (room, id) in rooms {
            self.rooms.list(key.site.room(*room), id, key.user, stamp, visible.is_online());
        }
        let (visible, stamp) = self.hub.seen(key);
        for (room, _) in rooms {
            self.rooms.show(key.site.room(*room), key.user, stamp, visible.is_online());
        }
    }

    /// A session has ended: the rooms lose the user unless another session, or the grace, keeps them there.
    pub(super) fn unlist_rooms(&self, key: UserKey, session: &Session) {
        let Some(listed) = &session.listed else { return };
        let (surplus, stamp) = {
            let shard = self.hub.shard(key);
            let user = shard.users.get(&key);
            let is_kept = |room: &RoomNumber| user.is_some_and(|user| user.lists(*room));
            (listed.rooms().filter(|room| !is_kept(room)).collect::<Vec<_>>(), self.hub.stamp())
        };
        for room in surplus {
            self.rooms.unlist(key.site.room(room), key.user, stamp);
        }
    }

    /// A user goes by another name from now on.
    pub fn rename(&self, key: UserKey, nick: &str) {
        let mut shard = self.hub.shard(key);
        if let Some(user) = shard.users.get_mut(&key).filter(|user| *user.identity.nick != *nick) {
            let (number, id) = (user.identity.number, user.identity.id.clone());
            user.identity = Arc::new(Identity { number, id, nick: nick.into() });
        }
    }
}
