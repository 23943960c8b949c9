//! What the doors say to those who try them: nothing of what was sent, nothing of what is inside, and nothing at all where old
//! servers of the family had something.

use crate::support::member::bodies;
use crate::support::sites::{ONE, TWO, add, assert_refused, enters, serve};
use crate::support::socket::Socket;
use crate::support::{Ask, Server};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// What is sent, wherever something can be sent.
const SENT: &str = "Xq7evil";
/// What stands in answers of programs that tell of themselves.
const INSIDE: [&str; 8] = ["sqlite", "select ", "panicked", ".rs:", "backtrace", "nextim/", "/data", "no such table"];

fn attempts() -> Vec<Ask> {
    let basic = format!("Basic {}", STANDARD.encode(format!("{SENT}:{SENT}")));
    let bearer = format!("Bearer {SENT}");
    let targets = [
        format!("/{SENT}"),
        format!("/{SENT}?callback=cb%28{SENT}"),
        format!("/webim/{SENT}"),
        format!("/webim/online?token={SENT}"),
        format!("/webim/online?token={SENT}&domain={SENT}"),
        format!("/webim/online?{SENT}=1&{SENT}=2"),
        format!("/webim/online?{SENT}=%FF"),
        format!("/webim/message?ticket={SENT}&to={SENT}&body={SENT}"),
        format!("/webim/buddies?ids={SENT}&callback={SENT}%28"),
        format!("/im.php?webim_action={SENT}"),
        format!("/packets?callback={SENT}%3B"),
        format!("/packets?ticket={SENT}&ack={SENT}"),
        format!("/events?ticket={SENT}"),
        format!("/v5/presences?domain={SENT}&apikey={SENT}&ids={SENT}"),
        format!("/presences?domain={SENT}&apikey={SENT}&version={SENT}"),
        format!("/api/v1/{SENT}"),
        format!("/demo/as/{SENT}"),
        format!("/demo/assets/{SENT}.js"),
    ];
    let mut attempts: Vec<Ask> = targets.iter().map(|target| Ask::get(target)).collect();
    attempts.extend([
        Ask::get("/v5/presences?ids=1").header("Authorization", &basic),
        Ask::get(&format!("/api/v1/users/{SENT}")).header("Authorization", &bearer),
        Ask::get("/webim/online").header("Authorization", &bearer),
        Ask::get("/webim/online").header("Host", SENT),
        Ask::get("/websocket").header("Upgrade", SENT),
        Ask::post("/webim/online", "a=1").header("Content-Type", &format!("text/{SENT}")),
        Ask::new(&SENT.to_uppercase(), "/webim/online"),
        Ask::new(&SENT.to_uppercase(), "/healthz"),
        Ask::new(&SENT.to_uppercase(), "/v5/messages"),
    ]);
    attempts
}

/// Negative control: let `BadParameter` hold the value.
#[tokio::test]
async fn a_refusal_tells_nothing_of_what_was_sent_and_nothing_of_what_is_inside() {
    let server = Server::start().await;
    let mut susan = server.page("susan", "").await;
    let mut refusals = Vec::new();
    for ask in attempts() {
        refusals.push((format!("{ask:?}"), server.connect().await.ask(&ask).await.expect("an answer")));
    }
    for (endpoint, form) in [
        ("message", format!("type={SENT}&to=jack&body=x")),
        ("message", format!("type=unicast&to={SENT}&body={SENT}")),
        ("message", format!("type=multicast&to={SENT}&body={SENT}")),
        ("status", format!("to=jack&show={SENT}")),
        ("presence", format!("show={SENT}&status={SENT}")),
        ("setting", format!("data={SENT}")),
        ("history", format!("id=jack&limit={SENT}")),
        ("history", format!("id=jack&type={SENT}")),
        ("search", format!("q=x&before={SENT}")),
        ("online", format!("client={SENT}&domain=localhost")),
        ("join", format!("id={SENT}")),
        ("block", format!("id={SENT}")),
        ("read", format!("type=unicast&id=jack&seq={SENT}")),
    ] {
        refusals.push((format!("{endpoint} {form}"), susan.post(endpoint, &form).await));
    }
    for (what, answer) in refusals {
        assert!(answer.status >= 400, "{what}: {} {}", answer.status, answer.text());
        let told = format!("{:?} {}", answer.headers, answer.text()).to_lowercase();
        assert!(!told.contains(&SENT.to_lowercase()), "{what}: {told}");
        assert!(INSIDE.iter().all(|word| !told.contains(word)), "{what}: {told}");
    }
}

