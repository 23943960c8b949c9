//! Two sites on one server: whatever the server of one asks about the other's people and rooms, it is answered as of people and
//! rooms that are nowhere, and nothing of the other site changes.

use super::{Api, assert_problem, site};
use crate::support::sites::{ONE, TWO, enters, serve};
use nextim::edge::rest::document;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// What the ids end in that are in site one alone, and of those that are nowhere.
const SUFFIXES: [&str; 2] = ["-one", "-nil"];

/// What a call gives that names such an id.
#[derive(Debug, Clone, Copy)]
enum Gives {
    /// 404 with this code.
    Not(&'static str),
    /// 200 with this text.
    Text(&'static str),
    /// Whatever it does it does in its own site: it is carried out, in the same way for both.
    Done(u16),
    /// It is carried out up to the line that names such an id: a report with this code.
    Stops(&'static str),
}

use Gives::{Done, Not, Stops, Text};

/// A call: how the document writes it, then how it is made.
type Row = (&'static str, &'static str, &'static str, Gives);

const USER: Gives = Not("unknown_user");
const ROOM: Gives = Not("unknown_room");

/// Calls that name a person or a room in their path.
const PATHS: [Row; 35] = [
    ("GET /users/{id}", "users/ann-one", "", USER),
    ("DELETE /users/{id}", "users/ann-one", "", USER),
    ("GET /users/{id}/buddies", "users/ann-one/buddies", "", USER),
    ("PUT /users/{id}/buddies", "users/ann-one/buddies", "[]", USER),
    ("PUT /users/{id}/buddies", "users/ann-one/buddies", r#"[{"id":"bob-one"}]"#, USER),
    ("PUT /users/{id}/buddies", "users/own/buddies", r#"[{"id":"ann-one"}]"#, USER),
    ("PUT /users/{id}/buddies/{buddy}", "users/ann-one/buddies/bob-one", "{}", USER),
    ("PUT /users/{id}/buddies/{buddy}", "users/ann-one/buddies/own", "{}", USER),
    ("PUT /users/{id}/buddies/{buddy}", "users/own/buddies/ann-one", "{}", USER),
    ("DELETE /users/{id}/buddies/{buddy}", "users/ann-one/buddies/bob-one", "", USER),
    ("DELETE /users/{id}/buddies/{buddy}", "users/own/buddies/ann-one", "", USER),
    ("GET /users/{id}/blocks", "users/ann-one/blocks", "", USER),
    ("PUT /users/{id}/blocks/{peer}", "users/ann-one/blocks/bob-one", "", USER),
    ("PUT /users/{id}/blocks/{peer}", "users/own/blocks/ann-one", "", USER),
    ("DELETE /users/{id}/blocks/{peer}", "users/ann-one/blocks/cid-one", "", USER),
    ("DELETE /users/{id}/blocks/{peer}", "users/own/blocks/ann-one", "", USER),
    ("GET /users/{id}/sessions", "users/ann-one/sessions", "", USER),
    ("DELETE /users/{id}/sessions", "users/ann-one/sessions", "", USER),
    ("GET /users/{id}/history", "users/ann-one/history?with=bob-one", "", USER),
    ("GET /users/{id}/history", "users/ann-one/history?room=hall-one", "", USER),
    ("GET /users/{id}/history", "users/own/history?with=ann-one", "", USER),
    ("GET /users/{id}/history", "users/own/history?room=hall-one", "", ROOM),
    ("GET /users/{id}/export", "users/ann-one/export", "", USER),
    ("GET /rooms/{id}", "rooms/hall-one", "", ROOM),
    ("GET /rooms/{id}/members", "rooms/hall-one/members", "", ROOM),
    ("POST /rooms/{id}/members", "rooms/hall-one/members", r#"{"ids":["own"]}"#, ROOM),
    ("POST /rooms/{id}/members", "rooms/hall-one/members", r#"{"ids":["ann-one"]}"#, ROOM),
    ("PUT /rooms/{id}/members/{user}", "rooms/hall-one/members/own", "", ROOM),
    ("PUT /rooms/{id}/members/{user}", "rooms/own/members/ann-one", "", USER),
    ("PUT /rooms/{id}/members/{user}", "rooms/hall-one/members/ann-one", "", USER),
    ("DELETE /rooms/{id}/members/{user}", "rooms/hall-one/members/own", "", ROOM),
    ("DELETE /rooms/{id}/members/{user}", "rooms/own/members/ann-one", "", USER),
    ("DELETE /rooms/{id}/members/{user}", "rooms/hall-one/members/ann-one", "", USER),
    ("POST /rooms/{id}/members", "rooms/own/members", r#"{"ids":["ann-one","bob-one"]}"#, Done(204)),
    ("GET /presences", "presences?ids=ann-one,bob-one", "", Text("{}")),
];

/// Calls that name them in their body, or nobody at all. What makes somebody comes last, and for whom nothing else is asked.
const BODIES: [Row; 21] = [
    ("POST /presences", "presences", r#"{"ids":["ann-one","bob-one"]}"#, Text("{}")),
    ("POST /messages", "messages", r#"{"from":"own","to":"ann-one","body":"x"}"#, USER),
    ("POST /messages", "messages", r#"{"from":"ann-one","to":"own","body":"x"}"#, USER),
    ("POST /messages", "messages", r#"{"from":"ann-one","to":"bob-one","body":"x"}"#, USER),
    ("POST /messages", "messages", r#"{"from":"own","room":"hall-one","body":"x"}"#, ROOM),
    ("POST /messages", "messages", r#"{"to":"ann-one","body":"x"}"#, USER),
    ("POST /broadcasts", "broadcasts", r#"{"from":"ann-one","to":"all","body":"x"}"#, USER),
    ("POST /broadcasts", "broadcasts", r#"{"from":"ann-one","to":"online","body":"x"}"#, USER),
    ("POST /broadcasts", "broadcasts", r#"{"to":"room","room":"hall-one","body":"x"}"#, ROOM),
    ("POST /broadcasts", "broadcasts", r#"{"to":"online","body":"x"}"#, Text(r#"{"told":0}"#)),
    ("POST /sync", "sync", r#"{"buddies":{"user":"own","buddy":"ann-one"}}"#, Stops("unknown_user")),
    ("POST /sync", "sync", r#"{"not_buddies":{"user":"ann-one","buddy":"bob-one"}}"#, Stops("unknown_user")),
    ("POST /sync", "sync", r#"{"member":{"room":"hall-one","user":"own"}}"#, Stops("unknown_room")),
    ("GET /site", "site", "", Done(200)),
    ("GET /users", "users?limit=1000", "", Done(200)),
    ("GET /rooms", "rooms?limit=1000", "", Done(200)),
    ("PUT /users/{id}", "users/eve-one", r#"{"name":"Eve"}"#, Done(200)),
    ("PUT /rooms/{id}", "rooms/den-one", r#"{"name":"Den"}"#, Done(200)),
    ("POST /notifications", "notifications", r#"{"to":["dan-one"],"text":"x"}"#, Done(200)),
    ("POST /sync", "sync", r#"{"user":{"id":"fay-one"}}"#, Done(200)),
    ("POST /sync", "sync", r#"{"room":{"id":"pub-one","name":"Pub"}}"#, Done(200)),
];

/// Every call that the document knows, without the part of the path that all have.
fn documented() -> BTreeSet<String> {
    let (document, mut calls) = (document(), BTreeSet::new());
    for (path, methods) in document["paths"].as_object().expect("paths") {
        let path = path.strip_prefix("/api/v1").unwrap_or(path);
        for method in ["get", "put", "post", "delete", "patch"] {
            if methods.get(method).is_some() {
                calls.insert(format!("{} {path}", method.to_uppercase()));
            }
        }
    }
    calls
}

#[test]
fn every_documented_call_is_made_with_a_foreign_id() {
    let made: BTreeSet<String> = PATHS.iter().chain(&BODIES).map(|(call, ..)| (*call).to_owned()).collect();
    assert_eq!(made, documented());
}

/// People, rooms and everything that there can be between them, all with ids that end so.
async fn fill(api: &Api, suffix: &str) {
    let [ann, bob, cid, dan, eve, fay, hall, den, publ] =
        ["ann", "bob", "cid", "dan", "eve", "fay", "hall", "den", "pub"].map(|name| format!("{name}{suffix}"));
    api.makes(&[&ann, &bob, &cid, &dan, &eve, &fay]).await;
    api.seats(&hall, &[&ann, &bob]).await;
    api.seats(&den, &[&cid]).await;
    api.seats(&publ, &[]).await;
    api.settles("PUT", &format!("users/{ann}/buddies/{bob}"), Some(&json!({"group": "work"}))).await;
    api.settles("PUT", &format!("users/{ann}/blocks/{cid}"), None).await;
    for said in [
        json!({"from": ann, "to": bob, "body": "to one"}),
        json!({"from": bob, "room": hall, "body": "to a room"}),
        json!({"to": dan, "body": "to another"}),
    ] {
        api.does("POST", "messages", &said).await;
    }
    api.does("POST", "broadcasts", &json!({"to": "all", "body": "to all"})).await;
    api.does("POST", "notifications", &json!({"to": [ann, dan], "text": "notice"})).await;
}

/// Makes a call as the table says, with ids that end as they are told.
async fn make(api: &Api, row: &Row, suffix: &str) -> (u16, Value) {
    let (call, path, body, gives) = row;
    let [path, body] = [path, body].map(|text| text.replace(SUFFIXES[0], suffix));
    let method = call.split(' ').next().expect("a method");
    let ask = if body.is_empty() { api.ask(method, &path) } else { api.ask(method, &path).body(body) };
    let answer = api.send(&ask).await;
    let what = format!("{ask:?}");
    match gives {
        Not(code) => assert_problem(&answer, 404, code, &what),
        Text(text) => assert_eq!((answer.status, answer.text().as_str()), (200, *text), "{what}"),
        Done(status) => assert_eq!(answer.status, *status, "{what}: {}", answer.text()),
        Stops(code) => {
            let report = answer.json();
            assert_eq!((answer.status, &report["line"]), (200, &json!(0)), "{what}: {report}");
            assert_eq!(report["problem"]["code"], *code, "{what}: {report}");
        }
    }
    let text = answer.text().replace(suffix, "");
    // A count of rooms or people that were made meanwhile is of the own site.
    let is_list = call.ends_with("/users") || call.ends_with("/rooms");
    let shown = if text.is_empty() || is_list { Value::Null } else { serde_json::from_str(&text).expect("JSON") };
    (answer.status, shown)
}

/// Negative controls: let `nobody` of `read_directory` be somebody of site 1; let any query of the store leave out the site.
#[tokio::test]
async fn what_is_another_sites_is_nowhere() {
    let server = serve().await;
    let ((of_one, one), (of_two, two)) = (site(&server, ONE).await, site(&server, TWO).await);
    fill(&one, SUFFIXES[0]).await;
    two.makes(&["own"]).await;
    two.seats("own", &["own"]).await;
    let ann = enters(&server, &of_one, "ann-one").await;
    let bob = enters(&server, &of_one, "bob-one").await;
    for page in [&ann, &bob] {
        page.poll().await;
    }
    let before = one.listing().await;
    for row in PATHS.iter().chain(&BODIES) {
        let [foreign, nowhere] = [make(&two, row, SUFFIXES[0]).await, make(&two, row, SUFFIXES[1]).await];
        assert_eq!(foreign, nowhere, "{row:?}");
        assert_eq!(two.reads("rooms/own/members").await["items"].as_array().map(Vec::len), Some(1), "{row:?}");
    }
    assert_eq!(one.listing().await, before, "nothing of site one has changed");
    let lists = [two.ids("users").await, two.ids("rooms").await].concat();
    for id in
        ["ann", "bob", "cid", "dan", "hall"].iter().flat_map(|name| SUFFIXES.map(|suffix| format!("{name}{suffix}")))
    {
        assert!(!lists.contains(&id), "{id} was made by a call that only names it: {lists:?}");
    }
    for id in ["eve-one", "fay-one"] {
        let person = two.reads(&format!("users/{id}")).await;
        assert!(!person.to_string().contains("Name"), "somebody of site two's own: {person}");
        assert_eq!(two.reads(&format!("users/{id}/buddies")).await, json!([]));
    }
    let own = enters(&server, &of_two, "own").await;
    assert_eq!(two.reads("presences?ids=own,ann-one").await, json!({"own": "available"}));
    ann.says("bob-one", "undisturbed").await;
    let packet = bob.poll().await;
    let bodies: Vec<&Value> = packet["messages"].as_array().expect("a list").iter().map(|one| &one["body"]).collect();
    assert_eq!((bodies, &packet["presences"]), (vec![&json!("undisturbed")], &json!([])), "{packet}");
    assert!(own.poll().await["messages"].as_array().is_some_and(Vec::is_empty));
}

/// The same ids on both sites: what one does with them the other does not see.
///
/// Negative control: let the store's memory of numbers forget which site they are of.
#[tokio::test]
async fn what_is_done_to_the_same_ids_is_done_on_one_site_alone() {
    let server = serve().await;
    let ((of_one, one), (_, two)) = (site(&server, ONE).await, site(&server, TWO).await);
    fill(&one, "").await;
    let _ann = enters(&server, &of_one, "ann").await;
    let before = one.listing().await;
    fill(&two, "").await;
    for (method, path, body) in [
        ("PUT", "users/bob", json!({"name": "Another", "url": "/b"})),
        ("PUT", "users/ann/buddies", json!([{"id": "dan"}])),
        ("PUT", "rooms/hall", json!({"name": "Another", "open": true})),
        ("POST", "messages", json!({"from": "ann", "to": "bob", "body": "on site two"})),
        ("POST", "broadcasts", json!({"to": "all", "body": "on site two"})),
        ("POST", "broadcasts", json!({"to": "online", "body": "on site two"})),
        ("POST", "broadcasts", json!({"to": "room", "room": "hall", "body": "on site two"})),
    ] {
        two.does(method, path, &body).await;
    }
    for (method, path) in [
        ("DELETE", "users/ann/blocks/cid"),
        ("DELETE", "rooms/hall/members/ann"),
        ("DELETE", "users/ann/sessions"),
        ("DELETE", "users/ann/buddies/dan"),
        ("DELETE", "users/ann"),
    ] {
        two.settles(method, path, None).await;
    }
    assert_eq!(one.listing().await, before);
}
