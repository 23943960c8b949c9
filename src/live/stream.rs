//! The stream of one session: polls, what they carry, and reading what was missed.

use super::session::{Look, Session};
use super::{Holder, Live, Packet, PollEnd, PollHandle, PresenceNotice};
use crate::chat::entry::{Message, Seq, SharedEntry};
use crate::chat::id::SiteNumber;
use crate::chat::presence::notice;
use crate::chat::user::Identity;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::{Poll, Waker};

impl Live {
    /// A poll came: confirms what was written before and releases an older poll. `None` if the ticket is not live.
    pub fn begin_poll(&self, holder: &Holder, now_ms: u64) -> Option<PollHandle> {
        let until_ms = now_ms + self.times.poll_hold_ms;
        let (begun, effects) = self.hub.with(holder.key, now_ms, |user| {
            let session = user.session(holder.session)?;
            let was_dirty = session.dirty;
            let generation = session.begin_poll(until_ms);
            let (acked, dirty) = (session.cursors.acked(), session.dirty);
            user.raise_delivered(acked);
            Some((generation, was_dirty, dirty))
        })?;
        self.apply(effects, now_ms);
        let (generation, was_dirty, dirty) = begun?;
        self.note_dirty(*holder, was_dirty, dirty);
        Some(PollHandle { key: holder.key, session: holder.session, generation })
    }

    /// What the held poll gets, or leaves `waker` to be called when that may have changed.
    pub fn look(&self, poll: PollHandle, now_ms: u64, waker: &Waker) -> Poll<PollEnd> {
        let position = self.positions.get(poll.key.site);
        let mut shard = self.hub.shard(poll.key);
        // Under the lock, so that a poll is either here to be woken by `drain`, or sees this.
        let draining = self.draining.load(Ordering::Acquire);
        let session = shard.users.get_mut(&poll.key).and_then(|user| user.session(poll.session));
        let Some(session) = session else { return Poll::Ready(PollEnd::Ended) };
        match session.look(poll.generation, now_ms, self.times.presence_wake_ms, waker) {
            Look::Superseded => return Poll::Ready(PollEnd::Superseded),
            Look::Wait if !draining => return Poll::Pending,
            Look::Wait | Look::Take => {}
        }
        let taken = session.take(position, now_ms);
        drop(shard);
        let changed = taken.changed;
        let holder = Holder { key: poll.key, session: poll.session };
        self.follow_unseen(&holder, taken.entries.iter().filter_map(|entry| entry.message()), now_ms);
        let presences = changed.into_iter().filter_map(|(who, was)| self.presence_notice(poll.key.site, who, was));
        Poll::Ready(PollEnd::Packet(Packet {
            presences: presences.collect(),
            entries: taken.entries,
            signals: taken.signals,
        }))
    }

    fn presence_notice(&self, site: SiteNumber, who: Arc<Identity>, was_online: bool) -> Option<PresenceNotice> {
        let now = self.hub.visible(site.user(who.number));
        notice(was_online, &now).map(|kind| PresenceNotice { who, kind, now })
    }

    /// Clients mark the sender of a message online; where others do not see the sender online, the next packet puts that
    /// right, the same for those who left and those who are invisible.
    pub fn follow_unseen<'a>(&self, holder: &Holder, messages: impl Iterator<Item = &'a Message>, now_ms: u64) {
        for message in messages {
            let from = holder.key.site.user(message.from.number);
            if from == holder.key || self.hub.visible(from).is_online() {
                continue;
            }
            let (number, id, nick) = (message.from.number, message.from.id.clone(), message.nick.clone());
            let was = (true, self.hub.stamp());
            self.hub.mark(holder.key, Some(holder.session), &Arc::new(Identity { number, id, nick }), was, now_ms);
        }
    }

    /// The poll's answer was completely written, or the connection ended first.
    pub fn end_poll(&self, poll: PollHandle, written: bool, now_ms: u64) {
        let ended = self.hub.with(poll.key, now_ms, |user| {
            if let Some(session) = user.session(poll.session) {
                session.end_poll(poll.generation, written, now_ms);
            }
        });
        if let Some(((), effects)) = ended {
            self.apply(effects, now_ms);
        }
    }

    /// A poll's answer was written but, as its connection shows now, not received.
    pub fn lost(&self, poll: PollHandle) {
        self.on_session(&Holder { key: poll.key, session: poll.session }, |session| session.lost(poll.generation));
    }

    /// Whether the session has to read the log before more can be sent; from where. The caller promises `finish_fill` or
    /// `abort_fill`.
    pub fn begin_fill(&self, holder: &Holder) -> Option<Seq> {
        let mut shard = self.hub.shard(holder.key);
        shard.users.get_mut(&holder.key)?.session(holder.session)?.outbox.begin_fill()
    }

    /// The log was read.
    pub fn finish_fill(&self, holder: &Holder, entries: Vec<SharedEntry>, through: Seq, more: bool) {
        self.on_session(holder, |session| {
            session.outbox.finish_fill(entries, through, more);
            session.wake();
        });
    }

    /// The log could not be read.
    pub fn abort_fill(&self, holder: &Holder) {
        self.on_session(holder, |session| {
            session.outbox.abort_fill();
            session.wake();
        });
    }

    pub(super) fn on_session(&self, holder: &Holder, act: impl FnOnce(&mut Session)) {
        let mut shard = self.hub.shard(holder.key);
        if let Some(session) = shard.users.get_mut(&holder.key).and_then(|user| user.session(holder.session)) {
            act(session);
        }
    }
}
