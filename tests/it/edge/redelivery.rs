//! Scripts of old browsers: what they are given comes with two requests of different identity, and the answer drops by itself
//! what the page has seen.

use crate::checks::one_call;
use crate::support::member::bodies;
use crate::support::transport::{Manner, Page};
use crate::support::{Ask, Http, Member, Server, urls};
use nextim::chat::site::SiteOptions;
use serde_json::Value;
use std::time::{Duration, Instant};

/// Longer than anything is held back for being carried again, shorter than the hold of this stage.
const HELD: Duration = Duration::from_millis(1_200);

fn patient(config: &mut nextim::config::Config) {
    (config.times.poll_hold_ms, config.times.session_grace_ms, config.times.ticket_idle_ms) = (30_000, 60_000, 90_000);
}

async fn stage() -> (Server, Member, Member) {
    let server = Server::start_with(patient).await;
    let (jack, susan) = (server.page("jack", "").await, server.page("susan", "").await);
    (server, jack, susan)
}

fn script(page: &Member, identity: u64) -> Ask {
    let ticket = urls::encode(page.ticket());
    Ask::get(&format!("/packets?domain=localhost&ticket={ticket}&callback=jsonp{identity}&_={}", identity + 7))
        .header("Sec-Fetch-Dest", "script")
        .header("Sec-Fetch-Mode", "no-cors")
}

async fn send(server: &Server, ask: &Ask) -> Http {
    let mut http = server.connect().await;
    http.send(ask).await.expect("sent");
    http
}

/// The mark and the packet of an answer to `identity`.
async fn read(http: &mut Http, identity: u64) -> (Option<String>, Value) {
    let text = http.answer().await.expect("an answer").text();
    let call = one_call::read(&text, &format!("jsonp{identity}")).expect("one call");
    (call.mark.map(str::to_owned), serde_json::from_str(call.literal).expect("JSON"))
}

async fn polls(server: &Server, page: &Member, identity: u64) -> Vec<String> {
    let (mark, packet) = read(&mut send(server, &script(page, identity)).await, identity).await;
    let heard = bodies(&packet["messages"]);
    assert_eq!(mark.is_some(), !heard.is_empty(), "the filter is there when there is something to drop");
    heard
}

/// What another page of the member would be given.
async fn unconfirmed(page: &Member) -> Vec<String> {
    bodies(&page.tab().online("").await["new_messages"])
}

/// Negative control: confirm with the second identity (`Cursors::carried`), and the message is gone after the first answer.
#[tokio::test]
async fn a_message_is_carried_twice_and_confirmed_by_the_third_identity() {
    let (server, mut jack, susan) = stage().await;
    jack.says("susan", "one").await;
    assert_eq!(polls(&server, &susan, 1).await, ["one"]);
    assert_eq!(unconfirmed(&susan).await, ["one"]);
    let began = Instant::now();
    assert_eq!(polls(&server, &susan, 2).await, ["one"]);
    assert!(began.elapsed() < Duration::from_secs(1), "{:?}", began.elapsed());
    assert_eq!(unconfirmed(&susan).await, ["one"]);
    let mut third = send(&server, &script(&susan, 3)).await;
    assert!(third.is_silent_for(HELD).await, "nothing is left to carry, so it waits");
    assert_eq!(unconfirmed(&susan).await, [""; 0]);
    jack.says("susan", "two").await;
    assert_eq!(bodies(&read(&mut third, 3).await.1["messages"]), ["two"]);
}

/// Negative control: let every request have an identity of its own, and the second page's request confirms.
#[tokio::test]
async fn a_silent_repetition_gets_the_same_and_confirms_nothing() {
    let (server, mut jack, susan) = stage().await;
    jack.says("susan", "one").await;
    for _ in 0..2 {
        assert_eq!(polls(&server, &susan, 1).await, ["one"]);
        assert_eq!(unconfirmed(&susan).await, ["one"]);
    }
    assert_eq!(polls(&server, &susan, 2).await, ["one"]);
    assert_eq!(unconfirmed(&susan).await, ["one"], "two answers to one request count as one");
    let mut third = send(&server, &script(&susan, 3)).await;
    assert!(third.is_silent_for(HELD).await);
    assert_eq!(unconfirmed(&susan).await, [""; 0]);
}

