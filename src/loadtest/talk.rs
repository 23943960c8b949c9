//! What the test and its client processes say to each other: a JSON object a line, over standard input and output.

use super::latency::Pairs;
use super::plan::{Mix, Part};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// To a client.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Order {
    /// What its part is; the first order.
    Part(Box<Part>),
    /// Members up to this many (of its own) come online; answered by `Connected`.
    Connect(u32),
    /// The load begins at this moment (machine clock) and lasts so long; answered by `Sent`.
    Run {
        /// When, in microseconds.
        start_us: u64,
        /// How long, in microseconds.
        lasts_us: u64,
        /// What happens how often, at this client.
        mix: Mix,
        /// How far into the first interval this client begins, so that clients take turns: 0 to 1.
        offset: f64,
        /// Members at once who write as soon as they are answered, instead of the mix's messages.
        saturate: Option<u32>,
        /// How long answers are waited for after that, in microseconds.
        drain_us: u64,
    },
    /// The server is about to end on purpose, or is whole again: connections that break meanwhile are no fault.
    Outage(bool),
    /// The messages in rooms that were accepted anywhere; answered by `Reckoned`.
    Reckon {
        /// All of them.
        room_messages: Vec<RoomMessage>,
        /// How long what is missing is waited for, in microseconds.
        drain_us: u64,
    },
}

/// From a client.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Word {
    /// Once a second.
    Progress(Progress),
    /// All who were to come online are.
    Connected,
    /// The load is over and answered. The messages in rooms that were accepted.
    Sent(Vec<RoomMessage>),
    /// Everything.
    Reckoned(Box<Reckoning>),
}

/// A message in a room.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoomMessage {
    /// Its number.
    pub id: u64,
    /// The room's number.
    pub room: u32,
    /// The sender's number.
    pub sender: u32,
}

/// Counters so far, and latencies of the last second.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
pub struct Progress {
    /// Members who listen now.
    pub held: u64,
    /// Connections that ended while they listened.
    pub dropped: u64,
    /// Messages answered `ok`.
    pub accepted: u64,
    /// Deliveries, each message and receiver once.
    pub delivered: u64,
    /// Pages opened anew.
    pub reloads: u64,
    /// Things that did not work.
    pub errors: u64,
    /// Of the last second, in milliseconds.
    pub p50_ms: f64,
    /// Of the last second, in milliseconds.
    pub p99_ms: f64,
}

/// One second of a test.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Second {
    /// Latencies of what was due in it.
    pub latency: Pairs,
}

/// A client's result.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Reckoning {
    /// Members who listen at the end.
    pub held: u64,
    /// Connections that ended while they listened, without an outage.
    pub dropped: u64,
    /// Connections that ended in an outage.
    pub reconnected: u64,
    /// Messages that were due.
    pub due: u64,
    /// Messages answered `ok`.
    pub accepted: u64,
    /// Messages that were refused.
    pub refused: u64,
    /// Messages whose answer did not come: they may have been stored.
    pub unknown: u64,
    /// Deliveries of accepted messages, each message and receiver once.
    pub delivered: u64,
    /// Deliveries of accepted messages that did not happen.
    pub lost: u64,
    /// Deliveries of what the same page had already.
    pub duplicated: u64,
    /// Deliveries of what an earlier page of the member, or one whose connection broke, had already: as the protocol has it.
    pub redelivered: u64,
    /// Pages opened anew.
    pub reloads: u64,
    /// Other calls that were answered.
    pub calls: u64,
    /// What did not work, by what it was.
    pub errors: BTreeMap<String, u64>,
    /// From when a message was due to when its receiver had it.
    pub delivery: Pairs,
    /// From when a message was due to its `ok`.
    pub answer: Pairs,
    /// From when a page was due to be opened to when it listened.
    pub online: Pairs,
    /// From when something else was due to its answer.
    pub call: Pairs,
    /// The main latency by second of the load.
    pub seconds: Vec<Second>,
}
