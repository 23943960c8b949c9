//! Part 1.2: what a page opens with, and what it needs to be answered.

use super::{Client, ONLINE, assert_texts, list};
use crate::support::clients::wire::{Browser, Call};
use crate::support::clients::{Action, Generation, Me};
use crate::support::{Ask, Server};
use serde_json::Value;

/// The start of a captured request, the numbers of this moment aside.
fn captured(generation: Generation, by_script: bool, browser: Browser) -> Vec<String> {
    let me = Me { id: "1".into(), nick: "A".into(), ticket: "t|1".into() };
    let browser = if by_script { browser.by_script() } else { browser };
    let strangers: &[&str] = if generation == Generation::G1 || by_script { &["7", "8"] } else { &[] };
    let (windows, rooms): (&[&str], &[&str]) = if by_script { (&[], &[]) } else { (&["2"], &["r1"]) };
    let ids = ["5".to_owned(), "6".to_owned()];
    let actions = [
        Action::Online { windows, rooms, strangers, show: "available" },
        Action::Buddies(&ids),
        Action::History { in_room: false, id: "2" },
        Action::Clear { in_room: false, id: "2" },
        Action::Join { room: "r1", nick: "A" },
        Action::Members("r1"),
        Action::Leave { room: "r1" },
        Action::Show { show: "away", status: None },
        Action::Offline,
        Action::Refresh,
        Action::Block("r1"),
        Action::Invite { room: "x", nick: "X", members: &["2", "3"] },
        Action::Notifications,
    ];
    let lines = actions.iter().filter_map(|action| generation.call(action, &me)).map(|call| {
        let (ask, _) = browser.request(&call);
        let text = String::from_utf8(ask.bytes("h")).expect("text");
        let (head, body) = text.split_once("\r\n\r\n").expect("a head");
        let line = head.lines().next().unwrap_or_default().trim_end_matches(" HTTP/1.1").replace("/webim/", "");
        // A number that differs from run to run.
        let mut line = line
            .split('&')
            .map(|pair| match pair {
                pair if pair.contains("_=1") => pair.split("_=").next().unwrap_or_default().to_owned() + "_=",
                pair if pair.contains("callback=") => {
                    pair.split("jsonp").next().unwrap_or_default().to_owned() + "jsonp"
                }
                pair => pair.to_owned(),
            })
            .collect::<Vec<_>>()
            .join("&");
        if !body.is_empty() {
            line = format!("{line} {body}");
        }
        line
    });
    lines.collect()
}

/// The captured requests of the contract's appendix, in its order where a client makes them.
#[tokio::test]
async fn appendix_a_the_emulators_send_what_was_captured() {
    let server = Server::start().await;
    let of = |generation| Browser::sign_in(server.address, generation, "susan");
    let g1 = captured(Generation::G1, false, of(Generation::G1).await);
    assert_eq!(
        g1,
        [
            "POST online buddy_ids=2&stranger_ids=7%2C8",
            "GET buddy?_=&ids=5%2C6",
            "GET histories?_=&ids=2",
            "GET clear_history?_=&ids=2",
            "GET join?_=&ticket=t%7C1&id=r1&nick=A",
            "GET members?_=&ticket=t%7C1&id=r1",
            "GET leave?_=&ticket=t%7C1&id=r1&nick=A",
            "POST offline status=offline&ticket=t%7C1",
            "POST refresh ticket=t%7C1",
            "GET notifications?_=",
        ]
    );
    let g2 = captured(Generation::G2, false, of(Generation::G2).await);
    assert_eq!(g2[..1], ["POST online buddy_ids=2&room_ids=r1&show=available"]);
    assert_eq!(
        g2[2..5],
        [
            "GET history?_=&type=unicast&id=2",
            "POST clear_history type=unicast&id=2",
            "POST join ticket=t%7C1&id=r1&nick=A",
        ]
    );
    assert_eq!(g2[7], "POST presence show=away&status=undefined&ticket=t%7C1");
    let g2 = captured(Generation::G2, true, of(Generation::G2).await);
    assert_eq!(g2[0], "GET online?buddy_ids=&room_ids=&show=available&stranger_ids=7%2C8&callback=jsonp");
    let g3 = captured(Generation::G3, false, of(Generation::G3).await);
    assert_eq!(g3[..1], ["POST online buddy_ids=2&room_ids=r1&csrf_token=&show=available"]);
    assert_eq!(g3[2], "GET history?_=&type=chat&id=2&csrf_token=");
    assert_eq!(g3[6], "POST leave ticket=t%7C1&id=r1&nick=A&temporary=undefined&csrf_token=");
    assert_eq!(
        g3[9..11],
        ["POST block ticket=t%7C1&id=r1&csrf_token=", "POST invite ticket=t%7C1&id=x&nick=X&members=2%2C3&csrf_token=",]
    );
    let g3 = captured(Generation::G3, true, of(Generation::G3).await);
    assert!(g3[0].starts_with("GET online?callback=jsonp&_=&buddy_ids="), "{}", g3[0]);
}

