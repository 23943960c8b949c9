//! Somebody with one page behind a bad connection, who talks to others, repeats every message under its `cid` until it is
//! answered, and notes down what they were told and shown.

use crate::support::http::{Ask, Http};
use crate::support::transport::{Listener, Manner, News, Page, Transport};
use crate::support::{Answer, Member, urls};
use nextim::chat::session::Dialect;
use serde_json::Value;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::mpsc::unbounded_channel;
use tokio::time::{sleep, timeout};

/// Old pages wait 200 ms after success and failure; what matters is that a reset is seen sooner than the next request.
const MANNER: Manner = Manner {
    pause: Duration::from_millis(10),
    retry: Duration::from_millis(60),
    failures_max: None,
    within: Duration::from_secs(2),
};

/// A message as its sender lived it.
#[derive(Debug, Clone)]
pub struct Sent {
    pub to: String,
    pub body: String,
    /// Its place, once it was answered.
    pub seq: Option<u64>,
}

/// A message as it was shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    pub seq: u64,
    pub from: String,
    pub to: String,
    pub body: String,
}

/// What happened to a visitor.
#[derive(Debug, Default)]
pub struct Story {
    pub sent: Vec<Sent>,
    /// By page, in the order of showing: a page that gave up and opened anew is another.
    pub pages: Vec<Vec<Shown>>,
    /// Attempts whose outcome nobody knew.
    pub unknown: u32,
    pub wrong: Vec<String>,
}

/// What a page of an old generation says at `online`, by which it is known.
pub fn opens_as(dialect: Dialect) -> Vec<(String, String)> {
    let form: &[(&str, &str)] = match dialect {
        Dialect::D3 => &[("csrf_token", ""), ("show", "available")],
        Dialect::D2 => &[("room_ids", ""), ("show", "available")],
        _ => &[],
    };
    form.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

/// Its word for a message to one person.
fn private_word(dialect: Dialect) -> &'static str {
    if dialect == Dialect::D3 { "chat" } else { "unicast" }
}

/// See the module.
pub struct Visitor {
    pub id: String,
    pub transport: Transport,
    /// Which generation's words its pages speak, and must be spoken to in.
    dialect: Dialect,
    /// Through the proxy.
    address: SocketAddr,
    cookie: String,
    /// To look at the log without disturbance.
    direct: tokio::sync::Mutex<Member>,
    pub story: Mutex<Story>,
    now: Mutex<Option<(Arc<Page>, Arc<Listener>)>>,
}

impl Visitor {
    pub async fn new(
        server: SocketAddr,
        proxy: SocketAddr,
        id: &str,
        transport: Transport,
        dialect: Dialect,
    ) -> Arc<Self> {
        let direct = Member::sign_in(server, id).await;
        Arc::new(Self {
            id: id.into(),
            transport,
            dialect,
            address: proxy,
            cookie: direct.cookie.clone(),
            direct: tokio::sync::Mutex::new(direct),
            story: Mutex::default(),
            now: Mutex::default(),
        })
    }

    fn tell(&self, tell: impl FnOnce(&mut Story)) {
        tell(&mut self.story.lock().expect("no panic while held"));
    }

    /// Whether a message was shown.
    pub fn has_seen(&self, body: &str) -> bool {
        let story = self.story.lock().expect("no panic while held");
        story.pages.iter().flatten().any(|shown| shown.body == body)
    }

    /// Asks through the proxy, once.
    async fn ask(&self, endpoint: &str, form: &str, callback: u64) -> Option<Value> {
        let callback = self.transport.callback(callback);
        let ask: Ask = self.transport.call(endpoint, form, callback.as_deref()).header("Cookie", &self.cookie);
        let asked = async {
            let mut http = Http::open(self.address).await?;
            http.ask(&ask).await
        };
        let answer: Answer = timeout(MANNER.within, asked).await.ok()?.ok()?;
        match callback {
            Some(callback) => answer.try_script(&callback).ok(),
            None => serde_json::from_slice(&answer.body).ok(),
        }
    }

