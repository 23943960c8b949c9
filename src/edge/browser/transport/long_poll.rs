//! The seed's stream: a request that is answered when there is something, as JSON or as a call of the page's function.

use super::page_filter::filtered;
use crate::actions::identify::{self, Asker};
use crate::actions::listen::{Ack, Confirms, Listening, listen};
use crate::chat::refusal::Refusal;
use crate::chat::script_request::ScriptRequest;
use crate::chat::session::{Dialect, SessionNumber};
use crate::chat::ticket::TicketDigest;
use crate::edge::browser::{auth, form, wire};
use crate::edge::origin::Reader;
use crate::edge::params::Params;
use crate::edge::reply::{Form, Reply};
use crate::edge::{Asked, Edge, Outcome, Taken, error, json, origin};
use crate::live::PollEnd;
use http::StatusCode;
use rustc_hash::FxHashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// How long a page waits that polls too often.
const TOO_OFTEN_WAITS: Duration = Duration::from_secs(1);

/// A poll that waits.
pub struct Parked {
    /// What it waits for.
    pub listening: Listening,
    /// Whether its connection stays open afterwards.
    pub keep_alive: bool,
    /// Whether its page says itself what it has.
    pub acknowledges: bool,
    form: Form,
    dialect: Dialect,
    digest: TicketDigest,
    epoch: Arc<str>,
    /// Whose page may read the answer.
    reader: Option<Reader>,
    /// The session, if the answer has to drop what its page has seen.
    filter_for: Option<SessionNumber>,
}

/// Starts a poll. A dead ticket is answered at once; everything else waits outside hyper, even if it has something to get:
/// only there is it known when an answer has been written.
pub async fn poll(edge: &Edge, asked: &Asked) -> Result<Outcome, Refusal> {
    auth::check_host(edge, asked)?;
    let params = asked.params()?;
    let form = form(&params)?;
    let ticket = match params.required("ticket") {
        Ok(ticket) => ticket,
        Err(refusal) => return Ok(Outcome::Reply(error::reply(&refusal, &form))),
    };
    let ack = match auth::ack(&params) {
        Ok(ack) => ack,
        Err(refusal) => return Ok(Outcome::Reply(error::reply(&refusal, &form))),
    };
    let digest = TicketDigest::of(ticket);
    // If the last answer's connection has been reset, its task knows by now: it goes first, so that this poll does not
    // confirm what nobody read.
    tokio::task::yield_now().await;
    let asker = identify::by_ticket(&edge.ctx, ticket, params.optional("domain"));
    // No client of the family understands a refusal here: a page that polls too often waits for its answer.
    let session = asker.as_ref().ok().and_then(Asker::holder).map(|holder| holder.session);
    if session.is_some_and(|session| edge.rates.check_poll(session).is_err()) {
        tokio::time::sleep(TOO_OFTEN_WAITS).await;
    }
    let acknowledges = ack.is_some();
    let started = asker.and_then(|asker| start(edge, asked, &params, &asker, ack));
    if let Err(refusal @ (Refusal::ForeignOrigin | Refusal::SwitchedOff(_))) = started {
        return Ok(Outcome::Reply(error::reply(&refusal, &form)));
    }
    let Ok(started) = started else {
        let now_ms = edge.ctx.clock.monotonic_ms();
        return Ok(Outcome::Reply(edge.dead_polls.answer(digest, Some(asked.client.ip()), &form, now_ms)));
    };
    let Started { listening, dialect, epoch, filter_for } = started;
    let (keep_alive, reader) = (asked.keep_alive, origin::reader(edge, asked));
    Ok(Outcome::Take(Taken::Poll(Parked {
        listening,
        keep_alive,
        acknowledges,
        form,
        dialect,
        digest,
        epoch,
        reader,
        filter_for,
    })))
}

struct Started {
    listening: Listening,
    dialect: Dialect,
    epoch: Arc<str>,
    filter_for: Option<SessionNumber>,
}

fn start(edge: &Edge, asked: &Asked, params: &Params, asker: &Asker, ack: Option<Ack>) -> Result<Started, Refusal> {
    let (holder, dialect) = asker.session.ok_or(Refusal::TicketEnded)?;
    let site = origin::check_asker(edge, asked, asker, params.has("callback"))?;
    let script = if site.options.redelivery { script_identity(asked, params) } else { None };
    let filter_for = (script.is_some() && ack.is_none()).then_some(holder.session);
    let confirms = match (ack, script) {
        (Some(ack), _) => Confirms::Ack(ack),
        (None, Some(identity)) => Confirms::Script(identity),
        (None, None) => Confirms::Plain,
    };
    let listening = listen(&edge.ctx, asker, confirms)?;
    Ok(Started { listening, dialect, epoch: Arc::clone(&site.epoch), filter_for })
}

