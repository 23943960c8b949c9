//! How pages listen: the matrix that every scene is played over. A new transport is a file here, and an arm in each match.

mod events;
mod long_poll;
mod packet;
mod page;
mod script;
mod websocket;
mod websocket_old;

pub use events::{Event, next_event};
pub use packet::is_event;
pub use page::{Manner, Page};

use super::http::Ask;
use super::urls;
use serde_json::Value;
use std::sync::Arc;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// One way of talking to the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Transport {
    /// Scripts with a function of their own for every request, as old pages on another host load them.
    Jsonp,
    /// The same from a page that says what it has.
    JsonpAck,
    /// JSON by same-origin requests.
    Plain,
    /// Scripts that always call the same function, asked for by something that is no browser.
    Constant,
    /// A WebSocket of the first generation: it only listens, and answers PINGs.
    WebsocketOld,
    /// A WebSocket that acknowledges and calls.
    Websocket,
    /// Server-sent events.
    Sse,
}

/// What a page learns.
#[derive(Debug)]
pub enum News {
    /// A packet, or what the transport has in its place.
    Packet(Value),
    /// The server says that the ticket has ended.
    Ended,
    /// The page gives up, as old pages do at the second failure in a row.
    GaveUp,
    /// What cannot be right on this transport.
    Wrong(String),
}

/// A call on its way over the page's own connection.
pub struct Call {
    endpoint: String,
    form: Vec<(String, String)>,
    answer: oneshot::Sender<Value>,
}

/// A page that listens; it stops with this.
pub struct Listener {
    task: JoinHandle<()>,
    calls: Option<UnboundedSender<Call>>,
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Listener {
    /// Stops, and is gone from the network when this returns.
    pub async fn stop(mut self) {
        self.task.abort();
        drop((&mut self.task).await);
    }

    /// Whether its connection takes calls of this endpoint.
    pub fn takes(&self, endpoint: &str) -> bool {
        self.calls.is_some() && matches!(endpoint, "message" | "status" | "presence")
    }

    /// Calls over the page's connection, and gives `{reply, status, body}`; `None` if the connection broke before the
    /// answer came.
    pub async fn call(&self, endpoint: &str, form: &[(String, String)]) -> Option<Value> {
        let (answer, answered) = oneshot::channel();
        let call = Call { endpoint: endpoint.into(), form: form.to_vec(), answer };
        self.calls.as_ref()?.send(call).ok()?;
        answered.await.ok()
    }
}

impl Transport {
    pub const ALL: [Self; 7] =
        [Self::Jsonp, Self::JsonpAck, Self::Plain, Self::Constant, Self::WebsocketOld, Self::Websocket, Self::Sse];

    pub fn word(self) -> &'static str {
        match self {
            Self::Jsonp => "jsonp",
            Self::JsonpAck => "jsonp-ack",
            Self::Plain => "plain",
            Self::Constant => "constant",
            Self::WebsocketOld => "websocket-old",
            Self::Websocket => "websocket",
            Self::Sse => "sse",
        }
    }

    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|transport| transport.word() == word)
    }

    /// Whether its pages are our own: they call themselves native and say what they have.
    pub fn is_native(self) -> bool {
        matches!(self, Self::JsonpAck | Self::Websocket | Self::Sse)
    }

    /// Whether its pages show nothing twice, whatever comes twice.
    pub fn shows_once(self) -> bool {
        self.is_native() || self == Self::Jsonp
    }

    /// The function that answer number `count` has to call, if any.
    pub fn callback(self, count: u64) -> Option<String> {
        match self {
            Self::Jsonp | Self::JsonpAck => Some(format!("jsonp{}", 1_285_000_000 + count)),
            Self::Constant => Some("parent.jsonp7".into()),
            Self::Plain | Self::WebsocketOld | Self::Websocket | Self::Sse => None,
        }
    }

    /// A call in the manner of this transport's pages: scripts can only GET.
    pub fn call(self, endpoint: &str, form: &str, callback: Option<&str>) -> Ask {
        match callback {
            None => Ask::post(&format!("/webim/{endpoint}"), form),
            Some(callback) => Ask::get(&format!("/webim/{endpoint}?{}", urls::with(form, "callback", callback)))
                .header("Sec-Fetch-Site", "same-origin"),
        }
    }

    /// What its pages add to what they say at `online`.
    pub fn opens(self, mut form: Vec<(String, String)>) -> Vec<(String, String)> {
        if self.is_native() && !form.iter().any(|(name, _)| name == "client") {
            form.push(("client".into(), "native".into()));
        }
        form
    }

    /// Listens for a page.
    pub fn listen(self, page: &Arc<Page>, news: UnboundedSender<News>) -> Listener {
        let page = Arc::clone(page);
        let (calls, called): (_, UnboundedReceiver<Call>) = unbounded_channel();
        let calls = (self == Self::Websocket).then_some(calls);
        let task = match self {
            Self::Jsonp | Self::JsonpAck | Self::Plain | Self::Constant => {
                tokio::spawn(async move { long_poll::listen(self, &page, &news).await })
            }
            Self::WebsocketOld => tokio::spawn(async move { websocket_old::listen(&page, &news).await }),
            Self::Websocket => tokio::spawn(async move { websocket::listen(&page, &news, called).await }),
            Self::Sse => tokio::spawn(async move { events::listen(&page, &news).await }),
        };
        Listener { task, calls }
    }
}
