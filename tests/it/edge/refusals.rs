//! Refusals as each generation understands them (decision 18 of the protocol: a script gets a 200, a message of the 5.x
//! client too, everybody else the real status; the body is always the same).

use crate::support::{Answer, Ask, Member, Server, urls};

const FIRST: &str = "application/json, text/javascript, */*";
const THIRD: &str = "application/json, text/javascript, */*; q=0.01";

/// What old clients read of a refusal, whichever field they look at.
fn understood(body: &serde_json::Value, code: &str, words: &str) {
    assert_eq!((&body["success"], &body["status"], &body["code"]), (&false.into(), &"error".into(), &code.into()));
    assert_eq!((&body["error_msg"], &body["error"]), (&words.into(), &words.into()), "the words that they translate");
    let message = body["message"].as_str().unwrap_or_default();
    assert!(!message.is_empty() && !message.contains(['<', '>']), "the 5.x client shows it as markup: {message}");
}

#[tokio::test]
async fn a_page_of_somebody_who_is_not_signed_in() {
    let server = Server::start().await;
    let mut http = server.connect().await;
    for (accept, form) in [
        (FIRST, "buddy_ids=2&stranger_ids=7%2C8"),
        (FIRST, "buddy_ids=2&room_ids=r1&show=available"),
        (THIRD, "buddy_ids=2&room_ids=r1&csrf_token=&show=available"),
    ] {
        let answer = http.ask(&Ask::post("/webim/online", form).header("Accept", accept)).await.expect("an answer");
        assert_eq!(answer.status, 401);
        understood(&answer.json(), "not_signed_in", "Not Authorized");
        let script = http.ask(&Ask::get(&format!("/webim/online?{form}&callback=jsonp1285"))).await.expect("an answer");
        understood(&script.script("jsonp1285"), "not_signed_in", "Not Authorized");
    }
}

async fn message(member: &mut Member, form: &str, accept: &str) -> Answer {
    let form = urls::with(form, "ticket", member.ticket());
    member.ask(Ask::post("/webim/message", &form).header("Accept", accept)).await
}

#[tokio::test]
async fn a_message_that_is_refused() {
    let server = Server::start().await;
    let mut susan = server.page("susan", "buddy_ids=&csrf_token=&show=available").await;
    let to_ghost = "to=ghost&from=susan&nick=Susan&to_nick=x&offline=true&timestamp=1795411491369.5&body=x";
    for form in [
        format!("csrf_token=&type=chat&{to_ghost}"),
        format!("type=chat&{to_ghost}"),
        format!("csrf_token=&type=grpchat&{to_ghost}"),
    ] {
        let answer = message(&mut susan, &form, THIRD).await;
        let code = if form.contains("grpchat") { "unknown_room" } else { "unknown_user" };
        assert_eq!(answer.status, 200, "shown only so: {form}");
        understood(&answer.json(), code, "Not Found");
    }
    let answer = message(&mut susan, "csrf_token=&type=chat&to=jack", THIRD).await;
    assert_eq!((answer.status, answer.code().as_str()), (200, "missing_parameter"));
    let mut jack = server.page("jack", "buddy_ids=&room_ids=&show=available").await;
    let answer = message(&mut jack, &format!("type=unicast&{to_ghost}"), "*/*").await;
    assert_eq!(answer.status, 404, "the earlier clients only look whether it is an error");
    understood(&answer.json(), "unknown_user", "Not Found");
    let ended = "csrf_token=&type=chat&to=jack&body=x&ticket=ended";
    let answer = susan.ask(Ask::post("/webim/message", ended).header("Accept", THIRD)).await;
    assert_eq!((answer.status, answer.code().as_str()), (200, "ticket_ended"));
}

/// Every endpoint, and every way in which a call can be wrong that its client can cause.
#[tokio::test]
async fn a_script_is_always_a_200_and_everything_else_has_its_status() {
    let server = Server::start().await;
    let mut susan = server.page("susan", "").await;
    for (endpoint, form, status, code) in [
        ("buddies", "ids=", 400, "missing_parameter"),
        ("history", "type=unicast", 400, "missing_parameter"),
        ("clear_history", "type=unicast", 400, "missing_parameter"),
        ("join", "id=room9&nick=A", 404, "unknown_room"),
        ("message", "type=unicast&to=jack", 400, "missing_parameter"),
        ("message", "type=broadcast&to=jack&body=x", 403, "not_allowed"),
        ("status", "to=jack", 400, "missing_parameter"),
        ("presence", "status=undefined", 400, "missing_parameter"),
        ("setting", "data=undefined+x", 400, "bad_parameter"),
        ("search", "csrf_token=", 400, "missing_parameter"),
        ("notifications", "read=-1", 400, "bad_parameter"),
        ("download_history", "type=unicast", 400, "missing_parameter"),
        ("im.php", "webim_action=nothing", 404, "not_found"),
        ("nothing", "", 404, "not_found"),
    ] {
        let answer = susan.post(endpoint, form).await;
        assert_eq!((answer.status, answer.code().as_str()), (status, code), "{endpoint} {form}");
        let script = susan.get(endpoint, &urls::with(form, "callback", "parent.jsonp1")).await;
        assert_eq!(script.script("parent.jsonp1")["code"], code, "{endpoint} {form}");
    }
    let answer = susan.post("join", "id=room9&nick=A").await;
    understood(&answer.json(), "unknown_room", "Not Found");
    let ended = susan.tab().ask(Ask::post("/webim/refresh", "ticket=ended")).await;
    understood(&ended.json(), "ticket_ended", "Not Authorized");
}
