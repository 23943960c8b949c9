//! The released clients of the family, one per generation, as far as a server can tell them from the real ones: they send what
//! those send, in that order and with those headers, need what those need, and die as those die. What their member would see
//! stands on a `Screen`.

pub mod g1;
pub mod g2;
pub mod g3;
pub mod page;
pub mod plugin;
pub mod screen;
pub mod site;
mod stream;
pub mod wire;

pub use page::{Opening, Page, Web};
pub use screen::Screen;

use screen::Then;
use serde_json::Value;
use std::time::{Duration, SystemTime};
use wire::Call;

/// Which client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Generation {
    /// Beside the seed, 2010.
    G1,
    /// 1.0, 2010-2011.
    G2,
    /// 5.x, 2013-2014.
    G3,
}

/// Something that a member does, or their page by itself.
#[derive(Debug, Clone, Copy)]
pub enum Action<'a> {
    Online { windows: &'a [&'a str], rooms: &'a [&'a str], strangers: &'a [&'a str], show: &'a str },
    Offline,
    Refresh,
    Buddies(&'a [String]),
    Join { room: &'a str, nick: &'a str },
    Leave { room: &'a str },
    Members(&'a str),
    History { in_room: bool, id: &'a str },
    Clear { in_room: bool, id: &'a str },
    Message { in_room: bool, to: &'a str, body: &'a str, is_offline: bool },
    Typing { to: &'a str, show: &'a str },
    Show { show: &'a str, status: Option<&'a str> },
    Setting(&'a Value),
    Notifications,
    Block(&'a str),
    Unblock(&'a str),
    Invite { room: &'a str, nick: &'a str, members: &'a [&'a str] },
}

/// What a page knows of itself.
#[derive(Debug, Clone, Default)]
pub struct Me {
    pub id: String,
    pub nick: String,
    pub ticket: String,
}

/// What can become of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trouble {
    /// The page goes offline, and says this.
    Stops(String),
    /// An exception. What that means depends on the generation.
    Throws(String),
}

impl From<String> for Trouble {
    fn from(thrown: String) -> Self {
        Self::Throws(thrown)
    }
}

/// How quick a page is: everything it waits for, in hundredths of what the real ones wait.
#[derive(Debug, Clone, Copy)]
pub struct Pace(pub u32);

impl Pace {
    /// As released.
    pub const REAL: Self = Self(100);
    /// For tests in which nothing depends on it.
    pub const QUICK: Self = Self(10);

    fn of(self, ms: u64) -> Duration {
        Duration::from_millis(ms) * self.0 / 100
    }
}

/// As JavaScript takes a value for true.
pub fn is_truthy(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(value) => *value,
        Value::Number(number) => number.as_f64() != Some(0.0),
        Value::String(text) => !text.is_empty(),
        Value::Array(_) | Value::Object(_) => true,
    }
}

pub fn now_ms() -> u128 {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.as_millis())
}

impl Generation {
    pub const ALL: [Self; 3] = [Self::G1, Self::G2, Self::G3];

    /// What it sends for this; nothing if it cannot do it.
    pub fn call(self, action: &Action<'_>, me: &Me) -> Option<Call> {
        match self {
            Self::G1 => g1::call(action, me),
            Self::G2 => g2::call(action, me),
            Self::G3 => g3::call(action, me),
        }
    }

    fn opens(self, answer: &Value, screen: &mut Screen) -> Result<Vec<Then>, Trouble> {
        match self {
            Self::G1 => g1::opens(answer, screen),
            Self::G2 => g2::opens(answer, screen),
            Self::G3 => g3::opens(answer, screen),
        }
    }

    fn hears(self, message: &Value, screen: &mut Screen) -> Result<Vec<Then>, Trouble> {
        match self {
            Self::G1 => g1::hears(message, screen),
            Self::G2 => g2::hears(message, screen),
            Self::G3 => g3::hears(message, screen),
        }
    }

    fn sees(self, presence: &Value, screen: &mut Screen) -> Result<Vec<Then>, Trouble> {
        match self {
            Self::G1 => g1::sees(presence, screen),
            Self::G2 => g2::sees(presence, screen),
            Self::G3 => g3::sees(presence, screen),
        }
    }

    pub fn members(self, room: &str, answer: &Value, screen: &mut Screen) -> Result<(), String> {
        match self {
            Self::G1 => g1::members(room, answer, screen),
            Self::G2 => g2::members(room, answer, screen),
            Self::G3 => g3::members(room, answer, screen),
        }
    }

    /// Takes one answer of the stream.
    pub fn takes(self, packet: &Value, screen: &mut Screen) -> Result<Vec<Then>, Trouble> {
        if packet.is_null() || (self != Self::G3 && !is_truthy(&packet["status"])) {
            return Err(Trouble::Stops(if self == Self::G1 { "connect error" } else { "Connect Error" }.into()));
        }
        screen.packets += 1;
        let list = |name: &str| match &packet[name] {
            Value::Array(list) => Ok(list.clone()),
            // The second generation's log reads the length of what may not be there.
            Value::Null if self != Self::G2 => Ok(Vec::new()),
            other => Err(Trouble::Throws(format!("TypeError: {name} is {other}"))),
        };
        let mut then = Vec::new();
        for message in list("messages")? {
            then.extend(self.hears(&message, screen)?);
        }
        for presence in list("presences")? {
            then.extend(self.sees(&presence, screen)?);
        }
        for status in list("statuses")? {
            screen.types(&status)?;
        }
        Ok(then)
    }
}