fn of_all(opened: &Value) {
    assert_eq!(opened["success"], true);
    assert!(opened["server_time"].is_number() && opened["user"].is_object(), "{opened}");
    assert_texts(&opened["user"], &["id", "uid", "name", "nick", "pic_url", "avatar", "url", "show", "status"]);
    assert_texts(&opened["connection"], &["domain", "ticket", "server", "jsonpd"]);
    // The third generation appends its query with a `?` of its own.
    assert!(!opened["connection"]["server"].as_str().unwrap_or("?").contains('?'), "{}", opened["connection"]);
    assert_eq!(opened.get("offline_messages"), None, "would be shown twice");
    for buddy in list(&opened["buddies"]) {
        let fields = ["id", "uid", "name", "nick", "group", "presence", "show", "status", "url", "pic_url", "avatar"];
        assert_texts(buddy, &fields);
        assert_texts(buddy, &["default_pic_url", "default_avatar", "status_time"]);
    }
    for room in list(&opened["rooms"]) {
        assert_texts(room, &["id", "name", "nick", "pic_url", "avatar", "url"]);
        assert!(room["count"].is_u64() && room["all_count"].is_u64() && room["blocked"].is_boolean(), "{room}");
    }
}

#[tokio::test]
async fn part_1_2_online_of_g1() {
    let server = Server::start().await;
    let mary = Client::open(&server, Generation::G1, "mary").await;
    let susan = Client::open(&server, Generation::G1, "susan").await;
    of_all(&susan.opened);
    let opened = &susan.opened;
    assert_eq!(opened["buddy_online_ids"], "mary", "a comma text; who is not in `buddies` is loaded");
    assert!(opened["histories"]["jack"].is_array() && opened["new_messages"].is_array(), "{opened}");
    assert_eq!(opened["setting"], serde_json::json!({}));
    assert!(opened["rooms"].as_array().is_some_and(|rooms| rooms.len() == 2), "it never says which rooms are open");
    let loaded = mary.reads(&Action::Buddies(&["susan".into(), "nobody".into()])).await;
    assert_eq!(
        (list(&loaded).len(), &loaded[0]["presence"]),
        (1, &"online".into()),
        "as it is now; unknown ids are left out"
    );
}

#[tokio::test]
async fn part_1_2_online_of_g2() {
    let server = Server::start().await;
    let _mary = Client::open(&server, Generation::G2, "mary").await;
    let susan = Client::open(&server, Generation::G2, "susan").await;
    of_all(&susan.opened);
    let ids: Vec<&Value> = list(&susan.opened["buddies"]).iter().map(|buddy| &buddy["id"]).collect();
    assert!(
        ids.contains(&&"mary".into()) && ids.contains(&&"jack".into()),
        "the open window and who is online: {ids:?}"
    );
    let jack = list(&susan.opened["buddies"]).iter().find(|buddy| buddy["id"] == "jack").expect("jack");
    assert_eq!(
        (&jack["presence"], &jack["show"]),
        (&"offline".into(), &"unavailable".into()),
        "never left to a default"
    );
    assert_eq!(jack["history"][0]["type"], "unicast");
    assert_eq!(susan.opened["online_buddy_ids"], susan.opened["buddy_online_ids"]);
}

/// Also by script, and with the wrong way of sending everything as GET that the builds between the generations have.
#[tokio::test]
async fn part_1_2_online_of_g3() {
    let server = Server::start().await;
    let _mary = Client::open(&server, Generation::G3, "mary").await;
    for by_script in [false, true] {
        let browser = Browser::sign_in(server.address, Generation::G3, "susan").await;
        let browser = if by_script { browser.by_script() } else { browser };
        let susan = Client::with(browser, "susan", &ONLINE).await;
        of_all(&susan.opened);
        assert_eq!(list(&susan.opened["buddies"]).len(), 3, "all friends");
        assert_eq!(susan.opened["presences"]["mary"], "available");
        assert_eq!(susan.opened["connection"].get("websocket"), None, "there is no way back from one");
        let jack = list(&susan.opened["buddies"]).iter().find(|buddy| buddy["id"] == "jack").expect("jack");
        assert_eq!(jack["history"][0]["type"], "chat");
    }
}

