//! What happens by itself: deadlines, cursors that have to be stored, the end of the process.

use super::{CursorAt, Holder, Live};
use crate::chat::entry::Seq;
use crate::chat::history::clear_point;
use crate::chat::id::SiteNumber;
use crate::chat::ticket::TicketDigest;
use std::sync::atomic::Ordering;

impl Live {
    /// Looks at everybody whose time has come.
    pub fn tick(&self, now_ms: u64) {
        for effects in self.hub.tick(now_ms) {
            self.apply(effects, now_ms);
        }
    }

    /// Tickets that have ended since they were last taken, however they ended: the store has to forget them, too.
    pub fn take_ended(&self) -> Vec<(SiteNumber, TicketDigest)> {
        std::mem::take(&mut *self.ended.lock().expect("no panic while held"))
    }

    /// Puts back those that the store could not forget.
    pub fn keep_ended(&self, tickets: Vec<(SiteNumber, TicketDigest)>) {
        self.ended.lock().expect("no panic while held").extend(tickets);
    }

    pub(super) fn note_dirty(&self, holder: Holder, before: bool, after: bool) {
        if after && !before {
            self.dirty.lock().expect("no panic while held").push(holder);
        }
    }

    /// Cursors that have passed a row since they were last taken; idle sessions cost nothing here.
    pub fn take_dirty(&self) -> Vec<CursorAt> {
        let holders = std::mem::take(&mut *self.dirty.lock().expect("no panic while held"));
        let mut dirty = self.take_ended_dirty();
        for holder in holders {
            self.on_session(&holder, |session| {
                session.dirty = false;
                dirty.push(session.cursor_at(holder.key));
            });
        }
        dirty
    }

    /// The same of sessions that have ended: a user who comes back must find these stored.
    pub fn take_ended_dirty(&self) -> Vec<CursorAt> {
        std::mem::take(&mut *self.ended_dirty.lock().expect("no panic while held"))
    }

    /// Puts cursors back that could not be stored.
    pub fn keep_dirty(&self, cursors: Vec<CursorAt>) {
        self.ended_dirty.lock().expect("no panic while held").extend(cursors);
    }

    /// Forgets all presence changes: after a start, pages know what they knew.
    pub fn forget_changes(&self) {
        self.hub.for_each_session(|_, session| session.forget_changes());
    }

    /// Up to where a session has seen the log, for clearing what it shows.
    pub fn clear_point(&self, holder: &Holder) -> Option<Seq> {
        let position = self.positions.get(holder.key.site);
        let mut shard = self.hub.shard(holder.key);
        let session = shard.users.get_mut(&holder.key)?.session(holder.session)?;
        Some(clear_point(position, session.outbox.first_unconfirmed(session.cursors.acked())))
    }

    /// The process is about to end: every held poll is answered, later ones at once.
    pub fn drain(&self) {
        self.draining.store(true, Ordering::Release);
        self.hub.for_each_session(|_, session| session.wake());
    }
}
