//! A session that is about to open, whoever opens it: it has its place in memory, so that nothing said meanwhile is missed, and
//! is taken out again unless all goes well.

use super::Context;
use crate::chat::entry::Seq;
use crate::chat::id::{UserKey, UserNumber};
use crate::chat::listed::Listed;
use crate::chat::presence::{Mood, Show};
use crate::chat::refusal::Refusal;
use crate::chat::session::{Dialect, SessionNumber};
use crate::chat::ticket::Ticket;
use crate::chat::user::Member;
use crate::clock::random;
use crate::live::{Arrival, Arrived, Holder, Listing};
use crate::store::{SessionRecord, StoreError};

/// Longest life of a native client's ticket, in milliseconds.
const NATIVE_TICKET_LIFE_MS: u64 = 12 * 60 * 60 * 1000;

/// Who comes, and how.
pub(super) struct Coming {
    /// Who.
    pub(super) member: Member,
    /// The generation of their client.
    pub(super) dialect: Dialect,
    /// What they want to be seen as.
    pub(super) show: Option<Show>,
    /// The rooms the session lists, if the site opens it.
    pub(super) listing: Option<Listing>,
}

/// See the module.
pub(super) struct Opening<'a> {
    ctx: &'a Context,
    pub(super) holder: Holder,
    dialect: Dialect,
    /// Taken when all has gone well.
    ticket: Option<Ticket>,
}

impl Drop for Opening<'_> {
    fn drop(&mut self) {
        if self.ticket.is_some() {
            self.ctx.live.end(&self.holder, self.ctx.clock.monotonic_ms());
        }
    }
}

impl<'a> Opening<'a> {
    /// From here on, rows for the session are kept.
    pub(super) fn begin(ctx: &'a Context, key: UserKey, coming: Coming) -> (Self, Arrived) {
        let Coming { member, dialect, show, listing } = coming;
        let ticket = Ticket::new(random());
        let session = SessionNumber(u64::from_le_bytes(random()) >> 16);
        let now_ms = ctx.clock.monotonic_ms();
        let (digest, expires_at_ms) = (ticket.digest(), now_ms + ticket_life_ms(ctx, dialect));
        let arrival = Arrival { key, member, session, digest, dialect, show, listing, expires_at_ms };
        let arrived = ctx.live.arrive(arrival, now_ms);
        (Self { ctx, holder: Holder { key, session }, dialect, ticket: Some(ticket) }, arrived)
    }

    /// Keeps the session, so that its ticket outlives the process. Where the disk is full it lives in memory alone: signing in
    /// still works then.
    pub(super) async fn save(
        &self,
        cursor: Seq,
        strangers: &[UserNumber],
        listed: Option<Listed>,
    ) -> Result<(), Refusal> {
        let Self { ctx, holder, dialect, .. } = *self;
        let digest = self.ticket.as_ref().ok_or(Refusal::Internal)?.digest();
        let record = SessionRecord {
            user: holder.key,
            number: holder.session,
            digest,
            dialect,
            cursor,
            strangers: strangers.to_vec(),
            listed,
            expires_at_ms: ctx.clock.wall_ms() + ticket_life_ms(ctx, dialect),
        };
        match ctx.store.save_sessions(vec![record.clone()]).await {
            Err(StoreError::Unavailable(why) | StoreError::Damaged(why)) => {
                tracing::warn!(why, "a session is kept in memory only, and stored later");
                ctx.unsaved.lock().expect("no panic while held").push(record);
                Ok(())
            }
            other => Ok(other?),
        }
    }

    /// Keeps what the member is seen as, if the session changed it.
    pub(super) async fn save_mood(&self, mood: &Mood, stored: &Mood) {
        if mood != stored
            && let Err(error) = self.ctx.store.save_mood(self.holder.key, mood.clone()).await
        {
            tracing::warn!(%error, "a member's state is kept in memory only");
        }
    }

    /// All has gone well.
    pub(super) fn done(mut self) -> Ticket {
        self.ticket.take().expect("taken here only")
    }
}

/// Our own client signs in anew by itself; an old page that is still open cannot.
fn ticket_life_ms(ctx: &Context, dialect: Dialect) -> u64 {
    match dialect {
        Dialect::Native => ctx.ticket_life_ms.min(NATIVE_TICKET_LIFE_MS),
        Dialect::D1 | Dialect::D2 | Dialect::D2Late | Dialect::D3 => ctx.ticket_life_ms,
    }
}
