//! What a page did not get comes again: an answer counts only when the next poll shows that it arrived.
//!
//! Negative control: take a reset between requests for an ordinary end (as hyper does), and the three tests whose sockets
//! close on an unread answer fail.

use crate::support::member::bodies;
use crate::support::{Member, Server};
use std::time::Duration;
use tokio::time::sleep;

/// Longer than a closed socket takes to be noticed; pages wait as long before they poll again.
const NOTICED: Duration = Duration::from_millis(200);

async fn stage() -> (Server, Member, Member) {
    let server = Server::start_with(|config| config.times.session_grace_ms = 5_000).await;
    let (jack, susan) = (server.page("jack", "").await, server.page("susan", "").await);
    (server, jack, susan)
}

#[tokio::test]
async fn a_message_for_a_poll_whose_socket_was_closed_comes_at_the_next() {
    let (_server, mut jack, mut susan) = stage().await;
    let held = susan.hold().await;
    assert_eq!(bodies(&jack.read("histories", "id=mary&type=unicast").await).len(), 2);
    drop(held);
    jack.says("susan", "into the closed socket").await;
    sleep(NOTICED).await;
    jack.says("susan", "and another").await;
    assert_eq!(susan.hears().await, ["into the closed socket", "and another"]);
}

#[tokio::test]
async fn an_answer_that_was_not_read_before_the_socket_closed_comes_again() {
    let (_server, mut jack, mut susan) = stage().await;
    for count in ["first", "second"] {
        let held = susan.hold().await;
        jack.says("susan", count).await;
        held.arrived().await;
        drop(held);
        sleep(NOTICED).await;
    }
    assert_eq!(susan.hears().await, ["first", "second"]);
    jack.says("susan", "third").await;
    assert_eq!(susan.hears().await, ["third"], "what was read does not come again");
}

#[tokio::test]
async fn an_answer_that_was_not_read_waits_for_the_next_page() {
    let (_server, mut jack, mut susan) = stage().await;
    let held = susan.hold().await;
    jack.says("susan", "unread").await;
    held.arrived().await;
    drop(held);
    sleep(NOTICED).await;
    let opened = susan.online("").await;
    assert_eq!(bodies(&opened["new_messages"]), ["unread"]);
    jack.says("susan", "next").await;
    assert_eq!(susan.hears().await, ["next"]);
}

#[tokio::test]
async fn an_answer_to_online_that_nobody_used_confirms_nothing() {
    let (server, mut jack, _susan) = stage().await;
    jack.says("mary", "for a page that never polled").await;
    let mut mary = server.member("mary").await;
    for _ in 0..2 {
        assert_eq!(bodies(&mary.online("").await["new_messages"]), ["for a page that never polled"]);
    }
    mary.read("buddies", "ids=jack").await;
    assert_eq!(bodies(&mary.tab().online("").await["new_messages"]), [""; 0], "the ticket was used: the page is there");
}

#[tokio::test]
async fn a_page_that_closes_after_every_answer_is_not_told_twice() {
    let (server, mut jack, susan) = stage().await;
    for count in ["first", "second", "third"] {
        jack.says("susan", count).await;
        let mut http = server.connect().await;
        let answer = http.ask(&susan.poll_ask().header("Connection", "close")).await.expect("an answer");
        assert_eq!(bodies(&answer.json()["messages"]), [count]);
        assert!(http.is_closed().await);
    }
}

