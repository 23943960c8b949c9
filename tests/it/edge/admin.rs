//! The operator's listener: figures and probes, and nothing of them where members come in.

use crate::support::http::Http;
use crate::support::{Ask, Server};
use nextim::chat::site::KeyDigest;
use nextim::config::AdminListen;
use std::net::SocketAddr;

async fn get(address: SocketAddr, path: &str) -> (u16, String) {
    let answer = Http::open(address).await.expect("a connection").ask(&Ask::get(path)).await.expect("an answer");
    (answer.status, answer.text())
}

/// Negative control: leave `refusing` out of `with_headers`, or count sessions in place of members.
#[tokio::test]
async fn figures_say_who_is_here_and_what_was_refused() {
    let change = |config: &mut nextim::config::Config| {
        config.admin_listen = AdminListen::At(SocketAddr::from(([127, 0, 0, 1], 0)));
    };
    let server = Server::start_with(change).await;
    let admin = server.admin_address().expect("it listens");
    let mut susan = server.page("susan", "client=native").await;
    let _tab = server.page("susan", "client=native").await;
    let mut jack = server.page("jack", "client=native").await;
    jack.does("presence", "show=invisible&status=").await;
    assert_eq!(susan.post("message", "type=unicast&to=nobody&body=x").await.code(), "unknown_user");
    let (status, text) = get(admin, "/metrics").await;
    assert_eq!(status, 200);
    for line in [
        "nextim_members_online{site=\"localhost\"} 1",
        "nextim_members_unseen{site=\"localhost\"} 1",
        "nextim_sessions{site=\"localhost\"} 3",
        "nextim_refusals_total{code=\"unknown_user\"} 1",
        "nextim_store_writable 1",
        "# EOF",
    ] {
        assert!(text.lines().any(|found| found == line), "{line} is not in\n{text}");
    }
    // Three members' pages, the question for figures not counted; no page has polled, so nothing was handed out.
    let value = |name: &str| -> u64 {
        let line = text.lines().find_map(|line| line.strip_prefix(&format!("nextim_{name} ")));
        line.unwrap_or_else(|| panic!("{name} is not in\n{text}")).parse().expect("a number")
    };
    assert!(value("connections") >= 3 && value("messages_handed_total") == 0 && value("store_waiting") <= 1, "{text}");
    assert!(value("store_writes_total") >= value("store_commits_total") && value("store_commits_total") > 0, "{text}");
    susan.does("message", "type=unicast&to=jack&body=x").await;
    jack.poll().await;
    let (_, text) = get(admin, "/metrics").await;
    assert!(text.contains("nextim_messages_handed_total 1\n"), "{text}");
    assert_eq!(get(admin, "/readyz").await, (200, "ok\n".into()));
    assert_eq!(get(admin, "/webim/online").await.0, 404);
    assert_eq!(get(server.address, "/metrics").await.0, 404);
}

/// Negative controls: look at the token for `/metrics` alone; take any scheme.
#[tokio::test]
async fn with_a_token_nobody_is_served_without_it() {
    let token = "0123456789abcdef0123456789abcdef";
    let change = |config: &mut nextim::config::Config| {
        config.admin_listen = AdminListen::At(SocketAddr::from(([127, 0, 0, 1], 0)));
        config.admin_token = Some(KeyDigest::of(token));
    };
    let server = Server::start_with(change).await;
    let admin = server.admin_address().expect("it listens");
    let longer = format!("{token}0");
    for path in ["/metrics", "/healthz", "/readyz", "/nothing"] {
        let ask = Ask::get(path);
        let wrong = [
            ask.clone(),
            ask.clone().header("Authorization", ""),
            ask.clone().header("Authorization", token),
            ask.clone().header("Authorization", &format!("Basic {token}")),
            ask.clone().header("Authorization", &format!("Bearer {}", &token[1..])),
            ask.clone().header("Authorization", &format!("Bearer {longer}")),
            ask.clone().header("Authorization", "Bearer "),
        ];
        for ask in wrong {
            let answer = Http::open(admin).await.expect("a connection").ask(&ask).await.expect("an answer");
            assert_eq!(answer.status, 401, "{ask:?}");
            assert!(answer.text().contains("admin_token_file"), "{}", answer.text());
            assert_eq!(answer.header("www-authenticate"), Some("Bearer realm=\"nextim admin\""), "{ask:?}");
        }
        let right = ask.header("Authorization", &format!("Bearer {token}"));
        let answer = Http::open(admin).await.expect("a connection").ask(&right).await.expect("an answer");
        assert_eq!(answer.status, if path == "/nothing" { 404 } else { 200 }, "{path}");
    }
    // Where members come in, probes are everybody's.
    assert_eq!(get(server.address, "/healthz").await.0, 200);
}
