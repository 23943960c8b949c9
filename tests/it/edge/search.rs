//! Searching in one's own conversations.

use crate::support::member::{bodies, each};
use crate::support::{Member, Server, urls};
use serde_json::{Value, json};

async fn found(member: &mut Member, q: &str, more: &str) -> Vec<String> {
    let answer = member.read("search", &format!("q={}{more}", urls::encode(q))).await;
    assert_eq!(answer["before"], Value::Null, "{q} {more}");
    bodies(&answer["messages"])
}

#[tokio::test]
async fn words_are_found_whatever_their_script() {
    let server = Server::start().await;
    let mut susan = server.page("susan", "client=native").await;
    let mut jack = server.page("jack", "").await;
    for body in ["Heron by the weir", "苍鹭站在水坝边", "アオサギを見た", "왜가리", "ｈｅｒｏｎ！"]
    {
        susan.says("jack", body).await;
    }
    jack.does("message", "type=multicast&to=room2&body=a heron, again").await;
    assert_eq!(found(&mut susan, "HERON", "").await, ["a heron, again", "ｈｅｒｏｎ！", "Heron by the weir"]);
    assert_eq!(found(&mut jack, "heron weir", "").await, ["Heron by the weir"]);
    for (q, body) in
        [("鹭", "苍鹭站在水坝边"), ("水坝", "苍鹭站在水坝边"), ("サギ", "アオサギを見た"), ("가리", "왜가리")]
    {
        assert_eq!(found(&mut susan, q, "").await, [body], "{q}");
    }
    assert_eq!(found(&mut susan, "heron", "&type=multicast&id=room2").await, ["a heron, again"]);
    assert_eq!(found(&mut susan, "heron", "&id=jack").await, ["ｈｅｒｏｎ！", "Heron by the weir"]);
    assert!(found(&mut susan, "heron", "&type=unicast&id=mary").await.is_empty());
    let answer = susan.read("search", "q=heron&limit=2").await;
    assert_eq!(each(&answer["messages"], "type"), ["multicast", "unicast"]);
    let before = answer["before"].as_u64().expect("there is more");
    let rest = susan.read("search", &format!("q=heron&limit=2&before={before}")).await;
    assert_eq!((bodies(&rest["messages"]), &rest["before"]), (vec!["Heron by the weir".to_owned()], &Value::Null));
    let script = susan.get("search", "q=heron&limit=1&callback=cb").await.script("cb");
    assert_eq!(bodies(&script["messages"]), ["a heron, again"]);
    susan.does("clear_history", "ids=jack&type=unicast").await;
    assert_eq!(found(&mut susan, "heron", "").await, ["a heron, again"], "what she has cleared is gone for her");
    assert_eq!(found(&mut jack, "weir", "").await, ["Heron by the weir"], "and for nobody else");
}

/// Negative control: let `of_one` not ask who is in the room.
#[tokio::test]
async fn others_conversations_are_not_found() {
    let server = Server::start().await;
    let mut susan = server.page("susan", "").await;
    susan.says("jack", "canary").await;
    server.member("jack").await.says("susan", "canary too").await;
    susan.does("message", "type=multicast&to=room2&body=canary in the room").await;
    let mut mary = server.page("mary", "client=native").await;
    for of in
        ["", "&id=jack", "&type=unicast&id=jack", "&type=unicast&id=susan", "&type=multicast&id=room2", "&id=room2"]
    {
        for before in ["", "&before=1000"] {
            assert_eq!(found(&mut mary, "canary", &format!("{of}{before}")).await, [""; 0], "{of}{before}");
        }
    }
    let foreign = mary.read("search", "q=canary&type=multicast&id=room2").await;
    assert_eq!(foreign, mary.read("search", "q=canary&type=multicast&id=room9").await, "nothing tells the two apart");
    assert_eq!(foreign, json!({"messages": [], "before": null}));
    let mut nobody = mary.tab();
    nobody.cookie = String::new();
    assert_eq!(nobody.post("search", "q=canary").await.code(), "not_signed_in");
    assert_eq!(nobody.post("search", "q=canary&ticket=gone").await.code(), "ticket_ended");
}
