//! One poll at a time, and polls with tickets that are dead.
//!
//! Negative control: let `Session::look` forget to compare generations, and the first two tests fail.

use crate::support::{Ask, Server, assert_empty};
use serde_json::Value;
use std::time::Duration;

fn long(config: &mut nextim::config::Config) {
    (config.times.poll_hold_ms, config.times.session_grace_ms, config.times.ticket_idle_ms) = (30_000, 60_000, 90_000);
}

#[tokio::test]
async fn the_newest_poll_wins_and_the_older_one_gets_an_empty_packet() {
    let server = Server::start_with(long).await;
    let mut jack = server.page("jack", "").await;
    let susan = server.page("susan", "").await;
    let mut older = susan.hold().await;
    assert!(older.is_silent_for(Duration::from_millis(100)).await);
    let mut newer = susan.hold().await;
    assert_empty(&older.answer().await.expect("the older is released").json());
    jack.says("susan", "for the newest").await;
    assert_eq!(newer.answer().await.expect("an answer").json()["messages"][0]["body"], "for the newest");
    // The released connection is as good as any other.
    older.send(&susan.poll_ask()).await.expect("sent");
    jack.says("susan", "for the older, which is the newest now").await;
    let heard = older.answer().await.expect("an answer").json();
    assert_eq!(heard["messages"].as_array().map(Vec::len), Some(1));
}

#[tokio::test]
async fn many_polls_at_once_leave_one_and_lose_nothing() {
    let server = Server::start_with(long).await;
    let mut jack = server.page("jack", "").await;
    let mut susan = server.page("susan", "").await;
    let mut held = Vec::new();
    for _ in 0..10 {
        held.push(susan.hold().await);
    }
    jack.says("susan", "once").await;
    let mut heard = Vec::new();
    for mut http in held {
        heard
            .extend(http.answer().await.expect("an answer").json()["messages"].as_array().cloned().unwrap_or_default());
    }
    assert_eq!(heard.len(), 1, "{heard:?}");
    jack.says("susan", "twice").await;
    assert_eq!(susan.hears().await, ["twice"]);
}

#[tokio::test]
async fn a_ticket_that_ends_releases_its_poll_with_null() {
    let server = Server::start_with(long).await;
    for how in ["offline", "refresh"] {
        let mut susan = server.page("susan", "").await;
        let mut plain = susan.hold().await;
        susan.does(how, "").await;
        assert_eq!(plain.answer().await.expect("the poll is released").text(), "null");
        let mut susan = server.page("susan", "").await;
        let mut script = server.connect().await;
        let ask = Ask::get(&format!("/packets?domain=localhost&ticket={}&callback=cb", susan.ticket()));
        script.send(&ask).await.expect("sent");
        assert!(script.is_silent_for(Duration::from_millis(50)).await);
        susan.does(how, "").await;
        assert_eq!(script.answer().await.expect("the poll is released").text(), "/**/cb(null);");
    }
}

#[tokio::test]
async fn a_dead_ticket_gets_null_and_after_five_times_not_found() {
    let server = Server::start().await;
    let mut susan = server.page("susan", "").await;
    let ticket = susan.ticket().to_owned();
    susan.does("offline", "").await;
    let mut http = server.connect().await;
    for dead in [ticket.as_str(), "unknown", &ticket[..10], "with|the:separators of old tickets"] {
        let path = format!("/packets?ticket={}&domain=localhost", crate::support::urls::encode(dead));
        for count in 1..=7 {
            let answer = http.ask(&Ask::get(&path)).await.expect("an answer");
            match count {
                1..=5 => assert_eq!((answer.status, answer.text().as_str()), (200, "null"), "{dead} {count}"),
                _ => assert_eq!((answer.status, answer.code().as_str()), (404, "ticket_ended"), "{dead} {count}"),
            }
        }
        let answer = http.ask(&Ask::get(&format!("{path}&callback=cb"))).await.expect("an answer");
        assert_eq!(answer.status, 404, "a script that is not found ends pages that a null does not");
    }
    // Nobody else is slowed down.
    let mut lee = server.page("lee", "").await;
    assert_empty(&lee.poll().await);
}

#[tokio::test]
async fn a_script_with_a_dead_ticket_calls_its_function_with_null() {
    let server = Server::start().await;
    let mut http = server.connect().await;
    for count in 0..5 {
        let ask = Ask::get(&format!("/packets?domain=localhost&ticket=gone&callback=jsonp{count}"));
        assert_eq!(http.ask(&ask).await.expect("an answer").text(), format!("/**/jsonp{count}(null);"));
    }
}

#[tokio::test]
async fn a_ticket_that_is_not_polled_with_ends() {
    let server = Server::start_with(|config| config.times.ticket_idle_ms = 500).await;
    let mut susan = server.page("susan", "").await;
    tokio::time::sleep(Duration::from_millis(900)).await;
    assert_eq!(susan.poll().await, Value::Null);
    assert_eq!(susan.post("buddies", "ids=jack").await.code(), "ticket_ended");
}

#[tokio::test]
async fn a_held_poll_is_never_idle() {
    let server = Server::start_with(|config| config.times.ticket_idle_ms = 500).await;
    let mut susan = server.page("susan", "").await;
    for _ in 0..3 {
        assert_empty(&susan.poll().await); // held for longer than an idle ticket lives
    }
}

#[tokio::test]
async fn a_message_wakes_a_held_poll_at_once() {
    let server = Server::start_with(long).await;
    let mut jack = server.page("jack", "").await;
    let susan = server.page("susan", "").await;
    let mut held = susan.hold().await;
    assert!(held.is_silent_for(Duration::from_millis(50)).await);
    let clock = nextim::clock::Clock::start();
    jack.says("susan", "now").await;
    let packet = held.answer().await.expect("an answer").json();
    let took_ms = clock.monotonic_ms() - nextim::clock::Clock::start().monotonic_ms();
    assert_eq!(packet["messages"][0]["body"], "now");
    assert!(took_ms < 5_000, "{took_ms}");
}
