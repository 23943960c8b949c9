//! Server-sent events (`/events`): one answer that goes on, a packet per event. An event's id is where the packet reaches;
//! the browser repeats the last one when it connects again, and that confirms.
//!
//! A client that says nothing else confirms by coming again, so a stream ends by itself when something is unconfirmed for
//! long, or when as much is under way as may be; the browser connects anew without being asked.

use crate::actions::identify;
use crate::actions::listen::{Ack, Confirms, Listening, open_stream};
use crate::chat::goodbye::Goodbye;
use crate::chat::refusal::Refusal;
use crate::chat::session::Dialect;
use crate::clock::Clock;
use crate::edge::browser::{auth, wire};
use crate::edge::origin::Reader;
use crate::edge::params::Params;
use crate::edge::reply::Reply;
use crate::edge::socket::Stream;
use crate::edge::{Asked, Edge, Outcome, Taken, json, origin};
use crate::live::{Packet, PollEnd};
use bytes::Bytes;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc::Sender;
use tokio::time::{sleep, timeout};

/// A stream with something unconfirmed ends after this, in milliseconds.
const UNCONFIRMED_WITHIN_MS: u64 = 30_000;
/// How soon the browser connects again, in milliseconds.
const RETRY_MS: u32 = 500;

/// A stream that is to begin.
pub struct Events {
    listening: Listening,
    dialect: Dialect,
    epoch: Arc<str>,
    clock: Clock,
    /// Whose page may read it.
    reader: Option<Reader>,
}

/// Where a stream of events goes.
pub enum Outlet<'a> {
    /// A socket of its own.
    Socket(&'a mut Stream),
    /// Pieces of a body, on a connection with others.
    Pieces(Sender<Bytes>),
}

/// A piece must be taken within this.
const TAKEN_WITHIN: Duration = Duration::from_secs(20);

impl Outlet<'_> {
    /// Whether the other side took it in time.
    async fn put(&mut self, bytes: Vec<u8>) -> bool {
        match self {
            Self::Socket(stream) => stream.write_within(&bytes).await,
            Self::Pieces(_) if bytes.is_empty() => true,
            Self::Pieces(pieces) => matches!(timeout(TAKEN_WITHIN, pieces.send(bytes.into())).await, Ok(Ok(()))),
        }
    }

    /// Returns when the other side has gone.
    async fn ended(&mut self) {
        match self {
            Self::Socket(stream) => stream.ended().await,
            Self::Pieces(pieces) => pieces.closed().await,
        }
    }
}

/// Opens a stream.
pub fn open(edge: &Edge, asked: &Asked) -> Result<Outcome, Refusal> {
    auth::check_host(edge, asked)?;
    let params = asked.params()?;
    let ticket = params.required("ticket")?;
    let asker = identify::by_ticket(&edge.ctx, ticket, params.optional("domain"))?;
    let confirms = confirms(asked, &params)?;
    let site = origin::check_asker(edge, asked, &asker, false)?;
    let dialect = asker.dialect().ok_or(Refusal::TicketEnded)?;
    let listening = open_stream(&edge.ctx, &asker, confirms)?;
    let (epoch, clock) = (Arc::clone(&site.epoch), edge.ctx.clock);
    Ok(Outcome::Take(Taken::Events(Events { listening, dialect, epoch, clock, reader: origin::reader(edge, asked) })))
}

/// What the client has: as the browser says it when it connects again, or as the page says it the first time.
fn confirms(asked: &Asked, params: &Params) -> Result<Confirms, Refusal> {
    let last = asked.header("last-event-id").and_then(event_of);
    Ok(last.or(auth::ack(params)?).map_or(Confirms::Plain, Confirms::Ack))
}

/// The id of an event: the life of the log, a dot, where the packet reaches.
pub fn event_id(epoch: &str, through: u64) -> String {
    format!("{epoch}.{through}")
}

/// What an id says that its client has.
pub fn event_of(id: &str) -> Option<Ack> {
    let (epoch, seq) = id.rsplit_once('.')?;
    Some(Ack { seq: seq.parse().ok()?, epoch: Some(epoch.into()) })
}

impl Events {
    /// Serves a connection that it has for itself.
    pub async fn serve(self, outlet: &mut Outlet<'_>) {
        if outlet.put(self.head().into_head()).await {
            self.carry(outlet).await;
        }
    }

    /// The answer without its body.
    pub fn head(&self) -> Reply {
        origin::readable_by(Reply::event_stream(), self.reader.clone())
    }

    /// Carries packets until either side ends.
    pub async fn carry(self, outlet: &mut Outlet<'_>) {
        let mut head = format!("retry: {RETRY_MS}\n\n").into_bytes();
        if self.listening.is_resync() {
            head.extend_from_slice(&self.event(&self.listening.empty(), true));
        }
        if !outlet.put(head).await {
            return;
        }
        let mut unconfirmed_ms: Option<u64> = None;
        loop {
            let end = tokio::select! {
                biased;
                () = outlet.ended() => return,
                end = self.listening.wait() => end,
                () = self.overdue(unconfirmed_ms) => {
                    if self.listening.is_unconfirmed() { return }
                    unconfirmed_ms = None;
                    continue;
                }
            };
            let (bytes, goes_on) = self.bytes(end);
            if !outlet.put(bytes).await || !goes_on {
                return;
            }
            if unconfirmed_ms.is_none() && self.listening.is_unconfirmed() {
                unconfirmed_ms = Some(self.clock.monotonic_ms());
            }
        }
    }

    /// Waits until the client should have confirmed.
    async fn overdue(&self, since_ms: Option<u64>) {
        match since_ms {
            Some(since_ms) => {
                let due_ms = since_ms + UNCONFIRMED_WITHIN_MS;
                sleep(Duration::from_millis(due_ms.saturating_sub(self.clock.monotonic_ms()))).await;
            }
            None => std::future::pending().await,
        }
    }

    fn bytes(&self, end: PollEnd) -> (Vec<u8>, bool) {
        match end {
            PollEnd::Packet(packet) if packet.is_empty() => (b":\n\n".to_vec(), true),
            PollEnd::Packet(packet) => (self.event(&packet, false), !packet.more),
            PollEnd::Full | PollEnd::Behind => (Vec::new(), false),
            PollEnd::Superseded | PollEnd::Abandoned => (goodbye(Goodbye::Replaced), false),
            PollEnd::Stopping => (goodbye(Goodbye::Stopping), false),
            PollEnd::Ended => (goodbye(Goodbye::Ended), false),
        }
    }

    fn event(&self, packet: &Packet, resync: bool) -> Vec<u8> {
        let id = event_id(&self.epoch, packet.through);
        let json = json::encode(&wire::packet(packet, self.dialect, &self.epoch, resync));
        [b"id: ", id.as_bytes(), b"\ndata: ", &json, b"\n\n"].concat()
    }
}

fn goodbye(why: Goodbye) -> Vec<u8> {
    let event = [b"event: goodbye\ndata: ", &super::goodbye(why)[..], b"\n\n"].concat();
    // The browser's own way of connecting again does not read what the event says.
    let wait = if why == Goodbye::Stopping { format!("retry: {}\n", super::moment_ms()) } else { String::new() };
    [wait.into_bytes(), event].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_id_says_where_in_which_life_of_the_log() {
        let ack = event_of(&event_id("a1b2", 77)).unwrap();
        assert_eq!((ack.seq, ack.epoch.as_deref()), (77, Some("a1b2")));
        assert!(event_of("77").is_none() && event_of("a.b").is_none());
    }
}
