//! `ok` as each client understands it.

use crate::support::{Ask, Server, urls};

const DOING: [(&str, &str); 11] = [
    ("message", "type=unicast&to=jack&body=x&offline=0&style="),
    ("status", "to=jack&show=typing"),
    ("presence", "show=away"),
    ("setting", "play_sound=true"),
    ("clear_history", "ids=jack"),
    ("read", "type=unicast&id=jack&seq=1"),
    ("block", "id=room1"),
    ("unblock", "id=room1"),
    ("leave", "id=room1"),
    ("refresh", "domain=localhost"),
    ("offline", "domain=localhost"),
];

#[tokio::test]
async fn ok_is_a_word_a_json_string_or_a_call() {
    let server = Server::start().await;
    for (endpoint, form) in DOING {
        let mut susan = server.page("susan", "").await;
        if endpoint == "leave" {
            susan.read("join", "id=room1").await;
        }
        let path = format!("/webim/{endpoint}");
        // Each in turn; the two that end the ticket get a page of their own each time.
        for way in ["bare", "seed", "json", "csrf", "script"] {
            if ["refresh", "offline"].contains(&endpoint) {
                susan.online("").await;
            } else if endpoint == "leave" {
                susan.read("join", "id=room1").await;
            }
            let form = urls::with(form, "ticket", susan.ticket());
            let ask = match way {
                "bare" => Ask::post(&path, &form),
                "seed" => Ask::post(&path, &form).header("Accept", "*/*"),
                "json" => Ask::post(&path, &form).header("Accept", "application/json, text/javascript, */*"),
                "csrf" => Ask::post(&path, &format!("{form}&csrf_token=")),
                _ => Ask::get(&format!("{path}?{form}&callback=cb")),
            };
            let answer = susan.ask(ask).await;
            let found = (answer.status, answer.header("content-type").unwrap_or_default(), &*answer.text());
            let wanted = match way {
                "bare" | "seed" => (200, "text/plain; charset=utf-8", "ok"),
                "json" | "csrf" => (200, "application/json; charset=utf-8", "\"ok\""),
                _ => (200, "application/javascript; charset=utf-8", "/**/cb(\"ok\");"),
            };
            assert_eq!(found, wanted, "{endpoint} {way}");
        }
    }
}

#[tokio::test]
async fn a_refused_message_of_the_latest_old_client_is_a_200() {
    let server = Server::start().await;
    let mut susan = server.page("susan", "csrf_token=&show=available").await;
    let answer = susan.post("message", "csrf_token=&type=chat&to=ghost&body=x").await;
    assert_eq!((answer.status, answer.code().as_str()), (200, "unknown_user"));
    assert_eq!(answer.json()["status"], "error");
    assert!(answer.json()["message"].as_str().is_some_and(|text| !text.is_empty()));
}
