//! Bad input gets the right status and code, stores nothing, and leaves its connection usable.

use crate::support::member::bodies;
use crate::support::{Ask, Member, Server};

/// What is asked, and what it gets: endpoint, form, status, code.
type Row<'a> = (&'a str, String, u16, &'a str);

fn row<'a>(endpoint: &'a str, form: &str, status: u16, code: &'a str) -> Row<'a> {
    (endpoint, form.to_owned(), status, code)
}

/// Sends every row by POST and by GET (where it fits into a request line), and asks for something ordinary in between.
async fn all_refused(member: &mut Member, rows: &[Row<'_>]) {
    for (endpoint, form, status, code) in rows {
        let shown = &form[..form.len().min(80)];
        let answer = member.post(endpoint, form).await;
        assert_eq!(
            (answer.status, answer.code().as_str()),
            (*status, *code),
            "POST {endpoint} {shown}: {}",
            answer.text()
        );
        assert_eq!(answer.header("connection"), None, "{endpoint} {shown}: the connection stays");
        if form.len() < 20_000 {
            let answer = member.get(endpoint, form).await;
            assert_eq!((answer.status, answer.code().as_str()), (*status, *code), "GET {endpoint} {shown}");
        }
        assert_eq!(member.read("buddies", "ids=jack").await[0]["id"], "jack", "after {endpoint} {shown}");
    }
}

/// Nothing was stored and nothing was delivered, whatever susan tried.
async fn nothing_happened(server: &Server, susan: &mut Member) {
    let jack = server.member("jack").await.online("room_ids=room1,room2").await;
    assert_eq!(jack["new_messages"].as_array().map(Vec::len), Some(0));
    let again = susan.tab().online("buddy_ids=jack,mary&room_ids=room1,room2").await;
    assert_eq!(again["setting"], serde_json::json!({}));
    assert_eq!(bodies(&again["histories"]["jack"]).len(), 4);
    assert_eq!(bodies(&again["histories"]["mary"]).len(), 0);
    assert_eq!(bodies(&again["histories"]["room2"]).len(), 2);
    assert_eq!(again["rooms"].as_array().map(Vec::len), Some(2));
    assert_eq!(again["user"]["show"], "available");
}

#[tokio::test]
async fn a_message_must_be_whole_and_addressed() {
    let server = Server::start().await;
    let mut susan = server.page("susan", "").await;
    let mut mary = server.page("mary", "").await;
    let long = |bytes: usize| "x".repeat(bytes);
    let rows = [
        row("message", "", 400, "missing_parameter"),
        row("message", "type=unicast&body=x", 400, "missing_parameter"),
        row("message", "type=unicast&to=jack", 400, "missing_parameter"),
        row("message", "type=unicast&to=jack&body=", 400, "missing_parameter"),
        row("message", "type=unicast&to=&body=x", 400, "missing_parameter"),
        row("message", "type=smoke&to=jack&body=x", 400, "bad_parameter"),
        row("message", "type=broadcast&to=jack&body=x", 403, "not_allowed"),
        row("message", "type=unicast&to=jack%2Cmary&body=x", 400, "bad_parameter"),
        row("message", &format!("type=unicast&to={}&body=x", long(191)), 400, "bad_parameter"),
        row("message", "type=unicast&to=ja%0Ack&body=x", 400, "bad_parameter"),
        row("message", "type=unicast&to=ghost&body=x", 404, "unknown_user"),
        row("message", "type=unicast&to=room1&body=x", 404, "unknown_user"),
        row("message", "type=multicast&to=ghost&body=x", 404, "unknown_room"),
        row("message", "type=unicast&to=jack&to=mary&body=x", 400, "repeated_parameter"),
        row("message", "type=unicast&to=jack&body=%FF", 400, "bad_encoding"),
        row("message", "type=unicast&to=jack&body=%C0%80", 400, "bad_encoding"),
        row("message", "type=unicast&to=jack&body=%ED%A0%80", 400, "bad_encoding"),
        row("message", "type=unicast&to=jack&body=a%00b", 400, "bad_encoding"),
        row("message", "type=unicast&to=jack&body=x&%FF=1", 400, "bad_encoding"),
        row("message", &format!("type=unicast&to=jack&body={}", long(64 * 1024 + 1)), 413, "too_large"),
        row("message", &format!("type=unicast&to=jack&body=x&cid={}", long(129)), 400, "bad_parameter"),
        row("message", &format!("type=unicast&to=jack&body=x&style={}", long(9_000)), 413, "too_large"),
    ];
    all_refused(&mut susan, &rows).await;
    all_refused(&mut mary, &[row("message", "type=multicast&to=room2&body=x", 403, "not_a_member")]).await;
    nothing_happened(&server, &mut susan).await;
}

#[tokio::test]
async fn ids_are_named_checked_and_counted() {
    let server = Server::start().await;
    let mut susan = server.page("susan", "").await;
    let many = |name: &str| format!("{name}={}", "1,".repeat(100_000));
    let long = format!("ids={}", "x".repeat(191));
    let mut rows = vec![
        row("buddies", "ids=", 400, "missing_parameter"),
        row("histories", "", 400, "missing_parameter"),
        row("histories", "ids=jack&type=smoke", 400, "bad_parameter"),
        row("clear_history", "", 400, "missing_parameter"),
        row("clear_history", "ids=jack&type=smoke", 400, "bad_parameter"),
        row("join", "", 400, "missing_parameter"),
        row("join", "id=room1%2Croom2", 400, "bad_parameter"),
        row("join", "id=room9", 404, "unknown_room"),
        row("leave", "", 400, "missing_parameter"),
        row("members", "", 400, "missing_parameter"),
        row("block", "", 400, "missing_parameter"),
        row("unblock", "", 400, "missing_parameter"),
        row("online", &many("stranger_ids"), 400, "too_many_ids"),
        row("online", &many("room_ids"), 400, "too_many_ids"),
        row("online", &many("buddy_ids"), 400, "too_many_ids"),
        row("online", "show=asleep", 400, "bad_parameter"),
        row("online", "buddy_ids=jack&buddy_ids=mary", 400, "repeated_parameter"),
    ];
    for endpoint in ["buddies", "rooms", "histories", "clear_history", "members"] {
        rows.push(row(endpoint, &many("ids"), 400, "too_many_ids"));
        rows.push(row(endpoint, "ids=a%00", 400, "bad_encoding"));
        rows.push(row(endpoint, "ids=jack&ids=mary", 400, "repeated_parameter"));
    }
    for endpoint in ["buddies", "rooms", "members"] {
        rows.push(row(endpoint, &long, 400, "bad_parameter"));
    }
    all_refused(&mut susan, &rows).await;
    nothing_happened(&server, &mut susan).await;
}

#[tokio::test]
async fn places_limits_and_questions_are_checked() {
    let server = Server::start().await;
    let mut susan = server.page("susan", "client=native").await;
    let long = format!("q={}", "x".repeat(201));
    let many = format!("ids={}&limit=31", (0..1_950).map(|index| format!("u{index}")).collect::<Vec<_>>().join(","));
    let mut rows = vec![
        row("read", "", 400, "missing_parameter"),
        row("read", "type=unicast&seq=1", 400, "missing_parameter"),
        row("read", "type=unicast&id=&seq=1", 400, "missing_parameter"),
        row("read", "type=unicast&id=jack", 400, "missing_parameter"),
        row("read", "type=smoke&id=jack&seq=1", 400, "bad_parameter"),
        row("read", "type=unicast&id=ja%2Cck&seq=1", 400, "bad_parameter"),
        row("search", "", 400, "missing_parameter"),
        row("search", "q=", 400, "missing_parameter"),
        row("search", "q=%20%09", 400, "bad_parameter"),
        row("search", "q=%E3%80%80", 400, "bad_parameter"),
        row("search", &long, 400, "bad_parameter"),
        row("search", "q=%FF", 400, "bad_encoding"),
        row("search", "q=x&type=unicast", 400, "missing_parameter"),
        row("search", "q=x&id=", 400, "missing_parameter"),
        row("search", "q=x&type=smoke&id=jack", 400, "bad_parameter"),
        row("search", "q=x&type=multicast&id=a%2Cb", 400, "bad_parameter"),
        row("search", "q=x&limit=101", 400, "bad_parameter"),
        row("history", "id=jack&limit=201", 400, "bad_parameter"),
        row("histories", "ids=jack&limit=201", 400, "bad_parameter"),
        row("histories", &many, 400, "too_many_ids"),
        row("watch", "", 400, "missing_parameter"),
        row("watch", "ids=a%0Ab", 400, "bad_parameter"),
        row("watch", "ids=lee&ids=nora", 400, "repeated_parameter"),
    ];
    for bad in ["-1", "1.5", "1e3", "x", "%2B1", "0x10", "99999999999999999999", "1%202", "NaN", "%EF%BC%91"] {
        rows.push(row("read", &format!("type=unicast&id=jack&seq={bad}"), 400, "bad_parameter"));
        for (endpoint, form) in [("search", "q=x"), ("history", "id=jack"), ("histories", "ids=jack")] {
            rows.push(row(endpoint, &format!("{form}&before={bad}"), 400, "bad_parameter"));
            rows.push(row(endpoint, &format!("{form}&limit={bad}"), 400, "bad_parameter"));
        }
    }
    for (endpoint, form) in [("search", "q=x"), ("history", "id=jack"), ("histories", "ids=jack")] {
        rows.push(row(endpoint, &format!("{form}&limit=0"), 400, "bad_parameter"));
    }
    all_refused(&mut susan, &rows).await;
    nothing_happened(&server, &mut susan).await;
}

#[tokio::test]
async fn unknown_people_and_rooms_are_as_if_absent() {
    let server = Server::start().await;
    let mut susan = server.page("susan", "").await;
    let nothing = serde_json::json!([]);
    assert_eq!(susan.read("buddies", "ids=ghost").await, nothing);
    assert_eq!(susan.read("rooms", "ids=room9").await, nothing);
    assert_eq!(susan.read("members", "ids=room9").await, serde_json::json!({}));
    assert_eq!(bodies(&susan.read("histories", "id=ghost&type=unicast").await).len(), 0);
    susan.does("clear_history", "ids=ghost").await;
    let mut mary = server.page("mary", "").await;
    assert_eq!(mary.read("rooms", "ids=room2,room9").await, nothing, "a room one is not in");
    assert_eq!(mary.read("members", "ids=room2").await, serde_json::json!({}));
    let opened = susan.online("buddy_ids=ghost&room_ids=room9&stranger_ids=ghost").await;
    assert_eq!((&opened["presence_buddies"], &opened["histories"]), (&nothing, &serde_json::json!({})));
    for endpoint in ["block", "unblock", "members"] {
        let (ghost, foreign) = (mary.post(endpoint, "id=room9").await, mary.post(endpoint, "id=room2").await);
        assert_eq!((ghost.status, ghost.text()), (foreign.status, foreign.text()), "{endpoint}: either way");
    }
}

#[tokio::test]
async fn signals_states_and_settings_have_limits() {
    let server = Server::start().await;
    let mut susan = server.page("susan", "").await;
    let data = |json: &str| format!("data={}", crate::support::urls::encode(json));
    let keys = (0..101).map(|at| format!("k{at}=1")).collect::<Vec<_>>().join("&");
    let deep = format!("{{\"a\":{}1{}}}", "[".repeat(5_000), "]".repeat(5_000));
    let rows = [
        row("status", "to=jack", 400, "missing_parameter"),
        row("status", "show=typing", 400, "missing_parameter"),
        row("status", "to=jack&show=dancing", 400, "bad_parameter"),
        row("status", "to=ghost&show=typing", 404, "unknown_user"),
        row("presence", "", 400, "missing_parameter"),
        row("presence", "show=asleep", 400, "bad_parameter"),
        row("presence", "show=typing", 400, "bad_parameter"),
        row("presence", &format!("show=away&status={}", "x".repeat(5_000)), 400, "bad_parameter"),
        row("setting", &data("{"), 400, "bad_parameter"),
        row("setting", &data("{'a':1}"), 400, "bad_parameter"),
        row("setting", &data("[1]"), 400, "bad_parameter"),
        row("setting", &data("7"), 400, "bad_parameter"),
        row("setting", &data("{\"a\":1}{}"), 400, "bad_parameter"),
        row("setting", &data(&deep), 400, "bad_parameter"),
        row("setting", &data("{\"__proto__\":{\"a\":1}}"), 400, "bad_parameter"),
        row("setting", &data("{\"constructor\":1}"), 400, "bad_parameter"),
        row("setting", "play_sound=true&prototype=1", 400, "bad_parameter"),
        row("setting", "play_sound=true&__proto__=1", 400, "bad_parameter"),
        row("setting", &format!("{}=1", "k".repeat(65)), 400, "bad_parameter"),
        row("setting", &format!("k={}", "x".repeat(17 * 1024)), 413, "too_large"),
        row("setting", &keys, 413, "too_large"),
        row("setting", "a=1&a=2", 400, "repeated_parameter"),
    ];
    all_refused(&mut susan, &rows).await;
    nothing_happened(&server, &mut susan).await;
}

#[tokio::test]
async fn bodies_over_the_limit_and_of_other_kinds_are_refused() {
    let server = Server::start().await;
    let mut susan = server.page("susan", "").await;
    let big = format!("type=unicast&to=jack&body=x&style={}", "x".repeat(256 * 1024));
    all_refused(&mut susan, &[row("message", &big, 413, "too_large")]).await;
    let parameters = (0..501).map(|at| format!("p{at}=")).collect::<Vec<_>>().join("&");
    all_refused(&mut susan, &[row("buddies", &parameters, 400, "bad_request")]).await;
    let form = format!("ticket={}&type=unicast&to=jack&body=x", susan.ticket());
    let json = Ask::post("/webim/message", &form).header("Content-Type", "application/json");
    let answer = susan.ask(json).await;
    assert_eq!((answer.status, answer.code().as_str()), (400, "bad_request"));
    let mut raw = format!("ticket={}&type=unicast&to=jack&body=", susan.ticket()).into_bytes();
    raw.extend([0xff, 0xfe]);
    let answer = susan.ask(Ask::post("/webim/message", "").body(raw)).await;
    assert_eq!((answer.status, answer.code().as_str()), (400, "bad_encoding"));
    let twice = Ask::post(&format!("/webim/message?to=jack&ticket={}", susan.ticket()), "type=unicast&to=mary&body=x");
    let answer = susan.ask(twice).await;
    assert_eq!((answer.status, answer.code().as_str()), (400, "repeated_parameter"));
    nothing_happened(&server, &mut susan).await;
}

#[tokio::test]
async fn the_longest_message_arrives_whole() {
    let server = Server::start().await;
    let mut jack = server.page("jack", "").await;
    let mut susan = server.page("susan", "").await;
    let body = "陈".repeat(64 * 1024 / 3);
    susan.says("jack", &body).await;
    assert_eq!(jack.hears().await, [body]);
}

#[tokio::test]
async fn nobody_and_ended_tickets_are_refused() {
    let server = Server::start().await;
    let mut susan = server.page("susan", "").await;
    let old = susan.ticket().to_owned();
    susan.does("offline", "").await;
    let forms =
        ["buddies", "rooms", "histories", "members", "message", "status", "presence", "setting", "join", "leave"];
    let more = ["clear_history", "offline", "refresh", "block", "unblock"];
    for endpoint in forms.into_iter().chain(more) {
        for ticket in [old.as_str(), "x", &old[..20], &"t".repeat(5_000)] {
            let form = format!("ticket={ticket}&ids=jack&id=room2&to=jack&body=x&type=unicast&show=away");
            let answer = susan.post(endpoint, &form).await;
            assert_eq!((answer.status, answer.code().as_str()), (401, "ticket_ended"), "{endpoint}");
        }
    }
    let mut nobody = server.connect().await;
    for endpoint in forms.into_iter().chain(["online"]) {
        let form = "ids=jack&id=room2&to=jack&body=x&type=unicast&show=away";
        let answer = nobody.ask(&Ask::post(&format!("/webim/{endpoint}"), form)).await.expect("an answer");
        assert_eq!((answer.status, answer.code().as_str()), (401, "not_signed_in"), "{endpoint}");
    }
    susan.ticket = None;
    nothing_happened(&server, &mut susan).await;
}
