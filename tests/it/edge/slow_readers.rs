//! Clients that do not read: what is under way to them is bounded, streams are told goodbye, nobody else notices, and when
//! they come back they get everything.

use crate::support::member::bodies;
use crate::support::socket::{Frame, Socket};
use crate::support::transport::{Manner, News, Page, Transport, next_event};
use crate::support::{Ask, Http, Member, Server, urls};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinSet;
use tokio::time::timeout_at;

const TABS: usize = 10;
const EACH: usize = 200;
const BODY_BYTES: usize = 3_000;
/// What may be under way to one client: rows, and bytes of their bodies.
const UNDER_WAY: (usize, usize) = (500, 256 * 1024);

/// A page whose connection nobody reads.
enum Silent {
    Socket(Socket),
    Answer(Http),
    Events(Http),
}

async fn silent(server: &Server, page: &Page, transport: Transport) -> Silent {
    let mut http = server.connect().await;
    let query = page.query();
    match transport {
        Transport::Plain => {
            http.send(&Ask::get(&format!("/packets?{query}"))).await.expect("sent");
            Silent::Answer(http)
        }
        Transport::Sse => {
            http.send(&Ask::get(&format!("/events?{query}"))).await.expect("sent");
            Silent::Events(http)
        }
        _ => {
            let words = format!("subscribe {} {}", page.text("domain"), page.text("ticket"));
            Silent::Socket(Socket::subscribed(server.address, &words).await)
        }
    }
}

/// What had been sent, read now, and the goodbye.
async fn read_late(silent: Silent) -> (Vec<String>, String) {
    let (mut heard, mut goodbye) = (Vec::new(), String::new());
    match silent {
        Silent::Socket(mut socket) => loop {
            match socket.next().await.expect("a goodbye before the end") {
                Frame::Text(text) => {
                    let packet: Value = serde_json::from_str(&text).expect("JSON");
                    heard.extend(bodies(&packet["messages"]));
                }
                Frame::Close(code, reason) => return (heard, format!("{code} {reason}")),
                _ => {}
            }
        },
        Silent::Answer(mut http) => heard.extend(bodies(&http.answer().await.expect("an answer").json()["messages"])),
        Silent::Events(mut http) => {
            http.head().await.expect("a head");
            while let Ok(event) = next_event(&mut http).await {
                if event.name == "goodbye" {
                    goodbye = event.data;
                } else if !event.data.is_empty() {
                    let packet: Value = serde_json::from_str(&event.data).expect("JSON");
                    heard.extend(bodies(&packet["messages"]));
                }
            }
        }
    }
    (heard, goodbye)
}

/// Which of the messages a body is.
fn name(body: &str) -> String {
    body.split('x').next().unwrap_or_default().to_owned()
}

/// Listens until everything has come, in order, that was not heard before.
async fn hears_all(page: &Arc<Page>, transport: Transport, mut all: BTreeSet<String>) {
    let (tell, mut news) = tokio::sync::mpsc::unbounded_channel();
    let _listener = transport.listen(page, tell);
    let (mut last, until) = (0, tokio::time::Instant::now() + Duration::from_secs(60));
    while all.len() < TABS * EACH {
        let told = timeout_at(until, news.recv()).await;
        let Ok(Some(News::Packet(packet))) = told else {
            panic!("{transport:?} heard {} and then {told:?}", all.len());
        };
        for message in packet["messages"].as_array().into_iter().flatten() {
            let seq = message["seq"].as_u64().expect("a place");
            assert!(seq > last || !transport.shows_once(), "{transport:?}: {seq} after {last}");
            last = seq;
            all.insert(name(message["body"].as_str().expect("a text")));
        }
    }
}

async fn says_everything(jack: &Member) {
    let mut talking = JoinSet::new();
    for tab in 0..TABS {
        let mut jack = jack.tab();
        talking.spawn(async move {
            for count in 0..EACH {
                jack.says("susan", &format!("{tab} {count} {}", "x".repeat(BODY_BYTES))).await;
            }
        });
    }
    talking.join_all().await;
}

/// Part of `waiting`.
pub(super) async fn who_does_not_read_costs_a_bounded_amount_and_loses_nothing() {
    let server = Server::start_with(|config| {
        (config.times.session_grace_ms, config.times.ticket_idle_ms) = (120_000, 120_000);
    })
    .await;
    let (jack, susan) = (server.member("jack").await, server.member("susan").await);
    let mut pages = Vec::new();
    for transport in [Transport::Websocket, Transport::WebsocketOld, Transport::Sse, Transport::Plain] {
        let opening = susan.tab().online(&urls::form(&transport.opens(Vec::new()))).await;
        let page = Arc::new(Page::new(server.address, Manner::QUICK, &opening));
        let silent = silent(&server, &page, transport).await;
        pages.push((transport, page, silent));
    }
    let opening = susan.tab().online("client=native").await;
    let honest = Arc::new(Page::new(server.address, Manner::QUICK, &opening));
    // The honest page hears everything while the others take nothing.
    tokio::join!(says_everything(&jack), hears_all(&honest, Transport::Websocket, BTreeSet::new()));
    let mut late = JoinSet::new();
    for (transport, page, silent) in pages {
        late.spawn(async move {
            let (heard, goodbye) = read_late(silent).await;
            let bytes: usize = heard.iter().map(String::len).sum();
            assert!(heard.len() <= UNDER_WAY.0 && bytes <= UNDER_WAY.1 + BODY_BYTES, "{transport:?}: {bytes}");
            assert!(!heard.is_empty(), "{transport:?}");
            if matches!(transport, Transport::Websocket | Transport::WebsocketOld) {
                assert_eq!(goodbye, format!("4408 {}", json!({"code": "slow", "reconnect": true})), "{transport:?}");
            }
            // An answer that was read at last was read; what came on a stream was never confirmed, and comes again.
            let before = if transport == Transport::Plain {
                heard.iter().map(|body| name(body)).collect()
            } else {
                BTreeSet::new()
            };
            hears_all(&page, transport, before).await;
        });
    }
    while let Some(done) = late.join_next().await {
        done.expect("a late reader gets everything");
    }
}
