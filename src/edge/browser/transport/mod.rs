//! How packets reach a page. One file per transport.

pub mod calls;
pub mod events;
pub mod frames;
pub mod long_poll;
pub mod page_filter;
pub mod websocket;

use crate::chat::goodbye::Goodbye;
use crate::clock::random;
use crate::edge::json;
use serde::Serialize;

/// A goodbye as its client reads it.
#[derive(Serialize)]
struct GoodbyeWire {
    code: &'static str,
    reconnect: bool,
    /// How long to wait before that: not everybody at once.
    #[serde(skip_serializing_if = "Option::is_none")]
    after_ms: Option<u16>,
}

/// Within this, in milliseconds, those come back who are told that the server stops.
const COME_BACK_WITHIN_MS: u16 = 2_000;

/// A moment within that time, another one for everybody.
fn moment_ms() -> u16 {
    u16::from_le_bytes(random()) % COME_BACK_WITHIN_MS
}

/// The JSON of a goodbye.
fn goodbye(goodbye: Goodbye) -> Vec<u8> {
    let after_ms = (goodbye == Goodbye::Stopping).then(moment_ms);
    json::encode(&GoodbyeWire { code: goodbye.word(), reconnect: goodbye.comes_back(), after_ms })
}
