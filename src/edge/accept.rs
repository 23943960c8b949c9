//! Our own accept loop. hyper parses requests and writes answers; a poll that has to wait is taken out of hyper, so that it
//! waits with nothing but its socket: no buffer, no timer, no task of its own beyond the connection's.

use super::body::Body;
use super::browser::transport::events::Outlet;
use super::browser::transport::long_poll::Parked;
use super::crowd::{Crowd, Place};
use super::respond::{Responded, respond};
use super::socket::{Socket, Stream};
use super::tls::Tls;
use super::{Edge, Taken, error, http2};
use crate::actions::listen::Receipt;
use crate::chat::refusal::Refusal;
use crate::edge::reply::Form;
use http::{Request, Response};
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
use tokio_rustls::server::TlsStream;

/// A request's headers, and the first byte of a connection, must be there after this.
const HEADERS_WITHIN: Duration = Duration::from_secs(10);
/// After an answer of the stream, the next request of a connection must begin after this; after any other, as after the first
/// byte, within [`HEADERS_WITHIN`].
const IDLE_WITHIN: Duration = Duration::from_secs(60);
/// hyper's read buffer at most: a request line and headers of the sizes allowed, and what surrounds them.
const READ_BUFFER_MAX: usize = 96 * 1024;

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

/// Serves one connection, by the version of HTTP that it speaks.
async fn converse(edge: &Arc<Edge>, socket: TcpStream, peer: SocketAddr, place: &Place, shutdown: &Shutdown) {
    drop(socket.set_nodelay(true));
    let _counted = edge.meters.connected();
    let Some(tls) = &edge.tls else {
        return converse_in_turn(edge, Stream::new(Socket::Plain(socket)), peer, place, shutdown).await;
    };
    let Some(stream) = shake_hands(tls, socket).await else { return };
    if stream.get_ref().1.alpn_protocol() == Some(b"h2") {
        let stream = Stream::new(Socket::Tls(stream));
        return Box::pin(http2::serve(edge, stream, peer, place, shutdown)).await;
    }
    converse_in_turn(edge, Stream::new(Socket::Tls(stream)), peer, place, shutdown).await;
}

/// Whoever is told that TLS is spoken here has read it after this.
const TOLD_WITHIN: Duration = Duration::from_secs(1);

/// The first byte of a TLS handshake.
const HANDSHAKE: u8 = 0x16;

/// Shakes hands; whoever speaks HTTP without TLS is told.
async fn shake_hands(tls: &Tls, socket: TcpStream) -> Option<Box<TlsStream<TcpStream>>> {
    let mut first = [0; 1];
    let count = timeout(HEADERS_WITHIN, socket.peek(&mut first)).await.ok()?.ok()?;
    if count > 0 && first[0] != HANDSHAKE {
        let refusal = Refusal::BadRequest("this port speaks TLS: use https");
        let mut stream = Stream::new(Socket::Plain(socket));
        if stream.write_within(&error::reply(&refusal, &Form::Plain).into_bytes(false)).await {
            stream.finish().await;
            // What was sent is read, so that the answer is not lost to a reset.
            drop(timeout(TOLD_WITHIN, stream.ended()).await);
        }
        return None;
    }
    tls.accept(socket).await.map(Box::new)
}

/// HTTP/1.1: in turn requests through hyper, and polls by hand.
async fn converse_in_turn(edge: &Arc<Edge>, mut stream: Stream, peer: SocketAddr, place: &Place, shutdown: &Shutdown) {
    loop {
        // Boxed, so that the waiting below does not carry hyper's state.
        let Some((free, taken)) = Box::pin(serve_requests(edge, stream, peer, shutdown)).await else { return };
        stream = free;
        let parked = match taken {
            Taken::Poll(parked) => parked,
            Taken::Events(events) => return Box::pin(events.serve(&mut Outlet::Socket(&mut stream))).await,
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
    let service = service_fn(|request| Box::pin(respond_or_take(Arc::clone(edge), request, peer, Arc::clone(&slot))));
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

/// Answers, or leaves in `slot` what the connection is taken for.
async fn respond_or_take(
    edge: Arc<Edge>,
    request: Request<Incoming>,
    peer: SocketAddr,
    slot: Slot,
) -> Result<Response<Body>, Infallible> {
    match respond(&edge, request, peer, None).await {
        Responded::Answer(answer) => Ok(answer),
        Responded::Take(taken) => {
            *slot.lock().expect("no panic while held") = Some(taken);
            // The connection's task finds this and takes the socket; this never goes on.
            pending().await
        }
    }
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
