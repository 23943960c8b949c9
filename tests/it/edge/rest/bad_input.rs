//! What a site's server may send wrong: it is told so in one form, and nothing comes of it.

use super::{Api, assert_problem, exchange, one_site, whole};
use crate::support::{Ask, Server};
use serde_json::{Value, json};

/// Longest body of a call, in bytes.
const BODY_MAX: usize = 1024 * 1024;

async fn with_people() -> (Server, Api) {
    let (server, _, api) = one_site().await;
    api.makes(&["2", "3"]).await;
    api.seats("r", &["2"]).await;
    (server, api)
}

/// Negative controls: leave `deny_unknown_fields` out of a shape; take the first of two parameters of a name.
#[tokio::test]
async fn what_is_not_what_a_call_takes_is_refused() {
    let (_server, api) = with_people().await;
    let before = api.listing().await;
    for (method, path, body, code) in [
        ("PUT", "users/2", "{\"name\":5}", "bad_request"),
        ("PUT", "users/2", "{\"nick\":\"x\"}", "bad_request"),
        ("PUT", "users/2", "{\"name\":\"a\",\"name\":\"b\"}", "bad_request"),
        ("PUT", "users/2", "{\"name\":\"a\"} {}", "bad_request"),
        ("PUT", "users/2", "{\"name\":\"\\ud800\"}", "bad_request"),
        ("PUT", "users/2", "[]x", "bad_request"),
        ("PUT", "users/2", "[\"a\",null,null]", "bad_request"),
        ("PUT", "users/vid:1", "{}", "bad_parameter"),
        ("PUT", "users/2/buddies", "[[\"3\"]]", "bad_request"),
        ("POST", "rooms/r/members", "[[\"3\"]]", "bad_request"),
        ("PUT", "users/2", "\"a\"", "bad_request"),
        ("PUT", "users/2", "name=a", "bad_request"),
        ("PUT", "users/2", "", "bad_request"),
        ("PUT", "users/2/buddies", "{\"id\":\"3\"}", "bad_request"),
        ("PUT", "users/2/buddies", "[\"3\"]", "bad_request"),
        ("PUT", "users/2/buddies", "[{\"id\":3}]", "bad_request"),
        ("PUT", "users/2/buddies", "[{\"id\":\"a,b\"}]", "bad_parameter"),
        ("PUT", "users/2/buddies/3", "{\"group\":null}", "bad_request"),
        ("PUT", "rooms/r", "{\"name\":\"R\",\"open\":\"yes\"}", "bad_request"),
        ("POST", "rooms/r/members", "[\"3\"]", "bad_request"),
        ("POST", "rooms/r/members", "{\"ids\":\"3\"}", "bad_request"),
        ("POST", "rooms/r/members", "{\"ids\":[\"3\",\"a\\nb\"]}", "bad_parameter"),
        ("POST", "presences", "{\"ids\":[3]}", "bad_request"),
        ("POST", "presences", "{\"ids\":[\"3\"],\"more\":1}", "bad_request"),
        ("POST", "presences", "{\"ids\":[\"\"]}", "bad_parameter"),
        ("POST", "messages", "{\"to\":2,\"body\":\"x\"}", "bad_request"),
        ("POST", "messages", "{\"to\":\"3\",\"body\":null}", "bad_request"),
        ("POST", "broadcasts", "{\"body\":\"x\"}", "bad_request"),
        ("POST", "notifications", "{\"to\":[2],\"text\":\"x\"}", "bad_request"),
    ] {
        let ask = api.ask(method, path).header("Content-Type", "application/json").body(body);
        assert_problem(&api.send(&ask).await, 400, code, &format!("{method} {path} {body}"));
    }
    let deep = "[".repeat(100_000);
    for bytes in [&b"{\"name\":\"\xff\"}"[..], b"\xff\xfe{\x00}\x00", b"\0", deep.as_bytes()] {
        let ask = api.ask("PUT", "users/2").header("Content-Type", "application/json").body(bytes);
        assert_problem(&api.send(&ask).await, 400, "bad_request", "bytes that are no text");
    }
    assert_eq!(api.listing().await, before, "nothing has come of it");
    // `curl -d` calls everything a form, and the key says who asks.
    for kind in ["text/plain", "application/x-www-form-urlencoded", "Application/JSON"] {
        let ask = api.ask("PUT", "users/2").header("Content-Type", kind).body("{\"name\":\"x\"}");
        assert_eq!(api.send(&ask).await.json()["name"], "x", "{kind}");
    }
    let ask = api.ask("PUT", "users/2").header("Content-Type", "application/json; charset=utf-8");
    assert_eq!(api.send(&ask.body("{\"name\":\"A\"}")).await.status, 200);
    assert_eq!(api.send(&api.ask("PUT", "users/2").body("{}")).await.json()["name"], "A", "no kind is no wrong kind");
}

