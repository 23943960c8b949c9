//! A connection's socket outside hyper: bytes that were read already, and deadlines on what the other side does not take.

use bytes::BytesMut;
use std::future::{Future, poll_fn};
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Sleep, sleep, timeout};
use tokio_rustls::server::TlsStream;

/// Each piece of what is written must be taken after this: slow is not the same as gone, but it ends.
const WRITE_WITHIN: Duration = Duration::from_secs(20);
/// Such a piece, in bytes.
const WRITE_PIECE: usize = 64 * 1024;
/// Bytes that may arrive while a poll waits (a next request sent ahead).
const AHEAD_MAX: usize = 32 * 1024;

/// What a connection goes over.
pub enum Socket {
    /// TCP.
    Plain(TcpStream),
    /// TLS over it.
    Tls(Box<TlsStream<TcpStream>>),
}

/// Calls the same of both.
macro_rules! each {
    ($socket:expr, $stream:ident => $call:expr) => {
        match $socket {
            Socket::Plain($stream) => {
                let $stream = Pin::new($stream);
                $call
            }
            Socket::Tls($stream) => {
                let $stream = Pin::new(&mut **$stream);
                $call
            }
        }
    };
}

/// A socket, and bytes of it that were read already.
pub struct Stream {
    socket: Socket,
    ahead: BytesMut,
    /// Runs while a write of hyper's waits for the other side, and what was taken since.
    stalled: Option<(Pin<Box<Sleep>>, usize)>,
}

impl Stream {
    /// A fresh connection.
    pub fn new(socket: Socket) -> Self {
        Self { socket, ahead: BytesMut::new(), stalled: None }
    }

    /// Puts back what was read from it and belongs to a later request.
    pub fn put_back(&mut self, read: &[u8]) {
        let ahead = std::mem::replace(&mut self.ahead, BytesMut::from(read));
        self.ahead.extend_from_slice(&ahead);
        self.stalled = None;
    }

    /// Whether bytes of a next request are here.
    pub fn has_ahead(&self) -> bool {
        !self.ahead.is_empty()
    }

    /// Waits for a next byte and keeps it for later. `Ok(false)` for an end.
    pub async fn peek(&mut self) -> io::Result<bool> {
        if self.has_ahead() {
            return Ok(true);
        }
        poll_fn(|cx| self.poll_more(cx)).await.map(|count| count > 0)
    }

    /// An error that the socket has kept, which tells a reset from an ordinary end.
    pub fn was_reset(&self) -> bool {
        let socket = match &self.socket {
            Socket::Plain(socket) => socket,
            Socket::Tls(socket) => socket.get_ref().0,
        };
        !matches!(socket.take_error(), Ok(None))
    }

    /// Writes everything; whether the other side took it in time.
    pub async fn write_within(&mut self, bytes: &[u8]) -> bool {
        for piece in bytes.chunks(WRITE_PIECE) {
            let written = async {
                self.write_socket(piece).await?;
                poll_fn(|cx| each!(&mut self.socket, socket => socket.poll_flush(cx))).await
            };
            if !matches!(timeout(WRITE_WITHIN, written).await, Ok(Ok(()))) {
                return false;
            }
        }
        true
    }

    /// Says that nothing more will be written.
    pub async fn finish(&mut self) {
        drop(poll_fn(|cx| each!(&mut self.socket, socket => socket.poll_shutdown(cx))).await);
    }

    async fn write_socket(&mut self, mut bytes: &[u8]) -> io::Result<()> {
        while !bytes.is_empty() {
            let count = poll_fn(|cx| each!(&mut self.socket, socket => socket.poll_write(cx, bytes))).await?;
            if count == 0 {
                return Err(io::ErrorKind::WriteZero.into());
            }
            bytes = &bytes[count..];
        }
        Ok(())
    }

    /// Waits for bytes and gives them to `take`; whether there are more to come. May be dropped while it waits.
    pub async fn receive(&mut self, take: impl FnOnce(&[u8])) -> bool {
        while self.ahead.is_empty() {
            if !self.read_more().await {
                return false;
            }
        }
        take(&std::mem::take(&mut self.ahead));
        true
    }

    /// Returns when the other side has closed, or sends far ahead. A request sent ahead is kept for later.
    pub async fn ended(&mut self) {
        while self.read_more().await && self.ahead.len() <= AHEAD_MAX {}
    }

    /// Waits until there may be something to read, and reads it. Whether there may be more.
    async fn read_more(&mut self) -> bool {
        poll_fn(|cx| self.poll_more(cx)).await.is_ok_and(|count| count > 0)
    }

    /// The buffer lives while this looks, and not while the connection waits.
    fn poll_more(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        let mut bytes = [0; 4096];
        let mut buffer = ReadBuf::new(&mut bytes);
        ready!(each!(&mut self.socket, socket => socket.poll_read(cx, &mut buffer)))?;
        self.ahead.extend_from_slice(buffer.filled());
        Poll::Ready(Ok(buffer.filled().len()))
    }

    /// Counts the time in which the other side takes less than a piece.
    fn watch(&mut self, cx: &mut Context<'_>, outcome: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        if let Poll::Ready(Ok(count)) = outcome {
            self.stalled = self.stalled.take().map(|(end, taken)| (end, taken + count));
            self.stalled.take_if(|(_, taken)| *taken >= WRITE_PIECE);
            return outcome;
        }
        let (end, _) = self.stalled.get_or_insert_with(|| (Box::pin(sleep(WRITE_WITHIN)), 0));
        ready!(end.as_mut().poll(cx));
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }
}

impl AsyncRead for Stream {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if self.ahead.is_empty() {
            let before = buffer.filled().len();
            let outcome = each!(&mut self.socket, socket => socket.poll_read(cx, buffer));
            if buffer.filled().len() > before {
                self.stalled = None; // a next request: the answer before was taken
            }
            return outcome;
        }
        let count = buffer.remaining().min(self.ahead.len());
        buffer.put_slice(&self.ahead.split_to(count));
        if self.ahead.is_empty() {
            self.ahead = BytesMut::new();
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Stream {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let outcome = each!(&mut self.socket, socket => socket.poll_write(cx, bytes));
        self.watch(cx, outcome)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let outcome = each!(&mut self.socket, socket => socket.poll_write_vectored(cx, parts));
        self.watch(cx, outcome)
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        each!(&mut self.socket, socket => socket.poll_flush(cx))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        each!(&mut self.socket, socket => socket.poll_shutdown(cx))
    }
}
