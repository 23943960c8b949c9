//! HTTP/1.1 as a client needs it here: a connection that owns no buffer while it waits, and answers read whole.

use std::cell::RefCell;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpSocket, TcpStream};

/// Bytes read at once.
const SCRATCH_BYTES: usize = 64 * 1024;
/// An answer that is longer is no answer.
const ANSWER_BYTES_MAX: usize = 64 * 1024 * 1024;
/// Connections from one address of this machine to one port.
const CONNECTIONS_PER_SOURCE: u32 = 14_000;

thread_local! {
    /// Read into by every connection of this thread, so that none needs its own while it waits.
    static SCRATCH: RefCell<Vec<u8>> = RefCell::new(vec![0; SCRATCH_BYTES]);
}

/// A connection to the server, and what was read and not yet used.
#[derive(Debug)]
pub struct Connection {
    stream: TcpStream,
    ahead: Vec<u8>,
}

/// An answer.
#[derive(Debug, PartialEq, Eq)]
pub struct Answer {
    /// Its status.
    pub status: u16,
    /// Its body.
    pub body: Vec<u8>,
    /// Whether the connection ends with it.
    pub closes: bool,
}

/// What a head says of what follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    /// The status.
    pub status: u16,
    /// Where the body begins.
    pub length: usize,
    /// The body's bytes, if they are counted.
    pub content_length: Option<usize>,
    /// Whether the body comes in chunks.
    pub chunked: bool,
    /// Whether the connection ends with it.
    pub closes: bool,
}

/// The address that the n-th connection of a client comes from: to a server on this machine each has room for some thousands.
pub fn source(to: SocketAddr, client: u32, nth: u32) -> Option<SocketAddr> {
    let local = matches!(to.ip(), IpAddr::V4(ip) if ip.is_loopback());
    let (third, fourth) = (client.checked_add(1)?, nth / CONNECTIONS_PER_SOURCE + 1);
    let (third, fourth) = (u8::try_from(third).ok()?, u8::try_from(fourth).ok()?);
    local.then(|| SocketAddr::from((Ipv4Addr::new(127, 1, third, fourth), 0)))
}

