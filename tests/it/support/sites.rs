//! Sites of somebody's own on a server in this process, as their owner has them made, and pages of their members.

use super::member::{bodies, each};
use super::{Answer, Ask, Http, Server, urls};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use nextim::app::control::{Order, give};
use nextim::config::Config;
use ring::hmac;
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::time::{SystemTime, UNIX_EPOCH};

pub const ONE: &str = "one.example";
pub const TWO: &str = "two.example";
pub const HS256: &str = r#"{"alg":"HS256","typ":"JWT"}"#;

/// A server without the demonstration, on which pages need not hurry.
pub async fn serve() -> Server {
    serve_with(|_| {}).await
}

pub async fn serve_with(change: impl FnOnce(&mut Config)) -> Server {
    Server::start_with(|config| {
        config.demonstration = Some(false);
        (config.times.session_grace_ms, config.times.ticket_idle_ms) = (60_000, 90_000);
        change(config);
    })
    .await
}

/// Gives an order as the command line does, in a thread that may wait.
pub async fn try_order(server: &Server, order: Order) -> Result<Value, String> {
    let config = server.config.clone();
    let given = move || give(&config, &order).map_err(|error| error.to_string());
    tokio::task::spawn_blocking(given).await.expect("an order does not panic")
}

pub async fn order(server: &Server, order: Order) -> Value {
    try_order(server, order).await.expect("an order that is carried out")
}

pub fn pairs(options: &[(&str, &str)]) -> Vec<(String, String)> {
    options.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

pub async fn add(server: &Server, name: &str, options: &[(&str, &str)]) -> Own {
    let made = order(server, Order::AddSite { site: name.into(), options: pairs(options) }).await;
    let [name, public_key, secret_key, token_secret] =
        ["site", "public_key", "secret_key", "token_secret"].map(|what| text(&made[what]));
    Own { name, public_key, secret_key, token_secret }
}

pub async fn set(server: &Server, site: &str, options: &[(&str, &str)]) {
    order(server, Order::SetOptions { site: site.into(), options: pairs(options) }).await;
}

pub fn text(value: &Value) -> String {
    value.as_str().expect("a text").to_owned()
}

pub fn now_s() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).expect("a clock after 1970").as_secs()
}

/// A JWT of this header and these claims, signed with HMAC-SHA256 as the site's own software would.
pub fn sign(header: &str, claims: &Value, secret: &str) -> String {
    let message = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims.to_string()));
    let mac = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes()), message.as_bytes());
    format!("{message}.{}", URL_SAFE_NO_PAD.encode(mac.as_ref()))
}

/// A site, and what its owner was told once.
pub struct Own {
    pub name: String,
    pub public_key: String,
    pub secret_key: String,
    pub token_secret: String,
}

impl Own {
    pub fn claims(&self, id: &str) -> Value {
        let now_s = now_s();
        json!({"iss": self.name, "sub": id, "iat": now_s, "exp": now_s + 600})
    }

    pub fn jwt(&self, id: &str) -> String {
        sign(HS256, &self.claims(id), &self.token_secret)
    }

    /// A JWT of member 2 in which one claim is another.
    pub fn jwt_but(&self, claim: &str, value: Value) -> String {
        let mut claims = self.claims("2");
        claims[claim] = value;
        sign(HS256, &claims, &self.token_secret)
    }

    pub fn easy(&self, id: &str) -> String {
        let mac = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, self.token_secret.as_bytes()), id.as_bytes());
        let digits: String = mac.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
        format!("{id}.{digits}")
    }

    /// What a page of the site sends with a token.
    pub fn form(&self, token: &str) -> String {
        format!("domain={}&token={}", urls::encode(&self.name), urls::encode(token))
    }
}

pub async fn post(server: &Server, target: &str, form: &str) -> Answer {
    server.connect().await.ask(&Ask::post(target, form)).await.expect("an answer")
}

