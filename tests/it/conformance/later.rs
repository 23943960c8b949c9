//! Parts 1.5, 1.6 and 1.10: the endpoints that only some clients have, rooms of members' own, and other addresses for all.

use super::{Client, assert_texts, list};
use crate::support::clients::wire::Call;
use crate::support::clients::{Action, Generation, Opening, Page};
use crate::support::{Ask, Server, urls};
use serde_json::json;

/// Asked for two seconds after a page has opened; a list, whatever is in it.
#[tokio::test]
async fn part_1_10_notifications() {
    let server = Server::start().await;
    for generation in Generation::ALL {
        let susan = Client::open(&server, generation, "susan").await;
        assert_eq!(susan.reads(&Action::Notifications).await, json!([]), "{generation:?}");
        let spelled = susan.browser.call(&Call::get("notification", &[])).await;
        assert_eq!(spelled.json(), Some(json!([])));
    }
}

/// The room is made, the invited page joins it by itself, and everybody in it is in the list of its members.
#[tokio::test]
async fn part_1_5_invite() {
    let server = Server::start().await;
    let opening = Opening { windows: &["mary"], ..Opening::BARE };
    let mary = Page::of(server.address, Generation::G3, "mary", &opening).await;
    let jack = Page::of(server.address, Generation::G2, "jack", &Opening::BARE).await;
    let susan = Page::of(server.address, Generation::G3, "susan", &opening).await;
    for page in [&mary, &jack, &susan] {
        page.until("a packet", |screen| screen.packets > 0).await;
    }
    let room = "a1b2c3d4e5f60718";
    let action = Action::Invite { room, nick: "Picnic", members: &["mary", "jack"] };
    let got = susan.call(&action).await.expect("a call").json().expect("JSON");
    assert_eq!((&got["id"], &got["nick"], &got["temporary"]), (&room.into(), &"Picnic".into(), &true.into()));
    mary.until("the room", |screen| screen.rooms.get(room).is_some_and(|room| room.members.is_some())).await;
    susan.joins(room).await;
    susan.says(true, room, "* bread?").await;
    mary.until("the line", |screen| screen.lines(&format!("r_{room}")).contains(&"* bread?".to_owned())).await;
    assert!(
        mary.screen()
            .windows
            .values()
            .flat_map(|window| &window.lines)
            .all(|line| !line.body.starts_with("webim-event"))
    );
    jack.until("a packet more", |screen| screen.packets > 1).await;
    assert!(
        jack.screen().windows.values().all(|window| window.lines.iter().all(|line| !line.body.contains("webim-event")))
    );
    let action = Action::Invite { room: "0123456789abcdef", nick: "", members: &["mary"] };
    assert_eq!(susan.call(&action).await.expect("a call").status, 400, "a room without a name");
    for page in [&mary, &jack, &susan] {
        page.assert_alive();
    }
    // It is there again when its page opens anew.
    let again = Client::open(&server, Generation::G3, "mary").await;
    let found = list(&again.opened["rooms"]).iter().find(|found| found["id"] == room).expect("the room");
    assert_eq!((&found["nick"], &found["temporary"]), (&"Picnic".into(), &true.into()));
}

/// Told with `to`, without which the later client ignores it; it reads its members again if it had.
#[tokio::test]
async fn part_2_3_who_comes_into_a_room_and_goes() {
    let server = Server::start().await;
    let mary = Page::of(server.address, Generation::G3, "mary", &Opening { rooms: &["room1"], ..Opening::BARE }).await;
    mary.until("a packet", |screen| screen.packets > 0).await;
    let lee = Page::of(server.address, Generation::G2, "lee", &Opening::BARE).await;
    lee.joins("room1").await;
    mary.until("lee in the room", |screen| {
        let members = screen.rooms["room1"].members.as_ref();
        screen.notices.contains(&"join room1 lee".to_owned())
            && members.is_some_and(|members| members.contains_key("lee"))
    })
    .await;
    lee.leaves("room1").await;
    mary.until("lee out of it", |screen| screen.notices.contains(&"leave room1 lee".to_owned())).await;
    assert!(!mary.screen().roster.contains_key("lee"), "who is in a room is no friend for that");
    mary.assert_alive();
}

/// Whoever may write to somebody could make their page do something.
#[tokio::test]
async fn part_2_6_events_are_refused_from_browsers() {
    let server = Server::start().await;
    let mary = Page::of(server.address, Generation::G3, "mary", &Opening::BARE).await;
    for generation in Generation::ALL {
        let lee = Client::open(&server, generation, "lee").await;
        let body = "webim-event:invite|,|room2|,|Sunday crew";
        let got = lee.does(&Action::Message { in_room: false, to: "mary", body, is_offline: false }).await;
        let refused = if generation == Generation::G3 {
            got.json().is_some_and(|told| told["status"] == "error")
        } else {
            got.status == 403
        };
        assert!(refused, "{generation:?} {got:?}");
    }
    server.member("jack").await.says("mary", "the marker").await;
    mary.until("the marker", |screen| !screen.lines("b_jack").is_empty()).await;
    assert!(!mary.screen().rooms.contains_key("room2") && mary.screen().lines("b_lee").is_empty());
}

