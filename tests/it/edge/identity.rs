//! Identity belongs to the tab: a ticket wins over a token, a token over the cookie, and so two members live in one browser.

use crate::support::{Ask, Server, urls};

#[tokio::test]
async fn two_members_live_in_two_tabs_with_one_cookie() {
    let server = Server::start().await;
    let mut susan = server.page("susan", "").await;
    let mut jack = server.page("jack", "").await;
    // The second sign-in replaced the cookie of both tabs.
    susan.cookie = jack.cookie.clone();
    susan.says("jack", "from susan's tab").await;
    let packet = jack.poll().await;
    assert_eq!(
        (&packet["messages"][0]["from"], &packet["messages"][0]["body"]),
        (&"susan".into(), &"from susan's tab".into())
    );
    jack.says("susan", "from jack's tab").await;
    assert_eq!(susan.poll().await["messages"][0]["from"], "jack");
    susan.does("setting", "theme=dark").await;
    let ticket = urls::encode(susan.ticket());
    let again = susan.ask(Ask::post("/webim/online", &format!("ticket={ticket}"))).await.json();
    assert_eq!(again["user"]["id"], "susan", "a tab that opens anew is still its member");
    assert_eq!(again["setting"]["theme"], "dark");
    assert_eq!(jack.online("").await["setting"], serde_json::json!({}));
}

#[tokio::test]
async fn a_pages_token_wins_over_the_cookie() {
    let server = Server::start().await;
    let mut jack = server.member("jack").await;
    let page = jack.ask(Ask::get("/demo/susan/")).await.text();
    let token = page.split("data-token=\"").nth(1).and_then(|rest| rest.split('"').next()).expect("a token").to_owned();
    assert_eq!(jack.online(&format!("token={}", urls::encode(&token))).await["user"]["id"], "susan");
    let by_header = Ask::post("/webim/online", "").header("Authorization", &format!("Bearer {token}"));
    assert_eq!(jack.ask(by_header).await.json()["user"]["id"], "susan");
    assert_eq!(jack.online("").await["user"]["id"], "jack", "the cookie is who it was");
    jack.ticket = None;
    for bad in [token.replace("susan", "jack"), "susan.".into(), "susan".into(), format!("{token}x")] {
        let answer = jack.post("online", &format!("token={}", urls::encode(&bad))).await;
        assert_eq!((answer.status, answer.code().as_str()), (401, "not_signed_in"), "a bad token never falls back");
    }
}

#[tokio::test]
async fn a_bad_ticket_never_falls_back_to_the_cookie() {
    let server = Server::start().await;
    let mut susan = server.member("susan").await;
    let answer = susan.post("message", "ticket=x&type=unicast&to=jack&body=x").await;
    assert_eq!(answer.code(), "ticket_ended");
}

#[tokio::test]
async fn the_sender_is_who_holds_the_ticket_whatever_the_form_says() {
    let server = Server::start().await;
    let mut susan = server.page("susan", "").await;
    let mut jack = server.page("jack", "").await;
    susan.does("message", "type=unicast&to=jack&from=mary&nick=Mary&timestamp=5&body=who%3F").await;
    let heard = &jack.poll().await["messages"][0];
    assert_eq!((&heard["from"], &heard["nick"]), (&"susan".into(), &"Susan Vale".into()));
    assert_ne!(heard["timestamp"], "5");
}

#[tokio::test]
async fn tickets_are_long_and_never_the_same() {
    let server = Server::start().await;
    let mut tickets = std::collections::HashSet::new();
    for _ in 0..15 {
        let susan = server.page("susan", "").await;
        assert!(susan.ticket().len() >= 32, "192 bits: {}", susan.ticket());
        assert!(tickets.insert(susan.ticket().to_owned()));
    }
}

#[tokio::test]
async fn one_site_answers_to_its_name_and_its_key_only() {
    let server = Server::start().await;
    let mut susan = server.member("susan").await;
    for domain in ["localhost", "public"] {
        assert_eq!(susan.online(&format!("domain={domain}")).await["success"], true);
        assert_eq!(susan.read("buddies", &format!("ids=jack&domain={domain}")).await[0]["id"], "jack");
    }
    assert_eq!(susan.post("buddies", "ids=jack&domain=other.example").await.code(), "ticket_ended");
    susan.ticket = None;
    assert_eq!(susan.post("online", "domain=other.example").await.code(), "bad_parameter");
}

/// A page that gives a ticket means to be its holder: with a dead one it is nobody, whatever the cookie says.
/// Negative control: take the word `undefined` for no ticket in `auth::ticket`.
#[tokio::test]
async fn a_dead_ticket_is_not_replaced_by_a_cookie() {
    let server = Server::start().await;
    let mut jack = server.page("jack", "").await;
    for ticket in ["undefined", "null", "no-such-ticket"] {
        jack.ticket = Some(ticket.into());
        for (endpoint, form) in
            [("message", "type=unicast&to=mary&body=as whom?"), ("online", ""), ("buddies", "ids=mary")]
        {
            let answer = jack.post(endpoint, form).await;
            assert_eq!((answer.status, answer.code().as_str()), (401, "ticket_ended"), "{endpoint} with {ticket}");
        }
    }
    let mut mary = server.member("mary").await;
    assert_eq!(mary.online("").await["new_messages"], serde_json::json!([]));
}
