//! An illegal `callback` is refused as text, and nothing of it comes back.

use crate::support::{Ask, Server, urls};

const ILLEGAL: [&str; 14] = [
    "alert(1)",
    "evil;x",
    "evil.x",
    "parent.evil.x",
    "parent.",
    "1evil",
    "evil x",
    "evil<script>",
    "evil\"",
    "evil\r\nX-Evil: 1",
    "\u{e9}vil",
    "evil//",
    "evil[0]",
    "window.evil",
];

#[tokio::test]
async fn an_illegal_callback_is_refused_and_not_reflected() {
    let server = Server::start().await;
    let susan = server.page("susan", "").await;
    let mut http = server.connect().await;
    let long = "e".repeat(65);
    let nested = "parent.parent.x";
    for path in ["/packets", "/webim/buddies", "/webim/message", "/webim/online", "/webim/offline", "/webim/setting"] {
        for callback in ILLEGAL.into_iter().chain([long.as_str(), nested]) {
            let query = format!("ticket={}&to=jack&body=x&ids=jack&callback=", susan.ticket());
            let ask = Ask::get(&format!("{path}?{query}{}", urls::encode(callback))).header("Cookie", &susan.cookie);
            let answer = http.ask(&ask).await.expect("an answer on the same connection");
            assert_eq!(answer.status, 400, "{path} {callback:?}");
            assert!(answer.text().contains("bad_callback"), "{path} {callback:?}: {}", answer.text());
            let all = format!("{:?} {}", answer.headers, answer.text());
            assert!(!all.contains("evil") && !all.contains("alert") && !all.contains(&long), "{path}: {all}");
            assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
        }
    }
    let mut jack = server.member("jack").await;
    assert_eq!(jack.online("").await["new_messages"], serde_json::json!([]), "the messages were not sent");
}

#[tokio::test]
async fn the_refusal_of_an_illegal_callback_is_text() {
    let server = Server::start().await;
    let mut http = server.connect().await;
    for path in ["/packets", "/webim/buddies"] {
        let answer = http.ask(&Ask::get(&format!("{path}?callback=a.b"))).await.expect("an answer");
        let kind = answer.header("content-type").unwrap_or_default().to_owned();
        assert!(kind.starts_with("text/plain"), "{path}: {kind}");
    }
}

#[tokio::test]
async fn legal_callbacks_are_called_and_are_scripts_of_their_own() {
    let server = Server::start().await;
    let mut susan = server.page("susan", "").await;
    for callback in ["jsonp1285", "parent.jsonp1", "_", "$a", "cb_2", &"a".repeat(64)] {
        let answer = susan.get("buddies", &format!("ids=jack&callback={}", urls::encode(callback))).await;
        assert_eq!(answer.script(callback)[0]["id"], "jack");
        assert_eq!(answer.header("content-disposition"), Some("attachment; filename=f.txt"));
    }
}

#[tokio::test]
async fn a_refusal_in_a_script_is_a_200_that_calls_the_function() {
    let server = Server::start().await;
    let mut susan = server.page("susan", "").await;
    let answer = susan.get("message", "type=unicast&to=ghost&body=x&callback=cb").await;
    let refusal = answer.script("cb");
    assert_eq!((&refusal["success"], &refusal["status"]), (&false.into(), &"error".into()));
    assert_eq!(refusal["code"], "unknown_user");
    assert!(["error_msg", "error", "message"].iter().all(|field| refusal[field].is_string()), "{refusal}");
    let answer = susan.get("buddies", "ids=jack&callback=cb&ticket=x").await;
    assert_eq!(answer.script("cb")["code"], "ticket_ended");
}

/// What is refused before it is read completely is a script all the same. Negative control: let `early_form` be plain.
#[tokio::test]
async fn an_early_refusal_in_a_script_is_a_200_that_calls_the_function() {
    let server = Server::start().await;
    let susan = server.page("susan", "").await;
    let mut http = server.connect().await;
    let ticket = susan.ticket();
    for (target, code) in [
        (format!("/webim/buddies?callback=cb&ids=a&ids=b&ticket={ticket}"), "repeated_parameter"),
        (format!("/webim/buddies?callback=cb&ids=%FF&ticket={ticket}"), "bad_encoding"),
        ("/webim/nothing?callback=cb".to_owned(), "not_found"),
        ("/webim//webim/buddies?callback=cb".to_owned(), "not_found"),
    ] {
        let answer = http.ask(&Ask::get(&target)).await.expect("an answer");
        assert_eq!((answer.status, &answer.script("cb")["code"]), (200, &code.into()), "{target}");
    }
}
