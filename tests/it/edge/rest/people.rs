//! A site's people: made, changed, listed in pages, befriended, blocked, signed out, erased.

use super::{Api, assert_problem, exchange, one_site};
use crate::support::member::each;
use crate::support::sites::{ONE, assert_refused, enters, opens, serve_with};
use serde_json::{Value, json};

/// Negative control: let `vouch` begin from what is said instead of from what is known.
#[tokio::test]
async fn people_are_made_changed_and_read() {
    let (_server, own, api) = one_site().await;
    let bare = json!({"id": "2", "name": "2", "avatar": "", "url": ""});
    assert_eq!(api.does("PUT", "users/2", &json!({})).await, bare);
    let whole = json!({"name": "Ann 陈 <b>", "avatar": "https://one.example/2.png", "url": "/members/2"});
    let mut ann = json!({"id": "2", "name": "Ann 陈 <b>", "avatar": "https://one.example/2.png", "url": "/members/2"});
    assert_eq!(api.does("PUT", "users/2", &whole).await, ann);
    assert_eq!(api.does("PUT", "users/2", &json!({"url": "", "name": null})).await["name"], ann["name"]);
    ann["url"] = "".into();
    assert_eq!(api.reads("users/2").await, ann, "what is not said stays");
    let odd = json!({"id": "a/b 陈", "name": "Odd", "avatar": "", "url": ""});
    assert_eq!(api.does("PUT", "users/a%2Fb%20%E9%99%88", &json!({"name": "Odd"})).await, odd);
    assert_eq!(api.reads("users").await, json!({"items": [ann, odd], "next_cursor": null}));
    assert_eq!(api.reads("site").await, json!({"site": ONE, "public_key": own.public_key}));
    assert_problem(&api.call("GET", "users/3").await, 404, "unknown_user", "nobody");
    let (long, longer) = ("x".repeat(191), "x".repeat(2_001));
    for (field, value) in [
        ("name", " "),
        ("name", "a\nb"),
        ("name", long.as_str()),
        ("avatar", "javascript:alert(1)"),
        ("url", "data:text/html,x"),
        ("url", longer.as_str()),
    ] {
        let answer = api.give("PUT", "users/2", &json!({field: value})).await;
        assert_problem(&answer, 400, "bad_parameter", &format!("{field}: {value}"));
    }
    assert_eq!(api.reads("users/2").await, ann, "and nothing was changed by halves");
}

/// Negative control: let `rows` ask for `limit` items and no more, or `of` hand on the number of the one that is left over.
#[tokio::test]
async fn a_list_in_pages_has_everybody_once() {
    let (server, _, api) = one_site().await;
    let mut http = server.connect().await;
    let all: Vec<String> = (0..250).map(|n| format!("user {}", 999 - n)).collect();
    for id in &all {
        let ask = api.ask_with("PUT", &format!("users/{}", id.replace(' ', "%20")), &json!({"name": id}));
        assert_eq!(exchange(&mut http, &ask).await.status, 200, "{id}");
    }
    let (mut found, mut sizes, mut query) = (Vec::new(), Vec::new(), "limit=100".to_owned());
    loop {
        let page = api.reads(&format!("users?{query}")).await;
        let ids = each(&page["items"], "id");
        sizes.push(ids.len());
        found.extend(ids);
        let Some(cursor) = page["next_cursor"].as_str() else { break };
        query = format!("limit=100&cursor={cursor}");
        // Whoever comes meanwhile stands at the end, and who is changed stays where they are.
        api.does("PUT", "users/user%20999", &json!({"name": format!("at {}", sizes.len())})).await;
    }
    assert_eq!((sizes, &found), (vec![100, 100, 50], &all));
    let page = api.reads("users?limit=250").await;
    assert_eq!(
        (each(&page["items"], "id"), &page["next_cursor"]),
        (all, &Value::Null),
        "no page after a full last one"
    );
    assert_eq!(api.reads("users").await["items"].as_array().map(Vec::len), Some(100), "a hundred, if nothing is said");
    let past = api.reads("users?cursor=_____w").await;
    assert_eq!(past, json!({"items": [], "next_cursor": null}), "past the end there is nothing");
}