/// The old servers let any Flash film read everything, and answered whoever asked how they were.
#[tokio::test]
async fn what_old_servers_had_for_anybody_is_not_here() {
    let server = Server::start().await;
    let mut http = server.connect().await;
    for path in [
        "/crossdomain.xml",
        "/clientaccesspolicy.xml",
        "/metrics",
        "/debug/pprof",
        "/status",
        "/server-status",
        "/admin",
        "/.env",
        "/.git/config",
        "/webim/install.php",
        "/nextim-data",
        "/demo/../nextim.toml",
        "/demo/assets/..%2f..%2fnextim.toml",
    ] {
        let answer = http.ask(&Ask::get(path)).await.expect("an answer on the same connection");
        assert_eq!(answer.status, 404, "{path}: {}", answer.text());
    }
}

/// A cookie comes along whoever wrote the page. Negative control: leave `check_cookie_origin` out of `signed_in_for`.
#[tokio::test]
async fn a_foreign_page_does_nothing_by_cookie() {
    let server = Server::start().await;
    let mut susan = server.page("susan", "").await;
    susan.says("jack", "before").await;
    susan.ticket = None;
    let form =
        "type=unicast&to=jack&id=jack&ids=jack&body=forged&show=invisible&status=x&q=x&nick=x&members=jack&seq=1";
    let arms = include_str!("../../../../src/edge/browser/routes.rs").lines().filter(|line| line.contains("=> Self::"));
    // These two take a password or a token, and no cookie.
    let is_by_cookie = |name: &&str| !["boot", "sign_in", "password"].contains(name);
    let names: Vec<&str> = arms.flat_map(|arm| arm.split('"').skip(1).step_by(2)).filter(is_by_cookie).collect();
    assert!(names.len() >= 40, "{names:?}");
    for name in names {
        for foreign in [
            ("Sec-Fetch-Site", "cross-site"),
            ("Origin", "https://evil.example"),
            ("Origin", "null"),
            ("Referer", "https://evil.example/"),
        ] {
            let target = format!("/webim/{name}");
            for ask in [Ask::post(&target, form), Ask::get(&format!("{target}?{form}"))] {
                let answer = susan.ask(ask.header(foreign.0, foreign.1)).await;
                assert_eq!((answer.status, answer.code().as_str()), (403, "cross_site"), "{name} {foreign:?}");
            }
        }
    }
    let opened = susan.online("buddy_ids=jack").await;
    assert_eq!((&opened["user"]["show"], &opened["setting"]), (&json!("available"), &json!({})));
    let last = opened["histories"]["jack"].as_array().and_then(|messages| messages.last()).expect("a history");
    assert_eq!(last["body"], "before", "nothing was said, and nothing is cleared");
}

