//! Rows and signals reach sessions, and changes of seats take effect, as the tail hands them out.

use super::notices::Happened;
use super::{Live, Seated, Signal};
use crate::chat::entry::{Seat, SeatChange, Seq, SharedEntry};
use crate::chat::id::{RoomKey, SiteNumber, UserKey, UserNumber};
use crate::chat::session::SessionNumber;
use std::sync::Arc;

impl Live {
    /// Hands a row to all sessions of a user but the one it came from.
    pub fn push(&self, key: UserKey, entry: &SharedEntry, except: Option<SessionNumber>) {
        self.hub.push(key, entry, except);
    }

    /// Hands a signal to all sessions of a user.
    pub fn signal(&self, key: UserKey, signal: &Signal) {
        self.hub.signal(key, signal, |_| true);
    }

    /// Hands a signal to those pages of a user that understand what was read, but for the one it came from.
    pub fn signal_read(&self, key: UserKey, signal: &Signal, except: Option<SessionNumber>) {
        self.hub.signal(key, signal, |session| !session.dialect.delivered_is_read() && Some(session.number) != except);
    }

    /// Everybody in memory who is in a room.
    pub fn seated(&self, room: RoomKey) -> Vec<Seated> {
        self.rooms.seated(room)
    }

    /// Hands a room's row to those sessions of somebody in it that it is for, but the one it came from.
    pub fn push_in_room(&self, room: RoomKey, to: Seated, entry: &SharedEntry, except: Option<SessionNumber>) {
        let key = room.site.user(to.user);
        let is_heard = |from: UserNumber| !self.severed.at(key, from, entry.seq());
        if entry.message().is_none_or(|message| is_heard(message.from.number)) {
            self.hub.push_in_room(key, room.room, to.silenced, entry, except);
        }
    }

    /// Hands a row to everybody on a site but its sender, part by part: false if there is no such part any more.
    pub fn push_to_part(&self, part: usize, site: SiteNumber, entry: &SharedEntry, sender: UserNumber) -> bool {
        self.hub.push_to_shard(part, site, entry, |user| {
            user == sender || self.severed.at(site.user(user), sender, entry.seq())
        })
    }

    /// Applies a change of membership at its place in the log.
    pub fn change_seat(&self, site: SiteNumber, change: &Seat, now_ms: u64) {
        let key = site.user(change.user.number);
        let changed = self.hub.with(key, now_ms, |user| {
            if !user.is_open() {
                user.reseated.push(change.room);
            }
            match change.change {
                SeatChange::Joined if !user.rooms.contains(&change.room) => user.rooms.push(change.room),
                SeatChange::Left => user.rooms.retain(|room| *room != change.room),
                SeatChange::Joined | SeatChange::Blocked | SeatChange::Unblocked => {}
            }
            if matches!(change.change, SeatChange::Left | SeatChange::Blocked) {
                user.sessions.iter_mut().for_each(|session| session.notices.forget_room(change.room));
            }
            (Arc::clone(&user.identity), user.visible().is_online(), self.hub.stamp())
        });
        let Some(((who, online, stamp), effects)) = changed else { return };
        let room = site.room(change.room);
        match change.change {
            SeatChange::Joined => self.rooms.put(room, &change.room_id, key.user, stamp, online, false),
            SeatChange::Left => self.rooms.remove(room, key.user, stamp),
            SeatChange::Blocked | SeatChange::Unblocked => {
                self.rooms.silence(room, key.user, change.change == SeatChange::Blocked);
            }
        }
        match change.change {
            SeatChange::Joined if online => self.tell_room(room, &who, Happened::Joined, now_ms),
            SeatChange::Left if online => self.tell_room(room, &who, Happened::Left, now_ms),
            _ => {} // or nobody sees it
        }
        self.apply(effects, now_ms);
    }

    /// How far the tail has handed out a site's log.
    pub fn position(&self, site: SiteNumber) -> Seq {
        self.positions.get(site)
    }

    /// The tail has handed out everything through `seq`.
    pub fn advance(&self, site: SiteNumber, seq: Seq) {
        self.positions.advance(site, seq);
    }

    /// Waits until the tail has handed out everything through `seq`.
    pub async fn reached(&self, site: SiteNumber, seq: Seq) {
        self.positions.reached(site, seq).await;
    }
}
