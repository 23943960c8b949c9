//! What a load test is to do: who its members are, how they listen, what happens how often.

use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// How a member listens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Transport {
    /// The long poll of the seed, confirmed by the next one.
    Poll,
    /// The same as a script (`callback`).
    Jsonp,
    /// A WebSocket that acknowledges.
    Websocket,
    /// Server-sent events, acknowledged by calls.
    Sse,
}

impl Transport {
    /// As it is written on the command line and in results.
    pub fn word(self) -> &'static str {
        match self {
            Self::Poll => "poll",
            Self::Jsonp => "jsonp",
            Self::Websocket => "websocket",
            Self::Sse => "sse",
        }
    }
}

/// The kind of a test: decides which latency is the result's, and what counts as good.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Scenario {
    /// Everybody is online and listens.
    Idle,
    /// Members write to one another.
    Talk,
    /// Members write in rooms.
    Room,
    /// Pages are opened anew.
    Storm,
    /// All of it, mixed as on an ordinary day.
    Day,
}

impl Scenario {
    /// As it is written on the command line and in results.
    pub fn word(self) -> &'static str {
        match self {
            Self::Idle => "idle",
            Self::Talk => "talk",
            Self::Room => "room",
            Self::Storm => "storm",
            Self::Day => "day",
        }
    }
}

/// What is done, in times a second, over all members.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
pub struct Mix {
    /// Messages from one member to another.
    pub messages: f64,
    /// Messages in rooms.
    pub room_messages: f64,
    /// Pages opened anew.
    pub reloads: f64,
    /// "Is typing".
    pub typing: f64,
    /// Changes of presence.
    pub presences: f64,
}

impl Mix {
    /// The rates in the order of [`Deed`].
    pub fn rates(&self) -> [f64; 5] {
        [self.messages, self.room_messages, self.reloads, self.typing, self.presences]
    }

    /// Everything together, in times a second.
    pub fn total(&self) -> f64 {
        self.rates().iter().sum()
    }

    /// The same for one of several clients.
    pub fn share(&self, part: f64) -> Self {
        Self {
            messages: self.messages * part,
            room_messages: self.room_messages * part,
            reloads: self.reloads * part,
            typing: self.typing * part,
            presences: self.presences * part,
        }
    }
}

/// How members of a server that is not ours are made known to it.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SignIn {
    /// By an easy token (`id.hmac`) with this secret.
    Secret(String),
    /// By a cookie in which `{id}` stands for the member's id.
    Cookie(String),
}

/// A server that is there already.
#[derive(Debug, Clone)]
pub struct Target {
    /// Host and port.
    pub authority: String,
    /// What stands before `/webim/...`, without a slash at its end.
    pub path: String,
    /// Name or public key of the site; empty if the server has one.
    pub domain: String,
    /// How members sign in.
    pub sign_in: SignIn,
    /// Its process, if it runs on this machine and may be looked at.
    pub pid: Option<u32>,
}

/// A whole test.
#[derive(Debug, Clone)]
pub struct Plan {
    /// Its kind.
    pub scenario: Scenario,
    /// The server; none: one of our own.
    pub target: Option<Target>,
    /// Members online.
    pub members: u32,
    /// How they listen, in turn.
    pub transports: Vec<Transport>,
    /// How long the load lasts, in seconds.
    pub seconds: u64,
    /// What happens how often.
    pub mix: Mix,
    /// In place of a rate: so many members at once who write as soon as they are answered.
    pub saturate: Option<u32>,
    /// Friends of every member, on a server of our own.
    pub friends: u32,
    /// Rooms; every member sits in one.
    pub rooms: u32,
    /// Bytes of a message's text, 80 at least.
    pub body_bytes: usize,
    /// The server is killed and started again under load.
    pub restart: bool,
    /// Ids of members, with `{n}` for a number from 0 on.
    pub id_template: String,
    /// Client processes; none: as many as cores and descriptors ask for.
    pub clients: Option<u32>,
    /// Server and clients are kept on cores of their own.
    pub pin: bool,
    /// How long messages that are under way are waited for, in seconds.
    pub drain_s: u64,
    /// Configuration of our own server.
    pub server_config: Option<PathBuf>,
}

/// What a client process is told about its part.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Part {
    /// The kind of the test.
    pub scenario: Scenario,
    /// Which client this is, from 0.
    pub client: u32,
    /// The cores that it stays on; empty: any.
    pub cores: Vec<usize>,
    /// Where the server is: an address and a port.
    pub address: std::net::SocketAddr,
    /// The `Host` header.
    pub authority: String,
    /// What stands before `/webim/...`.
    pub path: String,
    /// The site.
    pub domain: String,
    /// How members sign in.
    pub sign_in: SignIn,
    /// Ids of members, with `{n}` for the number.
    pub id_template: String,
    /// The first member's number.
    pub first: u32,
    /// Members of this client.
    pub members: u32,
    /// How they listen, in turn.
    pub transports: Vec<Transport>,
    /// Rooms; member n sits in room n modulo these. 0: none.
    pub rooms: u32,
    /// Whether members must join their room first.
    pub join: bool,
    /// Bytes of a message's text.
    pub body_bytes: usize,
    /// Marks the messages of this test.
    pub run: u32,
}

/// The id of a member.
pub fn member_id(template: &str, number: u32) -> String {
    template.replace("{n}", &number.to_string())
}

/// The id of a room.
pub fn room_id(number: u32) -> String {
    format!("room{number}")
}
