//! Our own accept loop. hyper parses requests and writes answers; a poll that has to wait is taken out of hyper, so that it
//! waits with nothing but its socket: no buffer, no timer, no task of its own beyond the connection's.

use super::browser::transport::long_poll::Parked;
use super::client_address::client_of;
use super::crowd::{Crowd, Place};
use super::socket::Stream;
use super::{Asked, Edge, Outcome, Taken, error, handle, rest, site};
use crate::actions::listen::Receipt;
use crate::chat::refusal::Refusal;
use crate::edge::reply::{Form, Reply};
use bytes::{Bytes, BytesMut};
use http::header::{CONNECTION, HOST};
use http::request::Parts;
use http::{Request, Response, Version};
use http_body_util::channel::Channel;
use http_body_util::{BodyExt, Either, Full};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use std::convert::Infallible;
use std::future::{Future, pending, poll_fn};
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::task::Poll;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, mpsc};
use tokio::time::timeout;

/// A request's headers, and the first byte of a connection, must be there after this.
const HEADERS_WITHIN: Duration = Duration::from_secs(10);
/// After an answer of the stream, the next request of a connection must begin after this; after any other, as after the first
/// byte, within [`HEADERS_WITHIN`].
const IDLE_WITHIN: Duration = Duration::from_secs(60);
/// A request's body must be there after this.
const BODY_WITHIN: Duration = Duration::from_secs(15);
/// hyper's read buffer at most: a request line and headers of the sizes allowed, and what surrounds them.
const READ_BUFFER_MAX: usize = 96 * 1024;
/// A form, in bytes.
const BODY_MAX: usize = 256 * 1024;
/// What of a body over the limit is read and thrown away, so that the refusal can be read and the connection used again.
const BODY_DISCARD_MAX: usize = 4 * 1024 * 1024;

/// Tells connections that the process is about to end.
#[derive(Default)]
pub struct Shutdown {
    begun: AtomicBool,
    notify: Notify,
}

impl Shutdown {
    /// From now on connections close when they have answered.
    pub fn begin(&self) {
        self.begun.store(true, Ordering::Release);
        self.notify.notify_waiters();
    }

    fn has_begun(&self) -> bool {
        self.begun.load(Ordering::Acquire)
    }

    /// Waits for `begin`.
    pub async fn wait(&self) {
        let mut notified = pin!(self.notify.notified());
        notified.as_mut().enable();
        if !self.has_begun() {
            notified.await;
        }
    }
}

/// Accepts until shutdown. `open` is held by every connection, so that the end of the last one can be waited for.
pub async fn serve(edge: Arc<Edge>, listener: TcpListener, shutdown: Arc<Shutdown>, open: mpsc::Sender<()>) {
    let crowd = Arc::new(Crowd::new(edge.connections_per_address, edge.descriptors));
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = shutdown.wait() => return,
        };
        match accepted {
            Ok((stream, peer)) => {
                let Ok(place) = crowd.enter(peer.ip()) else {
                    turn_away(&stream);
                    continue;
                };
                let (edge, shutdown, open) = (Arc::clone(&edge), Arc::clone(&shutdown), open.clone());
                tokio::spawn(async move {
                    converse(&edge, stream, peer, &place, &shutdown).await;
                    drop(open);
                });
            }
            Err(error) => {
                // Out of descriptors, most likely: connections that end make room.
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
    }
}

/// Says that there is no place, to whoever reads it.
fn turn_away(stream: &TcpStream) {
    let bytes = error::reply(&Refusal::TooManyConnections, &Form::Plain).into_bytes(false);
    drop(stream.try_write(&bytes));
}

/// Serves one connection: in turn requests through hyper, and polls by hand.
async fn converse(edge: &Arc<Edge>, socket: TcpStream, peer: SocketAddr, place: &Place, shutdown: &Shutdown) {
    drop(socket.set_nodelay(true));
    let mut stream = Stream::new(socket);
    loop {
        // Boxed, so that the waiting below does not carry hyper's state.
        let Some((free, taken)) = Box::pin(serve_requests(edge, stream, peer, shutdown)).await else { return };
        stream = free;
        let parked = match taken {
            Taken::Poll(parked) => parked,
            Taken::Events(events) => return Box::pin(events.serve(&mut stream)).await,
            Taken::Socket(upgrade) => return Box::pin(upgrade.serve(edge, &mut stream)).await,
        };
        let Some((receipt, keep_alive)) = answer_poll(edge, &mut stream, parked, shutdown).await else { return };
        if stream.has_ahead() {
            // A request that was sent before the answer was there says nothing of the answer.
            receipt.doubt();
        }
        if !keep_alive {
            stream.finish().await;
        }
        match next_request(&mut stream, place, shutdown).await {
            Next::Request if keep_alive => {}
            Next::Reset => return receipt.lost(),
            Next::Request | Next::End => return,
        }
    }
}

