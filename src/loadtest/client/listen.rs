//! A member listens: by long polls, as scripts too, or by server-sent events. WebSockets are in `socket`.

use super::http::{Connection, chunk};
use super::request::quoted;
use super::world::{Member, World};
use serde_json::Value;
use std::io;
use std::time::Duration;
use tokio::time::timeout;

/// A poll that is not answered after this is a broken connection: servers hold them for half a minute.
const POLL_WITHIN: Duration = Duration::from_secs(120);

/// Where a page listens, as `online` said.
pub struct Place {
    /// Host and port, for the `Host` header.
    pub authority: String,
    /// The path.
    pub path: String,
    /// What the page says: the site and its ticket.
    pub query: String,
}

/// Why a member stopped listening.
#[derive(Debug)]
pub enum Ended {
    /// The connection broke.
    Broken(io::Error),
    /// The ticket is not live any more: `online` again.
    Dead,
}

impl From<io::Error> for Ended {
    fn from(error: io::Error) -> Self {
        Self::Broken(error)
    }
}

impl Place {
    /// A request for it, with more headers.
    pub fn request(&self, more: &str, headers: &str) -> Vec<u8> {
        let Self { authority, path, query } = self;
        format!("GET {path}?{query}{more} HTTP/1.1\r\nHost: {authority}\r\n{headers}\r\n").into_bytes()
    }
}

/// Site and ticket as a query.
pub fn query(domain: &str, ticket: &str) -> String {
    format!("domain={}&ticket={}", quoted(domain), quoted(ticket))
}

/// Polls, one after the other on one connection where the server allows it.
pub async fn polls(world: &World, member: &Member, mut connection: Connection, place: &Place, script: bool) -> Ended {
    let request = place.request(if script { "&callback=loadtest" } else { "" }, "");
    loop {
        match poll(world, member, &mut connection, &request).await {
            Ok(true) => {
                let opened = match world.resolve(&place.authority) {
                    Ok(address) => world.connect(address).await,
                    Err(error) => Err(error),
                };
                match opened {
                    Ok(opened) => connection = opened,
                    Err(error) => return error.into(),
                }
            }
            Ok(false) => {}
            Err(ended) => return ended,
        }
    }
}

/// One poll; says whether the connection ends with it.
async fn poll(world: &World, member: &Member, connection: &mut Connection, request: &[u8]) -> Result<bool, Ended> {
    connection.send(request).await?;
    world.set_held(member, true);
    let answer = timeout(POLL_WITHIN, connection.answer()).await.map_err(io::Error::from)??;
    let body = answer.body.trim_ascii().trim_suffix_of(b";");
    match answer.status {
        200 if body == b"null" || body.ends_with(b"(null)") => Err(Ended::Dead),
        200 => {
            world.received(member, &answer.body);
            Ok(answer.closes)
        }
        401 | 404 => Err(Ended::Dead),
        status => Err(io::Error::other(format!("a poll was answered {status}")).into()),
    }
}

trait TrimSuffix {
    fn trim_suffix_of(&self, suffix: &[u8]) -> &[u8];
}

impl TrimSuffix for [u8] {
    fn trim_suffix_of(&self, suffix: &[u8]) -> &[u8] {
        self.strip_suffix(suffix).unwrap_or(self)
    }
}

/// Server-sent events until either side ends.
pub async fn events(world: &World, member: &Member, mut connection: Connection, place: &Place) -> Ended {
    let owed = member.owed.borrow_mut().take();
    let last = owed.map(|(seq, epoch)| format!("Last-Event-ID: {epoch}.{seq}\r\n")).unwrap_or_default();
    let request = place.request("", &format!("Accept: text/event-stream\r\n{last}"));
    match read_events(world, member, &mut connection, &request).await {
        Ok(never) => match never {},
        Err(ended) => ended,
    }
}

async fn read_events(
    world: &World,
    member: &Member,
    connection: &mut Connection,
    request: &[u8],
) -> Result<std::convert::Infallible, Ended> {
    connection.send(request).await?;
    let head = connection.head().await?;
    match head.status {
        200 => connection.used(head.length),
        401 | 404 => return Err(Ended::Dead),
        status => return Err(io::Error::other(format!("events were answered {status}")).into()),
    }
    world.set_held(member, true);
    let mut text = Vec::new();
    loop {
        take_bytes(connection, head.chunked, &mut text)?;
        while let Some(end) = text.windows(2).position(|window| window == b"\n\n") {
            let event: Vec<u8> = text.drain(..end + 2).collect();
            take_event(world, member, &event)?;
        }
        if text.is_empty() {
            text = Vec::new();
        }
        connection.read().await?;
    }
}

/// Moves what was read into the text, out of its chunks if it came in some.
fn take_bytes(connection: &mut Connection, chunked: bool, text: &mut Vec<u8>) -> io::Result<()> {
    if !chunked {
        text.extend_from_slice(connection.ahead());
        connection.used(connection.ahead().len());
        return Ok(());
    }
    while let Some((piece, end)) = chunk(connection.ahead(), 0)? {
        if piece.is_empty() {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        text.extend_from_slice(piece);
        connection.used(end);
    }
    Ok(())
}

fn take_event(world: &World, member: &Member, event: &[u8]) -> Result<(), Ended> {
    let text = String::from_utf8_lossy(event);
    let field = |name: &str| text.lines().find_map(|line| line.strip_prefix(name)).map(str::trim_start);
    if field("event:") == Some("goodbye") {
        let word: Value = field("data:").and_then(|data| serde_json::from_str(data).ok()).unwrap_or_default();
        return Err(if word["reconnect"] == false { Ended::Dead } else { io::Error::other("goodbye").into() });
    }
    if field("data:").is_some() && world.received(member, event) > 0 {
        let id = field("id:").and_then(|id| id.rsplit_once('.'));
        if let Some((epoch, seq)) = id.and_then(|(epoch, seq)| Some((epoch, seq.parse().ok()?))) {
            *member.owed.borrow_mut() = Some((seq, epoch.to_owned()));
        }
    }
    Ok(())
}
