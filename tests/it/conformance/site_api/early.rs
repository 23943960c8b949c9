//! Parts 3.1 and 3.2: versions 2 and 3, at the root of the server, and what all versions share.

use super::{Visitor, nick, pairs, start};
use crate::support::Ask;
use crate::support::clients::plugin::{Plugin, Version};
use serde_json::{Value, json};

const EARLY: [Version; 2] = [Version::V2, Version::V3];

/// A wrong key, a wrong domain, none at all: one answer.
#[tokio::test]
async fn part_3_2_authentication() {
    let server = start().await;
    for (domain, key) in [("localhost", "wrong"), ("nowhere", "public"), ("", "")] {
        for version in EARLY {
            let plugin = Plugin { domain: domain.into(), key: key.into(), ..Plugin::new(server.address, version) };
            for (is_get, endpoint) in [
                (false, "/presences/online"),
                (false, "/presences/offline"),
                (false, "/presences/show"),
                (false, "/statuses"),
                (false, "/messages"),
                (true, "/onlines"),
                (false, "/room/join"),
                (false, "/room/leave"),
                (true, "/room/members"),
            ] {
                let form = [("name", "ruby"), ("nick", "Ruby"), ("ticket", "t"), ("room", "r"), ("to", "jack")];
                let answer = plugin.raw(is_get, endpoint, &form).await;
                let found = (answer.status, answer.text());
                assert_eq!(found, (401, "authentication failed.".into()), "{endpoint} {domain} {key}");
                assert!(answer.header("content-type").is_some_and(|kind| kind.starts_with("text/plain")));
            }
        }
    }
    let mut http = server.connect().await;
    let answer = http.ask(&Ask::post("/presences/online", "name=ruby&nick=Ruby")).await.expect("an answer");
    assert_eq!((answer.status, answer.text()), (401, "authentication failed.".into()), "no key at all");
}

#[tokio::test]
async fn part_3_2_a_body_that_is_too_long() {
    let server = start().await;
    let mut http = server.connect().await;
    http.send(&Ask::post("/messages", &"x".repeat(1_048_600))).await.expect("sent");
    let answer = http.answer().await.expect("an answer");
    assert_eq!((answer.status, answer.text()), (400, "body is too long.".into()));
}

#[tokio::test]
async fn part_3_2_a_ticket_that_is_none() {
    let server = start().await;
    for version in EARLY {
        let plugin = Plugin::new(server.address, version);
        for (is_get, endpoint) in
            [(false, "/presences/show"), (false, "/statuses"), (false, "/messages"), (true, "/onlines")]
        {
            let form = [("ticket", "0123456789abcdef0123|ruby"), ("nick", "Ruby"), ("show", "away"), ("to", "jack")];
            let more = [("names", "jack"), ("body", "x"), ("timestamp", "1")];
            let answer = plugin.raw(is_get, endpoint, &[&form[..], &more[..]].concat()).await;
            assert_eq!((answer.status, answer.text()), (404, "no client found.".into()), "{version:?} {endpoint}");
        }
    }
    assert_eq!(Plugin::new(server.address, Version::V3).raw(false, "/nothing", &[]).await.status, 404);
}

