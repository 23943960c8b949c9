//! The listener for whoever runs the server, on loopback unless said otherwise: `/metrics` for Prometheus, and the probes. Nothing of it is
//! served where members come in.

use super::accept::Shutdown;
use super::reply::Reply;
use super::{Edge, error, health};
use crate::actions::SourceCounts;
use crate::actions::census::{self, Doings, SiteCensus, WriteCounts};
use crate::actions::hashing;
use crate::chat::refusal::Refusal;
use crate::chat::site::KeyDigest;
use crate::edge::reply::Form;
use http::header::{AUTHORIZATION, WWW_AUTHENTICATE};
use http::{Method, Request, StatusCode};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::{Registry, Unit};
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;

/// A request's headers must be there after this.
const HEADERS_WITHIN: Duration = Duration::from_secs(10);

/// What is counted as it happens.
#[derive(Default)]
pub struct Meters {
    refusals: Family<Code, Counter>,
    connections: Gauge,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Code {
    code: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfSite {
    site: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfSource {
    site: String,
    outcome: &'static str,
}

impl Meters {
    /// Something was refused.
    pub(super) fn refused(&self, code: &'static str) {
        self.refusals.get_or_create(&Code { code }).inc();
    }

    /// A connection is there until what is given is dropped.
    pub(super) fn connected(&self) -> Connected {
        self.connections.inc();
        Connected(self.connections.clone())
    }
}

/// See [`Meters::connected`].
pub(super) struct Connected(Gauge);

impl Drop for Connected {
    fn drop(&mut self) {
        self.0.dec();
    }
}

/// Serves until shutdown. With a `token`, those who show it.
pub async fn serve(edge: Arc<Edge>, token: Option<KeyDigest>, listener: TcpListener, shutdown: Arc<Shutdown>) {
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = shutdown.wait() => return,
        };
        let Ok((stream, _)) = accepted else {
            tokio::time::sleep(Duration::from_millis(100)).await;
            continue;
        };
        let edge = Arc::clone(&edge);
        tokio::spawn(async move {
            let service = service_fn(|request| {
                let edge = Arc::clone(&edge);
                async move { Ok::<_, Infallible>(answer(&edge, token, &request).await.into_response()) }
            });
            let builder = http1::Builder::new().timer(TokioTimer::new()).header_read_timeout(HEADERS_WITHIN).to_owned();
            drop(builder.serve_connection(TokioIo::new(stream), service).await);
        });
    }
}

/// Whether the operator asks. Digests are compared: how long that takes says nothing about the token.
fn is_operator(token: KeyDigest, request: &Request<Incoming>) -> bool {
    let given = request.headers().get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    let given =
        given.and_then(|given| given.split_once(' ')).filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
    given.is_some_and(|(_, given)| KeyDigest::of(given.trim()) == token)
}

async fn answer(edge: &Edge, token: Option<KeyDigest>, request: &Request<Incoming>) -> Reply {
    if token.is_some_and(|token| !is_operator(token, request)) {
        let text = "Authorization: Bearer TOKEN is needed, with the token of server.admin_token_file\n";
        let reply = Reply::text(text).status(StatusCode::UNAUTHORIZED);
        return reply.header(WWW_AUTHENTICATE, "Bearer realm=\"nextim admin\"");
    }
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return error::reply(&Refusal::MethodNotAllowed("GET, HEAD"), &Form::Plain);
    }
    match request.uri().path() {
        "/metrics" => metrics(edge).await,
        "/healthz" => health::alive(),
        "/readyz" => health::ready(&edge.ctx).await,
        _ => error::reply(&Refusal::NotFound, &Form::Plain),
    }
}

async fn metrics(edge: &Edge) -> Reply {
    let mut registry = Registry::with_prefix("nextim");
    let info = Info::new([("version", env!("CARGO_PKG_VERSION"))]);
    registry.register("build", "This server", info);
    let can_write = Gauge::<i64>::default();
    can_write.set(i64::from(edge.ctx.store.check().await.is_ok()));
    registry.register("store_writable", "1 if the store can write now", can_write);
    registry.register("refusals", "What was refused, by code", edge.meters.refusals.clone());
    registry.register("connections", "Connections of members and sites", edge.meters.connections.clone());
    doings(&mut registry, &census::doings(&edge.ctx));
    sites(&mut registry, &census::census(&edge.ctx));
    people(&mut registry, &edge.ctx.people.counts());
    let hashes = Gauge::<i64>::default();
    hashes.set(i64::try_from(hashing::most_at_once()).unwrap_or(i64::MAX));
    registry.register("password_hashes_most", "Passwords hashed at once, at most: never more than cores", hashes);
    if let Some(bytes) = resident_bytes() {
        let resident = Gauge::<i64>::default();
        resident.set(bytes);
        registry.register_with_unit("resident_memory", "Memory of the process", Unit::Bytes, resident);
    }
    let mut text = String::new();
    match encode(&mut text, &registry) {
        Ok(()) => Reply::file("application/openmetrics-text; version=1.0.0; charset=utf-8", text),
        Err(_) => error::reply(&Refusal::Internal, &Form::Plain),
    }
}

fn doings(registry: &mut Registry, doings: &Doings) {
    let Doings { written: WriteCounts { writes, commits, waiting }, handed } = *doings;
    for (name, help, count) in [
        ("store_writes", "Writes that were carried out or refused", writes),
        ("store_commits", "Transactions that writes were carried out in: each is one sync of the disk", commits),
        ("messages_handed", "Messages that went out to pages; one that is given twice counts twice", handed),
    ] {
        let counter = Counter::<u64>::default();
        counter.inc_by(count);
        registry.register(name, help, counter);
    }
    let gauge = Gauge::<i64>::default();
    gauge.set(i64::try_from(waiting).unwrap_or(i64::MAX));
    registry.register("store_waiting", "Writes that wait to be carried out", gauge);
}

fn sites(registry: &mut Registry, sites: &[SiteCensus]) {
    type OfSites = Family<OfSite, Gauge>;
    let (online, hidden, sessions, head) =
        (OfSites::default(), OfSites::default(), OfSites::default(), OfSites::default());
    for site in sites {
        let label = OfSite { site: site.name.to_string() };
        let set = |family: &OfSites, value: u64| {
            family.get_or_create(&label).set(i64::try_from(value).unwrap_or(i64::MAX));
        };
        set(&online, site.online);
        set(&hidden, site.unseen);
        set(&sessions, site.sessions);
        set(&head, site.head);
    }
    registry.register("members_online", "Members whom others see online", online);
    registry.register("members_unseen", "Members who are here and not seen: invisible, or in a grace", hidden);
    registry.register("sessions", "Live tickets", sessions);
    registry.register("log_head", "Newest seq of the site's log, as far as it was handed out", head);
}

fn people(registry: &mut Registry, sources: &[SourceCounts]) {
    let asked = Family::<OfSource, Counter>::default();
    for SourceCounts { site, answers, failures, skips } in sources {
        for (outcome, count) in [("answered", answers), ("failed", failures), ("skipped", skips)] {
            asked.get_or_create(&OfSource { site: site.clone(), outcome }).inc_by(*count);
        }
    }
    if !sources.is_empty() {
        registry.register(
            "people_asked",
            "Members for whom their site was asked; skipped: it had failed just before, or too many were waiting",
            asked,
        );
    }
}

/// Of this process, as Linux says it.
fn resident_bytes() -> Option<i64> {
    let statm = std::fs::read_to_string("/proc/self/statm").ok()?;
    statm.split(' ').nth(1)?.parse::<i64>().ok().map(|pages| pages * 4096)
}
