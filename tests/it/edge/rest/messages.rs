//! What a site's server says: messages, broadcasts, notifications; and what it reads of what was said.

use super::{Api, assert_problem, first_heard, one_site};
use crate::support::Answer;
use crate::support::member::each;
use crate::support::sites::{enters, opens};
use serde_json::{Value, json};

/// Says something under a name of its own.
async fn says_as(api: &Api, path: &str, key: &str, body: &Value) -> Answer {
    api.send(&api.ask_with("POST", path, body).header("Idempotency-Key", key)).await
}

/// What is answered of something that is stored.
#[track_caller]
fn assert_stored(stored: &Value, repeated: bool) {
    assert_eq!(stored.as_object().map(serde_json::Map::len), Some(3), "{stored}");
    let is_whole = stored["seq"].is_u64() && stored["at_ms"].as_u64().is_some_and(|at_ms| at_ms > 1_600_000_000_000);
    assert!(is_whole && stored["repeated"] == repeated, "{stored}");
}

/// Negative control: let `send` say everything as the site, or leave `sanitise` out of `say_for_site`.
#[tokio::test]
async fn a_site_speaks_for_its_people_and_for_itself() {
    let (server, own, api) = one_site().await;
    api.makes(&["1", "2"]).await;
    api.seats("r", &["2"]).await;
    let (one, two) = (enters(&server, &own, "1").await, enters(&server, &own, "2").await);
    for (said, heard) in [
        (json!({"from": "1", "to": "2", "body": "hello"}), ["unicast", "1", "Name 1", "2", "hello", ""]),
        (json!({"to": "2", "body": "note"}), ["unicast", "system", "system", "2", "note", ""]),
        (
            json!({"from": "1", "room": "r", "body": "to all", "style": "color:red;position:fixed"}),
            ["multicast", "1", "Name 1", "r", "to all", "color:red"],
        ),
        (json!({"from": "1", "name": "Annie", "to": "2", "body": "x"}), ["unicast", "1", "Annie", "2", "x", ""]),
    ] {
        assert_stored(&api.does("POST", "messages", &said).await, false);
        let message = first_heard(&two).await;
        assert_eq!(
            ["type", "from", "nick", "to", "body", "style"].map(|field| message[field].clone()),
            heard,
            "{said}"
        );
    }
    assert_eq!(one.hears().await, ["hello", "x"], "their own pages show what is said for them");
    let long = "x".repeat(64 * 1024 + 1);
    for (said, status, code) in [
        (json!({"from": "1", "body": "x"}), 400, "missing_parameter"),
        (json!({"from": "1", "to": "2", "room": "r", "body": "x"}), 400, "missing_parameter"),
        (json!({"from": "1", "to": "2"}), 400, "bad_request"),
        (json!({"from": "1", "to": "2", "body": ""}), 400, "missing_parameter"),
        (json!({"from": "ghost", "to": "2", "body": "x"}), 404, "unknown_user"),
        (json!({"from": "1", "to": "ghost", "body": "x"}), 404, "unknown_user"),
        (json!({"from": "1", "room": "ghost", "body": "x"}), 404, "unknown_room"),
        (json!({"from": "1", "to": "2", "name": "a\nb", "body": "x"}), 400, "bad_parameter"),
        (json!({"from": "1", "to": "a,b", "body": "x"}), 400, "bad_parameter"),
        (json!({"from": "1", "to": "2", "body": long}), 413, "too_large"),
    ] {
        let answer = api.give("POST", "messages", &said).await;
        assert_problem(&answer, status, code, &said.to_string().chars().take(60).collect::<String>());
    }
    assert_eq!(api.ids("users").await, ["1", "2", "system"], "and nobody was made");
}

