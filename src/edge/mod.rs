//! The outside world comes in here: HTTP, JSONP and JSON live in this folder only. Every path stands on one screen, in
//! `route`.

pub mod accept;
pub mod admin;
mod body;
pub mod browser;
pub mod client_address;
pub mod control;
pub mod crowd;
pub mod demo;
pub mod error;
pub mod export;
mod health;
mod http2;
pub mod json;
pub mod origin;
pub mod params;
pub mod rates;
pub mod refusals;
pub mod reply;
mod respond;
pub mod rest;
pub mod sign_in;
pub mod site;
pub mod socket;
pub mod tls;
mod widget;

use crate::actions::Context;
use crate::chat::refusal::Refusal;
use admin::Meters;
use browser::transport::events::{self, Events};
use browser::transport::long_poll::{self, DeadPolls, Parked};
use browser::transport::websocket::{self, Upgrade};
use bytes::Bytes;
use http::header::COOKIE;
use http::{HeaderMap, Method, Uri, Version};
use ipnet::IpNet;
use params::Params;
use rates::Rates;
use refusals::Refusals;
use reply::{Form, Reply};
use sign_in::SignIn;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tls::Tls;
use tokio::sync::Semaphore;
use tokio::time::timeout;

/// The request line, in bytes: a message of a JSONP page travels in it.
const REQUEST_LINE_MAX: usize = 32 * 1024;
/// A request must be carried out after this. What it began to store may still be stored, so nobody is told that it was not.
const ANSWER_WITHIN: Duration = Duration::from_secs(30);
/// All headers together, in bytes: old clients keep a cookie of several KB.
const HEADERS_MAX: usize = 48 * 1024;

/// What answering takes.
pub struct Edge {
    /// For the actions.
    pub ctx: Arc<Context>,
    /// Who may come in.
    pub sign_in: SignIn,
    /// Where this server is reached from outside, without a slash at the end; else what the request says.
    pub public_url: Option<String>,
    /// The certificate, if TLS is spoken here.
    pub tls: Option<Arc<Tls>>,
    /// Proxies that are believed when they say who asks.
    pub proxies: Vec<IpNet>,
    /// Connections from one address at most.
    pub connections_per_address: u64,
    /// Descriptors that this process may open.
    pub descriptors: u64,
    /// Counts polls with dead tickets.
    pub dead_polls: DeadPolls,
    /// What is counted.
    pub meters: Meters,
    /// Who may ask how often.
    pub rates: Rates,
    /// Tells the operator what is refused without a reason.
    pub refusals: Refusals,
    /// Exports that may be under way at a time.
    pub exports: Arc<Semaphore>,
}

impl Edge {
    /// The path of a request below the address where this server is reached: a proxy may leave the way to it in, or take it away.
    pub fn path_of<'a>(&self, asked: &'a Asked) -> &'a str {
        self.path_below(asked.uri.path())
    }

    fn path_below<'a>(&self, path: &'a str) -> &'a str {
        let base = self.public_url.as_deref().and_then(|url| url.splitn(4, '/').nth(3)).unwrap_or_default();
        let below = path.strip_prefix('/').and_then(|path| path.strip_prefix(base)).filter(|_| !base.is_empty());
        match below {
            Some("") => "/",
            Some(below) if below.starts_with('/') => below,
            _ => path,
        }
    }
}

/// A request, read completely.
pub struct Asked {
    /// Its method.
    pub method: Method,
    /// Its target.
    pub uri: Uri,
    /// The version of HTTP it came by.
    pub version: Version,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body.
    pub body: Bytes,
    /// Whom it came from: a browser, a site's server, or a proxy before them.
    pub peer: SocketAddr,
    /// Who asks, as far as proxies that are trusted say it.
    pub client: SocketAddr,
    /// Whether the connection stays open afterwards.
    pub keep_alive: bool,
}

impl Asked {
    /// A header as text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// All its cookies in one line. HTTP/2 takes them apart (RFC 9113, 8.2.3); what sites set need not be ASCII.
    pub fn cookies(&self) -> Option<Vec<u8>> {
        let parts: Vec<&[u8]> = self.headers.get_all(COOKIE).iter().map(http::HeaderValue::as_bytes).collect();
        (!parts.is_empty()).then(|| parts.join(&b"; "[..]))
    }

    /// What it proves itself with (RFC 6750).
    pub fn bearer(&self) -> Option<&str> {
        let (scheme, proof) = self.header("authorization")?.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then_some(proof.trim())
    }

    /// Query and form.
    pub fn params(&self) -> Result<Params, Refusal> {
        let form = match self.header("content-type") {
            _ if self.body.is_empty() => &[][..],
            None => &self.body[..],
            Some(kind) if kind.starts_with("application/x-www-form-urlencoded") || kind.starts_with("text/plain") => {
                &self.body[..]
            }
            Some(_) => return Err(Refusal::BadRequest("parameters are sent as application/x-www-form-urlencoded")),
        };
        Params::parse(self.uri.query().unwrap_or_default(), form)
    }

