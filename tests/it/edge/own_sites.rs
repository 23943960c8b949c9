//! Sites of somebody's own, made while the server serves, through real sockets: whose tokens are believed, what the owner's orders
//! change at once, and that two sites on one server never meet.

mod owners;
mod pages;
mod visitors;

use crate::support::member::{bodies, each};
use crate::support::{Answer, Ask, Http, Server, urls};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use nextim::app::control::{Order, give};
use nextim::config::Config;
use ring::hmac;
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::time::{SystemTime, UNIX_EPOCH};

const ONE: &str = "one.example";
const TWO: &str = "two.example";
const HS256: &str = r#"{"alg":"HS256","typ":"JWT"}"#;

/// A server without the demonstration, on which pages need not hurry.
async fn serve() -> Server {
    serve_with(|_| {}).await
}

async fn serve_with(change: impl FnOnce(&mut Config)) -> Server {
    Server::start_with(|config| {
        config.demonstration = Some(false);
        (config.times.session_grace_ms, config.times.ticket_idle_ms) = (60_000, 90_000);
        change(config);
    })
    .await
}

/// Gives an order as the command line does, in a thread that may wait.
async fn try_order(server: &Server, order: Order) -> Result<Value, String> {
    let config = server.config.clone();
    let given = move || give(&config, &order).map_err(|error| error.to_string());
    tokio::task::spawn_blocking(given).await.expect("an order does not panic")
}

async fn order(server: &Server, order: Order) -> Value {
    try_order(server, order).await.expect("an order that is carried out")
}

fn pairs(options: &[(&str, &str)]) -> Vec<(String, String)> {
    options.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

async fn add(server: &Server, name: &str, options: &[(&str, &str)]) -> Own {
    let made = order(server, Order::AddSite { site: name.into(), options: pairs(options) }).await;
    let [name, public_key, secret_key, token_secret] =
        ["site", "public_key", "secret_key", "token_secret"].map(|what| text(&made[what]));
    Own { name, public_key, secret_key, token_secret }
}

async fn set(server: &Server, site: &str, options: &[(&str, &str)]) {
    order(server, Order::SetOptions { site: site.into(), options: pairs(options) }).await;
}

fn text(value: &Value) -> String {
    value.as_str().expect("a text").to_owned()
}

fn now_s() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).expect("a clock after 1970").as_secs()
}

/// A JWT of this header and these claims, signed with HMAC-SHA256 as the site's own software would.
fn sign(header: &str, claims: &Value, secret: &str) -> String {
    let message = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims.to_string()));
    let mac = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes()), message.as_bytes());
    format!("{message}.{}", URL_SAFE_NO_PAD.encode(mac.as_ref()))
}

/// A site, and what its owner was told once.
struct Own {
    name: String,
    public_key: String,
    secret_key: String,
    token_secret: String,
}

impl Own {
    fn claims(&self, id: &str) -> Value {
        let now_s = now_s();
        json!({"iss": self.name, "sub": id, "iat": now_s, "exp": now_s + 600})
    }

    fn jwt(&self, id: &str) -> String {
        sign(HS256, &self.claims(id), &self.token_secret)
    }

    /// A JWT of member 2 in which one claim is another.
    fn jwt_but(&self, claim: &str, value: Value) -> String {
        let mut claims = self.claims("2");
        claims[claim] = value;
        sign(HS256, &claims, &self.token_secret)
    }

    fn easy(&self, id: &str) -> String {
        let mac = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, self.token_secret.as_bytes()), id.as_bytes());
        let digits: String = mac.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
        format!("{id}.{digits}")
    }

    /// What a page of the site sends with a token.
    fn form(&self, token: &str) -> String {
        format!("domain={}&token={}", urls::encode(&self.name), urls::encode(token))
    }
}

async fn post(server: &Server, target: &str, form: &str) -> Answer {
    server.connect().await.ask(&Ask::post(target, form)).await.expect("an answer")
}

async fn get(server: &Server, target: &str) -> Answer {
    server.connect().await.ask(&Ask::get(target)).await.expect("an answer")
}

async fn online(server: &Server, form: &str) -> Answer {
    post(server, "/webim/online", form).await
}

/// A call of a site's own server.
async fn call(server: &Server, site: &Own, path: &str, form: &str) -> Answer {
    let credentials = STANDARD.encode(format!("{}:{}", site.name, site.secret_key));
    let ask = Ask::post(path, form).header("Authorization", &format!("Basic {credentials}"));
    server.connect().await.ask(&ask).await.expect("an answer")
}

#[track_caller]
fn assert_refused(answer: &Answer, status: u16, code: &str) {
    assert_eq!((answer.status, answer.code().as_str()), (status, code));
}

/// Somebody's page.
struct Page {
    domain: String,
    ticket: String,
    /// What `online` answered.
    opened: Value,
    address: SocketAddr,
}

