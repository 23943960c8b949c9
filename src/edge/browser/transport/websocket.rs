//! WebSocket (`/websocket`): after one frame that says whose stream it is, every packet is a text frame. New clients
//! acknowledge in frames of their own and may call; old clients never say anything, but their browser echoes a PING, and
//! the PING carries how far the packets before it reached.

use super::calls::{self, Frame, Subscribe};
use super::frames::{self, Frames, Received};
use crate::actions::identify::{self, Asker};
use crate::actions::listen::{Ack, Confirms, Listening, open_stream};
use crate::chat::goodbye::Goodbye;
use crate::chat::refusal::Refusal;
use crate::chat::session::Dialect;
use crate::chat::site_options::is_listed;
use crate::clock::Clock;
use crate::edge::browser::{auth, wire};
use crate::edge::socket::Stream;
use crate::edge::{Asked, Edge, Outcome, Taken, json, origin};
use crate::live::{Packet, PollEnd};
use http::Method;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{sleep, timeout};
use tungstenite::handshake::derive_accept_key;

/// The first frame must be there after this.
const SUBSCRIBE_WITHIN: Duration = Duration::from_secs(5);
/// What was sent must be confirmed, and a PING answered, after this, in milliseconds.
const CONFIRM_WITHIN_MS: u64 = 20_000;
/// Frames of one client in [`FRAMES_PER_MS`], beside its answers to ours; more is a flood.
const FRAMES_MAX: u32 = 500;
const FRAMES_PER_MS: u64 = 10_000;

/// A connection that asked to become a WebSocket.
pub struct Upgrade {
    accept: String,
    /// The page's origin, which is checked when it is known whose stream it is.
    origin: Option<Box<str>>,
}

/// Checks the handshake. Nothing but a ticket says who comes; a page that no site here could have is refused all the same.
pub fn open(edge: &Edge, asked: &Asked) -> Result<Outcome, Refusal> {
    auth::check_host(edge, asked)?;
    let has = |name, word: &str| {
        asked.header(name).is_some_and(|value| value.split(',').any(|part| part.trim().eq_ignore_ascii_case(word)))
    };
    let is_upgrade = asked.method == Method::GET && has("upgrade", "websocket") && has("connection", "upgrade");
    if !is_upgrade || asked.header("sec-websocket-version") != Some("13") {
        return Err(Refusal::UpgradeRequired);
    }
    origin::check_any(edge, asked)?;
    let foreign = asked.header("origin").filter(|origin| !auth::is_own(edge, asked, origin));
    let key = asked.header("sec-websocket-key").filter(|key| key.len() == 24);
    let accept = derive_accept_key(key.ok_or(Refusal::BadRequest("Sec-WebSocket-Key is missing"))?.as_bytes());
    Ok(Outcome::Take(Taken::Socket(Upgrade { accept, origin: foreign.map(Into::into) })))
}

impl Upgrade {
    /// Talks until either side ends.
    pub async fn serve(self, edge: &Edge, stream: &mut Stream) {
        let head = format!(
            "HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\nsec-websocket-accept: {}\r\n\r\n",
            self.accept
        );
        if !stream.write_within(head.as_bytes()).await {
            return;
        }
        let clock = edge.ctx.clock;
        let since_ms = clock.monotonic_ms();
        let mut wire = Wire { stream, frames: Frames::default(), clock, counted: 0, since_ms, owed: 0 };
        let why = match timeout(SUBSCRIBE_WITHIN, wire.first_text()).await {
            Ok(Ok(text)) => match subscribe(edge, self.origin.as_deref(), &text) {
                Ok(session) => Box::pin(session.carry(edge, &mut wire)).await,
                Err(why) => Ended::ByUs(why),
            },
            Ok(Err(ended)) => ended,
            Err(_) => Ended::ByUs(Goodbye::NotSubscribed),
        };
        wire.close(why).await;
    }
}

fn subscribe(edge: &Edge, origin: Option<&str>, text: &str) -> Result<Session, Goodbye> {
    let subscribe = Subscribe::parse(text).ok_or(Goodbye::NotSubscribed)?;
    let asker = identify::by_ticket(&edge.ctx, &subscribe.ticket, Some(&subscribe.domain));
    let asker = asker.map_err(|_| Goodbye::Ended)?;
    let site = edge.ctx.sites.by_number(asker.key.site).ok_or(Goodbye::Ended)?;
    let listed = &site.options.origins;
    if origin.is_some_and(|origin| !listed.is_empty() && !is_listed(listed, origin)) {
        return Err(Goodbye::Ended);
    }
    let dialect = asker.dialect().ok_or(Goodbye::Ended)?;
    let confirms = subscribe.ack.map_or(Confirms::Plain, Confirms::Ack);
    let listening = Arc::new(open_stream(&edge.ctx, &asker, confirms).map_err(|_| Goodbye::Ended)?);
    let (clock, epoch) = (edge.ctx.clock, Arc::clone(&site.epoch));
    Ok(Session { listening, asker, dialect, epoch, clock, pinged_ms: None, full_ms: None, echo: None })
}