    /// The host and port the client believes to talk to.
    pub fn host(&self) -> Option<&str> {
        self.uri.authority().map(http::uri::Authority::as_str).or_else(|| self.header("host"))
    }

    fn check_size(&self) -> Result<(), Refusal> {
        let line = self.uri.path_and_query().map_or(0, |target| target.as_str().len());
        let headers: usize = self.headers.iter().map(|(name, value)| name.as_str().len() + value.len() + 4).sum();
        if line > REQUEST_LINE_MAX || headers > HEADERS_MAX { Err(Refusal::TooLarge) } else { Ok(()) }
    }

    /// Pages and probes are read.
    fn reads(&self) -> Result<(), Refusal> {
        let good = matches!(self.method, Method::GET | Method::HEAD);
        if good { Ok(()) } else { Err(Refusal::MethodNotAllowed("GET, HEAD")) }
    }

    /// Streams have a body.
    fn gets(&self) -> Result<(), Refusal> {
        if self.method == Method::GET { Ok(()) } else { Err(Refusal::MethodNotAllowed("GET")) }
    }

    /// Calls come by either, whatever they do: old pages send everything as GET.
    fn calls(&self) -> Result<(), Refusal> {
        let good = matches!(self.method, Method::GET | Method::POST);
        if good { Ok(()) } else { Err(Refusal::MethodNotAllowed("GET, POST")) }
    }
}

/// What becomes of a request.
pub enum Outcome {
    /// An answer.
    Reply(Reply),
    /// The connection is taken from hyper: it waits with nothing but its socket.
    Take(Taken),
}

/// What a connection outside hyper is for.
pub enum Taken {
    /// A poll.
    Poll(Parked),
    /// Server-sent events.
    Events(Events),
    /// A WebSocket.
    Socket(Upgrade),
}

/// Answers one request.
pub async fn handle(edge: &Arc<Edge>, asked: &Asked) -> Outcome {
    if let Some(reply) = origin::preflight(edge, asked) {
        return Outcome::Reply(reply);
    }
    let outcome = timeout(ANSWER_WITHIN, route(edge, asked)).await;
    let reply = match outcome.unwrap_or(Err(Refusal::TimedOut)) {
        Ok(Outcome::Reply(reply)) => reply,
        Ok(taken) => return taken,
        Err(refusal) if rest::is_rest(edge.path_of(asked)) => rest::unread(refusal),
        Err(refusal) => error::reply(&refusal, &early_form(asked)),
    };
    if let Some(code) = reply.refusal_code() {
        edge.meters.refused(code);
    }
    if reply.names_its_readers() {
        return Outcome::Reply(reply);
    }
    Outcome::Reply(origin::readable(reply, asked, origin::reader(edge, asked)))
}

/// How a request wants its refusal wrapped that could not be read completely: a script must get a script whatever is wrong.
fn early_form(asked: &Asked) -> Form {
    let pairs = asked.uri.query().unwrap_or_default().split('&');
    let mut callbacks = pairs.filter_map(|pair| pair.strip_prefix("callback="));
    match (callbacks.next(), callbacks.next()) {
        (Some(callback), None) => Form::parse(callback).unwrap_or(Form::Plain),
        _ => Form::Plain,
    }
}

async fn route(edge: &Arc<Edge>, asked: &Asked) -> Result<Outcome, Refusal> {
    asked.check_size()?;
    let path = edge.path_of(asked);
    let reply = match path {
        "/healthz" => asked.reads().map(|()| health::alive())?,
        "/readyz" => {
            asked.reads()?;
            health::ready(&edge.ctx).await
        }
        "/packets" | "/webim/packets" | "/v4/packets" | "/v5/packets" => return poll(edge, asked).await,
        "/events" => {
            asked.gets()?;
            return events::open(edge, asked);
        }
        "/websocket" | "/v5/wsocket" => {
            asked.gets()?;
            return websocket::open(edge, asked);
        }
        "/" if has_ticket(asked) => return poll(edge, asked).await,
        _ if path.starts_with("/webim/") || browser::is_plugins(path) => {
            asked.calls()?;
            browser::answer(edge, asked, path).await?
        }
        _ if let Some(file) = widget::file_at(path) => {
            asked.reads()?;
            widget::answer(asked, file)
        }
        "/" | "/demo" | "/favicon.ico" => demo::answer(edge, asked, path).await?,
        _ if path.starts_with("/demo/") => demo::answer(edge, asked, path).await?,
        _ if rest::is_rest(path) => rest::answer(edge, asked, path).await,
        _ => match site::Call::parse(path) {
            Some(call) => site::answer(edge, asked, &call).await,
            None => return Err(Refusal::NotFound),
        },
    };
    Ok(Outcome::Reply(reply))
}

async fn poll(edge: &Arc<Edge>, asked: &Asked) -> Result<Outcome, Refusal> {
    asked.calls()?;
    long_poll::poll(edge, asked).await
}

/// The oldest pages poll the server's address itself, without a path.
fn has_ticket(asked: &Asked) -> bool {
    asked.uri.query().is_some_and(|query| query.split('&').any(|pair| pair.starts_with("ticket=")))
}
