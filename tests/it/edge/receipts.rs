//! A message with a `cid` of its own is answered with its place, and stored once however often it is repeated.

use crate::support::Server;
use crate::support::member::bodies;
use serde_json::{Value, json};

const HELLO: &str = "type=unicast&to=jack&body=hello&style=&offline=0&cid=c1";

#[tokio::test]
async fn a_repeated_message_is_stored_once_and_answered_the_same() {
    let server = Server::start().await;
    let mut susan = server.page("susan", "").await;
    let mut jack = server.page("jack", "").await;
    let first = susan.read("message", HELLO).await;
    assert_eq!((&first["status"], first.get("dup")), (&"ok".into(), None));
    assert!(first["id"].is_string() && first["seq"].is_u64() && first["timestamp"].is_string(), "{first}");
    let mut wanted = first.clone();
    wanted["dup"] = json!(true);
    assert_eq!(susan.read("message", HELLO).await, wanted);
    assert_eq!(susan.get("message", HELLO).await.json(), wanted);
    let mut other_tab = susan.tab();
    other_tab.online("").await;
    assert_eq!(other_tab.read("message", HELLO).await, wanted, "a cid is the member's, not the tab's");
    assert_eq!(jack.hears().await, ["hello"]);
    assert_eq!(
        bodies(&jack.read("histories", "id=susan&type=unicast").await).last().map(String::as_str),
        Some("hello")
    );
    susan.says("jack", "the end").await;
    assert_eq!(jack.hears().await, ["the end"], "no repeat was delivered");
}

#[tokio::test]
async fn the_same_cid_with_another_message_is_refused() {
    let server = Server::start().await;
    let mut susan = server.page("susan", "").await;
    let mut jack = server.page("jack", "").await;
    susan.read("message", HELLO).await;
    for other in [HELLO.replace("hello", "other"), HELLO.replace("to=jack", "to=mary")] {
        let answer = susan.post("message", &other).await;
        assert_eq!((answer.status, answer.code().as_str()), (409, "cid_reused"), "{other}");
    }
    let theirs = jack.read("message", &HELLO.replace("jack", "susan")).await;
    assert_eq!(theirs.get("dup"), None, "another member's cid is another");
    susan.read("message", &HELLO.replace("c1", "c2")).await;
    assert_eq!(jack.hears().await[0], "hello");
}

#[tokio::test]
async fn without_a_cid_the_same_words_are_said_twice() {
    let server = Server::start().await;
    let mut susan = server.page("susan", "").await;
    susan.says("mary", "yes").await;
    susan.says("mary", "yes").await;
    assert_eq!(bodies(&susan.read("histories", "id=mary&type=unicast").await), ["yes", "yes"]);
}

#[tokio::test]
async fn repeats_at_the_same_moment_are_one_message() {
    let server = Server::start().await;
    let susan = server.page("susan", "").await;
    let mut sending = tokio::task::JoinSet::new();
    for _ in 0..8 {
        let mut tab = susan.tab();
        sending.spawn(async move { tab.read("message", HELLO).await });
    }
    let answers = sending.join_all().await;
    let seqs: std::collections::BTreeSet<u64> = answers.iter().filter_map(|answer| answer["seq"].as_u64()).collect();
    let first = answers.iter().filter(|answer| answer.get("dup").is_none()).count();
    assert_eq!((seqs.len(), first), (1, 1), "{answers:?}");
}

#[tokio::test]
async fn timestamps_are_milliseconds_and_never_decrease() {
    let server = Server::start().await;
    let mut susan = server.page("susan", "").await;
    for count in 0..5 {
        susan.says("mary", &count.to_string()).await;
    }
    let opened = susan.online("buddy_ids=mary").await;
    let now = opened["server_time"].as_u64().expect("a number");
    let history = opened["histories"]["mary"].as_array().expect("a list");
    let of = |message: &Value| message["timestamp"].as_str().expect("a text").parse::<u64>().expect("a number");
    let times: Vec<u64> = history.iter().map(of).collect();
    assert!(times.is_sorted() && times.iter().all(|time| (now - 60_000..=now).contains(time)), "{times:?} {now}");
}

/// An old client's own millisecond tells a silent repeat from a second message. Negative control: derive no `cid`.
#[tokio::test]
async fn an_old_clients_repeat_is_stored_once() {
    let server = Server::start().await;
    let (mut susan, mut jack) = (server.page("susan", "").await, server.page("jack", "").await);
    let now_ms = nextim::clock::Clock::start().wall_ms();
    for (body, at_ms) in
        [("once", now_ms), ("once", now_ms), ("once", now_ms + 1), ("twice", now_ms), ("old", 1_500_000_000_000)]
    {
        susan.does("message", &format!("type=unicast&to=jack&offline=0&body={body}&timestamp={at_ms}")).await;
    }
    susan.does("message", "type=unicast&to=jack&offline=0&body=old&timestamp=1500000000000").await;
    assert_eq!(jack.hears().await, ["once", "once", "twice", "old", "old"]);
}