#[tokio::test]
async fn part_1_2_who_wrote_meanwhile_is_among_the_buddies_with_a_history() {
    let server = Server::start().await;
    for (generation, id, word) in
        [(Generation::G1, "susan", "unicast"), (Generation::G2, "jack", "unicast"), (Generation::G3, "mary", "chat")]
    {
        server.member("wei").await.says(id, "new").await;
        let bare = Action::Online { windows: &[], rooms: &[], strangers: &[], show: "available" };
        let client = Client::with(Browser::sign_in(server.address, generation, id).await, id, &bare).await;
        let new = list(&client.opened["new_messages"]);
        assert_eq!((new.len(), &new[0]["type"], &new[0]["body"]), (1, &word.into(), &"new".into()));
        assert_texts(&new[0], &["from", "nick", "to", "timestamp", "style"]);
        let wei = list(&client.opened["buddies"]).iter().find(|buddy| buddy["id"] == "wei").expect("wei");
        assert!(wei["history"].is_array(), "else the page fetches what it was just given: {wei}");
        // A page that fetches all the same finds it there.
        let history = client.reads(&Action::History { in_room: false, id: "wei" }).await;
        let history = if generation == Generation::G1 { &history["wei"] } else { &history };
        assert_eq!(list(history).last().map(|last| &last["body"]), Some(&"new".into()));
    }
}

#[tokio::test]
async fn part_1_2_extras_of_a_site_are_no_matter() {
    let server = Server::start().await;
    let browser = Browser::sign_in(server.address, Generation::G2, "susan").await;
    let mut call = Generation::G2.call(&ONLINE, &Me::default()).expect("a call");
    let extras =
        ["username", "password", "question", "answer", "visitorstatus", "visitor_loc", "visitor_from", "touid"];
    call.form.extend(extras.map(|name| (name, "undefined".to_owned())));
    call.form.push(("domain", "localhost".into()));
    assert_eq!(browser.call(&call).await.json().expect("an answer")["success"], true);
    // A build between the generations sends everything as GET.
    let call = Call { is_get: true, ..call };
    assert_eq!(browser.call(&call).await.json().expect("an answer")["success"], true);
    // The oldest sends the word for what was never set.
    let never = Action::Online { windows: &["undefined"], rooms: &[], strangers: &["null"], show: "undefined" };
    assert_eq!(Client::with(browser, "susan", &never).await.opened["success"], true);
}

#[tokio::test]
async fn part_1_0_nobody_is_signed_in() {
    let server = Server::start().await;
    let mut http = server.connect().await;
    let ask =
        Ask::get("/webim/online?buddy_ids=&room_ids=&show=available&callback=jsonp7").header("Referer", "http://x/");
    let told = http.ask(&ask).await.expect("an answer").script("jsonp7");
    assert_eq!(
        (&told["success"], &told["error_msg"]),
        (&false.into(), &"Not Authorized".into()),
        "a word that it translates"
    );
    let answer =
        http.ask(&Ask::post("/webim/online", "buddy_ids=&csrf_token=&show=available")).await.expect("an answer");
    assert_eq!((answer.status, &answer.json()["success"]), (401, &false.into()));
}

/// Which generation a page is of, by what it sends; an override in its address wins.
#[tokio::test]
async fn part_5_2_the_generation_of_a_ticket() {
    let server = Server::start().await;
    let json = "application/json, text/javascript, */*";
    let late = "application/json, text/javascript, */*; q=0.01";
    for (form, accept, members_are_a_map, later_word) in [
        ("buddy_ids=", json, true, "unicast"),
        ("buddy_ids=&room_ids=&show=available", json, false, "unicast"),
        ("buddy_ids=&room_ids=&show=available", late, false, "unicast"),
        ("buddy_ids=&room_ids=&csrf_token=&show=available", late, false, "chat"),
        ("buddy_ids=&v=5", json, false, "chat"),
        ("buddy_ids=&v=1&csrf_token=", late, true, "unicast"),
    ] {
        let mut susan = server.member("susan").await;
        let opened = susan.ask(Ask::post("/webim/online", form).header("Accept", accept)).await.json();
        susan.ticket = opened["connection"]["ticket"].as_str().map(str::to_owned);
        let members = susan.get("members", "id=room1").await.json();
        assert_eq!(members.is_object(), members_are_a_map, "{form}: {members}");
        server.member("jack").await.says("susan", "x").await;
        assert_eq!(susan.poll().await["messages"][0]["type"], later_word, "{form}");
        susan.does("offline", "").await;
    }
    // One that was taken for the earlier turns out to be of the later by a word of its own.
    let mut susan = server.member("susan").await;
    let form = Ask::post("/webim/online", "buddy_ids=&show=available").header("Accept", late);
    susan.ticket = susan.ask(form).await.json()["connection"]["ticket"].as_str().map(str::to_owned);
    susan.does("message", "type=chat&to=jack&body=x").await;
    server.member("jack").await.says("susan", "y").await;
    assert_eq!(susan.poll().await["messages"][0]["type"], "chat");
}
