//! A member of the demonstration with a browser: a cookie, a connection, and perhaps a ticket.

use super::http::{Answer, Ask, Http};
use super::urls;
use serde_json::Value;
use std::net::SocketAddr;

/// See the module.
pub struct Member {
    pub id: String,
    pub cookie: String,
    /// Given with every call once there is one.
    pub ticket: Option<String>,
    pub address: SocketAddr,
    http: Option<Http>,
    polls: Option<Http>,
}

impl Member {
    pub async fn sign_in(address: SocketAddr, id: &str) -> Self {
        let mut http = Http::open(address).await.expect("a connection");
        let answer = http.ask(&Ask::get(&format!("/demo/as/{id}"))).await.expect("an answer");
        assert_eq!((answer.status, answer.header("location")), (303, Some(&*format!("/demo/{id}/"))));
        let cookie = answer.header("set-cookie").and_then(|cookie| cookie.split(';').next()).expect("a cookie");
        let (cookie, http) = (cookie.to_owned(), Some(http));
        Self { id: id.into(), cookie, ticket: None, address, http, polls: None }
    }

    /// Another tab of the same browser: the same cookie, a connection of its own, no ticket yet.
    pub fn tab(&self) -> Self {
        let (id, cookie) = (self.id.clone(), self.cookie.clone());
        Self { id, cookie, ticket: None, address: self.address, http: None, polls: None }
    }

    pub fn ticket(&self) -> &str {
        self.ticket.as_deref().expect("a ticket")
    }

    /// Asks with the cookie, on the kept connection.
    pub async fn ask(&mut self, ask: Ask) -> Answer {
        let ask = ask.header("Cookie", &self.cookie);
        for last in [false, true] {
            if self.http.is_none() {
                self.http = Some(Http::open(self.address).await.expect("a connection"));
            }
            match self.http.as_mut().expect("just opened").ask(&ask).await {
                Ok(answer) => {
                    if answer.header("connection") == Some("close") {
                        self.http = None;
                    }
                    return answer;
                }
                // The server may have closed a connection that was kept.
                Err(error) => assert!(!last, "{ask:?}: {error}"),
            }
            self.http = None;
        }
        unreachable!("the loop returns or fails")
    }

    fn with_ticket(&self, form: &str) -> String {
        let has = form.starts_with("ticket=") || form.contains("&ticket=");
        match &self.ticket {
            Some(ticket) if !has => urls::with(form, "ticket", ticket),
            _ => form.to_owned(),
        }
    }

    /// POSTs a form, with the ticket.
    pub async fn post(&mut self, endpoint: &str, form: &str) -> Answer {
        let form = self.with_ticket(form);
        self.ask(Ask::post(&format!("/webim/{endpoint}"), &form)).await
    }

    /// GETs with a query, with the ticket.
    pub async fn get(&mut self, endpoint: &str, query: &str) -> Answer {
        let query = self.with_ticket(query);
        self.ask(Ask::get(&format!("/webim/{endpoint}?{query}"))).await
    }

    /// POSTs, and expects an answer in JSON.
    pub async fn read(&mut self, endpoint: &str, form: &str) -> Value {
        let answer = self.post(endpoint, form).await;
        assert_eq!(answer.status, 200, "{endpoint} {form}: {}", answer.text());
        answer.json()
    }

    /// POSTs, and expects `ok`.
    pub async fn does(&mut self, endpoint: &str, form: &str) {
        let answer = self.post(endpoint, form).await;
        assert_eq!((answer.status, answer.text().as_str()), (200, "ok"), "{endpoint} {form}");
    }

    /// Says something to a member.
    pub async fn says(&mut self, to: &str, body: &str) {
        self.does("message", &format!("type=unicast&to={to}&body={}&style=&offline=0", urls::encode(body))).await;
    }

    /// Opens a page: takes the new ticket, and gives the answer.
    pub async fn online(&mut self, form: &str) -> Value {
        self.ticket = None;
        let opened = self.read("online", form).await;
        self.ticket = opened["connection"]["ticket"].as_str().map(str::to_owned);
        opened
    }

    /// The request of a poll.
    pub fn poll_ask(&self) -> Ask {
        Ask::get(&format!("/packets?domain=localhost&ticket={}", urls::encode(self.ticket())))
    }

    /// Sends a poll on a connection of its own, and does not wait.
    pub async fn hold(&self) -> Http {
        let mut http = Http::open(self.address).await.expect("a connection");
        http.send(&self.poll_ask()).await.expect("sent");
        http
    }

    /// Polls once, on the kept connection for polls.
    pub async fn poll(&mut self) -> Value {
        if self.polls.is_none() {
            self.polls = Some(Http::open(self.address).await.expect("a connection"));
        }
        let ask = self.poll_ask();
        let answer = self.polls.as_mut().expect("just opened").ask(&ask).await.expect("a poll is answered");
        assert_eq!(answer.status, 200, "{}", answer.text());
        answer.json()
    }

    /// Polls until messages come, and gives their bodies.
    pub async fn hears(&mut self) -> Vec<String> {
        for _ in 0..20 {
            let packet = self.poll().await;
            let heard = bodies(&packet["messages"]);
            if !heard.is_empty() {
                return heard;
            }
        }
        panic!("{} hears nothing", self.id);
    }
}

/// The bodies of a list of messages.
pub fn bodies(messages: &Value) -> Vec<String> {
    let messages = messages.as_array().unwrap_or_else(|| panic!("not a list of messages: {messages}"));
    messages.iter().map(|message| message["body"].as_str().expect("a body is a string").to_owned()).collect()
}

/// One field of every item of a list.
pub fn each(list: &Value, field: &str) -> Vec<String> {
    let list = list.as_array().unwrap_or_else(|| panic!("not a list: {list}"));
    list.iter().map(|item| item[field].as_str().expect("ids are strings").to_owned()).collect()
}

/// A packet must carry nothing; where it reaches does not matter.
#[track_caller]
pub fn assert_empty(packet: &Value) {
    let lists = ["messages", "presences", "statuses"].map(|list| packet[list].as_array().map(Vec::len));
    assert_eq!((packet["status"].as_str(), lists), (Some("ok"), [Some(0); 3]), "{packet}");
    assert!(packet["seq"].is_u64() && packet["epoch"].is_string(), "{packet}");
}
