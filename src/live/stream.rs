//! What one session is told, by polls or on a stream, and reading what it missed.

use super::notices::Note;
use super::session::{Look, Session, Taken};
use super::{Holder, Live, Packet, PollEnd, PollHandle, PresenceNotice, Signal};
use crate::chat::delivery::{Asks, Heard};
use crate::chat::entry::{Addressee, Entry, Message, Party, Seq, SharedEntry};
use crate::chat::id::{UserKey, UserNumber};
use crate::chat::presence::notice;
use crate::chat::user::Identity;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::{Poll, Waker};

impl Live {
    /// A poll came: confirms what its rule says and releases an older poll. `None` if the ticket is not live.
    pub fn begin_poll(&self, holder: &Holder, asks: Asks, now_ms: u64) -> Option<(PollHandle, Heard)> {
        self.begin(holder, now_ms, |session, until_ms| session.begin_poll(asks, until_ms, now_ms))
    }

    /// A stream opens, with what its client says it has, and releases an older poll or stream. `None` if the ticket is not
    /// live.
    pub fn begin_stream(&self, holder: &Holder, asks: Asks, now_ms: u64) -> Option<(PollHandle, Heard)> {
        self.begin(holder, now_ms, |session, until_ms| session.begin_stream(asks, until_ms))
    }

    fn begin(
        &self,
        holder: &Holder,
        now_ms: u64,
        begin: impl FnOnce(&mut Session, u64) -> (u32, Heard),
    ) -> Option<(PollHandle, Heard)> {
        let (begun, effects) = self.hub.with(holder.key, now_ms, |user| {
            let session = user.session(holder.session)?;
            let was_dirty = session.dirty;
            let begun = begin(session, now_ms + self.times.poll_hold_ms);
            let (acked, dirty) = (session.cursors.acked(), session.dirty);
            user.raise_delivered(acked);
            Some((begun, was_dirty, dirty))
        })?;
        self.apply(effects, now_ms);
        let ((generation, heard), was_dirty, dirty) = begun?;
        self.note_dirty(*holder, was_dirty, dirty);
        Some((PollHandle { key: holder.key, session: holder.session, generation }, heard))
    }

    /// A client says that it has everything through `seq`.
    pub fn acknowledge(&self, holder: &Holder, seq: Seq) -> Heard {
        let mut shard = self.hub.shard(holder.key);
        let Some(user) = shard.users.get_mut(&holder.key) else { return Heard::default() };
        let Some(session) = user.session(holder.session) else { return Heard::default() };
        let was_dirty = session.dirty;
        let heard = session.acknowledge(seq);
        let (acked, dirty) = (session.cursors.acked(), session.dirty);
        user.raise_delivered(acked);
        drop(shard);
        self.note_dirty(*holder, was_dirty, dirty);
        heard
    }

    /// What a session has confirmed.
    pub fn acked(&self, holder: &Holder) -> Option<Seq> {
        let mut shard = self.hub.shard(holder.key);
        Some(shard.users.get_mut(&holder.key)?.session(holder.session)?.cursors.acked())
    }

    /// Whether a session was sent something that it has not confirmed.
    pub fn is_unconfirmed(&self, holder: &Holder) -> bool {
        let mut shard = self.hub.shard(holder.key);
        let session = shard.users.get_mut(&holder.key).and_then(|user| user.session(holder.session));
        session.is_some_and(|session| session.is_unconfirmed())
    }

    /// What the held poll or the stream gets, or leaves `waker` to be called when that may have changed.
    pub fn look(&self, poll: PollHandle, now_ms: u64, waker: &Waker) -> Poll<PollEnd> {
        let position = self.positions.get(poll.key.site);
        let mut shard = self.hub.shard(poll.key);
        // Under the lock, so that a poll is either here to be woken by `drain`, or sees this.
        let draining = self.draining.load(Ordering::Acquire);
        let session = shard.users.get_mut(&poll.key).and_then(|user| user.session(poll.session));
        let Some(session) = session else { return Poll::Ready(PollEnd::Ended) };
        match session.look(poll.generation, now_ms, self.times.presence_wake_ms, waker) {
            Look::Late => {
                let taken = session.peek();
                drop(shard);
                return Poll::Ready(PollEnd::Packet(self.packet(poll, taken, now_ms)));
            }
            Look::Behind => return Poll::Ready(PollEnd::Behind),
            Look::Superseded => return Poll::Ready(PollEnd::Superseded),
            Look::Abandoned => return Poll::Ready(PollEnd::Abandoned),
            Look::Wait | Look::Full if draining && session.is_stream() => return Poll::Ready(PollEnd::Stopping),
            Look::Full => return Poll::Ready(PollEnd::Full),
            Look::Wait if !draining => return Poll::Pending,
            Look::Wait | Look::Take => {}
        }
        let taken = session.take(position, now_ms, self.times.poll_hold_ms);
        if let Some(until_ms) = session.hold_until() {
            shard.arm(poll.key, until_ms);
        }
        drop(shard);
        Poll::Ready(PollEnd::Packet(self.packet(poll, taken, now_ms)))
    }

