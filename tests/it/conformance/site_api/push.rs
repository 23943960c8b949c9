//! Part 3.4: a site speaks for its people with its key alone, and to everybody at once. And what is under way to a page that
//! goes is not lost.

use super::{Visitor, start, start_with};
use crate::conformance::Client;
use crate::support::clients::plugin::{Plugin, Version};
use crate::support::clients::{Generation, Opening, Page};
use crate::support::member::bodies;
use crate::support::{Ask, Server};
use nextim::chat::site::SiteOptions;

async fn push(server: &Server, from: &str, kind: &str, to: &str, body: &str) {
    let form = [("from", from), ("nick", "Site"), ("type", kind), ("to", to), ("body", body)];
    let form = [&form[..], &[("style", ""), ("timestamp", "1295345254.5")]].concat();
    Plugin::new(server.address, Version::V5).does("/messages", &form).await.expect("pushed");
}

#[tokio::test]
async fn part_3_4_push() {
    let server = start().await;
    for version in Version::ALL {
        let ann = Visitor::open(&server, version, "ann", &[], &["r1"]).await;
        push(&server, "robot", "chat", "ann", "one").await;
        let heard = ann.next("messages").await;
        let found = ["from", "nick", "to", "body"].map(|name| heard[name].as_str().unwrap_or_default());
        assert_eq!(found, ["robot", "Site", "ann", "one"], "{version:?}");
        assert_eq!(heard["type"], version.word(false));
        push(&server, "robot", "grpchat", "r1", "two").await;
        let heard = ann.next("messages").await;
        assert_eq!((&heard["to"], &heard["type"]), (&"r1".into(), &version.word(true).into()));
        ann.plugin.offline(ann.ticket()).await.expect("gone");
    }
    // To members of the demonstration, wherever their pages are from.
    for generation in Generation::ALL {
        let page = Page::of(server.address, generation, "susan", &Opening::BARE).await;
        push(&server, "jack", "chat", "susan", "pushed").await;
        page.until("pushed", |screen| screen.lines("b_jack").contains(&"pushed".to_owned())).await;
        page.assert_alive();
        page.goes_offline().await;
    }
}

/// Only the key lets somebody speak for others: a ticket's holder is its member whatever is said.
#[tokio::test]
async fn part_3_4_no_push_without_the_key() {
    let server = start().await;
    let susan = Client::open(&server, Generation::G3, "susan").await;
    let mut http = server.connect().await;
    for form in ["", "&apikey=wrong", &format!("&ticket={}", susan.me.ticket)] {
        let form = format!("domain=localhost&version=v5&from=jack&nick=J&type=chat&to=mary&body=x&timestamp=1{form}");
        let answer = http.ask(&Ask::post("/v5/messages", &form)).await.expect("an answer");
        assert_eq!(answer.status, 401, "{form}");
    }
    let ann = Visitor::open(&server, Version::V5, "ann", &[], &[]).await;
    let bob = Visitor::open(&server, Version::V5, "bob", &[], &[]).await;
    let form = [("ticket", ann.ticket()), ("from", "jack"), ("nick", "J"), ("type", "chat"), ("to", "bob")];
    ann.plugin.does("/messages", &[&form[..], &[("body", "x"), ("timestamp", "1")]].concat()).await.expect("said");
    assert_eq!(bob.next("messages").await["from"], "ann", "the ticket says who it is");
}

/// The original delivered nothing. Each page gets it as a message from the sender to its member, in its own words.
#[tokio::test]
async fn part_2_4_broadcast() {
    let server = start().await;
    let mut pages = Vec::new();
    for (generation, id) in Generation::ALL.into_iter().zip(["susan", "jack", "mary"]) {
        pages.push(Page::of(server.address, generation, id, &Opening { windows: &["josh"], ..Opening::BARE }).await);
    }
    let mut visitors = Vec::new();
    for (version, id) in Version::ALL.into_iter().zip(["a", "b", "c", "d", "e"]) {
        visitors.push(Visitor::open(&server, version, id, &[], &[]).await);
    }
    // Some name an addressee, whom it does not matter.
    for to in ["everybody", ""] {
        push(&server, "josh", "broadcast", to, "The harbour closes at six.").await;
        for visitor in &visitors {
            let heard = visitor.next("messages").await;
            let found = ["type", "from", "to"].map(|name| heard[name].as_str().unwrap_or_default());
            assert_eq!(found, [visitor.plugin.version.word(false), "josh", &visitor.id]);
        }
    }
    for page in &pages {
        let last = |screen: &crate::support::clients::Screen| screen.lines("b_josh").last().cloned();
        page.until("the broadcast", |screen| last(screen).is_some_and(|line| line.starts_with("The harbour"))).await;
        page.assert_alive();
    }
    // Nobody's ticket can do this.
    let ann = &visitors[3];
    let form = [
        ("ticket", ann.ticket()),
        ("nick", "A"),
        ("type", "broadcast"),
        ("to", "x"),
        ("body", "x"),
        ("timestamp", "1"),
    ];
    assert!(ann.plugin.does("/messages", &form).await.is_err());
}

/// What is written into a dead socket comes with the first poll of the member's next session; the original lost it.
#[tokio::test]
async fn part_2_4_a_message_under_way_to_a_page_that_goes() {
    let server = start_with(SiteOptions::default()).await;
    for version in Version::ALL {
        let ann = Visitor::open(&server, version, "ann", &[], &[]).await;
        let bob = Visitor::open(&server, version, "bob", &[], &[]).await;
        bob.says(false, "ann", "while you reload").await;
        // Its page has gone before it polled.
        ann.plugin.offline(ann.ticket()).await.expect("gone");
        let ann = Visitor::open(&server, version, "ann", &[], &[]).await;
        assert_eq!(bodies(&ann.poll().await["messages"]), ["while you reload"], "{version:?}");
        assert_eq!(bodies(&ann.poll().await["messages"]), [""; 0], "once");
        for visitor in [ann, bob] {
            visitor.plugin.offline(visitor.ticket()).await.expect("gone");
        }
    }
}

/// Tickets of a site's sessions, with the rooms and friends they listed, outlive the process.
#[tokio::test]
async fn part_3_a_site_does_not_notice_a_restart() {
    let mut server = start().await;
    let ann = Visitor::open(&server, Version::V3, "ann", &["bob"], &["r1"]).await;
    let bob = Visitor::open(&server, Version::V5, "bob", &["ann"], &["r1"]).await;
    server.stop().await;
    server.start_again().await;
    ann.says(true, "r1", "in the room").await;
    assert_eq!(bob.next("messages").await["body"], "in the room");
    bob.says(false, "ann", "to you").await;
    assert_eq!(ann.next("messages").await["body"], "to you");
    bob.plugin.types(bob.ticket(), "Bob", "ann", "typing").await.expect("typed");
    assert_eq!(ann.next("statuses").await["from"], "bob");
}