pub async fn get(server: &Server, target: &str) -> Answer {
    server.connect().await.ask(&Ask::get(target)).await.expect("an answer")
}

pub async fn online(server: &Server, form: &str) -> Answer {
    post(server, "/webim/online", form).await
}

/// A call of a site's own server.
pub async fn call(server: &Server, site: &Own, path: &str, form: &str) -> Answer {
    let credentials = STANDARD.encode(format!("{}:{}", site.name, site.secret_key));
    let ask = Ask::post(path, form).header("Authorization", &format!("Basic {credentials}"));
    server.connect().await.ask(&ask).await.expect("an answer")
}

#[track_caller]
pub fn assert_refused(answer: &Answer, status: u16, code: &str) {
    assert_eq!((answer.status, answer.code().as_str()), (status, code));
}

/// Somebody's page.
pub struct Page {
    pub domain: String,
    pub ticket: String,
    /// What `online` answered.
    pub opened: Value,
    address: SocketAddr,
}

/// Opens a page with a form that must be good.
pub async fn opens(server: &Server, form: &str) -> Page {
    let answer = online(server, form).await;
    assert_eq!(answer.status, 200, "{form}: {}", answer.text());
    let opened = answer.json();
    let [domain, ticket] = ["domain", "ticket"].map(|what| text(&opened["connection"][what]));
    Page { domain, ticket, opened, address: server.address }
}

/// Opens a member's page.
pub async fn enters(server: &Server, site: &Own, id: &str) -> Page {
    opens(server, &site.form(&site.jwt(id))).await
}

impl Page {
    pub fn id(&self) -> &str {
        self.opened["user"]["id"].as_str().expect("an id")
    }

    pub fn poll_ask(&self) -> Ask {
        Ask::get(&format!("/packets?domain={}&ticket={}", urls::encode(&self.domain), urls::encode(&self.ticket)))
    }

    pub async fn ask(&self, ask: &Ask) -> Answer {
        Http::open(self.address).await.expect("a connection").ask(ask).await.expect("an answer")
    }

    pub async fn poll(&self) -> Value {
        self.ask(&self.poll_ask()).await.json()
    }

    /// Polls until messages come.
    pub async fn hears(&self) -> Vec<String> {
        for _ in 0..20 {
            let heard = bodies(&self.poll().await["messages"]);
            if !heard.is_empty() {
                return heard;
            }
        }
        panic!("{} hears nothing", self.id());
    }

    /// Polls until this is heard, and once more; gives of whose presence was told meanwhile.
    pub async fn sees_until(&self, body: &str) -> Vec<String> {
        let (mut seen, mut is_heard) = (Vec::new(), false);
        for _ in 0..20 {
            let packet = self.poll().await;
            seen.extend(each(&packet["presences"], "from"));
            if is_heard {
                return seen;
            }
            is_heard = bodies(&packet["messages"]).iter().any(|heard| heard == body);
        }
        panic!("{} does not hear {body}", self.id());
    }

    pub async fn post(&self, endpoint: &str, form: &str) -> Answer {
        let form = urls::with(form, "ticket", &self.ticket);
        self.ask(&Ask::post(&format!("/webim/{endpoint}"), &form)).await
    }

    pub async fn says(&self, to: &str, body: &str) {
        let form = format!("type=unicast&to={}&body={}&style=", urls::encode(to), urls::encode(body));
        let answer = self.post("message", &form).await;
        assert_eq!((answer.status, answer.text().as_str()), (200, "ok"), "to {to}: {body}");
    }

    /// From whom, to whom, what.
    pub async fn history(&self, with: &str) -> Vec<[String; 3]> {
        let all = self.post("history", &format!("type=unicast&id={}", urls::encode(with))).await.json();
        let all = all.as_array().expect("a list");
        all.iter().map(|message| ["from", "to", "body"].map(|field| text(&message[field]))).collect()
    }
}