/// What tells a browser's script request from its silent repetition; `None` for everybody else. Browsers that do not say what
/// a request is for are known by calling themselves one, as no other program with a `callback` does.
fn script_identity(asked: &Asked, params: &Params) -> Option<ScriptRequest> {
    let callback = params.optional("callback")?;
    let is_script = match asked.header("sec-fetch-dest") {
        Some(destination) => destination == "script",
        None => {
            let is_browser = asked.header("user-agent").is_some_and(|agent| agent.starts_with("Mozilla/"));
            is_browser && asked.header("x-requested-with").is_none()
        }
    };
    is_script.then(|| ScriptRequest::of(callback, params.raw("_").unwrap_or_default()))
}

impl Parked {
    /// The answer to the poll; `None` if nobody reads it.
    pub fn reply(&self, edge: &Edge, end: PollEnd) -> Option<Reply> {
        let packet = match end {
            PollEnd::Packet(packet) => packet,
            PollEnd::Superseded | PollEnd::Full | PollEnd::Behind | PollEnd::Stopping => self.listening.empty(),
            PollEnd::Abandoned => return None,
            PollEnd::Ended => {
                return Some(edge.dead_polls.answer(self.digest, None, &self.form, edge.ctx.clock.monotonic_ms()));
            }
        };
        let json = json::encode(&wire::packet(&packet, self.dialect, &self.epoch, self.listening.is_resync()));
        let reply = match (&self.form, self.filter_for) {
            (Form::Script(callback), Some(session)) if !packet.entries.is_empty() => {
                Reply::json(&self.form, &filtered(&json, callback, session, &self.epoch))
            }
            _ => Reply::json(&self.form, &json),
        };
        Some(origin::readable_by(reply, self.reader.clone()))
    }
}

/// Polls with a dead ticket within this time are counted together.
const WINDOW_MS: u64 = 10_000;
/// So many are answered with `null`, later ones with 404.
const NULLS_MAX: u32 = 5;
/// The same from one address: an office of pages whose tickets ended together gets its `null`s.
const NULLS_PER_ADDRESS_MAX: u32 = 500;
/// Tickets counted at a time.
const COUNTED_MAX: usize = 10_000;

/// Counts polls whose ticket is not live. JSON `null` in a 200 is the one answer that makes every generation of clients
/// stop; whoever polls on all the same gets 404.
#[derive(Default)]
pub struct DeadPolls(Mutex<FxHashMap<TicketDigest, (u64, u32)>>);

impl DeadPolls {
    /// Answers one more of them. They are counted by ticket and by address; this machine's own addresses may be a proxy's.
    pub fn answer(&self, digest: TicketDigest, from: Option<IpAddr>, form: &Form, now_ms: u64) -> Reply {
        let address = from.filter(|address| !address.is_loopback());
        let by_address = address.map_or(0, |address| self.count(TicketDigest::of(&address.to_string()), now_ms));
        if self.count(digest, now_ms) <= NULLS_MAX && by_address <= NULLS_PER_ADDRESS_MAX {
            Reply::json(form, b"null")
        } else {
            error::reply(&Refusal::TicketEnded, form).status(StatusCode::NOT_FOUND)
        }
    }

    fn count(&self, digest: TicketDigest, now_ms: u64) -> u32 {
        let mut counted = self.0.lock().expect("no panic while held");
        if counted.len() >= COUNTED_MAX {
            counted.retain(|_, (since, _)| now_ms < *since + WINDOW_MS);
            if counted.len() >= COUNTED_MAX {
                counted.clear();
            }
        }
        let (since, count) = counted.entry(digest).or_insert((now_ms, 0));
        if now_ms >= *since + WINDOW_MS {
            (*since, *count) = (now_ms, 0);
        }
        *count += 1;
        *count
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sixth_poll_in_ten_seconds_is_too_many() {
        let (dead, ticket) = (DeadPolls::default(), TicketDigest::of("x"));
        let counts: Vec<u32> = (0..6).map(|at| dead.count(ticket, at * 1000)).collect();
        assert_eq!(counts, [1, 2, 3, 4, 5, 6]);
        assert_eq!(dead.count(ticket, WINDOW_MS), 1);
        assert_eq!(dead.count(TicketDigest::of("y"), 5_000), 1, "another ticket is counted for itself");
    }
}