#[tokio::test]
async fn a_poll_that_overtakes_an_answer_does_not_confirm_it() {
    let (_server, mut jack, mut susan) = stage().await;
    let older = susan.hold().await;
    jack.says("susan", "unread").await;
    older.arrived().await;
    // The older answer is still unread on its open connection when that connection is cut.
    drop(older);
    let newer = susan.hold().await;
    sleep(NOTICED).await;
    drop(newer);
    sleep(NOTICED).await;
    jack.says("susan", "the end").await;
    let mut heard = susan.hears().await;
    if heard == ["unread"] {
        heard.extend(susan.hears().await);
    }
    assert_eq!(heard, ["unread", "the end"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_socket_that_closes_while_its_answer_is_written_loses_nothing() {
    let (_server, mut jack, mut susan) = stage().await;
    let wanted: Vec<String> = (0..15).map(|count| count.to_string()).collect();
    for body in &wanted {
        let held = susan.hold().await;
        let (_, ()) = tokio::join!(tokio::spawn(async move { drop(held) }), jack.says("susan", body));
        sleep(NOTICED / 5).await;
    }
    let mut heard = Vec::new();
    while heard.last() != wanted.last() {
        heard.extend(susan.hears().await);
    }
    assert_eq!(heard, wanted);
}

/// Negative control: let `Outbox::finish_fill` drop what arrived during the cut, and messages are missing here.
#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_lost_between_online_and_the_first_poll() {
    let (server, jack, _) = stage().await;
    let mut talking = tokio::task::JoinSet::new();
    for tab in 0..6 {
        let mut jack = jack.tab();
        talking.spawn(async move {
            for count in 0..30 {
                jack.says("mary", &format!("{tab} {count}")).await;
            }
        });
    }
    let mut heard: Vec<String> = Vec::new();
    let mut is_over = false;
    while !is_over {
        is_over =
            talking.is_empty() || std::iter::from_fn(|| talking.try_join_next()).count() > 0 && talking.is_empty();
        // A new page and two polls: the second confirms what the first brought; what it brings itself is not read.
        let mut mary = server.member("mary").await;
        heard.extend(bodies(&mary.online("").await["new_messages"]));
        heard.extend(bodies(&mary.poll().await["messages"]));
        mary.hold().await.arrived().await;
    }
    heard.extend(bodies(&server.member("mary").await.online("").await["new_messages"]));
    // A poll on another connection can overtake the end of an answer, which is then sent again.
    let mut seen = std::collections::HashSet::new();
    heard.retain(|body| seen.insert(body.clone()));
    for tab in 0..6 {
        let of_tab: Vec<&String> = heard.iter().filter(|body| body.starts_with(&format!("{tab} "))).collect();
        assert_eq!(
            of_tab,
            (0..30).map(|count| format!("{tab} {count}")).collect::<Vec<_>>().iter().collect::<Vec<_>>()
        );
    }
}

/// Presence is state: what was told into a closed socket is told again. Negative control: let `Session::lost` forget what was
/// told, and susan's page shows jack online for ever.
#[tokio::test]
async fn a_presence_that_was_not_read_is_told_again() {
    let (_server, mut jack, mut susan) = stage().await;
    let held = susan.hold().await;
    jack.does("presence", "show=invisible").await;
    held.arrived().await;
    drop(held);
    sleep(NOTICED).await;
    let presences = &susan.poll().await["presences"];
    assert_eq!((&presences[0]["from"], &presences[0]["type"]), (&"jack".into(), &"offline".into()), "{presences}");
}

/// A request that is sent ahead says nothing of the answer it did not wait for.
///
/// Negative control: without `receipt.doubt()` in `edge/accept` the second answer is held, and the message confirmed unread.
#[tokio::test]
async fn a_poll_that_was_sent_before_the_answer_was_there_confirms_nothing() {
    let (server, mut jack, susan) = stage().await;
    let mut polls = server.connect().await;
    for _ in 0..2 {
        polls.send(&susan.poll_ask()).await.expect("sent");
    }
    jack.says("susan", "read by nobody yet").await;
    for _ in 0..2 {
        let packet = polls.answer().await.expect("an answer").json();
        assert_eq!(bodies(&packet["messages"]), ["read by nobody yet"]);
    }
    polls.send(&susan.poll_ask()).await.expect("sent");
    jack.says("susan", "next").await;
    let packet = polls.answer().await.expect("an answer").json();
    assert_eq!(bodies(&packet["messages"]), ["next"], "a poll in its turn confirms");
}
