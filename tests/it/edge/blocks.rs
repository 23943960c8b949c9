//! Members who block each other. To the one who is blocked, the other must look exactly as somebody who is offline and says nothing:
//! everything they can see is compared with a run in which that is so.

use crate::support::member::{bodies, each};
use crate::support::{Member, Server};
use serde_json::{Value, json};

const NATIVE: &str = "client=native&buddy_ids=jack&room_ids=room1";

/// What differs between any two runs: numbers of rows, times, secrets.
fn same(mut value: Value) -> Value {
    const PASSING: [&str; 13] = [
        "seq",
        "id",
        "timestamp",
        "server_time",
        "ticket",
        "epoch",
        "server",
        "jsonpd",
        "websocket",
        "sse",
        "status_time",
        "read",
        "more",
    ];
    match &mut value {
        Value::Object(fields) => {
            // The ids of people and rooms stay; those of messages are of the log.
            let is_of_the_log = |value: &Value| value.as_str().is_none_or(|id| id.contains('-'));
            fields.retain(|name, value| !PASSING.contains(&name.as_str()) || (name == "id" && !is_of_the_log(value)));
            fields.values_mut().for_each(|value| *value = same(value.take()));
        }
        Value::Array(items) => items.iter_mut().for_each(|item| *item = same(item.take())),
        _ => {}
    }
    value
}

/// Polls until `last` has been heard, and gives all messages, presences and signals.
async fn until(member: &mut Member, last: &str) -> Value {
    let mut all = json!({"messages": [], "presences": [], "statuses": []});
    while !bodies(&all["messages"]).iter().any(|body| body == last) {
        let packet = member.poll().await;
        for list in ["messages", "presences", "statuses"] {
            let items = packet[list].as_array().cloned().unwrap_or_default();
            all[list].as_array_mut().unwrap().extend(items);
        }
    }
    all
}

/// Everything that Susan sees while Jack, if `comes`, is there, has blocked her, and does what a member can do.
async fn what_susan_sees(comes: bool) -> Vec<Value> {
    let server = Server::start().await;
    let (mut susan, mut mary) = (server.member("susan").await, server.page("mary", NATIVE).await);
    let mut jack = server.member("jack").await;
    if comes {
        jack.online(NATIVE).await;
        jack.does("block_user", "id=susan").await;
    }
    let mut seen = vec![susan.online(NATIVE).await];
    if comes {
        jack.does("presence", "show=dnd&status=at+work").await;
        jack.does("status", "to=susan&show=typing").await;
        jack.does("message", "type=multicast&to=room1&body=hello+all").await;
        assert_eq!(jack.post("message", "type=unicast&to=susan&body=hello").await.code(), "blocked");
        jack.does("leave", "id=room2").await;
        jack.read("join", "id=room2").await;
    }
    mary.says("susan", "first").await;
    seen.push(until(&mut susan, "first").await);
    for (endpoint, form) in [
        ("message", "type=unicast&to=jack&body=are+you+there&cid=c1"),
        ("message", "type=unicast&to=jack&body=are+you+there&cid=c1"),
        ("message", "type=multicast&to=room1&body=hello+room&cid=c2"),
        ("buddies", "ids=jack,mary"),
        ("members", "id=room1"),
        ("rooms", ""),
        ("watch", "ids=jack"),
        ("search", "nick=jack"),
        ("search", "q=hello"),
        ("histories", "ids=jack"),
        ("history", "id=room1&type=multicast"),
        ("blocked_users", ""),
    ] {
        seen.push(susan.read(endpoint, form).await);
    }
    susan.does("status", "to=jack&show=typing").await;
    if comes {
        jack.does("presence", "show=available&status=").await;
        jack.does("offline", "").await;
        jack.online(NATIVE).await;
    }
    mary.says("susan", "last").await;
    seen.push(until(&mut susan, "last").await);
    // A page that opens anew has the same, and an old one, too.
    seen.push(susan.online(NATIVE).await);
    seen.push(susan.online("csrf_token=&show=available&buddy_ids=jack&room_ids=room1").await);
    seen.into_iter().map(same).collect()
}

