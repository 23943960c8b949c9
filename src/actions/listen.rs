//! A page waits for its packets: one held poll.

use super::Context;
use super::identify::Asker;
use crate::chat::entry::Seq;
use crate::chat::refusal::Refusal;
use crate::live::{Holder, Packet, PollEnd, PollHandle};
use std::future::poll_fn;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

/// Rows read from the log at a time for a session that is behind.
const FILL_ROWS: usize = 500;
/// How long a poll waits when the log cannot be read, before it is answered empty.
const FILL_RETRY: Duration = Duration::from_secs(1);

/// A held poll. Dropping it means that its answer was not delivered.
pub struct Listening {
    ctx: Arc<Context>,
    holder: Holder,
    poll: PollHandle,
    written: bool,
}

/// Starts a poll on the asker's session.
pub fn listen(ctx: &Arc<Context>, asker: &Asker) -> Result<Listening, Refusal> {
    let holder = *asker.holder().ok_or(Refusal::TicketEnded)?;
    let poll = ctx.live.begin_poll(&holder, ctx.clock.monotonic_ms()).ok_or(Refusal::TicketEnded)?;
    Ok(Listening { ctx: Arc::clone(ctx), holder, poll, written: false })
}

enum Step {
    Fill(Seq),
    End(PollEnd),
}

impl Listening {
    /// Waits for what the poll is to be answered with.
    pub async fn wait(&self) -> PollEnd {
        loop {
            match self.step().await {
                Step::End(end) => return end,
                Step::Fill(after) => {
                    if !self.fill(after).await {
                        tokio::time::sleep(FILL_RETRY).await;
                        return PollEnd::Packet(Packet::default());
                    }
                }
            }
        }
    }

    async fn step(&self) -> Step {
        poll_fn(|cx| match self.ctx.live.begin_fill(&self.holder) {
            Some(after) => Poll::Ready(Step::Fill(after)),
            None => self.ctx.live.look(self.poll, self.ctx.clock.monotonic_ms(), cx.waker()).map(Step::End),
        })
        .await
    }

    /// Reads what the session has missed.
    async fn fill(&self, after: Seq) -> bool {
        let guard = Filling { ctx: &self.ctx, holder: self.holder };
        let read = self.ctx.store.addressed(self.holder.key, self.holder.session, after, FILL_ROWS).await;
        match read {
            Ok(stretch) => {
                std::mem::forget(guard);
                self.ctx.live.finish_fill(&self.holder, stretch.entries, stretch.through, stretch.more);
                true
            }
            Err(error) => {
                tracing::error!(%error, "a session could not read what it missed");
                false
            }
        }
    }

    /// The answer was completely written. The receipt is for the case that the connection then shows otherwise.
    pub fn written(mut self) -> Receipt {
        self.written = true;
        Receipt { ctx: Arc::clone(&self.ctx), poll: self.poll }
    }
}

/// For an answer that was completely written.
pub struct Receipt {
    ctx: Arc<Context>,
    poll: PollHandle,
}

impl Receipt {
    /// The connection was reset before anything else came: the answer counts as not delivered.
    pub fn lost(self) {
        self.ctx.live.lost(self.poll);
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        self.ctx.live.end_poll(self.poll, self.written, self.ctx.clock.monotonic_ms());
    }
}

/// Gives the fill up if its reader goes away.
struct Filling<'a> {
    ctx: &'a Context,
    holder: Holder,
}

impl Drop for Filling<'_> {
    fn drop(&mut self) {
        self.ctx.live.abort_fill(&self.holder);
    }
}
