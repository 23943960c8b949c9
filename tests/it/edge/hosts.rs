//! The demonstration answers only under names of this machine.

use crate::support::{Ask, Server};

#[tokio::test]
async fn a_foreign_host_is_refused_everywhere() {
    let server = Server::start().await;
    let mut susan = server.page("susan", "").await;
    let ticket = susan.ticket().to_owned();
    let poll = format!("/packets?ticket={ticket}");
    let root = format!("/?ticket={ticket}");
    let buddies = format!("/webim/buddies?ids=jack&ticket={ticket}");
    let paths = ["/", "/demo/", "/demo/as/susan", "/demo/susan/", "/webim/online", &poll, &root, &buddies];
    for host in ["evil.example", "localhost.evil.example", "127.0.0.1.evil.example", "10.0.0.1:8000", "user@localhost"]
    {
        for path in paths {
            let answer = susan.ask(Ask::get(path).header("Host", host)).await;
            assert_eq!((answer.status, answer.code().as_str()), (403, "foreign_host"), "{host} {path}");
            assert_eq!(answer.header("set-cookie"), None);
            assert!(!answer.text().contains("evil"), "{host} {path}");
        }
    }
}

#[tokio::test]
async fn names_of_this_machine_are_served() {
    let server = Server::start().await;
    let mut susan = server.page("susan", "").await;
    for host in
        ["localhost", "localhost:8000", "127.0.0.1", "127.0.0.9:1", "[::1]:8000", "susan.localhost", "LocalHost"]
    {
        assert_eq!(susan.ask(Ask::get("/demo/").header("Host", host)).await.status, 200, "{host}");
        let answer = susan.ask(Ask::post("/webim/online", "").header("Host", host)).await;
        assert_eq!(answer.json()["connection"]["server"], format!("http://{host}/packets"), "{host}");
    }
}

#[tokio::test]
async fn whoever_watches_the_process_may_use_any_name() {
    let server = Server::start().await;
    let mut http = server.connect().await;
    for path in ["/healthz", "/readyz"] {
        let answer = http.ask(&Ask::get(path).header("Host", "probe.internal")).await.expect("an answer");
        assert_eq!((answer.status, answer.text().as_str()), (200, "ok\n"));
    }
}

#[tokio::test]
async fn the_configured_name_is_served_too() {
    let server = Server::start_with(|config| config.public_url = Some("https://im.example.com".into())).await;
    let mut susan = server.member("susan").await;
    let ask =
        Ask::post("/webim/online", "").header("Host", "im.example.com").header("Origin", "https://im.example.com");
    let answer = susan.ask(ask).await;
    assert_eq!(answer.json()["connection"]["server"], "https://im.example.com/packets");
    let answer = susan.ask(Ask::post("/webim/online", "").header("Host", "evil.example")).await;
    assert_eq!(answer.code(), "foreign_host");
}
