//! The seed's shapes, name by name and type by type.

use crate::support::{Member, Server};
use serde_json::Value;

/// A name, and what its value must be.
type Field = (&'static str, fn(&Value) -> bool);

fn has(value: &Value, strings: &[&str], others: &[Field]) {
    for name in strings {
        assert!(value[name].is_string(), "{name} is not a string in {value}");
    }
    for (name, is) in others {
        assert!(is(&value[name]), "{name} in {value}");
    }
}

const BUDDY: [&str; 10] =
    ["id", "name", "nick", "group", "pic_url", "default_pic_url", "url", "presence", "show", "status"];
const LOG_ITEM: [&str; 7] = ["type", "to", "from", "style", "body", "timestamp", "nick"];

fn room(value: &Value) {
    has(
        value,
        &["id", "name", "nick", "pic_url", "default_pic_url", "url"],
        &[("all_count", Value::is_u64), ("count", Value::is_u64), ("blocked", Value::is_boolean)],
    );
}

#[tokio::test]
async fn online_has_the_seeds_nine_keys_and_what_its_clients_read() {
    let server = Server::start().await;
    server.member("jack").await.says("susan", "new").await;
    let mut susan = server.member("susan").await;
    let opened = susan.online("buddy_ids=jack&room_ids=room2&stranger_ids=lee").await;
    has(
        &opened,
        &["buddy_online_ids", "online_buddy_ids"],
        &[
            ("success", |value| value == true),
            ("server_time", Value::is_u64),
            ("setting", Value::is_object),
            ("presence_buddies", Value::is_array),
            ("presence_rooms", Value::is_array),
            ("buddies", Value::is_array),
            ("rooms", Value::is_array),
            ("histories", Value::is_object),
            ("new_messages", Value::is_array),
            ("presences", Value::is_object),
        ],
    );
    assert_eq!(opened.get("offline_messages"), None, "old pages would show them twice");
    has(&opened["user"], &["id", "name", "nick", "pic_url", "url", "show", "status", "status_time"], &[]);
    has(&opened["connection"], &["domain", "ticket", "server"], &[]);
    assert_eq!(opened["connection"].get("websocket"), None);
    has(&opened["buddies"][0], &BUDDY, &[("history", Value::is_array)]);
    assert!(opened["rooms"].as_array().is_some_and(|rooms| rooms.len() == 2));
    opened["rooms"].as_array().into_iter().flatten().for_each(room);
    has(&opened["histories"]["jack"][0], &LOG_ITEM, &[]);
    has(&opened["new_messages"][0], &LOG_ITEM, &[]);
}

#[tokio::test]
async fn reading_endpoints_answer_the_seeds_shapes() {
    let server = Server::start().await;
    let mut susan = server.page("susan", "").await;
    for person in susan.read("buddies", "ids=jack,lee,wei").await.as_array().expect("a list") {
        has(person, &BUDDY, &[]);
    }
    susan.read("rooms", "").await.as_array().expect("a list").iter().for_each(room);
    let joined = susan.read("join", "id=room1&nick=undefined").await;
    room(&joined);
    assert_eq!(joined["id"], "room1");
    let members = susan.read("members", "ids=room1,room2").await;
    has(&members["room1"][0], &["id", "name", "nick"], &[]);
    assert_eq!(members["room1"].as_array().map(Vec::len), Some(1), "who is there");
    let histories = susan.read("histories", "ids=jack,room2,josh").await;
    assert_eq!(histories.as_object().map(serde_json::Map::len), Some(3), "without a type both kinds of ids are meant");
    has(&histories["room2"][0], &LOG_ITEM, &[]);
    assert!(susan.read("history", "id=jack&type=unicast").await.is_array(), "one id is answered as a list");
}

/// A page of one generation, with the words it is told for the two kinds of messages.
async fn words(server: &Server, form: &str) -> (Member, Vec<String>) {
    let mut page = server.page("susan", form).await;
    let mut jack = server.member("jack").await;
    jack.says("susan", "to you").await;
    jack.does("message", "type=multicast&to=room2&body=to+all").await;
    let mut kinds = Vec::new();
    while kinds.len() < 2 {
        let packet = page.poll().await;
        kinds.extend(crate::support::member::each(&packet["messages"], "type"));
    }
    (page, kinds)
}

#[tokio::test]
async fn every_generation_is_answered_in_its_own_words() {
    let server = Server::start().await;
    for form in ["buddy_ids=jack", "buddy_ids=jack&show=available", "client=native"] {
        let (mut page, kinds) = words(&server, form).await;
        assert_eq!(kinds, ["unicast", "multicast"], "{form}");
        page.does("offline", "").await;
    }
    let (mut page, kinds) = words(&server, "csrf_token=&show=available").await;
    assert_eq!(kinds, ["chat", "grpchat"]);
    let members = page.read("members", "id=room1").await;
    assert_eq!(members.as_array().map(Vec::len), Some(4), "all members, with presence");
    has(&members[0], &["id", "nick", "presence", "show"], &[]);
    let history = page.read("history", "type=grpchat&id=room2").await;
    assert_eq!(history[0]["type"], "grpchat");
    assert_eq!(page.read("message", "csrf_token=&type=chat&to=jack&body=x&temporary=undefined").await, "ok");
    let opened = page.online("csrf_token=&show=available").await;
    let shown = crate::support::member::each(&opened["buddies"], "id");
    assert_eq!(shown.len(), 3, "the latest old client is given all friends: {shown:?}");
}

#[tokio::test]
async fn the_words_old_clients_send_for_nothing_are_nothing() {
    let server = Server::start().await;
    let mut susan = server.page("susan", "buddy_ids=undefined&room_ids=null&stranger_ids=").await;
    susan.does("presence", "show=away&status=undefined").await;
    susan.does("message", "type=unicast&to=jack&body=undefined&style=undefined&nick=null").await;
    let opened = susan.tab().online("buddy_ids=jack").await;
    assert_eq!((&opened["user"]["status"], &opened["user"]["show"]), (&"".into(), &"away".into()));
    let last = opened["histories"]["jack"].as_array().and_then(|history| history.last()).cloned().expect("a message");
    assert_eq!((&last["body"], &last["style"]), (&"undefined".into(), &"".into()));
}

/// Room ids may be numbers in a list that old clients keep; what is no list of rooms ends no silence. Negative control:
/// take an unknown form for an empty list in `rooms_of`.
#[tokio::test]
async fn a_block_list_that_cannot_be_read_changes_nothing() {
    let server = Server::start().await;
    let mut susan = server.page("susan", "").await;
    susan.does("setting", "block_list=room1").await;
    for data in ["{\"blocked_rooms\":{\"room1\":true}}", "{\"blocked_rooms\":true}", "{\"blocked_rooms\":[null,{}]}"] {
        let answer = susan.post("setting", &format!("data={data}")).await;
        assert_eq!(answer.code(), "bad_parameter", "{data}");
    }
    susan.does("setting", "data={\"blocked_rooms\":null,\"block_list\":null}").await;
    assert_eq!(susan.read("rooms", "ids=room1").await[0]["blocked"], true);
    susan.does("setting", "data={\"blocked_rooms\":[7],\"ticket\":\"x\"}").await;
    let setting = &susan.online("").await["setting"];
    assert_eq!(setting["ticket"], Value::Null, "never a setting");
}

/// Some pages know both names and send all they have: the list that changed is meant.
///
/// Negative control: let `silenced` take the first.
#[tokio::test]
async fn of_two_block_lists_the_one_that_changed_counts() {
    let server = Server::start().await;
    let mut susan = server.page("susan", "").await;
    let mut blocked = async |data: &str| {
        susan.does("setting", &format!("data={data}")).await;
        susan.read("rooms", "ids=room1").await[0]["blocked"].clone()
    };
    assert_eq!(blocked("{\"block_list\":\"room1\",\"blocked_rooms\":[]}").await, true);
    assert_eq!(blocked("{\"block_list\":\"room1\",\"blocked_rooms\":[]}").await, false, "the later one ends it");
    assert_eq!(blocked("{\"block_list\":\"\",\"blocked_rooms\":[\"room1\"]}").await, true);
    assert_eq!(blocked("{\"block_list\":\"\",\"blocked_rooms\":[\"room1\"]}").await, false, "and the older one");
}

/// Negative control: sort by nothing.
#[tokio::test]
async fn without_ids_buddies_are_all_friends_and_those_online_come_first() {
    let server = Server::start().await;
    let mut susan = server.page("susan", "").await;
    let friends = |list: &Value| -> Vec<(String, String)> {
        let list = list.as_array().expect("a list").iter();
        list.map(|person| (person["id"].to_string(), person["presence"].to_string())).collect()
    };
    let all = friends(&susan.read("buddies", "").await);
    assert!(all.len() > 1 && all.iter().all(|(_, presence)| presence == "\"offline\""), "{all:?}");
    let last = all.last().expect("a friend").0.trim_matches('"').to_owned();
    let _here = server.page(&last, "").await;
    let again = friends(&susan.read("buddies", "").await);
    assert_eq!(again.len(), all.len());
    assert_eq!(again[0], (format!("\"{last}\""), "\"online\"".to_owned()));
}
