//! The names and addresses under which the family's clients and plugins know the same calls, asked as they ask.

use crate::support::{Ask, Server, urls};
use serde_json::json;

/// What J1 and J2 send with every call, GETs included.
const FORM: &str = "application/x-www-form-urlencoded";
const JSON: &str = "application/json, text/javascript, */*";

fn as_first(target: &str) -> Ask {
    Ask::get(target).header("Content-Type", FORM).header("Accept", JSON).header("X-Requested-With", "XMLHttpRequest")
}

#[tokio::test]
async fn plugins_addresses_answer_as_the_protocols_own() {
    let server = Server::start().await;
    let mut susan = server.page("susan", "").await;
    let plain = susan.ask(as_first("/webim/buddies?_=17&ids=jack,lee")).await;
    assert_eq!((plain.status, plain.json()[0]["id"].as_str()), (200, Some("jack")));
    for target in [
        "/webim/user_info?ids=jack,lee",
        "/webim/im.php?webim_action=buddy&_=17&ids=jack%2Clee",
        "/im.php?webim_action=buddies&ids=jack%2Clee",
        "/webim/index.php?action=buddies&ids=jack%2Clee&csrf_token=",
        "/index.php?action=buddies&ids=jack%2Clee",
        "/webim/api/buddy.php?platform=uchome&ids=jack%2Clee",
    ] {
        let answer = susan.ask(as_first(target)).await;
        assert_eq!((answer.status, answer.json()), (200, plain.json()), "{target}");
    }
    // The action may stand in the address and the rest in the form, as a POST of those clients has it.
    let post = Ask::post("/im.php?webim_action=history", "type=unicast&id=jack").header("Accept", JSON);
    assert_eq!(susan.ask(post).await.json().as_array().map(Vec::len), Some(4));
    let script = susan
        .ask(Ask::get(&format!("/im.php?webim_action=buddies&ids=jack&ticket={}&callback=jsonp1", susan.ticket())))
        .await;
    assert_eq!(script.script("jsonp1")[0]["id"], "jack");
}

#[tokio::test]
async fn what_is_no_address_of_a_plugin_is_not_found() {
    let server = Server::start().await;
    let mut http = server.connect().await;
    for target in [
        "/api/buddies.php",
        "/im.php",
        "/index.php",
        "/index.php?action=nothing",
        "/index.php?action=",
        "/im.php?action=buddies",
        "/webim/api/nothing.php",
        "/webim/api/buddies",
        "/webim/buddies.php",
        "/webim/api/.php",
        "/buddies",
    ] {
        let answer = http.ask(&Ask::get(target)).await.expect("an answer");
        assert_eq!((answer.status, answer.code().as_str()), (404, "not_found"), "{target}");
    }
    let answer = http.ask(&Ask::new("PUT", "/im.php?webim_action=online")).await.expect("an answer");
    assert_eq!((answer.status, answer.header("allow")), (405, Some("GET, POST")));
}

#[tokio::test]
async fn the_later_names_are_the_same_calls() {
    let server = Server::start().await;
    let mut susan = server.page("susan", "").await;
    for (name, alias) in [("notifications", "notification"), ("buddies", "user_info")] {
        assert_eq!(susan.read(name, "ids=jack").await, susan.read(alias, "ids=jack").await, "{alias}");
    }
    let file = susan.get("download_history", "type=unicast&id=jack&date=2026-11-23").await;
    for alias in ["history/download", "download"] {
        let same = susan.get(alias, "type=unicast&id=jack&date=2026-11-23").await;
        assert_eq!((same.status, same.text()), (200, file.text()), "{alias}");
    }
}

/// Negative control: leave the address's own parameters in the call, and they become settings of the member.
#[tokio::test]
async fn an_address_leaves_nothing_in_the_settings() {
    let server = Server::start().await;
    let mut susan = server.page("susan", "").await;
    let form = "play_sound=false&buddy_sticky=true&minimize_layout=false&msg_auto_pop=true";
    for target in
        ["/webim/api/setting.php?platform=uchome", "/im.php?webim_action=setting", "/index.php?action=setting"]
    {
        let answer = susan.ask(Ask::post(target, form).header("Accept", JSON)).await;
        assert_eq!((answer.status, answer.text().as_str()), (200, "\"ok\""), "{target}");
    }
    let setting = json!({"play_sound": false, "buddy_sticky": true, "minimize_layout": false, "msg_auto_pop": true});
    assert_eq!(susan.online("buddy_ids=").await["setting"], setting);
}

/// G2's and G3's applications post back what they were given: `ok`, and nothing is stored.
#[tokio::test]
async fn a_message_that_is_posted_back_is_not_stored_again() {
    let server = Server::start().await;
    let mut jack = server.page("jack", "buddy_ids=&room_ids=&show=available").await;
    server.member("susan").await.says("jack", "once").await;
    assert_eq!(jack.hears().await, ["once"]);
    let back = "type=unicast&to=jack&from=susan&nick=Susan&style=&body=once&timestamp=1795411491369&new=true&id=3";
    let form = urls::with(back, "ticket", jack.ticket());
    let answer = jack.ask(Ask::post("/webim/logmsg", &form).header("Accept", "*/*")).await;
    assert_eq!((answer.status, answer.text().as_str()), (200, "ok"));
    let answer = jack.ask(Ask::get(&format!("/index.php?action=logmsg&{form}&to_nick=Jack&csrf_token="))).await;
    assert_eq!((answer.status, answer.text().as_str()), (200, "\"ok\""));
    let history = jack.read("history", "type=unicast&id=susan").await;
    assert_eq!(history.as_array().into_iter().flatten().filter(|item| item["body"] == "once").count(), 1);
    let nobody = server.connect().await.ask(&Ask::post("/webim/logmsg", back)).await.expect("an answer");
    assert_eq!((nobody.status, nobody.code().as_str()), (401, "not_signed_in"));
}

/// A request of G3's own search box.
#[tokio::test]
async fn people_are_found_by_nick() {
    let server = Server::start().await;
    let mut susan = server.page("susan", "csrf_token=&show=available").await;
    let _mary = server.page("mary", "").await;
    let found = susan.read("search", "nick=MA&csrf_token=").await;
    assert_eq!(crate::support::member::each(&found, "id"), ["mary"], "{found}");
    assert_eq!((&found[0]["presence"], &found[0]["group"]), (&"online".into(), &"Rowing".into()));
    let all = susan.read("search", "nick=e&csrf_token=").await;
    let ids = crate::support::member::each(&all, "id");
    assert!(!ids.contains(&"susan".to_owned()), "not oneself: {ids:?}");
    assert_eq!(ids.last().map(String::as_str), Some("lee"), "friends first: {ids:?}");
    assert_eq!(susan.read("search", "nick=lee").await[0]["group"], "stranger");
    assert_eq!(susan.read("search", "nick=%E9%99%88").await[0]["id"], "wei");
    assert_eq!(susan.read("search", "nick=nobody+of+that+name").await, json!([]));
    let long = format!("nick={}", "x".repeat(201));
    assert_eq!(susan.post("search", &long).await.code(), "bad_parameter");
    assert_eq!(susan.post("search", "nick=").await.code(), "missing_parameter");
    let mut mary = server.page("mary", "show=invisible").await;
    mary.does("presence", "show=invisible").await;
    assert_eq!(susan.read("search", "nick=mary").await[0]["presence"], "offline", "invisible is offline here, too");
}
