//! Rooms, invitations and events of the later clients, call by call.

use crate::support::member::{bodies, each};
use crate::support::{Ask, Member, Server, urls};
use serde_json::{Value, json};

const D3: &str = "csrf_token=&show=available";

/// A site whose pages may send each other events.
async fn with_events() -> Server {
    let change = |config: &mut nextim::config::Config| {
        let options = nextim::chat::site::SiteOptions { client_events: true, ..Default::default() };
        config.sites.insert("localhost".into(), options.written());
    };
    Server::start_with(change).await
}

/// Everything of one list until a message with `last` as its text has come, and that message's list with it.
async fn until(member: &mut Member, last: &str) -> (Vec<Value>, Vec<Value>) {
    let (mut messages, mut presences) = (Vec::new(), Vec::new());
    while !messages.iter().any(|message: &Value| message["body"] == last) {
        let packet = member.poll().await;
        messages.extend(packet["messages"].as_array().cloned().unwrap_or_default());
        presences.extend(packet["presences"].as_array().cloned().unwrap_or_default());
    }
    (messages, presences)
}

#[tokio::test]
async fn an_invitation_makes_the_room_and_answers_it() {
    let server = Server::start().await;
    let mut susan = server.page("susan", D3).await;
    let room =
        susan.read("room/invite", "id=0123456789abcdef&nick=The+crew&members=jack,ghost,susan&csrf_token=").await;
    assert_eq!(
        (&room["id"], &room["nick"], &room["temporary"]),
        (&"0123456789abcdef".into(), &"The crew".into(), &true.into())
    );
    assert_eq!((&room["all_count"], &room["count"], &room["avatar"]), (&2.into(), &1.into(), &"".into()));
    let members = susan.read("room/members", "id=0123456789abcdef&csrf_token=").await;
    assert_eq!(each(&members, "id"), ["susan", "jack"]);
    let mut jack = server.member("jack").await;
    let opened = jack.online("csrf_token=&room_ids=").await;
    let is_temporary = |rooms: &Value, id: &str| -> Value {
        let found = rooms.as_array().into_iter().flatten().find(|room| room["id"] == id);
        found.map_or(Value::Null, |room| room["temporary"].clone())
    };
    for rooms in [&opened["rooms"], &opened["presence_rooms"], &jack.read("rooms", "").await] {
        assert_eq!((is_temporary(rooms, "0123456789abcdef"), is_temporary(rooms, "room1")), (true.into(), Value::Null));
    }
    let joined = jack.read("join", "id=0123456789abcdef&nick=The+crew&csrf_token=").await;
    assert_eq!((&joined["temporary"], &joined["nick"]), (&true.into(), &"The crew".into()));
    let left = jack.read("leave", "id=0123456789abcdef&nick=The+crew&temporary=undefined&csrf_token=").await;
    assert_eq!(left, "ok", "in JSON, or the client keeps the room");
    assert_eq!(jack.post("join", "id=0123456789abcdef").await.code(), "unknown_room", "only who is invited is in it");
    // A script of another host.
    let ask = format!(
        "/webim/invite?callback=jsonp1&_=2&ticket={}&id=x&nick=X&members=jack&csrf_token=",
        urls::encode(susan.ticket())
    );
    assert_eq!(susan.ask(Ask::get(&ask)).await.script("jsonp1")["temporary"], true);
}

#[tokio::test]
async fn who_may_not_invite_is_told_why() {
    let server = Server::start().await;
    let mut susan = server.page("susan", D3).await;
    let many: Vec<String> = (0..201).map(|count| format!("m{count}")).collect();
    let many = format!("id=x&nick=X&members={}", many.join(","));
    let long = format!("id=x&nick={}&members=jack", "n".repeat(191));
    for (form, status, code) in [
        ("id=x&nick=&members=jack", 400, "missing_parameter"),
        ("id=x&nick=undefined&members=jack", 400, "missing_parameter"),
        ("nick=X&members=jack", 400, "missing_parameter"),
        ("id=x&nick=a%0Ab&members=jack", 400, "bad_parameter"),
        ("id=%3Cb%3E&nick=X&members=jack", 400, "bad_parameter"),
        (&*long, 400, "bad_parameter"),
        (&*many, 400, "too_many_ids"),
    ] {
        let answer = susan.post("invite", form).await;
        assert_eq!((answer.status, &*answer.code()), (status, code), "{form}");
    }
    assert_eq!(susan.post("join", "id=x").await.code(), "unknown_room", "nothing was made");
    let mut lee = server.page("lee", D3).await;
    let refused = lee.post("invite", "id=room1&nick=X&members=nora").await;
    assert_eq!((refused.status, &*refused.code()), (403, "not_a_member"), "an open room of the site");
    let room = susan.read("invite", "id=room2&nick=X&members=lee").await;
    assert_eq!(
        (&room["nick"], room.get("temporary")),
        (&"Sunday crew".into(), None),
        "a room that is there stays as it is"
    );
    assert_eq!(lee.read("rooms", "ids=room2").await[0]["id"], "room2");
}