/// Lists for version 3, maps for version 2, where PHP's empty map is a list.
#[tokio::test]
async fn part_3_2_online() {
    let server = start().await;
    let _jack = server.page("jack", "").await;
    let form = [("name", "ruby"), ("nick", "Ruby"), ("show", "available"), ("status", "")];
    let full = [&form[..], &[("buddies", "jack,mary"), ("rooms", "room1,r9")]].concat();
    let v3 = Plugin::new(server.address, Version::V3);
    let answer: Value = v3.reads(false, "/presences/online", &full).await.expect("an answer");
    assert_eq!(answer["buddies"], json!([{"name": "jack", "nick": "Jack Moreno", "show": "available", "status": ""}]));
    let rooms: Vec<(&Value, &Value)> =
        answer["rooms"].as_array().expect("a list").iter().map(|room| (&room["name"], &room["total"])).collect();
    assert_eq!(rooms, [(&json!("room1"), &json!(2)), (&json!("r9"), &json!(1))], "with the one who comes");
    let v2 = Plugin::new(server.address, Version::V2);
    let answer = v2.reads(false, "/presences/online", &full).await.expect("an answer");
    assert_eq!(
        (&answer["buddies"], &answer["roominfo"]),
        (&json!({"jack": "available"}), &json!({"room1": 2, "r9": 1}))
    );
    let answer = v2.reads(false, "/presences/online", &form).await.expect("an answer");
    assert_eq!((&answer["buddies"], &answer["roominfo"]), (&json!([]), &json!([])), "empty maps");
    let answer = v3.reads(false, "/presences/online", &form).await.expect("an answer");
    assert_eq!((&answer["buddies"], &answer["rooms"]), (&json!([]), &json!([])));
    for missing in ["name", "nick"] {
        let form: Vec<_> = form.iter().copied().filter(|(name, _)| *name != missing).collect();
        assert_eq!(v3.raw(false, "/presences/online", &form).await.status, 400, "without {missing}");
    }
}

/// Everything that is done is answered by the bare word, also when nobody is there to be reached.
#[tokio::test]
async fn part_3_2_doing() {
    for version in EARLY {
        let server = start().await;
        let ann = Visitor::open(&server, version, "ann", &["bob"], &[]).await;
        let bob = Visitor::open(&server, version, "bob", &["ann"], &[]).await;
        assert_eq!(bob.opened.presences, pairs(&[("ann", "available")]));
        let online = ann.next("presences").await;
        assert_eq!(
            (&online["from"], &online["type"], &online["nick"]),
            (&"bob".into(), &"online".into(), &nick("bob").into())
        );
        ann.plugin.shows(ann.ticket(), &nick("ann"), "away").await.expect("shown");
        let show = bob.next("presences").await;
        assert_eq!((&show["from"], &show["type"], &show["show"]), (&"ann".into(), &"show".into(), &"away".into()));
        ann.plugin.types(ann.ticket(), &nick("ann"), "bob", "typing").await.expect("typed");
        let typing = bob.next("statuses").await;
        assert_eq!((&typing["from"], &typing["show"]), (&"ann".into(), &"typing".into()));
        ann.says(false, "bob", "hello 你好").await;
        let heard = bob.next("messages").await;
        let found = ["type", "from", "nick", "to", "body"].map(|field| heard[field].as_str().unwrap_or_default());
        assert_eq!(found, ["unicast", "ann", &nick("ann"), "bob", "hello 你好"], "{version:?}");
        ann.says(false, "nobody-yet", "into the dark").await;
        ann.plugin.types(ann.ticket(), &nick("ann"), "nobody-yet", "typing").await.expect("dropped");
        let there = ann.plugin.presences(ann.ticket(), &["bob", "nobody-yet"]).await.expect("presences");
        assert_eq!(there, pairs(&[("bob", "available")]));
        bob.plugin.offline(bob.ticket()).await.expect("gone");
        assert!(bob.poll().await.is_null(), "its page is told");
        while ann.next("presences").await["type"] != "offline" {}
        ann.plugin.offline(ann.ticket()).await.expect("gone");
    }
}

#[tokio::test]
async fn part_3_2_rooms() {
    let server = start().await;
    for version in EARLY {
        let ann = Visitor::open(&server, version, "ann", &[], &["r1"]).await;
        let bob = Visitor::open(&server, version, "bob", &[], &[]).await;
        assert_eq!(bob.plugin.joins(bob.ticket(), &nick("bob"), "r1").await, Ok(Some(2)));
        let members = bob.plugin.members(bob.ticket(), "r1").await.expect("members");
        assert_eq!(members.len(), 2, "{members:?}");
        let answer = bob.plugin.reads(true, "/room/members", &[("ticket", bob.ticket()), ("room", "r1")]).await;
        let answer = answer.expect("an answer");
        assert!(answer["r1"][0]["id"].is_string() && answer["r1"][0]["nick"].is_string(), "{answer}");
        // The oldest asks by POST, and calls it `rooms`.
        let answer = bob.plugin.reads(false, "/room/members", &[("ticket", bob.ticket()), ("rooms", "r1")]).await;
        assert!(answer.expect("an answer")["r1"].is_array());
        ann.says(true, "r1", "to all").await;
        let heard = bob.next("messages").await;
        assert_eq!((&heard["type"], &heard["to"]), (&"multicast".into(), &"r1".into()));
        bob.plugin.leaves(bob.ticket(), &nick("bob"), "r1").await.expect("left");
        ann.says(true, "r1", "to who is left").await;
        ann.says(false, "bob", "to you").await;
        assert_eq!(bob.next("messages").await["body"], "to you", "{version:?}");
        for visitor in [ann, bob] {
            visitor.plugin.offline(visitor.ticket()).await.expect("gone");
        }
    }
}

