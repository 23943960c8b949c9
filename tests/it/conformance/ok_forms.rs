//! Part 1.0: encodings, headers, scripts, and what `ok` is for whom. Byte for byte where a byte matters.

use super::{Client, ONLINE};
use crate::support::clients::wire::{Browser, component};
use crate::support::clients::{Action, Generation};
use crate::support::{Answer, Ask, Server, urls};

/// The calls that a page makes without reading anything but that they worked.
fn doings() -> [Action<'static>; 6] {
    [
        Action::Message { in_room: false, to: "jack", body: "x", is_offline: true },
        Action::Typing { to: "jack", show: "typing" },
        Action::Show { show: "away", status: None },
        Action::Clear { in_room: false, id: "jack" },
        Action::Leave { room: "room2" },
        Action::Offline,
    ]
}

fn is(answer: &Answer) -> (u16, &str, String) {
    (answer.status, answer.header("content-type").unwrap_or_default(), answer.text())
}

const TEXT: &str = "text/plain; charset=utf-8";
const JSON: &str = "application/json; charset=utf-8";
const SCRIPT: &str = "application/javascript; charset=utf-8";

/// The first two ask for no type, except where they did by mistake: there any answer will do. The third parses all of it.
/// Negative control: `browser::ok` that answers the word whatever is asked for.
#[tokio::test]
async fn part_1_0_ok_by_request() {
    let server = Server::start().await;
    for generation in Generation::ALL {
        let susan = Client::open(&server, generation, "susan").await;
        for action in doings() {
            let Some(call) = generation.call(&action, &susan.me) else { continue };
            let (answer, _) = susan.answer(&action).await;
            let wanted = if call.wants_json { (200, JSON, "\"ok\"".into()) } else { (200, TEXT, "ok".into()) };
            assert_eq!(is(&answer), wanted, "{generation:?} {action:?}");
            assert_eq!(answer.header("cache-control"), Some("no-store"));
        }
        let susan = Client::open(&server, generation, "susan").await;
        let (answer, _) = susan.answer(&Action::Setting(&serde_json::json!({"play_sound": true}))).await;
        assert_eq!(is(&answer), (200, JSON, "\"ok\"".into()), "{generation:?}");
    }
}

#[tokio::test]
async fn part_1_0_ok_by_script() {
    let server = Server::start().await;
    for generation in Generation::ALL {
        let browser = Browser::sign_in(server.address, generation, "susan").await.by_script();
        let susan = Client::with(browser, "susan", &ONLINE).await;
        for action in doings().into_iter().filter(|action| generation.call(action, &susan.me).is_some()) {
            let (answer, callback) = susan.answer(&action).await;
            let wanted = format!("/**/{}(\"ok\");", callback.expect("a script"));
            assert_eq!(is(&answer), (200, SCRIPT, wanted), "{generation:?} {action:?}");
        }
    }
}

/// The form's media type on a GET without a body, as the first two generations send it.
#[tokio::test]
async fn part_1_0_a_get_may_call_itself_a_form() {
    let server = Server::start().await;
    let susan = Client::open(&server, Generation::G1, "susan").await;
    let ids = ["jack".to_owned()];
    let call = Generation::G1.call(&Action::Buddies(&ids), &susan.me).expect("a call");
    let (ask, _) = susan.browser.request(&call);
    let bytes = String::from_utf8(ask.bytes("h")).expect("text");
    assert!(bytes.starts_with("GET ") && bytes.contains("\r\nContent-Type: application/x-www-form-urlencoded\r\n"));
    assert_eq!(susan.browser.ask(&ask).await.expect("an answer").json()[0]["id"], "jack");
}

/// `+` for a blank, `%0A` for a new line, `'` as it is, `a%2Cb` for a list, `true` for a truth value, words for nothing.
#[tokio::test]
async fn part_1_0_values_arrive_as_they_were_meant() {
    let server = Server::start().await;
    let bodies = ["it's a + b & c = d", "one\ntwo", "undefined", "null", "0", "false", "50% of %41 is %", "你好 ~*()!"];
    for generation in Generation::ALL {
        let susan = Client::open(&server, generation, "susan").await;
        let mut jack = server.page("jack", "").await;
        for body in bodies {
            susan.does(&Action::Message { in_room: false, to: "jack", body, is_offline: false }).await;
            assert_eq!(jack.hears().await, [body], "{generation:?}");
        }
        jack.does("offline", "").await;
    }
    assert_eq!(component("it's a b"), "it's+a+b");
}