/// How a conversation ends.
enum Ended {
    /// We say goodbye.
    ByUs(Goodbye),
    /// The client closed, with its code.
    ByClient(Option<u16>),
    /// The connection is gone.
    Gone,
}

/// The socket, and frames out of it.
struct Wire<'a> {
    stream: &'a mut Stream,
    frames: Frames,
    clock: Clock,
    counted: u32,
    since_ms: u64,
    /// Frames of ours that the client answers, each with one of its own: those are no flood, however much there is to hear.
    owed: u32,
}

impl Wire<'_> {
    /// The next frame. May be dropped while it waits.
    async fn receive(&mut self) -> Result<Received, Ended> {
        loop {
            if let Some(received) = self.frames.take().map_err(Ended::ByUs)? {
                self.count()?;
                return Ok(received);
            }
            let frames = &mut self.frames;
            if !self.stream.receive(|bytes| frames.feed(bytes)).await {
                return Err(Ended::Gone);
            }
        }
    }

    /// What is sent next is answered by every client that does as it should.
    fn expects_answer(&mut self) {
        self.owed = (self.owed + 1).min(2 * FRAMES_MAX);
    }

    fn count(&mut self) -> Result<(), Ended> {
        if self.owed > 0 {
            self.owed -= 1;
            return Ok(());
        }
        let now_ms = self.clock.monotonic_ms();
        if now_ms >= self.since_ms + FRAMES_PER_MS {
            (self.since_ms, self.counted) = (now_ms, 0);
        }
        self.counted += 1;
        if self.counted > FRAMES_MAX { Err(Ended::ByUs(Goodbye::Flood)) } else { Ok(()) }
    }

    async fn first_text(&mut self) -> Result<String, Ended> {
        loop {
            match self.receive().await? {
                Received::Text(text) => return Ok(text),
                Received::Ping(bytes) => self.send(&frames::pong(&bytes)).await?,
                Received::Close(code) => return Err(Ended::ByClient(code)),
                Received::Pong(_) | Received::Part => {}
            }
        }
    }

    async fn send(&mut self, frame: &[u8]) -> Result<(), Ended> {
        if self.stream.write_within(frame).await { Ok(()) } else { Err(Ended::Gone) }
    }

    async fn close(&mut self, ended: Ended) {
        let frame = match ended {
            Ended::ByUs(why) => {
                let reason = String::from_utf8(super::goodbye(why)).unwrap_or_default();
                frames::close(close_code(why), &reason)
            }
            Ended::ByClient(code) => frames::close(code.unwrap_or(1000), ""),
            Ended::Gone => return,
        };
        if self.stream.write_within(&frame).await {
            self.stream.finish().await;
        }
    }
}

fn close_code(why: Goodbye) -> u16 {
    match why {
        Goodbye::Ended => 4401,
        Goodbye::Slow => 4408,
        Goodbye::Replaced => 4409,
        Goodbye::Stopping => 1012,
        Goodbye::NotSubscribed | Goodbye::Flood => 1008,
        Goodbye::Broken => 1002,
        Goodbye::NotText => 1007,
        Goodbye::Bytes => 1003,
        Goodbye::TooLarge => 1009,
    }
}

/// One page's stream.
struct Session {
    listening: Arc<Listening>,
    asker: Asker,
    dialect: Dialect,
    epoch: Arc<str>,
    clock: Clock,
    /// Since when a PING waits for its answer.
    pinged_ms: Option<u64>,
    /// Since when nothing more may be sent.
    full_ms: Option<u64>,
    /// What the last PING carried.
    echo: Option<u64>,
}

impl Session {
    async fn carry(mut self, edge: &Edge, wire: &mut Wire<'_>) -> Ended {
        let ended = self.begin(wire).await;
        if let Err(ended) = ended {
            return ended;
        }
        let listening = Arc::clone(&self.listening);
        // Kept across frames: one that comes during a read of the log must not begin the read anew.
        let mut waiting = pin!(listening.wait());
        loop {
            let step = tokio::select! {
                biased;
                received = wire.receive() => match received {
                    Ok(received) => self.hear(edge, wire, received).await,
                    Err(ended) => Err(ended),
                },
                end = &mut waiting, if self.full_ms.is_none() => {
                    waiting.set(listening.wait());
                    self.tell(wire, end).await
                }
                () = self.overdue() => Err(Ended::ByUs(Goodbye::Slow)),
            };
            if let Err(ended) = step {
                return ended;
            }
        }
    }

