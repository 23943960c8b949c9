//! A small HTTP/1.1 client over one socket, which keeps its connection and shows what really came. It understands answers
//! with a `Content-Length` and no others: a server that sends anything else fails the test.

use std::io::{Error, ErrorKind, Result};
use std::net::SocketAddr;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// Longer than any hold in these tests.
const ANSWER_WITHIN: Duration = Duration::from_secs(60);

/// A request.
#[derive(Debug, Clone)]
pub struct Ask {
    method: String,
    target: String,
    version: &'static str,
    headers: Vec<(String, String)>,
    body: Option<Vec<u8>>,
}

impl Ask {
    pub fn new(method: &str, target: &str) -> Self {
        let (method, target) = (method.into(), target.into());
        Self { method, target, version: "HTTP/1.1", headers: Vec::new(), body: None }
    }

    pub fn get(target: &str) -> Self {
        Self::new("GET", target)
    }

    pub fn post(target: &str, form: &str) -> Self {
        Self::new("POST", target).header("Content-Type", "application/x-www-form-urlencoded").body(form)
    }

    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.retain(|(known, _)| !known.eq_ignore_ascii_case(name));
        self.headers.push((name.into(), value.into()));
        self
    }

    pub fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = Some(body.into());
        self
    }

    pub fn version(mut self, version: &'static str) -> Self {
        self.version = version;
        self
    }

    pub fn bytes(&self, host: &str) -> Vec<u8> {
        let mut text = format!("{} {} {}\r\n", self.method, self.target, self.version);
        if !self.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("host")) {
            text += &format!("Host: {host}\r\n");
        }
        for (name, value) in &self.headers {
            text += &format!("{name}: {value}\r\n");
        }
        if let Some(body) = &self.body {
            text += &format!("Content-Length: {}\r\n", body.len());
        }
        let mut bytes = (text + "\r\n").into_bytes();
        bytes.extend(self.body.iter().flatten());
        bytes
    }
}

/// An answer.
#[derive(Debug, Clone)]
pub struct Answer {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    pub fn text(&self) -> String {
        String::from_utf8(self.body.clone()).expect("an answer is UTF-8")
    }

    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error} in {:?}", self.text()))
    }

    /// The argument of an answer that must be one call of `callback`, in ASCII.
    pub fn try_script(&self, callback: &str) -> std::result::Result<serde_json::Value, String> {
        let text = self.text();
        if self.status != 200 || self.header("content-type") != Some("application/javascript; charset=utf-8") {
            return Err(format!("not a script in a 200: {} {:?} {text}", self.status, self.headers));
        }
        let argument = text.strip_prefix(&format!("/**/{callback}(")).and_then(|rest| rest.strip_suffix(");"));
        let argument =
            argument.filter(|_| text.is_ascii()).ok_or_else(|| format!("not one call of {callback}: {text}"))?;
        serde_json::from_str(argument).map_err(|error| format!("{error} in {text}"))
    }

    pub fn script(&self, callback: &str) -> serde_json::Value {
        self.try_script(callback).unwrap_or_else(|wrong| panic!("{wrong}"))
    }

    /// The stable code of a refusal.
    pub fn code(&self) -> String {
        self.json()["code"].as_str().unwrap_or_default().to_owned()
    }
}

/// One connection.
pub struct Http {
    stream: TcpStream,
    host: String,
    ahead: Vec<u8>,
    /// How long an answer may take.
    pub within: Duration,
}

impl Http {
    pub async fn open(address: SocketAddr) -> Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, host: address.to_string(), ahead: Vec::new(), within: ANSWER_WITHIN })
    }

    pub async fn ask(&mut self, ask: &Ask) -> Result<Answer> {
        self.send(ask).await?;
        self.answer().await
    }

    pub async fn send(&mut self, ask: &Ask) -> Result<()> {
        let bytes = ask.bytes(&self.host);
        self.send_bytes(&bytes).await
    }

    pub async fn send_bytes(&mut self, bytes: &[u8]) -> Result<()> {
        self.stream.write_all(bytes).await
    }

    /// Reads one answer.
    pub async fn answer(&mut self) -> Result<Answer> {
        timeout(self.within, self.read()).await.unwrap_or_else(|_| Err(ErrorKind::TimedOut.into()))
    }

    /// Whether the server has closed, and sent nothing more before.
    pub async fn is_closed(&mut self) -> bool {
        self.ahead.is_empty() && !matches!(timeout(ANSWER_WITHIN, self.stream.read(&mut [0])).await, Ok(Ok(1)) | Err(_))
    }

    /// Whether nothing has come within the time.
    pub async fn is_silent_for(&mut self, time: Duration) -> bool {
        self.ahead.is_empty() && timeout(time, self.stream.readable()).await.is_err()
    }

    /// Waits until something has come, without reading it.
    pub async fn arrived(&self) {
        timeout(ANSWER_WITHIN, self.stream.readable()).await.expect("something arrives").expect("a live socket");
    }

    async fn read(&mut self) -> Result<Answer> {
        let mut answer = self.head().await?;
        let length = answer.header("content-length").and_then(|length| length.parse::<usize>().ok());
        // These have no body, whatever they say.
        let length = length.or(matches!(answer.status, 204 | 304).then_some(0));
        let length =
            length.ok_or_else(|| Error::other(format!("an answer without Content-Length: {:?}", answer.headers)))?;
        answer.body = self.ahead(length).await?[..length].to_vec();
        self.take(length);
        Ok(answer)
    }

    /// The head of an answer, of which nothing more is taken.
    pub async fn head(&mut self) -> Result<Answer> {
        let end = loop {
            if let Some(end) = self.ahead.windows(4).position(|four| four == b"\r\n\r\n") {
                break end;
            }
            self.more().await?;
        };
        let head = String::from_utf8_lossy(&self.ahead[..end]).into_owned();
        self.take(end + 4);
        let mut lines = head.split("\r\n");
        let status = lines.next().and_then(|line| line.split(' ').nth(1)).and_then(|status| status.parse().ok());
        let headers: Vec<(String, String)> = lines
            .filter_map(|line| line.split_once(':'))
            .map(|(name, value)| (name.to_owned(), value.trim().to_owned()))
            .collect();
        Ok(Answer { status: status.ok_or(ErrorKind::InvalidData)?, headers, body: Vec::new() })
    }

    /// The next line, without its end. May be dropped while it waits.
    pub async fn line(&mut self) -> Result<String> {
        loop {
            if let Some(end) = self.ahead.iter().position(|byte| *byte == b'\n') {
                let line = String::from_utf8(self.ahead[..end].to_vec()).map_err(Error::other)?;
                self.take(end + 1);
                return Ok(line);
            }
            self.more().await?;
        }
    }

    /// At least so many bytes, which stay there. May be dropped while it waits.
    pub async fn ahead(&mut self, count: usize) -> Result<&[u8]> {
        while self.ahead.len() < count {
            self.more().await?;
        }
        Ok(&self.ahead)
    }

    /// Takes so many bytes that are there.
    pub fn take(&mut self, count: usize) {
        self.ahead.drain(..count);
    }

    async fn more(&mut self) -> Result<()> {
        let mut bytes = [0; 16 * 1024];
        match self.stream.read(&mut bytes).await? {
            0 => Err(ErrorKind::UnexpectedEof.into()),
            count => {
                self.ahead.extend_from_slice(&bytes[..count]);
                Ok(())
            }
        }
    }
}