/// By a hidden frame without ticket or token; a file, and nothing in it is markup.
#[tokio::test]
async fn part_1_6_download() {
    let server = Server::start().await;
    let mut susan = server.member("susan").await;
    server.member("jack").await.says("susan", "<script>alert(1)</script> 你好").await;
    for (path, kind) in [("download_history", "unicast"), ("history/download", "chat"), ("download", "chat")] {
        let query = format!("id=jack&type={kind}&time=1795000000000&date=2026-11-3");
        let answer = susan.ask(Ask::get(&format!("/webim/{path}?{query}"))).await;
        let disposition = answer.header("content-disposition").unwrap_or_default().to_owned();
        assert!(answer.status == 200 && disposition.starts_with("attachment; filename="), "{path} {disposition}");
        assert!(disposition.contains("histories-2026-11-3.html"), "{disposition}");
        assert!(answer.header("content-type").is_some_and(|kind| kind.starts_with("text/html")), "{path}");
        let text = answer.text();
        assert!(text.contains("Under the frog") && !text.contains("<script>alert"), "{text}");
    }
}

/// Every message comes back from the page that received it; it is stored already.
#[tokio::test]
async fn part_1_10_logmsg() {
    let server = Server::start().await;
    let mut jack = server.member("jack").await;
    for generation in [Generation::G2, Generation::G3] {
        let susan = Client::open(&server, generation, "susan").await;
        let body = format!("to be logged by {generation:?}");
        jack.says("susan", &body).await;
        let form = [
            ("type", if generation == Generation::G3 { "chat" } else { "unicast" }),
            ("to", "susan"),
            ("from", "jack"),
            ("nick", "Jack Moreno"),
            ("timestamp", "1795000000000"),
            ("body", body.as_str()),
            ("style", ""),
            ("id", "jack"),
            ("new", "true"),
            ("event", "undefined"),
            ("ticket", susan.me.ticket.as_str()),
        ];
        let got = susan.browser.call(&Call::new("logmsg", generation == Generation::G3, &form)).await;
        assert_eq!(got.status, 200, "{got:?}");
        let history = susan.reads(&Action::History { in_room: false, id: "jack" }).await;
        let found = list(&history).iter().filter(|item| item["body"] == *body).count();
        assert_eq!(found, 1, "{generation:?}");
    }
}

#[tokio::test]
async fn part_1_10_search_by_name_and_ending_a_friendship() {
    let server = Server::start().await;
    let susan = Client::open(&server, Generation::G3, "susan").await;
    let found = susan.browser.call(&Call::post("search", &[("nick", "mary"), ("csrf_token", "")])).await;
    let found = found.json().expect("a list of people");
    assert_texts(&found[0], &["id", "nick", "presence", "show"]);
    assert_eq!(found[0]["id"], "mary");
    let removed = susan.browser.call(&Call::post("remove_buddy", &[("id", "mary"), ("csrf_token", "")])).await;
    assert_eq!(removed.text, "\"ok\"");
    let again = Client::open(&server, Generation::G3, "susan").await;
    assert!(list(&again.opened["buddies"]).iter().all(|buddy| buddy["id"] != "mary"));
}

/// A script without anything personal that a public cache could keep; the page's own settings stand in it by name.
#[tokio::test]
async fn part_1_10_boot() {
    let server = Server::start().await;
    let mut susan = server.member("susan").await;
    let answer = susan.ask(Ask::get("/webim/boot")).await;
    assert!(answer.header("content-type").is_some_and(|kind| kind.starts_with("application/javascript")));
    let text = answer.text();
    assert!(answer.status == 200 && text.contains("_IMC"), "{} {text}", answer.status);
    assert!(answer.header("cache-control").is_some_and(|cache| !cache.contains("public")), "{:?}", answer.headers);
}

/// The addresses of the plugins of the three generations.
#[tokio::test]
async fn part_1_1_addresses_of_plugins() {
    let server = Server::start().await;
    let mut susan = server.page("susan", "show=available").await;
    let ticket = urls::encode(susan.ticket());
    for path in [
        "im.php?webim_action=buddies&",
        "index.php?action=buddies&",
        "api/buddies.php?platform=uchome&",
        "buddy?",
        "buddies?",
    ] {
        let answer = susan.ask(Ask::get(&format!("/webim/{path}ids=jack&ticket={ticket}"))).await;
        assert_eq!((answer.status, &answer.json()[0]["id"]), (200, &json!("jack")), "{path}");
    }
    for (path, name) in [("index.php?action=refresh", "refresh"), ("im.php?webim_action=offline", "offline")] {
        let mut page = server.page("jack", "show=available").await;
        let form = format!("ticket={}", urls::encode(page.ticket()));
        let answer = page.ask(Ask::post(&format!("/webim/{path}"), &form)).await;
        assert_eq!(answer.text(), "ok", "{name}");
    }
    assert_eq!(susan.ask(Ask::get("/webim/im.php?webim_action=nothing")).await.status, 404);
}
