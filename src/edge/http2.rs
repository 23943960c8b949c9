//! HTTP/2, for those who come by TLS. Requests of one connection are answered side by side, so no stream is taken out of hyper:
//! a poll waits here, and events are pieces of a body.

use super::accept::Shutdown;
use super::body::Body;
use super::crowd::Place;
use super::respond::{Responded, respond};
use super::socket::Stream;
use super::{Edge, Taken};
use crate::actions::listen::Receipt;
use crate::chat::refusal::Refusal;
use crate::edge::browser::transport::events::Outlet;
use crate::edge::browser::transport::long_poll::Parked;
use crate::edge::error;
use crate::edge::reply::{Form, Reply};
use http::{Request, Response};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::server::conn::http2;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use std::collections::VecDeque;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::{interval, sleep};

/// Requests of one connection at a time.
const STREAMS_MAX: u32 = 200;
/// All headers of a request, in bytes, as HTTP/2 counts them.
const HEADER_LIST_MAX: u32 = 64 * 1024;
/// Streams that were reset before anybody looked at them: more is an attack.
const PENDING_RESETS_MAX: usize = 20;
/// How often the other side is asked whether it is there, and how soon it must say so.
const PING_EVERY: Duration = Duration::from_secs(60);
const PONG_WITHIN: Duration = Duration::from_secs(20);
/// A connection on which nothing is under way ends after this, in milliseconds.
const IDLE_MS: u64 = 60_000;
/// How often that is looked at.
const LOOK_EVERY: Duration = Duration::from_secs(5);
/// A connection takes no new requests after this.
const AGE_MAX: Duration = Duration::from_secs(3_600);
/// Answers of polls whose fate is not known yet, of one connection.
const RECEIPTS_MAX: usize = 64;
/// Pieces of a stream of events that wait for the other side.
const PIECES_AHEAD: usize = 1;

/// What a connection is doing.
#[derive(Default)]
struct Doings {
    under_way: AtomicUsize,
    idle_since_ms: AtomicU64,
    receipts: Mutex<VecDeque<Receipt>>,
}

impl Doings {
    fn keep(&self, receipt: Receipt) {
        let mut receipts = self.receipts.lock().expect("no panic while held");
        receipts.truncate(RECEIPTS_MAX - 1);
        receipts.push_front(receipt);
    }

    /// The connection broke: what was handed over last may not have arrived.
    fn lose(&self) {
        let receipts = std::mem::take(&mut *self.receipts.lock().expect("no panic while held"));
        receipts.into_iter().for_each(Receipt::lost);
    }

    fn is_idle(&self, now_ms: u64) -> bool {
        self.under_way.load(Ordering::Acquire) == 0 && now_ms >= self.idle_since_ms.load(Ordering::Acquire) + IDLE_MS
    }
}

/// A request that is under way.
struct UnderWay(Arc<Doings>, Arc<Edge>);

impl UnderWay {
    fn new(doings: &Arc<Doings>, edge: &Arc<Edge>) -> Self {
        doings.under_way.fetch_add(1, Ordering::AcqRel);
        Self(Arc::clone(doings), Arc::clone(edge))
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.idle_since_ms.store(self.1.ctx.clock.monotonic_ms(), Ordering::Release);
        self.0.under_way.fetch_sub(1, Ordering::AcqRel);
    }
}

/// Serves one connection until it ends.
pub(super) async fn serve(edge: &Arc<Edge>, stream: Stream, peer: SocketAddr, place: &Place, shutdown: &Shutdown) {
    let doings = Arc::new(Doings::default());
    doings.idle_since_ms.store(edge.ctx.clock.monotonic_ms(), Ordering::Release);
    let service = service_fn(|request| Box::pin(answer(Arc::clone(edge), request, peer, Arc::clone(&doings))));
    let connection = http2::Builder::new(TokioExecutor::new())
        .timer(TokioTimer::new())
        .max_concurrent_streams(STREAMS_MAX)
        .max_header_list_size(HEADER_LIST_MAX)
        .max_pending_accept_reset_streams(PENDING_RESETS_MAX)
        .keep_alive_interval(PING_EVERY)
        .keep_alive_timeout(PONG_WITHIN)
        .serve_connection(TokioIo::new(stream), service);
    let mut connection = pin!(connection);
    let mut is_over = pin!(over(edge, &doings, place, shutdown));
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = is_over.as_mut() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if ended.is_err() {
        doings.lose();
    }
}

/// Returns when a connection should take no more requests.
async fn over(edge: &Edge, doings: &Doings, place: &Place, shutdown: &Shutdown) {
    let idle = async {
        let mut looks = interval(LOOK_EVERY);
        loop {
            looks.tick().await;
            if doings.is_idle(edge.ctx.clock.monotonic_ms()) {
                return;
            }
        }
    };
    let wanted = async {
        loop {
            place.is_wanted().await;
            if doings.under_way.load(Ordering::Acquire) == 0 {
                return;
            }
            sleep(LOOK_EVERY).await;
        }
    };
    tokio::select! {
        () = idle => {}
        () = wanted => {}
        () = sleep(AGE_MAX) => {}
        () = shutdown.wait() => {}
    }
}

async fn answer(
    edge: Arc<Edge>,
    request: Request<Incoming>,
    peer: SocketAddr,
    doings: Arc<Doings>,
) -> Result<Response<Body>, Infallible> {
    let under_way = UnderWay::new(&doings, &edge);
    let mut response = match respond(&edge, request, peer).await {
        Responded::Answer(answer) => answer,
        Responded::Take(Taken::Poll(parked)) => answer_poll(&edge, parked, doings, under_way).await,
        Responded::Take(Taken::Events(events)) => {
            let (put, pieces) = mpsc::channel(PIECES_AHEAD);
            let head = events.head().into_response();
            tokio::spawn(async move {
                let _under_way = under_way;
                events.carry(&mut Outlet::Pieces(put)).await;
            });
            head.map(|_| Body::Stream(pieces))
        }
        // Browsers open a connection of its own for a WebSocket, by HTTP/1.1.
        Responded::Take(Taken::Socket(_)) => {
            let refusal = Refusal::BadRequest("a WebSocket is opened by HTTP/1.1");
            whole(error::reply(&refusal, &Form::Plain))
        }
    };
    // It is about a connection of HTTP/1.1.
    response.headers_mut().remove(http::header::CONNECTION);
    Ok(response)
}

fn whole(reply: Reply) -> Response<Body> {
    reply.into_response().map(Body::Whole)
}

/// Waits for what a poll is to get. A stream that is reset drops this, and with it the poll.
async fn answer_poll(edge: &Edge, parked: Parked, doings: Arc<Doings>, under_way: UnderWay) -> Response<Body> {
    let end = parked.listening.wait().await;
    let Some(reply) = parked.reply(edge, end) else { return whole(Reply::text("")) };
    reply.into_response().map(|body: Full<bytes::Bytes>| {
        let bytes = body.into_inner();
        let follow = Box::new(move || {
            doings.keep(parked.listening.written());
            drop(under_way);
        });
        Body::Told(bytes, Some(follow))
    })
}
