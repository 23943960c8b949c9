//! Calls over a WebSocket: the same endpoints with the same answers as by HTTP.

use crate::support::member::bodies;
use crate::support::socket::{Frame, Socket, frame};
use crate::support::{Member, Server};
use serde_json::{Value, json};

async fn stage() -> (Server, Member, Member, Socket) {
    let server = Server::start_with(|config| {
        (config.times.session_grace_ms, config.times.ticket_idle_ms) = (60_000, 90_000);
    })
    .await;
    let (jack, susan) = (server.page("jack", "").await, server.page("susan", "client=native").await);
    let words = json!({"subscribe": {"domain": "localhost", "ticket": susan.ticket()}});
    let socket = Socket::subscribed(server.address, &words.to_string()).await;
    (server, jack, susan, socket)
}

async fn call(socket: &mut Socket, id: Value, call: Value) -> (Value, Value) {
    let mut words = call;
    words["id"] = id.clone();
    socket.text(&words.to_string()).await.expect("sent");
    loop {
        let told = socket.next_json().await;
        if told.get("reply").is_some() {
            assert_eq!(told["reply"], id);
            return (told["status"].clone(), told["body"].clone());
        }
    }
}

#[tokio::test]
async fn a_message_is_answered_with_its_place_and_stored_once() {
    let (_server, mut jack, mut susan, mut socket) = stage().await;
    let hello = json!({"call": "message", "type": "unicast", "to": "jack", "body": "hello", "cid": "c1"});
    let (status, first) = call(&mut socket, json!("x"), hello.clone()).await;
    assert_eq!((status, &first["status"], first.get("dup")), (200.into(), &"ok".into(), None));
    let mut wanted = first;
    wanted["dup"] = true.into();
    assert_eq!(call(&mut socket, json!(7), hello).await, (200.into(), wanted.clone()));
    let by_http = susan.read("message", "type=unicast&to=jack&body=hello&style=&offline=0&cid=c1").await;
    assert_eq!(by_http, wanted, "whichever way it comes");
    let other = json!({"call": "message", "type": "unicast", "to": "jack", "body": "other", "cid": "c1"});
    let (status, refused) = call(&mut socket, Value::Null, other).await;
    assert_eq!((status, &refused["code"]), (409.into(), &"cid_reused".into()));
    let bare = json!({"call": "message", "type": "multicast", "to": "room1", "body": "to the room"});
    assert_eq!(call(&mut socket, json!([1, {"a": null}]), bare).await, (200.into(), "ok".into()));
    assert_eq!(jack.hears().await, ["hello", "to the room"]);
}

#[tokio::test]
async fn typing_and_presence_reach_others() {
    let (_server, mut jack, _susan, mut socket) = stage().await;
    let typing = json!({"call": "status", "to": "jack", "show": "typing"});
    assert_eq!(call(&mut socket, json!(1), typing).await, (200.into(), "ok".into()));
    let packet = jack.poll().await;
    assert_eq!((&packet["statuses"][0]["from"], &packet["statuses"][0]["show"]), (&"susan".into(), &"typing".into()));
    let away = json!({"call": "presence", "show": "away", "status": "at lunch"});
    assert_eq!(call(&mut socket, json!(2), away).await, (200.into(), "ok".into()));
    for _ in 0..20 {
        let packet = jack.poll().await;
        if let Some(seen) = packet["presences"].as_array().and_then(|all| all.iter().find(|one| one["show"] == "away"))
        {
            assert_eq!((&seen["from"], &seen["status"]), (&"susan".into(), &"at lunch".into()));
            return;
        }
    }
    panic!("jack hears nothing of it");
}

/// Every refusal has the words and the status that it has by HTTP.
#[tokio::test]
async fn refusals_are_those_of_http() {
    let (_server, _jack, mut susan, mut socket) = stage().await;
    let refused = [
        (json!({"call": "message", "type": "unicast", "body": "x"}), "missing_parameter", 400),
        (json!({"call": "message", "type": "smoke", "to": "jack", "body": "x"}), "bad_parameter", 400),
        (json!({"call": "message", "type": "unicast", "to": "nobody", "body": "x"}), "unknown_user", 404),
        (json!({"call": "message", "type": "multicast", "to": "cellar", "body": "x"}), "unknown_room", 404),
        (json!({"call": "message", "type": "unicast", "to": "jack", "body": "x".repeat(65_537)}), "too_large", 413),
        (json!({"call": "status", "to": "jack", "show": "dancing"}), "bad_parameter", 400),
        (json!({"call": "presence", "show": "gone"}), "bad_parameter", 400),
        (json!({"call": "presence"}), "missing_parameter", 400),
    ];
    for (words, code, status) in refused {
        let (over_socket, body) = call(&mut socket, json!(code), words.clone()).await;
        assert_eq!((&over_socket, &body["code"]), (&status.into(), &code.into()), "{words}");
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let named = words.as_object().expect("an object").iter().filter(|(name, _)| *name != "call");
        let form: Vec<(String, String)> = named.map(|(name, value)| (name.clone(), text(value))).collect();
        let by_http = susan.post(&text(&words["call"]), &crate::support::urls::form(&form)).await;
        assert_eq!((by_http.status, by_http.json()), (status, body), "{words}");
    }
    for (name, more) in
        [("dance", json!({})), ("online", json!({})), ("offline", json!({})), ("histories", json!({"ids": "jack"}))]
    {
        let mut words = more;
        words["call"] = name.into();
        let (status, body) = call(&mut socket, json!(1), words).await;
        assert_eq!((status, &body["code"]), (404.into(), &"not_found".into()), "{name}");
    }
    let nested = json!({"call": "message", "to": {"a": 1}});
    assert_eq!(call(&mut socket, json!(1), nested).await.0, 400);
}

