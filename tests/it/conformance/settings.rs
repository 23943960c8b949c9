//! Part 1.9: settings, flat or as `data`, and how they come back.

use super::Client;
use crate::support::Server;
use crate::support::clients::wire::Call;
use crate::support::clients::{Action, Generation, Opening, Page};
use serde_json::json;

#[tokio::test]
async fn part_1_9_flat_and_data() {
    let server = Server::start().await;
    let map = json!({"play_sound": false, "buddy_sticky": true, "minimize_layout": false, "msg_auto_pop": true});
    for generation in Generation::ALL {
        let susan = Client::open(&server, generation, "susan").await;
        assert_eq!(susan.does(&Action::Setting(&map)).await.status, 200);
        let again = Client::open(&server, Generation::G1, "susan").await;
        assert_eq!(again.opened["setting"], map, "{generation:?}");
        susan.does(&Action::Setting(&json!({"play_sound": true}))).await;
        let again = Client::open(&server, Generation::G1, "susan").await;
        assert_eq!(again.opened["setting"]["play_sound"], true, "{generation:?}");
    }
}

/// Lists are for those who can read them: the first takes one for a change at every start, and saves for ever.
#[tokio::test]
async fn part_1_9_lists_are_flat_for_the_first_generation() {
    let server = Server::start().await;
    let susan = Client::open(&server, Generation::G3, "susan").await;
    let map = json!({"blocked_rooms": ["room1", "room2"], "temporary_rooms": [{"id": "x", "nick": "X"}]});
    susan.does(&Action::Setting(&map)).await;
    for generation in [Generation::G2, Generation::G3] {
        assert_eq!(Client::open(&server, generation, "susan").await.opened["setting"], map, "{generation:?}");
    }
    let g1 = Client::open(&server, Generation::G1, "susan").await;
    assert!(
        g1.opened["setting"].as_object().expect("a map").values().all(|value| !value.is_array() && !value.is_object())
    );
}

/// A silenced room that is marked by the first client itself, which takes an id of its list for a place in `rooms`.
#[tokio::test]
async fn part_1_2_no_room_is_marked_by_its_place() {
    let server = Server::start().await;
    let susan = Client::open(&server, Generation::G3, "susan").await;
    // As a site with small numbers for ids would have it: `1` is no room of hers, and a place in the list.
    susan.does(&Action::Setting(&json!({"blocked_rooms": [1]}))).await;
    for generation in Generation::ALL {
        let page = Page::of(server.address, generation, "susan", &Opening::BARE).await;
        let blocked: Vec<bool> = page.screen().rooms.values().map(|room| room.is_blocked).collect();
        assert_eq!(blocked, [false, false], "{generation:?}: {:?}", page.screen().setting);
        page.goes_offline().await;
    }
}

/// What only frameworks of the later generation send.
#[tokio::test]
async fn part_1_9_what_is_no_setting() {
    let server = Server::start().await;
    let susan = Client::open(&server, Generation::G3, "susan").await;
    let data = json!({"play_sound": true, "csrf_token": "x", "ticket": "t"}).to_string();
    for form in [vec![("data", data.as_str()), ("csrf_token", "")], vec![("data", "{}"), ("csrf_token", "")]] {
        assert_eq!(susan.browser.call(&Call::post("setting", &form)).await.text, "\"ok\"");
    }
    for bad in ["[]", "x", "{\"__proto__\":1}"] {
        let got = susan.browser.call(&Call::post("setting", &[("data", bad), ("csrf_token", "")])).await;
        assert_eq!(got.status, 400, "{bad}");
    }
    let setting = Client::open(&server, Generation::G1, "susan").await.opened["setting"].clone();
    assert_eq!(setting, json!({"play_sound": true}));
}
