//! The cookie speaks only for pages of our own; a ticket speaks for itself.

use crate::support::{Answer, Ask, Member, Server};

const FORM: &str = "buddy_ids=&room_ids=&stranger_ids=";

async fn online(member: &mut Member, query: &str, headers: &[(&str, &str)]) -> Answer {
    let ask = if query.is_empty() {
        Ask::post("/webim/online", FORM)
    } else {
        Ask::get(&format!("/webim/online?{FORM}&{query}"))
    };
    let ask = headers.iter().fold(ask, |ask, (name, value)| ask.header(name, value));
    member.ask(ask).await
}

#[tokio::test]
async fn a_cookie_from_another_sites_page_is_refused() {
    let server = Server::start().await;
    let mut susan = server.member("susan").await;
    let own = format!("http://{}", server.address);
    let lookalike = format!("{own}.evil.example");
    let user = format!("{own}@evil.example/");
    let other_port = "http://127.0.0.1:1/".to_owned();
    let refused: Vec<Vec<(&str, &str)>> = vec![
        vec![("Sec-Fetch-Site", "cross-site")],
        vec![("Sec-Fetch-Site", "cross-site"), ("Origin", &own)],
        vec![("Origin", "https://evil.example")],
        vec![("Origin", "null")],
        vec![("Origin", &lookalike)],
        vec![("Origin", &user)],
        vec![("Origin", &other_port)],
        vec![("Referer", "https://evil.example/page")],
        vec![("Origin", &own), ("Referer", "https://evil.example/page")],
        vec![("Sec-Fetch-Site", "same-origin"), ("Origin", "https://evil.example")],
    ];
    for headers in refused {
        let answer = online(&mut susan, "", &headers).await;
        assert_eq!((answer.status, answer.code().as_str()), (403, "cross_site"), "{headers:?}");
        assert_eq!(answer.header("access-control-allow-origin"), None);
        let answer = online(&mut susan, "callback=cb", &headers).await;
        assert_eq!(answer.script("cb")["code"], "cross_site", "{headers:?}");
    }
}

#[tokio::test]
async fn a_cookie_from_our_own_page_or_from_no_page_is_honoured() {
    let server = Server::start().await;
    let mut susan = server.member("susan").await;
    let own = format!("http://{}", server.address);
    let page = format!("{own}/demo/susan/?a=b");
    let honoured: Vec<Vec<(&str, &str)>> = vec![
        vec![],
        vec![("Origin", &own)],
        vec![("Referer", &page)],
        vec![("Origin", &own), ("Referer", &page), ("Sec-Fetch-Site", "same-origin")],
        vec![("Sec-Fetch-Site", "same-origin")],
        vec![("Sec-Fetch-Site", "none")],
    ];
    for headers in honoured {
        let answer = online(&mut susan, "", &headers).await;
        assert_eq!((answer.status, &answer.json()["success"]), (200, &true.into()), "{headers:?}");
    }
}

#[tokio::test]
async fn a_script_with_a_cookie_must_come_from_our_own_page() {
    let server = Server::start().await;
    let mut susan = server.member("susan").await;
    let page = format!("http://{}/demo/susan/", server.address);
    for headers in [&[][..], &[("Sec-Fetch-Site", "none")]] {
        let answer = online(&mut susan, "callback=cb", headers).await;
        assert_eq!(answer.script("cb")["code"], "cross_site", "{headers:?}");
    }
    for header in [("Sec-Fetch-Site", "same-origin"), ("Sec-Fetch-Site", "same-site"), ("Referer", &page)] {
        let answer = online(&mut susan, "callback=cb", &[header]).await;
        assert_eq!(answer.script("cb")["success"], true, "{header:?}");
    }
}

#[tokio::test]
async fn a_ticket_is_honoured_wherever_the_page_is_from() {
    let server = Server::start().await;
    let susan = server.page("susan", "").await;
    let mut http = server.connect().await;
    let ask = Ask::get(&format!("/webim/buddies?ids=jack&callback=cb&ticket={}", susan.ticket()));
    let ask = ask.header("Sec-Fetch-Site", "cross-site").header("Referer", "https://community.example/");
    assert_eq!(http.ask(&ask).await.expect("an answer").script("cb")[0]["id"], "jack");
}

#[tokio::test]
async fn the_stream_ignores_cookies() {
    let server = Server::start().await;
    let mut susan = server.page("susan", "").await;
    let answer = susan.ask(Ask::get("/packets?domain=localhost")).await;
    assert_eq!((answer.status, answer.code().as_str()), (400, "missing_parameter"));
    let answer = susan.ask(Ask::get("/packets?domain=localhost&ticket=x&callback=cb")).await;
    assert_eq!(answer.script("cb"), serde_json::Value::Null);
}
