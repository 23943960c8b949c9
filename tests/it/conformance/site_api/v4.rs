//! Part 3.3: the group API of 2013.

use super::{Visitor, nick, start};
use crate::support::clients::plugin::{Plugin, Version};
use serde_json::json;

/// One answer for both readers of that time: the mock's and the first Java server's.
#[tokio::test]
async fn part_3_3_online() {
    let server = start().await;
    let _jack = server.page("jack", "").await;
    let form = [("name", "ruby"), ("nick", "Ruby"), ("show", "available"), ("status", ""), ("buddies", "jack,mary")];
    // The first commits of the later libraries had the later prefix, and these words.
    for version in [Version::V4, Version::V5Params] {
        let plugin = Plugin::new(server.address, version);
        let answer = plugin.reads(false, "/presences/online", &[&form[..], &[("groups", "room1,g1")]].concat()).await;
        let answer = answer.expect("an answer");
        assert_eq!(answer["success"], true);
        assert_eq!(
            (&answer["buddies"], &answer["groups"]),
            (&json!({"jack": "available"}), &json!({"room1": 2, "g1": 1}))
        );
        assert_eq!(answer["presences"], json!({"jack": "available"}));
        let urls = ["server", "jsonpd"].map(|name| answer[name].as_str().expect("a text").to_owned());
        assert!(urls[0] == urls[1] && urls[0].ends_with("/packets") && !urls[0].contains('?'), "{urls:?}");
        let ticket = answer["ticket"].as_str().expect("a ticket");
        plugin.offline(ticket).await.expect("gone");
    }
}

#[tokio::test]
async fn part_3_3_groups() {
    let server = start().await;
    let ann = Visitor::open(&server, Version::V4, "ann", &[], &["g1"]).await;
    let bob = Visitor::open(&server, Version::V4, "bob", &[], &[]).await;
    assert_eq!(bob.plugin.joins(bob.ticket(), &nick("bob"), "g1").await, Ok(Some(2)));
    let form = [("ticket", bob.ticket()), ("group", "g1")];
    let list = bob.plugin.reads(true, "/group/members", &form).await.expect("a list");
    assert!(
        list[0]["id"].is_string() && list[0]["nick"].is_string() && list.as_array().map(Vec::len) == Some(2),
        "{list}"
    );
    let map = bob.plugin.reads(false, "/group/members", &form).await.expect("a map");
    assert_eq!(map["g1"].as_array().map(Vec::len), Some(2), "{map}");
    ann.says(true, "g1", "to all").await;
    let heard = bob.next("messages").await;
    assert_eq!((&heard["type"], &heard["to"]), (&"grpchat".into(), &"g1".into()));
    assert_eq!(bob.plugin.raw(false, "/group/leave", &[&form[..], &[("nick", "Bob")]].concat()).await.text(), "ok");
    let joined = ann.next("presences").await;
    assert_eq!((&joined["from"], &joined["to"]), (&"bob".into(), &"g1".into()), "this generation is told: {joined}");
}

#[tokio::test]
async fn part_3_3_words_and_refusals() {
    let server = start().await;
    let ann = Visitor::open(&server, Version::V4, "ann", &[], &[]).await;
    let bob = Visitor::open(&server, Version::V4, "bob", &["ann"], &[]).await;
    ann.says(false, "bob", "one").await;
    assert_eq!(bob.next("messages").await["type"], "chat");
    for version in ["5.2", "v4"] {
        let form = format!(
            "ticket={}&nick=Ann&show=away&version={version}&domain=localhost&apikey=public",
            crate::support::urls::encode(ann.ticket())
        );
        let mut http = server.connect().await;
        let answer = http.ask(&crate::support::Ask::post("/v4/presences/show", &form)).await.expect("an answer");
        assert_eq!((answer.status, answer.text()), (200, "ok".into()));
    }
    let wrong = Plugin { key: "wrong".into(), ..Plugin::new(server.address, Version::V4) };
    assert_eq!(wrong.raw(false, "/messages", &[("to", "bob")]).await.status, 401);
}