/// Opens a page with a form that must be good.
async fn opens(server: &Server, form: &str) -> Page {
    let answer = online(server, form).await;
    assert_eq!(answer.status, 200, "{form}: {}", answer.text());
    let opened = answer.json();
    let [domain, ticket] = ["domain", "ticket"].map(|what| text(&opened["connection"][what]));
    Page { domain, ticket, opened, address: server.address }
}

/// Opens a member's page.
async fn enters(server: &Server, site: &Own, id: &str) -> Page {
    opens(server, &site.form(&site.jwt(id))).await
}

impl Page {
    fn id(&self) -> &str {
        self.opened["user"]["id"].as_str().expect("an id")
    }

    fn poll_ask(&self) -> Ask {
        Ask::get(&format!("/packets?domain={}&ticket={}", urls::encode(&self.domain), urls::encode(&self.ticket)))
    }

    async fn ask(&self, ask: &Ask) -> Answer {
        Http::open(self.address).await.expect("a connection").ask(ask).await.expect("an answer")
    }

    async fn poll(&self) -> Value {
        self.ask(&self.poll_ask()).await.json()
    }

    /// Polls until messages come.
    async fn hears(&self) -> Vec<String> {
        for _ in 0..20 {
            let heard = bodies(&self.poll().await["messages"]);
            if !heard.is_empty() {
                return heard;
            }
        }
        panic!("{} hears nothing", self.id());
    }

