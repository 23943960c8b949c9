//! GET and POST do the same everywhere; other methods are refused with what is allowed; unknown paths are not found.

use crate::support::member::bodies;
use crate::support::{Ask, Server, urls};
use serde_json::Value;

#[tokio::test]
async fn other_methods_are_refused_with_what_is_allowed() {
    let server = Server::start().await;
    let mut http = server.connect().await;
    let cases = [("/webim/online", "GET, POST"), ("/webim/message", "GET, POST"), ("/packets", "GET, POST")];
    for (path, allowed) in cases.into_iter().chain([("/healthz", "GET, HEAD"), ("/demo/", "GET, HEAD")]) {
        for method in ["PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "BREW"] {
            let answer = http.ask(&Ask::new(method, path)).await.expect("an answer on the same connection");
            assert_eq!((answer.status, answer.code().as_str()), (405, "method_not_allowed"), "{method} {path}");
            assert_eq!(answer.header("allow"), Some(allowed), "{method} {path}");
        }
    }
    let answer = http.ask(&Ask::post("/healthz", "")).await.expect("an answer");
    assert_eq!((answer.status, answer.header("allow")), (405, Some("GET, HEAD")));
}

#[tokio::test]
async fn unknown_paths_are_not_found() {
    let server = Server::start().await;
    let mut http = server.connect().await;
    for path in
        ["/nothing", "/webim/nothing", "/webim/", "/webim", "/webim/online/x", "/packets/x", "/webim/../x", "//"]
    {
        let answer = http.ask(&Ask::get(path)).await.expect("an answer on the same connection");
        assert_eq!((answer.status, answer.code().as_str()), (404, "not_found"), "{path}");
    }
    for path in ["/demo/as/ghost", "/demo/ghost/", "/demo/susan/nothing", "/demo/assets/nothing.js"] {
        assert_eq!(http.ask(&Ask::get(path)).await.expect("an answer").status, 404, "{path}");
    }
}

/// What a call answers, by POST, by GET, and by POST with half of it in the query.
async fn three_ways(server: &Server, endpoint: &str, form: &str) -> [Value; 3] {
    let mut answers = Vec::new();
    for way in 0..3 {
        let mut susan = server.page("susan", "").await;
        let form = urls::with(form, "ticket", susan.ticket());
        let (first, rest) = form.rsplit_once('&').unwrap_or((&form, ""));
        let ask = match way {
            0 => Ask::post(&format!("/webim/{endpoint}"), &form),
            1 => Ask::get(&format!("/webim/{endpoint}?{form}"))
                .header("Content-Type", "application/x-www-form-urlencoded"),
            _ => Ask::post(&format!("/webim/{endpoint}?{rest}&_=17"), first),
        };
        let answer = susan.ask(ask.header("Accept", "application/json, text/javascript, */*")).await;
        assert_eq!(answer.status, 200, "{endpoint} way {way}: {}", answer.text());
        answers.push(answer.json());
        susan.post("offline", "").await;
    }
    answers.try_into().expect("three answers")
}

#[tokio::test]
async fn get_and_post_do_the_same_on_every_endpoint() {
    let server = Server::start().await;
    let reading = [
        ("buddies", "ids=jack,lee"),
        ("rooms", "ids=room1,room2"),
        ("members", "ids=room1"),
        ("histories", "ids=jack&type=unicast"),
        ("join", "id=room1&nick=x"),
    ];
    for (endpoint, form) in reading {
        let [post, get, split] = three_ways(&server, endpoint, form).await;
        assert_eq!((&post, &post), (&get, &split), "{endpoint}");
    }
    let doing = [
        ("status", "to=jack&show=typing"),
        ("presence", "show=available&status="),
        ("setting", "play_sound=true"),
        ("message", "type=unicast&to=mary&body=three+times&offline=0&style="),
        ("block", "id=room1"),
        ("unblock", "id=room1"),
        ("leave", "id=room1"),
        ("refresh", "domain=localhost"),
        ("offline", "status=offline"),
    ];
    for (endpoint, form) in doing {
        assert_eq!(three_ways(&server, endpoint, form).await, ["ok", "ok", "ok"], "{endpoint}");
    }
    let mut mary = server.page("mary", "").await;
    assert_eq!(bodies(&mary.read("histories", "id=susan&type=unicast").await), ["three times"; 3]);
    assert_eq!(three_ways(&server, "clear_history", "ids=mary&type=unicast").await, ["ok", "ok", "ok"]);
    let [opened, by_get, split] = three_ways(&server, "online", "buddy_ids=jack").await;
    assert_eq!(opened["presence_buddies"], by_get["presence_buddies"]);
    assert_eq!(opened["presence_buddies"], split["presence_buddies"]);
}

#[tokio::test]
async fn aliases_answer_as_the_names_they_stand_for() {
    let server = Server::start().await;
    let mut susan = server.page("susan", "").await;
    let reading = [
        ("buddies", "buddy", "ids=jack"),
        ("histories", "history", "ids=jack,room2"),
        ("members", "room/members", "ids=room1"),
        ("join", "room/join", "id=room1"),
    ];
    for (name, alias, form) in reading {
        assert_eq!(susan.read(name, form).await, susan.read(alias, form).await, "{alias}");
    }
    for (alias, form) in [
        ("clear", "ids=jack"),
        ("history/clear", "ids=jack"),
        ("statuses", "to=jack&show=clear"),
        ("room/block", "id=room1"),
        ("room/unblock", "id=room1"),
        ("room/leave", "id=room1"),
        ("deactivate", ""),
    ] {
        susan.does(alias, form).await;
    }
    assert_eq!(susan.post("buddies", "ids=jack").await.code(), "ticket_ended", "deactivate is refresh");
    let opened = susan.online("chatlink_ids=lee").await;
    let mut lee = server.page("lee", "").await;
    assert_eq!(opened["presence_buddies"], serde_json::json!([]));
    let packet = susan.poll().await;
    assert_eq!((&packet["presences"][0]["from"], &packet["presences"][0]["type"]), (&"lee".into(), &"online".into()));
    lee.does("offline", "").await;
}
