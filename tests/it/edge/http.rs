//! HTTP as the stream needs it: connections that live on, requests sent ahead, old versions, headers on every answer.

use crate::support::{Ask, Http, Member, Server, assert_empty};
use nextim::clock::Clock;

async fn ask(http: &mut Http, ask: Ask) -> crate::support::Answer {
    http.ask(&ask).await.expect("an answer on the same connection")
}

#[tokio::test]
async fn a_connection_goes_on_after_a_poll() {
    let server = Server::start().await;
    let susan = server.page("susan", "").await;
    let mut http = server.connect().await;
    for _ in 0..2 {
        let held = ask(&mut http, susan.poll_ask()).await;
        assert_eq!((held.status, held.header("connection")), (200, None));
        let buddies = Ask::get(&format!("/webim/buddies?ids=jack&ticket={}", susan.ticket()));
        assert_eq!(ask(&mut http, buddies).await.json()[0]["id"], "jack");
        assert_eq!(ask(&mut http, Ask::get("/packets?ticket=x")).await.text(), "null");
    }
}

#[tokio::test]
async fn a_poll_with_nothing_to_say_is_held_as_long_as_configured() {
    let server = Server::start().await;
    let mut susan = server.page("susan", "").await;
    let clock = Clock::start();
    let packet = susan.poll().await;
    let held_ms = clock.monotonic_ms() - Clock::start().monotonic_ms();
    assert_empty(&packet);
    assert!((600..3_000).contains(&held_ms), "{held_ms}");
}

#[tokio::test]
async fn connection_close_is_honoured() {
    let server = Server::start().await;
    let susan = server.page("susan", "").await;
    for plain in [Ask::get("/healthz"), susan.poll_ask(), Ask::get("/packets?ticket=x")] {
        let mut http = server.connect().await;
        let answer = ask(&mut http, plain.header("Connection", "close")).await;
        assert_eq!((answer.status, answer.header("connection")), (200, Some("close")));
        assert!(http.is_closed().await);
    }
}

#[tokio::test]
async fn a_request_sent_ahead_of_a_polls_answer_is_answered_after_it() {
    let server = Server::start().await;
    let susan = server.page("susan", "").await;
    let mut jack = server.member("jack").await;
    let mut http = server.connect().await;
    http.send(&susan.poll_ask()).await.expect("sent");
    let form = format!("type=unicast&to=jack&body=sent+ahead&ticket={}", susan.ticket());
    http.send(&Ask::post("/webim/message", &form)).await.expect("sent");
    http.send(&Ask::get(&format!("/webim/buddies?ids=jack&ticket={}", susan.ticket()))).await.expect("sent");
    jack.says("susan", "for the poll").await;
    assert_eq!(http.answer().await.expect("first the poll").json()["messages"][0]["body"], "for the poll");
    assert_eq!(http.answer().await.expect("then the message").text(), "ok");
    assert_eq!(http.answer().await.expect("then the buddies").json()[0]["id"], "jack");
}

#[tokio::test]
async fn a_poll_and_what_follows_in_one_segment_are_answered_in_turn() {
    let server = Server::start().await;
    let susan = server.page("susan", "").await;
    let mut http = server.connect().await;
    let host = server.address.to_string();
    let bytes = [Ask::get("/healthz"), susan.poll_ask(), Ask::get("/readyz"), susan.poll_ask(), Ask::get("/nothing")];
    http.send_bytes(&bytes.iter().flat_map(|ask| ask.bytes(&host)).collect::<Vec<_>>()).await.expect("sent");
    let mut found = Vec::new();
    for _ in &bytes {
        let answer = http.answer().await.expect("an answer");
        found.push((answer.status, answer.text().contains("presences")));
    }
    assert_eq!(found, [(200, false), (200, true), (200, false), (200, true), (404, false)]);
}

#[tokio::test]
async fn a_request_in_single_bytes_is_read() {
    let server = Server::start().await;
    let susan = server.page("susan", "").await;
    let mut http = server.connect().await;
    for byte in susan.poll_ask().bytes("localhost") {
        http.send_bytes(&[byte]).await.expect("sent");
    }
    assert_eq!(http.answer().await.expect("an answer").status, 200);
}