    /// Opens pages and listens, for ever.
    pub async fn live(self: Arc<Self>) {
        let mut last = 0;
        for count in 0.. {
            let form = self.transport.opens(opens_as(self.dialect));
            let Some(opening) = self.ask("online", &urls::form(&form), 500_000 + count).await else {
                sleep(MANNER.retry).await;
                continue;
            };
            if opening["success"] != true {
                return self.tell(|story| story.wrong.push(format!("online was answered {opening}")));
            }
            self.tell(|story| story.pages.push(Vec::new()));
            let after = if self.transport.is_native() { last } else { 0 };
            self.show(&opening["new_messages"], after);
            let failures_max = (self.transport == Transport::Jsonp).then_some(2);
            let page = Arc::new(Page::new(self.address, Manner { failures_max, ..MANNER }, &opening));
            let (news, mut told) = unbounded_channel();
            let listener = Arc::new(self.transport.listen(&page, news));
            *self.now.lock().expect("no panic while held") = Some((Arc::clone(&page), listener));
            loop {
                match told.recv().await {
                    Some(News::Packet(packet)) => self.show(&packet["messages"], 0),
                    Some(News::GaveUp) => break,
                    Some(News::Wrong(wrong)) => return self.tell(|story| story.wrong.push(wrong)),
                    Some(News::Ended) => return self.tell(|story| story.wrong.push("the ticket ended".into())),
                    None => return,
                }
            }
            last = page.has().0;
        }
    }

    fn show(&self, messages: &Value, after: u64) {
        let text = |message: &Value, field: &str| message[field].as_str().unwrap_or_default().to_owned();
        let foreign =
            messages.as_array().into_iter().flatten().find(|message| message["type"] != private_word(self.dialect));
        if let Some(foreign) = foreign {
            self.tell(|story| story.wrong.push(format!("a word that stops its client: {foreign}")));
        }
        let shown = messages.as_array().into_iter().flatten().map(|message| Shown {
            seq: message["seq"].as_u64().unwrap_or(0),
            from: text(message, "from"),
            to: text(message, "to"),
            body: text(message, "body"),
        });
        let shown = shown.filter(|shown| shown.seq > after);
        self.tell(|story| {
            if let Some(page) = story.pages.last_mut() {
                page.extend(shown);
            }
        });
    }

    /// Says something, again and again until it is answered.
    pub async fn says(&self, to: &str, body: &str) {
        let at = {
            let mut story = self.story.lock().expect("no panic while held");
            story.sent.push(Sent { to: to.into(), body: body.into(), seq: None });
            story.sent.len() - 1
        };
        for attempt in 0..400_u64 {
            let (page, listener) = self.page().await;
            let form =
                [("type", private_word(self.dialect)), ("to", to), ("body", body), ("cid", body), ("offline", "0")];
            let mut form: Vec<(String, String)> =
                form.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
            let answer = if listener.takes("message") {
                let reply = timeout(MANNER.within, listener.call("message", &form)).await.ok().flatten();
                reply.map(|reply| reply["body"].clone())
            } else {
                form.push(("ticket".into(), page.text("ticket").into()));
                self.ask("message", &urls::form(&form), 700_000 + attempt).await
            };
            if let Some(seq) = answer.as_ref().and_then(|answer| answer["seq"].as_u64()) {
                if attempt > 0 {
                    self.is_stored(to, body, 1..=1).await;
                }
                return self.tell(|story| story.sent[at].seq = Some(seq));
            }
            match answer {
                Some(refused) if refused["code"] != "unavailable" => {
                    return self.tell(|story| story.wrong.push(format!("{body} was answered {refused}")));
                }
                _ => self.tell(|story| story.unknown += 1),
            }
            self.is_stored(to, body, 0..=1).await;
            sleep(MANNER.retry / 2).await;
        }
        self.tell(|story| story.wrong.push(format!("{body} was never answered")));
    }

    /// The present page, once there is one.
    async fn page(&self) -> (Arc<Page>, Arc<Listener>) {
        loop {
            if let Some(now) = &*self.now.lock().expect("no panic while held") {
                return now.clone();
            }
            sleep(MANNER.pause).await;
        }
    }

    /// How often a message stands in the log, as its history tells.
    async fn is_stored(&self, to: &str, body: &str, times: std::ops::RangeInclusive<usize>) {
        let mut direct = self.direct.lock().await;
        let history = direct.read("histories", &format!("id={to}&type=unicast")).await;
        let found = history.as_array().into_iter().flatten().filter(|message| message["body"] == body).count();
        if !times.contains(&found) {
            self.tell(|story| story.wrong.push(format!("{body} is stored {found} times instead of {times:?}")));
        }
    }

    /// Says something without the proxy.
    pub async fn says_directly(&self, to: &str, body: &str) {
        self.direct.lock().await.says(to, body).await;
    }
}
