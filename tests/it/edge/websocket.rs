//! WebSocket: the handshake, how each way of misbehaving ends, and what PONGs confirm.

use crate::support::member::bodies;
use crate::support::socket::{Frame, Socket, frame};
use crate::support::{Ask, Member, Server, assert_empty};
use serde_json::json;
use std::time::{Duration, Instant};

async fn stage() -> (Server, Member, Member) {
    let server = Server::start_with(|config| {
        (config.times.session_grace_ms, config.times.ticket_idle_ms) = (60_000, 90_000);
    })
    .await;
    let (jack, susan) = (server.page("jack", "").await, server.page("susan", "client=native").await);
    (server, jack, susan)
}

fn old_words(page: &Member) -> String {
    format!("subscribe localhost {}", page.ticket())
}

fn new_words(page: &Member) -> String {
    json!({"subscribe": {"domain": "localhost", "ticket": page.ticket()}}).to_string()
}

async fn unconfirmed(page: &Member) -> Vec<String> {
    bodies(&page.tab().online("").await["new_messages"])
}

#[tokio::test]
async fn what_is_no_handshake_is_told_how_it_should_be() {
    let server = Server::start().await;
    let good = Socket::ask;
    let refused = [
        (Ask::get("/websocket"), 426, "upgrade_required"),
        (good().header("Upgrade", "h2c"), 426, "upgrade_required"),
        (good().header("Connection", "keep-alive"), 426, "upgrade_required"),
        (good().header("Sec-WebSocket-Version", "8"), 426, "upgrade_required"),
        (good().header("Sec-WebSocket-Key", "short"), 400, "bad_request"),
        (good().header("Sec-WebSocket-Key", ""), 400, "bad_request"),
        (good().header("Host", "evil.example"), 403, "foreign_host"),
    ];
    for (ask, status, code) in refused {
        let answer = server.connect().await.ask(&ask).await.expect("an answer");
        assert_eq!((answer.status, answer.code().as_str()), (status, code), "{ask:?}");
    }
    let posted = server.connect().await.ask(&Ask::post("/websocket", "")).await.expect("an answer");
    assert_eq!(posted.status, 405);
}

/// Part of `waiting`.
pub(super) async fn who_says_nothing_is_sent_away_after_five_seconds() {
    let server = Server::start().await;
    let mut socket = Socket::open(server.address).await.expect("a WebSocket");
    let began = Instant::now();
    socket.bytes(&frame(0x89, b"alive")).await.expect("sent");
    assert_eq!(socket.next().await.expect("a frame"), Frame::Pong(b"alive".to_vec()));
    assert_eq!(socket.goodbye().await, (1008, "not_subscribed".into()));
    assert!((4_900..6_500).contains(&began.elapsed().as_millis()), "{:?}", began.elapsed());
}

#[tokio::test]
async fn first_words_that_are_not_understood_or_name_no_live_ticket_end_it() {
    let (server, _, mut susan) = stage().await;
    let ticket = susan.ticket().to_owned();
    let first = [
        ("hello".into(), (1008, "not_subscribed")),
        ("{}".into(), (1008, "not_subscribed")),
        (String::new(), (1008, "not_subscribed")),
        ("subscribe localhost".into(), (1008, "not_subscribed")),
        ("subscribe localhost none".into(), (4401, "ended")),
        (format!("subscribe elsewhere {ticket}"), (4401, "ended")),
        (format!("subscribe localhost {}", &ticket[1..]), (4401, "ended")),
        (json!({"subscribe": {"domain": "elsewhere", "ticket": ticket}}).to_string(), (4401, "ended")),
    ];
    for (words, (code, word)) in first {
        let mut socket = Socket::subscribed(server.address, &words).await;
        assert_eq!(socket.goodbye().await, (code, word.into()), "{words}");
        assert!(socket.next().await.is_err(), "a goodbye is the last");
    }
    susan.does("offline", "").await;
    let mut socket = Socket::subscribed(server.address, &format!("subscribe localhost {ticket}")).await;
    assert_eq!(socket.goodbye().await, (4401, "ended".into()));
}

#[tokio::test]
async fn the_newest_stream_of_a_ticket_wins() {
    let (server, mut jack, mut susan) = stage().await;
    let mut first = Socket::subscribed(server.address, &new_words(&susan)).await;
    jack.says("susan", "one").await;
    assert_eq!(bodies(&first.next_json().await["messages"]), ["one"]);
    let mut second = Socket::subscribed(server.address, &old_words(&susan)).await;
    assert_eq!(first.goodbye().await, (4409, "replaced".into()));
    assert_eq!(bodies(&second.next_json().await["messages"]), ["one"], "nobody said that it is there");
    assert_eq!(bodies(&susan.poll().await["messages"]), ["one"]);
    assert_eq!(second.goodbye().await, (4409, "replaced".into()));
    jack.says("susan", "two").await;
    assert_eq!(susan.hears().await.last().map(String::as_str), Some("two"));
}

