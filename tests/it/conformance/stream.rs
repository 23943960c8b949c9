//! Part 2: the stream, as each client asks for it and reads it, and what it dies of.

use super::{Client, assert_texts, list};
use crate::support::clients::wire::PollCount;
use crate::support::clients::{Generation, Opening, Page, Screen};
use crate::support::socket::Socket;
use crate::support::{Answer, Server};
use serde_json::{Value, json};

fn long(config: &mut nextim::config::Config) {
    (config.times.poll_hold_ms, config.times.session_grace_ms, config.times.ticket_idle_ms) = (30_000, 60_000, 90_000);
}

/// One poll in the manner of a client.
async fn poll(server: &Server, client: &Client, by_script: bool) -> (Answer, Option<String>) {
    let (ask, callback) =
        PollCount::default().request(client.browser.generation, by_script, &client.opened["connection"]);
    let mut http = server.connect().await;
    (http.ask(&ask).await.expect("an answer"), callback)
}

fn is_empty(packet: &Value) {
    assert!(packet["status"].as_str().is_some_and(|status| !status.is_empty()), "{packet}");
    for name in ["messages", "presences", "statuses"] {
        assert_eq!(list(&packet[name]).len(), 0, "all three, also when there is nothing: {packet}");
    }
}

/// Order of parameters, ticket in percent signs, function or none; the bare object without a function.
#[tokio::test]
async fn part_2_1_polls() {
    let server = Server::start().await;
    for generation in Generation::ALL {
        let susan = Client::open(&server, generation, "susan").await;
        let (answer, callback) = poll(&server, &susan, true).await;
        is_empty(&answer.script(&callback.expect("a script")));
        assert_eq!(answer.header("cache-control"), Some("no-store"));
    }
    let susan = Client::open(&server, Generation::G3, "susan").await;
    let (answer, _) = poll(&server, &susan, false).await;
    assert_eq!(answer.header("content-type"), Some("application/json; charset=utf-8"));
    is_empty(&answer.json());
    // Wherever the three kinds of servers had it; the oldest without a path.
    for path in ["packets", "webim/packets", ""] {
        let server_url = format!("http://{}/{path}", server.address);
        let mut moved = Client::open(&server, Generation::G2, "susan").await;
        moved.opened["connection"]["server"] = Value::from(server_url.trim_end_matches('/'));
        is_empty(&poll(&server, &moved, true).await.0.script(&format!("jsonp{}", 1_796_000_000_000_u64)));
    }
}

/// Only `null` in a 200 stops a page of every generation at once.
#[tokio::test]
async fn part_2_1_every_generation_stops_when_its_ticket_ends() {
    let server = Server::start().await;
    for (generation, said) in
        [(Generation::G1, "connect error"), (Generation::G2, "Connect Error"), (Generation::G3, "Connect Error")]
    {
        for polls_by_script in [true, generation != Generation::G3] {
            let opening = Opening { polls_by_script, ..Opening::BARE };
            let page = Page::of(server.address, generation, "susan", &opening).await;
            page.until("a packet", |screen| screen.packets > 0).await;
            let mut member = server.member("susan").await;
            member.ticket = Some(page.me().ticket);
            member.does("offline", "").await;
            page.until("the end", |screen| !screen.is_online).await;
            let screen = page.screen();
            assert_eq!((screen.said.as_deref(), &screen.died, screen.failed_polls), (Some(said), &None, 0));
        }
    }
}

/// A server that is gone is noticed by two polls in a row; an answer in between is none of them.
#[tokio::test]
async fn part_2_1_two_failures_in_a_row_end_a_page() {
    let mut server = Server::start().await;
    let mut pages = Vec::new();
    for (generation, id) in [(Generation::G2, "jack"), (Generation::G3, "mary")] {
        let page = Page::of(server.address, generation, id, &Opening::BARE).await;
        page.until("a packet", |screen| screen.packets > 0).await;
        pages.push(page);
    }
    server.stop().await;
    for page in pages {
        page.until("the end", |screen| !screen.is_online).await;
        let screen = page.screen();
        assert_eq!((screen.said.as_deref(), screen.failed_polls), (Some("Disconnect"), 2), "{:?}", page.generation);
    }
}

#[tokio::test]
async fn part_2_2_packets_are_texts() {
    let server = Server::start_with(long).await;
    let susan = Client::open(&server, Generation::G3, "susan").await;
    let mut jack = server.page("jack", "").await;
    jack.does("status", "to=susan&show=typing").await;
    jack.does("message", "type=unicast&to=susan&body=7&style=color%3Ared").await;
    let mut packet = json!({"messages": [], "presences": [], "statuses": []});
    while ["messages", "presences", "statuses"].iter().any(|name| list(&packet[*name]).is_empty()) {
        let next = poll(&server, &susan, false).await.0.json();
        for name in ["messages", "presences", "statuses"] {
            packet[name].as_array_mut().expect("a list").extend(list(&next[name]).iter().cloned());
        }
    }
    let fields = ["from", "nick", "to", "timestamp", "type", "body", "style"];
    assert_texts(&packet["messages"][0], &fields);
    assert_texts(&packet["presences"][0], &["from", "nick", "type", "show", "status"]);
    assert_texts(&packet["statuses"][0], &["from", "nick", "to", "show"]);
}

