//! `connection.server`: an address that the page can poll as it stands, also behind a proxy.

use crate::support::{Ask, Member, Server, assert_empty};
use serde_json::Value;

async fn server_of(member: &mut Member, headers: &[(&str, &str)]) -> String {
    let ask = headers.iter().fold(Ask::post("/webim/online", ""), |ask, (name, value)| ask.header(name, value));
    let answer = member.ask(ask).await.json();
    assert_eq!(answer["connection"]["jsonpd"], answer["connection"]["server"]);
    let server = answer["connection"]["server"].as_str().expect("a text").to_owned();
    assert!(!server.contains('?') && !server.contains('#'), "{server}");
    server
}

#[tokio::test]
async fn it_is_absolute_and_answers_when_polled() {
    let server = Server::start().await;
    let mut susan = server.member("susan").await;
    let opened = susan.online("").await;
    let connection = &opened["connection"];
    let (address, domain) = (connection["server"].as_str().expect("a text"), &connection["domain"]);
    let path = address.strip_prefix(&format!("http://{}", server.address)).expect("this server").to_owned();
    assert_eq!(domain, "localhost");
    let query = format!("domain=localhost&ticket={}&callback=jsonp1", susan.ticket());
    // As every generation appends it, and as the oldest pages do, who know an address without a path.
    for target in [format!("{path}?{query}"), format!("/?{query}"), format!("{path}?{query}&_=17")] {
        let packet = server.connect().await.ask(&Ask::get(&target)).await.expect("an answer").script("jsonp1");
        assert_empty(&packet);
    }
    let bare = server.connect().await.ask(&Ask::get(&path)).await.expect("an answer");
    assert_eq!(
        (bare.status, bare.code().as_str()),
        (400, "missing_parameter"),
        "polled without anything it answers, too"
    );
}

#[tokio::test]
async fn a_proxy_on_this_machine_says_how_it_is_reached() {
    let server = Server::start().await;
    let mut susan = server.member("susan").await;
    let own = format!("http://{}/packets", server.address);
    assert_eq!(server_of(&mut susan, &[]).await, own);
    let https = [("X-Forwarded-Proto", "https"), ("X-Forwarded-Host", "im.example.com")];
    assert_eq!(server_of(&mut susan, &https).await, "https://im.example.com/packets");
    assert_eq!(server_of(&mut susan, &https[1..]).await, "http://im.example.com/packets");
    let port = [("X-Forwarded-Host", "im.example.com:8443"), ("X-Forwarded-Proto", "https")];
    assert_eq!(server_of(&mut susan, &port).await, "https://im.example.com:8443/packets");
    for bad in ["evil.example/?x=", "a b", "user@evil.example", "evil.example\"", ""] {
        assert_eq!(server_of(&mut susan, &[("X-Forwarded-Host", bad)]).await, own, "{bad:?}");
    }
}

#[tokio::test]
async fn the_configured_address_wins() {
    let server = Server::start_with(|config| config.public_url = Some("https://im.example.com/chat".into())).await;
    let mut susan = server.member("susan").await;
    let forwarded = [("X-Forwarded-Host", "other.example")];
    assert_eq!(server_of(&mut susan, &forwarded).await, "https://im.example.com/chat/packets");
}

#[tokio::test]
async fn the_stream_takes_get_and_post_and_both_names_of_its_site() {
    let server = Server::start().await;
    let mut susan = server.page("susan", "").await;
    let mut http = server.connect().await;
    for domain in ["&domain=localhost", "&domain=public", ""] {
        let form = format!("ticket={}{domain}", susan.ticket());
        for ask in [Ask::post("/packets", &form), Ask::get(&format!("/packets?{form}"))] {
            susan.tab().says("susan", "a note").await;
            let packet = http.ask(&ask).await.expect("an answer").json();
            assert_eq!(packet["messages"][0]["body"], "a note");
        }
    }
    let elsewhere = Ask::get(&format!("/packets?domain=other.example&ticket={}", susan.ticket()));
    assert_eq!(http.ask(&elsewhere).await.expect("an answer").json(), Value::Null);
    susan.does("offline", "").await;
}