/// Negative control: leave `parted` out of `replace`, or `add_side` of the friend's side out of the store.
#[tokio::test]
async fn friends_are_replaced_added_and_parted() {
    let (_server, _, api) = one_site().await;
    api.makes(&["1", "2", "3", "4"]).await;
    let two = json!({"id": "2", "name": "Name 2", "group": "friend"});
    let three = json!({"id": "3", "name": "Name 3", "group": "work"});
    let wanted = json!([{"id": "2"}, {"id": "3", "group": "work", "buddy_group": "boss"}]);
    assert_eq!(api.does("PUT", "users/1/buddies", &wanted).await, json!([two, three]));
    assert_eq!(api.does("PUT", "users/1/buddies", &wanted).await, json!([two, three]), "said again");
    let one = |group: &str| json!([{"id": "1", "name": "Name 1", "group": group}]);
    assert_eq!(api.reads("users/3/buddies").await, one("boss"), "each side has its own group");
    let four = json!({"id": "4", "name": "Name 4", "group": "friend"});
    let kept = json!({"id": "3", "name": "Name 3", "group": "friend"});
    assert_eq!(api.does("PUT", "users/1/buddies", &json!([{"id": "4"}, {"id": "3"}])).await, json!([kept, four]));
    assert_eq!(api.reads("users/2/buddies").await, json!([]));
    for groups in [json!({"group": "old", "buddy_group": "new"}), json!({"group": "old", "buddy_group": "newer"})] {
        api.settles("PUT", "users/1/buddies/2", Some(&groups)).await;
    }
    assert_eq!(api.reads("users/2/buddies").await, one("newer"));
    for (path, body, status, code) in [
        ("users/1/buddies", json!([{"id": "2"}, {"id": "ghost"}]), 404, "unknown_user"),
        ("users/ghost/buddies", json!([]), 404, "unknown_user"),
        ("users/1/buddies/ghost", json!({}), 404, "unknown_user"),
        ("users/1/buddies", json!([{"id": "1"}]), 400, "bad_parameter"),
        ("users/1/buddies/1", json!({}), 400, "bad_parameter"),
        ("users/1/buddies/3", json!({"group": ""}), 400, "bad_parameter"),
        ("users/1/buddies/3", json!({"buddy_group": "a\nb"}), 400, "bad_parameter"),
    ] {
        assert_problem(&api.give("PUT", path, &body).await, status, code, &format!("{path} {body}"));
    }
    let now = api.reads("users/1/buddies").await;
    assert_eq!(each(&now, "id"), ["2", "3", "4"], "what is refused changes nothing");
    for _ in 0..2 {
        api.settles("DELETE", "users/1/buddies/2", None).await;
    }
    assert_eq!(each(&api.reads("users/1/buddies").await, "id"), ["3", "4"]);
    assert_eq!(api.does("PUT", "users/1/buddies", &json!([])).await, json!([]));
    assert_eq!(api.reads("users/3/buddies").await, json!([]));
}

/// Negative control: let `block` store a block and not tell `live`.
#[tokio::test]
async fn a_block_by_the_site_is_one_by_the_member() {
    let (server, own, api) = one_site().await;
    api.makes(&["1", "2", "3"]).await;
    let (one, two) = (enters(&server, &own, "1").await, enters(&server, &own, "2").await);
    let three = enters(&server, &own, "3").await;
    assert_eq!(api.reads("users/1/blocks").await, json!([]));
    for _ in 0..2 {
        api.settles("PUT", "users/1/blocks/2", None).await;
    }
    assert_eq!(api.reads("users/1/blocks").await, json!(["2"]));
    assert_eq!(api.reads("users/2/blocks").await, json!([]), "it is not theirs");
    two.says("1", "unheard").await;
    three.says("1", "heard").await;
    assert_eq!(one.hears().await, ["heard"]);
    let seen = two.post("buddies", "ids=1").await.json();
    assert_eq!(each(&seen, "presence"), ["offline"]);
    assert_refused(&one.post("message", "type=unicast&to=2&body=x&style=").await, 403, "blocked");
    let said = json!({"from": "1", "to": "2", "body": "x"});
    assert_problem(&api.give("POST", "messages", &said).await, 403, "blocked", "for somebody who blocks");
    for _ in 0..2 {
        api.settles("DELETE", "users/1/blocks/2", None).await;
    }
    two.says("1", "again").await;
    assert_eq!(one.hears().await, ["again"], "what was said meanwhile stays unheard");
    for (method, path, status, code) in [
        ("PUT", "users/1/blocks/1", 400, "bad_parameter"),
        ("PUT", "users/1/blocks/ghost", 404, "unknown_user"),
        ("DELETE", "users/1/blocks/ghost", 404, "unknown_user"),
        ("PUT", "users/ghost/blocks/1", 404, "unknown_user"),
        ("GET", "users/ghost/blocks", 404, "unknown_user"),
    ] {
        assert_problem(&api.call(method, path).await, status, code, path);
    }
}