/// Negative controls: leave out the look at `severed` in `Live::seen_by`, in `apply`, or in `push_in_room`; or `heard!` in `ROOM_BEFORE`.
#[tokio::test]
async fn who_is_blocked_sees_somebody_who_is_offline_and_silent() {
    let (blocked, absent) = (what_susan_sees(true).await, what_susan_sees(false).await);
    assert_eq!(blocked.len(), absent.len());
    for (index, (blocked, absent)) in blocked.iter().zip(&absent).enumerate() {
        assert_eq!(blocked, absent, "observation {index}");
    }
}

/// Negative control: let `is_hidden` always say no.
#[tokio::test]
async fn who_blocks_hears_and_sees_nothing_of_the_other_and_never_will() {
    let server = Server::start().await;
    let (mut susan, mut mary) = (server.page("susan", NATIVE).await, server.page("mary", NATIVE).await);
    let mut jack = server.page("jack", "client=native&buddy_ids=susan&room_ids=room1").await;
    jack.does("block_user", "id=susan").await;
    assert_eq!(each(&jack.read("blocked_users", "").await, "id"), ["susan"]);
    mary.says("jack", "blocked now").await;
    let packet = until(&mut jack, "blocked now").await;
    let gone = &packet["presences"][0];
    assert_eq!((&gone["from"], &gone["type"]), (&"susan".into(), &"offline".into()), "{packet}");
    susan.does("message", "type=unicast&to=jack&body=in+private").await;
    susan.does("message", "type=multicast&to=room1&body=in+the+room").await;
    susan.does("status", "to=jack&show=typing").await;
    susan.does("presence", "show=away&status=").await;
    let room = susan.read("room/invite", "id=fedcba9876543210&nick=Ours&members=jack,mary&csrf_token=").await;
    assert_eq!(room["all_count"], 2, "nobody is drawn into a room by whom they block: {room}");
    mary.says("jack", "after that").await;
    let packet = until(&mut jack, "after that").await;
    let nothing = json!({"messages": packet["messages"], "presences": [], "statuses": []});
    assert_eq!((bodies(&packet["messages"]), &packet), (vec!["after that".to_owned()], &nothing));
    jack.does("unblock_user", "id=susan").await;
    mary.says("jack", "again").await;
    let packet = until(&mut jack, "again").await;
    assert_eq!(packet["presences"][0]["from"], "susan", "seen again: {packet}");
    susan.says("jack", "now you hear me").await;
    assert_eq!(jack.hears().await, ["now you hear me"]);
    // What was said meanwhile stays unsaid, on a new page, in histories and in search.
    let opened = jack.online("client=native&buddy_ids=susan&room_ids=room1").await;
    let found = jack.read("search", "q=in+").await;
    for text in
        [opened.to_string(), jack.read("history", "id=room1&type=multicast").await.to_string(), found.to_string()]
    {
        assert!(!text.contains("in private") && !text.contains("in the room"), "{text}");
    }
    let own = susan.read("history", "id=jack&type=unicast").await;
    assert!(own.to_string().contains("in private"), "the sender has what they said");
}

#[tokio::test]
async fn a_block_outlives_the_process_and_its_end_does_too() {
    let mut server = Server::start().await;
    let mut jack = server.page("jack", NATIVE).await;
    jack.does("block_user", "id=susan").await;
    server.stop().await;
    server.start_again().await;
    let mut susan = server.page("susan", NATIVE).await;
    let mut jack = server.page("jack", "client=native&buddy_ids=susan").await;
    let seen = susan.read("buddies", "ids=jack").await;
    assert_eq!(seen[0]["presence"], "offline", "{seen}");
    susan.says("jack", "hello").await;
    jack.does("unblock_user", "id=susan").await;
    jack.does("unblock_user", "id=susan").await;
    server.stop().await;
    server.start_again().await;
    let mut jack = server.page("jack", "client=native&buddy_ids=susan").await;
    let (mut susan, opened) = (server.page("susan", NATIVE).await, jack.read("history", "id=susan&type=unicast").await);
    assert!(!opened.to_string().contains("\"hello\""), "{opened}");
    susan.says("jack", "hello again").await;
    assert_eq!(jack.hears().await, ["hello again"]);
    for (form, code) in [("id=jack", "bad_parameter"), ("id=ghost", "unknown_user"), ("", "missing_parameter")] {
        assert_eq!(jack.post("block_user", form).await.code(), code, "{form}");
    }
}
