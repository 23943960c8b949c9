//! What is read: native pages count what is not, say what is, and hear of it from each other.

use crate::support::{Member, Server};
use serde_json::{Value, json};

/// What is unread on a new native page of somebody, which then closes: ids and counts.
async fn unread(of: &Member) -> Vec<(String, u64)> {
    let mut tab = of.tab();
    let opened = tab.online("client=native&show=available").await;
    tab.does("offline", "").await;
    let list = opened["unread"].as_array().unwrap_or_else(|| panic!("no list: {opened}"));
    list.iter()
        .map(|item| (item["id"].as_str().expect("an id").into(), item["count"].as_u64().expect("a count")))
        .collect()
}

fn row(id: &str, count: u64) -> (String, u64) {
    (id.into(), count)
}

async fn seq_of_last(member: &mut Member, of: &str) -> u64 {
    let history = member.read("history", of).await;
    history.as_array().and_then(|list| list.last()).and_then(|last| last["seq"].as_u64()).expect("a message")
}

/// Polls until the page is told that something is read elsewhere.
async fn told_read(page: &mut Member) -> Value {
    for _ in 0..20 {
        let packet = page.poll().await;
        if let Some(reads) = packet.get("reads") {
            return reads.clone();
        }
    }
    panic!("{} is told nothing", page.id);
}

#[tokio::test]
async fn a_native_page_counts_what_is_unread_until_it_is_read() {
    let mut server = Server::start().await;
    let mut susan = server.page("susan", "client=native").await;
    assert!(unread(&susan).await.is_empty(), "what was said before the demonstration began is history");
    let (mut jack, mut mary) = (server.member("jack").await, server.member("mary").await);
    for body in ["one", "two"] {
        jack.says("susan", body).await;
    }
    mary.does("message", "type=multicast&to=room1&body=to all").await;
    susan.says("jack", "her own").await;
    assert_eq!(unread(&susan).await, [row("room1", 1), row("jack", 2)], "the newest first");
    let first = susan.read("history", "id=jack&type=unicast").await;
    let two = seq_of_last(&mut susan, "id=jack&type=unicast&limit=3").await;
    let one =
        first.as_array().and_then(|list| list.iter().find(|item| item["body"] == "one")).expect("one")["seq"].clone();
    susan.does("read", &format!("type=unicast&id=jack&seq={one}")).await;
    assert_eq!(unread(&susan).await, [row("room1", 1), row("jack", 1)]);
    susan.does("read", &format!("id=jack&seq={two}")).await;
    susan.does("read", &format!("id=jack&seq={one}")).await;
    assert_eq!(unread(&susan).await, [row("room1", 1)], "a mark never moves back, and `type` may be left out");
    server.stop().await;
    server.start_again().await;
    let again = server.member("susan").await;
    assert_eq!(unread(&again).await, [row("room1", 1)], "after a restart");
    let opened = again.tab().online("client=native").await;
    let wanted = json!([{"type": "multicast", "id": "room1", "count": 1, "read": opened["unread"][0]["read"]}]);
    assert_eq!(opened["unread"], wanted);
    assert!(opened["unread"][0]["read"].is_u64());
}

/// Negative control: let `Live::signal_read` leave nobody out.
#[tokio::test]
async fn other_native_pages_of_the_member_hear_what_is_read() {
    let server = Server::start().await;
    let mut reader = server.page("susan", "client=native").await;
    let (mut other, mut old) = (reader.tab(), reader.tab());
    other.online("client=native").await;
    old.online("").await;
    let mut jack = server.page("jack", "client=native").await;
    jack.says("susan", "read me").await;
    for page in [&mut reader, &mut other, &mut old] {
        assert_eq!(page.hears().await, ["read me"]);
    }
    let seq = seq_of_last(&mut reader, "id=jack&type=unicast").await;
    reader.does("read", &format!("type=unicast&id=jack&seq={}", seq + 1_000)).await;
    assert_eq!(
        told_read(&mut other).await,
        json!([{"type": "unicast", "id": "jack", "seq": seq}]),
        "the head is the end"
    );
    // Nobody else is told: neither the page itself, nor one that would not understand, nor the other side.
    jack.says("susan", "after it").await;
    reader.says("jack", "after it").await;
    for page in [&mut reader, &mut old, &mut jack] {
        let mut heard = false;
        while !heard {
            let packet = page.poll().await;
            assert_eq!(packet.get("reads"), None, "{}", page.id);
            heard = packet["messages"]
                .as_array()
                .is_some_and(|messages| messages.iter().any(|item| item["body"] == "after it"));
        }
    }
    // The same again has moved nothing, and is told to nobody.
    reader.does("read", &format!("type=unicast&id=jack&seq={seq}")).await;
    reader.does("read", "type=multicast&id=room2&seq=1").await;
    let told = told_read(&mut other).await;
    assert_eq!(told, json!([{"type": "multicast", "id": "room2", "seq": 1}]));
}

/// Old pages cannot say what was read: what they have received is. Negative control: let `Dialect::delivered_is_read` be
/// true for the first generation alone.
#[tokio::test]
async fn what_an_old_page_has_received_is_read() {
    let server = Server::start().await;
    let mut jack = server.member("jack").await;
    for form in ["", "show=available", "csrf_token=&show=available"] {
        let mut old = server.page("susan", form).await;
        assert!(old.online(form).await.get("unread").is_none(), "{form:?} is not told");
        jack.says("susan", "one").await;
        assert_eq!(unread(&old).await, [row("jack", 1)], "{form:?} has not received it");
        assert_eq!(old.hears().await, ["one"]);
        old.poll().await; // which confirms
        assert!(unread(&old).await.is_empty(), "{form:?} has received it");
        old.does("offline", "").await;
        assert!(unread(&old).await.is_empty(), "and had");
    }
    let mut native = server.page("susan", "client=native").await;
    jack.says("susan", "two").await;
    assert_eq!(native.hears().await, ["two"]);
    native.poll().await;
    assert_eq!(unread(&native).await, [row("jack", 1)], "a native page says so itself");
}

#[tokio::test]
async fn what_is_none_of_hers_cannot_be_read() {
    let server = Server::start().await;
    let mut mary = server.page("mary", "client=native").await;
    // As histories treats it: as if it were not there, and nothing is stored.
    for of in ["type=multicast&id=room2", "type=multicast&id=room9", "type=unicast&id=ghost", "id=ghost"] {
        mary.does("read", &format!("{of}&seq=1000")).await;
    }
    mary.read("join", "id=room2").await;
    server.member("jack").await.does("message", "type=multicast&to=room2&body=welcome").await;
    assert_eq!(unread(&mary).await, [row("room2", 1)], "a mark from before she joined would hide it");
    let mut nobody = mary.tab();
    nobody.cookie = String::new();
    assert_eq!(nobody.post("read", "type=unicast&id=jack&seq=1").await.code(), "not_signed_in");
    assert_eq!(nobody.post("read", "ticket=gone&type=unicast&id=jack&seq=1").await.code(), "ticket_ended");
}