/// Negative control: leave `sign_out` out of `end`, or let it end the newest session alone.
#[tokio::test]
async fn a_member_is_signed_out_on_every_page_at_once() {
    let server = serve_with(|config| config.times.poll_hold_ms = 30_000).await;
    let (own, api) = super::site(&server, ONE).await;
    let page = enters(&server, &own, "2").await;
    let native = opens(&server, &format!("{}&client=native", own.form(&own.jwt("2")))).await;
    enters(&server, &own, "3").await;
    let sessions = api.reads("users/2/sessions").await;
    let ids = each(&sessions, "id");
    assert!(ids.iter().all(|id| id.len() == 12 && id.bytes().all(|byte| byte.is_ascii_hexdigit())), "{sessions}");
    let mut clients = each(&sessions, "client");
    clients.sort_unstable();
    assert_eq!(clients, ["d1", "native"]);
    assert!(!sessions.to_string().contains(&page.ticket) && ids[0] != ids[1], "named, and not by their tickets");
    let mut held = server.connect().await;
    held.send(&page.poll_ask()).await.expect("sent");
    api.settles("DELETE", "users/2/sessions", None).await;
    assert_eq!(held.answer().await.expect("the poll is released").text(), "null");
    assert_eq!((page.poll().await, native.poll().await), (Value::Null, Value::Null));
    assert_refused(&native.post("message", "type=unicast&to=3&body=x").await, 401, "ticket_ended");
    assert_eq!(api.reads("users/2/sessions").await, json!([]));
    api.settles("DELETE", "users/2/sessions", None).await;
    assert_eq!(api.reads("users/3/sessions").await.as_array().map(Vec::len), Some(1), "nobody else");
    for method in ["GET", "DELETE"] {
        assert_problem(&api.call(method, "users/ghost/sessions").await, 404, "unknown_user", method);
    }
    assert_eq!(enters(&server, &own, "2").await.id(), "2", "and may come again");
}

/// Negative control: let `of_people` ask `mood` instead of `seen_online`.
#[tokio::test]
async fn presences_are_those_that_others_see() {
    let (server, own, api) = one_site().await;
    api.makes(&["1", "4"]).await;
    let (two, _three) = (enters(&server, &own, "2").await, enters(&server, &own, "3").await);
    let shown = async |expected: Value| {
        let ids = ["1", "2", "3", "3", "ghost"];
        assert_eq!(api.reads(&format!("presences?ids={}", ids.join(","))).await, expected);
        assert_eq!(api.does("POST", "presences", &json!({"ids": ids})).await, expected);
    };
    shown(json!({"2": "available", "3": "available"})).await;
    for (show, seen) in [("dnd", json!({"2": "dnd", "3": "available"})), ("invisible", json!({"3": "available"}))] {
        assert_eq!(two.post("presence", &format!("show={show}&status=")).await.text(), "ok");
        shown(seen).await;
    }
    assert_eq!(api.reads("presences?ids=4").await, json!({}));
    assert_eq!(api.does("POST", "presences", &json!({"ids": []})).await, json!({}));
    for query in ["", "?ids="] {
        let answer = api.call("GET", &format!("presences{query}")).await;
        assert_problem(&answer, 400, "missing_parameter", query);
    }
}

