//! How packets reach a page. One file per transport.

pub mod calls;
pub mod events;
pub mod frames;
pub mod long_poll;
pub mod page_filter;
pub mod websocket;

use crate::chat::goodbye::Goodbye;
use crate::edge::json;
use serde::Serialize;

/// A goodbye as its client reads it.
#[derive(Serialize)]
struct GoodbyeWire {
    code: &'static str,
    reconnect: bool,
}

/// The JSON of a goodbye.
fn goodbye(goodbye: Goodbye) -> Vec<u8> {
    json::encode(&GoodbyeWire { code: goodbye.word(), reconnect: goodbye.comes_back() })
}
