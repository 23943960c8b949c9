//! The server of one site names people, rooms and pages of another by the plugins' API: every call is answered as for those who are
//! nowhere.

use super::{FOREIGN, HIDDEN, Neighbours, SUFFIXES};
use crate::support::Server;
use crate::support::member::bodies;
use crate::support::sites::{Own, call, text};
use crate::support::urls;
use nextim::edge::site::NAMES;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// Calls below `/v5/`, and forms with ids of a person and a room; `TICKET` is a page's of the own site. What makes somebody of an
/// id comes last: such a site keeps its people itself, and whom it names are its own.
const CALLS: [(&str, &str); 19] = [
    ("presences", "ids=ann-one,bob-one"),
    ("onlines", "ids=ann-one,bob-one"),
    ("room/members", "room=hall-one"),
    ("group/members", "group=hall-one"),
    ("rooms/hall-one/members", ""),
    ("statuses", "ticket=TICKET&to=ann-one&show=typing"),
    ("presences/show", "ticket=TICKET&show=away&status="),
    ("room/join", "ticket=TICKET&room=hall-one"),
    ("group/join", "ticket=TICKET&group=hall-one"),
    ("rooms/hall-one/join", "ticket=TICKET"),
    ("messages", "ticket=TICKET&type=multicast&to=hall-one&body=x"),
    ("room/leave", "ticket=TICKET&room=hall-one"),
    ("group/leave", "ticket=TICKET&group=hall-one"),
    ("rooms/hall-one/leave", "ticket=TICKET"),
    ("presences/offline", "ticket=TICKET"),
    ("presences/online", "name=own&nick=Own&buddies=ann-one,bob-one&rooms=hall-one"),
    ("messages", "ticket=TICKET&type=unicast&to=ann-one&body=x"),
    ("messages", "from=ann-one&to=bob-one&body=x"),
    ("notifications", "to=ann-one,bob-one&text=x"),
];

#[test]
fn every_call_of_a_server_is_made_with_a_foreign_id() {
    let made: BTreeSet<&str> = CALLS.iter().map(|(name, _)| *name).collect();
    let in_path = ["join", "leave", "members"].map(|verb| format!("rooms/hall-one/{verb}"));
    let names = NAMES.iter().map(|(name, _)| *name);
    assert_eq!(made, names.chain(in_path.iter().map(String::as_str)).collect());
}

/// A page that a site opens for somebody.
async fn page_of(server: &Server, site: &Own, name: &str) -> String {
    let opened = call(server, site, "/v5/presences/online", &format!("name={name}&nick={name}")).await;
    assert_eq!(opened.status, 200, "{}", opened.text());
    text(&opened.json()["ticket"])
}

/// What an answer shows, without ids of the two kinds and a page's own.
fn shown(name: &str, text: &str, suffix: &str) -> String {
    let text = text.replace(suffix, "");
    assert!(!text.contains(HIDDEN), "{name}: {text}");
    if name != "presences/online" {
        return text;
    }
    let opened: Value = serde_json::from_str(&text).expect("JSON");
    ["success", "presences", "buddies", "groups"].map(|part| opened[part].to_string()).join("\n")
}

/// Negative control: let `in_room` or `of_people` of `read_presences` look at every site.
#[tokio::test]
async fn nothing_of_another_site_is_there_for_a_server() {
    let Neighbours { server, one, two, ann, bob } = Neighbours::meet().await;
    let _of_ann = page_of(&server, &one, "ann-one").await;
    for (name, form) in CALLS {
        let mut answers = Vec::new();
        for suffix in SUFFIXES {
            let ticket = page_of(&server, &two, "own").await;
            let path = format!("/v5/{name}").replace(FOREIGN, suffix);
            let form = form.replace(FOREIGN, suffix).replace("TICKET", &urls::encode(&ticket));
            let answer = call(&server, &two, &path, &form).await;
            answers.push((answer.status, shown(name, &answer.text(), suffix)));
        }
        assert_eq!(answers[0], answers[1], "{name} {form}");
    }
    ann.says("bob-one", "undisturbed").await;
    let packet = bob.poll().await;
    assert_eq!(bodies(&packet["messages"]), ["undisturbed"], "nothing else has come: {packet}");
    assert_eq!(packet["statuses"], json!([]), "{packet}");
}

/// Negative control: let `asker` of `calls` not say whose ticket it must be.
#[tokio::test]
async fn a_ticket_of_another_site_is_none() {
    let Neighbours { server, one, two, .. } = Neighbours::meet().await;
    let foreign = page_of(&server, &one, "ann-one").await;
    for (name, form) in CALLS.into_iter().filter(|(_, form)| form.contains("TICKET")) {
        let path = format!("/v5/{name}");
        let ask = async |ticket: &str| {
            let answer = call(&server, &two, &path, &form.replace("TICKET", &urls::encode(ticket))).await;
            (answer.status, answer.text())
        };
        let (of_foreign, of_none) = (ask(&foreign).await, ask("no-such-ticket").await);
        assert_eq!(of_foreign, of_none, "{name}");
        assert!(of_none.0 == 400 && of_none.1.contains("ticket_ended"), "{name}: {of_none:?}");
    }
    let here = call(&server, &one, "/v5/presences", "ids=ann-one").await;
    assert_eq!(here.json()["ann-one"], "available", "it was not ended, nor its member hidden");
}
