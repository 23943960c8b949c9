//! What a page has learned and the scene has not yet asked about.

use crate::support::transport::{News, is_event};
use serde_json::Value;
use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::time::timeout;

/// Sends the markers, and plays in no scene.
pub(super) const STAGEHAND: &str = "wei";
/// Messages that only tell that everything before them has come.
pub(super) const MARKER: &str = "marker ";

/// See the module.
pub(super) struct Inbox {
    news: UnboundedReceiver<News>,
    pub(super) messages: VecDeque<Value>,
    pub(super) presences: VecDeque<Value>,
    /// Presences of members of a room to the others in it.
    pub(super) notices: VecDeque<Value>,
    /// How often somebody was seen to come or go, by ordinary presences that a scene asked for.
    pub(super) seen: BTreeMap<(String, String), usize>,
    pub(super) statuses: VecDeque<Value>,
    markers: Vec<Value>,
    /// Signals of the stagehand.
    pub(super) winks: u64,
    pub(super) ended: bool,
    wrong: Option<String>,
    /// Whether the page shows nothing twice; and the last that it showed.
    once: bool,
    last: u64,
}

impl Inbox {
    pub(super) fn new(news: UnboundedReceiver<News>, once: bool) -> Self {
        Self {
            news,
            messages: VecDeque::new(),
            presences: VecDeque::new(),
            notices: VecDeque::new(),
            seen: BTreeMap::new(),
            statuses: VecDeque::new(),
            markers: Vec::new(),
            winks: 0,
            ended: false,
            wrong: None,
            once,
            last: 0,
        }
    }

    /// The page listens again.
    pub(super) fn goes_on_with(&mut self, news: UnboundedReceiver<News>) {
        self.news = news;
        self.ended = false;
    }

    /// Takes what comes until `found` finds what it looks for.
    pub(super) async fn until<T>(
        &mut self,
        within: Duration,
        mut found: impl FnMut(&mut Self) -> Option<T>,
    ) -> Result<T, String> {
        loop {
            if let Some(found) = found(self) {
                return Ok(found);
            }
            if let Some(wrong) = &self.wrong {
                return Err(format!("its transport brought {wrong}"));
            }
            match timeout(within, self.news.recv()).await {
                Ok(Some(news)) => self.take(news),
                Ok(None) => return Err(format!("it has stopped listening; {}", self.describe())),
                Err(_) => return Err(format!("nothing more in {within:?}; {}", self.describe())),
            }
        }
    }

    fn take(&mut self, news: News) {
        match news {
            News::Ended => self.ended = true,
            News::GaveUp => self.wrong = Some("the end of its patience".into()),
            News::Wrong(wrong) => self.wrong = Some(wrong),
            News::Packet(packet) => {
                for message in packet["messages"].as_array().into_iter().flatten() {
                    if is_event(message) {
                        self.messages.push_back(message.clone());
                        continue;
                    }
                    let seq = message["seq"].as_u64().unwrap_or(0);
                    if self.once && seq <= self.last {
                        self.wrong = Some(format!("{message} after {}", self.last));
                    }
                    self.last = seq;
                    if is_marker(message) {
                        self.markers.push(message["body"].clone());
                    } else {
                        self.messages.push_back(message.clone());
                    }
                }
                for presence in packet["presences"].as_array().into_iter().flatten() {
                    let queue = if presence["to"].is_null() { &mut self.presences } else { &mut self.notices };
                    queue.push_back(presence.clone());
                }
                for status in packet["statuses"].as_array().into_iter().flatten() {
                    if status["from"] == STAGEHAND {
                        self.winks += 1;
                    } else {
                        self.statuses.push_back(status.clone());
                    }
                }
            }
        }
    }

    pub(super) fn has_marker(&self, body: &str) -> bool {
        self.markers.iter().any(|marker| marker == body)
    }

    /// What came of somebody that no ordinary presence explains: whoever is seen to come or go does so in each room as well.
    pub(super) fn unexplained(&self, whom: &str) -> Option<&Value> {
        let of_them = |value: &&Value| value["from"] == whom;
        let mut counts: BTreeMap<(&str, &str), usize> = BTreeMap::new();
        let in_rooms = self.notices.iter().filter(of_them).filter(|notice| {
            let [kind, room] = ["type", "to"].map(|field| notice[field].as_str().unwrap_or_default());
            let count = counts.entry((kind, room)).or_default();
            *count += 1;
            let as_seen = (whom.to_owned(), kind.trim_start_matches("grp").to_owned());
            !kind.starts_with("grp") || *count > self.seen.get(&as_seen).copied().unwrap_or(0)
        });
        let found: Vec<&Value> = self.presences.iter().filter(of_them).chain(in_rooms).collect();
        found.first().copied()
    }

    pub(super) fn has_ended(&mut self) -> Option<()> {
        self.ended.then_some(())
    }

    /// Everything that is there, for a failing step.
    pub(super) fn describe(&self) -> String {
        format!(
            "there is messages {:?}, presences {:?}, in rooms {:?}, statuses {:?}, ended {}",
            short(&self.messages, &["from", "to", "body"]),
            short(&self.presences, &["from", "type", "show", "status"]),
            short(&self.notices, &["from", "type", "to", "show", "status"]),
            short(&self.statuses, &["from", "show"]),
            self.ended
        )
    }
}

/// Whether a message is one of the runner's own.
pub(super) fn is_marker(message: &Value) -> bool {
    message["body"].as_str().is_some_and(|body| body.starts_with(MARKER))
}

fn short(items: &VecDeque<Value>, fields: &[&str]) -> Vec<String> {
    let of = |item: &Value| fields.iter().filter_map(|field| item[*field].as_str()).collect::<Vec<_>>().join("/");
    items.iter().map(of).collect()
}
