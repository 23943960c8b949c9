//! What a page keeps while it is open, whatever becomes of its connections.

use super::{News, packet};
use crate::support::urls::with;
use serde_json::Value;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Mutex;
use std::time::Duration;
use tokio::sync::mpsc::UnboundedSender;

/// How patient a page is.
#[derive(Debug, Clone, Copy)]
pub struct Manner {
    /// Between an answer and the next poll; real pages take 200 ms.
    pub pause: Duration,
    /// After a failure.
    pub retry: Duration,
    /// Failures in a row at which it gives up.
    pub failures_max: Option<u32>,
    /// How long it waits for an answer.
    pub within: Duration,
}

impl Manner {
    /// A page of a test in which nothing goes wrong but restarts.
    pub const QUICK: Self = Self {
        pause: Duration::from_millis(5),
        retry: Duration::from_millis(100),
        failures_max: None,
        within: Duration::from_secs(60),
    };
}

/// See the module.
pub struct Page {
    pub address: SocketAddr,
    pub manner: Manner,
    connection: Value,
    memory: Mutex<Memory>,
}

/// What it has seen.
#[derive(Debug, Clone, Default)]
struct Memory {
    /// The last packet's place, and the life of its log.
    seq: u64,
    epoch: String,
    /// The window property of the page filter.
    marks: BTreeMap<String, u64>,
    /// The last event.
    event: Option<String>,
    /// Requests so far.
    requests: u64,
}

impl Page {
    /// The page of an answer to `online`.
    pub fn new(address: SocketAddr, manner: Manner, opening: &Value) -> Self {
        let (seq, epoch) = (opening["seq"].as_u64().unwrap_or(0), opening["epoch"].as_str().unwrap_or_default());
        let memory = Memory { seq, epoch: epoch.into(), ..Memory::default() };
        Self { address, manner, connection: opening["connection"].clone(), memory: Mutex::new(memory) }
    }

    pub fn text(&self, name: &str) -> &str {
        self.connection[name].as_str().unwrap_or_default()
    }

    /// `domain` and `ticket`.
    pub fn query(&self) -> String {
        with(&with("", "domain", self.text("domain")), "ticket", self.text("ticket"))
    }

    /// What it has: place and life of the log.
    pub fn has(&self) -> (u64, String) {
        let memory = self.memory.lock().expect("no panic while held");
        (memory.seq, memory.epoch.clone())
    }

    /// A number that no other request of this page has.
    pub(super) fn request(&self) -> u64 {
        let mut memory = self.memory.lock().expect("no panic while held");
        memory.requests += 1;
        memory.requests
    }

    pub(super) fn event(&self) -> Option<String> {
        self.memory.lock().expect("no panic while held").event.clone()
    }

    pub(super) fn set_event(&self, id: &str) {
        self.memory.lock().expect("no panic while held").event = Some(id.into());
    }

    /// Does what the page filter does: drops what this window has seen, and moves the mark.
    pub fn filter(&self, mark: &str, packet: &mut Value) {
        let mut memory = self.memory.lock().expect("no panic while held");
        let mark = memory.marks.entry(mark.into()).or_default();
        drop_seen(packet, *mark);
        for message in packet["messages"].as_array().into_iter().flatten() {
            *mark = (*mark).max(message["seq"].as_u64().unwrap_or(0));
        }
    }

    /// Does what our own client does: drops what it has, remembers where the packet reaches, and tells. Returns whether it
    /// goes on.
    pub(super) fn take(&self, mut packet: Value, news: &UnboundedSender<News>) -> bool {
        if let Err(wrong) = packet::check(&packet) {
            drop(news.send(News::Wrong(wrong)));
            return false;
        }
        {
            let mut memory = self.memory.lock().expect("no panic while held");
            if packet["resync"] == true || packet["epoch"] != *memory.epoch {
                drop(news.send(News::Wrong(format!("it has {memory:?} and is to begin anew: {packet}"))));
                return false;
            }
            drop_seen(&mut packet, memory.seq);
            memory.seq = memory.seq.max(packet["seq"].as_u64().unwrap_or(0));
        }
        news.send(News::Packet(packet)).is_ok()
    }
}

fn drop_seen(packet: &mut Value, mark: u64) {
    if let Some(messages) = packet["messages"].as_array_mut() {
        // As in the page: what stands nowhere is not below the mark.
        messages.retain(|message| message["seq"].as_u64().is_none_or(|seq| seq > mark));
    }
}

/// Counts failures in a row.
#[derive(Debug, Default)]
pub(super) struct Failures(u32);

impl Failures {
    pub(super) fn none(&mut self) {
        self.0 = 0;
    }

    /// One more. Returns whether the page tries again, after waiting.
    pub(super) async fn one_more(&mut self, page: &Page, news: &UnboundedSender<News>) -> bool {
        self.0 += 1;
        if page.manner.failures_max.is_some_and(|most| self.0 >= most) {
            drop(news.send(News::GaveUp));
            return false;
        }
        tokio::time::sleep(page.manner.retry).await;
        true
    }
}