/// 5.0 to 5.2 have no `invite`: they join what is not there.
#[tokio::test]
async fn the_first_5_x_clients_make_a_room_by_joining_it() {
    let server = Server::start().await;
    let mut susan = server.page("susan", D3).await;
    let room = susan.read("join", "id=0123456789abcdEF&nick=The+crew&csrf_token=").await;
    assert_eq!((&room["nick"], &room["temporary"], &room["all_count"]), (&"The crew".into(), &true.into(), &1.into()));
    let mut jack = server.page("jack", "show=available").await;
    let joined = jack.read("join", "id=0123456789abcdEF&nick=Jack").await;
    assert_eq!((&joined["nick"], &joined["all_count"]), (&"The crew".into(), &2.into()), "open to who knows the id");
    for (form, why) in [
        ("id=0123456789abcde&nick=X", "15 characters"),
        ("id=0123456789abcdefg&nick=X", "17 characters"),
        ("id=0123456789abcde-&nick=X", "not a made id"),
        ("id=0123456789abcde0&nick=", "no name"),
        ("id=0123456789abcde0&nick=undefined", "no name"),
        ("id=0123456789abcde0", "no name"),
    ] {
        let answer = susan.post("join", form).await;
        assert_eq!((answer.status, &*answer.code()), (404, "unknown_room"), "{why}");
    }
    for opens in ["", "show=available", "client=d2-late", "client=native"] {
        let mut other = server.page("jack", opens).await;
        assert_eq!(other.post("join", "id=0123456789abcde0&nick=Jack").await.code(), "unknown_room", "{opens}");
    }
    assert_eq!(
        server.member("jack").await.post("join", "id=0123456789abcde0&nick=J&csrf_token=").await.status,
        404,
        "no ticket"
    );
}

#[tokio::test]
async fn events_of_browsers_are_refused_unless_the_site_wants_them() {
    let server = Server::start().await;
    let mut susan = server.page("susan", D3).await;
    let mut jack = server.page("jack", D3).await;
    // A message in 5.x's words is refused as 5.x shows it.
    for (form, status) in [
        ("type=unicast&to=jack&body=webim-event:invite|,|r|,|R", 403),
        ("type=chat&to=jack&body=webim-event:invite|,|r|,|R", 200),
        ("type=grpchat&to=room1&body=webim-event:", 200),
        ("type=broadcast&to=&body=hello", 403),
        ("type=broadcast&to=jack&body=hello", 403),
    ] {
        let answer = susan.post("message", form).await;
        assert_eq!((answer.status, &*answer.code()), (status, "not_allowed"), "{form}");
        assert_eq!(answer.json()["error_msg"], "Forbidden");
        let shown = susan.post("message", &format!("{form}&csrf_token=")).await;
        assert_eq!((shown.status, &*shown.code()), (200, "not_allowed"), "{form}");
    }
    susan.says("jack", "see webim-event: is only a word here").await;
    assert_eq!(until(&mut jack, "see webim-event: is only a word here").await.0.len(), 1);
}

/// Negative control: let `Dialect::reads_events` be true of all, and pages that would show the text are told.
#[tokio::test]
async fn an_event_reaches_the_pages_that_understand_it_and_nothing_is_stored() {
    let server = with_events().await;
    let mut susan = server.page("susan", D3).await;
    let mut pages = Vec::new();
    for opens in [D3, "", "show=available", "client=d2-late", "client=native"] {
        pages.push((opens, server.page("jack", opens).await));
    }
    assert_eq!(
        susan.read("message", "type=chat&to=jack&body=webim-event:nudge|,|1&style=color:red&csrf_token=").await,
        "ok"
    );
    assert_eq!(susan.read("message", "type=grpchat&to=room2&body=webim-event:wave&cid=c1&csrf_token=").await, "ok");
    susan.says("jack", "last").await;
    for (opens, page) in &mut pages {
        let (messages, _) = until(page, "last").await;
        let events: Vec<&Value> = messages.iter().filter(|message| message["body"] != "last").collect();
        if *opens != D3 {
            assert!(events.is_empty(), "{opens}: {events:?}");
            continue;
        }
        let told = events.iter().map(|event| {
            assert!(event.as_object().is_some_and(|fields| fields.values().all(Value::is_string)), "{event}");
            ["type", "to", "from", "nick", "body", "style"].map(|name| event[name].as_str().unwrap_or("none"))
        });
        assert_eq!(
            told.collect::<Vec<_>>(),
            [
                ["chat", "jack", "susan", "Susan Vale", "webim-event:nudge|,|1", ""],
                ["grpchat", "room2", "susan", "Susan Vale", "webim-event:wave", ""]
            ]
        );
    }
    let mut after = server.member("jack").await;
    let opened = after.online("csrf_token=&buddy_ids=susan&room_ids=room2").await.to_string();
    assert!(!opened.contains("webim-event"), "{opened}");
    assert!(!susan.read("history", "type=chat&id=jack").await.to_string().contains("webim-event"));
    for (form, code) in [
        ("type=chat&to=ghost&body=webim-event:x", "unknown_user"),
        ("type=grpchat&to=room9&body=webim-event:x", "unknown_room"),
        (&*format!("type=chat&to=jack&body=webim-event:{}", "x".repeat(4_096)), "too_large"),
    ] {
        assert_eq!(susan.post("message", form).await.code(), code, "{form}");
    }
    let refused = server.page("mary", D3).await.post("message", "type=grpchat&to=room2&body=webim-event:x").await;
    assert_eq!(refused.code(), "not_a_member");
}

