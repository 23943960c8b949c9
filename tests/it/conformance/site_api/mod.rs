//! Part 3: the API by which a site's own backend drives this server, in its four versions, against the demonstration's site
//! and key. Tests are named after the part and the row.

mod early;
mod hostile;
mod pages;
mod push;
mod v4;
mod v5;

use crate::support::clients::plugin::{Opened, Plugin, Says, Version};
use crate::support::{Ask, Http, Server};
use nextim::chat::site::SiteOptions;
use serde_json::Value;
use std::cell::RefCell;
use std::collections::{BTreeMap, VecDeque};

/// Nobody goes by waiting, and what an earlier page left unconfirmed is left to the site.
async fn start() -> Server {
    start_with(SiteOptions { legacy_redelivery_ms: 0, ..SiteOptions::default() }).await
}

async fn start_with(options: SiteOptions) -> Server {
    Server::start_with(|config| {
        config.sites.insert("localhost".into(), options.written());
        let times = &mut config.times;
        (times.poll_hold_ms, times.session_grace_ms, times.user_grace_ms) = (3_000, 60_000, 300);
        times.ticket_idle_ms = 90_000;
    })
    .await
}

/// Somebody whose page a site has opened, and which polls this server.
struct Visitor {
    plugin: Plugin,
    id: String,
    opened: Opened,
    /// What came along with something that was waited for.
    ahead: RefCell<BTreeMap<&'static str, VecDeque<Value>>>,
}

impl Visitor {
    async fn open(server: &Server, version: Version, id: &str, buddies: &[&str], rooms: &[&str]) -> Self {
        let plugin = Plugin::new(server.address, version);
        let opened = plugin.online((id, &nick(id)), buddies, rooms, "available").await.expect("online");
        Self { plugin, id: id.into(), opened, ahead: RefCell::default() }
    }

    fn ticket(&self) -> &str {
        &self.opened.ticket
    }

    /// One poll, at the address that the site was given, with nothing but the ticket.
    async fn poll(&self) -> Value {
        let text = |name: &str| self.opened.connection[name].as_str().expect("a text");
        let path = text("server").splitn(4, '/').nth(3).unwrap_or_default();
        let ticket = crate::support::urls::encode(text("ticket"));
        let mut http = Http::open(self.plugin.address).await.expect("a connection");
        let ask = Ask::get(&format!("/{path}?domain={}&ticket={ticket}", text("domain")));
        let answer = http.ask(&ask).await.expect("an answer");
        assert_eq!(answer.status, 200, "{}", answer.text());
        answer.json()
    }

    /// The next thing in this list.
    async fn next(&self, list: &'static str) -> Value {
        for _ in 0..10 {
            if let Some(first) = self.ahead.borrow_mut().entry(list).or_default().pop_front() {
                return first;
            }
            let packet = self.poll().await;
            for list in ["messages", "presences", "statuses"] {
                let came = packet[list].as_array().into_iter().flatten().cloned();
                self.ahead.borrow_mut().entry(list).or_default().extend(came);
            }
        }
        panic!("nothing comes for {}", self.id)
    }

    async fn says(&self, in_room: bool, to: &str, body: &str) {
        self.plugin.says(self.ticket(), &nick(&self.id), Says { in_room, to, body }).await.expect("said");
    }
}

fn nick(id: &str) -> String {
    format!("{id} of the site")
}

fn pairs(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(id, show)| ((*id).to_owned(), (*show).to_owned())).collect()
}