/// What follows an answer of the stream.
enum Next {
    /// Another request.
    Request,
    /// An ordinary end, or nothing for long.
    End,
    /// A reset: the other side went away without reading the answer.
    Reset,
}

/// Waits, without a buffer, for what comes after an answer. hyper takes a reset between requests for an ordinary end, and
/// the difference tells whether the answer was read.
async fn next_request(stream: &mut Stream, place: &Place, shutdown: &Shutdown) -> Next {
    if stream.has_ahead() {
        return Next::Request;
    }
    let peeked = tokio::select! {
        biased; // a request that is here already is answered, even while stopping
        peeked = timeout(IDLE_WITHIN, stream.peek()) => peeked,
        () = shutdown.wait() => return Next::End,
        () = place.is_wanted() => return Next::End,
    };
    match peeked {
        Ok(Ok(true)) => Next::Request,
        // The end may have been sent before the answer came; then a reset follows it at once.
        Ok(Ok(false)) if !stream.was_reset() => Next::End,
        Ok(Ok(false) | Err(_)) => Next::Reset,
        Err(_) => Next::End,
    }
}

/// Where a handler leaves what its connection is taken for.
type Slot = Arc<Mutex<Option<Taken>>>;

/// Lets hyper serve until the connection ends, or is taken.
async fn serve_requests(
    edge: &Arc<Edge>,
    stream: Stream,
    peer: SocketAddr,
    shutdown: &Shutdown,
) -> Option<(Stream, Taken)> {
    let slot = Slot::default();
    let service = service_fn(|request| Box::pin(respond(Arc::clone(edge), request, peer, Arc::clone(&slot))));
    let mut connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADERS_WITHIN)
        .max_buf_size(READ_BUFFER_MAX)
        .half_close(false)
        .serve_connection(TokioIo::new(stream), service);
    let mut closing = pin!(shutdown.wait());
    let mut is_closing = false;
    let outcome = poll_fn(|cx| {
        if !is_closing && closing.as_mut().poll(cx).is_ready() {
            is_closing = true;
            Pin::new(&mut connection).graceful_shutdown();
        }
        match connection.poll_without_shutdown(cx) {
            Poll::Ready(ended) => Poll::Ready(Err(ended)),
            Poll::Pending => match slot.lock().expect("no panic while held").take() {
                Some(taken) => Poll::Ready(Ok(taken)),
                None => Poll::Pending,
            },
        }
    })
    .await;
    match outcome {
        Ok(taken) => {
            let parts = connection.into_parts();
            let mut stream = parts.io.into_inner();
            stream.put_back(&parts.read_buf);
            Some((stream, taken))
        }
        Err(ended) => {
            if ended.is_ok() {
                connection.into_parts().io.into_inner().finish().await;
            }
            None
        }
    }
}

async fn respond(
    edge: Arc<Edge>,
    request: Request<Incoming>,
    peer: SocketAddr,
    slot: Slot,
) -> Result<Response<Body>, Infallible> {
    if rest::sync::over_http::is_for(&edge, &request) {
        return Ok(begin_sync(&edge, request, peer));
    }
    let asked = match read(&edge, request, peer).await {
        Ok(asked) => asked,
        Err((refusal, door)) => {
            let reply = match door {
                Door::Plugins(call) => site::unread(&call, &refusal),
                Door::Rest => rest::unread(refusal.clone()),
                Door::Browsers => error::reply(&refusal, &Form::Plain),
            };
            // Where one request ends and the next begins may be unclear now.
            let closes = !matches!(refusal, Refusal::TooLarge);
            return Ok(whole(if closes { reply.header(CONNECTION, "close") } else { reply }));
        }
    };
    if rest::export::is_for(&edge, &asked) {
        return Ok(match rest::export::begin(&edge, &asked).await {
            Ok((reply, lines)) => reply.into_response().map(|_| Either::Right(lines)),
            Err(reply) => whole(reply),
        });
    }
    match handle(&edge, &asked).await {
        Outcome::Reply(reply) => Ok(whole(reply)),
        Outcome::Take(taken) => {
            drop(asked);
            *slot.lock().expect("no panic while held") = Some(taken);
            // The connection's task finds this and takes the socket; this never goes on.
            pending().await
        }
    }
}

