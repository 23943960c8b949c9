//! The REST interface of a site's own server (`/api/v1`), call by call, through real sockets.

mod bad_input;
mod export;
mod isolation;
mod keys;
mod live;
mod messages;
mod people;
mod rates;
mod rooms;
mod sync;

use crate::support::member::each;
use crate::support::sites::{ONE, Own, Page, add, serve};
use crate::support::{Answer, Ask, Http, Server};
use nextim::edge::rest::document;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::{Error, Result};
use std::net::SocketAddr;
use std::time::Duration;
use tokio::time::timeout;

/// Longer than any answer here takes.
const ANSWER_WITHIN: Duration = Duration::from_secs(60);

/// A site's own server, which calls with the site's secret key.
#[derive(Clone)]
struct Api {
    address: SocketAddr,
    key: String,
}

impl Api {
    fn of(server: &Server, site: &Own) -> Self {
        Self { address: server.address, key: site.secret_key.clone() }
    }

    /// A call that is not sent yet. `path` stands below `/api/v1/`.
    fn ask(&self, method: &str, path: &str) -> Ask {
        Ask::new(method, &format!("/api/v1/{path}")).header("Authorization", &format!("Bearer {}", self.key))
    }

    fn ask_with(&self, method: &str, path: &str, body: &Value) -> Ask {
        self.ask(method, path).header("Content-Type", "application/json").body(body.to_string())
    }

    async fn send(&self, ask: &Ask) -> Answer {
        let mut http = Http::open(self.address).await.expect("a connection");
        exchange(&mut http, ask).await
    }

    async fn call(&self, method: &str, path: &str) -> Answer {
        self.send(&self.ask(method, path)).await
    }

    async fn give(&self, method: &str, path: &str, body: &Value) -> Answer {
        self.send(&self.ask_with(method, path, body)).await
    }

    /// Reads what must be there.
    async fn reads(&self, path: &str) -> Value {
        let answer = self.call("GET", path).await;
        assert_eq!(answer.status, 200, "GET {path}: {}", answer.text());
        answer.json()
    }

    /// Makes a call that must be answered with something.
    async fn does(&self, method: &str, path: &str, body: &Value) -> Value {
        let answer = self.give(method, path, body).await;
        assert_eq!(answer.status, 200, "{method} {path} {body}: {}", answer.text());
        assert_eq!(answer.header("content-type"), Some("application/json; charset=utf-8"), "{method} {path}");
        answer.json()
    }

    /// Makes a call that must be done, and about which there is nothing to say.
    async fn settles(&self, method: &str, path: &str, body: Option<&Value>) {
        let answer = match body {
            Some(body) => self.give(method, path, body).await,
            None => self.call(method, path).await,
        };
        assert_eq!((answer.status, answer.text().as_str()), (204, ""), "{method} {path} {body:?}");
    }

    /// Makes people, each called `Name` and their id.
    async fn makes(&self, ids: &[&str]) {
        for id in ids {
            self.does("PUT", &format!("users/{id}"), &json!({"name": format!("Name {id}")})).await;
        }
    }

    /// Makes a room with members.
    async fn seats(&self, room: &str, members: &[&str]) {
        self.does("PUT", &format!("rooms/{room}"), &json!({"name": format!("Room {room}")})).await;
        self.settles("POST", &format!("rooms/{room}/members"), Some(&json!({"ids": members}))).await;
    }

    /// All items of a list that comes in pages.
    async fn all(&self, path: &str) -> Vec<Value> {
        let (mut all, mut query) = (Vec::new(), "limit=1000".to_owned());
        loop {
            let page = self.reads(&format!("{path}?{query}")).await;
            all.extend(page["items"].as_array().expect("items").iter().cloned());
            match page["next_cursor"].as_str() {
                Some(cursor) => query = format!("limit=1000&cursor={cursor}"),
                None => return all,
            }
        }
    }

    /// The ids of all items of such a list.
    async fn ids(&self, path: &str) -> Vec<String> {
        each(&Value::from(self.all(path).await), "id")
    }

    /// Everything that can be read of a site whose people and rooms are few.
    async fn listing(&self) -> BTreeMap<String, Value> {
        let mut listing = BTreeMap::new();
        let (people, rooms) = (self.ids("users").await, self.ids("rooms").await);
        let mut paths = vec![format!("presences?ids={}", people.join(","))];
        for id in &people {
            let of = ["", "/buddies", "/blocks", "/sessions"].map(|part| format!("users/{id}{part}"));
            paths.extend(of);
            paths.extend(people.iter().map(|other| format!("users/{id}/history?with={other}")));
            paths.extend(rooms.iter().map(|room| format!("users/{id}/history?room={room}")));
        }
        paths.extend(rooms.iter().map(|id| format!("rooms/{id}")));
        for path in paths {
            // A room that somebody is not in is unknown to them.
            let answer = self.call("GET", &path).await;
            assert!(matches!(answer.status, 200 | 404), "{path}: {}", answer.text());
            listing.insert(path, answer.json());
        }
        let lists = ["users".to_owned(), "rooms".to_owned()].into_iter();
        for path in lists.chain(rooms.iter().map(|id| format!("rooms/{id}/members"))) {
            listing.insert(format!("all {path}"), self.all(&path).await.into());
        }
        listing
    }
}