/// Negative controls: take `rows` of any number; let a cursor be any text.
#[tokio::test]
async fn paths_and_queries_that_cannot_be_meant_are_refused() {
    let (_server, api) = with_people().await;
    let long = "x".repeat(191);
    let mut wrong = vec![
        (format!("users/{long}"), "bad_parameter"),
        (format!("rooms/{long}/members"), "bad_parameter"),
        (format!("users/2/history?with={long}"), "bad_parameter"),
    ];
    for (path, code) in [
        ("users/a%2Cb", "bad_parameter"),
        ("users/a%0Ab", "bad_parameter"),
        ("users/%7F", "bad_parameter"),
        ("users/%20a", "bad_parameter"),
        ("users/", "bad_parameter"),
        ("users//buddies", "bad_parameter"),
        ("rooms/a,b", "bad_parameter"),
        ("users/a%00b", "bad_encoding"),
        ("users/%FF", "bad_encoding"),
        ("users/%C3%28/buddies", "bad_encoding"),
        ("users?cursor=%FF", "bad_encoding"),
        ("users?cursor=%00", "bad_encoding"),
        ("users?%FF=1", "bad_encoding"),
        ("users?limit=1&limit=2", "repeated_parameter"),
        ("users?limit=1&x=1&x=1", "repeated_parameter"),
        ("users/2/history?with=3&with=3", "repeated_parameter"),
        ("users?limit=0", "bad_parameter"),
        ("users?limit=", "bad_parameter"),
        ("users?limit=null", "bad_parameter"),
        ("users?limit=1001", "bad_parameter"),
        ("users?limit=-1", "bad_parameter"),
        ("users?limit=1.0", "bad_parameter"),
        ("users?limit=18446744073709551617", "bad_parameter"),
        ("rooms?limit=0", "bad_parameter"),
        ("rooms/r/members?limit=1001", "bad_parameter"),
        ("users?cursor=x", "bad_parameter"),
        ("users?cursor=AAAA", "bad_parameter"),
        ("users?cursor=AAAAAAAA", "bad_parameter"),
        ("users?cursor=AAAAAQ%3D%3D", "bad_parameter"),
        ("users?cursor=AAAAAR", "bad_parameter"),
        ("users?cursor=%2B%2B%2B%2B%2Bw", "bad_parameter"),
        ("users?cursor=1", "bad_parameter"),
        ("rooms?cursor=2;DROP", "bad_parameter"),
        ("rooms/r/members?cursor=x", "bad_parameter"),
        ("presences", "missing_parameter"),
        ("presences?ids=a%00b", "bad_encoding"),
        ("presences?ids=a%0Ab", "bad_parameter"),
    ] {
        wrong.push((path.to_owned(), code));
    }
    for (path, code) in &wrong {
        assert_problem(&api.call("GET", path).await, 400, code, path);
    }
}

#[tokio::test]
async fn what_is_too_much_is_refused_before_it_is_carried_out() {
    let (server, api) = with_people().await;
    let padded = |bytes: usize| {
        let text = "{\"name\":\"Padded\"}";
        api.ask("PUT", "users/2")
            .header("Content-Type", "application/json")
            .body(format!("{text}{}", " ".repeat(bytes - text.len())))
    };
    let mut http = server.connect().await;
    assert_problem(&exchange(&mut http, &padded(BODY_MAX + 1)).await, 413, "too_large", "a byte too much");
    assert_eq!(api.reads("users/2").await["name"], "Name 2");
    assert_eq!(exchange(&mut http, &padded(BODY_MAX)).await.json()["name"], "Padded", "and the connection goes on");
    let ids = |count: usize| vec!["3"; count];
    for (method, path, body) in [
        ("POST", "presences", json!({"ids": ids(20_001)})),
        ("POST", "rooms/r/members", json!({"ids": ids(20_001)})),
        ("POST", "notifications", json!({"to": ids(20_001), "text": "x"})),
        ("PUT", "users/2/buddies", vec![json!({"id": "3"}); 2_001].into()),
    ] {
        assert_problem(&api.give(method, path, &body).await, 400, "too_many_ids", path);
    }
    assert_problem(
        &api.call("GET", &format!("presences?ids={}", ids(2_001).join(","))).await,
        400,
        "too_many_ids",
        "GET",
    );
    assert_eq!(api.ids("rooms/r/members").await, ["2"]);
    assert_eq!(api.reads("users/2/buddies").await, json!([]));
    assert_eq!(api.does("POST", "presences", &json!({"ids": ids(20_000)})).await, json!({}));
}

/// Negative control: let `handle` answer for all doors as for browsers.
#[tokio::test]
async fn a_call_that_is_not_even_read_is_refused_in_the_same_form() {
    let (server, api) = with_people().await;
    let mut http = server.connect().await;
    let line = api.ask("GET", &format!("users?cursor={}", "x".repeat(33 * 1024)));
    assert_problem(&exchange(&mut http, &line).await, 413, "too_large", "a long line");
    let head = api.ask("GET", "site").header("Cookie", &"c=1; ".repeat(10_000));
    assert_problem(&exchange(&mut http, &head).await, 413, "too_large", "a long head");
}

