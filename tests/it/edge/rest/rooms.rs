//! A site's rooms, and who is in them.

use super::{assert_problem, one_site};
use crate::support::member::each;
use crate::support::sites::{assert_refused, enters};
use serde_json::{Value, json};

/// Negative control: let `all_count` count who was in a room already.
#[tokio::test]
async fn rooms_are_made_filled_and_emptied() {
    let (_server, _, api) = one_site().await;
    api.makes(&["1", "2", "3"]).await;
    let mut room =
        json!({"id": "r", "name": "Room", "avatar": "", "url": "", "open": false, "members": 0, "temporary": false});
    assert_eq!(api.does("PUT", "rooms/r", &json!({"name": "Room"})).await, room);
    api.settles("POST", "rooms/r/members", Some(&json!({"ids": ["1", "2", "ghost", "1"]}))).await;
    for _ in 0..2 {
        api.settles("PUT", "rooms/r/members/3", None).await;
    }
    room["members"] = 3.into();
    assert_eq!(api.reads("rooms/r").await, room, "counted once each");
    let whole = json!({"name": "The room", "avatar": "/r.png", "url": "https://one.example/r", "open": true});
    let changed = json!({"id": "r", "name": "The room", "avatar": "/r.png", "url": "https://one.example/r", "open": true, "members": 3, "temporary": false});
    assert_eq!(api.does("PUT", "rooms/r", &whole).await, changed);
    api.does("PUT", "rooms/s", &json!({"name": "Other"})).await;
    assert_eq!(api.ids("rooms").await, ["r", "s"]);
    let first = api.reads("rooms?limit=1").await;
    assert_eq!(first["items"], json!([changed]));
    let cursor = first["next_cursor"].as_str().expect("there is more");
    let second = api.reads(&format!("rooms?limit=1&cursor={cursor}")).await;
    assert_eq!((each(&second["items"], "id"), &second["next_cursor"]), (vec!["s".to_owned()], &Value::Null));
    let one = json!({"id": "1", "name": "Name 1", "avatar": "", "url": ""});
    let (mut found, mut query) = (Vec::new(), "limit=1".to_owned());
    loop {
        let page = api.reads(&format!("rooms/r/members?{query}")).await;
        found.extend(page["items"].as_array().expect("a list").clone());
        let Some(cursor) = page["next_cursor"].as_str() else { break };
        query = format!("limit=1&cursor={cursor}");
    }
    assert_eq!(
        (each(&Value::from(found.clone()), "id"), &found[0]),
        (["1", "2", "3"].map(str::to_owned).to_vec(), &one)
    );
    for _ in 0..2 {
        api.settles("DELETE", "rooms/r/members/2", None).await;
    }
    assert_eq!(
        (api.ids("rooms/r/members").await, &api.reads("rooms/r").await["members"]),
        (vec!["1".to_owned(), "3".to_owned()], &json!(2))
    );
    assert_eq!(api.reads("rooms/s/members").await, json!({"items": [], "next_cursor": null}));
}

#[tokio::test]
async fn what_is_no_room_and_nobody_is_said_so() {
    let (_server, _, api) = one_site().await;
    api.makes(&["1"]).await;
    api.does("PUT", "rooms/r", &json!({"name": "Room"})).await;
    for (method, path, body, status, code) in [
        ("GET", "rooms/ghost", None, 404, "unknown_room"),
        ("GET", "rooms/ghost/members", None, 404, "unknown_room"),
        ("POST", "rooms/ghost/members", Some(json!({"ids": ["1"]})), 404, "unknown_room"),
        ("PUT", "rooms/ghost/members/1", None, 404, "unknown_room"),
        ("DELETE", "rooms/ghost/members/1", None, 404, "unknown_room"),
        ("PUT", "rooms/r/members/ghost", None, 404, "unknown_user"),
        ("DELETE", "rooms/r/members/ghost", None, 404, "unknown_user"),
        ("PUT", "rooms/r", Some(json!({})), 400, "bad_request"),
        ("PUT", "rooms/r", Some(json!({"name": ""})), 400, "bad_parameter"),
        ("PUT", "rooms/r", Some(json!({"name": "R", "url": "javascript:x"})), 400, "bad_parameter"),
        ("PUT", "rooms/r", Some(json!({"name": "R", "members": 7})), 400, "bad_request"),
    ] {
        let answer = match &body {
            Some(body) => api.give(method, path, body).await,
            None => api.call(method, path).await,
        };
        assert_problem(&answer, status, code, &format!("{method} {path} {body:?}"));
    }
    assert_eq!(api.ids("rooms").await, ["r"], "and nothing was made");
    assert!(api.ids("rooms/r/members").await.is_empty());
}

/// Negative control: let `seat_all` chunk the ids before it looks for the room.
#[tokio::test]
async fn nobody_is_put_into_no_room() {
    let (_server, _, api) = one_site().await;
    let answer = api.give("POST", "rooms/ghost/members", &json!({"ids": []})).await;
    assert_problem(&answer, 404, "unknown_room", "an empty list");
}

/// Negative control: leave `open` out of `upsert_room`'s update.
#[tokio::test]
async fn members_join_by_themselves_what_the_site_opens() {
    let (server, own, api) = one_site().await;
    api.does("PUT", "rooms/r", &json!({"name": "Room"})).await;
    let page = enters(&server, &own, "2").await;
    assert_refused(&page.post("join", "id=r").await, 404, "unknown_room");
    api.does("PUT", "rooms/r", &json!({"name": "Room", "open": true})).await;
    assert_eq!(page.post("join", "id=r").await.json()["id"], "r");
    assert_eq!(api.ids("rooms/r/members").await, ["2"]);
    api.does("PUT", "rooms/r", &json!({"name": "Room"})).await;
    assert_eq!(api.ids("rooms/r/members").await, ["2"], "who is in a room that closes stays in it");
}