/// Events act in the receiver's page: only a plugin's server sends them.
///
/// Negative control: let `say_for_site` tell an event before it looks at the voice.
#[tokio::test]
async fn an_event_is_refused_before_it_does_anything() {
    let (server, own, api) = one_site().await;
    api.makes(&["1", "2"]).await;
    let page = opens(&server, &format!("{}&csrf_token=&show=available", own.form(&own.jwt("2")))).await;
    for to in ["2", "ghost"] {
        let said = json!({"from": "1", "to": to, "body": "webim-event:invite|,|r|,|R"});
        assert_problem(&api.give("POST", "messages", &said).await, 403, "not_allowed", to);
    }
    for to in ["all", "online"] {
        let said = json!({"from": "1", "to": to, "body": "webim-event:invite|,|r|,|R"});
        assert_problem(&api.give("POST", "broadcasts", &said).await, 403, "not_allowed", to);
    }
    api.does("POST", "messages", &json!({"from": "1", "to": "2", "body": "the end"})).await;
    assert_eq!(page.hears().await, ["the end"]);
    assert_problem(&api.call("GET", "users/ghost").await, 404, "unknown_user", "nobody was made by it");
}

/// Negative controls: leave `find_repeat` out of `append`; leave `rest:` out of `idempotency_key`.
#[tokio::test]
async fn what_is_said_twice_under_one_key_is_said_once() {
    let (server, own, api) = one_site().await;
    api.makes(&["1", "2", "3"]).await;
    let (one, two) = (enters(&server, &own, "1").await, enters(&server, &own, "2").await);
    let said = json!({"from": "1", "to": "2", "body": "once"});
    let first = says_as(&api, "messages", "order 7", &said).await.json();
    assert_stored(&first, false);
    for _ in 0..2 {
        let again = says_as(&api, "messages", "order 7", &said).await.json();
        assert_stored(&again, true);
        assert_eq!((&again["seq"], &again["at_ms"]), (&first["seq"], &first["at_ms"]));
    }
    for other in [json!({"from": "1", "to": "2", "body": "twice"}), json!({"from": "1", "to": "3", "body": "once"})] {
        assert_problem(&says_as(&api, "messages", "order 7", &other).await, 409, "cid_reused", &other.to_string());
    }
    let from_another = json!({"from": "3", "to": "2", "body": "of another"});
    assert_stored(&says_as(&api, "messages", "order 7", &from_another).await.json(), false);
    let of_page = one.post("message", "type=unicast&to=2&body=of+a+page&style=&cid=order+7").await.json();
    assert_eq!((&of_page["status"], of_page.get("dup")), (&json!("ok"), None), "pages have their own: {of_page}");
    assert_stored(&says_as(&api, "messages", "order 8", &said).await.json(), false);
    let history = api.reads("users/2/history?with=1").await;
    assert_eq!(each(&history, "body"), ["once", "of a page", "once"]);
    assert_eq!(two.history("3").await, [["3", "2", "of another"]]);
    let (most, over) = ("k".repeat(100), "k".repeat(101));
    assert_stored(&says_as(&api, "messages", &most, &said).await.json(), false);
    for key in ["", over.as_str(), "é"] {
        assert_problem(&says_as(&api, "messages", key, &said).await, 400, "bad_parameter", key);
    }
}

