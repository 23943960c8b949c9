//! What a page has learned and the scene has not yet asked about.

use crate::support::transport::News;
use serde_json::Value;
use std::collections::VecDeque;
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
                self.presences.extend(packet["presences"].as_array().into_iter().flatten().cloned());
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

    pub(super) fn has_ended(&mut self) -> Option<()> {
        self.ended.then_some(())
    }

    /// Everything that is there, for a failing step.
    pub(super) fn describe(&self) -> String {
        format!(
            "there is messages {:?}, presences {:?}, statuses {:?}, ended {}",
            short(&self.messages, &["from", "to", "body"]),
            short(&self.presences, &["from", "type", "show", "status"]),
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