/// Negative controls: leave `check_any` out of `open`, or the comparison of origins out of `subscribe`.
#[tokio::test]
async fn a_stream_is_opened_for_listed_pages_alone() {
    let server = serve().await;
    let (here, there) = ("https://www.one.example", "https://www.two.example");
    let one = add(&server, ONE, &[("origins", here)]).await;
    add(&server, TWO, &[("origins", there)]).await;
    let (page, other) = (enters(&server, &one, "2").await, enters(&server, &one, "3").await);
    let from = |origin: &str| Socket::ask().header("Origin", origin);
    for foreign in [
        "https://evil.example",
        "null",
        "https://www.one.example.evil.example",
        "https://evil-www.one.example",
        "http://www.one.example",
    ] {
        let answer = server.connect().await.ask(&from(foreign)).await.expect("an answer");
        assert_refused(&answer, 403, "foreign_origin");
        let events = Ask::get(&format!("/events?domain={ONE}&ticket={}", page.ticket)).header("Origin", foreign);
        assert_refused(&page.ask(&events).await, 403, "foreign_origin");
    }
    let words = json!({"subscribe": {"domain": ONE, "ticket": page.ticket}}).to_string();
    let mut of_the_other = Socket::open_by(server.address, &from(there)).await.expect("a page of some site here");
    of_the_other.text(&words).await.expect("sent");
    assert_eq!(of_the_other.goodbye().await, (4401, "ended".into()), "another site's page");
    let own = format!("http://{}", server.address);
    for ask in [from(here), from("https://WWW.one.example"), from(&own), Socket::ask()] {
        let mut socket = Socket::open_by(server.address, &ask).await.expect("a WebSocket");
        socket.text(&words).await.expect("sent");
        other.says("2", "still there").await;
        let packet = socket.next_json().await;
        assert!(bodies(&packet["messages"]).contains(&"still there".to_owned()), "{ask:?}: {packet}");
    }
}

/// Everything until the server closes.
async fn whole(server: &Server, request: &str) -> String {
    let mut socket = TcpStream::connect(server.address).await.expect("a connection");
    socket.write_all(request.as_bytes()).await.expect("sent");
    let mut bytes = Vec::new();
    let read = tokio::time::timeout(Duration::from_secs(5), socket.read_to_end(&mut bytes)).await;
    // A reset after an answer is an end, too.
    drop(read.expect("it closes"));
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Bodies whose end could be seen in two places, and names that no reader should repair.
#[tokio::test]
async fn what_is_framed_oddly_ends_the_connection() {
    let server = Server::start().await;
    let post = "POST /webim/online HTTP/1.1\r\nHost: localhost\r\n";
    for request in [
        format!("{post}Transfer-Encoding: chunked\r\n\r\n3\na=1\n0\n\n"),
        format!("{post}Transfer-Encoding: chunked\r\n\r\n3;\nx\r\na=1\r\n0\r\n\r\n"),
        format!("{post}Transfer-Encoding: chunked, identity\r\n\r\n3\r\na=1\r\n0\r\n\r\n"),
        format!("{post}Transfer-Encoding: xchunked\r\n\r\n3\r\na=1\r\n0\r\n\r\n"),
        format!("{post}Content-Length: +3\r\n\r\na=1"),
        format!("{post}Content-Length: 3, 3\r\n\r\na=1"),
        format!("{post}X: a\0b\r\n\r\n"),
        "POST /webim/online HTTP/1.0\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n3\r\na=1\r\n0\r\n\r\n"
            .into(),
        "GET /healthz HTTP/1.1\r\nHost: localhost\rX: y\r\n\r\n".into(),
    ] {
        let answer = whole(&server, &format!("{request}GET /readyz HTTP/1.1\r\nHost: localhost\r\n\r\n")).await;
        assert!(answer.starts_with("HTTP/1.1 400"), "{request:?}: {answer}");
        assert_eq!(answer.matches("HTTP/1.").count(), 1, "what follows is not read: {request:?}: {answer}");
    }
}

/// A proxy in front that reads the one would see another site than we do.
#[tokio::test]
async fn an_address_of_one_host_and_a_header_of_another_are_refused() {
    let server = Server::start().await;
    for (target, host, status, code) in [
        ("http://evil.example/webim/online", "localhost", 400, "bad_request"),
        ("http://localhost@evil.example/webim/online", "localhost", 400, "bad_request"),
        ("http://localhost/webim/online", "evil.example", 400, "bad_request"),
        ("http://evil.example/webim/online", "evil.example", 403, "foreign_host"),
        ("http://localhost/webim/online", "LOCALHOST", 401, "not_signed_in"),
    ] {
        let ask = Ask::get(target).header("Host", host);
        let answer = server.connect().await.ask(&ask).await.expect("an answer");
        assert_eq!((answer.status, answer.code().as_str()), (status, code), "{target} {host}");
    }
}