/// Pure ASCII for pages that are GBK, no markup, and the two separators that old engines take for ends of lines.
#[tokio::test]
async fn part_1_0_answers_are_ascii() {
    let server = Server::start().await;
    let susan = Client::open(&server, Generation::G2, "susan").await;
    let body = "你\u{2028}\u{2029}</script>&😀";
    susan.does(&Action::Message { in_room: false, to: "jack", body, is_offline: false }).await;
    let escaped = r#""body":"\u4f60\u2028\u2029\u003c/script\u003e\u0026\ud83d\ude00""#;
    for generation in Generation::ALL {
        let browser = Browser::sign_in(server.address, generation, "jack").await;
        for browser in [browser, Browser::sign_in(server.address, generation, "jack").await.by_script()] {
            let jack = Client::with(browser, "jack", &ONLINE).await;
            let (answer, _) = jack.answer(&Action::History { in_room: false, id: "susan" }).await;
            assert!(answer.body.is_ascii() && answer.text().contains(escaped), "{generation:?} {}", answer.text());
        }
    }
}

#[tokio::test]
async fn part_1_0_callbacks_of_frames_and_long_request_lines() {
    let server = Server::start().await;
    let mut susan = server.page("susan", "show=available").await;
    let answer = susan.get("buddies", "ids=jack&callback=parent.jsonp1285000000").await;
    assert!(answer.text().starts_with("/**/parent.jsonp1285000000([{\"id\":\"jack\""), "{}", answer.text());
    let body = "a".repeat(16 * 1024);
    let answer = susan.get("message", &format!("type=unicast&to=jack&body={body}&callback=cb")).await;
    assert_eq!(answer.text(), "/**/cb(\"ok\");");
    let answer = susan.ask(Ask::get("/webim/buddies?ids=jack").header("X-Long", &"y".repeat(4_000))).await;
    assert_eq!(answer.status, 200);
}

/// Bytes of answers that scripts and requests are given, whole.
#[tokio::test]
async fn golden_bytes_of_small_answers() {
    let server = Server::start().await;
    let mut susan = server.page("susan", "show=available").await;
    let ticket = urls::encode(susan.ticket());
    for (path, wanted) in [
        ("/webim/buddies?ids=nobody", (200, JSON, "[]")),
        ("/webim/buddies?ids=nobody&callback=jsonp1", (200, SCRIPT, "/**/jsonp1([]);")),
        ("/webim/history?type=unicast&id=lee", (200, JSON, "[]")),
        ("/webim/histories?ids=lee", (200, JSON, "{\"lee\":[]}")),
        ("/webim/message?type=unicast&to=jack&body=x", (200, TEXT, "ok")),
        ("/packets?ticket=t%7Cgone", (200, JSON, "null")),
        ("/packets?ticket=uid%3Agone&callback=jsonp2", (200, SCRIPT, "/**/jsonp2(null);")),
        (
            "/webim/members?ticket=T&id=room2",
            (
                200,
                JSON,
                r#"[{"id":"susan","name":"susan","nick":"Susan Vale","presence":"online","show":"available"}]"#,
            ),
        ),
    ] {
        let ask = Ask::get(&path.replace("ticket=T", &format!("ticket={ticket}")));
        let answer = susan.ask(ask.header("Referer", &format!("http://{}/demo/", server.address))).await;
        assert_eq!(is(&answer), (wanted.0, wanted.1, wanted.2.to_owned()), "{path}");
    }
}

/// What fails is known to every generation in its own way, and in a script is always a 200.
#[tokio::test]
async fn part_1_0_errors() {
    let server = Server::start().await;
    let ghost = Action::Message { in_room: false, to: "ghost", body: "x", is_offline: true };
    for generation in Generation::ALL {
        let susan = Client::open(&server, generation, "susan").await;
        let (answer, _) = susan.answer(&ghost).await;
        let status = if generation == Generation::G3 { 200 } else { 404 };
        assert_eq!(answer.status, status, "{generation:?}");
        assert!(answer.json()["message"].as_str().is_some_and(|text| !text.is_empty()), "the third shows it");
        let browser = Browser::sign_in(server.address, generation, "susan").await.by_script();
        let susan = Client::with(browser, "susan", &ONLINE).await;
        let told = susan.reads(&ghost).await;
        assert_eq!((&told["status"], &told["error_msg"]), (&"error".into(), &"Not Found".into()), "{generation:?}");
    }
    let mut susan = server.page("susan", "show=available").await;
    assert_eq!(susan.get("buddies", "ids=").await.status, 400, "a parameter that must be there");
    // A page that tells the server that it goes need not be told that its ticket went before.
    susan.does("refresh", "").await;
    assert_eq!(susan.post("refresh", "").await.status, 401);
}
