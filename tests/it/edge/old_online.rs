//! What `online` needs to be for each generation, asked as its clients ask.

use crate::support::member::each;
use crate::support::{Ask, Server};
use nextim::actions::sync_directory::sync_directory;
use nextim::chat::id::{RoomId, UserId};
use nextim::store::DirectoryChange;
use serde_json::{Value, json};

const FIRST: &str = "buddy_ids=2&stranger_ids=7%2C8";
const SECOND: &str = "buddy_ids=2&room_ids=room1&show=available";
const THIRD: &str = "buddy_ids=2&room_ids=room1&csrf_token=&show=available";
const NATIVE: &str = "client=native&room_ids=room1";

/// A server with more rooms for susan.
async fn with_rooms(ids: &[&str]) -> Server {
    let mut server = Server::start().await;
    server
        .between(async |ctx, site| {
            let room = |id: &&str| RoomId::parse(id).expect("an id");
            let change = |id: RoomId| DirectoryChange::Room {
                id,
                nick: "A room".into(),
                picture_url: "".into(),
                url: "".into(),
                open: true,
            };
            let susan = UserId::parse("susan").expect("an id");
            let members = ids.iter().map(|id| (room(id), susan.clone())).collect();
            let changes = ids.iter().map(|id| change(room(id))).collect();
            sync_directory(ctx, site, changes, members, ctx.clock.wall_ms()).await.expect("changed");
        })
        .await;
    server
}

/// G1 and G2 mark `rooms[id]` for every id in their setting. Negative control: always a list.
#[tokio::test]
async fn a_silenced_room_is_the_one_that_is_marked() {
    let server = with_rooms(&["1", "2", "7"]).await;
    let mut susan = server.page("susan", "").await;
    susan.does("setting", "block_list=1").await;
    for form in [FIRST, SECOND, THIRD] {
        let opened = susan.tab().online(form).await;
        assert_eq!(
            (&opened["rooms"]["1"]["id"], &opened["rooms"]["1"]["blocked"]),
            (&"1".into(), &true.into()),
            "{form}"
        );
        assert_eq!(opened["rooms"].as_object().map(serde_json::Map::len), Some(5), "{form}");
        assert_eq!(opened["presence_rooms"].as_array().map(Vec::len), Some(5), "the seed's own name stays a list");
    }
    assert!(susan.tab().online(NATIVE).await["rooms"].is_array(), "our own client marks nothing by place");
    let server = with_rooms(&["7", "99", "1000001"]).await;
    for form in [FIRST, SECOND, THIRD] {
        assert!(
            server.member("susan").await.online(form).await["rooms"].is_array(),
            "no id is a place of five: {form}"
        );
    }
}

#[tokio::test]
async fn settings_say_what_is_silenced_now() {
    let server = Server::start().await;
    let mut susan = server.page("susan", "").await;
    assert_eq!(susan.tab().online(SECOND).await["setting"], json!({}), "who keeps no list gets none");
    susan.does("setting", "data={\"blocked_rooms\":[\"room1\",\"gone\"],\"play_sound\":true}").await;
    susan.does("unblock", "id=room1").await;
    susan.does("block", "id=room2").await;
    let setting = json!({"blocked_rooms": ["room2"], "play_sound": true});
    assert_eq!(susan.tab().online(SECOND).await["setting"], setting);
    let flat = json!({"blocked_rooms": "room2", "play_sound": true});
    assert_eq!(susan.tab().online(FIRST).await["setting"], flat, "a list would be a change to the first client");
}

/// Who silenced a room by leaving it listens again by whatever their page has for it.
///
/// Negative control: leave `join_room` out of `rooms::silence`.
#[tokio::test]
async fn a_room_that_was_left_to_be_silenced_is_heard_again() {
    let server = Server::start().await;
    let mut susan = server.page("susan", SECOND).await;
    susan.does("setting", "data={\"blocked_rooms\":[\"room1\"]}").await;
    susan.does("leave", "id=room1").await;
    susan.does("unblock", "id=room1").await;
    assert_eq!(susan.read("rooms", "ids=room1").await[0]["blocked"], false);
    let ghost = susan.post("unblock", "id=room9").await;
    assert_eq!(ghost.code(), "not_a_member");
}

