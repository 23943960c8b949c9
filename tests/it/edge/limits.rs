//! The door: requests that could be read in two ways, that never end, or that nobody takes.

use crate::support::{Http, Server};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

async fn send(server: &Server, request: &str) -> TcpStream {
    let mut socket = TcpStream::connect(server.address).await.expect("a connection");
    socket.write_all(request.as_bytes()).await.expect("sent");
    socket
}

/// Everything until the server closes.
async fn all(socket: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    // A reset after an answer is an end, too.
    drop(socket.read_to_end(&mut bytes).await);
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Negative control: without `check_framing` the first two are answered 200.
#[tokio::test]
async fn what_a_proxy_may_understand_otherwise_is_refused_and_the_connection_closed() {
    let server = Server::start().await;
    let form = "POST /webim/online HTTP/1.1\r\n";
    for request in [
        "GET /healthz HTTP/1.1\r\n\r\n".to_owned(),
        "GET /healthz HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\n\r\n".to_owned(),
        format!("{form}Host: localhost\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\na=1"),
        format!("{form}Host: localhost\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"),
        "GET /healthz HTTP/1.1\r\nHost: localhost\r\n folded: x\r\n\r\n".to_owned(),
        "GET /healthz HTTP/1.1\r\nHost : localhost\r\n\r\n".to_owned(),
    ] {
        let ahead = format!("{request}GET /readyz HTTP/1.1\r\nHost: localhost\r\n\r\n");
        let mut socket = send(&server, &ahead).await;
        let answer = tokio::time::timeout(Duration::from_secs(5), all(&mut socket)).await.expect("it closes");
        assert!(answer.starts_with("HTTP/1.1 400"), "{request:?}: {answer}");
        assert_eq!(answer.matches("HTTP/1.1").count(), 1, "what follows is not read: {request:?}: {answer}");
    }
}

/// hyper reads the chunks and forgets the length, as RFC 9112 allows, if nothing that follows is believed.
#[tokio::test]
async fn a_length_given_in_two_ways_ends_the_connection() {
    let server = Server::start().await;
    let head =
        "POST /webim/buddies HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n";
    let ahead = format!("{head}0\r\n\r\nGET /readyz HTTP/1.1\r\nHost: localhost\r\n\r\n");
    let mut socket = send(&server, &ahead).await;
    let answer = tokio::time::timeout(Duration::from_secs(5), all(&mut socket)).await.expect("it closes");
    assert_eq!(answer.matches("HTTP/1.1").count(), 1, "what follows is not read: {answer}");
}

#[tokio::test]
async fn a_request_that_does_not_end_is_given_up() {
    let server = Server::start().await;
    let head = "POST /webim/online HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\na=";
    let begun = Instant::now();
    let (mut silent, mut head_only, mut body) =
        (send(&server, "").await, send(&server, "GET / HTTP/1.1\r\nHost: x\r\n").await, send(&server, head).await);
    let within = |seconds| Duration::from_secs(seconds);
    tokio::join!(
        async {
            all(&mut silent).await;
            assert!(begun.elapsed() > within(8) && begun.elapsed() < within(14), "{:?}", begun.elapsed());
        },
        async {
            all(&mut head_only).await;
            assert!(begun.elapsed() > within(8) && begun.elapsed() < within(14), "{:?}", begun.elapsed());
        },
        async {
            let answer = all(&mut body).await;
            assert!(answer.starts_with("HTTP/1.1 408") && answer.contains("too_slow"), "{answer}");
            assert!(begun.elapsed() > within(13) && begun.elapsed() < within(19), "{:?}", begun.elapsed());
        },
    );
}

/// Negative control: without `watch` in `edge/socket.rs` the connection is there for ever.
#[tokio::test]
async fn an_answer_that_nobody_takes_is_given_up() {
    let server = Server::start().await;
    // Answers are asked for ahead until neither side's buffers take more.
    let mut socket = send(&server, "").await;
    let request = "GET /demo/assets/demo.css HTTP/1.1\r\nHost: localhost\r\n\r\n".repeat(50);
    let begun = Instant::now();
    loop {
        let sent = tokio::time::timeout(Duration::from_secs(40), socket.write_all(request.as_bytes())).await;
        match sent.expect("the server has given up by now") {
            Ok(()) => {}
            Err(_) => break,
        }
    }
    assert!(begun.elapsed() > Duration::from_secs(15), "{:?}", begun.elapsed());
}

#[tokio::test]
async fn signing_out_ends_every_ticket_for_good() {
    let mut server = Server::start().await;
    let mut here = server.page("susan", "").await;
    let mut there = here.tab();
    there.online("").await;
    let other = server.page("jack", "").await;
    let mut held = there.hold().await;
    here.does("sign_out", "").await;
    assert_eq!(held.answer().await.expect("released").text(), "null");
    server.stop().await;
    server.start_again().await;
    for (page, body) in [(&here, "null"), (&there, "null")] {
        let mut http = Http::open(server.address).await.expect("a connection");
        assert_eq!(http.ask(&page.poll_ask()).await.expect("an answer").text(), body);
    }
    let mut http = Http::open(server.address).await.expect("a connection");
    assert!(http.ask(&other.poll_ask()).await.expect("an answer").text().contains("\"status\":\"ok\""));
}