#[tokio::test]
async fn the_end_of_the_ticket_and_of_the_server_are_told() {
    let (mut server, _, mut susan) = stage().await;
    let mary = server.page("mary", "client=native").await;
    let mut hers = Socket::subscribed(server.address, &new_words(&mary)).await;
    let mut socket = Socket::subscribed(server.address, &new_words(&susan)).await;
    assert_eq!(susan.read("buddies", "ids=jack").await[0]["id"], "jack");
    susan.does("offline", "").await;
    assert_eq!(socket.goodbye().await, (4401, "ended".into()));
    let ((), goodbye) = tokio::join!(server.stop(), hers.goodbye());
    assert_eq!(goodbye, (1012, "stopping".into()));
}

/// Each way of not speaking the protocol by the close code that RFC 6455 has for it.
#[tokio::test]
async fn bytes_that_may_not_be_end_it_with_the_right_code() {
    let (server, _, susan) = stage().await;
    let oversize = [&[0x81, 0xff][..], &(400 * 1024 + 1_u64).to_be_bytes(), &[0; 4]].concat();
    let bomb: Vec<u8> = (0..430).flat_map(|at| frame(if at == 0 { 0x01 } else { 0x00 }, &[b'x'; 1_000])).collect();
    let wrong = [
        ("unmasked", vec![0x81, 0x01, b'x'], (1002, "broken")),
        ("a reserved bit", frame(0xc1, b"x"), (1002, "broken")),
        ("a reserved opcode", frame(0x83, b"x"), (1002, "broken")),
        ("a control frame in parts", frame(0x09, b"x"), (1002, "broken")),
        ("a long control frame", frame(0x89, &[0; 126]), (1002, "broken")),
        ("a part of nothing", frame(0x80, b"x"), (1002, "broken")),
        ("a close with half a code", frame(0x88, &[3]), (1002, "broken")),
        ("bad UTF-8", frame(0x81, &[0xc3, 0x28]), (1007, "not_text")),
        ("bytes", frame(0x82, b"x"), (1003, "bytes")),
        ("oversize", oversize, (1009, "too_large")),
        ("a fragment bomb", bomb, (1009, "too_large")),
        (
            "a flood of fragments",
            frame(0x01, b"").into_iter().chain(frame(0x00, b"").repeat(510)).collect(),
            (1008, "flood"),
        ),
        ("a flood of pings", frame(0x89, b"").repeat(510), (1008, "flood")),
        ("a flood of texts", frame(0x81, b"heartbeat").repeat(510), (1008, "flood")),
    ];
    for (what, bytes, (code, word)) in wrong {
        for first in [None, Some(new_words(&susan))] {
            let mut socket = Socket::open(server.address).await.expect("a WebSocket");
            if let Some(first) = &first {
                socket.text(first).await.expect("sent");
            } else if what == "a flood of texts" {
                continue;
            }
            socket.bytes(&bytes).await.expect("sent");
            assert_eq!(socket.goodbye().await, (code, word.to_owned()), "{what}, subscribed {}", first.is_some());
        }
    }
}

#[tokio::test]
async fn a_close_is_answered_with_its_code_and_a_ping_with_its_bytes() {
    let (server, mut jack, susan) = stage().await;
    let mut socket = Socket::subscribed(server.address, &new_words(&susan)).await;
    socket.bytes(&frame(0x89, &[0, 255, 7])).await.expect("sent");
    assert_eq!(socket.next().await.expect("a frame"), Frame::Pong(vec![0, 255, 7]));
    // In parts, around a control frame.
    let words = br#"{"call":"message","id":1,"type":"unicast","to":"jack","body":"in parts"}"#;
    let parts = [frame(0x01, &words[..20]), frame(0x8a, b""), frame(0x00, &words[20..30]), frame(0x80, &words[30..])];
    socket.bytes(&parts.concat()).await.expect("sent");
    assert_eq!(socket.next_json().await, json!({"reply": 1, "status": 200, "body": "ok"}));
    assert_eq!(jack.hears().await, ["in parts"]);
    socket.bytes(&frame(0x88, &4_000_u16.to_be_bytes())).await.expect("sent");
    assert_eq!(socket.next().await.expect("a frame"), Frame::Close(4_000, String::new()));
    assert!(socket.next().await.is_err());
}

/// Negative control: let a PONG confirm whatever was sent, and the first half fails.
#[tokio::test]
async fn a_pong_confirms_what_its_ping_carried_and_nothing_else() {
    let (server, mut jack, mut susan) = stage().await;
    susan.online("").await;
    let mut socket = Socket::subscribed(server.address, &old_words(&susan)).await;
    jack.says("susan", "one").await;
    assert_eq!(bodies(&socket.next_json().await["messages"]), ["one"]);
    let Ok(Frame::Ping(echo)) = socket.next().await else { panic!("a packet is followed by a PING") };
    for never in ["999999", "18446744073709551615", "99999999999999999999", "-1", "", "x", "0"] {
        socket.bytes(&frame(0x8a, never.as_bytes())).await.expect("sent");
    }
    socket.bytes(&frame(0x89, b"after")).await.expect("sent");
    assert_eq!(socket.next().await.expect("a frame"), Frame::Pong(b"after".to_vec()));
    assert_eq!(unconfirmed(&susan).await, ["one"]);
    // An old page's words are nobody's acks.
    socket.text(&json!({"ack": 999, "call": "message", "id": 1}).to_string()).await.expect("sent");
    socket.bytes(&[frame(0x8a, &echo), frame(0x89, b"after")].concat()).await.expect("sent");
    assert_eq!(socket.next().await.expect("a frame"), Frame::Pong(b"after".to_vec()));
    assert_eq!(unconfirmed(&susan).await, [""; 0]);
}