#[tokio::test]
async fn words_that_are_not_meant_for_us_are_nothing_and_broken_frames_are_refused() {
    let (_server, _jack, _susan, mut socket) = stage().await;
    for words in ["heartbeat", "[1]", "null", "\u{1}"] {
        socket.text(words).await.expect("sent");
    }
    for words in ["{", "{\"ack\":\"x\"}", "{\"call\":7}", "{\"ack\":-1}"] {
        socket.text(words).await.expect("sent");
        let Frame::Text(reply) = socket.next().await.expect("a frame") else { panic!("{words} is answered") };
        let reply: Value = serde_json::from_str(&reply).expect("JSON");
        assert_eq!((&reply["status"], &reply["body"]["code"]), (&400.into(), &"bad_request".into()), "{words}");
    }
    socket.bytes(&frame(0x89, b"after")).await.expect("sent");
    assert_eq!(socket.next().await.expect("a frame"), Frame::Pong(b"after".to_vec()), "and the socket lives");
}

/// Replies are counted by their ids, packets by what they say.
#[tokio::test(flavor = "multi_thread")]
async fn replies_and_packets_share_the_socket_and_keep_their_order() {
    let (server, jack, susan, mut socket) = stage().await;
    let mut talking = jack.tab();
    let said = tokio::spawn(async move {
        for count in 0..60 {
            talking.says("susan", &format!("theirs {count}")).await;
        }
    });
    let mut all = Vec::new();
    for count in 0..60 {
        let words = json!({"call": "message", "id": count, "type": "unicast", "to": "jack", "cid": format!("c{count}"),
            "body": format!("mine {count}")});
        all.extend(frame(0x81, words.to_string().as_bytes()));
    }
    socket.bytes(&all).await.expect("sent");
    let (mut replies, mut heard, mut last) = (Vec::new(), Vec::new(), 0);
    while replies.len() < 60 || heard.len() < 60 {
        let told = socket.next_json().await;
        if let Some(id) = told["reply"].as_u64() {
            assert_eq!(told["status"], 200, "{told}");
            replies.push(id);
            continue;
        }
        heard.extend(bodies(&told["messages"]));
        let seq = told["seq"].as_u64().expect("a place");
        assert!(seq >= last);
        last = seq;
        socket.text(&json!({"ack": seq}).to_string()).await.expect("sent");
    }
    said.await.expect("said");
    assert_eq!(replies, (0..60).collect::<Vec<u64>>());
    assert_eq!(heard, (0..60).map(|count| format!("theirs {count}")).collect::<Vec<_>>());
    let mut other = server.member("jack").await;
    let mut news = bodies(&other.online("").await["new_messages"]);
    news.retain(|body| body.starts_with("mine"));
    assert_eq!(news, (0..60).map(|count| format!("mine {count}")).collect::<Vec<_>>());
    drop(susan);
}

#[tokio::test]
async fn a_call_on_an_ended_ticket_is_not_carried_out() {
    let (_server, mut jack, mut susan, mut socket) = stage().await;
    susan.does("offline", "").await;
    let words = json!({"call": "message", "id": 1, "type": "unicast", "to": "jack", "body": "too late"});
    drop(socket.text(&words.to_string()).await);
    let mut last = None;
    while let Ok(seen) = socket.next().await {
        last = Some(seen);
    }
    assert!(matches!(last, Some(Frame::Close(4401, _))), "{last:?}");
    assert_eq!(bodies(&jack.poll().await["messages"]), [""; 0]);
}

#[tokio::test]
async fn a_ping_is_answered_and_does_nothing() {
    let (_server, _jack, _susan, mut socket) = stage().await;
    assert_eq!(call(&mut socket, json!("p"), json!({"call": "ping"})).await, (200.into(), "ok".into()));
}