async fn what_is_left_of_two(api: &Api) -> Vec<Value> {
    let mut left = Vec::new();
    for path in ["users", "rooms/r/members", "rooms/r", "users/3/buddies", "users/3/blocks", "presences?ids=2,3"] {
        left.push(api.reads(path).await);
    }
    left.push(api.reads("users/3/history?room=r").await);
    left
}

/// Negative controls: leave `sign_out`, or the loop, out of `erase_member`; leave `log` or `buddies` out of `erase_user`.
#[tokio::test]
async fn nothing_is_left_of_who_is_erased() {
    let (server, own, api) = one_site().await;
    api.makes(&["3", "4"]).await;
    api.seats("r", &["3", "4"]).await;
    let (three, four) = (enters(&server, &own, "3").await, enters(&server, &own, "4").await);
    let empty = what_is_left_of_two(&api).await;
    api.makes(&["2"]).await;
    let two = enters(&server, &own, "2").await;
    api.settles("PUT", "users/2/buddies/3", Some(&json!({}))).await;
    api.settles("PUT", "rooms/r/members/2", None).await;
    two.says("3", "to one").await;
    assert_eq!(three.hears().await, ["to one"]);
    three.says("2", "back").await;
    let said = two.post("message", "type=multicast&to=r&body=to+all&style=").await;
    assert_eq!((said.text().as_str(), three.hears().await), ("ok", vec!["to all".to_owned()]));
    assert_eq!(three.history("2").await.len(), 2);
    assert_eq!(four.hears().await, ["to all"]);
    api.settles("PUT", "users/3/blocks/2", None).await;
    api.settles("DELETE", "users/2", None).await;
    assert_eq!(two.poll().await, Value::Null);
    assert_refused(&two.post("message", "type=unicast&to=3&body=x").await, 401, "ticket_ended");
    assert!(three.history("2").await.is_empty());
    assert_eq!(what_is_left_of_two(&api).await, empty);
    for (method, path) in [("GET", "users/2"), ("DELETE", "users/2"), ("GET", "users/3/history?with=2")] {
        assert_problem(&api.call(method, path).await, 404, "unknown_user", path);
    }
    three.says("4", "goes on").await;
    assert_eq!(four.hears().await, ["goes on"], "the others talk on");
    // Somebody of the same id is somebody else.
    api.makes(&["2"]).await;
    for path in ["users/2/history?with=3", "users/3/history?with=2", "users/2/buddies", "users/2/sessions"] {
        assert_eq!(api.reads(path).await, json!([]), "{path}");
    }
    let again = enters(&server, &own, "2").await;
    assert_eq!((again.opened["new_messages"].as_array().map(Vec::len), again.history("3").await.len()), (Some(0), 0));
    assert_eq!(two.poll().await, Value::Null, "an old ticket is nobody's");
}

/// Who takes an id before the site does hears nothing of what is said under it.
///
/// Negative control: leave `empty_if_members_made_it` out of `carry_out` in the store.
#[tokio::test]
async fn a_room_that_a_member_made_is_empty_when_it_becomes_the_sites() {
    let (server, own, api) = one_site().await;
    api.makes(&["1", "2", "3"]).await;
    let (squatter, member) = (enters(&server, &own, "3").await, enters(&server, &own, "1").await);
    assert_eq!(squatter.post("invite", "id=board&nick=Mine&members=2").await.status, 200);
    api.seats("board", &["1"]).await;
    let room = api.reads("rooms/board").await;
    assert_eq!((&room["members"], &room["temporary"]), (&json!(1), &json!(false)), "{room}");
    assert_eq!(member.post("message", "type=multicast&to=board&body=confidential").await.status, 200);
    member.says("3", "to you").await;
    assert_eq!(squatter.hears().await, ["to you"], "nothing of the room has come before it");
    assert_refused(&squatter.post("message", "type=multicast&to=board&body=let+me+in").await, 404, "unknown_room");
}