impl Connection {
    /// Connects.
    pub async fn open(to: SocketAddr, from: Option<SocketAddr>) -> io::Result<Self> {
        let socket = if to.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
        if let Some(from) = from {
            socket.bind(from)?;
        }
        let stream = socket.connect(to).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, ahead: Vec::new() })
    }

    /// Whether it is still open and silent: the server may have ended it while it was not used.
    pub fn is_fresh(&self) -> bool {
        let mut one = [0; 1];
        let quiet = matches!(self.stream.try_read(&mut one), Err(error) if error.kind() == io::ErrorKind::WouldBlock);
        quiet && self.ahead.is_empty()
    }

    /// Sends.
    pub async fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.write_all(bytes).await
    }

    /// Waits for bytes and adds them to those that are there.
    pub async fn read(&mut self) -> io::Result<()> {
        loop {
            self.stream.readable().await?;
            let read: io::Result<usize> = SCRATCH.with_borrow_mut(|scratch| {
                let count = self.stream.try_read(scratch)?;
                self.ahead.extend_from_slice(&scratch[..count]);
                Ok(count)
            });
            match read {
                Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
                Ok(_) if self.ahead.len() > ANSWER_BYTES_MAX => return Err(io::ErrorKind::FileTooLarge.into()),
                Ok(_) => return Ok(()),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// What was read and not yet used.
    pub fn ahead(&self) -> &[u8] {
        &self.ahead
    }

    /// The first `count` bytes are used. An empty buffer is given back: thousands of connections wait.
    pub fn used(&mut self, count: usize) {
        self.ahead.drain(..count);
        if self.ahead.is_empty() {
            self.ahead = Vec::new();
        }
    }

    /// Reads until there is a head.
    pub async fn head(&mut self) -> io::Result<Head> {
        loop {
            if let Some(head) = Head::parse(&self.ahead)? {
                return Ok(head);
            }
            self.read().await?;
        }
    }

    /// Reads an answer, all of it.
    pub async fn answer(&mut self) -> io::Result<Answer> {
        let head = self.head().await?;
        loop {
            if let Some((body, end)) = body(&head, &self.ahead)? {
                self.used(end);
                return Ok(Answer { status: head.status, body, closes: head.closes });
            }
            match self.read().await {
                Err(error) if error.kind() == io::ErrorKind::UnexpectedEof && head.lasts_until_the_end() => {
                    let body = self.ahead.split_off(head.length);
                    return Ok(Answer { status: head.status, body, closes: true });
                }
                read => read?,
            }
        }
    }

    /// Asks and reads the answer.
    pub async fn ask(&mut self, request: &[u8]) -> io::Result<Answer> {
        self.send(request).await?;
        self.answer().await
    }
}

impl Head {
    /// Reads a head, if it is all there.
    fn parse(bytes: &[u8]) -> io::Result<Option<Self>> {
        let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") else { return Ok(None) };
        let text = std::str::from_utf8(&bytes[..end]).map_err(|_| strange("a head that is not text"))?;
        let mut lines = text.split("\r\n");
        let first = lines.next().unwrap_or_default();
        let status = first.strip_prefix("HTTP/1.").and_then(|rest| rest.get(2..5)?.parse().ok());
        let status = status.ok_or_else(|| strange("no status"))?;
        let mut head = Self {
            status,
            length: end + 4,
            content_length: None,
            chunked: false,
            closes: first.starts_with("HTTP/1.0"),
        };
        for (name, value) in lines.filter_map(|line| line.split_once(':')) {
            let value = value.trim();
            if name.eq_ignore_ascii_case("content-length") {
                head.content_length = Some(value.parse().map_err(|_| strange("a strange length"))?);
            } else if name.eq_ignore_ascii_case("transfer-encoding") {
                head.chunked = value.eq_ignore_ascii_case("chunked");
            } else if name.eq_ignore_ascii_case("connection") {
                head.closes = value.eq_ignore_ascii_case("close");
            }
        }
        Ok(Some(head))
    }

    fn lasts_until_the_end(&self) -> bool {
        self.content_length.is_none() && !self.chunked
    }
}

/// The body and where it ends, if it is all there.
fn body(head: &Head, bytes: &[u8]) -> io::Result<Option<(Vec<u8>, usize)>> {
    if let Some(length) = head.content_length {
        let end = head.length.saturating_add(length);
        return Ok(bytes.get(head.length..end).map(|body| (body.to_vec(), end)));
    }
    if !head.chunked {
        // To the end of the connection, but for the answers that never have a body.
        return Ok(matches!(head.status, 100..=199 | 204 | 304).then_some((Vec::new(), head.length)));
    }
    let (mut whole, mut at) = (Vec::new(), head.length);
    loop {
        let Some((piece, end)) = chunk(bytes, at)? else { return Ok(None) };
        if piece.is_empty() {
            return Ok(Some((whole, end)));
        }
        whole.extend_from_slice(piece);
        at = end;
    }
}

/// The chunk that begins there, and where the next begins; the last one is empty.
pub fn chunk(bytes: &[u8], at: usize) -> io::Result<Option<(&[u8], usize)>> {
    let rest = bytes.get(at..).unwrap_or_default();
    let Some(line) = rest.windows(2).position(|window| window == b"\r\n") else { return Ok(None) };
    let digits = std::str::from_utf8(&rest[..line]).ok().and_then(|text| text.split(';').next());
    let size = digits.and_then(|text| usize::from_str_radix(text.trim(), 16).ok());
    let size = size.filter(|size| *size <= ANSWER_BYTES_MAX).ok_or_else(|| strange("a strange chunk"))?;
    let (start, end) = (at + line + 2, at + line + 2 + size);
    Ok(bytes.get(start..end + 2).map(|piece| (&piece[..size], end + 2)))
}

fn strange(what: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Option<(Vec<u8>, usize)> {
        let head = Head::parse(text.as_bytes()).expect("a head")?;
        body(&head, text.as_bytes()).expect("a body")
    }

    #[test]
    fn answers_are_read_whole() {
        let counted = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1";
        assert_eq!(read(counted), Some((b"ok".to_vec(), counted.len() - 8)));
        assert_eq!(read(&counted[..counted.len() - 9]), None);
        let chunked = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n1;x=y\r\n!\r\n0\r\n\r\n";
        assert_eq!(read(chunked), Some((b"ok!".to_vec(), chunked.len())));
        for cut in 1..chunked.len() {
            assert_eq!(read(&chunked[..cut]), None, "{cut}");
        }
        assert!(Head::parse(b"SSH-2.0\r\n\r\n").is_err());
    }

    #[test]
    fn many_connections_come_from_many_addresses() {
        let here = SocketAddr::from(([127, 0, 0, 1], 8000));
        assert_eq!(source(here, 0, 13_999).map(|from| from.to_string()), Some("127.1.1.1:0".into()));
        assert_eq!(source(here, 1, 14_000).map(|from| from.to_string()), Some("127.1.2.2:0".into()));
        assert_eq!(source(SocketAddr::from(([192, 0, 2, 1], 80)), 0, 0), None);
    }
}
