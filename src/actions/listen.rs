//! A page listens: by polls, each of which waits for one packet, or on a stream of packets.

use super::Context;
use super::identify::Asker;
use crate::chat::delivery::Asks;
use crate::chat::entry::Seq;
use crate::chat::refusal::Refusal;
use crate::chat::script_request::ScriptRequest;
use crate::live::{Holder, Packet, PollEnd, PollHandle};
use std::future::poll_fn;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

/// Rows read from the log at a time for a session that is behind.
const FILL_ROWS: usize = 500;
/// How long a page waits when the log cannot be read, before it is answered empty.
const FILL_RETRY: Duration = Duration::from_secs(1);

/// How a request of a page says what the page has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Confirms {
    /// It does not.
    Plain,
    /// It is a browser's script request.
    Script(ScriptRequest),
    /// By name: everything through `seq` of the log's life `epoch`.
    Ack(Ack),
}

/// What a page says it has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ack {
    /// Everything up to here.
    pub seq: Seq,
    /// Of this life of the log; of the present one, if it does not say.
    pub epoch: Option<Box<str>>,
}

/// A page that listens. Dropping it means that the answer of its poll was not delivered, or that its stream has ended.
pub struct Listening {
    ctx: Arc<Context>,
    holder: Holder,
    poll: PollHandle,
    resync: bool,
    written: bool,
}

/// Starts a poll on the asker's session.
pub fn listen(ctx: &Arc<Context>, asker: &Asker, confirms: Confirms) -> Result<Listening, Refusal> {
    begin(ctx, asker, confirms, false)
}

/// Opens a stream on the asker's session.
pub fn open_stream(ctx: &Arc<Context>, asker: &Asker, confirms: Confirms) -> Result<Listening, Refusal> {
    begin(ctx, asker, confirms, true)
}

fn begin(ctx: &Arc<Context>, asker: &Asker, confirms: Confirms, stream: bool) -> Result<Listening, Refusal> {
    let holder = *asker.holder().ok_or(Refusal::TicketEnded)?;
    let asks = match confirms {
        Confirms::Plain => Asks::Plain,
        Confirms::Script(identity) => Asks::Script(identity),
        Confirms::Ack(ack) => Asks::Ack(seq_here(ctx, &holder, &ack)),
    };
    let now_ms = ctx.clock.monotonic_ms();
    let begun =
        if stream { ctx.live.begin_stream(&holder, asks, now_ms) } else { ctx.live.begin_poll(&holder, asks, now_ms) };
    let (poll, heard) = begun.ok_or(Refusal::TicketEnded)?;
    Ok(Listening { ctx: Arc::clone(ctx), holder, poll, resync: heard.resync, written: false })
}

/// What an ack means in the present life of the log. One of another life is past everything that was ever sent.
fn seq_here(ctx: &Context, holder: &Holder, ack: &Ack) -> Seq {
    let site = ctx.sites.by_number(holder.key.site);
    let foreign = ack.epoch.as_ref().is_some_and(|epoch| site.is_none_or(|site| *site.epoch != **epoch));
    if foreign { Seq::MAX } else { ack.seq }
}

/// Any call may carry what its page has. An ack that cannot be right changes nothing here; the stream answers it.
pub fn acknowledge(ctx: &Context, asker: &Asker, ack: &Ack) {
    if let Some(holder) = asker.holder() {
        ctx.live.acknowledge(holder, seq_here(ctx, holder, ack));
    }
}

enum Step {
    Fill(Seq),
    End(PollEnd),
}

impl Listening {
    /// Whether the page claims what it was never sent, or has seen another life of the log: it has to begin anew.
    pub fn is_resync(&self) -> bool {
        self.resync
    }

    /// A packet without anything.
    pub fn empty(&self) -> Packet {
        Packet { through: self.ctx.live.acked(&self.holder).unwrap_or_default(), ..Packet::default() }
    }

    /// The page says what it has; whether that can be.
    pub fn acknowledge(&self, ack: &Ack) -> bool {
        !self.ctx.live.acknowledge(&self.holder, seq_here(&self.ctx, &self.holder, ack)).resync
    }

    /// Whether the page was sent something that it has not confirmed.
    pub fn is_unconfirmed(&self) -> bool {
        self.ctx.live.is_unconfirmed(&self.holder)
    }

    /// Waits for what the poll is to be answered with, or for what the stream is to carry next.
    pub async fn wait(&self) -> PollEnd {
        loop {
            match self.step().await {
                Step::End(PollEnd::Behind) => {} // since we looked
                Step::End(end) => return end,
                Step::Fill(after) => {
                    if !self.fill(after).await {
                        tokio::time::sleep(FILL_RETRY).await;
                        return PollEnd::Packet(self.empty());
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
        let (user, session) = (self.holder.key, self.holder.session);
        let listed = self.ctx.live.listed(&self.holder);
        let read = self.ctx.store.addressed(user, session, listed, after, FILL_ROWS).await;
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
    /// What comes next does not show that the answer was received.
    pub fn doubt(&self) {
        self.ctx.live.lost(self.poll);
    }

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
