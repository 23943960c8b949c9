//! One connection of the proxy.

use super::faults::End;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// How long a connection of which the other side is to learn nothing stays open.
const KEPT: Duration = Duration::from_secs(3);

/// See the module.
pub(super) struct Leg {
    pub(super) stream: TcpStream,
    bytes: Vec<u8>,
}

impl Leg {
    pub(super) fn new(stream: TcpStream) -> Self {
        drop(stream.set_nodelay(true));
        Self { stream, bytes: Vec::new() }
    }

    pub(super) async fn connect(address: SocketAddr) -> io::Result<Self> {
        TcpStream::connect(address).await.map(Self::new)
    }

    pub(super) async fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.write_all(bytes).await
    }

    pub(super) async fn dribble(&mut self, bytes: &[u8]) -> io::Result<()> {
        for byte in bytes.chunks(1) {
            self.stream.write_all(byte).await?;
        }
        Ok(())
    }

    /// A whole request or answer, head and body; `None` if the connection ends before one begins. May be dropped while it
    /// waits.
    pub(super) async fn message(&mut self) -> io::Result<Option<Vec<u8>>> {
        self.message_within(usize::MAX).await
    }

    /// The same, but not more than so many bytes of it are taken from the socket.
    pub(super) async fn message_within(&mut self, most: usize) -> io::Result<Option<Vec<u8>>> {
        loop {
            if let Some(end) = whole(&self.bytes) {
                let rest = self.bytes.split_off(end);
                return Ok(Some(std::mem::replace(&mut self.bytes, rest)));
            }
            let room = most.saturating_sub(self.bytes.len()).min(16 * 1024);
            if room == 0 {
                return Err(io::ErrorKind::WouldBlock.into());
            }
            let mut buffer = vec![0; room];
            match self.stream.read(&mut buffer).await? {
                0 if self.bytes.is_empty() => return Ok(None),
                0 => return Err(io::ErrorKind::UnexpectedEof.into()),
                count => self.bytes.extend_from_slice(&buffer[..count]),
            }
        }
    }

    /// What has come of a message so far, also what is still in the socket and stays there.
    pub(super) async fn seen(&self) -> Vec<u8> {
        let mut rest = vec![0; 64 * 1024];
        let count = timeout(Duration::from_millis(1), self.stream.peek(&mut rest)).await;
        let count = count.ok().and_then(Result::ok).unwrap_or(0);
        [&self.bytes[..], &rest[..count]].concat()
    }

    /// Waits until the other side is gone.
    pub(super) async fn gone(&self) {
        match self.stream.peek(&mut [0]).await {
            Ok(0) | Err(_) => {}
            // It sends ahead: then it is there.
            Ok(_) => std::future::pending().await,
        }
    }

    pub(super) async fn half_close(&mut self) -> io::Result<()> {
        self.stream.shutdown().await
    }

    pub(super) async fn end(mut self, how: End) {
        match how {
            End::Rst => drop(self.stream.set_zero_linger()),
            End::Fin => drop(self.stream.shutdown().await),
            End::Kept => drop(tokio::spawn(async move {
                tokio::time::sleep(KEPT).await;
                drop(self);
            })),
        }
    }
}

/// Where a whole message ends.
fn whole(bytes: &[u8]) -> Option<usize> {
    let head = bytes.windows(4).position(|four| four == b"\r\n\r\n")? + 4;
    let text = String::from_utf8_lossy(&bytes[..head]).to_ascii_lowercase();
    let length = text.split("\r\ncontent-length:").nth(1).and_then(|rest| rest.split("\r\n").next());
    let length: usize = length.map_or(0, |length| length.trim().parse().unwrap_or(0));
    (bytes.len() >= head + length).then_some(head + length)
}
