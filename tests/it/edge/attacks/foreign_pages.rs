//! Pages of one site name people and rooms of another: every call under `/webim/` is answered as for people and rooms that are
//! nowhere, shows nothing of the other site, and changes nothing there.

use super::{FOREIGN, HIDDEN, Neighbours, SUFFIXES};
use crate::support::Answer;
use crate::support::member::bodies;
use crate::support::sites::{TWO, assert_refused, enters, post};
use crate::support::urls;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// Calls by their first name, and forms with ids of a person and a room. What makes somebody of an id comes last.
const CALLS: [(&str, &str); 42] = [
    ("buddies", "ids=ann-one,bob-one"),
    ("watch", "ids=ann-one,bob-one"),
    ("rooms", "ids=hall-one"),
    ("rooms", ""),
    ("members", "id=hall-one"),
    ("members", "ids=hall-one"),
    ("histories", "ids=ann-one,hall-one"),
    ("histories", "type=unicast&id=ann-one"),
    ("histories", "type=multicast&id=hall-one"),
    ("download_history", "type=unicast&id=ann-one&format=csv"),
    ("download_history", "type=multicast&id=hall-one&format=csv"),
    ("search", "q=words"),
    ("search", "q=words&type=unicast&id=ann-one"),
    ("search", "q=words&type=multicast&id=hall-one"),
    ("search", "nick=Hidden"),
    ("read", "type=unicast&id=ann-one&seq=1"),
    ("read", "type=multicast&id=hall-one&seq=1"),
    ("clear_history", "ids=ann-one,hall-one"),
    ("clear_history", "type=unicast&id=bob-one"),
    ("clear_history", "type=multicast&id=hall-one"),
    ("status", "to=ann-one&show=typing"),
    ("join", "id=hall-one"),
    ("leave", "id=hall-one"),
    ("block", "id=hall-one"),
    ("unblock", "id=hall-one"),
    ("block_user", "id=ann-one"),
    ("unblock_user", "id=ann-one"),
    ("blocked_users", ""),
    ("remove_buddy", "id=ann-one"),
    ("message", "type=multicast&to=hall-one&body=x"),
    ("presence", "show=away&status="),
    ("setting", "blocked_rooms=hall-one"),
    ("notifications", ""),
    ("logmsg", "to=ann-one&body=x"),
    ("boot", ""),
    ("online", "buddy_ids=ann-one&stranger_ids=bob-one&room_ids=hall-one"),
    ("message", "type=unicast&to=ann-one&body=x"),
    ("invite", "id=hall-one&nick=Hall&members=ann-one,bob-one"),
    ("sign_in", "user=ann-one&password=whatever-it-is"),
    ("password", "old=whatever-it-is&new=something-else"),
    ("offline", ""),
    ("sign_out", ""),
];

/// The first name of each call that is served.
fn served() -> BTreeSet<&'static str> {
    let arms = include_str!("../../../../src/edge/browser/routes.rs").lines().filter(|line| line.contains("=> Self::"));
    arms.filter_map(|arm| arm.trim_start().strip_prefix('"')?.split('"').next()).collect()
}

#[test]
fn every_call_of_a_page_is_made_with_a_foreign_id() {
    let made: BTreeSet<&str> = CALLS.iter().map(|(name, _)| *name).collect();
    assert_eq!(made, served());
}

/// What an answer shows, without ids of the two kinds and what differs between any two pages.
fn shown(name: &str, answer: &Answer, suffix: &str) -> (u16, String) {
    let text = answer.text().replace(suffix, "");
    assert!(!text.contains(HIDDEN), "{name}: {text}");
    if name != "online" {
        return (answer.status, text);
    }
    let opened: Value = serde_json::from_str(&text).expect("JSON");
    let parts = ["presence_buddies", "presence_rooms", "buddies", "rooms", "histories", "new_messages"];
    (answer.status, parts.map(|part| opened[part].to_string()).join("\n"))
}

/// Negative controls: let `by_id` of the directory, or any query of the store, leave out the site.
#[tokio::test]
async fn nothing_of_another_site_is_there_for_a_page() {
    let Neighbours { server, one: _, two, ann, bob } = Neighbours::meet().await;
    for (name, form) in CALLS {
        let mut answers = Vec::new();
        for suffix in SUFFIXES {
            let page = enters(&server, &two, "own").await;
            let answer = page.post(name, &form.replace(FOREIGN, suffix)).await;
            answers.push(shown(name, &answer, suffix));
        }
        assert_eq!(answers[0], answers[1], "{name} {form}");
    }
    for (page, body) in [(&ann, "to ann-one"), (&bob, "to bob-one")] {
        let other = if page.id() == "ann-one" { &bob } else { &ann };
        other.says(page.id(), body).await;
        let packet = page.poll().await;
        let nothing = json!([]);
        assert_eq!(bodies(&packet["messages"]), [body], "nothing else has come: {packet}");
        assert_eq!((&packet["presences"], &packet["statuses"]), (&nothing, &nothing), "{packet}");
    }
    assert_eq!(ann.history("bob-one").await.len(), 3, "nothing is cleared");
    let rooms = ann.post("rooms", "ids=hall-one").await.json();
    assert_eq!((&rooms[0]["all_count"], &rooms[0]["blocked"]), (&json!(2), &json!(false)), "{rooms}");
}

/// A ticket of one site does nothing where the page says that it is on the other; nor does a token.
#[tokio::test]
async fn a_page_is_on_one_site() {
    let Neighbours { server, one, two, ann, bob: _ } = Neighbours::meet().await;
    let ticket = urls::encode(&ann.ticket);
    // A ticket is nothing to those who sign in by a password.
    for name in served().into_iter().filter(|name| !["boot", "sign_in", "password"].contains(name)) {
        let form = format!("domain={TWO}&ticket={ticket}&ids=own&id=own&to=own&type=unicast&body=x&show=away&q=x");
        assert_refused(&post(&server, &format!("/webim/{name}"), &form).await, 401, "ticket_ended");
    }
    let token = urls::encode(&one.jwt("ann-one"));
    let form = format!("domain={TWO}&token={token}");
    assert_refused(&post(&server, "/webim/online", &form).await, 401, "not_signed_in");
    assert_refused(
        &post(&server, "/webim/message", &format!("{form}&type=unicast&to=own&body=x")).await,
        401,
        "not_signed_in",
    );
    let mut foreign = enters(&server, &one, "ann-one").await;
    foreign.domain = TWO.into();
    assert_eq!(foreign.poll().await, Value::Null);
    let own = enters(&server, &two, "own").await;
    assert!(own.opened["new_messages"].as_array().is_some_and(Vec::is_empty), "{}", own.opened);
}
