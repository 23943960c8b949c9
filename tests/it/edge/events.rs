//! Server-sent events: ids, resuming, signs of life, and how a stream ends.

use crate::support::member::bodies;
use crate::support::transport::{Event, next_event};
use crate::support::{Ask, Http, Member, Server, urls};
use serde_json::Value;
use std::time::Instant;

async fn stage() -> (Server, Member, Member) {
    let server = Server::start_with(|config| {
        (config.times.session_grace_ms, config.times.ticket_idle_ms) = (60_000, 90_000);
    })
    .await;
    let (jack, susan) = (server.page("jack", "").await, server.page("susan", "client=native").await);
    (server, jack, susan)
}

fn ask(page: &Member, last: Option<&str>) -> Ask {
    let ask = Ask::get(&format!("/events?domain=localhost&ticket={}", urls::encode(page.ticket())));
    last.map_or_else(|| ask.clone(), |last| ask.clone().header("Last-Event-ID", last))
}

async fn open(server: &Server, page: &Member, last: Option<&str>) -> Http {
    let mut http = server.connect().await;
    http.send(&ask(page, last)).await.expect("sent");
    let head = http.head().await.expect("a head");
    let headers = ["content-type", "cache-control", "x-accel-buffering", "content-length"];
    assert_eq!(
        (head.status, headers.map(|name| head.header(name))),
        (200, [Some("text/event-stream; charset=utf-8"), Some("no-store"), Some("no"), None])
    );
    assert!(next_event(&mut http).await.expect("how soon to come back").retry.is_some());
    http
}

/// The next event that says something.
async fn next(http: &mut Http) -> Event {
    loop {
        let event = next_event(http).await.expect("an event");
        if !event.comment {
            return event;
        }
    }
}

fn packet(event: &Event) -> Value {
    serde_json::from_str(&event.data).expect("JSON")
}

fn heard(event: &Event) -> Vec<String> {
    bodies(&packet(event)["messages"])
}

#[tokio::test]
async fn a_stream_needs_a_live_ticket() {
    let (server, _, mut susan) = stage().await;
    let mut dead = susan.tab();
    dead.ticket = Some("dead".into());
    let bare = Ask::get("/events");
    for (ask, status, code) in [(bare, 400, "missing_parameter"), (ask(&dead, None), 401, "ticket_ended")] {
        let answer = server.connect().await.ask(&ask).await.expect("an answer");
        assert_eq!((answer.status, answer.code().as_str()), (status, code));
    }
    let posted = Ask::post(&format!("/events?ticket={}", susan.ticket()), "");
    assert_eq!(server.connect().await.ask(&posted).await.expect("an answer").status, 405);
    let mut http = open(&server, &susan, None).await;
    susan.does("offline", "").await;
    let goodbye = next(&mut http).await;
    assert_eq!((goodbye.name.as_str(), packet(&goodbye)["code"].as_str()), ("goodbye", Some("ended")));
    assert_eq!(packet(&goodbye)["reconnect"], false);
    assert!(http.is_closed().await);
    assert_eq!(server.connect().await.ask(&ask(&susan, None)).await.expect("an answer").status, 401);
}

/// Negative control: take the id for the first that is missing (`event_of` one lower), and "one" comes twice; one higher,
/// and "two" is lost.
#[tokio::test]
async fn the_last_event_resumes_without_loss_or_repetition() {
    let (server, mut jack, susan) = stage().await;
    let mut http = open(&server, &susan, None).await;
    jack.says("susan", "one").await;
    let first = next(&mut http).await;
    assert_eq!(heard(&first), ["one"]);
    let id = first.id.clone().expect("an id");
    let wanted = format!("{}.{}", packet(&first)["epoch"].as_str().expect("a text"), packet(&first)["seq"]);
    assert_eq!(id, wanted);
    drop(http);
    jack.says("susan", "two").await;
    let mut http = open(&server, &susan, Some(&id)).await;
    let second = next(&mut http).await;
    assert_eq!(heard(&second), ["two"]);
    // A page that lost its id is told again what nobody confirmed, and nothing else.
    let mut http = open(&server, &susan, None).await;
    assert_eq!(heard(&next(&mut http).await), ["two"]);
    let mut http = open(&server, &susan, second.id.as_deref()).await;
    jack.says("susan", "three").await;
    assert_eq!(heard(&next(&mut http).await), ["three"]);
    assert_eq!(bodies(&susan.tab().online("").await["new_messages"]), ["three"]);
}

#[tokio::test]
async fn an_id_that_cannot_be_is_told_to_begin_anew() {
    let (server, mut jack, susan) = stage().await;
    let mut http = open(&server, &susan, None).await;
    jack.says("susan", "unconfirmed").await;
    let id = next(&mut http).await.id.expect("an id");
    let (epoch, seq) = id.split_once('.').expect("two parts");
    for wrong in [format!("{epoch}.9999999"), format!("another.{seq}")] {
        let mut http = open(&server, &susan, Some(&wrong)).await;
        let told = packet(&next(&mut http).await);
        assert_eq!((&told["resync"], bodies(&told["messages"]).len()), (&true.into(), 0), "{wrong}");
        assert_eq!(heard(&next(&mut http).await), ["unconfirmed"], "nothing was confirmed by it");
    }
    for nonsense in ["x", "7", &format!("{epoch}."), &format!("{epoch}.-1"), &format!("{epoch}.1.2")] {
        let mut http = open(&server, &susan, Some(nonsense)).await;
        let told = packet(&next(&mut http).await);
        assert!(told["resync"] == true || bodies(&told["messages"]) == ["unconfirmed"], "{nonsense}: {told}");
    }
    assert_eq!(bodies(&susan.tab().online("").await["new_messages"]), ["unconfirmed"]);
}

#[tokio::test]
async fn a_silent_stream_shows_that_it_lives_and_the_newest_wins() {
    let (mut server, _, susan) = stage().await;
    let mut http = open(&server, &susan, None).await;
    for _ in 0..2 {
        assert!(next_event(&mut http).await.expect("a comment").comment);
    }
    let mut newer = open(&server, &susan, None).await;
    let goodbye = next(&mut http).await;
    assert_eq!((goodbye.name.as_str(), packet(&goodbye)["code"].as_str()), ("goodbye", Some("replaced")));
    assert!(http.is_closed().await);
    let ((), goodbye) = tokio::join!(server.stop(), next(&mut newer));
    assert_eq!((&packet(&goodbye)["code"], &packet(&goodbye)["reconnect"]), (&"stopping".into(), &true.into()));
}

/// Part of `waiting`: a client that says nothing but by coming again is made to come again after 30 s.
pub(super) async fn a_stream_ends_by_itself_when_something_is_unconfirmed_for_long() {
    let (server, mut jack, susan) = stage().await;
    let mut http = open(&server, &susan, None).await;
    let began = Instant::now();
    jack.says("susan", "one").await;
    let id = next(&mut http).await.id;
    while next_event(&mut http).await.is_ok() {}
    assert!((29_500..34_000).contains(&began.elapsed().as_millis()), "{:?}", began.elapsed());
    assert_eq!(bodies(&susan.tab().online("").await["new_messages"]), ["one"]);
    let mut http = open(&server, &susan, id.as_deref()).await;
    assert!(next_event(&mut http).await.expect("a comment").comment, "nothing is left");
    assert_eq!(bodies(&susan.tab().online("").await["new_messages"]), [""; 0]);
}