/// Negative controls: let `Audience::All` be `Online`; let `online_of_site` count whoever has a session; leave `cid` out of
/// `to_online`.
#[tokio::test]
async fn a_broadcast_reaches_all_those_who_are_here_or_a_room() {
    let (server, own, api) = one_site().await;
    api.makes(&["2", "3", "4", "5"]).await;
    api.seats("r", &["3", "4"]).await;
    let (two, three) = (enters(&server, &own, "2").await, enters(&server, &own, "3").await);
    let unseen = enters(&server, &own, "5").await;
    unseen.post("presence", "show=invisible&status=").await;
    let all = api.does("POST", "broadcasts", &json!({"to": "all", "name": "Shop", "body": "to all"})).await;
    assert_stored(&all, false);
    for page in [&two, &three, &unseen] {
        let message = first_heard(page).await;
        let heard = ["from", "nick", "to", "body"].map(|field| message[field].clone());
        assert_eq!(heard, ["system", "Shop", page.id(), "to all"]);
    }
    let here = json!({"to": "online", "body": "to those here"});
    for _ in 0..2 {
        let answer = says_as(&api, "broadcasts", "news", &here).await;
        assert_eq!((answer.status, answer.json()), (200, json!({"told": 2})));
    }
    assert_eq!(
        (two.hears().await, three.hears().await),
        (vec!["to those here".to_owned()], vec!["to those here".to_owned()])
    );
    for absent in ["4", "5"] {
        let history = api.reads(&format!("users/{absent}/history?with=system")).await;
        assert_eq!(each(&history, "body"), ["to all"], "{absent} is not seen online");
    }
    let by_two = json!({"from": "2", "to": "online", "body": "by two"});
    assert_eq!(api.does("POST", "broadcasts", &by_two).await, json!({"told": 1}), "nobody tells themselves");
    assert_eq!((two.hears().await, three.hears().await), (vec!["by two".to_owned()], vec!["by two".to_owned()]));
    let to_room = json!({"to": "room", "room": "r", "body": "to the room"});
    for repeated in [false, true] {
        assert_stored(&says_as(&api, "broadcasts", "room", &to_room).await.json(), repeated);
    }
    assert_eq!(three.hears().await, ["to the room"]);
    for repeated in [false, true] {
        let end = json!({"to": "all", "body": "the end"});
        assert_stored(&says_as(&api, "broadcasts", "end", &end).await.json(), repeated);
    }
    for page in [&two, &three] {
        assert_eq!(page.hears().await, ["the end"], "{}", page.id());
    }
    for (said, status, code) in [
        (json!({"to": "all", "room": "r", "body": "x"}), 400, "bad_parameter"),
        (json!({"to": "room", "body": "x"}), 400, "bad_parameter"),
        (json!({"to": "everybody", "body": "x"}), 400, "bad_request"),
        (json!({"to": "all"}), 400, "bad_request"),
        (json!({"to": "all", "body": ""}), 400, "missing_parameter"),
        (json!({"to": "online", "body": ""}), 400, "missing_parameter"),
        (json!({"to": "room", "room": "ghost", "body": "x"}), 404, "unknown_room"),
        (json!({"from": "ghost", "to": "online", "body": "x"}), 404, "unknown_user"),
    ] {
        assert_problem(&api.give("POST", "broadcasts", &said).await, status, code, &said.to_string());
    }
}

/// Negative control: let `broadcast` look at the name only where it stores one message.
#[tokio::test]
async fn a_name_that_is_none_is_refused_whoever_is_to_hear_it() {
    let (server, own, api) = one_site().await;
    api.seats("r", &[]).await;
    let _here = enters(&server, &own, "2").await;
    let long = "x".repeat(191);
    for name in ["", " ", "a\nb", long.as_str()] {
        for to in ["all", "online", "room"] {
            let mut said = json!({"to": to, "name": name, "body": "x"});
            if to == "room" {
                said["room"] = "r".into();
            }
            assert_problem(&api.give("POST", "broadcasts", &said).await, 400, "bad_parameter", &said.to_string());
        }
    }
}

/// Negative control: let `to_online` end at the first who is refused.
#[tokio::test]
async fn whom_the_speaker_blocks_keeps_a_broadcast_from_nobody_else() {
    let (server, own, api) = one_site().await;
    let ids = ["2", "3", "4", "5", "6", "7", "8"];
    api.makes(&ids).await;
    let mut pages = Vec::new();
    for id in &ids[1..] {
        pages.push(enters(&server, &own, id).await);
    }
    api.settles("PUT", "users/2/blocks/3", None).await;
    api.does("POST", "broadcasts", &json!({"from": "2", "to": "online", "body": "to those here"})).await;
    for page in &pages[1..] {
        assert_eq!(page.hears().await, ["to those here"], "{}", page.id());
    }
    assert!(pages[0].history("2").await.is_empty());
}