#[tokio::test]
async fn the_old_version_of_http_is_answered_and_closed() {
    let server = Server::start().await;
    let susan = server.page("susan", "").await;
    for old in [Ask::get("/healthz"), susan.poll_ask()] {
        let mut http = server.connect().await;
        let answer = ask(&mut http, old.clone().version("HTTP/1.0")).await;
        assert_eq!(answer.status, 200);
        assert!(http.is_closed().await);
        let mut http = server.connect().await;
        let kept = old.version("HTTP/1.0").header("Connection", "keep-alive");
        assert_eq!(ask(&mut http, kept.clone()).await.status, 200);
    }
}

#[tokio::test]
async fn what_is_not_http_is_refused_and_closed() {
    let server = Server::start().await;
    for bytes in [
        &b"\x16\x03\x01\x02\x00\x01\x00"[..],
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET /packets HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
    ] {
        let mut http = server.connect().await;
        http.send_bytes(bytes).await.expect("sent");
        // An answer that says so, or nothing; but then the end.
        drop(http.answer().await.map(|answer| assert!(answer.status >= 400)));
        assert!(http.is_closed().await);
    }
    let mut http = server.connect().await;
    let long = format!("/webim/buddies?ids=jack&x={}", "x".repeat(33 * 1024));
    assert_eq!(ask(&mut http, Ask::get(&long)).await.status, 413);
    let wide = Ask::get("/webim/buddies?ids=jack").header("Cookie", &"c=1; ".repeat(10_000));
    assert_eq!(ask(&mut http, wide).await.status, 413);
    assert_eq!(ask(&mut http, Ask::get("/healthz")).await.status, 200);
}

#[tokio::test]
async fn long_request_lines_and_cookies_of_old_pages_fit() {
    let server = Server::start().await;
    let mut susan = server.page("susan", "").await;
    let body = "y".repeat(30_000);
    let answer = susan.get("message", &format!("type=unicast&to=jack&body={body}&callback=cb")).await;
    assert_eq!(answer.script("cb"), "ok");
    susan.cookie = format!("_webim={}; {}", "x".repeat(4_000), susan.cookie);
    susan.ticket = None;
    assert_eq!(susan.online("").await["success"], true);
}

#[tokio::test]
async fn every_answer_says_that_it_is_not_to_be_kept_or_guessed_at() {
    let server = Server::start().await;
    let mut susan = server.page("susan", "").await;
    let buddies = format!("/webim/buddies?ids=jack&ticket={}", susan.ticket());
    let asks = [
        Ask::get(&buddies),
        Ask::get(&format!("{buddies}&callback=cb")),
        Ask::get("/webim/buddies?ids=jack&ticket=x"),
        Ask::get("/webim/buddies?callback=1"),
        Ask::get("/webim/nothing"),
        Ask::get("/nothing"),
        Ask::new("PUT", "/webim/online"),
        Ask::post("/webim/online", ""),
        Ask::post("/webim/status", &format!("to=jack&show=clear&ticket={}", susan.ticket())),
        susan.poll_ask(),
        Ask::get("/packets?ticket=x"),
        Ask::get("/packets"),
        Ask::get("/healthz"),
        Ask::get("/demo/"),
        Ask::get("/demo/as/susan"),
    ];
    for ask in asks {
        let shown = format!("{ask:?}");
        let answer = susan.ask(ask).await;
        assert_eq!(answer.header("cache-control"), Some("no-store"), "{shown}");
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"), "{shown}");
        assert_eq!(answer.header("referrer-policy"), Some("no-referrer"), "{shown}");
        assert!(answer.header("content-type").is_some_and(|kind| kind.ends_with("; charset=utf-8")), "{shown}");
        assert_eq!(answer.header("server"), None, "{shown}");
    }
}

#[tokio::test]
async fn a_slow_reader_does_not_hold_up_others() {
    let server = Server::start().await;
    let mut jack = server.page("jack", "").await;
    let susan = server.page("susan", "").await;
    let _unread = susan.hold().await;
    jack.says("susan", &"x".repeat(60_000)).await;
    let mut second: Member = server.page("susan", "").await;
    jack.says("susan", "for the second tab").await;
    assert_eq!(second.hears().await, ["for the second tab"]);
}
