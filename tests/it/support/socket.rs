//! A WebSocket client that shows every frame and can send any bytes.

use super::http::{Ask, Http};
use std::io::{Error, ErrorKind, Result};
use std::net::SocketAddr;
use std::time::Duration;
use tokio::time::timeout;

/// The example of RFC 6455 and what it is accepted with.
const KEY: (&str, &str) = ("dGhlIHNhbXBsZSBub25jZQ==", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
const MASK: [u8; 4] = [7, 77, 177, 250];
/// Longer than the server waits for anything.
const FRAME_WITHIN: Duration = Duration::from_secs(60);

/// What the server sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Frame {
    Text(String),
    Ping(Vec<u8>),
    Pong(Vec<u8>),
    /// Code and reason.
    Close(u16, String),
}

impl Frame {
    /// A text that must be JSON.
    #[track_caller]
    pub fn json(&self) -> serde_json::Value {
        let Self::Text(text) = self else { panic!("not a text: {self:?}") };
        serde_json::from_str(text).unwrap_or_else(|error| panic!("{error} in {text}"))
    }
}

/// An open WebSocket.
pub struct Socket(Http);

impl Socket {
    /// The request that opens one.
    pub fn ask() -> Ask {
        Ask::get("/websocket")
            .header("Connection", "keep-alive, Upgrade")
            .header("Upgrade", "websocket")
            .header("Sec-WebSocket-Version", "13")
            .header("Sec-WebSocket-Key", KEY.0)
    }

    pub async fn open(address: SocketAddr) -> Result<Self> {
        Self::open_by(address, &Self::ask()).await
    }

    /// Opens one by a request that says more.
    pub async fn open_by(address: SocketAddr, ask: &Ask) -> Result<Self> {
        let mut http = Http::open(address).await?;
        http.send(ask).await?;
        let head = timeout(FRAME_WITHIN, http.head()).await??;
        let headers = ["connection", "upgrade", "sec-websocket-accept"].map(|name| head.header(name));
        if (head.status, headers) != (101, [Some("upgrade"), Some("websocket"), Some(KEY.1)]) {
            return Err(Error::other(format!("not a WebSocket: {head:?}")));
        }
        Ok(Self(http))
    }

    /// Opens one and says whose stream it is.
    pub async fn subscribed(address: SocketAddr, first: &str) -> Self {
        let mut socket = Self::open(address).await.expect("a WebSocket");
        socket.text(first).await.expect("sent");
        socket
    }

    pub async fn text(&mut self, text: &str) -> Result<()> {
        self.bytes(&frame(0x81, text.as_bytes())).await
    }

    pub async fn bytes(&mut self, bytes: &[u8]) -> Result<()> {
        self.0.send_bytes(bytes).await
    }

    /// The next frame, or an error when the connection ends. May be dropped while it waits.
    pub async fn next(&mut self) -> Result<Frame> {
        timeout(FRAME_WITHIN, self.read()).await.unwrap_or_else(|_| Err(ErrorKind::TimedOut.into()))
    }

    /// The next text; pings on the way are answered.
    pub async fn next_json(&mut self) -> serde_json::Value {
        loop {
            match self.next().await.expect("a frame") {
                Frame::Ping(bytes) => self.bytes(&frame(0x8a, &bytes)).await.expect("sent"),
                text => return text.json(),
            }
        }
    }

    /// Waits for the server's goodbye: its code and word.
    pub async fn goodbye(&mut self) -> (u16, String) {
        loop {
            if let Frame::Close(code, reason) = self.next().await.expect("a goodbye before the end") {
                let reason: serde_json::Value = serde_json::from_str(&reason).unwrap_or_default();
                return (code, reason["code"].as_str().unwrap_or_default().to_owned());
            }
        }
    }

    async fn read(&mut self) -> Result<Frame> {
        let head = self.0.ahead(2).await?;
        let (first, short) = (head[0], head[1]);
        let (start, length) = match short {
            126 => (4, u64::from(u16::from_be_bytes(self.0.ahead(4).await?[2..4].try_into().expect("two")))),
            127 => (10, u64::from_be_bytes(self.0.ahead(10).await?[2..10].try_into().expect("eight"))),
            short => (2, u64::from(short)),
        };
        let end = start + usize::try_from(length).map_err(|_| ErrorKind::InvalidData)?;
        let payload = self.0.ahead(end).await?[start..end].to_vec();
        self.0.take(end);
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).map_err(Error::other);
        match first {
            0x81 => Ok(Frame::Text(text(&payload)?)),
            0x89 => Ok(Frame::Ping(payload)),
            0x8a => Ok(Frame::Pong(payload)),
            0x88 if payload.len() >= 2 => {
                Ok(Frame::Close(u16::from_be_bytes([payload[0], payload[1]]), text(&payload[2..])?))
            }
            0x88 => Ok(Frame::Close(1005, String::new())),
            other => Err(Error::other(format!("a frame that begins {other:#04x}"))),
        }
    }
}

/// A frame as a client sends it, whatever its first byte says.
pub fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut bytes = vec![first];
    match payload.len() {
        short @ 0..=125 => bytes.push(0x80 | u8::try_from(short).expect("short")),
        middle @ 126..=65_535 => {
            bytes.push(0x80 | 126);
            bytes.extend(u16::try_from(middle).expect("middle").to_be_bytes());
        }
        long => {
            bytes.push(0x80 | 127);
            bytes.extend((long as u64).to_be_bytes());
        }
    }
    bytes.extend(MASK);
    bytes.extend(payload.iter().zip(MASK.iter().cycle()).map(|(byte, mask)| byte ^ mask));
    bytes
}