/// Negative control: let `notify` take the first of `to` alone.
#[tokio::test]
async fn people_notice_what_the_site_wants_them_to() {
    let (server, own, api) = one_site().await;
    api.makes(&["2", "3", "4"]).await;
    let (two, four) = (enters(&server, &own, "2").await, enters(&server, &own, "4").await);
    let notice = json!({"to": ["2", "3"], "from": "Board", "text": "Seats are free", "link": "/board/1"});
    assert_eq!(api.does("POST", "notifications", &notice).await, json!({"told": 2}));
    assert_eq!(api.does("POST", "notifications", &json!({"to": ["3"], "text": "More"})).await, json!({"told": 1}));
    assert_eq!(api.does("POST", "notifications", &json!({"to": [], "text": "Nobody"})).await, json!({"told": 0}));
    let three = enters(&server, &own, "3").await;
    for (page, expected) in [(&two, vec!["Seats are free"]), (&three, vec!["Seats are free", "More"]), (&four, vec![])]
    {
        let given = page.post("notifications", "").await.json();
        assert_eq!(each(&given, "text"), expected, "{}", page.id());
        if let Some(first) = given.as_array().and_then(|all| all.first()) {
            assert_eq!((&first["from"], &first["link"]), (&json!("Board"), &json!("/board/1")));
        }
    }
    let (long, far, many) = ("x".repeat(2_001), format!("/{}", "x".repeat(500)), "x".repeat(256));
    for (notice, code) in [
        (json!({"to": ["2"], "text": ""}), "bad_parameter"),
        (json!({"to": ["2"], "text": long}), "bad_parameter"),
        (json!({"to": ["2"], "text": "x", "link": "javascript:alert(1)"}), "bad_parameter"),
        (json!({"to": ["2"], "text": "x", "link": far}), "bad_parameter"),
        (json!({"to": ["2"], "text": "x", "from": many}), "bad_parameter"),
        (json!({"to": ["a,b"], "text": "x"}), "bad_parameter"),
        (json!({"to": ["2"]}), "bad_request"),
        (json!({"to": "2", "text": "x"}), "bad_request"),
    ] {
        assert_problem(&api.give("POST", "notifications", &notice).await, 400, code, &notice.to_string());
    }
    assert_eq!(two.post("notifications", "").await.json().as_array().map(Vec::len), Some(1), "nothing by halves");
}

/// Negative control: let `history` look as nobody in particular.
#[tokio::test]
async fn a_history_is_read_as_its_person_sees_it() {
    let (_server, _, api) = one_site().await;
    api.makes(&["1", "2", "3"]).await;
    api.seats("r", &["1"]).await;
    let mut said = Vec::new();
    for body in [
        json!({"from": "1", "to": "2", "body": "one"}),
        json!({"from": "2", "to": "1", "body": "two"}),
        json!({"from": "2", "room": "r", "body": "three"}),
        json!({"from": "1", "to": "3", "body": "not theirs"}),
    ] {
        let stored = api.does("POST", "messages", &body).await;
        let mut message = body.clone();
        (message["seq"], message["at_ms"]) = (stored["seq"].clone(), stored["at_ms"].clone());
        message["name"] = format!("Name {}", body["from"].as_str().expect("a speaker")).into();
        said.push(message);
    }
    for (id, with) in [("1", "2"), ("2", "1")] {
        assert_eq!(api.reads(&format!("users/{id}/history?with={with}")).await, json!(said[..2]));
    }
    assert_eq!(api.reads("users/1/history?room=r").await, json!([said[2]]));
    assert_eq!(api.reads("users/3/history?with=2").await, json!([]));
    assert_eq!(api.reads("users/1/history?with=2&limit=1").await, json!([said[1]]), "the newest");
    let before = format!("users/1/history?with=2&limit=200&before={}", said[1]["seq"]);
    assert_eq!(api.reads(&before).await, json!([said[0]]));
    for (query, status, code) in [
        ("", 400, "missing_parameter"),
        ("?with=2&room=r", 400, "missing_parameter"),
        ("?with=a,b", 400, "bad_parameter"),
        ("?with=2&limit=0", 400, "bad_parameter"),
        ("?with=2&limit=201", 400, "bad_parameter"),
        ("?with=2&before=x", 400, "bad_parameter"),
        ("?with=ghost", 404, "unknown_user"),
        ("?room=ghost", 404, "unknown_room"),
    ] {
        assert_problem(&api.call("GET", &format!("users/1/history{query}")).await, status, code, query);
    }
    assert_problem(&api.call("GET", "users/2/history?room=r").await, 404, "unknown_room", "not a member");
    assert_problem(&api.call("GET", "users/ghost/history?with=1").await, 404, "unknown_user", "nobody");
}