/// Presences of rooms make friends of strangers in pages of this time, so they get none.
#[tokio::test]
async fn part_2_3_pages_of_early_plugins_hear_nothing_of_who_comes_into_a_room() {
    let server = start().await;
    let ann = Visitor::open(&server, Version::V3, "ann", &[], &["r1"]).await;
    let bob = Visitor::open(&server, Version::V5, "bob", &[], &[]).await;
    bob.plugin.joins(bob.ticket(), &nick("bob"), "r1").await.expect("joined");
    bob.says(true, "r1", "the marker").await;
    let packet = ann.poll().await;
    assert_eq!((&packet["presences"], &packet["messages"][0]["body"]), (&json!([]), &"the marker".into()));
}

/// Not behind the key: the page has no more than its ticket.
#[tokio::test]
async fn part_3_2_packets_at_every_path() {
    let server = start().await;
    for version in Version::ALL {
        for path in ["packets", "v4/packets", "v5/packets", "webim/packets"] {
            let mut ann = Visitor::open(&server, version, "ann", &[], &[]).await;
            ann.opened.connection["server"] = format!("http://{}/{path}", server.address).into();
            server.member("jack").await.says("ann", "x").await;
            assert_eq!(ann.next("messages").await["body"], "x", "{version:?} {path}");
            ann.plugin.offline(ann.ticket()).await.expect("gone");
        }
    }
}

/// Who is not to be seen is in no answer: not among the friends, not in a room and its total, not when asked for.
#[tokio::test]
async fn part_3_invisible_in_every_version() {
    let server = start().await;
    let mut jack = server.page("jack", "").await;
    jack.does("presence", "show=invisible").await;
    for version in Version::ALL {
        let hidden = Plugin::new(server.address, version).online(("hidden", "H"), &[], &["r1"], "invisible").await;
        let hidden = hidden.expect("online");
        let ann = Visitor::open(&server, version, "ann", &["jack", "hidden"], &["r1"]).await;
        assert_eq!(ann.opened.presences, pairs(&[]), "{version:?}");
        assert!(ann.opened.rooms.get("r1").is_none_or(|total| *total == 1), "{version:?} {:?}", ann.opened.rooms);
        assert_eq!(ann.plugin.members(ann.ticket(), "r1").await, Ok(vec!["ann".into()]), "{version:?}");
        if version != Version::V4 {
            assert_eq!(ann.plugin.presences(ann.ticket(), &["jack", "hidden"]).await, Ok(pairs(&[])), "{version:?}");
        }
        for ticket in [ann.ticket(), &hidden.ticket] {
            ann.plugin.offline(ticket).await.expect("gone");
        }
    }
}

/// `x|alice` with a good key sent as alice once: what is before the bar was not looked at.
#[tokio::test]
async fn part_2_5_a_ticket_is_a_secret() {
    let server = start().await;
    for version in Version::ALL {
        let ann = Visitor::open(&server, version, "ann", &[], &[]).await;
        for forged in [format!("x|{}", ann.id), format!("uid:{}:x", ann.id), ann.ticket().chars().rev().collect()] {
            let said = ann.plugin.types(&forged, "Ann", "jack", "typing").await;
            assert!(said.is_err(), "{version:?} {forged}");
        }
        ann.plugin.offline(ann.ticket()).await.expect("gone");
    }
}
