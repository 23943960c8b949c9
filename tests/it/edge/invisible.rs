//! Invisible is offline in everything that others can observe: whole answers and packets are compared, of a community where
//! jack is away, and of one where he is there, invisible, and busy.
//!
//! Negative control: let `Visible::of` ignore `Show::Invisible`, and all three tests and the invisible scenes fail.

use crate::support::{Member, Server};
use serde_json::{Value, json};

/// What differs between any two servers or moments, and says nothing about jack.
const VOLATILE: [&str; 8] = ["ticket", "server", "jsonpd", "websocket", "sse", "epoch", "server_time", "timestamp"];

fn without_volatile(value: Value) -> Value {
    match value {
        Value::Object(map) => {
            let kept = map.into_iter().filter(|(name, _)| !VOLATILE.contains(&name.as_str()));
            Value::Object(kept.map(|(name, value)| (name, without_volatile(value))).collect())
        }
        Value::Array(items) => Value::Array(items.into_iter().map(without_volatile).collect()),
        other => other,
    }
}

/// Everything that `member` can ask for, and the next packet, which a message makes complete.
async fn observed(member: &mut Member, teller: &mut Member) -> Value {
    let mut all = serde_json::Map::new();
    for (endpoint, form) in [
        ("buddies", "ids=jack,susan,lee"),
        ("rooms", "ids=room1,room2"),
        ("rooms", ""),
        ("members", "ids=room1,room2"),
        ("members", "id=room1"),
        ("histories", "ids=jack,room1,room2"),
    ] {
        all.insert(format!("{endpoint} {form}"), member.read(endpoint, form).await);
    }
    let id = member.id.clone();
    teller.says(&id, "tell me everything").await;
    let mut packets = Vec::new();
    let is_last = |packet: &Value| packet["messages"].as_array().is_some_and(|messages| !messages.is_empty());
    while !packets.last().is_some_and(is_last) {
        packets.push(member.poll().await);
    }
    // Within a packet presences have no order.
    let joined = |list: &str| -> Value {
        let all = packets.iter().flat_map(|packet| packet[list].as_array().cloned().unwrap_or_default());
        let mut all: Vec<Value> = all.collect();
        all.sort_by_key(|item| item["from"].to_string());
        all.into()
    };
    for list in ["messages", "presences", "statuses"] {
        all.insert(list.into(), joined(list));
    }
    without_volatile(Value::Object(all))
}

/// What a friend, friends with pages of other generations and a stranger see, before, while and after jack is there or not.
async fn community(jack_is_there: bool) -> Vec<Value> {
    // Nobody but jack comes or goes meanwhile.
    let server = Server::start_with(|config| {
        (config.times.session_grace_ms, config.times.user_grace_ms, config.times.ticket_idle_ms) = (60_000, 50, 90_000);
    })
    .await;
    let mut teller = server.member("wei").await;
    let mut friend = server.page("susan", "buddy_ids=jack&stranger_ids=jack,lee").await;
    let mut later = server.page("mary", "csrf_token=&show=available").await;
    let mut native = server.page("josh", "client=native").await;
    let mut stranger = server.page("lee", "stranger_ids=jack").await;
    let mut jack = server.member("jack").await;
    if jack_is_there {
        jack.online("show=invisible&client=native").await;
        for (endpoint, form) in [
            ("status", "to=susan&show=typing"),
            ("status", "to=lee&show=typing"),
            ("presence", "show=invisible&status=thinking"),
            ("setting", "theme=dark"),
            ("status", "to=susan&show=clear"),
        ] {
            jack.does(endpoint, form).await;
        }
        jack.read("buddies", "ids=susan,lee").await;
        jack.poll().await;
        let mut second = jack.tab();
        second.online("show=away&client=native").await;
        second.does("offline", "").await;
    }
    // Somebody away can do this as well, on the site's own page.
    jack.does("leave", "id=room1").await;
    jack.read("join", "id=room1").await;
    let mut seen = Vec::new();
    for member in [&mut friend, &mut later, &mut native, &mut stranger] {
        seen.push(observed(member, &mut teller).await);
    }
    for form in ["buddy_ids=jack", "", "csrf_token=&show=available", "stranger_ids=jack", "client=native", "show=away"]
    {
        seen.push(without_volatile(friend.tab().online(form).await));
        seen.push(without_volatile(stranger.tab().online(form).await));
    }
    if jack_is_there {
        jack.does("offline", "").await;
        tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    }
    for member in [&mut friend, &mut later, &mut native, &mut stranger] {
        seen.push(observed(member, &mut teller).await);
    }
    seen
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_that_others_are_answered_tells_invisible_from_offline() {
    let (away, invisible) = tokio::join!(community(false), community(true));
    assert_eq!(away.len(), invisible.len());
    for (at, (away, invisible)) in away.iter().zip(&invisible).enumerate() {
        for (name, value) in away.as_object().expect("an object") {
            assert_eq!(*value, invisible[name], "observation {at}, {name}");
        }
        assert_eq!(away, invisible, "observation {at}");
    }
}

/// What susan is told when jack goes, one way or the other.
async fn going(how: &str) -> Value {
    let server = Server::start().await;
    let mut susan = server.page("susan", "buddy_ids=jack").await;
    let mut jack = server.page("jack", "").await;
    jack.does("presence", "show=chat&status=a+line").await;
    while susan.poll().await["presences"].as_array().is_none_or(Vec::is_empty) {}
    match how {
        "invisible" => jack.does("presence", "show=invisible").await,
        _ => jack.does("offline", "").await,
    }
    loop {
        let packet = susan.poll().await;
        if packet["presences"].as_array().is_some_and(|presences| !presences.is_empty()) {
            let buddies = susan.read("buddies", "ids=jack").await;
            return without_volatile(json!([packet, buddies, susan.read("rooms", "ids=room2").await]));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn turning_invisible_looks_like_leaving() {
    let (left, hidden) = tokio::join!(going("offline"), going("invisible"));
    assert_eq!(left, hidden);
    let told = &left[0]["presences"][0];
    assert_eq!((&told["type"], &told["show"], &told["status"]), (&"offline".into(), &"unavailable".into(), &"".into()));
}

/// What susan gets when jack writes without being seen.
async fn writing(how: &str) -> Value {
    let server = Server::start().await;
    let mut susan = server.page("susan", "buddy_ids=jack").await;
    let mut jack = server.member("jack").await;
    if how == "invisible" {
        jack.online("show=invisible&client=native").await;
    }
    jack.says("susan", "psst").await;
    let mut packets = vec![susan.poll().await];
    while packets.iter().all(|packet| packet["presences"] == json!([])) {
        packets.push(susan.poll().await);
    }
    without_volatile(json!([packets, susan.tab().online("").await]))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_of_somebody_invisible_is_like_one_of_somebody_away() {
    let (away, hidden) = tokio::join!(writing("away"), writing("invisible"));
    assert_eq!(away, hidden);
}