/// G3 counts a room's members itself. Negative control: only those online.
#[tokio::test]
async fn the_latest_old_client_is_given_all_members_of_an_open_room_or_none() {
    let server = Server::start().await;
    let _jack = server.page("jack", "").await;
    let opened = server.member("susan").await.online(THIRD).await;
    let room = |id: &str| {
        opened["rooms"].as_array().into_iter().flatten().find(|room| room["id"] == id).cloned().expect("a room")
    };
    let members = room("room1")["members"].clone();
    let presences: Vec<String> = each(&members, "presence");
    assert_eq!((each(&members, "id").len(), presences.iter().filter(|word| *word == "online").count()), (4, 2));
    assert_eq!((&room("room1")["all_count"], &room("room1")["count"]), (&4.into(), &2.into()));
    assert_eq!(room("room2").get("members"), None, "it is not open");
    let opened = server.member("susan").await.online(SECOND).await;
    assert_eq!(each(&opened["rooms"][0]["members"], "id").len(), 2, "the others are given those who are there");
}

#[tokio::test]
async fn a_room_of_many_has_no_members_for_who_counts_them() {
    let mut server = Server::start().await;
    server
        .between(async |ctx, site| {
            let ids: Vec<UserId> = (0..197).map(|n| UserId::parse(&format!("member{n}")).expect("an id")).collect();
            let user = |id: &UserId| DirectoryChange::User {
                id: id.clone(),
                nick: "x".into(),
                picture_url: "".into(),
                url: "".into(),
            };
            let changes = ids.iter().map(user).collect();
            let room = RoomId::parse("room1").expect("an id");
            let members = ids.into_iter().map(|id| (room.clone(), id)).collect();
            sync_directory(ctx, site, changes, members, ctx.clock.wall_ms()).await.expect("changed");
        })
        .await;
    let opened = server.member("susan").await.online(THIRD).await;
    let room = opened["rooms"].as_array().into_iter().flatten().find(|room| room["id"] == "room1").expect("a room");
    assert_eq!((&room["all_count"], room.get("members")), (&201.into(), None));
}

#[tokio::test]
async fn what_a_page_calls_its_absence_is_no_wish() {
    let server = Server::start().await;
    let opened = server.member("susan").await.online("buddy_ids=&room_ids=&csrf_token=&show=unavailable").await;
    assert_eq!((&opened["success"], &opened["user"]["show"]), (&true.into(), &"available".into()));
    let mut susan = server.member("susan").await;
    assert_eq!(susan.post("online", "show=dancing").await.code(), "bad_parameter");
    assert_eq!(susan.post("presence", "show=unavailable").await.code(), "bad_parameter");
}

/// The stand-alone chat box names its partner in the address, and shows their history at once.
#[tokio::test]
async fn the_partner_of_a_chat_box_is_an_open_window() {
    let server = Server::start().await;
    let mut susan = server.member("susan").await;
    let ask = Ask::post("/webim/online?touid=jack", "buddy_ids=&room_ids=&csrf_token=&show=available");
    let opened = susan.ask(ask.header("Accept", "application/json, text/javascript, */*; q=0.01")).await.json();
    let jack = opened["buddies"].as_array().into_iter().flatten().find(|person| person["id"] == "jack").expect("jack");
    assert_eq!(jack["history"].as_array().map(Vec::len), Some(4));
    assert_eq!(opened["presences"]["jack"], "unavailable", "the chat box needs it");
    for nothing in ["touid=undefined", "touid="] {
        let opened = server.member("susan").await.online(nothing).await;
        assert_eq!(opened["presence_buddies"], json!([]), "{nothing}");
    }
    assert_eq!(susan.post("online", "touid=a%2Cb").await.code(), "bad_parameter");
}

