//! Part 3.4: version 5, as the released libraries call it: every answer is JSON, and anything but a 200 an exception.

use super::{Visitor, nick, pairs, start};
use crate::support::clients::plugin::{Plugin, Version};
use crate::support::{Ask, Server};
use serde_json::json;

const LATE: [Version; 2] = [Version::V5, Version::V5Params];

#[tokio::test]
async fn part_3_4_authentication_and_errors() {
    let server = start().await;
    for version in LATE {
        for (domain, key) in [("localhost", "wrong"), ("nowhere", "public")] {
            let plugin = Plugin { domain: domain.into(), key: key.into(), ..Plugin::new(server.address, version) };
            for (is_get, endpoint) in
                [(false, "/presences/online"), (false, "/messages"), (true, "/presences"), (true, "/rooms/r1/members")]
            {
                let answer = plugin.raw(is_get, endpoint, &[("name", "a"), ("nick", "A"), ("ids", "jack")]).await;
                assert_eq!((answer.status, &answer.json()["status"]), (401, &json!("error")), "{endpoint}");
                assert!(answer.json()["message"].is_string());
            }
        }
        let plugin = Plugin::new(server.address, version);
        let answer = plugin.raw(false, "/presences/online", &[("nick", "A")]).await;
        assert_eq!((answer.status, &answer.json()["status"]), (400, &json!("error")), "no name");
        let answer = plugin.raw(true, "/nothing", &[]).await;
        assert_eq!(answer.status, 404);
    }
}

/// Both at once, as the demonstration of one server demanded it.
#[tokio::test]
async fn part_3_4_basic_and_parameters() {
    let server = start().await;
    let plugin = Plugin::new(server.address, Version::V5);
    let ask = plugin.ask(false, "/presences/online", &[("name", "ann"), ("nick", "Ann"), ("apikey", "public")]);
    let mut http = server.connect().await;
    assert_eq!(http.ask(&ask).await.expect("an answer").status, 200);
    let ask = Ask::post("/v5/presences/online", "name=ann&nick=Ann&version=v5").header("Authorization", "Basic !");
    assert_eq!(http.ask(&ask).await.expect("an answer").status, 401);
}

/// A browser never holds the key.
#[tokio::test]
async fn the_key_is_refused_from_browsers() {
    let server = start().await;
    for version in Version::ALL {
        let plugin = Plugin::new(server.address, version);
        for (name, value) in [("Origin", "http://evil.example"), ("Sec-Fetch-Site", "cross-site")] {
            let ask = plugin.ask(false, "/presences/online", &[("name", "ann"), ("nick", "Ann")]).header(name, value);
            let mut http = server.connect().await;
            assert_eq!(http.ask(&ask).await.expect("an answer").status, 403, "{version:?} {name}");
        }
    }
}

#[tokio::test]
async fn part_3_4_online() {
    let server = start().await;
    let _jack = server.page("jack", "").await;
    for version in LATE {
        let plugin = Plugin::new(server.address, version);
        let form = [("name", "ann"), ("nick", "Ann"), ("show", "available"), ("status", ""), ("buddies", "jack,mary")];
        let answer = plugin.reads(false, "/presences/online", &[&form[..], &[("rooms", "r1,r2")]].concat()).await;
        let answer = answer.expect("an answer");
        assert_eq!((&answer["success"], &answer["presences"]), (&true.into(), &json!({"jack": "available"})));
        let url = answer["jsonpd"].as_str().expect("a text");
        assert!(url.starts_with(&format!("http://{}/", server.address)) && !url.contains('?'), "{url}");
        let ticket = answer["ticket"].as_str().expect("a ticket");
        assert!(ticket.len() >= 32, "a secret");
        plugin.offline(ticket).await.expect("gone");
    }
}

#[tokio::test]
async fn part_3_4_doing() {
    let server = start().await;
    for version in LATE {
        let ann = Visitor::open(&server, version, "ann", &["bob"], &[]).await;
        let bob = Visitor::open(&server, version, "bob", &["ann"], &[]).await;
        ann.plugin.shows(ann.ticket(), &nick("ann"), "dnd").await.expect("shown");
        // One library says its type as well.
        let form = [("ticket", ann.ticket()), ("nick", "Ann"), ("show", "away"), ("type", "show")];
        ann.plugin.does("/presences/show", &form).await.expect("shown");
        ann.plugin.types(ann.ticket(), &nick("ann"), "bob", "typing").await.expect("typed");
        assert_eq!(bob.next("statuses").await["show"], "typing");
        ann.says(false, "bob", "7").await;
        let heard = bob.next("messages").await;
        assert_eq!((&heard["type"], &heard["body"], &heard["from"]), (&"chat".into(), &"7".into(), &"ann".into()));
        let there = bob.plugin.presences(bob.ticket(), &["ann", "nobody"]).await;
        assert_eq!(there, Ok(pairs(&[("ann", "away")])), "only who is connected");
        ann.plugin.offline(ann.ticket()).await.expect("gone");
        let gone = ann.plugin.raw(false, "/presences/show", &form).await;
        assert!(gone.status >= 400 && gone.json()["status"] == "error", "{}", gone.text());
        bob.plugin.offline(bob.ticket()).await.expect("gone");
    }
}

/// A room by its id in the path, or by the parameter that one server read instead.
#[tokio::test]
async fn part_3_4_rooms() {
    let server = start().await;
    for version in LATE {
        let ann = Visitor::open(&server, version, "ann", &[], &["r1"]).await;
        let bob = Visitor::open(&server, version, "bob", &[], &[]).await;
        bob.plugin.joins(bob.ticket(), &nick("bob"), "r1").await.expect("joined");
        let joined = ann.next("presences").await;
        let found = ["from", "type", "to", "status"].map(|name| joined[name].as_str().unwrap_or_default());
        assert_eq!(found, ["bob", "join", "r1", "r1"], "ignored without `to`");
        let members = bob.plugin.reads(true, "/rooms/r1/members", &[("ticket", bob.ticket())]).await;
        assert_eq!(members, Ok(json!({"ann": "available", "bob": "available"})));
        ann.says(true, "r1", "to all").await;
        let heard = bob.next("messages").await;
        assert_eq!((&heard["type"], &heard["to"]), (&"grpchat".into(), &"r1".into()));
        bob.plugin.leaves(bob.ticket(), &nick("bob"), "r1").await.expect("left");
        assert_eq!(ann.next("presences").await["type"], "leave");
        for visitor in [ann, bob] {
            visitor.plugin.offline(visitor.ticket()).await.expect("gone");
        }
    }
}

/// Turning invisible is going, to everybody who sees the member or the room.
#[tokio::test]
async fn part_2_3_turning_invisible() {
    let server: Server = start().await;
    let ann = Visitor::open(&server, Version::V5, "ann", &["bob"], &["r1"]).await;
    let bob = Visitor::open(&server, Version::V5, "bob", &["ann"], &["r1"]).await;
    while ann.next("presences").await["from"] != "bob" {}
    bob.plugin.shows(bob.ticket(), &nick("bob"), "invisible").await.expect("shown");
    let mut kinds = Vec::new();
    while !kinds.contains(&"offline".to_owned()) {
        let packet = ann.poll().await;
        for presence in packet["presences"].as_array().expect("a list") {
            assert_ne!(presence["show"], "invisible", "{presence}");
            kinds.push(presence["type"].as_str().unwrap_or_default().to_owned());
        }
    }
    assert!(!kinds.contains(&"show".to_owned()), "{kinds:?}");
    assert_eq!(ann.plugin.presences(ann.ticket(), &["bob"]).await, Ok(pairs(&[])));
}
