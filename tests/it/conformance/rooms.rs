//! Parts 1.4 and 1.5: people and rooms by id, joining, leaving, members, silence.

use super::{Client, ONLINE, assert_texts, list};
use crate::support::Server;
use crate::support::clients::wire::{Browser, Call};
use crate::support::clients::{Action, Generation, Opening, Page, Screen};
use nextim::actions::sync_directory::sync_directory;
use nextim::chat::id::{RoomId, UserId};
use nextim::store::DirectoryChange;

#[tokio::test]
async fn part_1_4_buddies_are_a_list_and_true_now() {
    let server = Server::start().await;
    for generation in Generation::ALL {
        let susan = Client::open(&server, generation, "susan").await;
        let ids = ["jack", "nobody", "lee"].map(str::to_owned);
        let people = susan.reads(&Action::Buddies(&ids)).await;
        let shown: Vec<_> = list(&people).iter().map(|one| (&one["id"], &one["presence"])).collect();
        assert_eq!(shown, [(&"jack".into(), &"offline".into()), (&"lee".into(), &"offline".into())], "{generation:?}");
        assert_eq!((&people[1]["group"], &people[1]["show"]), (&"stranger".into(), &"unavailable".into()));
        let jack = Client::open(&server, generation, "jack").await;
        let people = susan.reads(&Action::Buddies(&ids)).await;
        assert_eq!((&people[0]["presence"], &people[0]["show"]), (&"online".into(), &"available".into()));
        jack.does(&Action::Offline).await;
        let went = || async { susan.reads(&Action::Buddies(&ids)).await[0]["presence"] == "offline" };
        while !went().await {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    }
}

#[tokio::test]
async fn part_1_4_rooms_that_no_client_asks_for() {
    let server = Server::start().await;
    let susan = Client::open(&server, Generation::G2, "susan").await;
    let rooms = susan.browser.call(&Call::get("rooms", &[("ids", "room2,nothing")])).await.json().expect("a list");
    assert_eq!((list(&rooms).len(), &rooms[0]["id"]), (1, &"room2".into()));
}

/// The first wants a map, the others a list; the third counts `presence` itself.
#[tokio::test]
async fn part_1_5_members() {
    let server = Server::start().await;
    for generation in Generation::ALL {
        let susan = Client::open(&server, generation, "susan").await;
        let members = susan.reads(&Action::Members("room1")).await;
        let members = if generation == Generation::G1 { &members["room1"] } else { &members };
        for member in list(members) {
            assert_texts(member, &["id", "name", "nick", "presence", "show"]);
        }
        let there = list(members).iter().filter(|member| member["presence"] == "online").count();
        let all = if generation == Generation::G3 { 4 } else { 1 };
        assert_eq!((there, list(members).len()), (1, all), "{generation:?}");
    }
    let mut susan = server.page("susan", "").await;
    let members = susan.read("members", "ids=room1,room2").await;
    assert!(members["room1"].is_array() && members["room2"].is_array(), "the seed's own: {members}");
}

/// A member of another generation's ticket would be given what it cannot read. Negative control: `FIRST` with
/// `members_as_map: false`.
#[tokio::test]
async fn part_1_5_each_client_reads_the_members_it_is_given() {
    let server = Server::start().await;
    for (generation, id) in Generation::ALL.into_iter().zip(["susan", "jack", "mary"]) {
        let page = Page::of(server.address, generation, id, &Opening::BARE).await;
        page.does(vec![crate::support::clients::screen::Then::LoadMembers("room1".into())]).await;
        let members = page.screen().rooms["room1"].members.clone().expect("members");
        assert!(members.get(id) == Some(&true) && !members.contains_key("undefined"), "{generation:?} {members:?}");
        page.assert_alive();
    }
    // What the wrong forms do to them: nothing, a member without a name, an exception.
    let (as_map, as_list) = (serde_json::json!({"r": [{"id": "a"}]}), serde_json::json!([{"id": "a"}]));
    let mut screen = Screen::default();
    assert_eq!(Generation::G1.members("r", &as_list, &mut screen), Ok(()));
    assert!(screen.rooms.is_empty());
    assert_eq!(Generation::G2.members("r", &as_map, &mut screen), Ok(()));
    assert_eq!(screen.rooms["r"].members.as_ref().map(|all| all.contains_key("undefined")), Some(true));
    assert!(Generation::G3.members("r", &as_map, &mut screen).is_err());
}

#[tokio::test]
async fn part_1_5_join_and_leave() {
    let server = Server::start().await;
    for generation in Generation::ALL {
        let lee = Client::open(&server, generation, "lee").await;
        let room = lee.reads(&Action::Join { room: "room1", nick: &lee.me.nick }).await;
        assert_texts(&room, &["id", "nick"]);
        assert_eq!(
            (&room["id"], &room["count"]),
            (&"room1".into(), &1.into()),
            "{generation:?}: with the one who joins"
        );
        let mut wei = server.page("wei", "").await;
        wei.read("join", "id=room1&nick=undefined").await;
        wei.does("message", "type=multicast&to=room1&body=x").await;
        let heard = lee.does(&Action::History { in_room: true, id: "room1" }).await;
        assert!(heard.text.contains("\"body\":\"x\""), "{generation:?}");
        let left = lee.does(&Action::Leave { room: "room1" }).await;
        assert_eq!(left.status, 200);
        let unknown = lee.answer(&Action::Join { room: "no-such-room", nick: "" }).await.0;
        assert_eq!(unknown.status, 404, "{generation:?}: nothing happens on the page");
        lee.does(&Action::Offline).await;
        wei.does("leave", "id=room1").await;
    }
}

#[tokio::test]
async fn part_1_5_paths_of_the_later_framework() {
    let server = Server::start().await;
    let susan = Client::open(&server, Generation::G3, "susan").await;
    let form = [("ticket", susan.me.ticket.as_str()), ("id", "room1"), ("csrf_token", "")];
    for (path, is_list) in [("room/members", true), ("room/join", false)] {
        let answer = susan.browser.call(&Call::post(path, &form)).await.json().expect("JSON");
        assert_eq!(answer.is_array(), is_list, "{path}");
    }
    for path in ["room/block", "room/unblock", "room/leave", "deactivate"] {
        assert_eq!(susan.browser.call(&Call::post(path, &form)).await.text, "\"ok\"", "{path}");
    }
}

#[tokio::test]
async fn part_1_5_block_and_unblock_of_g3() {
    let server = Server::start().await;
    let susan = Client::open(&server, Generation::G3, "susan").await;
    for (action, is_blocked) in [(Action::Block("room1"), true), (Action::Unblock("room1"), false)] {
        assert_eq!(susan.reads(&action).await, "ok");
        let again = Client::open(&server, Generation::G3, "susan").await;
        let room = list(&again.opened["rooms"]).iter().find(|room| room["id"] == "room1").expect("room1");
        assert_eq!(room["blocked"], is_blocked);
    }
}

/// The first two keep a list in their settings; the server says `blocked`, so that nobody takes an id for a place.
#[tokio::test]
async fn part_1_5_block_by_setting() {
    let server = Server::start().await;
    for (generation, name) in [(Generation::G1, "block_list"), (Generation::G2, "blocked_rooms")] {
        let susan = Client::open(&server, generation, "susan").await;
        for (rooms, is_blocked) in [(serde_json::json!(["room1"]), true), (serde_json::json!([]), false)] {
            let map = serde_json::json!({"play_sound": true, name: rooms});
            assert_eq!(susan.does(&Action::Setting(&map)).await.status, 200);
            let browser = Browser::sign_in(server.address, generation, "susan").await;
            let again = Client::with(browser, "susan", &ONLINE).await;
            let room = list(&again.opened["rooms"]).iter().find(|room| room["id"] == "room1").expect("room1");
            assert_eq!(room["blocked"], is_blocked, "{generation:?}");
        }
    }
}

/// Before 5.4 a page keeps the rooms it silences in its settings, and leaves them: that is no end of a membership, or the room
/// is gone from its list with the next reload, and nobody can listen to it again.
///
/// Negative control: show no rooms that were left.
#[tokio::test]
async fn part_1_5_a_room_that_was_silenced_and_left_is_still_there() {
    let server = Server::start().await;
    for (generation, id) in [(Generation::G1, "susan"), (Generation::G2, "jack")] {
        let page = Page::of(server.address, generation, id, &Opening::BARE).await;
        page.blocks("room1", true).await;
        page.closes().await;
        let page = Page::of(server.address, generation, id, &Opening::BARE).await;
        let room = page.screen().rooms.get("room1").cloned();
        assert_eq!(room.map(|room| room.is_blocked), Some(true), "{generation:?}");
        page.blocks("room1", false).await;
        server.member("mary").await.does("message", "type=multicast&to=room1&body=again").await;
        page.until("the room", |screen| screen.lines("r_room1").contains(&"again".to_owned())).await;
    }
}

/// From a room that its site alone puts people into there would be no way back: it is silenced, and listened to again.
///
/// Negative control: let `leave_room` end the membership of any room.
#[tokio::test]
async fn part_1_5_a_closed_room_is_silenced_by_leaving_it() {
    let mut server = Server::start().await;
    server
        .between(async |ctx, site| {
            let id = RoomId::parse("board").expect("an id");
            let (nick, empty) = (String::from("The board"), String::new());
            let room =
                DirectoryChange::Room { id: id.clone(), nick, picture_url: empty.clone(), url: empty, open: false };
            let members = ["jack", "mary"].map(|who| (id.clone(), UserId::parse(who).expect("an id")));
            sync_directory(ctx, site, vec![room], members.to_vec(), 0).await.expect("stored");
        })
        .await;
    let page = Page::of(server.address, Generation::G2, "jack", &Opening::BARE).await;
    page.blocks("board", true).await;
    page.closes().await;
    let page = Page::of(server.address, Generation::G2, "jack", &Opening::BARE).await;
    assert_eq!(page.screen().rooms.get("board").map(|room| room.is_blocked), Some(true));
    page.blocks("board", false).await;
    server.member("mary").await.does("message", "type=multicast&to=board&body=again").await;
    page.until("the room", |screen| screen.lines("r_board").contains(&"again".to_owned())).await;
}
