//! A page that says what it has: `ack` and `epoch` on a poll, and on any other call.

use crate::support::member::bodies;
use crate::support::{Answer, Ask, Member, Server, assert_empty, urls};
use serde_json::Value;
use std::time::Duration;

/// A server on which a held poll is seen to be held, jack, and susan's native page with what `online` answered.
async fn stage() -> (Server, Member, Member, Value) {
    let server = Server::start_with(|config| config.times.session_grace_ms = 60_000).await;
    let (jack, mut susan) = (server.page("jack", "").await, server.member("susan").await);
    let opened = susan.online("client=native").await;
    (server, jack, susan, opened)
}

async fn asks(server: &Server, page: &Member, more: &str) -> Answer {
    let target = format!("/packets?domain=localhost&ticket={}{more}", urls::encode(page.ticket()));
    server.connect().await.ask(&Ask::get(&target)).await.expect("an answer")
}

async fn polls(server: &Server, page: &Member, ack: u64, epoch: &Value) -> Value {
    let more = format!("&ack={ack}&epoch={}", epoch.as_str().expect("a text"));
    let packet = asks(server, page, &more).await.json();
    assert_eq!((&packet["resync"], &packet["epoch"]), (&false.into(), epoch), "{packet}");
    packet
}

fn place(packet: &Value, index: usize) -> u64 {
    packet["messages"][index]["seq"].as_u64().expect("a place")
}

#[tokio::test]
async fn a_native_page_is_told_where_streams_are_and_where_it_stands() {
    let (server, _, mut susan, opened) = stage().await;
    let at = server.address;
    let connection = &opened["connection"];
    assert_eq!(connection["websocket"], format!("ws://{at}/websocket"));
    assert_eq!(connection["sse"], format!("http://{at}/events"));
    assert!(opened["seq"].is_u64() && opened["epoch"].is_string() && opened["more"] == false, "{opened}");
    let ask = Ask::post("/webim/online", "client=native").header("X-Forwarded-Proto", "https");
    let connection = susan.ask(ask.header("X-Forwarded-Host", "im.example.com")).await.json()["connection"].clone();
    assert_eq!(connection["websocket"], "wss://im.example.com/websocket");
    assert_eq!(connection["sse"], "https://im.example.com/events");
    for old in ["client=d1", "client=d2", "client=d3"] {
        let connection = &susan.online(old).await["connection"];
        assert!(connection.get("websocket").is_none() && connection.get("sse").is_none(), "{old}: {connection}");
    }
}

/// Negative control: let `Cursors::written` confirm, and the second poll brings nothing.
#[tokio::test]
async fn what_is_not_acknowledged_comes_again_and_what_is_never_does() {
    let (server, mut jack, susan, opened) = stage().await;
    let (start, epoch) = (opened["seq"].as_u64().expect("a place"), &opened["epoch"]);
    for body in ["one", "two", "three"] {
        jack.says("susan", body).await;
    }
    for _ in 0..3 {
        assert_eq!(bodies(&polls(&server, &susan, start, epoch).await["messages"]), ["one", "two", "three"]);
    }
    let packet = polls(&server, &susan, start, epoch).await;
    let rest = polls(&server, &susan, place(&packet, 1), epoch).await;
    assert_eq!(bodies(&rest["messages"]), ["three"]);
    let lower = polls(&server, &susan, place(&packet, 0), epoch).await;
    assert_eq!(bodies(&lower["messages"]), ["three"], "a lower one is legal, and what was confirmed stays confirmed");
    for ack in [place(&packet, 2), place(&packet, 2), start] {
        assert_empty(&polls(&server, &susan, ack, epoch).await);
    }
    // From a page that acknowledges nothing else counts.
    jack.says("susan", "four").await;
    for _ in 0..3 {
        assert_eq!(bodies(&asks(&server, &susan, "").await.json()["messages"]), ["four"]);
    }
}