    async fn begin(&mut self, wire: &mut Wire<'_>) -> Result<(), Ended> {
        if self.listening.is_resync() { self.send(wire, &self.listening.empty(), true).await } else { Ok(()) }
    }

    /// Something came from the page.
    async fn hear(&mut self, edge: &Edge, wire: &mut Wire<'_>, received: Received) -> Result<(), Ended> {
        match received {
            Received::Ping(bytes) => wire.send(&frames::pong(&bytes)).await,
            Received::Pong(bytes) => {
                self.hear_pong(&bytes);
                Ok(())
            }
            Received::Close(code) => Err(Ended::ByClient(code)),
            Received::Part => Ok(()),
            Received::Text(_) if self.dialect != Dialect::Native => Ok(()),
            Received::Text(text) => self.hear_frame(edge, wire, &text).await,
        }
    }

    /// COMPAT: the browser of an old page has everything that was sent before the PING it answers.
    fn hear_pong(&mut self, bytes: &[u8]) {
        let through = std::str::from_utf8(bytes).ok().and_then(|text| text.parse::<u64>().ok());
        if through.is_some() {
            // An earlier one shows that the client is there; the latest is still to come.
            self.pinged_ms = (through != self.echo).then(|| self.clock.monotonic_ms());
        }
        if let Some(seq) = through.filter(|_| self.dialect != Dialect::Native) {
            self.listening.acknowledge(&Ack { seq, epoch: None });
            self.full_ms = None;
        }
    }

    async fn hear_frame(&mut self, edge: &Edge, wire: &mut Wire<'_>, text: &str) -> Result<(), Ended> {
        let frame = match Frame::parse(text) {
            None => return Ok(()),
            Some(Ok(frame)) => frame,
            Some(Err(refusal)) => {
                return match calls::unread(refusal) {
                    Some(reply) => wire.send(&frames::text(&reply)).await,
                    None => Ok(()),
                };
            }
        };
        if let Some(ack) = frame.ack() {
            let is_known = self.listening.acknowledge(&ack);
            self.full_ms = None;
            if !is_known {
                self.send(wire, &self.listening.empty(), true).await?;
            }
        }
        match frame.answer(edge, &self.asker).await {
            Some(reply) => wire.send(&frames::text(&reply)).await,
            None => Ok(()),
        }
    }

    /// Something is to go to the page.
    async fn tell(&mut self, wire: &mut Wire<'_>, end: PollEnd) -> Result<(), Ended> {
        match end {
            PollEnd::Packet(packet) => {
                if !packet.is_empty() {
                    self.send(wire, &packet, false).await?;
                }
                // A sign of life is asked of everybody; what a packet reached only of those who cannot say it.
                if packet.is_empty() || self.dialect != Dialect::Native {
                    self.ping(wire, packet.through).await
                } else {
                    Ok(())
                }
            }
            PollEnd::Full | PollEnd::Behind => {
                self.full_ms = Some(self.clock.monotonic_ms());
                Ok(())
            }
            PollEnd::Superseded | PollEnd::Abandoned => Err(Ended::ByUs(Goodbye::Replaced)),
            PollEnd::Stopping => Err(Ended::ByUs(Goodbye::Stopping)),
            PollEnd::Ended => Err(Ended::ByUs(Goodbye::Ended)),
        }
    }

    /// Waits until the client should have answered.
    async fn overdue(&self) {
        match self.pinged_ms.into_iter().chain(self.full_ms).min() {
            Some(since_ms) => {
                let due_ms = since_ms + CONFIRM_WITHIN_MS;
                sleep(Duration::from_millis(due_ms.saturating_sub(self.clock.monotonic_ms()))).await;
            }
            None => std::future::pending().await,
        }
    }

    async fn ping(&mut self, wire: &mut Wire<'_>, through: u64) -> Result<(), Ended> {
        self.echo = Some(through);
        self.pinged_ms.get_or_insert(self.clock.monotonic_ms());
        wire.expects_answer();
        wire.send(&frames::ping(through.to_string().as_bytes())).await
    }

    async fn send(&self, wire: &mut Wire<'_>, packet: &Packet, resync: bool) -> Result<(), Ended> {
        // Whoever asks for nonsense again and again owes nothing to its answers.
        if self.dialect == Dialect::Native && !resync {
            wire.expects_answer();
        }
        wire.send(&frames::text(&json::encode(&wire::packet(packet, self.dialect, &self.epoch, resync)))).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_goodbye_is_explained_with_its_code() {
        let codes = include_str!("../../../../protocol/codes.md");
        for why in Goodbye::ALL {
            let again = if why.comes_back() { "yes" } else { "no" };
            let row = format!("| `{}` | {} | {again} |", why.word(), close_code(why));
            assert!(codes.contains(&row), "protocol/codes.md needs a line beginning {row}");
            assert!(super::super::goodbye(why).len() <= 123, "a reason has no more room");
        }
    }
}