    fn packet(&self, poll: PollHandle, taken: Taken, now_ms: u64) -> Packet {
        let holder = Holder { key: poll.key, session: poll.session };
        self.follow_unseen(&holder, taken.entries.iter().filter_map(|entry| entry.message()), now_ms);
        let events = taken.signals.iter().filter_map(Signal::event).map(|event| &event.from);
        let speakers = events.chain(taken.noted.iter().filter_map(Note::inviter));
        for from in speakers.filter(|from| self.is_unseen(&holder, from.number)) {
            self.mark_unseen(&holder, from, now_ms);
        }
        let key = poll.key;
        self.handed.fetch_add(u64::try_from(taken.entries.len()).unwrap_or(0), Ordering::Relaxed);
        let changed = taken.changed.into_iter().filter_map(|(who, was)| self.presence_notice(key, who, was));
        let noted = taken.noted.into_iter().filter_map(|note| self.room_notice(key, note));
        Packet {
            presences: changed.chain(noted).collect(),
            entries: self.personal(key, taken.entries),
            signals: taken.signals,
            through: taken.through,
            more: taken.more,
        }
    }

    /// Messages that went out in packets since the start.
    pub fn handed(&self) -> u64 {
        self.handed.load(Ordering::Relaxed)
    }

    /// What is said to everybody is said to each reader.
    fn personal(&self, key: UserKey, mut entries: Vec<SharedEntry>) -> Vec<SharedEntry> {
        for entry in &mut entries {
            let Some(message) = entry.message().filter(|message| message.to == Addressee::Everyone) else { continue };
            let Some(reader) = self.hub.shard(key).users.get(&key).map(|user| Arc::clone(&user.identity)) else {
                continue;
            };
            let reader = Party { number: reader.number, id: reader.id.clone() };
            *entry = Arc::new(Entry::Message(message.to_reader(reader)));
        }
        entries
    }

    fn presence_notice(&self, viewer: UserKey, who: Arc<Identity>, was_online: bool) -> Option<PresenceNotice> {
        let now = self.seen_by(viewer, viewer.site.user(who.number));
        notice(was_online, &now).map(|kind| PresenceNotice { who, kind, now, room: None })
    }

    /// Clients mark the sender of a message online; where others do not see the sender online, the next packet puts that
    /// right, the same for those who left and those who are invisible.
    pub fn follow_unseen<'a>(&self, holder: &Holder, messages: impl Iterator<Item = &'a Message>, now_ms: u64) {
        for message in messages.filter(|message| self.is_unseen(holder, message.from.number)) {
            let (number, id, nick) = (message.from.number, message.from.id.clone(), message.nick.clone());
            self.mark_unseen(holder, &Arc::new(Identity { number, id, nick }), now_ms);
        }
    }

    fn is_unseen(&self, holder: &Holder, from: UserNumber) -> bool {
        from != holder.key.user && !self.seen_by(holder.key, holder.key.site.user(from)).is_online()
    }

    fn mark_unseen(&self, holder: &Holder, from: &Arc<Identity>, now_ms: u64) {
        self.hub.mark(holder.key, Some(holder.session), from, (true, self.hub.stamp()), now_ms);
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
        shard.users.get_mut(&holder.key)?.session(holder.session)?.begin_fill()
    }

    /// The log was read.
    pub fn finish_fill(&self, holder: &Holder, entries: Vec<SharedEntry>, through: Seq, more: bool) {
        self.on_session(holder, |session| session.finish_fill(entries, through, more));
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