/// The table of what each client does with words that are not its own, and with numbers: why none may be sent.
#[test]
fn part_2_2_what_the_clients_die_of() {
    let message = |kind: &str| json!({"type": kind, "from": "a", "nick": "A", "to": "r", "body": "b", "style": ""});
    let takes = |generation: Generation, message: Value| {
        let mut screen = Screen { me: "r".into(), ..Screen::default() };
        let packet = json!({"status": "ok", "messages": [message], "presences": [], "statuses": []});
        generation.takes(&packet, &mut screen).is_ok()
    };
    for (kind, lives) in [
        ("unicast", [true, true, false]),
        ("multicast", [false, true, false]),
        ("chat", [false, false, true]),
        ("grpchat", [false, false, true]),
        ("broadcast", [false, false, false]),
    ] {
        assert_eq!(Generation::ALL.map(|generation| takes(generation, message(kind))), lives, "{kind}");
    }
    for (field, kind) in [("from", ["unicast", "unicast", "chat"]), ("body", ["unicast", "unicast", "chat"])] {
        for (generation, kind) in Generation::ALL.into_iter().zip(kind) {
            let mut message = message(kind);
            message[field] = json!(7);
            assert!(!takes(generation, message), "{generation:?} {field}");
        }
    }
    for (packet, lives) in [
        (json!(null), [false, false, false]),
        (json!({"messages": [], "presences": [], "statuses": []}), [false, false, true]),
        (json!({"status": "ok"}), [true, false, true]),
        (json!({"status": "stopped", "messages": [], "presences": [], "statuses": []}), [true, true, true]),
    ] {
        let lived = Generation::ALL.map(|generation| generation.takes(&packet, &mut Screen::default()).is_ok());
        assert_eq!(lived, lives, "{packet}");
    }
}

/// For the second generation every presence that is not `offline` makes a friend of its sender; rooms' presences would.
#[test]
fn part_2_3_what_the_clients_make_of_presences() {
    let sees = |generation: Generation, kind: &str, to: Option<&str>| {
        let mut screen = Screen::default();
        let presence = json!({"type": kind, "from": "a", "nick": "A", "show": "available", "status": "r", "to": to});
        let packet = json!({"status": "ok", "messages": [], "presences": [presence], "statuses": []});
        generation.takes(&packet, &mut screen).expect("no exception");
        (screen.sees("a"), screen.notices.len())
    };
    for kind in ["join", "leave", "grponline", "grpoffline"] {
        assert_eq!(sees(Generation::G1, kind, Some("r")), (false, 0));
        assert_eq!(sees(Generation::G2, kind, Some("r")), (true, 0), "{kind} pollutes the list");
        assert_eq!(sees(Generation::G3, kind, Some("r")), (false, 1));
        assert_eq!(sees(Generation::G3, kind, None), (false, 0));
    }
    for generation in Generation::ALL {
        assert!(sees(generation, "online", None).0 && !sees(generation, "offline", None).0);
    }
}

/// Nothing of who comes into a room and goes may reach the first two generations.
#[tokio::test]
async fn part_2_3_who_joins_a_room_is_no_friend_of_the_first_generations() {
    let server = Server::start().await;
    for (generation, id) in [(Generation::G1, "susan"), (Generation::G2, "jack")] {
        let page = Page::of(server.address, generation, id, &Opening { rooms: &["room1"], ..Opening::BARE }).await;
        let mut lee = server.page("lee", "").await;
        lee.read("join", "id=room1").await;
        lee.does("leave", "id=room1").await;
        server.member("mary").await.says(id, "the marker").await;
        page.until("the marker", |screen| !screen.lines("b_mary").is_empty()).await;
        assert!(!page.screen().roster.contains_key("lee"), "{generation:?}");
        page.assert_alive();
    }
}

#[tokio::test]
async fn part_2_4_stopped_and_malformed_tickets() {
    let server = Server::start().await;
    let mut http = server.connect().await;
    for ticket in ["nobar", "a%7Cb", "uid%3Ademo%3A1234", "vid%3A8f3a%3Ax", "%E4%BD%A0"] {
        let path = format!("/packets?domain=localhost&ticket={ticket}&callback=jsonp1");
        let answer = http.ask(&crate::support::Ask::get(&path)).await.expect("an answer on a connection that stays");
        assert_eq!(answer.text(), "/**/jsonp1(null);", "{ticket}: never `stopped`, which nobody stops for");
    }
}

/// One text opens it; then the server talks, without `null`, and text that means nothing is ignored.
#[tokio::test]
async fn part_2_7_websocket_of_g3() {
    let server = Server::start_with(|config| {
        let options = nextim::chat::site::SiteOptions { old_websocket: true, ..Default::default() };
        config.sites.insert("localhost".into(), options.written());
    })
    .await;
    let susan = Client::open(&server, Generation::G3, "susan").await;
    let url = susan.opened["connection"]["websocket"].as_str().expect("a site that wants it");
    assert!(url.starts_with("ws://"), "{url}");
    let mut socket = Socket::subscribed(server.address, &format!("subscribe localhost {}", susan.me.ticket)).await;
    socket.text("heartbeat").await.expect("sent");
    server.member("jack").await.says("susan", "by frame").await;
    loop {
        let packet = socket.next_json().await;
        assert!(packet.is_object(), "`null` throws: {packet}");
        if let Some(message) = packet["messages"].get(0) {
            assert_eq!((&message["type"], &message["body"]), (&"chat".into(), &"by frame".into()));
            break;
        }
    }
    for early in [Generation::G1, Generation::G2] {
        assert_eq!(Client::open(&server, early, "susan").await.opened["connection"].get("websocket"), None);
    }
}