/// Sends a request and reads the whole answer, however it is framed.
async fn exchange(http: &mut Http, ask: &Ask) -> Answer {
    http.send(ask).await.expect("sent");
    whole(http).await
}

async fn whole(http: &mut Http) -> Answer {
    timeout(ANSWER_WITHIN, read(http)).await.expect("an answer in time").expect("an answer")
}

/// An answer with a length, in chunks, or of the status that has no body.
async fn read(http: &mut Http) -> Result<Answer> {
    let mut answer = http.head().await?;
    if answer.status == 204 {
        return Ok(answer);
    }
    if let Some(length) = answer.header("content-length") {
        let length = length.parse::<usize>().map_err(Error::other)?;
        answer.body = http.ahead(length).await?[..length].to_vec();
        http.take(length);
        return Ok(answer);
    }
    assert_eq!(answer.header("transfer-encoding"), Some("chunked"), "{:?}", answer.headers);
    loop {
        let size = usize::from_str_radix(http.line().await?.trim(), 16).map_err(Error::other)?;
        let chunk = http.ahead(size + 2).await?[..size].to_vec();
        http.take(size + 2);
        if size == 0 {
            return Ok(answer);
        }
        answer.body.extend(chunk);
    }
}

/// A site whose server may call as often as it likes.
async fn site(server: &Server, name: &str) -> (Own, Api) {
    let own = add(server, name, &[("api_calls_per_s", "0")]).await;
    let api = Api::of(server, &own);
    (own, api)
}

/// A server with one site.
async fn one_site() -> (Server, Own, Api) {
    let server = serve().await;
    let (own, api) = site(&server, ONE).await;
    (server, own, api)
}

/// Polls until messages come, and gives the first one whole.
async fn first_heard(page: &Page) -> Value {
    for _ in 0..20 {
        if let Some(message) = page.poll().await["messages"].as_array().and_then(|all| all.first()) {
            return message.clone();
        }
    }
    panic!("{} hears nothing", page.id());
}

/// A refusal as RFC 9457 has it.
#[track_caller]
fn assert_problem(answer: &Answer, status: u16, code: &str, what: &str) {
    let kind = answer.header("content-type");
    assert_eq!((answer.status, kind), (status, Some("application/problem+json")), "{what}: {}", answer.text());
    let problem = answer.json();
    assert_eq!(problem["code"], code, "{what}: {problem}");
    assert_eq!(problem["status"], status, "{what}: {problem}");
    assert_eq!(problem["type"], format!("urn:nextim:problem:{code}"), "{what}: {problem}");
    for field in ["title", "detail"] {
        assert!(problem[field].as_str().is_some_and(|text| !text.is_empty()), "{what}: {problem}");
    }
}

#[tokio::test]
async fn the_document_and_its_page_are_read_without_a_key() {
    let (server, ..) = one_site().await;
    let ask =
        async |method: &str, path: &str| server.connect().await.ask(&Ask::new(method, path)).await.expect("an answer");
    let answer = ask("GET", "/api/openapi.json").await;
    let served = answer.json();
    assert_eq!((answer.status, &served["paths"]), (200, &document()["paths"]));
    assert!(served["openapi"].as_str().is_some_and(|version| version.starts_with("3.1")), "{}", served["openapi"]);
    assert_eq!(served["servers"], json!([{"url": "/"}]));
    let page = ask("GET", "/api/docs").await;
    assert_eq!((page.status, page.header("content-type")), (200, Some("text/html; charset=utf-8")));
    let policy = page.header("content-security-policy").expect("a policy").to_owned();
    assert!(policy.starts_with("default-src 'none'") && !policy.contains("unsafe"), "{policy}");
    let text = page.text();
    assert!(!text.contains("<script"), "it runs nothing");
    for path in document()["paths"].as_object().expect("paths").keys() {
        assert!(text.contains(path.as_str()), "{path} is missing on the page");
    }
    for path in ["/api/openapi.json", "/api/docs"] {
        let answer = ask("POST", path).await;
        assert_problem(&answer, 405, "method_not_allowed", path);
        assert_eq!(answer.header("allow"), Some("GET, HEAD"), "{path}");
    }
}

#[tokio::test]
async fn a_head_is_answered_as_its_get_is_and_has_no_body() {
    let (server, own, api) = one_site().await;
    let whole = api.call("GET", "site").await;
    assert_eq!(whole.json(), json!({"site": ONE, "public_key": own.public_key}));
    let mut http = server.connect().await;
    http.send(&api.ask("HEAD", "site")).await.expect("sent");
    let head = http.head().await.expect("a head");
    assert_eq!((head.status, head.header("content-length")), (200, whole.header("content-length")));
    assert_eq!(exchange(&mut http, &api.ask("GET", "site")).await.json(), whole.json(), "the next answer follows it");
}