#[tokio::test]
async fn what_a_proxy_may_read_otherwise_is_refused_and_the_connection_closed() {
    let (server, api) = with_people().await;
    for path in ["site", "sync"] {
        let method = if path == "sync" { "POST" } else { "GET" };
        let mut http = server.connect().await;
        let head = format!("{method} /api/v1/{path} HTTP/1.1\r\nAuthorization: Bearer {}\r\n", api.key);
        http.send_bytes(format!("{head}Host: a\r\nHost: b\r\n\r\n").as_bytes()).await.expect("sent");
        let answer = whole(&mut http).await;
        assert_problem(&answer, 400, "bad_request", path);
        assert_eq!(answer.header("connection"), Some("close"), "{path}");
    }
}

/// Negative control: let `body` take text with a NUL, which a form may not have either.
#[tokio::test]
async fn a_nul_is_refused_wherever_it_stands() {
    let (_server, api) = with_people().await;
    let before = api.listing().await;
    for (method, path, body) in [
        ("PUT", "users/2", json!({"name": "a\0b"})),
        ("PUT", "users/2", json!({"avatar": "/a\0b"})),
        ("PUT", "users/2/buddies", json!([{"id": "3", "group": "a\0b"}])),
        ("PUT", "rooms/r", json!({"name": "R", "url": "/a\0b"})),
        ("POST", "rooms/r/members", json!({"ids": ["a\0b"]})),
        ("POST", "messages", json!({"from": "2", "to": "3", "body": "a\0b"})),
        ("POST", "broadcasts", json!({"to": "all", "body": "a\0b"})),
        ("POST", "notifications", json!({"to": ["2"], "text": "a\0b"})),
        ("POST", "notifications", json!({"to": ["2"], "text": "x", "from": "a\0b"})),
        ("POST", "notifications", json!({"to": ["2"], "text": "x", "link": "/a\0b"})),
    ] {
        let answer = api.give(method, path, &body).await;
        assert_eq!(answer.status, 400, "{method} {path} {body}: {}", answer.text());
    }
    assert_eq!(api.listing().await, before);
}

/// Negative control: leave a line out of `methods`.
#[tokio::test]
async fn what_is_not_served_is_said_with_what_is() {
    let (_server, api) = with_people().await;
    for (path, allow) in [
        ("site", "GET"),
        ("users", "GET"),
        ("users/2", "GET, PUT, DELETE"),
        ("users/2/buddies", "GET, PUT"),
        ("users/2/buddies/3", "PUT, DELETE"),
        ("users/2/blocks", "GET"),
        ("users/2/blocks/3", "PUT, DELETE"),
        ("users/2/sessions", "GET, DELETE"),
        ("users/2/history", "GET"),
        ("users/2/export", "GET"),
        ("presences", "GET, POST"),
        ("rooms", "GET"),
        ("rooms/r", "GET, PUT"),
        ("rooms/r/members", "GET, POST"),
        ("rooms/r/members/2", "PUT, DELETE"),
        ("messages", "POST"),
        ("broadcasts", "POST"),
        ("notifications", "POST"),
        ("sync", "POST"),
    ] {
        for method in ["GET", "PUT", "POST", "DELETE", "PATCH", "OPTIONS", "TRACE", "BREW"] {
            if allow.split(", ").any(|allowed| allowed == method) {
                continue;
            }
            let answer = api.call(method, path).await;
            assert_problem(&answer, 405, "method_not_allowed", &format!("{method} {path}"));
            assert_eq!(answer.header("allow"), Some(allow), "{method} {path}");
        }
    }
    for path in
        ["", "nothing", "user", "users/2/nothing", "users/2/buddies/3/4", "sync/x", "rooms/r/members/2/x", "Site"]
    {
        for method in ["GET", "PUT", "PATCH"] {
            assert_problem(&api.call(method, path).await, 404, "not_found", &format!("{method} {path}"));
        }
    }
    assert_eq!(api.ids("users").await, ["2", "3"]);
}

/// Every refusal keeps what is on every answer, and says nothing of how the server is made.
#[tokio::test]
async fn a_refusal_is_not_kept_and_tells_nothing() {
    let (server, api) = with_people().await;
    let asks = [
        api.ask("GET", "users/ghost"),
        api.ask("GET", "nothing"),
        api.ask("PATCH", "users"),
        api.ask("PUT", "users/2").body("{"),
        Ask::get("/api/v1/users/2"),
        api.ask("PUT", "users/9").header("Origin", "null"),
    ];
    for ask in asks {
        let answer = server.connect().await.ask(&ask).await.expect("an answer");
        assert!(answer.status >= 400, "{ask:?}");
        let headers = ["cache-control", "x-content-type-options", "referrer-policy", "server"];
        let headers = headers.map(|name| answer.header(name));
        assert_eq!(headers, [Some("no-store"), Some("nosniff"), Some("no-referrer"), None], "{ask:?}");
        let problem: Value = answer.json();
        let fields: Vec<&String> = problem.as_object().expect("an object").keys().collect();
        assert_eq!(fields, ["code", "detail", "status", "title", "type"], "{problem}");
        assert!(!["src/", ".rs", "panicked", "SELECT", "rusqlite"].iter().any(|word| answer.text().contains(word)));
    }
}
