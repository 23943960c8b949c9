//! How pages listen: the matrix that every scene is played over. A new transport is a file here, and an arm in each match.

mod long_poll;

use super::http::Ask;
use super::urls;
use serde_json::Value;
use std::net::SocketAddr;
use tokio::sync::mpsc::UnboundedSender;
use tokio::task::JoinHandle;

/// One way of talking to the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transport {
    /// Scripts with a function of their own for every request, as pages on another host load them.
    Jsonp,
    /// JSON by same-origin requests.
    Plain,
    /// Scripts that always call the same function.
    Constant,
}

/// What a page learns.
#[derive(Debug)]
pub enum News {
    /// A packet, or what the transport has in its place.
    Packet(Value),
    /// The server says that the ticket has ended.
    Ended,
    /// What cannot be right on this transport.
    Wrong(String),
}

/// A page that listens; it stops with this.
pub struct Listener(JoinHandle<()>);

impl Drop for Listener {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Listener {
    /// Stops, and is gone from the network when this returns.
    pub async fn stop(mut self) {
        self.0.abort();
        drop((&mut self.0).await);
    }
}

impl Transport {
    pub const ALL: [Self; 3] = [Self::Jsonp, Self::Plain, Self::Constant];

    pub fn word(self) -> &'static str {
        match self {
            Self::Jsonp => "jsonp",
            Self::Plain => "plain",
            Self::Constant => "constant",
        }
    }

    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|transport| transport.word() == word)
    }

    /// The function that answer number `count` has to call, if any.
    pub fn callback(self, count: u64) -> Option<String> {
        match self {
            Self::Jsonp => Some(format!("jsonp{}", 1_285_000_000 + count)),
            Self::Plain => None,
            Self::Constant => Some("parent.jsonp7".into()),
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

    /// Listens with the `connection` that `online` gave.
    pub fn listen(self, address: SocketAddr, connection: &Value, news: UnboundedSender<News>) -> Listener {
        let connection = connection.clone();
        Listener(match self {
            Self::Jsonp | Self::Plain | Self::Constant => {
                tokio::spawn(async move { long_poll::listen(self, address, &connection, &news).await })
            }
        })
    }
}