/// A silenced room is silent, and whoever sends an event does not get it back.
#[tokio::test]
async fn an_event_in_a_room_is_for_the_others_who_listen() {
    let server = with_events().await;
    let mut pages = Vec::new();
    for who in ["susan", "susan", "mary", "josh"] {
        pages.push(server.page(who, D3).await);
    }
    pages[3].does("block", "id=room1").await;
    pages[0].does("message", "type=grpchat&to=room1&body=webim-event:wave").await;
    let mut teller = server.member("wei").await;
    for (index, page) in pages.iter_mut().enumerate() {
        teller.says(&page.id, "last").await;
        let heard = bodies(&until(page, "last").await.0.into());
        let others: Vec<&String> = heard.iter().filter(|body| *body != "last").collect();
        assert_eq!(others, if index == 2 { vec!["webim-event:wave"] } else { vec![] }, "page {index}");
    }
}

/// What mary is told when jack invites her without being seen.
async fn inviting(how: &str, opens: &str) -> Value {
    let server = Server::start().await;
    let mut mary = server.page("mary", opens).await;
    let mut jack = server.member("jack").await;
    if how == "invisible" {
        jack.online("show=invisible&client=native").await;
    }
    jack.read("invite", "id=0123456789abcdef&nick=The+crew&members=mary").await;
    let mut told: Vec<Value> = Vec::new();
    for _ in 0..10 {
        if told.iter().any(|item| item["type"] == "offline") {
            break;
        }
        let packet = mary.poll().await;
        for list in ["messages", "presences"] {
            told.extend(packet[list].as_array().cloned().unwrap_or_default());
        }
    }
    told.iter_mut().filter_map(Value::as_object_mut).for_each(|item| drop(item.remove("timestamp")));
    json!([told, mary.read("members", "id=0123456789abcdef").await, mary.read("rooms", "").await])
}

/// Negative control: let `Live::packet` not follow the senders of events, and nobody is told that jack is away.
#[tokio::test(flavor = "multi_thread")]
async fn an_invitation_of_somebody_invisible_is_like_one_of_somebody_away() {
    for opens in [D3, "client=native"] {
        let (away, hidden) = tokio::join!(inviting("away", opens), inviting("invisible", opens));
        assert_eq!(away, hidden);
        let told = away[0].as_array().expect("a list");
        let kinds: Vec<&str> = told.iter().map(|item| item["type"].as_str().unwrap_or_default()).collect();
        assert_eq!(kinds, [if opens == D3 { "chat" } else { "invite" }, "offline"]);
    }
}

/// The friendship ends by cookie as by ticket.
#[tokio::test]
async fn a_friendship_ends_by_cookie_too() {
    let server = Server::start().await;
    let mut susan = server.member("susan").await;
    assert_eq!(susan.read("remove_buddy", "id=jack&csrf_token=").await, "ok");
    susan.does("remove_buddy", "id=jack").await;
    for (form, code) in [("", "missing_parameter"), ("id=ghost", "unknown_user"), ("id=a,b", "bad_parameter")] {
        assert_eq!(susan.post("remove_buddy", form).await.code(), code, "{form}");
    }
    let opened = susan.online(D3).await;
    assert_eq!(each(&opened["buddies"], "id"), ["mary", "josh"]);
    assert_eq!(server.member("jack").await.online(D3).await["buddies"].as_array().map(Vec::len), Some(2));
}

/// Rooms cost everybody something. Negative control: leave the count out of `make_room`.
#[tokio::test]
async fn nobody_makes_rooms_without_end() {
    let server = Server::start().await;
    let mut susan = server.page("susan", D3).await;
    for number in 0..100 {
        susan.read("invite", &format!("id=r{number}&nick=X&members=jack")).await;
    }
    let refused = susan.post("invite", "id=more&nick=X&members=jack").await;
    assert_eq!((refused.status, &*refused.code()), (409, "too_many_rooms"));
    susan.read("invite", "id=r7&nick=X&members=mary").await;
    susan.does("leave", "id=r7").await;
    susan.read("invite", "id=%E6%88%BF%E9%97%B4+1&nick=X&members=jack").await;
}