#[tokio::test]
async fn a_held_poll_that_is_repeated_is_given_to_the_repetition() {
    let (server, mut jack, susan) = stage().await;
    let mut first = send(&server, &script(&susan, 1)).await;
    assert!(first.is_silent_for(Duration::from_millis(100)).await);
    let mut again = send(&server, &script(&susan, 1)).await;
    assert!(again.is_silent_for(Duration::from_millis(100)).await);
    jack.says("susan", "one").await;
    assert_eq!(bodies(&read(&mut again, 1).await.1["messages"]), ["one"]);
    assert!(first.is_closed().await, "nobody reads it: an answer there would be a second one to one request");
}

#[tokio::test]
async fn what_comes_along_is_shown_once_and_in_order() {
    let (server, mut jack, susan) = stage().await;
    let page = Page::new(server.address, Manner::QUICK, &Value::Null);
    let (mut shown, mut given, mut marks) = (Vec::new(), Vec::new(), Vec::new());
    for identity in 1..6 {
        jack.says("susan", &identity.to_string()).await;
        let (mark, mut packet) = read(&mut send(&server, &script(&susan, identity)).await, identity).await;
        given.push(bodies(&packet["messages"]));
        let mark = mark.expect("the filter");
        page.filter(&mark, &mut packet);
        shown.extend(bodies(&packet["messages"]));
        marks.push(mark);
    }
    assert_eq!(shown, ["1", "2", "3", "4", "5"]);
    assert_eq!(given[1..], [["1", "2"], ["2", "3"], ["3", "4"], ["4", "5"]], "each comes twice");
    assert!(marks.windows(2).all(|two| two[0] == two[1]), "{marks:?}");
    assert!(!marks[0].contains(susan.ticket()), "a mark is no secret");
}

#[tokio::test]
async fn who_is_no_browser_gets_plain_answers() {
    let (server, mut jack, susan) = stage().await;
    let bare = |page: &Member, identity: u64| {
        let ticket = urls::encode(page.ticket());
        Ask::get(&format!("/packets?domain=localhost&ticket={ticket}&callback=jsonp{identity}&_={identity}"))
    };
    let mozilla = ("User-Agent", "Mozilla/5.0 (X11; Linux x86_64)");
    let others = [
        bare(&susan, 1),
        bare(&susan, 2).header("User-Agent", "curl/8.5.0"),
        bare(&susan, 3).header("Sec-Fetch-Dest", "empty").header(mozilla.0, mozilla.1),
        bare(&susan, 4).header(mozilla.0, mozilla.1).header("X-Requested-With", "XMLHttpRequest"),
    ];
    for (ask, identity) in others.iter().zip(1..) {
        jack.says("susan", &identity.to_string()).await;
        let (mark, packet) = read(&mut send(&server, ask).await, identity).await;
        assert_eq!((mark, bodies(&packet["messages"])), (None, vec![identity.to_string()]), "{ask:?}");
    }
    // A browser from before Fetch Metadata calls itself one.
    let mary = server.page("mary", "").await;
    jack.says("mary", "5").await;
    for identity in [5, 6] {
        let ask = bare(&mary, identity).header(mozilla.0, mozilla.1);
        let (mark, packet) = read(&mut send(&server, &ask).await, identity).await;
        assert_eq!((mark.is_some(), bodies(&packet["messages"])), (true, vec!["5".to_owned()]));
    }
}

#[tokio::test]
async fn a_site_may_do_without() {
    let server = Server::start_with(|config| {
        patient(config);
        let options = SiteOptions { redelivery: false, ..SiteOptions::default() };
        config.sites.insert("localhost".into(), options.written());
    })
    .await;
    let (mut jack, susan) = (server.page("jack", "").await, server.page("susan", "").await);
    for identity in 1..4 {
        jack.says("susan", &identity.to_string()).await;
        let (mark, packet) = read(&mut send(&server, &script(&susan, identity)).await, identity).await;
        assert_eq!((mark, bodies(&packet["messages"])), (None, vec![identity.to_string()]));
    }
}

#[tokio::test]
async fn a_browser_that_never_changes_its_request_is_not_given_one_answer_for_ever() {
    let (server, mut jack, susan) = stage().await;
    for body in ["one", "two", "three"] {
        jack.says("susan", body).await;
        let mut times = 0;
        while !unconfirmed(&susan).await.is_empty() {
            times += 1;
            assert!(times < 6, "{body} is given again and again");
            let mut http = send(&server, &script(&susan, 1)).await;
            if !http.is_silent_for(Duration::from_millis(600)).await {
                read(&mut http, 1).await;
            }
        }
    }
}