#[tokio::test]
async fn visitors_stand_in_a_group_of_their_own() {
    let mut server = Server::start().await;
    server
        .between(async |ctx, site| {
            let user = |id: &str| DirectoryChange::User {
                id: UserId::parse(id).expect("an id"),
                nick: "v8f3a".into(),
                picture_url: "".into(),
                url: "".into(),
            };
            let (susan, friend) = (UserId::parse("susan").expect("an id"), UserId::parse("vid:friend").expect("an id"));
            let friends =
                DirectoryChange::Friends { user: susan, buddy: friend, group: "Rowing".into(), buddy_group: "".into() };
            let changes = vec![user("vid:8f3a"), user("vid:friend"), friends];
            sync_directory(ctx, site, changes, Vec::new(), ctx.clock.wall_ms()).await.expect("changed");
        })
        .await;
    let mut susan = server.page("susan", "").await;
    let people = susan.read("buddies", "ids=vid:8f3a,vid:friend,lee").await;
    assert_eq!(each(&people, "group"), ["visitor", "Rowing", "stranger"]);
    let opened = susan.tab().online("buddy_ids=vid:8f3a").await;
    assert_eq!((&opened["buddies"][0]["group"], &opened["buddies"][0]["url"]), (&"visitor".into(), &"#".into()));
}

/// Every row of the contract about histories and clearing, asked by each generation's own method and parameters.
#[tokio::test]
async fn histories_and_clearing_as_each_generation_asks() {
    let server = Server::start().await;
    let mut susan = server.page("susan", FIRST).await;
    let form = "application/x-www-form-urlencoded";
    let as_first = |target: &str| {
        Ask::get(target).header("Content-Type", form).header("Accept", "application/json, text/javascript, */*")
    };
    let map = susan.ask(as_first("/webim/histories?_=17&ids=jack%2Croom2%2Cghost")).await.json();
    assert_eq!(
        map.as_object().map(|map| map.keys().cloned().collect::<Vec<_>>()),
        Some(vec!["jack".into(), "room2".into()])
    );
    assert_eq!((&map["jack"][0]["type"], &map["room2"][0]["type"]), (&"unicast".into(), &"multicast".into()));
    for (query, kind) in [
        ("type=unicast&id=jack", "unicast"),
        ("type=chat&id=jack&csrf_token=", "chat"),
        ("type=grpchat&id=room2&csrf_token=", "grpchat"),
    ] {
        let list = susan.ask(as_first(&format!("/webim/history?_=17&{query}"))).await.json();
        assert_eq!(list[0]["type"], kind, "{query}");
        let times: Vec<u64> = each(&list, "timestamp").iter().map(|time| time.parse().expect("digits")).collect();
        assert!(times.is_sorted(), "oldest first");
    }
    assert_eq!(
        susan.ask(as_first("/webim/history?type=unicast&id=ghost")).await.json(),
        json!([]),
        "a list whatever is asked for"
    );
    let count = async |of: &str| {
        let history = server.member("susan").await.read("history", of).await;
        history.as_array().map_or(0, Vec::len)
    };
    // G1 clears by GET, with a cookie alone and no type; nobody else's conversation goes with it.
    let answer = susan.ask(as_first("/webim/clear_history?_=17&ids=jack")).await;
    assert_eq!((answer.status, answer.text().as_str()), (200, "\"ok\""));
    assert_eq!((count("type=unicast&id=jack").await, count("type=unicast&id=josh").await), (0, 2));
    // G2 by POST, without a dataType.
    let answer = susan.ask(Ask::post("/webim/clear_history", "type=unicast&id=josh").header("Accept", "*/*")).await;
    assert_eq!((answer.status, answer.text().as_str()), (200, "ok"));
    assert_eq!((count("type=unicast&id=josh").await, count("type=multicast&id=room2").await), (0, 2));
    // G3 under its own name; a room is cleared for the caller's eyes alone.
    let answer = susan.ask(Ask::post("/webim/history/clear", "type=grpchat&id=room2&csrf_token=")).await;
    assert_eq!((answer.status, answer.text().as_str()), (200, "\"ok\""));
    assert_eq!(count("type=multicast&id=room2").await, 0);
    let jack: Value = server.member("jack").await.read("histories", "ids=susan,room2").await;
    assert_eq!((jack["susan"].as_array().map(Vec::len), jack["room2"].as_array().map(Vec::len)), (Some(4), Some(2)));
}