async fn read(edge: &Edge, request: Request<Incoming>, peer: SocketAddr) -> Result<Asked, (Refusal, Door)> {
    let (head, body) = request.into_parts();
    let path = edge.path_below(head.uri.path());
    let (door, most) = match site::Call::parse(path) {
        Some(call) => (Door::Plugins(call), site::BODY_MAX),
        None if rest::is_rest(path) => (Door::Rest, rest::BODY_MAX),
        None => (Door::Browsers, BODY_MAX),
    };
    let read = async {
        check_framing(&head)?;
        timeout(BODY_WITHIN, read_body(body, most)).await.map_err(|_| Refusal::TooSlow)?
    };
    let body = read.await.map_err(|refusal| (refusal, door))?;
    Ok(asked(edge, head, body, peer))
}

fn asked(edge: &Edge, head: Parts, body: Bytes, peer: SocketAddr) -> Asked {
    let connection = head.headers.get(CONNECTION).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let closes = connection.split(',').any(|word| word.trim().eq_ignore_ascii_case("close"));
    let keep_alive = head.version >= Version::HTTP_11 && !closes;
    let client = client_of(peer, &head.headers, &edge.proxies);
    Asked { method: head.method, uri: head.uri, headers: head.headers, body, peer, client, keep_alive }
}

/// Who is served at a path, and so how a refusal looks there.
enum Door {
    Plugins(site::Call),
    Rest,
    Browsers,
}

/// What answers have for a body: all of it, or what comes.
type Body = Either<Full<Bytes>, Channel<Bytes>>;

fn whole(reply: Reply) -> Response<Body> {
    reply.into_response().map(Either::Left)
}

/// A sync is answered while it arrives.
fn begin_sync(edge: &Arc<Edge>, request: Request<Incoming>, peer: SocketAddr) -> Response<Body> {
    let (head, body) = request.into_parts();
    if let Err(refusal) = check_framing(&head) {
        return whole(rest::unread(refusal).header(CONNECTION, "close"));
    }
    let asked = asked(edge, head, Bytes::new(), peer);
    match rest::sync::over_http::begin(edge, &asked, body) {
        Ok((reply, reports)) => reply.into_response().map(|_| Either::Right(reports)),
        Err(reply) => whole(reply.header(CONNECTION, "close")),
    }
}

/// Refuses what a proxy in front of us may understand in another way. (A length given in two ways ends the connection in hyper.)
fn check_framing(head: &Parts) -> Result<(), Refusal> {
    if head.version >= Version::HTTP_11 && head.headers.get_all(HOST).iter().count() != 1 {
        return Err(Refusal::BadRequest("it needs one Host header"));
    }
    Ok(())
}

async fn read_body(mut body: Incoming, most: usize) -> Result<Bytes, Refusal> {
    let mut bytes = BytesMut::new();
    let mut count = 0;
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|_| Refusal::BadRequest("its body is broken"))?;
        let Ok(data) = frame.into_data() else { continue };
        count += data.len();
        if count > BODY_DISCARD_MAX {
            break;
        }
        if count <= most {
            bytes.extend_from_slice(&data);
        }
    }
    if count > most { Err(Refusal::TooLarge) } else { Ok(bytes.freeze()) }
}

/// Waits for what a poll is to get, and writes it. `None` if the connection ended first; else whether it stays open.
async fn answer_poll(edge: &Edge, stream: &mut Stream, parked: Parked, shutdown: &Shutdown) -> Option<(Receipt, bool)> {
    let end = tokio::select! {
        biased;
        () = stream.ended() => return None,
        end = parked.listening.wait() => end,
    };
    let keep_alive = parked.keep_alive && !shutdown.has_begun();
    let bytes = parked.reply(edge, end)?.into_bytes(keep_alive);
    stream.write_within(&bytes).await.then(|| (parked.listening.written(), keep_alive))
}