#[tokio::test]
async fn a_client_that_acknowledges_is_believed_by_its_acks_alone() {
    let (server, mut jack, susan) = stage().await;
    let mut socket = Socket::subscribed(server.address, &new_words(&susan)).await;
    jack.says("susan", "one").await;
    let packet = socket.next_json().await;
    let through = packet["seq"].as_u64().expect("a place");
    let pong = [frame(0x8a, through.to_string().as_bytes()), frame(0x89, b"after")].concat();
    socket.bytes(&pong).await.expect("sent");
    assert_eq!(socket.next().await.expect("a frame"), Frame::Pong(b"after".to_vec()));
    assert_eq!(unconfirmed(&susan).await, ["one"]);
    for wrong in [json!({"ack": through + 50}), json!({"ack": through, "epoch": "another"})] {
        socket.text(&wrong.to_string()).await.expect("sent");
        let told = socket.next_json().await;
        assert_eq!((&told["resync"], bodies(&told["messages"]).len()), (&true.into(), 0), "{wrong}");
    }
    assert_eq!(unconfirmed(&susan).await, ["one"]);
    // Broken off and taken up again from before, then from where it is.
    drop(socket);
    let words = |ack| json!({"subscribe": {"domain": "localhost", "ticket": susan.ticket(), "ack": ack}}).to_string();
    let mut again = Socket::subscribed(server.address, &words(0)).await;
    assert_eq!(bodies(&again.next_json().await["messages"]), ["one"]);
    let mut again = Socket::subscribed(server.address, &words(through)).await;
    jack.says("susan", "two").await;
    assert_eq!(bodies(&again.next_json().await["messages"]), ["two"]);
    assert_eq!(unconfirmed(&susan).await, ["two"]);
    let mut foreign = Socket::subscribed(server.address, &words(through + 500)).await;
    assert_eq!(foreign.next_json().await["resync"], true);
}

/// Whoever is told much has much to confirm. Negative control: count every frame, and both are sent away as a flood.
#[tokio::test(flavor = "multi_thread")]
async fn who_answers_every_packet_is_no_flood() {
    let (server, mut jack, susan) = stage().await;
    let mary = server.page("mary", "").await;
    let mut new = Socket::subscribed(server.address, &new_words(&susan)).await;
    let mut old = Socket::subscribed(server.address, &old_words(&mary)).await;
    for _ in 0..520 {
        for to in ["susan", "mary"] {
            jack.does("status", &format!("to={to}&show=typing")).await;
        }
        let seq = new.next_json().await["seq"].clone();
        new.text(&json!({"ack": seq}).to_string()).await.expect("sent");
        // An old browser answers the PING that follows, before it reads on.
        old.next_json().await;
    }
    for _ in 0..600 {
        drop(new.text(&json!({"ack": 0}).to_string()).await);
    }
    assert_eq!(new.goodbye().await, (1008, "flood".into()), "what answers nothing is counted as ever");
}

#[tokio::test]
async fn an_idle_socket_is_asked_for_a_sign_of_life_and_stays() {
    let (server, mut jack, susan) = stage().await;
    let mut socket = Socket::subscribed(server.address, &new_words(&susan)).await;
    for _ in 0..3 {
        let Ok(Frame::Ping(bytes)) = socket.next().await else { panic!("a PING") };
        socket.bytes(&frame(0x8a, &bytes)).await.expect("sent");
    }
    jack.says("susan", "still there").await;
    assert_eq!(bodies(&socket.next_json().await["messages"]), ["still there"]);
}

/// Part of `waiting`: what is not answered for 20 s is gone, and what it was sent comes again.
pub(super) async fn who_answers_no_ping_is_told_goodbye_after_twenty_seconds() {
    let (server, mut jack, susan) = stage().await;
    let mut mary = server.page("mary", "").await;
    let mut sockets = [
        Socket::subscribed(server.address, &new_words(&susan)).await,
        Socket::subscribed(server.address, &old_words(&mary)).await,
    ];
    let began = Instant::now();
    for to in ["susan", "mary"] {
        jack.says(to, "unanswered").await;
    }
    for socket in &mut sockets {
        assert_eq!(socket.goodbye().await, (4408, "slow".into()));
        assert!((19_500..24_000).contains(&began.elapsed().as_millis()), "{:?}", began.elapsed());
    }
    let mut again = Socket::subscribed(server.address, &new_words(&susan)).await;
    assert_eq!(bodies(&again.next_json().await["messages"]), ["unanswered"], "the ticket is as good as before");
    assert_eq!(mary.hears().await, ["unanswered"]);
    assert_empty(&mary.poll().await);
    assert!(began.elapsed() < Duration::from_secs(30));
}
