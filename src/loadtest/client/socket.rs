//! A member listens by a WebSocket, acknowledges, and calls over it.

use super::http::{Answer, Connection};
use super::listen::{Ended, Place};
use super::world::{Call, Member, World};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::io::{self, Cursor};
use tokio::sync::{mpsc, oneshot};
use tungstenite::protocol::frame::FrameHeader;
use tungstenite::protocol::frame::coding::{Control, Data, OpCode};

/// A handshake's key may be any.
const HANDSHAKE: &str = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: bmV4dGltIGxvYWR0ZXN0IQ==\r\n";
/// What a client's frames are masked with.
const MASK: [u8; 4] = [0x1d, 0x7a, 0x35, 0xc4];

/// One WebSocket of a member.
struct Socket<'w> {
    world: &'w World,
    member: &'w Member,
    connection: Connection,
    asked: HashMap<u64, oneshot::Sender<Answer>>,
    next: u64,
}

/// Listens until either side ends.
pub async fn listen(
    world: &World,
    member: &Member,
    connection: Connection,
    place: &Place,
    page: &(String, String),
) -> Ended {
    let (calls, mut asked) = mpsc::unbounded_channel();
    let mut socket = Socket { world, member, connection, asked: HashMap::new(), next: 0 };
    if let Err(ended) = socket.open(place, page).await {
        return ended;
    }
    *member.socket.borrow_mut() = Some(calls);
    let ended = loop {
        let done = tokio::select! {
            read = socket.connection.read() => match read {
                Ok(()) => socket.take_frames().await,
                Err(error) => Err(error.into()),
            },
            Some(call) = asked.recv() => socket.call(call).await.map_err(Ended::from),
        };
        if let Err(ended) = done {
            break ended;
        }
    };
    *member.socket.borrow_mut() = None;
    ended
}

impl Socket<'_> {
    async fn open(&mut self, place: &Place, (ticket, domain): &(String, String)) -> Result<(), Ended> {
        let Place { authority, path, .. } = place;
        let request = format!("GET {path} HTTP/1.1\r\nHost: {authority}\r\n{HANDSHAKE}\r\n");
        self.connection.send(request.as_bytes()).await?;
        let head = self.connection.head().await?;
        if head.status != 101 {
            return Err(io::Error::other(format!("a WebSocket was answered {}", head.status)).into());
        }
        self.connection.used(head.length);
        let mut subscribe = json!({"domain": domain, "ticket": ticket});
        if let Some((seq, epoch)) = self.member.owed.borrow_mut().take() {
            (subscribe["ack"], subscribe["epoch"]) = (seq.into(), epoch.into());
        }
        self.say(&json!({ "subscribe": subscribe })).await?;
        self.world.set_held(self.member, true);
        self.take_frames().await
    }

    async fn say(&mut self, value: &Value) -> io::Result<()> {
        self.connection.send(&frame(OpCode::Data(Data::Text), value.to_string().as_bytes())).await
    }

    async fn call(&mut self, call: Call) -> io::Result<()> {
        let mut fields = call.fields;
        fields["id"] = self.next.into();
        self.asked.insert(self.next, call.answer);
        self.next += 1;
        self.say(&fields).await
    }

    /// Everything that has come.
    async fn take_frames(&mut self) -> Result<(), Ended> {
        while let Some((opcode, payload)) = self.next_frame()? {
            match opcode {
                OpCode::Data(_) => self.take_text(&payload).await?,
                OpCode::Control(Control::Ping) => {
                    self.connection.send(&frame(OpCode::Control(Control::Pong), &payload)).await?;
                }
                OpCode::Control(Control::Close) => return Err(closed(&payload)),
                OpCode::Control(_) => {}
            }
        }
        Ok(())
    }

    fn next_frame(&mut self) -> io::Result<Option<(OpCode, Vec<u8>)>> {
        let mut cursor = Cursor::new(self.connection.ahead());
        let parsed = FrameHeader::parse(&mut cursor).map_err(io::Error::other)?;
        let Some((header, length)) = parsed else { return Ok(None) };
        let start = usize::try_from(cursor.position()).map_err(io::Error::other)?;
        let end = start.saturating_add(usize::try_from(length).map_err(io::Error::other)?);
        let Some(payload) = self.connection.ahead().get(start..end).map(<[u8]>::to_vec) else { return Ok(None) };
        self.connection.used(end);
        Ok(Some((header.opcode, payload)))
    }

    /// A packet or the answer to a call.
    async fn take_text(&mut self, payload: &[u8]) -> Result<(), Ended> {
        let value: Value = serde_json::from_slice(payload).map_err(io::Error::from)?;
        if let Some(id) = value["reply"].as_u64() {
            if let Some(asked) = self.asked.remove(&id) {
                let status = value["status"].as_u64().and_then(|status| u16::try_from(status).ok()).unwrap_or(0);
                // Whoever asked may have stopped waiting.
                drop(asked.send(Answer { status, body: value["body"].to_string().into_bytes(), closes: false }));
            }
            return Ok(());
        }
        if value["resync"] == true {
            return Err(Ended::Dead);
        }
        if self.world.received(self.member, payload) > 0 {
            self.say(&json!({"ack": value["seq"], "epoch": value["epoch"]})).await?;
        }
        Ok(())
    }
}

/// What a CLOSE says: 44xx with `reconnect` false are for good, everything else is a connection that broke.
fn closed(payload: &[u8]) -> Ended {
    let (code, reason) = payload.split_at_checked(2).unwrap_or_default();
    let word: Value = serde_json::from_slice(reason).unwrap_or_default();
    if word["reconnect"] == false {
        return Ended::Dead;
    }
    let code = code.try_into().map_or(0, u16::from_be_bytes);
    io::Error::other(format!("closed with {code} {}", word["code"].as_str().unwrap_or_default())).into()
}

/// A frame as a client sends it.
fn frame(opcode: OpCode, payload: &[u8]) -> Vec<u8> {
    let header = FrameHeader { opcode, mask: Some(MASK), ..FrameHeader::default() };
    let mut bytes = Vec::with_capacity(payload.len() + 14);
    // Writing to memory cannot fail.
    drop(header.format(payload.len() as u64, &mut bytes));
    bytes.extend(payload.iter().zip(MASK.iter().cycle()).map(|(byte, mask)| byte ^ mask));
    bytes
}