    /// Polls until this is heard, and once more; gives of whose presence was told meanwhile.
    async fn sees_until(&self, body: &str) -> Vec<String> {
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

    async fn post(&self, endpoint: &str, form: &str) -> Answer {
        let form = urls::with(form, "ticket", &self.ticket);
        self.ask(&Ask::post(&format!("/webim/{endpoint}"), &form)).await
    }

    async fn says(&self, to: &str, body: &str) {
        let form = format!("type=unicast&to={}&body={}&style=", urls::encode(to), urls::encode(body));
        let answer = self.post("message", &form).await;
        assert_eq!((answer.status, answer.text().as_str()), (200, "ok"), "to {to}: {body}");
    }

    /// From whom, to whom, what.
    async fn history(&self, with: &str) -> Vec<[String; 3]> {
        let all = self.post("history", &format!("type=unicast&id={}", urls::encode(with))).await.json();
        let all = all.as_array().expect("a list");
        all.iter().map(|message| ["from", "to", "body"].map(|field| text(&message[field]))).collect()
    }
}

/// Negative control: let `site_of` look at `domain` alone, or `by_domain` at names alone.
#[tokio::test]
async fn a_members_token_signs_in_wherever_the_page_puts_it() {
    let server = serve().await;
    let one = add(&server, ONE, &[]).await;
    add(&server, TWO, &[]).await;
    let token = one.jwt("2");
    for domain in [ONE, "One.Example", &one.public_key, ""] {
        let form = format!("domain={}", urls::encode(domain));
        let as_parameter = Ask::post("/webim/online", &urls::with(&form, "token", &token));
        let as_header = Ask::post("/webim/online", &form).header("Authorization", &format!("Bearer {token}"));
        for ask in [as_parameter, as_header] {
            let answer = server.connect().await.ask(&ask).await.expect("an answer");
            assert_eq!(answer.status, 200, "{ask:?}: {}", answer.text());
            let opened = answer.json();
            assert_eq!((text(&opened["user"]["id"]), text(&opened["connection"]["domain"])), ("2".into(), ONE.into()));
        }
    }
}

/// Negative controls: answer `UnknownSite` where `by_token` finds no site; leave `OtherSite` or `TooLong` out of `check_claims`.
#[tokio::test]
async fn whatever_is_wrong_with_a_token_the_browser_hears_the_same() {
    let server = serve().await;
    let (one, two) = (add(&server, ONE, &[]).await, add(&server, TWO, &[]).await);
    let (now_s, claims) = (now_s(), one.claims("2"));
    let unsigned =
        format!("{}.{}.", URL_SAFE_NO_PAD.encode(r#"{"alg":"none"}"#), URL_SAFE_NO_PAD.encode(claims.to_string()));
    let wrong = [
        ("ended", ONE, one.jwt_but("exp", (now_s - 120).into())),
        ("too long a life", ONE, one.jwt_but("exp", (now_s + 7_200).into())),
        ("not yet", ONE, one.jwt_but("nbf", (now_s + 300).into())),
        ("no beginning", ONE, one.jwt_but("iat", Value::Null)),
        ("no id", ONE, one.jwt_but("sub", "a,b".into())),
        ("the other site's", ONE, two.jwt("2")),
        ("for the other site", TWO, one.jwt("2")),
        ("signed by one, in the name of the other", TWO, sign(HS256, &claims, &two.token_secret)),
        ("signed by the other", ONE, sign(HS256, &claims, &two.token_secret)),
        ("the same, and no domain", "", sign(HS256, &claims, &two.token_secret)),
        ("signed with the server's key", ONE, sign(HS256, &claims, &one.secret_key)),
        ("signed with a part of the secret", ONE, sign(HS256, &claims, one.token_secret.trim_start_matches("ts_"))),
        ("not signed", ONE, unsigned),
        ("signed by no algorithm", ONE, sign(r#"{"alg":"none"}"#, &claims, &one.token_secret)),
        ("signed by another algorithm", ONE, sign(r#"{"alg":"HS512"}"#, &claims, &one.token_secret)),
        ("brings a key along", ONE, sign(r#"{"alg":"HS256","jwk":{"kty":"oct"}}"#, &claims, &one.token_secret)),
        ("the other site's, easy", ONE, two.easy("2")),
        ("easy, of nobody knows which site", "", one.easy("2")),
        ("easy, of somebody else", ONE, one.easy("2").replacen('2', "3", 1)),
        ("nonsense", ONE, "x".into()),
        ("a site that is not here", "three.example", one.jwt("2")),
    ];
    let usual = online(&server, &format!("domain={ONE}&token=nonsense")).await.text();
    for (what, domain, token) in wrong {
        let form = format!("domain={domain}&token={}", urls::encode(&token));
        let answer = online(&server, &form).await;
        assert_eq!((answer.status, answer.code().as_str()), (401, "not_signed_in"), "{what}");
        assert_eq!(answer.text(), usual, "{what}");
    }
    assert_eq!(enters(&server, &one, "2").await.id(), "2", "what is right is taken");
    assert_eq!(opens(&server, &one.form(&one.easy("2"))).await.id(), "2");
}

/// Negative control: let `vouch` describe only those who are new.
#[tokio::test]
async fn a_member_is_called_as_their_newest_token_says() {
    let server = serve().await;
    let one = add(&server, ONE, &[]).await;
    let watcher = opens(&server, &format!("{}&client=native", one.form(&one.jwt("7")))).await;
    let signs_in = async |more: Value| {
        let mut claims = one.claims("2");
        for (name, value) in more.as_object().expect("claims") {
            claims[name] = value.clone();
        }
        let token = sign(HS256, &claims, &one.token_secret);
        let opened = opens(&server, &format!("{}&client=native", one.form(&token))).await.opened;
        ["nick", "pic_url", "url"].map(|field| text(&opened["user"][field]))
    };
    assert_eq!(signs_in(json!({})).await, ["2", "", ""]);
    let picture = "https://one.example/2.png";
    let described = signs_in(json!({"name": " Ünal O'Neil\n", "avatar": picture, "url": "/members/2"})).await;
    assert_eq!(described, ["Ünal O'Neil", picture, "/members/2"]);
    assert_eq!(signs_in(json!({})).await, described, "what a token does not say stays");
    let renamed = signs_in(json!({"name": "Ünal", "avatar": "javascript:alert(1)"})).await;
    assert_eq!(renamed, ["Ünal", picture, "/members/2"], "and so does what leads nowhere good");
    let shown = watcher.post("buddies", "ids=2").await.json();
    assert_eq!((text(&shown[0]["nick"]), text(&shown[0]["avatar"])), ("Ünal".into(), picture.into()), "to others, too");
}

/// Negative control: leave the comparison of sites out of `by_ticket`.
#[tokio::test]
async fn two_sites_with_the_same_ids_never_meet() {
    let server = serve().await;
    let (one, two) = (add(&server, ONE, &[]).await, add(&server, TWO, &[]).await);
    let (ann, mut bob) = (enters(&server, &one, "1").await, enters(&server, &one, "2").await);
    let (twin, third) = (enters(&server, &two, "2").await, enters(&server, &two, "3").await);
    ann.says("2", "of site one").await;
    third.says("2", "of site two").await;
    assert_eq!((bob.hears().await, twin.hears().await), (vec!["of site one".into()], vec!["of site two".into()]));
    third.says("1", "to somebody who was never here").await;
    assert_eq!(bob.history("1").await, [["1", "2", "of site one"]]);
    assert_eq!(twin.history("3").await, [["3", "2", "of site two"]]);
    assert!(bob.history("3").await.is_empty() && twin.history("1").await.is_empty());
    for (page, presence) in [(&bob, "online"), (&twin, "offline")] {
        let shown = page.post("buddies", "ids=1").await.json();
        assert_eq!(each(&shown, "presence"), [presence], "1 is here on one site alone");
    }
    assert_eq!(call(&server, &one, "/v5/presences", "ids=1").await.text(), r#"{"1":"available"}"#);
    assert_eq!(call(&server, &two, "/v5/presences", "ids=1").await.text(), "{}");
    bob.says("5", "hello").await;
    twin.says("5", "hello").await;
    for page in [&bob, &twin] {
        assert_eq!(page.post("watch", "ids=5").await.status, 200);
    }
    let _five = enters(&server, &one, "5").await;
    ann.says("2", "the end").await;
    third.says("2", "the end").await;
    assert!(bob.sees_until("the end").await.contains(&"5".to_owned()));
    assert!(!twin.sees_until("the end").await.contains(&"5".to_owned()));
    bob.domain = TWO.into();
    assert_eq!(bob.poll().await, Value::Null, "a ticket is good on its own site alone");
}
