//! HTTP/2, for those who come by TLS. Requests of one connection are answered side by side, so no stream is taken out of hyper:
//! a poll waits here, and events are pieces of a body. Whether an answer was read cannot be seen here as on a socket of its own, so
//! only pages that acknowledge poll by HTTP/2; others are told to come by HTTP/1.1, and browsers do so by themselves.

use super::accept::Shutdown;
use super::body::Body;
use super::crowd::Place;
use super::respond::{Responded, respond};
use super::socket::Stream;
use super::{Edge, Taken};
use crate::clock::Clock;
use crate::edge::browser::transport::events::Outlet;
use crate::edge::reply::Reply;
use http::{Request, Response};
use hyper::body::Incoming;
use hyper::server::conn::http2;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::{Semaphore, mpsc};
use tokio::time::{interval, sleep, timeout};

/// Requests of one connection at a time.
const STREAMS_MAX: u32 = 100;
/// Bodies of one connection that are read at a time.
const BODIES_MAX: usize = 4;
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
/// The first bytes of HTTP/2 must be there after this.
const PREFACE_WITHIN: Duration = Duration::from_secs(10);
/// An answer must be taken after this, in milliseconds, however small the other side's window is.
const TAKEN_WITHIN_MS: u64 = 120_000;
/// How long a connection that takes no more requests may go on: one on which nothing happens, and one on which polls wait.
const LAST_WITHIN_IDLE: Duration = Duration::from_secs(5);
const LAST_WITHIN: Duration = Duration::from_secs(75);
/// Pieces of a stream of events that wait for the other side.
const PIECES_AHEAD: usize = 1;

/// What a connection is doing.
struct Doings {
    under_way: AtomicUsize,
    idle_since_ms: AtomicU64,
    /// Since when answers have been on their way out.
    going_out: Mutex<Vec<u64>>,
    bodies: Semaphore,
}

impl Doings {
    fn new(now_ms: u64) -> Self {
        Self {
            under_way: AtomicUsize::new(0),
            idle_since_ms: AtomicU64::new(now_ms),
            going_out: Mutex::default(),
            bodies: Semaphore::new(BODIES_MAX),
        }
    }

    fn is_idle(&self, now_ms: u64) -> bool {
        self.under_way.load(Ordering::Acquire) == 0 && now_ms >= self.idle_since_ms.load(Ordering::Acquire) + IDLE_MS
    }

    fn is_stuck(&self, now_ms: u64) -> bool {
        let going_out = self.going_out.lock().expect("no panic while held");
        going_out.iter().any(|since_ms| now_ms >= since_ms + TAKEN_WITHIN_MS)
    }
}

/// A request that is under way, until its answer is out or given up.
pub(super) struct UnderWay {
    doings: Arc<Doings>,
    clock: Clock,
    going_out_ms: Option<u64>,
}

impl UnderWay {
    fn new(doings: &Arc<Doings>, clock: Clock) -> Self {
        doings.under_way.fetch_add(1, Ordering::AcqRel);
        Self { doings: Arc::clone(doings), clock, going_out_ms: None }
    }

    /// Its answer is whole, and goes out from now on.
    fn goes_out(mut self) -> Self {
        let now_ms = self.clock.monotonic_ms();
        self.doings.going_out.lock().expect("no panic while held").push(now_ms);
        self.going_out_ms = Some(now_ms);
        self
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        if let Some(since_ms) = self.going_out_ms {
            let mut going_out = self.doings.going_out.lock().expect("no panic while held");
            if let Some(at) = going_out.iter().position(|known| *known == since_ms) {
                going_out.swap_remove(at);
            }
        }
        self.doings.idle_since_ms.store(self.clock.monotonic_ms(), Ordering::Release);
        self.doings.under_way.fetch_sub(1, Ordering::AcqRel);
    }
}

/// Why a connection takes no more requests.
enum Over {
    /// Nothing is under way.
    Idle,
    /// It is old, or the server stops: what is under way is finished.
    Last,
    /// It does not take its answers.
    Stuck,
}

/// Serves one connection until it ends.
pub(super) async fn serve(edge: &Arc<Edge>, mut stream: Stream, peer: SocketAddr, place: &Place, shutdown: &Shutdown) {
    // Before it has spoken hyper would wait for ever.
    if !matches!(timeout(PREFACE_WITHIN, stream.peek()).await, Ok(Ok(true))) {
        return;
    }
    let doings = Arc::new(Doings::new(edge.ctx.clock.monotonic_ms()));
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
    let over = tokio::select! {
        _ = connection.as_mut() => return,
        over = over(edge, &doings, place, shutdown) => over,
    };
    let last_within = match over {
        Over::Stuck => return,
        Over::Idle => LAST_WITHIN_IDLE,
        Over::Last => LAST_WITHIN,
    };
    connection.as_mut().graceful_shutdown();
    drop(timeout(last_within, connection).await);
}

/// Returns when a connection should take no more requests.
async fn over(edge: &Edge, doings: &Doings, place: &Place, shutdown: &Shutdown) -> Over {
    let looked_at = async {
        let mut looks = interval(LOOK_EVERY);
        loop {
            looks.tick().await;
            let now_ms = edge.ctx.clock.monotonic_ms();
            if doings.is_stuck(now_ms) {
                return Over::Stuck;
            }
            if doings.is_idle(now_ms) {
                return Over::Idle;
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
        over = looked_at => over,
        () = wanted => Over::Idle,
        () = sleep(AGE_MAX) => Over::Last,
        () = shutdown.wait() => Over::Last,
    }
}

async fn answer(
    edge: Arc<Edge>,
    request: Request<Incoming>,
    peer: SocketAddr,
    doings: Arc<Doings>,
) -> Result<Response<Body>, h2::Error> {
    let under_way = UnderWay::new(&doings, edge.ctx.clock);
    let mut response = match respond(&edge, request, peer, Some(&doings.bodies)).await {
        Responded::Answer(answer) => answer.map(|body| {
            // What is reported meanwhile may take as long as it takes.
            let held = if matches!(body, Body::Whole(_)) { under_way.goes_out() } else { under_way };
            body.with(held)
        }),
        Responded::Take(Taken::Poll(parked)) if parked.acknowledges => {
            let end = parked.listening.wait().await;
            let reply = parked.reply(&edge, end).unwrap_or_else(|| Reply::text(""));
            // What the page has of it, it says itself.
            parked.listening.written();
            reply.into_response().map(|body| Body::Whole(body).with(under_way.goes_out()))
        }
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
        Responded::Take(Taken::Poll(_) | Taken::Socket(_)) => return Err(h2::Reason::HTTP_1_1_REQUIRED.into()),
    };
    // It is about a connection of HTTP/1.1.
    response.headers_mut().remove(http::header::CONNECTION);
    Ok(response)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_that_are_not_taken_end_the_connection() {
        let clock = Clock::start();
        let doings = Arc::new(Doings::new(clock.monotonic_ms()));
        let waits = UnderWay::new(&doings, clock);
        let later = clock.monotonic_ms() + TAKEN_WITHIN_MS + 1_000;
        assert!(!doings.is_stuck(later) && !doings.is_idle(later), "a poll may wait");
        let out = waits.goes_out();
        assert!(doings.is_stuck(later) && !doings.is_stuck(clock.monotonic_ms()), "its answer may not");
        drop(out);
        assert!(!doings.is_stuck(later) && doings.is_idle(later));
    }
}