/// Negative control: drop the comparison with `sent` in `Cursors::acknowledged`, and nothing is told to begin anew.
#[tokio::test]
async fn a_page_that_claims_what_it_was_never_sent_has_to_begin_anew() {
    let (server, mut jack, susan, opened) = stage().await;
    let (start, epoch) = (opened["seq"].as_u64().expect("a place"), opened["epoch"].as_str().expect("a text"));
    jack.says("susan", "unconfirmed").await;
    let wrong = [format!("&ack={}&epoch={epoch}", start + 100), format!("&ack={start}&epoch=another"), {
        format!("&ack={}", u64::MAX)
    }];
    for more in wrong {
        let packet = asks(&server, &susan, &more).await.json();
        assert_eq!((&packet["resync"], &packet["status"]), (&true.into(), &"ok".into()), "{more}: {packet}");
    }
    let packet = asks(&server, &susan, &format!("&ack={start}&epoch={epoch}")).await.json();
    assert_eq!((bodies(&packet["messages"]), &packet["resync"]), (vec!["unconfirmed".into()], &false.into()));
    let quiet = asks(&server, &susan, &format!("&ack={}", packet["seq"])).await.json();
    assert_eq!(quiet["resync"], false, "without an epoch the present one is meant");
    let again = asks(&server, &susan, &format!("&ack={}&epoch={epoch}", u64::MAX)).await.json();
    assert_eq!(again["resync"], true, "it is not held: the page has to know");
}

#[tokio::test]
async fn an_ack_that_is_no_number_is_refused() {
    let (server, _, mut susan, _) = stage().await;
    for bad in ["x", "-1", "1.5", "1e3", "%201", "99999999999999999999"] {
        let answer = asks(&server, &susan, &format!("&ack={bad}")).await;
        assert_eq!((answer.status, answer.code().as_str()), (400, "bad_parameter"), "{bad}");
        let script = asks(&server, &susan, &format!("&ack={bad}&callback=cb")).await.script("cb");
        assert_eq!(script["code"], "bad_parameter");
        let other = susan.post("buddies", &format!("ids=jack&ack={bad}")).await;
        assert_eq!((other.status, other.code().as_str()), (400, "bad_parameter"), "{bad}");
    }
    for nothing in ["", "undefined", "null"] {
        assert_empty(&asks(&server, &susan, &format!("&ack={nothing}")).await.json());
    }
}

/// Negative control: let `auth::asker` ignore `ack`, and the third page still finds the message.
#[tokio::test]
async fn an_ack_may_ride_on_any_call() {
    let (server, mut jack, mut susan, opened) = stage().await;
    jack.says("susan", "heard").await;
    let start = opened["seq"].as_u64().expect("a place");
    let packet = polls(&server, &susan, start, &opened["epoch"]).await;
    let epoch = opened["epoch"].as_str().expect("a text");
    let place = place(&packet, 0);
    let mut waiting = Vec::new();
    for more in [String::new(), format!("&ack={place}&epoch=another"), format!("&ack={}", u64::MAX)] {
        susan.read("buddies", &format!("ids=jack{more}")).await;
        waiting.push(bodies(&susan.tab().online("").await["new_messages"]));
    }
    assert_eq!(waiting, [["heard"], ["heard"], ["heard"]], "nothing that cannot be right confirms");
    susan.does("status", &format!("to=jack&show=clear&ack={place}&epoch={epoch}")).await;
    assert_eq!(bodies(&susan.tab().online("").await["new_messages"]), [""; 0]);
    assert_empty(&polls(&server, &susan, place, &opened["epoch"]).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_says_whether_there_is_more() {
    let (server, jack, susan, opened) = stage().await;
    let (mut tab, text) = (jack.tab(), "x".repeat(60_000));
    for count in 0..10 {
        tab.says("susan", &format!("{count} {text}")).await;
    }
    let (mut ack, mut heard, mut answers) = (opened["seq"].as_u64().expect("a place"), Vec::new(), 0);
    loop {
        let packet = polls(&server, &susan, ack, &opened["epoch"]).await;
        let here = bodies(&packet["messages"]);
        assert!(here.iter().map(String::len).sum::<usize>() <= 256 * 1024, "an answer is bounded");
        ack = packet["seq"].as_u64().expect("a place");
        heard.extend(here);
        answers += 1;
        if packet["more"] == false {
            break;
        }
    }
    let counts: Vec<&str> = heard.iter().filter_map(|body| body.split(' ').next()).collect();
    assert_eq!(counts, ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"]);
    assert!(answers >= 3, "{answers} answers");
    assert!(server.connect().await.is_silent_for(Duration::from_millis(10)).await);
}
