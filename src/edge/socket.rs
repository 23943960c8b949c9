//! A connection's socket outside hyper: bytes that were read already, and deadlines on what the other side does not take.

use bytes::BytesMut;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Sleep, sleep, timeout};

/// Each piece of what is written must be taken after this: slow is not the same as gone, but it ends.
const WRITE_WITHIN: Duration = Duration::from_secs(20);
/// Such a piece, in bytes.
const WRITE_PIECE: usize = 64 * 1024;
/// Bytes that may arrive while a poll waits (a next request sent ahead).
const AHEAD_MAX: usize = 32 * 1024;

/// A socket, and bytes of it that were read already.
pub struct Stream {
    socket: TcpStream,
    ahead: BytesMut,
    /// Runs while a write of hyper's waits for the other side, and what was taken since.
    stalled: Option<(Pin<Box<Sleep>>, usize)>,
}

impl Stream {
    /// A fresh connection.
    pub fn new(socket: TcpStream) -> Self {
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

    /// Waits for a next byte and leaves it there. `Ok(false)` for an end.
    pub async fn peek(&self) -> io::Result<bool> {
        self.socket.peek(&mut [0; 1]).await.map(|count| count > 0)
    }

    /// An error that the socket has kept, which tells a reset from an ordinary end.
    pub fn was_reset(&self) -> bool {
        !matches!(self.socket.take_error(), Ok(None))
    }

    /// Writes everything; whether the other side took it in time.
    pub async fn write_within(&mut self, bytes: &[u8]) -> bool {
        for piece in bytes.chunks(WRITE_PIECE) {
            if !matches!(timeout(WRITE_WITHIN, self.socket.write_all(piece)).await, Ok(Ok(()))) {
                return false;
            }
        }
        true
    }

    /// Says that nothing more will be written.
    pub async fn finish(&mut self) {
        drop(self.socket.shutdown().await);
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
        if self.socket.readable().await.is_err() {
            return false;
        }
        match self.read_ahead() {
            Err(error) => error.kind() == io::ErrorKind::WouldBlock,
            Ok(count) => count > 0,
        }
    }

    /// Apart, so that a waiting connection does not carry the buffer.
    fn read_ahead(&mut self) -> io::Result<usize> {
        let mut bytes = [0; 4096];
        let count = self.socket.try_read(&mut bytes)?;
        self.ahead.extend_from_slice(&bytes[..count]);
        Ok(count)
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
            let outcome = Pin::new(&mut self.socket).poll_read(cx, buffer);
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
        let outcome = Pin::new(&mut self.socket).poll_write(cx, bytes);
        self.watch(cx, outcome)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let outcome = Pin::new(&mut self.socket).poll_write_vectored(cx, parts);
        self.watch(cx, outcome)
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_shutdown(cx)
    }
}
